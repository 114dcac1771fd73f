use bumpalo::Bump;

use super::{Reader, Setting};
use crate::format::Clock;
use crate::model::Zone;
use crate::rules::{embedded, load_formats};

struct Seen {
    time: String,
    format: String,
    fields: Vec<(String, String)>,
}

fn read(line: &str) -> Vec<Seen> {
    let reader = Reader::new(&load_formats(&embedded()).unwrap());
    let clock =
        Clock { zone: Zone::UTC, day: chrono::NaiveDate::from_ymd_opt(2026, 1, 2).map(crate::format::Day::Last) };
    let mut seen = Vec::new();
    reader.read(&Bump::new(), line.as_bytes(), &Setting { clock: &clock, columns: None }, &mut |record| {
        seen.push(Seen {
            time: record.stamp.map_or_else(String::new, |stamp| stamp.time.to_string()),
            format: record.format.to_owned(),
            fields: record.fields.iter().map(|field| (field.path.to_owned(), field.value.to_owned())).collect(),
        });
    });
    seen
}

fn check(line: &str, format: &str, time: &str, fields: &[(&str, &str)]) {
    let seen = read(line);
    assert_eq!(seen.len(), 1, "{line}");
    assert_eq!((seen[0].format.as_str(), seen[0].time.as_str()), (format, time), "{line}");
    for (path, value) in fields {
        let found = seen[0].fields.iter().any(|field| field.0 == *path && field.1 == *value);
        assert!(found, "{path}={value} is not among {:?} of {line}", seen[0].fields);
    }
}

const AT: &str = "2026-01-02T03:04:05.123Z";

