//! The logging wrappers that people have, each as a function that puts a message into it.

use serde_json::{Value, json};

/// One wrapper.
pub(crate) struct Wrapper {
    pub(crate) id: &'static str,
    pub(crate) wrap: fn(&str) -> String,
    /// The event's time, as the events export writes it; none where the wrapper has none.
    pub(crate) time: Option<&'static str>,
    /// Whether the line that comes out may be the message of another wrapper.
    pub(crate) nests: bool,
    /// Whether it can hold a message of several lines.
    lines: bool,
    /// Whether its message must be an object.
    object: bool,
}

impl Wrapper {
    /// Whether this wrapper can hold such a message at all.
    pub(crate) fn holds(&self, text: &str) -> bool {
        (self.lines || !text.contains('\n')) && (!self.object || text.starts_with('{'))
    }

    /// Of a text that no line break may stand in.
    const fn one_line(mut self) -> Self {
        self.lines = false;
        self
    }

    /// Of records whose fields are the message's own.
    const fn of_objects(mut self) -> Self {
        self.object = true;
        self
    }
}

/// A wrapper whose line may stand in another one.
const fn nested(id: &'static str, time: &'static str, wrap: fn(&str) -> String) -> Wrapper {
    Wrapper { id, wrap, time: Some(time), nests: true, lines: true, object: false }
}

/// A wrapper that stands outermost.
const fn outer(id: &'static str, time: &'static str, wrap: fn(&str) -> String) -> Wrapper {
    Wrapper { id, wrap, time: Some(time), nests: false, lines: true, object: false }
}

/// A wrapper without a time.
const fn untimed(id: &'static str, wrap: fn(&str) -> String) -> Wrapper {
    Wrapper { id, wrap, time: None, nests: false, lines: true, object: false }
}

const S: &str = "2026-01-02T03:04:05Z";
const MS: &str = "2026-01-02T03:04:05.123Z";
const US: &str = "2026-01-02T03:04:05.123456Z";
const NS: &str = "2026-01-02T03:04:05.123456789Z";

fn line(value: &Value) -> String {
    format!("{value}\n")
}

/// The message's own object with more keys, the new ones first.
fn merged(text: &str, more: Value) -> String {
    let (Value::Object(mut outer), Value::Object(inner)) = (more, serde_json::from_str(text).unwrap()) else {
        unreachable!("both are objects")
    };
    outer.extend(inner);
    line(&Value::Object(outer))
}

/// Every line of a message with the same prefix before it.
fn prefixed(prefix: &str, text: &str) -> String {
    text.lines().flat_map(|line| [prefix, line, "\n"]).collect()
}

fn bytes_of(text: &str) -> Vec<u8> {
    format!("\u{1b}[33m{text}\u{1b}[0m").into_bytes()
}

fn csv_cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;")
}

fn attribute(key: &str, value: &Value) -> Value {
    let typed = match value {
        Value::String(text) => json!({"stringValue": text}),
        Value::Number(number) => json!({"intValue": number.to_string()}),
        other => json!({"stringValue": other.to_string()}),
    };
    json!({"key": key, "value": typed})
}

