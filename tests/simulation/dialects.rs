//! The journal as log text, in dialects that applications and servers write, between ordinary lines.
//!
//! Every value is invented. Application dialects are here, the servers' own logs in `exports.rs`.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::clients::{Entry, Kind};
use crate::events::answer;
use crate::exports;
use crate::rng::Rng;
use crate::scenarios::Wording;
use crate::server::{Micros, Refusal};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// JSON lines as pino writes them.
    Pino,
    /// The same, in Docker's json-file driver.
    Docker,
    /// The same, as a container runtime writes it (CRI).
    Cri,
    /// JSON lines in which `error` is an object.
    ErrorObject,
    Logfmt,
    /// Python's logging.
    Plain,
    /// Keycloak's event listener, the quoted style.
    Keycloak,
    /// An Auth0 tenant log, one JSON object per line.
    Auth0,
    /// One JSON array, as Okta's System Log API answers it.
    Okta,
    /// An access log in front of the token endpoint: seconds, addresses and statuses.
    Access,
}

impl Dialect {
    pub(crate) const ALL: [Self; 10] = [
        Self::Pino,
        Self::Docker,
        Self::Cri,
        Self::ErrorObject,
        Self::Logfmt,
        Self::Plain,
        Self::Keycloak,
        Self::Auth0,
        Self::Okta,
        Self::Access,
    ];

    pub(crate) fn file_name(self) -> String {
        let suffix = if self == Self::Okta { "json" } else { "log" };
        format!("{self:?}.{suffix}").to_lowercase()
    }
}

pub(crate) fn clock(at: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(i64::try_from(at).expect("this century")).expect("this century")
}

