//! The command line as a user meets it: the real binary, its messages and its exit codes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Runs the program without colours and without anything on standard input.
fn tokscan(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    command.args(arguments).env_remove("CLICOLOR_FORCE").env("TZ", "Europe/Berlin").env("COLUMNS", "100");
    command.output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Asserts a usage error whose message holds `part`.
fn refused(arguments: &[&str], part: &str) {
    let output = tokscan(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}\n{}", err(&output));
    assert!(err(&output).contains(part), "{arguments:?} does not say {part:?} but\n{}", err(&output));
    assert!(out(&output).is_empty(), "{}", out(&output));
}

/// A folder of rules: two diagnoses, a leak rule and a provider.
fn rules() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "diagnoses/zigzag-race.toml",
        "id = \"zigzag-race\"\nclass = \"cause\"\nseverity = \"medium\"\ntitle = \"{failures} lost\"\n\
         summary = \"Workers zigzag. Often.\"\ndetects = \"a cluster\"\ndiffers = \"a revocation does not heal\"\n\
         why = \"users notice\"\nfix = [\"take a lock\"]\n\
         references = [\"RFC 9700\"]\n[fix_first]\nsame_host = \"take a file lock\"\n\
         [[examples.match]]\nlog = \"line one\\nline two\"\n",
    );
    write("diagnoses/zigzag-storm.toml", "id = \"zigzag-storm\"\ntitle = \"A zigzag storm\"\n");
    write("leaks/zigzag-token.toml", "id = \"zigzag-token\"\ntitle = \"A zigzag\\u001b[31m token\"\n");
    write("providers/zigzag.toml", "id = \"zigzag\"\n");
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn help_is_short_or_long_and_version_says_the_version() {
    let (short, long) = (tokscan(&["-h"]), tokscan(&["--help"]));
    for output in [&short, &long] {
        assert_eq!(output.status.code(), Some(0));
        for part in ["Input:", "Selection:", "Diagnosis:", "Output:", "leaks", "--window", "Examples:"] {
            assert!(out(output).contains(part), "no {part:?} in\n{}", out(output));
        }
        assert!(!out(output).contains("--width"));
    }
    assert!(out(&long).contains("Exit codes:") && !out(&short).contains("Exit codes:"));
    assert!(out(&short).lines().count() < out(&long).lines().count());
    let version = tokscan(&["--version"]);
    assert_eq!(out(&version), format!("tokscan {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(tokscan(&["leaks", "--help"]).status.code(), Some(0));
}

#[test]
fn nothing_to_read_is_a_usage_error() {
    refused(&[], "nothing to read");
    refused(&["leaks"], "Usage: tokscan");
}

#[test]
fn unknown_options_and_values_are_refused() {
    refused(&["--no-such-option", "x"], "unexpected argument '--no-such-option'");
    refused(&["--format", "yaml", "x"], "possible values: terminal, json");
    refused(&["events", "--format", "json", "x"], "possible values: jsonl");
    refused(&["--min-confidence", "sure", "x"], "possible values: possible, likely, proven");
    refused(&["--color", "sometimes", "x"], "auto, always, never");
    refused(&["-qv", "x"], "cannot be used with");
    refused(&["leaks", "--window", "1s", "x"], "unexpected argument '--window'");
}

#[test]
fn windows_that_are_no_durations_are_refused() {
    for bad in ["soon", "-1", "-200ms", "1x", "", "2h"] {
        refused(&["--window", bad, "x"], "for --window: ");
    }
    refused(&["--window", "1.5.5s", "x"], "write 200ms, 1s, 1.5s or a number of milliseconds");
}

#[test]
fn zones_and_times_that_are_none_are_refused() {
    refused(&["--tz", "Berlin", "x"], "invalid value 'Berlin' for --tz: write UTC, a name like Europe/Berlin");
    refused(&["--tz", "+25:00", "x"], "for --tz");
    refused(&["--since", "noon", "x"], "invalid value 'noon' for --since: write 2026-01-02T03:04:05Z");
    refused(&["--until", "2026-02-30", "x"], "for --until");
    refused(&["--since", "2026-01-02", "--until", "2026-01-01", "x"], "is not before --until");
    refused(&["--since", "-1h", "--until", "-3h", "x"], "is not before --until");
    // The time is read in the zone: an hour later than in UTC it is already too late.
    refused(&["--tz", "-01:00", "--since", "2026-01-02", "--until", "2026-01-02T00:30:00Z", "x"], "is not before");
}

#[test]
fn a_zone_that_is_not_known_by_its_machine_is_told() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    let output = command.args(["--tz", "local", "x"]).env("TZ", "Mars/Base").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("name it, as in Europe/Berlin: TZ is 'Mars/Base'"), "{}", err(&output));
}