#[test]
fn one_payload_in_every_wrapper() {
    let json = r#"{"time":"2026-01-02T03:04:05.123Z","msg":"refresh failed","error":"invalid_grant","client_id":"c1"}"#;
    let wanted = [("error", "invalid_grant"), ("clientid", "c1")];
    check(json, "json", AT, &wanted);
    let escaped = json.replace('"', "\\\"");
    let docker = format!(r#"{{"log":"{escaped}\n","stream":"stderr","time":"2026-01-02T03:04:05.200000001Z"}}"#);
    check(&docker, "docker+json", AT, &wanted);
    check(&format!("2026-01-02T03:04:05.200000001Z stderr F {json}"), "cri+json", AT, &wanted);
    check(&format!("<12>Jan  2 03:04:05 host api[42]: {json}"), "syslog+json", AT, &wanted);
    check(&format!("2026-01-02 03:04:05,123 WARNING auth: answer {json}"), "python", AT, &wanted);
    let twice = format!(r#"{{"time":"2026-01-02T03:04:05.123Z","message":"{escaped}"}}"#);
    check(&twice, "json", AT, &wanted);
}

#[test]
fn an_object_behind_the_name_of_its_type_belongs_to_its_key() {
    let fields = [("user.id", "u-8"), ("error", "invalid_grant")];
    check(&format!("{AT} refresh failed user=User{{id=u-8, age=7}} error=invalid_grant"), "text", AT, &fields);
    check(&format!("{AT} refresh failed user: User {{ id: \"u-8\" }} error: invalid_grant"), "text", AT, &fields);
    check(&format!("{AT} Failed(user=User(id=u-8, age=7), error=invalid_grant)"), "text", AT, &fields);
    check(&format!("{AT} refresh failed user=User(id=u-8, age=7) error=invalid_grant"), "text", AT, &fields);
    let fields = [("error", "invalid_grant"), ("clientid", "c1")];
    check(&format!("{AT} Unauthorized {{error=invalid_grant, clientId=c1}}"), "text", AT, &fields);
}

#[test]
fn of_two_times_in_one_line_the_finer_one_is_the_programs() {
    for line in [
        "2026-01-02T03:04:06Z app[1]: 2026-01-02 03:04:05.123 WARN token refresh failed",
        "2026-01-02T03:04:06Z 2026-01-02 03:04:05,123 WARN token refresh failed",
        "[2026-01-02 03:04:06] [2026-01-02T03:04:05.123Z] token refresh failed",
    ] {
        check(line, "text", AT, &[]);
    }
    // A time that a text speaks of is none.
    check("2026-01-02T03:04:05.123Z 2026-01-09 00:00:00 is when the token expires", "text", AT, &[]);
}

#[test]
fn a_wrapper_with_a_finer_time_serves_an_application_that_logs_seconds() {
    check(
        r#"2026-01-02T03:04:05.123456789Z stdout F time="2026-01-02T03:04:05Z" level=warning msg="refresh failed" error=invalid_grant"#,
        "cri+logfmt",
        "2026-01-02T03:04:05.123456789Z",
        &[("error", "invalid_grant")],
    );
}

#[test]
fn a_time_that_a_cited_answer_holds_is_the_records_only_where_it_has_no_other() {
    let said = "AADSTS70008: The refresh token has expired. Trace ID: 3a1e Timestamp: 2026-01-01 22:00:00Z";
    let body = r#"{"error":"invalid_grant","timestamp":"2026-01-01 22:00:00Z"}"#;
    let escaped = body.replace('"', "\\\"");
    for line in [
        format!(r#"{{"ts":"{AT}","error":"invalid_grant","error_description":"{said}"}}"#),
        format!(r#"{{"ts":"{AT}","msg":"refresh failed: {said}"}}"#),
        format!(r#"{{"ts":"{AT}","msg":"refresh failed: {escaped}"}}"#),
    ] {
        check(&line, "json", AT, &[]);
    }
    for line in [format!("{AT} refresh failed: {said}"), format!("{AT} refresh failed: {body}")] {
        check(&line, "text", AT, &[]);
    }
    for said in ["token refreshed, expires at 2026-01-02T04:04:05Z", "refresh failed, next try at 2026-01-02 03:09:05Z"]
    {
        check(&format!(r#"{{"ts":"{AT}","msg":"{said}"}}"#), "json", AT, &[]);
        check(
            &format!("2026-01-02T03:04:05.123000001Z stdout F INFO {said}"),
            "cri+text",
            "2026-01-02T03:04:05.123000001Z",
            &[],
        );
    }
    // A level, a thread or a program leads to the time of an application, which others passed on much later.
    for own in ["[main] INFO", "web:", "INFO"] {
        check(&format!(r#"{{"ts":"2026-01-02T03:24:05.000Z","msg":"{own} {AT} refresh failed"}}"#), "json", AT, &[]);
    }
    let alone = "2026-01-01T22:00:00Z";
    check(&format!("refresh failed: {said}"), "text", alone, &[]);
    check(&format!("refresh failed: {body}"), "text", alone, &[]);
    // It does not tell the zone of one: the lines of good refreshes cite no answer, and would stay hours apart.
    check(&format!("2026-01-01 23:00:00.123 refresh failed: {body}"), "text", "2026-01-01T23:00:00.123Z", &[]);
}

#[test]
fn a_batch_gives_its_records() {
    let seen = read(r#"{"records":[{"time":"2026-01-02T03:04:05Z","a":"1"},{"time":"2026-01-02T03:04:06Z","a":"2"}]}"#);
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].time, "2026-01-02T03:04:06Z");
    assert_eq!(read(r#"[{"a":1},{"a":2},{"a":3}]"#).len(), 3);
    assert_eq!(read(r#"{"tags":[{"a":1},{"a":2}],"x":1}"#).len(), 1);
}

#[test]
fn text_with_pairs_objects_and_colours() {
    check("time=2026-01-02T03:04:05.123Z level=warn msg=\"x\" client_id=c1", "logfmt", AT, &[("clientid", "c1")]);
    check(
        "2026-01-02 03:04:05.123 \u{1b}[33mWARN\u{1b}[0m token refresh failed: 400 Bad Request: [{\"error\":\"invalid_grant\"}]",
        "text",
        AT,
        &[("error", "invalid_grant")],
    );
    check(
        "2026-01-02 03:04:05.123 response {'error': 'invalid_grant', 'status': 400}",
        "text",
        AT,
        &[("status", "400")],
    );
}

#[test]
fn objects_in_a_row_are_records_of_their_own() {
    let seen = read(r#"{"time":"2026-01-02T03:04:05Z","a":"}{"}{"time":"2026-01-02T03:04:06Z","a":"2"} {"a":"3"}"#);
    assert_eq!(
        seen.iter().map(|record| record.time.as_str()).collect::<Vec<_>>(),
        ["2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z", ""]
    );
    assert_eq!(read(r#"{"a":"1"}{"b":"2"} and prose"#).len(), 1);
}

#[test]
fn hostile_records_end_without_panic() {
    for line in
        ["", "{", "[", "[{", "\0\0\0", "{\"a\":\"\\u12", "\u{1b}[", "{\"log\":\"{\\\"log\\\":\\\"{\"}", "=:=:{{{{"]
    {
        read(line);
    }
    // A reader that starts over at every brace, quote or sign would not end within a lifetime.
    for unit in [
        "{",
        "[",
        "{a:",
        "{\"a\":",
        "{\"a",
        "{'",
        "a=\"",
        "a=\\\"",
        "{ ",
        "a=",
        "a:",
        "\\",
        "{\\\"a\\\":",
        "(",
        "=>",
        "{a=[",
        "{\"a\":1}",
        "{a:1 b:2 ",
        "a:1 b:2 ",
        "[1,1,",
        "eyJ.",
        "<Event><Data",
        "x={",
    ] {
        read(&unit.repeat(1_000_000 / unit.len()));
    }
}
