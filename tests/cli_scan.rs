//! `scan`, `leaks` and `events` over real files: what is read, written and answered by the exit code.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A value that looks like a JWT and is none: three parts, nobody's key.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJpbnZlbnRlZCIsImV4cCI6MTc2NzMyNjY0NX0.\
                     c2lnbmF0dXJlLW9mLW5vYm9keS1hdC1hbGwtMTIzNDU2";

/// A race of one subject: a success and two failures within 40 ms, and a good refresh an hour later.
const RACE: &str = r#"{"time":"2026-01-02T03:04:05.100Z","level":"info","msg":"token refresh succeeded","grant_type":"refresh_token","client_id":"crm-sync","user_id":"user-17","status":200,"expires_in":3600}
{"time":"2026-01-02T03:04:05.120Z","level":"error","msg":"token refresh failed","grant_type":"refresh_token","error":"invalid_grant","client_id":"crm-sync","user_id":"user-17","status":400}
{"time":"2026-01-02T03:04:05.140Z","level":"error","msg":"token refresh failed","grant_type":"refresh_token","error":"invalid_grant","client_id":"crm-sync","user_id":"user-17","status":400}
{"time":"2026-01-02T04:04:05.100Z","level":"info","msg":"token refresh succeeded","grant_type":"refresh_token","client_id":"crm-sync","user_id":"user-17","status":200,"expires_in":3600}
"#;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.at("race.jsonl"), RACE).unwrap();
        let leak = format!(
            "{{\"time\":\"2026-01-02T03:04:06Z\",\"level\":\"debug\",\"msg\":\"token response\",\"access_token\":\"{TOKEN}\"}}\n"
        );
        fs::write(place.at("leak.jsonl"), leak).unwrap();
        fs::write(place.at("quiet.log"), "2026-01-02T03:04:06Z INFO listening on 8080\n").unwrap();
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
        command.args(arguments).current_dir(self.0.path()).env_remove("CLICOLOR_FORCE");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs with something on standard input.
    fn fed(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", err(&output)))
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn scan_is_the_default_and_options_may_stand_anywhere() {
    let place = Place::new();
    let page = out(&place.run(&["scan", "--window", "1s", "race.jsonl"]));
    assert!(page.contains("2 failed refreshes: 2 in 1 race."), "{page}");
    for line in [
        &["race.jsonl", "--window", "1s"][..],
        &["--window", "1s", "race.jsonl"],
        &["--window=1s", "scan", "race.jsonl"],
        &["--window", "1000", "race.jsonl"],
    ] {
        assert_eq!(out(&place.run(line)), page, "{line:?}");
    }
}

#[test]
fn exit_codes_say_clean_found_or_trouble() {
    let place = Place::new();
    for (line, code) in [
        (&["race.jsonl"][..], 0),
        (&["--fail-on", "any", "race.jsonl"], 1),
        (&["--fail-on", "refresh-race", "race.jsonl"], 1),
        (&["--fail-on", "retry-storm", "race.jsonl"], 0),
        (&["--fail-on", "any", "quiet.log"], 0),
        (&["--fail-on", "never", "race.jsonl", "leak.jsonl"], 0),
        (&["leaks", "quiet.log"], 0),
        (&["leaks", "leak.jsonl"], 1),
        (&["leaks", "--fail-on", "never", "leak.jsonl"], 0),
        (&["no-such.log"], 2),
        (&["leaks", "leak.jsonl", "no-such.log"], 2),
        (&["events", "race.jsonl"], 0),
        (&["events", "no-such.log"], 2),
    ] {
        let output = place.run(line);
        assert_eq!(output.status.code(), Some(code), "{line:?}\n{}{}", out(&output), err(&output));
    }
}

#[test]
fn what_could_be_read_is_reported_beside_what_could_not() {
    let place = Place::new();
    let page = out(&place.run(&["race.jsonl", "no-such.log"]));
    assert!(page.contains("2 in 1 race") && page.contains("no-such.log"), "{page}");
    let output = place.run(&["-f", "json", "race.jsonl", "no-such.log"]);
    assert!(err(&output).starts_with("tokscan: no-such.log: "), "{}", err(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["summary"]["refresh_failed"], 2);
    assert!(report["notices"].as_array().unwrap().iter().any(|notice| notice["path"] == "no-such.log"), "{report}");
    assert_eq!(err(&place.run(&["-q", "-f", "json", "race.jsonl", "no-such.log"])), "");
}

#[test]
fn json_has_the_documented_fields_in_their_order() {
    let place = Place::new();
    let text = out(&place.run(&["-f", "json", "race.jsonl", "leak.jsonl"]));
    assert!(text.ends_with("}\n"));
    let keys = ["schema_version", "tool", "summary", "inputs", "clients", "findings", "leaks", "notices"];
    let at: Vec<_> = keys.iter().map(|key| text.find(&format!("\n  \"{key}\"")).unwrap()).collect();
    assert!(at.is_sorted(), "{text}");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["findings"][0]["rule"], "refresh-race");
    assert!(report["leaks"].as_array().is_some_and(|leaks| !leaks.is_empty()));
}

#[test]
fn leaks_say_nothing_about_refreshes() {
    let place = Place::new();
    let output = place.run(&["leaks", "race.jsonl", "leak.jsonl"]);
    let page = out(&output);
    assert!(page.contains("readable in these logs") && page.contains("leak.jsonl:1:"), "{page}");
    assert!(!page.contains("failed refresh") && !page.contains("Findings"), "{page}");
    let report = place.json(&["leaks", "-f", "json", "race.jsonl", "leak.jsonl"]);
    assert_eq!(report["findings"], Value::Array(vec![]));
    assert!(out(&place.run(&["leaks", "quiet.log"])).contains("No leaks in 1 line."));
}

#[test]
fn no_output_holds_the_token() {
    let place = Place::new();
    for line in [
        &["."][..],
        &["-f", "json", "."],
        &["leaks", "."],
        &["leaks", "-f", "json", "."],
        &["events", "."],
        &["-v", "-f", "json", ".", TOKEN],
    ] {
        let output = place.run(line);
        assert!(!out(&output).contains(TOKEN) && !err(&output).contains(TOKEN), "{line:?}");
    }
}

#[test]
fn events_are_one_object_a_line() {
    let place = Place::new();
    let lines = out(&place.run(&["events", "race.jsonl"]));
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 4, "{lines}");
    assert!(lines.starts_with("{\"time\":\"2026-01-02T03:04:05.100Z\",\"time_precision\":\"ms\",\"kind\":"), "{lines}");
    assert_eq!(events[1]["error"], "invalid_grant");
    assert_eq!(events[1]["line"], 2);
}