#[test]
fn unknown_rules_are_refused_with_a_suggestion() {
    let folder = rules();
    let place = text(folder.path());
    refused(&["--rules", place, "--rule", "zigzag-rase", "x"], "no rule 'zigzag-rase'; did you mean 'zigzag-race'?");
    refused(&["--rules", place, "--fail-on", "zigzag-strom", "x"], "did you mean 'zigzag-storm'?");
    refused(&["--fail-on", "hihg", "x"], "did you mean 'high'?");
    refused(&["--fail-on", "never", "--fail-on", "low", "x"], "cannot be combined");
    refused(&["--rule", "qqqqqqqq", "x"], "`tokscan rules list` names them");
    refused(&["explain", "zigzag_race", "--rules", place], "did you mean 'zigzag-race'?");
    refused(&["rules", "show", "zigzag-raze", "--rules", place], "did you mean 'zigzag-race'?");
    refused(&["rules", "list", "--rules", "no/such/rules"], "no/such/rules:1: cannot be read");
}

#[test]
fn outputs_are_created_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    refused(&["-o", &at("missing/report.json"), "x"], "cannot write");
    refused(
        &["-o", &at("report.pdf"), "x"],
        "this command writes .txt, .json, .html, .md, .sarif, .xml, .csv, .leaks.csv, .jsonl, .events.csv",
    );
    refused(&["leaks", "-o", &at("leaks.pdf"), "x"], ".secret-detection-report.json, .csv, .jsonl");
    refused(&["-o", &at("gl-secret-detection-report.jso"), "x"], "this command writes .txt, .json");
    refused(&["events", "-o", &at("report"), "x"], "this command writes .jsonl, .csv, .events.csv");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_rule_is_explained() {
    let folder = rules();
    let output = tokscan(&["explain", "zigzag-race", "--rules", text(folder.path())]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let expected = "\
zigzag-race (cause, medium)
Workers zigzag. Often.

What it detects
  a cluster

What it is told from
  a revocation does not heal

Why it matters
  users notice

Example
  line one
  line two

How to fix it
  - same host: take a file lock
  - take a lock

References
  - RFC 9700
";
    assert_eq!(out(&output), expected);
    let coloured = tokscan(&["--color", "always", "explain", "zigzag-race", "--rules", text(folder.path())]);
    assert!(out(&coloured).starts_with("\x1b[1mzigzag-race"), "{}", err(&coloured));
}

#[test]
fn rules_are_listed_and_shown_and_cannot_act_on_the_terminal() {
    let folder = rules();
    let place = text(folder.path());
    let list = out(&tokscan(&["rules", "list", "--rules", place]));
    let line = |id: &str| {
        let found = list.lines().find(|line| line.split(' ').next() == Some(id));
        found.unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("zigzag-race"), "zigzag-race diagnoses Workers zigzag");
    assert_eq!(line("zigzag-storm"), "zigzag-storm diagnoses A zigzag storm");
    assert_eq!(line("zigzag-token"), "zigzag-token leaks A zigzag\\x1b[31m token");
    assert_eq!(line("zigzag"), "zigzag providers");
    // Options may stand before the command, between its words, and after them.
    for line in [["--rules", place, "rules", "list"], ["rules", "--rules", place, "list"]] {
        assert_eq!(out(&tokscan(&line)), list);
    }
    let show = out(&tokscan(&["rules", "show", "zigzag", "--rules", place]));
    assert!(show.ends_with("providers/zigzag.toml\nid = \"zigzag\"\n"), "{show}");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_success() {
    let folder = rules();
    let script = format!(
        "'{}' rules list --rules '{}' | true; echo ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_tokscan"),
        text(folder.path())
    );
    let Ok(output) = Command::new("bash").args(["-c", &script]).output() else { return };
    assert_eq!(out(&output), "0\n");
    assert_eq!(err(&output), "");
}