/// RFC 3339 with milliseconds.
pub(crate) fn iso(at: Micros) -> String {
    clock(at).to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// `2026-01-05 03:04:05,123`.
pub(crate) fn comma(at: Micros) -> String {
    clock(at).format("%Y-%m-%d %H:%M:%S,%3f").to_string()
}

/// The whole log.
pub(crate) fn text(entries: &[Entry], dialect: Dialect, wording: Wording, seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let mut sessions = exports::Sessions::default();
    if dialect == Dialect::Okta {
        let records: Vec<Value> =
            entries.iter().filter_map(|entry| exports::okta(entry, wording, &mut sessions)).collect();
        return serde_json::to_string_pretty(&records).unwrap();
    }
    let mut lines = Vec::new();
    for entry in entries {
        for _ in 0..rng.between(0, 2) {
            lines.push(noise(entry.at - rng.between(0, 900), dialect, &mut rng));
        }
        lines.extend(line(entry, dialect, wording, &mut sessions));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn line(entry: &Entry, dialect: Dialect, wording: Wording, sessions: &mut exports::Sessions) -> Option<String> {
    match dialect {
        Dialect::Pino => Some(pino(entry, wording)),
        Dialect::Docker => Some(docker(entry.at, &pino(entry, wording))),
        Dialect::Cri => Some(cri(entry.at, &pino(entry, wording))),
        Dialect::ErrorObject => Some(error_object(entry, wording)),
        Dialect::Logfmt => Some(logfmt(entry, wording)),
        Dialect::Plain => Some(plain(entry, wording)),
        Dialect::Keycloak => exports::keycloak(entry, wording, sessions),
        Dialect::Auth0 => exports::auth0(entry, wording, sessions),
        Dialect::Access => exports::access(entry),
        Dialect::Okta => None,
    }
}

fn refusal(entry: &Entry, wording: Wording) -> Option<(&'static str, &'static str)> {
    let Kind::Refused { refusal, .. } = entry.kind else { return None };
    Some(error_of(refusal, wording))
}

pub(crate) fn error_of(refusal: Refusal, wording: Wording) -> (&'static str, &'static str) {
    let (_, error, description, _) = answer(refusal, wording);
    (error, description)
}

fn pino(entry: &Entry, wording: Wording) -> String {
    let mut record = json!({
        "level": "info",
        "time": entry.at / 1_000,
        "pid": entry.place.process,
        "hostname": format!("api-{}", entry.place.host),
        "client_id": entry.client,
        "user": entry.subject,
        "requestId": format!("req-{}", entry.request),
    });
    match entry.kind {
        Kind::Refreshed { .. } => {
            record["msg"] = json!("token refreshed");
            record["expires_in"] = json!(3_600);
        }
        Kind::Refused { refusal, .. } => {
            let (error, description) = error_of(refusal, wording);
            record["level"] = json!("warn");
            record["msg"] = json!("token refresh failed");
            record["error"] = json!(error);
            record["error_description"] = json!(description);
        }
        Kind::SignedIn { .. } => {
            record["msg"] = json!("tokens issued");
            record["grant_type"] = json!("authorization_code");
        }
        Kind::Revoked => record["msg"] = json!("token revoked"),
        Kind::Unauthorized => {
            record["msg"] = json!("GET /api/items");
            record["status"] = json!(401);
        }
    }
    record.to_string()
}

fn docker(at: Micros, line: &str) -> String {
    json!({ "log": format!("{line}\n"), "stream": "stdout", "time": clock(at + 300).to_rfc3339() }).to_string()
}

fn cri(at: Micros, line: &str) -> String {
    format!("{} stdout F {line}", clock(at + 300).format("%Y-%m-%dT%H:%M:%S%.9fZ"))
}

fn error_object(entry: &Entry, wording: Wording) -> String {
    let mut record = json!({
        "timestamp": iso(entry.at),
        "level": "info",
        "hostname": format!("api-{}", entry.place.host),
        "pid": entry.place.process,
        "client_id": entry.client,
        "user_id": entry.subject,
    });
    match entry.kind {
        Kind::Refreshed { .. } => record["message"] = json!("refreshed access token"),
        Kind::Refused { refusal, .. } => {
            let (error, description) = error_of(refusal, wording);
            record["level"] = json!("error");
            record["message"] = json!("could not refresh access token");
            record["error"] = json!({ "type": "OAuthError", "code": error, "message": description });
        }
        Kind::SignedIn { .. } => {
            record["message"] = json!("user signed in");
            record["grant_type"] = json!("authorization_code");
        }
        Kind::Revoked => record["message"] = json!("token revoked"),
        Kind::Unauthorized => {
            record["message"] = json!("GET /api/items");
            record["status"] = json!(401);
        }
    }
    record.to_string()
}

fn logfmt(entry: &Entry, wording: Wording) -> String {
    let who = format!(
        "client_id={} user={} host=api-{} pid={}",
        entry.client, entry.subject, entry.place.host, entry.place.process
    );
    let (level, tail) = match (entry.kind, refusal(entry, wording)) {
        (Kind::Refused { .. }, Some((error, description))) => {
            ("warn", format!("msg=\"refresh failed\" {who} err=\"oauth2: \\\"{error}\\\" \\\"{description}\\\"\""))
        }
        (Kind::SignedIn { .. }, _) => ("info", format!("msg=\"tokens issued\" grant_type=authorization_code {who}")),
        (Kind::Revoked, _) => ("info", format!("msg=\"token revoked\" {who}")),
        (Kind::Unauthorized, _) => ("info", format!("msg=\"GET /api/items\" path=/api/items status=401 {who}")),
        _ => ("info", format!("msg=\"refreshed access token\" {who} expires_in=3600")),
    };
    format!("time={} level={level} {tail}", iso(entry.at))
}

fn plain(entry: &Entry, wording: Wording) -> String {
    let who = format!("for user {} client {}", entry.subject, entry.client);
    let (level, tail) = match (entry.kind, refusal(entry, wording)) {
        (Kind::Refused { .. }, Some((error, description))) => {
            ("WARNING", format!("token refresh failed {who}: ({error}) {description}"))
        }
        (Kind::SignedIn { .. }, _) => ("INFO", format!("exchanged authorization_code {who}")),
        (Kind::Revoked, _) => ("INFO", format!("token revoked {who}")),
        (Kind::Unauthorized, _) => ("INFO", format!("GET /api/items status=401 {who}")),
        _ => ("INFO", format!("refreshed access token {who}, expires_in=3600")),
    };
    format!("{} {level} [worker-{}] auth.client: {tail}", comma(entry.at), entry.place.thread)
}

/// What else stands in such a log: requests, queries, health checks.
fn noise(at: Micros, dialect: Dialect, rng: &mut Rng) -> String {
    let number = rng.between(1, 99_999);
    let path = *rng.pick(&["/api/items", "/healthz", "/api/orders/search", "/metrics"]);
    let took = rng.between(1, 400);
    let json = || {
        json!({
            "level": "info", "time": at / 1_000, "pid": 7, "hostname": "api-1", "msg": "request completed",
            "req": { "id": number, "method": "GET", "url": path }, "res": { "statusCode": 200 }, "responseTime": took,
        })
        .to_string()
    };
    match dialect {
        Dialect::Pino | Dialect::ErrorObject => json(),
        Dialect::Docker => docker(at, &json()),
        Dialect::Cri => cri(at, &json()),
        Dialect::Logfmt => {
            format!("time={} level=info msg=\"request done\" method=GET path={path} status=200 ms={took}", iso(at))
        }
        Dialect::Plain => {
            format!("{} DEBUG [worker-1] db.pool: SELECT took {took} ms, {number} rows, path {path}", comma(at))
        }
        Dialect::Keycloak => {
            format!("{} INFO  [org.infinispan.CLUSTER] (jgroups-{took}) rebalance of cache {number} done", comma(at))
        }
        Dialect::Auth0 => json!({
            "date": iso(at), "type": "sapi", "description": "Read clients", "client_id": "console",
            "ip": "192.0.2.9", "log_id": format!("n{number}-{at}"), "details": { "response": { "statusCode": 200 } },
        })
        .to_string(),
        Dialect::Access | Dialect::Okta => exports::access_line(at, "192.0.2.7", &format!("GET {path}"), 200),
    }
}