pub(crate) const WRAPPERS: &[Wrapper] = &[
    // Transports.
    nested("docker-json-file", NS, |text| {
        let one = |part: String| line(&json!({"log": part, "stream": "stderr", "time": "2026-01-02T03:04:05.123456789Z"}));
        text.lines().map(|part| one(format!("{part}\n"))).collect()
    }),
    outer("docker-partial", NS, |text| {
        let one = |part: &str| line(&json!({"log": part, "stream": "stderr", "time": "2026-01-02T03:04:05.123456789Z"}));
        let middle = text.char_indices().nth(text.chars().count() / 2).unwrap().0;
        [one(&text[..middle]), one(&format!("{}\n", &text[middle..]))].concat()
    })
    .one_line(),
    nested("cri", NS, |text| prefixed("2026-01-02T03:04:05.123456789Z stderr F ", text)),
    outer("cri-partial", NS, |text| {
        let middle = text.char_indices().nth(text.chars().count() / 2).unwrap().0;
        let at = "2026-01-02T03:04:05.123456789Z";
        format!("{at} stderr P {}\n{at} stdout F another stream's line\n{at} stderr F {}\n", &text[..middle], &text[middle..])
    })
    .one_line(),
    nested("journald-json", US, |text| {
        line(&json!({"__REALTIME_TIMESTAMP": "1767323045123456", "PRIORITY": "4", "MESSAGE": text, "_SYSTEMD_UNIT": "api.service", "_PID": "42"}))
    }),
    outer("journald-json-bytes", US, |text| {
        line(&json!({"__REALTIME_TIMESTAMP": "1767323045123456", "PRIORITY": "4", "MESSAGE": bytes_of(text), "_PID": "42"}))
    }),
    outer("journald-export", US, |text| {
        format!("__CURSOR=s=1\n__REALTIME_TIMESTAMP=1767323045123456\n_PID=42\nPRIORITY=4\nMESSAGE={text}\n_COMM=api\n\n")
    })
    .one_line(),
    nested("journalctl-short", S, |text| prefixed("Jan 02 03:04:05 host api[42]: ", text)),
    nested("journalctl-iso", US, |text| prefixed("2026-01-02T03:04:05.123456+0000 host api[42]: ", text)),
    nested("syslog-5424", US, |text| {
        prefixed("<12>1 2026-01-02T03:04:05.123456Z host api 42 - [meta x=\"1\" y=\"a]b\"] ", text)
    }),
    nested("heroku-cli", US, |text| prefixed("2026-01-02T03:04:05.123456+00:00 app[web.1]: ", text)),
    outer("heroku-drain", US, |text| prefixed("123 <158>1 2026-01-02T03:04:05.123456+00:00 host app web.1 - ", text)),
    nested("cloudwatch-export", MS, |text| format!("2026-01-02T03:04:05.123Z {text}\n")),
    nested("cloudwatch-events", MS, |text| {
        line(&json!({"events": [{"logStreamName": "s", "timestamp": 1_767_323_045_123_u64, "message": text, "ingestionTime": 1_767_323_049_000_u64, "eventId": "1"}]}))
    }),
    outer("cloudwatch-events-pretty", MS, |text| {
        let events = json!({"events": [{"logStreamName": "s", "timestamp": 1_767_323_045_123_u64, "message": text, "ingestionTime": 1_767_323_049_000_u64}], "searchedLogStreams": []});
        serde_json::to_string_pretty(&events).unwrap()
    }),
    outer("cloudwatch-subscription", MS, |text| {
        line(&json!({"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/g", "logStream": "s", "subscriptionFilters": ["f"], "logEvents": [{"id": "1", "timestamp": 1_767_323_045_123_u64, "message": text}]}))
    }),
    nested("cloudwatch-insights", MS, |text| line(&json!({"@timestamp": "2026-01-02 03:04:05.123", "@message": text, "@logStream": "s"}))),
    outer("cloudwatch-insights-api", MS, |text| {
        line(&json!({"results": [[{"field": "@timestamp", "value": "2026-01-02 03:04:05.123"}, {"field": "@message", "value": text}, {"field": "@ptr", "value": "CkY"}]], "status": "Complete"}))
    }),
    nested("lambda-text", MS, |text| format!("2026-01-02T03:04:05.123Z\tc79a1b2c-0000-4000-8000-000000000001\tWARN\t{text}\n")),
    nested("lambda-python", MS, |text| format!("[ERROR]\t2026-01-02T03:04:05.123Z\tc79a1b2c-0000-4000-8000-000000000001\t{text}\n")),
    nested("lambda-json", MS, |text| {
        let message = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        line(&json!({"timestamp": "2026-01-02T03:04:05.123Z", "level": "ERROR", "requestId": "c79a1b2c", "message": message}))
    }),
    nested("gcp-text", NS, |text| {
        line(&json!({"timestamp": "2026-01-02T03:04:05.123456789Z", "receiveTimestamp": "2026-01-02T03:04:06.5Z", "severity": "WARNING", "textPayload": text, "insertId": "a1", "resource": {"type": "k8s_container", "labels": {"pod_name": "api-1"}}}))
    }),
    nested("gcp-json", NS, |text| {
        let payload = serde_json::from_str(text).unwrap_or_else(|_| json!({"message": text}));
        line(&json!({"timestamp": "2026-01-02T03:04:05.123456789Z", "severity": "WARNING", "jsonPayload": payload, "insertId": "a1", "trace": "projects/p/traces/4bf9"}))
    }),
    outer("gcp-array", NS, |text| {
        let entry = json!({"insertId": "a1", "textPayload": text, "severity": "WARNING", "timestamp": "2026-01-02T03:04:05.123456789Z"});
        serde_json::to_string_pretty(&json!([entry, {"insertId": "a2", "textPayload": "ok", "timestamp": "2026-01-02T03:04:06Z"}])).unwrap()
    }),
    outer("bigquery-export", US, |text| {
        line(&json!({"timestamp": "2026-01-02 03:04:05.123456 UTC", "severity": "WARNING", "textPayload": text, "resource": {"type": "x", "labels": {"key": "v"}}, "labels": [{"key": "k", "value": "v"}]}))
    }),
    nested("azure-monitor", "2026-01-02T03:04:05.123456700Z", |text| {
        line(&json!({"records": [{"time": "2026-01-02T03:04:05.1234567Z", "category": "AppServiceConsoleLogs", "level": "Warning", "resultDescription": text}]}))
    }),
    outer("azure-app-insights", "2026-01-02T03:04:05.123456700Z", |text| {
        let properties = serde_json::from_str(text).unwrap_or_else(|_| json!({"k": "v"}));
        line(&json!({"TimeGenerated": "2026-01-02T03:04:05.1234567Z", "SeverityLevel": 2, "Message": text, "Properties": properties}))
    }),
    nested("azure-container-insights", MS, |text| {
        line(&json!({"TimeGenerated": "2026-01-02T03:04:05.123Z", "LogEntry": text, "LogEntrySource": "stderr", "ContainerID": "c9"}))
    }),
    outer("ecs-flat", MS, |text| {
        merged(text, json!({"@timestamp": "2026-01-02T03:04:05.123Z", "log.level": "WARN", "message": "refresh failed", "error.message": "invalid_grant", "service.name": "api", "ecs.version": "1.6"}))
    })
    .of_objects(),
    nested("ecs-nested", MS, |text| {
        line(&json!({"@timestamp": "2026-01-02T03:04:05.123Z", "log": {"level": "WARN", "logger": "a.B"}, "message": text, "service": {"name": "api"}, "ecs": {"version": "8.11"}}))
    }),
    nested("elasticsearch-hit", MS, |text| {
        line(&json!({"_index": "logs-1", "_id": "x1", "_score": null, "_source": {"@timestamp": "2026-01-02T03:04:05.123Z", "message": text}}))
    }),
    outer("elasticsearch-response", MS, |text| {
        let hit = json!({"_index": "logs-1", "_id": "x1", "_source": {"@timestamp": "2026-01-02T03:04:05.123Z", "message": text}});
        serde_json::to_string_pretty(&json!({"took": 3, "timed_out": false, "_shards": {"total": 1}, "hits": {"total": {"value": 1}, "max_score": null, "hits": [hit]}})).unwrap()
    }),
    nested("firelens", MS, |text| line(&json!({"date": 1_767_323_045.123, "source": "stderr", "log": text, "container_name": "api", "ecs_cluster": "c"}))),
    nested("fluent-bit-kubernetes", NS, |text| {
        line(&json!({"log": format!("{text}\n"), "stream": "stderr", "time": "2026-01-02T03:04:05.123456789Z", "kubernetes": {"pod_name": "api-1", "namespace_name": "n", "container_name": "api"}}))
    }),
    nested("fluent-bit-stdout", NS, |text| {
        format!("[0] app.log: [1767323045.123456789, {{\"log\"=>{}}}]\n", serde_json::to_string(text).unwrap())
    }),
    nested("loki-line", NS, |text| line(&json!({"line": text, "timestamp": "1767323045123456789", "labels": {"app": "api"}}))),
    outer("loki-api", NS, |text| {
        line(&json!({"status": "success", "data": {"resultType": "streams", "result": [{"stream": {"app": "api"}, "values": [["1767323045123456789", text], ["1767323045123456790", "ok"]]}], "stats": {}}}))
    }),
    outer("loki-logcli-raw", NS, |text| {
        line(&json!({"labels": {"app": "api"}, "line": text, "timestamp": "2026-01-02T03:04:05.123456789Z"}))
    }),
    nested("datadog", MS, |text| {
        let inner = serde_json::from_str(text).unwrap_or_else(|_| json!({"k": "v"}));
        line(&json!({"id": "A", "type": "log", "attributes": {"timestamp": "2026-01-02T03:04:05.123Z", "status": "error", "service": "api", "message": text, "attributes": inner}}))
    }),
    nested("splunk-hec", MS, |text| {
        let event = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        line(&json!({"time": 1_767_323_045.123, "host": "h", "sourcetype": "_json", "event": event}))
    }),
    nested("splunk-export", MS, |text| {
        line(&json!({"preview": false, "offset": 0, "result": {"_raw": text, "_time": "2026-01-02 03:04:05.123 UTC", "host": "h"}}))
    }),
    outer("otlp", NS, |text| {
        let attributes = [attribute("pod.name", &json!("api-1"))];
        let record = json!({"timeUnixNano": "1767323045123456789", "observedTimeUnixNano": "1767323049000000000", "severityNumber": 13, "severityText": "WARN", "body": {"stringValue": text}, "attributes": attributes, "traceId": "5b8e", "spanId": "eee1"});
        line(&json!({"resourceLogs": [{"resource": {"attributes": [attribute("service.name", &json!("api"))]}, "scopeLogs": [{"scope": {}, "logRecords": [record, {"timeUnixNano": "1767323045200000000", "body": {"stringValue": "ok"}}]}]}]}))
    }),
    outer("otlp-attributes", NS, |text| {
        let Value::Object(fields) = serde_json::from_str(text).unwrap() else { unreachable!("an object") };
        let attributes: Vec<Value> = fields.iter().map(|(key, value)| attribute(key, value)).collect();
        let record = json!({"timeUnixNano": "0", "observedTimeUnixNano": "1767323045123456789", "severityText": "WARN", "body": {"stringValue": "refresh failed"}, "attributes": attributes});
        serde_json::to_string_pretty(&json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})).unwrap()
    })
    .of_objects(),
    outer("otlp-map-body", NS, |text| {
        let Value::Object(fields) = serde_json::from_str(text).unwrap() else { unreachable!("an object") };
        let values: Vec<Value> = fields.iter().map(|(key, value)| attribute(key, value)).collect();
        line(&json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "1767323045123456789", "body": {"kvlistValue": {"values": values}}}]}]}]}))
    })
    .of_objects(),
    nested("otel-flat", NS, |text| line(&json!({"timestamp_ns": "1767323045123456789", "severity": "WARN", "severity_number": 13, "body": text}))),
    nested("gelf", MS, |text| line(&json!({"version": "1.1", "host": "h", "short_message": text, "timestamp": 1_767_323_045.123, "level": 4, "_pid": 42}))),
    outer("gelf-null-framed", MS, |text| {
        format!("{}\0{}\0", json!({"version": "1.1", "host": "h", "short_message": text, "timestamp": 1_767_323_045.123, "level": 4}), json!({"version": "1.1", "host": "h", "short_message": "ok", "timestamp": 1_767_323_046.123}))
    }),
    // Logging libraries, as lines of text.
    nested("logfmt", MS, |text| format!("time=2026-01-02T03:04:05.123Z level=warn msg={}\n", serde_json::to_string(text).unwrap())),
    nested("rails", US, |text| format!("W, [2026-01-02T03:04:05.123456 #42]  WARN -- : [4eeb1f2a-0000-4000-8000-00000000000a] {text}\n")),
    nested("nginx-error", S, |text| format!("2026/01/02 03:04:05 [error] 6#6: *13 {text}\n")),
    nested("apache-error", US, |text| format!("[Fri Jan 02 03:04:05.123456 2026] [auth_openidc:error] [pid 9:tid 1] [client 192.0.2.4:5] {text}\n")),
    nested("python-logging", MS, |text| format!("2026-01-02 03:04:05,123 WARNING auth.client: {text}\n")),
    nested("python-dashes", MS, |text| format!("2026-01-02 03:04:05,123 - auth.client - WARNING - {text}\n")),
    untimed("python-default", |text| format!("WARNING:auth.client:{text}\n")),
    nested("log4j-pattern", MS, |text| format!("2026-01-02 03:04:05,123 WARN  [main] c.e.Auth - {text}\n")),
    nested("logback-pattern", MS, |text| format!("2026-01-02 03:04:05.123 [nio-8080-exec-1] WARN  c.e.Auth - {text}\n")),
    nested("spring-boot-3", MS, |text| format!("2026-01-02T03:04:05.123Z  WARN 1 --- [app] [nio-8080-exec-1] c.e.Auth                 : {text}\n")),
    nested("quarkus", MS, |text| format!("2026-01-02 03:04:05,123 WARN  [com.example.Auth] (executor-thread-5) {text}\n")),
    nested("zap-console", MS, |text| format!("2026-01-02T03:04:05.123Z\tWARN\tauth/client.go:41\t{text}\n")),
    nested("klog", US, |text| format!("W0102 03:04:05.123456       1 auth.go:12] {text}\n")),
    nested("slog-text", MS, |text| format!("time=2026-01-02T03:04:05.123Z level=WARN msg={}\n", serde_json::to_string(text).unwrap())),
    nested("logrus-text", S, |text| format!("time=\"2026-01-02T03:04:05Z\" level=warning msg={}\n", serde_json::to_string(text).unwrap())),
    untimed("logrus-tty", |text| format!("WARN[0005] {text}\n")),
    nested("hclog-text", MS, |text| format!("2026-01-02T03:04:05.123Z [WARN]  auth: {text}\n")),
    nested("serilog-text", MS, |text| format!("2026-01-02 03:04:05.123 +00:00 [WRN] {text}\n")),
    nested("nlog", "2026-01-02T03:04:05.123400Z", |text| format!("2026-01-02 03:04:05.1234|WARN|Auth.Client|{text}\n")),
    nested("log4net", MS, |text| format!("2026-01-02 03:04:05,123 [7] WARN  Auth.Client - {text}\n")),
    untimed("dotnet-simple", |text| format!("warn: Auth.Client[0]\n{}", prefixed("      ", text))),
    nested("tracing-text", US, |text| format!("2026-01-02T03:04:05.123456Z  WARN refresh{{attempt=1}}: app::auth: {text}\n")),
    nested("tracing-ansi", US, |text| format!("\u{1b}[2m2026-01-02T03:04:05.123456Z\u{1b}[0m \u{1b}[33m WARN\u{1b}[0m \u{1b}[2mapp::auth\u{1b}[0m\u{1b}[2m:\u{1b}[0m {text}\n")),
    nested("env-logger", S, |text| format!("[2026-01-02T03:04:05Z WARN  app::auth] {text}\n")),
    nested("monolog", S, |text| format!("[2026-01-02 03:04:05] production.ERROR: {text} {{\"attempt\":1}} []\n")),
    nested("monolog-us", US, |text| format!("[2026-01-02T03:04:05.123456+00:00] app.WARNING: {text} [] []\n")),
    nested("winston-text", MS, |text| format!("2026-01-02T03:04:05.123Z [\u{1b}[33mwarn\u{1b}[39m]: {text}\n")),
    nested("glog-python", US, |text| format!("W20260102 03:04:05.123456 140 auth.py:12] {text}\n")),
    nested("wso2", MS, |text| format!("TID: [-1234] [oauth2] [2026-01-02 03:04:05,123] [b7c1] WARN {{org.wso2.carbon.Refresh}} - {text}\n")),
    nested("compose", MS, |text| prefixed("billing-1  | ", &format!("2026-01-02T03:04:05.123Z WARN {text}"))),
    nested("github-actions", "2026-01-02T03:04:05.123456700Z", |text| format!("2026-01-02T03:04:05.1234567Z {text}\n")),
    nested("pm2", S, |text| format!("2026-01-02T03:04:05: {text}\n")),
    // Logging libraries, as objects.
    nested("logstash-logback", MS, |text| {
        line(&json!({"@timestamp": "2026-01-02T03:04:05.123+00:00", "@version": "1", "message": text, "logger_name": "c.e.A", "thread_name": "main", "level": "WARN", "level_value": 30000}))
    }),
    nested("log4j2-json-layout", NS, |text| {
        line(&json!({"instant": {"epochSecond": 1_767_323_045, "nanoOfSecond": 123_456_789}, "thread": "main", "level": "WARN", "loggerName": "a.B", "message": text, "endOfBatch": false}))
    }),
    nested("log4j2-template", MS, |text| line(&json!({"@timestamp": "2026-01-02T03:04:05.123Z", "log.level": "WARN", "message": text, "process.thread.name": "main", "log.logger": "a.B"}))),
    nested("log4j2-millis", MS, |text| line(&json!({"timeMillis": 1_767_323_045_123_u64, "level": "WARN", "message": text}))),
    outer("pino", MS, |text| merged(text, json!({"level": 40, "time": 1_767_323_045_123_u64, "pid": 1, "hostname": "h"}))).of_objects(),
    nested("pino-err", MS, |text| {
        line(&json!({"level": 40, "time": 1_767_323_045_123_u64, "pid": 1, "hostname": "h", "err": {"type": "OPError", "message": text, "stack": "OPError: x\n    at processResponse (/app/a.js:45:13)"}, "msg": "request failed"}))
    }),
    nested("bunyan", MS, |text| line(&json!({"name": "api", "hostname": "h", "pid": 1, "level": 40, "msg": text, "time": "2026-01-02T03:04:05.123Z", "v": 0}))),
    nested("winston", MS, |text| line(&json!({"level": "warn", "message": text, "timestamp": "2026-01-02T03:04:05.123Z"}))),
    nested("winston-logstash", MS, |text| line(&json!({"@message": text, "@timestamp": "2026-01-02T03:04:05.123Z", "@fields": {"level": "warn"}}))),
    nested("zap", "2026-01-02T03:04:05.123456700Z", |text| line(&json!({"level": "warn", "ts": 1_767_323_045.123_456_7, "caller": "a/b.go:1", "msg": text}))),
    nested("zerolog", S, |text| line(&json!({"level": "warn", "time": "2026-01-02T03:04:05Z", "message": text}))),
    nested("zerolog-unix", MS, |text| line(&json!({"level": "warn", "time": 1_767_323_045_123_u64, "message": text}))),
    nested("logrus", S, |text| line(&json!({"level": "warning", "msg": text, "time": "2026-01-02T03:04:05Z"}))),
    outer("logrus-clash", S, |text| merged(text, json!({"level": "warning", "fields.msg": "x", "msg": "refresh failed", "time": "2026-01-02T03:04:05Z"}))).of_objects(),
    nested("slog-json", NS, |text| line(&json!({"time": "2026-01-02T03:04:05.123456789Z", "level": "WARN", "msg": text}))),
    outer("slog-group", NS, |text| {
        let group: Value = serde_json::from_str(text).unwrap();
        line(&json!({"time": "2026-01-02T03:04:05.123456789Z", "level": "WARN", "msg": "refresh failed", "oauth": group}))
    })
    .of_objects(),
    nested("hclog-json", US, |text| line(&json!({"@level": "warn", "@message": text, "@module": "auth", "@timestamp": "2026-01-02T03:04:05.123456Z"}))),
    nested("clef-rendered", "2026-01-02T03:04:05.123456700Z", |text| line(&json!({"@t": "2026-01-02T03:04:05.1234567Z", "@m": text, "@i": "a1", "@l": "Warning"}))),
    outer("clef-template", "2026-01-02T03:04:05.123456700Z", |text| {
        line(&json!({"@t": "2026-01-02T03:04:05.1234567Z", "@mt": "Refresh failed for {ClientId} of {UserId}", "@l": "Warning", "@x": format!("Microsoft.Identity.Client.MsalUiRequiredException: \n\tErrorCode: invalid_grant\n{text}"), "ClientId": "app-7", "UserId": "u-81"}))
    }),
    nested("serilog-json", MS, |text| line(&json!({"Timestamp": "2026-01-02T03:04:05.123+00:00", "Level": "Warning", "MessageTemplate": "{x}", "RenderedMessage": text, "Properties": {"SourceContext": "A"}}))),
    nested("dotnet-console-json", MS, |text| {
        line(&json!({"Timestamp": "2026-01-02T03:04:05.123Z ", "EventId": 0, "LogLevel": "Warning", "Category": "Auth", "Message": text, "State": {"Message": text, "{OriginalFormat}": "x"}}))
    }),
    nested("tracing-json", US, |text| line(&json!({"timestamp": "2026-01-02T03:04:05.123456Z", "level": "WARN", "fields": {"message": text}, "target": "app::auth"}))),
    outer("tracing-spans", US, |text| {
        let Value::Object(span) = serde_json::from_str(text).unwrap() else { unreachable!("an object") };
        line(&json!({"timestamp": "2026-01-02T03:04:05.123456Z", "level": "WARN", "fields": {"message": "refresh failed", "error": "Server returned error response: invalid_grant"}, "target": "app::auth", "spans": [{"name": "refresh", "client_id": span["client_id"], "user_id": span["user_id"]}]}))
    })
    .of_objects(),
    nested("monolog-json", US, |text| line(&json!({"message": text, "context": {}, "level": 400, "level_name": "ERROR", "channel": "app", "datetime": "2026-01-02T03:04:05.123456+00:00", "extra": []}))),
    outer("monolog-json-date", US, |text| {
        line(&json!({"message": text, "context": [], "level": 400, "level_name": "ERROR", "channel": "app", "datetime": {"date": "2026-01-02 03:04:05.123456", "timezone_type": 3, "timezone": "UTC"}}))
    }),
    nested("elixir-json", MS, |text| line(&json!({"time": "2026-01-02T03:04:05.123Z", "severity": "warning", "message": text, "metadata": {"request_id": "F1ab"}}))),
    nested("structlog", US, |text| line(&json!({"event": text, "level": "warning", "logger": "auth", "timestamp": "2026-01-02T03:04:05.123456Z"}))),
    nested("python-json-logger", MS, |text| line(&json!({"asctime": "2026-01-02 03:04:05,123", "levelname": "WARNING", "name": "auth", "message": text}))),
    outer("airbyte", S, |text| format!("2026-01-02 03:04:05 destination WARN worker-2 {}", line(&json!({"type": "LOG", "log": {"level": "WARN", "message": text}})))),
    // Tables and files of other kinds.
    outer("csv", MS, |text| format!("timestamp,level,message\n2026-01-02T03:04:04.123Z,INFO,ok\n2026-01-02T03:04:05.123Z,WARN,{}\n", csv_cell(text))),
    outer("csv-json-column", MS, |text| {
        format!("\"_time\";\"host\";\"payload\"\n\"2026-01-02T03:04:05.123Z\";\"h1\";{}\n", csv_cell(text))
    }),
    outer("csv-columns", MS, |text| {
        let value: Value = serde_json::from_str(text).unwrap();
        format!("event_time,event,client_id,user_id,error\n2026-01-02T03:04:05.123Z,token_refresh,{},{},{}\n", value["client_id"].as_str().unwrap(), value["user_id"].as_str().unwrap(), value["error"].as_str().unwrap())
    })
    .of_objects(),
    outer("tsv", MS, |text| format!("time\thost\tmessage\n2026-01-02T03:04:05.123Z\th1\t{text}\n")).one_line(),
    outer("windows-event-xml", "2026-01-02T03:04:05.123456700Z", |text| {
        format!("<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"><System><Provider Name=\"Auth\"/><EventID>1</EventID><Level>3</Level><TimeCreated SystemTime=\"2026-01-02T03:04:05.1234567Z\"/><Computer>h1</Computer></System><EventData><Data Name=\"Message\">{}</Data></EventData></Event>\n", xml(text))
    }),
    outer("har", MS, |text| {
        let entry = json!({"startedDateTime": "2026-01-02T03:04:05.123Z", "time": 87.4, "request": {"method": "POST", "url": "https://idp.example/oauth/token", "headers": [{"name": "Content-Type", "value": "application/x-www-form-urlencoded"}], "postData": {"mimeType": "application/x-www-form-urlencoded", "text": "grant_type=refresh_token&client_id=app-7&user_id=u-81"}}, "response": {"status": 400, "statusText": "Bad Request", "headers": [], "content": {"size": 97, "mimeType": "application/json", "text": text}}, "timings": {"wait": 80}});
        serde_json::to_string_pretty(&json!({"log": {"version": "1.2", "creator": {"name": "Browser", "version": "1"}, "pages": [{"id": "p1", "startedDateTime": "2026-01-02T03:04:01Z"}], "entries": [entry]}})).unwrap()
    }),
];
