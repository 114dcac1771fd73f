//! Commands beside the scans: alerts, completions, manual pages, and what is suggested for a slip.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
use std::fs;
use std::process::{Command, Output};

/// Runs the program at the root of the repository.
fn tokscan(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    command.arg("--no-config").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
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
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(err(&output).contains(part), "{arguments:?} does not say {part:?} but\n{}", err(&output));
}

const RACES: &str = "samples/two-services-one-token";

#[test]
fn an_alert_speaks_of_the_users_own_fields() {
    for system in ["loki", "splunk", "elastic", "datadog", "sigma", "prometheus"] {
        let output = tokscan(&["alert", "refresh-race", "--for", system, RACES]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let text = out(&output);
        // Winner and loser are two programs that log under different names: an alert on one cannot see both.
        assert!(text.contains("oauth token refresh failed"), "{text}");
        let flat = text
            .replace("``` ", "")
            .replace("\n# ", " ")
            .replace("\n// ", " ")
            .replace(" ```\n", " ")
            .replace("```", "");
        assert!(flat.contains("failures in more than one way"), "{text}");
        assert!(!text.contains("usual ones"), "{text}");

        let output = tokscan(&["alert", "rotation-not-persisted", "--for", system, "samples/rotation-never-stored"]);
        assert!(out(&output).contains("invalid_grant") || out(&output).contains("@mt"), "{}", out(&output));
    }
}

#[test]
fn a_saved_report_gives_the_same_alert_as_the_logs() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("report.json").display().to_string();
    assert_eq!(tokscan(&["-q", "-o", &saved, RACES]).status.code(), Some(0));
    let of_logs = tokscan(&["alert", "refresh-race", "--for", "elastic", RACES]);
    let of_report = tokscan(&["alert", "refresh-race", "--for", "elastic", &saved]);
    assert_eq!(out(&of_logs), out(&of_report));
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(&saved).unwrap()).unwrap();
    let id = report["findings"][0]["id"].as_str().unwrap();
    assert_eq!(tokscan(&["alert", id, "--for", "elastic", &saved]).status.code(), Some(0));

    fs::write(&saved, "{\"schema_version\":1,\"tool\":{\"name\":\"tokscan\",\"version\":\"9\"},\"summary\":3}")
        .unwrap();
    refused(&["alert", "refresh-race", "--for", "loki", &saved], "report.json:1: no report of tokscan");
}

#[test]
fn an_alert_on_nothing_says_what_there_is() {
    refused(&["alert", "refresh-race", "--for", "nagios"], "loki, splunk, elastic, datadog, sigma, prometheus");
    refused(&["alert", "refresh-race"], "--for <SYSTEM>");
    refused(&["alert", "refesh-race", "--for", "loki"], "did you mean 'refresh-race'?");
    refused(&["alert", "refesh-race", "--for", "loki", RACES], "did you mean 'refresh-race'?");
    refused(&["alert", "clock-skew", "--for", "loki", RACES], "they hold refresh-race");
    refused(&["alert", "oauth-refresh-token", "--for", "loki"], "give the logs, or a saved report");
    let usual = tokscan(&["alert", "refresh-race", "--for", "loki"]);
    assert!(out(&usual).contains("usual ones"), "{}", out(&usual));
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let help = out(&tokscan(&["--help"]));
    assert!(help.contains("completions") && help.contains("alert"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = out(&tokscan(&["completions", shell]));
        for part in ["leaks", "alert", "min-confidence", "completions"] {
            assert!(script.contains(part), "{shell}: no {part}");
        }
    }
    refused(&["completions", "tcsh"], "possible values: bash, elvish, fish, powershell, zsh");
    let page = out(&tokscan(&["man"]));
    assert!(page.contains(".TH") && page.contains("refresh races"), "{page}");
    assert!(
        out(&tokscan(&["man", "leaks"])).contains("tokscan\\-leaks")
            || out(&tokscan(&["man", "leaks"])).contains("tokscan-leaks")
    );
    refused(&["man", "leeks"], "no command 'leeks'; did you mean 'leaks'?");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("man").display().to_string();
    assert_eq!(tokscan(&["man", "--dir", &path]).status.code(), Some(0));
    assert!(fs::read_to_string(folder.path().join("man/tokscan-alert.1")).unwrap().contains(".TH"));
}

/// Real shells, where they are: the script must load, and bash must complete.
#[test]
fn completions_load_in_the_shells_that_are_here() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = folder.path().join(shell);
        fs::write(&script, out(&tokscan(&["completions", shell]))).unwrap();
        let Ok(output) = Command::new(shell).arg("-n").arg(&script).output() else { continue };
        assert!(output.status.success(), "{shell}: {}", err(&output));
    }
    let complete = format!(
        ". {}; COMP_WORDS=(tokscan leaks --min); COMP_CWORD=2; _tokscan tokscan --min leaks; echo \"${{COMPREPLY[@]}}\"",
        folder.path().join("bash").display()
    );
    let output = Command::new("bash").args(["-c", &complete]).output().unwrap();
    assert!(out(&output).contains("--min-confidence"), "{}{}", out(&output), err(&output));
}

#[test]
fn a_line_is_explained_by_the_lines_that_complete_it() {
    let of = |line: &str| out(&tokscan(&["explain", &format!("tests/cases/short-request-ids/input.jsonl:{line}")]));
    let failed = of("2");
    for part in ["refresh_failed", "crm", "u-17", "from line 1, under userid: the same request"] {
        assert!(failed.contains(part), "{part} is not in\n{failed}");
    }
    assert!(of("1").contains("line 2 has its subject from here"), "{}", of("1"));
    assert!(of("3").contains("no token event"), "{}", of("3"));
    let of_rails = out(&tokscan(&["explain", "tests/cases/rails-requests/input/plain.log:1"]));
    assert!(of_rails.contains("has a part of its attempt from here"), "{of_rails}");
    let dated = out(&tokscan(&["explain", "tests/cases/time-of-day-beside-dated-lines/input/worker-20260131.log:4"]));
    assert!(dated.contains("the date from line"), "{dated}");
    refused(&["explain", "tests/cases/short-request-ids/input.jsonl:99"], "none of the number 99");
}

#[test]
fn slips_are_answered_with_what_was_meant() {
    refused(&["--windw", "1s", "x"], "'--window'");
    refused(&["--format", "jsn", "x"], "'json'");
    refused(&["explain", "refesh-race"], "did you mean 'refresh-race'?");
    refused(&["--field", "clinet=app.name", "x"], "did you mean 'client'?");
    refused(&["--rule", "retry-strom", "x"], "did you mean 'retry-storm'?");
    refused(&["lekas", RACES], "did you mean the command `tokscan leaks`?");
}
