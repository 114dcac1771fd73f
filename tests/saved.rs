//! Saved reports: rendered in another format, compared, and refused where they are none.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const SAMPLE: &str = "samples/two-services-one-token";

fn tokscan(arguments: &[&str]) -> Output {
    let root = env!("CARGO_MANIFEST_DIR");
    Command::new(env!("CARGO_BIN_EXE_tokscan")).args(arguments).current_dir(root).output().unwrap()
}

fn text(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Saves the report of a sample.
fn save(place: &Path, name: &str, sample: &str) -> String {
    let path = place.join(name);
    let path = path.to_str().unwrap().to_owned();
    text(&tokscan(&[sample, "-q", "-o", &path]));
    path
}

#[test]
fn a_saved_report_gives_the_same_pages_as_the_run() {
    let place = TempDir::new().unwrap();
    for sample in [SAMPLE, "samples/debug-log-leaks", "samples/keycloak-family-killed"] {
        let saved = save(place.path(), "report.json", sample);
        for format in ["terminal", "json"] {
            let run = text(&tokscan(&[sample, "-f", format]));
            assert_eq!(text(&tokscan(&["report", &saved, "-f", format])), run, "{sample} as {format}");
        }
        // Documents name the inputs' digests, which a saved report need not have.
        for format in ["html", "markdown"] {
            let page = text(&tokscan(&["report", &saved, "-f", format]));
            assert!(page.contains("How this report was made"), "{sample} as {format}");
        }
    }
}

#[test]
fn a_saved_report_keeps_what_its_run_was_for_and_the_texts_of_its_rules() {
    let place = TempDir::new().unwrap();
    // Nothing failed here, so that only what the report says tells a gate from a triage.
    let sample = "samples/debug-log-leaks";
    let saved = place.path().join("leaks.json");
    let saved = saved.to_str().unwrap();
    assert_eq!(tokscan(&["leaks", sample, "-q", "-o", saved]).status.code(), Some(1));
    for format in ["terminal", "csv", "jsonl", "sarif"] {
        let run = String::from_utf8(tokscan(&["leaks", sample, "-f", format]).stdout).unwrap();
        assert_eq!(text(&tokscan(&["report", saved, "-f", format])), run, "{format}");
    }
    let saved = save(place.path(), "report.json", SAMPLE);
    for format in ["csv", "sarif"] {
        let run = text(&tokscan(&[SAMPLE, "-f", format]));
        assert_eq!(text(&tokscan(&["report", &saved, "-f", format])), run, "{format}");
    }
    let short = text(&tokscan(&["report", &saved, "--summary"]));
    assert_eq!(short, text(&tokscan(&[SAMPLE, "--summary"])));
    let sarif: Value = serde_json::from_str(&text(&tokscan(&["report", &saved, "-f", "sarif"]))).unwrap();
    let help = &sarif["runs"][0]["tool"]["driver"]["rules"][0]["help"]["text"];
    assert!(help.as_str().unwrap().contains("read the store again"), "{help}");
}

#[test]
fn sarif_of_a_saved_report_has_the_texts_of_the_rules_that_the_run_was_given() {
    let place = TempDir::new().unwrap();
    let at = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (log, rules, saved) = (at("a.log"), at("own.toml"), at("saved.json"));
    fs::write(&log, "key=acme_live_9f8e7d6c5b4a39281706f5e4\n").unwrap();
    let rule = "[[rules]]\nid = \"acme-key\"\ndescription = \"Key of the Acme store\"\n\
                regex = '''acme_live_[0-9a-f]{24}'''\nkeywords = [\"acme_live_\"]\n";
    fs::write(&rules, rule).unwrap();
    assert_eq!(tokscan(&["leaks", &log, "--rules", &rules, "-q", "-o", &saved]).status.code(), Some(1));
    let run = String::from_utf8(tokscan(&["leaks", &log, "--rules", &rules, "-f", "sarif"]).stdout).unwrap();
    assert!(run.contains("Key of the Acme store"), "{run}");
    assert_eq!(text(&tokscan(&["report", &saved, "--rules", &rules, "-f", "sarif"])), run);
}

#[test]
fn a_scan_writes_each_of_its_tables() {
    let place = TempDir::new().unwrap();
    let file = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (findings, leaks, events) = (file("x.csv"), file("leaks.csv"), file("x-events.csv"));
    text(&tokscan(&["samples", "-q", "-o", &findings, "-o", &leaks, "-o", &events]));
    let head = |path: &str| fs::read_to_string(path).unwrap().split("\r\n").next().unwrap().to_owned();
    assert!(head(&findings).starts_with("id,rule,class,severity"), "{}", head(&findings));
    assert!(head(&leaks).starts_with("id,rule,kind,severity"), "{}", head(&leaks));
    assert!(head(&events).starts_with("time,time_precision,kind"), "{}", head(&events));
    let table = text(&tokscan(&["events", "samples", "-f", "csv"]));
    assert_eq!(fs::read_to_string(&events).unwrap(), table);
}

#[test]
fn what_is_no_report_is_refused_by_name_and_place_without_its_text() {
    let place = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = place.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let secret = "Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKb7";
    for (path, wanted) in [
        (write("log.txt", &format!("refresh_token={secret}")), "log.txt:1:"),
        (write("other.json", &format!("{{\"refresh_token\": \"{secret}\"}}")), "is no tokscan report"),
        (write("newer.json", "{\"schema_version\": 99}"), "schema_version 99"),
        (write("broken.json", &format!("{{\"schema_version\": 1, \"tool\": \"{secret}\"}}")), "broken.json: "),
        (place.path().join("missing.json").to_str().unwrap().to_owned(), "cannot read"),
    ] {
        for arguments in [vec!["report", &path], vec!["diff", &path, &path]] {
            let output = tokscan(&arguments);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(said.contains(wanted) && !said.contains(&secret[..9]), "{wanted}: {said}");
        }
    }
}

/// The same report, healed: what a fix would leave.
fn healed(report: &str, path: &Path) -> String {
    let mut report: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    report["findings"] = Value::Array(vec![]);
    report["summary"]["refresh_ok"] = 55.into();
    report["summary"]["refresh_failed"] = 0.into();
    report["summary"]["first"] = "2026-03-12T02:05:20.683Z".into();
    report["summary"]["last"] = "2026-03-12T10:33:08.637Z".into();
    for client in report["clients"].as_array_mut().unwrap() {
        (client["refresh_ok"], client["refresh_failed"]) = (55.into(), 0.into());
    }
    fs::write(path, report.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_comparison_says_whether_the_fix_helped() {
    let place = TempDir::new().unwrap();
    let before = save(place.path(), "before.json", SAMPLE);
    let after = healed(&before, &place.path().join("after.json"));

    let better = text(&tokscan(&["diff", &before, &after]));
    assert!(better.contains("Better: 145.5 → 0.0 failed refreshes per 1,000 attempts, 7 → 0 incidents."), "{better}");
    assert!(better.contains("refresh-race") && better.contains("ledgerlink-9c41"), "{better}");
    let json: Value = serde_json::from_str(&text(&tokscan(&["diff", "-f", "json", &before, &after]))).unwrap();
    assert_eq!((&json["verdict"], &json["rules"][0]["findings"]["before"]), (&"better".into(), &7.into()));
    assert_eq!(json["cautions"], Value::Array(vec![]));
    assert!(text(&tokscan(&["diff", "-f", "markdown", &before, &after])).starts_with("# Better"));

    let worse = tokscan(&["diff", "--fail-if-worse", &after, &before]);
    let said = String::from_utf8(worse.stdout).unwrap();
    assert_eq!(worse.status.code(), Some(1));
    assert!(said.starts_with("before  2026-03-12") && said.contains("Worse: ") && said.contains("overlap"), "{said}");
    assert!(text(&tokscan(&["diff", &before, &before])).contains("No change that chance does not explain"));
}

#[test]
fn pictures_of_a_markdown_page_lie_in_a_folder_of_its_name() {
    let place = TempDir::new().unwrap();
    let page = place.path().join("night.md");
    assert_eq!(tokscan(&[SAMPLE, "-q", "--pictures", "svg", "-o", page.to_str().unwrap()]).status.code(), Some(0));
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("](night-pictures/period.svg)"), "{page}");
    for linked in page.split("](night-pictures/").skip(1) {
        let name = linked.split(')').next().unwrap();
        assert!(fs::read_to_string(place.path().join("night-pictures").join(name)).unwrap().starts_with("<svg "));
    }
    let refused = tokscan(&[SAMPLE, "--pictures", "svg"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("-o report.md"));
}
