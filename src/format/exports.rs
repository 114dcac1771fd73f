//! Exports that keep what belongs together in another shape than an object of fields: lists of names and
//! values, rows of pairs, tagged text. Each record is written anew as the object that it stands for, and
//! then read like any other.

use serde_json::{Map, Value};

/// A record as an object, and the name of the export that it came out of.
pub(super) struct Rewritten {
    pub(super) format: &'static str,
    pub(super) text: String,
}

/// The records of a text that is such an export; `None` where it is none, or is broken.
pub(super) fn records(bytes: &[u8]) -> Option<Vec<Rewritten>> {
    match bytes.first()? {
        b'_' if bytes.starts_with(b"__CURSOR=") => journal(bytes),
        b'<' if bytes.starts_with(b"<Event") => windows_event(std::str::from_utf8(bytes).ok()?),
        b'{' | b'[' => lists(bytes),
        _ => None,
    }
}

fn rewritten(format: &'static str, fields: Map<String, Value>) -> Rewritten {
    Rewritten { format, text: Value::Object(fields).to_string() }
}

/// Takes the records out of an export.
type Taker = fn(&Value) -> Vec<Rewritten>;

/// What tells the exports in JSON apart, before anything is parsed: none of these stands in an ordinary log.
const MARKS: [(&[u8], Taker); 4] =
    [(b"\"logRecords\"", otlp), (b"\"values\"", loki), (b"\"field\"", insights), (b"\"kvlistValue\"", otlp)];

/// Whether a name, in quotes, is one of them.
pub fn is_export_key(name: &[u8]) -> bool {
    MARKS.iter().any(|(mark, _)| mark[1..mark.len() - 1] == *name)
}

fn lists(bytes: &[u8]) -> Option<Vec<Rewritten>> {
    // Each of them is a list, and most records hold none: that is known without a search.
    memchr::memchr(b'[', bytes)?;
    let mark = MARKS.iter().find(|(mark, _)| memchr::memmem::find(bytes, mark).is_some())?;
    let value = serde_json::from_slice(bytes).ok()?;
    Some((mark.1)(&value)).filter(|records| !records.is_empty())
}

/// The objects of a value that have an array under `key`, each with those that it stands in, innermost last.
fn holders<'v>(
    value: &'v Value,
    key: &str,
    above: &mut Vec<&'v Value>,
    found: &mut dyn FnMut(&[&'v Value], &'v [Value]),
) {
    match value {
        Value::Object(fields) => {
            above.push(value);
            match fields.get(key).and_then(Value::as_array) {
                Some(list) => found(above, list),
                None => fields.values().for_each(|inner| holders(inner, key, above, found)),
            }
            above.pop();
        }
        Value::Array(list) => list.iter().for_each(|inner| holders(inner, key, above, found)),
        _ => {}
    }
}

/// OpenTelemetry logs in JSON: the attributes of a record before those of its resource.
fn otlp(value: &Value) -> Vec<Rewritten> {
    let mut records = Vec::new();
    holders(value, "logRecords", &mut Vec::new(), &mut |above, list| {
        let resource = above.iter().find_map(|outer| outer.get("resource")?.get("attributes"));
        records.extend(list.iter().map(|record| otlp_record(record, resource)));
    });
    records
}

fn otlp_record(record: &Value, resource: Option<&Value>) -> Rewritten {
    let mut fields = Map::new();
    let told = |key: &str| {
        record.get(key).filter(|value| !matches!(value.as_str(), Some("" | "0")) && value.as_u64() != Some(0))
    };
    if let Some(time) = told("timeUnixNano").or_else(|| told("observedTimeUnixNano")) {
        fields.insert("timeUnixNano".into(), time.clone());
    }
    for (from, to) in
        [("severityText", "severity"), ("traceId", "trace_id"), ("spanId", "span_id"), ("eventName", "event_name")]
    {
        fields.extend(told(from).map(|value| (to.to_owned(), value.clone())));
    }
    fields.extend(record.get("body").map(|body| ("body".to_owned(), any_value(body))));
    for list in [record.get("attributes"), resource].into_iter().flatten() {
        for (key, value) in pairs(list) {
            fields.entry(key).or_insert(value);
        }
    }
    rewritten("otlp", fields)
}

/// `[{"key": …, "value": {"stringValue": …}}]` as pairs.
fn pairs(list: &Value) -> Vec<(String, Value)> {
    let pair = |pair: &Value| Some((pair.get("key")?.as_str()?.to_owned(), any_value(pair.get("value")?)));
    list.as_array().into_iter().flatten().filter_map(pair).collect()
}

/// An `AnyValue` without its type.
fn any_value(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|fields| fields.iter().next()) else { return value.clone() };
    match kind.as_str() {
        "kvlistValue" => Value::Object(inner.get("values").map(pairs).unwrap_or_default().into_iter().collect()),
        "arrayValue" => {
            Value::Array(inner.get("values").and_then(Value::as_array).into_iter().flatten().map(any_value).collect())
        }
        "stringValue" | "intValue" | "boolValue" | "doubleValue" | "bytesValue" => inner.clone(),
        _ => value.clone(),
    }
}