#[test]
fn standard_input_is_read_when_it_is_piped_or_named() {
    let place = Place::new();
    for line in [&["-f", "json"][..], &["-f", "json", "-"], &["scan", "-f", "json"]] {
        let report: Value = serde_json::from_slice(&place.fed(line, RACE).stdout).unwrap();
        assert_eq!(report["inputs"][0]["path"], "-", "{line:?}");
        assert_eq!(report["summary"]["refresh_failed"], 2, "{line:?}");
    }
}

#[test]
fn a_file_named_like_a_command_is_given_with_its_folder() {
    let place = Place::new();
    fs::copy(place.at("race.jsonl"), place.at("scan")).unwrap();
    fs::copy(place.at("race.jsonl"), place.at("explain.log")).unwrap();
    for path in ["./scan", "explain.log"] {
        let report = place.json(&["-f", "json", path]);
        assert_eq!(report["inputs"][0]["path"], path);
        assert_eq!(report["summary"]["refresh_failed"], 2);
    }
    assert_eq!(place.json(&["-f", "json", "explain.log", "scan"])["summary"]["inputs"], 2);
}

#[test]
fn files_take_the_format_of_their_suffix_and_standard_output_stays_empty() {
    let place = Place::new();
    let output = place.run(&["-o", "r.json", "-o", "r.txt", "-o", "r.jsonl", "race.jsonl"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(out(&output), "");
    assert_eq!(err(&output), "tokscan: 2 failed refreshes: 2 in 1 race.\n");
    let read = |name: &str| fs::read_to_string(place.at(name)).unwrap();
    let report: Value = serde_json::from_str(&read("r.json")).unwrap();
    assert_eq!(report["summary"]["refresh_failed"], 2);
    assert!(read("r.txt").contains("2 in 1 race") && !read("r.txt").contains('\x1b'));
    assert_eq!(read("r.jsonl").lines().count(), 4);
    assert_eq!(err(&place.run(&["-q", "-o", "r.json", "race.jsonl"])), "");
    let both = place.run(&["-f", "json", "-o", "r.txt", "race.jsonl"]);
    assert!(out(&both).starts_with('{'));
}

#[test]
fn since_until_client_and_rule_narrow_the_run() {
    let place = Place::new();
    let failed = |line: &[&str]| {
        place.json(&[&["-f", "json", "race.jsonl"], line].concat())["summary"]["refresh_failed"].clone()
    };
    assert_eq!(failed(&["--since", "2026-01-02T03:04:05.130Z"]), 1);
    assert_eq!(failed(&["--until", "2026-01-02T03:04:05.120Z"]), 0, "the end is exclusive");
    assert_eq!(failed(&["--since", "2026-01-02T03:04:05.140Z"]), 1, "the start is inclusive");
    assert_eq!(failed(&["--since", "2026-01-02 05:00", "--tz", "+02:00"]), 2, "a time is read in --tz");
    assert_eq!(failed(&["--since", "-3h"]), 0);
    assert_eq!(failed(&["--client", "another"]), 0);
    assert_eq!(failed(&["--client", "another", "--client", "crm-sync"]), 2);
    let findings = |line: &[&str]| {
        place.json(&[&["-f", "json", "race.jsonl"], line].concat())["findings"].as_array().unwrap().len()
    };
    assert_eq!(findings(&["--rule", "refresh-race"]), 1);
    assert_eq!(findings(&["--rule", "permanent-revocation"]), 0);
    assert_eq!(findings(&["--window", "1ms"]).min(1), 1, "failures outside the window have another cause");
    let rules =
        |line: &[&str]| place.json(&[&["-f", "json", "race.jsonl"], line].concat())["findings"][0]["rule"].clone();
    assert_ne!(rules(&["--window", "1ms"]), "refresh-race");
}

#[test]
fn real_rules_can_be_named_explained_and_mistyped() {
    let place = Place::new();
    let output = place.run(&["--rule", "refesh-race", "race.jsonl"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("did you mean 'refresh-race'?"), "{}", err(&output));
    let text = out(&place.run(&["explain", "refresh-race"]));
    for part in ["What it detects", "Why it matters", "How to fix it", "References"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    assert!(out(&place.run(&["rules", "list"])).lines().any(|line| line.starts_with("refresh-race ")));
}

#[test]
fn colours_are_asked_for_or_left_out() {
    let place = Place::new();
    let colours = |line: &[&str], variables: &[(&str, &str)]| {
        let output = place.command(line).envs(variables.iter().copied()).arg("race.jsonl").output().unwrap();
        out(&output).contains("\x1b[")
    };
    assert!(!colours(&[], &[]), "a pipe is no terminal");
    assert!(colours(&["--color", "always"], &[("NO_COLOR", "1")]), "an option outranks the environment");
    assert!(colours(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colours(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colours(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!colours(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_page_is_as_wide_as_asked() {
    let place = Place::new();
    for width in [60, 80, 200] {
        let page = out(&place.run(&["--width", &width.to_string(), "race.jsonl", "leak.jsonl"]));
        assert!(page.lines().all(|line| line.chars().count() <= width), "{width}\n{page}");
    }
}

#[test]
fn evidence_confidence_threads_and_a_users_rules_do_what_they_say() {
    let place = Place::new();
    let full = place.json(&["--format", "json", "--threads", "1", "race.jsonl"]);
    assert_eq!(full, place.json(&["-f", "json", "-j", "2", "--no-progress", "race.jsonl"]), "threads change nothing");
    let evidence = |report: &Value| report["findings"][0]["evidence"].as_array().unwrap().len();
    assert_eq!(evidence(&place.json(&["-f", "json", "--evidence", "2", "race.jsonl"])), 2);
    assert!(evidence(&full) > 2);
    let cut = place.json(&["-f", "json", "--evidence", "2", "race.jsonl"]);
    assert_eq!(cut["findings"][0]["failures"], full["findings"][0]["failures"], "the counts are not cut");
    let proven = place.json(&["-f", "json", "--min-confidence", "proven", "race.jsonl"]);
    assert_eq!(proven["findings"], Value::Array(vec![]), "the race is likely, not proven");
    let output = place.run(&["--output", "page.txt", "race.jsonl"]);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(0), ""));
    assert!(err(&place.run(&["-v", "-f", "json", "race.jsonl"])).contains("race.jsonl"));

    fs::create_dir_all(place.at("own/events")).unwrap();
    let rule = r#"
id = "own"
title = "Our own client"
[[event]]
id = "own-refused"
kind = "refresh_failed"
error = "invalid_grant"
where = { what = ["door-shut"] }
[[examples.match]]
line = '{"time":"2026-01-02T03:04:05Z","what":"door-shut","client_id":"c1"}'
kind = "refresh_failed"
[examples]
ignore = ['{"time":"2026-01-02T03:04:05Z","what":"door-open","client_id":"c1"}']
"#;
    fs::write(place.at("own/events/own.toml"), rule).unwrap();
    fs::write(
        place.at("own.jsonl"),
        "{\"time\":\"2026-01-02T03:04:05Z\",\"what\":\"door-shut\",\"client_id\":\"c1\"}\n",
    )
    .unwrap();
    let failed = |line: &[&str]| place.json(line)["summary"]["refresh_failed"].clone();
    assert_eq!(failed(&["-f", "json", "own.jsonl"]), 0);
    assert_eq!(failed(&["-f", "json", "--rules", "own", "own.jsonl"]), 1);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_success() {
    let place = Place::new();
    let many = RACE.repeat(5_000);
    fs::write(place.at("many.jsonl"), many).unwrap();
    let script = format!(
        "'{}' events many.jsonl | head -n 1 >/dev/null; echo ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_tokscan")
    );
    let Ok(output) = Command::new("bash").args(["-c", &script]).current_dir(place.0.path()).output() else { return };
    assert_eq!((out(&output).as_str(), err(&output).as_str()), ("0\n", ""));
}
