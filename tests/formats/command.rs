//! `tokscan formats`, `--field` and `--provider`: a log that no rule knows is read after a minute.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// An application with words of its own; the address of a token endpoint gives it away.
const LOG: &str = "\
{\"time\":\"2026-01-02T03:04:05.123Z\",\"msg\":\"swap lost\",\"uri\":\"https://idp.example/oauth/token\",\"app\":{\"name\":\"crm-7\"},\"holder\":\"u-81\"}
{\"time\":\"2026-01-02T03:04:06.123Z\",\"msg\":\"token refresh failed\",\"error\":\"invalid_grant\",\"app\":{\"name\":\"crm-7\"},\"holder\":\"u-81\"}
{\"time\":\"2026-01-02T03:04:07.123Z\",\"msg\":\"GET /health\",\"status\":200}
";

/// What the suggestion becomes with its two blanks filled in.
const RULE: &str = r#"
id = "mine"
title = "My application"

[[event]]
id = "my-event"
kind = "refresh_failed"
where = { msg = ["swap lost"] }
map = { client = ["app.name"], subject = ["holder"] }

[[examples.match]]
line = '{"time":"2026-01-02T03:04:05.123Z","msg":"swap lost","app":{"name":"crm-7"},"holder":"u-81"}'
kind = "refresh_failed"
columns = { client = "crm-7", subject = "u-81" }

[examples]
ignore = ['{"time":"2026-01-02T03:04:05.123Z","msg":"swap begins"}']
"#;

fn tokscan(place: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tokscan")).args(arguments).current_dir(place.path()).output().unwrap()
}

fn place() -> TempDir {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("a.log"), LOG).unwrap();
    fs::create_dir(place.path().join("events")).unwrap();
    fs::write(place.path().join("events/mine.toml"), RULE).unwrap();
    place
}

#[test]
fn what_is_not_read_is_named_with_a_rule_that_would_read_it() {
    let place = place();
    let survey: Value = serde_json::from_slice(&tokscan(&place, &["formats", "-f", "json", "a.log"]).stdout).unwrap();
    let source = &survey["sources"][0];
    assert_eq!((&source["lines"], &source["records"], &source["token_events"]), (&3.into(), &3.into(), &1.into()));
    assert_eq!((&source["formats"]["json"], &source["unmatched"]), (&3.into(), &1.into()));
    let example = &source["examples"][0];
    assert_eq!(example["line"], 1);
    let suggestion = example["suggestion"].as_str().unwrap();
    assert!(suggestion.contains("where = { msg = [\"swap lost\"] }"), "{suggestion}");
    assert!(suggestion.contains("subject = [\"…\"]") && suggestion.contains("holder"), "{suggestion}");

    let rules = ["--rules", "events/mine.toml"];
    assert!(tokscan(&place, &["rules", "check", "events/mine.toml"]).status.success());
    let page = tokscan(&place, &[&["formats", "a.log"], &rules[..]].concat()).stdout;
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("3 records, 2 token events") && !page.contains("unmatched"), "{page}");
}

#[test]
fn keys_and_the_provider_are_named_on_the_command_line() {
    let place = place();
    let arguments =
        ["events", "a.log", "--field", "client=app.name", "--field", "subject=Holder", "--provider", "okta"];
    let events = tokscan(&place, &arguments).stdout;
    let event: Value = serde_json::from_slice(events.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert_eq!((&event["client"], &event["subject"]), (&"crm-7".into(), &"u-81".into()));
    assert_eq!(event["provider"], "okta");
    for (option, value, hint) in
        [("--provider", "okto", "did you mean 'okta'"), ("--field", "clint=x", "did you mean 'client'")]
    {
        let output = tokscan(&place, &["events", "a.log", option, value]);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains(hint), "{option} {value}");
    }
}

#[test]
fn a_secret_is_masked_in_excerpts_and_suggestions() {
    let place = TempDir::new().unwrap();
    let secret = "Zq7Wm2Lx9Kc4Vb8Nt1Rj6Hs3Gd5Fy0Pa";
    let line = format!(
        "2026-01-02T03:04:05Z WARN oauth exchange of refresh_token={secret} at https://idp.example/oauth/token odd\n"
    );
    fs::write(place.path().join("a.log"), line).unwrap();
    for format in ["json", "terminal"] {
        let output = tokscan(&place, &["formats", "-f", format, "a.log"]);
        let page = String::from_utf8(output.stdout).unwrap();
        assert!(page.contains("oauth exchange") && !page.contains(&secret[..12]), "{page}");
    }
}