/// Streams of Grafana Loki: `{"stream": {labels}, "values": [["<ns>", "<line>"], …]}`.
fn loki(value: &Value) -> Vec<Rewritten> {
    let mut records = Vec::new();
    holders(value, "values", &mut Vec::new(), &mut |above, rows| {
        let labels = above.last().and_then(|stream| stream.get("stream")).and_then(Value::as_object);
        let Some(labels) = labels else { return };
        for row in rows.iter().filter_map(Value::as_array) {
            let [time, line, ..] = row.as_slice() else { continue };
            let mut fields = Map::new();
            fields.insert("timestamp".into(), time.clone());
            fields.insert("line".into(), line.clone());
            fields.insert("labels".into(), Value::Object(labels.clone()));
            records.push(rewritten("loki", fields));
        }
    });
    records
}

/// Rows of `CloudWatch` Logs Insights: `[{"field": "@timestamp", "value": …}, …]`.
fn insights(value: &Value) -> Vec<Rewritten> {
    let rows = value.get("results").unwrap_or(value);
    let rows: Vec<&Value> = match rows.as_array().map(Vec::as_slice) {
        Some([Value::Array(_), ..]) => rows.as_array().into_iter().flatten().collect(),
        _ => vec![rows],
    };
    let cell = |cell: &Value| Some((cell.get("field")?.as_str()?.to_owned(), cell.get("value")?.clone()));
    let row = |row: &Value| -> Map<String, Value> { row.as_array().into_iter().flatten().filter_map(cell).collect() };
    rows.into_iter().map(row).filter(|fields| !fields.is_empty()).map(|fields| rewritten("insights", fields)).collect()
}

/// An entry of `journalctl -o export`: `KEY=value` lines, or a key alone before a length of 8 bytes and
/// so many bytes of value.
fn journal(mut bytes: &[u8]) -> Option<Vec<Rewritten>> {
    let mut fields = Map::new();
    let mut put = |key: &[u8], value: &[u8]| {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        fields.entry(text(key)).or_insert_with(|| Value::String(text(value)));
    };
    while !bytes.is_empty() {
        let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        let line = &bytes[..end];
        bytes = bytes.get(end + 1..).unwrap_or_default();
        if let Some(equals) = memchr::memchr(b'=', line) {
            put(&line[..equals], &line[equals + 1..]);
        } else if let (false, Some(length)) = (line.is_empty(), bytes.first_chunk::<8>()) {
            let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
            let value = bytes.get(8..)?;
            put(line, &value[..length.min(value.len())]);
            bytes = value.get(length.saturating_add(1)..).unwrap_or_default();
        }
    }
    Some(vec![rewritten("journal-export", fields)])
}

/// An event of the Windows event log, as XML.
fn windows_event(text: &str) -> Option<Vec<Rewritten>> {
    let mut fields = Map::new();
    let mut put = |key: &str, value: &str| {
        fields.insert(key.to_owned(), Value::String(unescape(value)));
    };
    let (_, time) = text.split_once("SystemTime=")?;
    let quote = time.chars().next()?;
    put("time", time[1..].split(quote).next()?);
    for (tag, key) in [("Computer", "host"), ("Level", "level"), ("EventID", "event_id"), ("Message", "message")] {
        if let Some(value) = element(text, tag) {
            put(key, value);
        }
    }
    let mut rest = text;
    let mut number = 0;
    while let Some((_, data)) = rest.split_once("<Data") {
        let (attributes, tail) = data.split_once('>')?;
        let (value, after) = tail.split_once("</Data>").unwrap_or((tail, ""));
        let name = attributes.split_once("Name=").and_then(|(_, name)| name.get(1..)?.split(['"', '\'']).next());
        match name {
            Some(name) => put(name, value),
            // Data without a name are the parts of a message.
            None => put(&if number == 0 { "message".to_owned() } else { format!("data{number}") }, value),
        }
        number += 1;
        rest = after;
    }
    Some(vec![rewritten("windows-event", fields)])
}

fn element<'t>(text: &'t str, tag: &str) -> Option<&'t str> {
    let (_, after) = text.split_once(&format!("<{tag}"))?;
    let (_, value) = after.split_once('>')?;
    value.split_once("</").map(|(value, _)| value)
}

fn unescape(text: &str) -> String {
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#10;", "\n"),
        ("&#13;", ""),
        ("&amp;", "&"),
    ];
    pairs.into_iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn broken_exports_are_left_to_the_other_readers() {
        for text in [
            "",
            "{",
            r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"#,
            r#"{"values":[1,2],"error":"invalid_grant"}"#,
            r#"{"field":"x","error":"invalid_grant"}"#,
            "<Event>",
            "<Event><TimeCreated SystemTime=",
        ] {
            assert!(records(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn a_journal_entry_with_a_binary_field_is_read_whole() {
        let mut entry = b"__CURSOR=s=1\nMESSAGE\n".to_vec();
        entry.extend(7_u64.to_le_bytes());
        entry.extend(b"one\ntwo\n_PID=42\n\n");
        let found = records(&entry).unwrap();
        assert_eq!(found[0].text, r#"{"MESSAGE":"one\ntwo","_PID":"42","__CURSOR":"s=1"}"#);
        let cut = &entry[..entry.len() - 14];
        assert!(records(cut).is_some_and(|found| found[0].text.contains("MESSAGE")));
    }
}
