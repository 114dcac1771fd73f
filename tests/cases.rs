//! Golden reports: what must be found in each case, and what the reports look like.
//!
//! A case is a folder of `tests/cases/` with an input (`input.*`, or a folder `input/`) and a
//! `case.toml` that says why it is there and what must be found. `TOKSCAN_BLESS=1 cargo test --test
//! cases` writes `expected/` anew, but only for cases that find what they must: a loss cannot be
//! blessed away. Every folder of `samples/` is a case too.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use tokscan::report::{Format, Section};

mod schemas;
use schemas::Schema;

/// The formats of `expected/`: file, and the command and arguments that make it.
const FORMATS: [(&str, &[&str]); 6] = [
    ("report.json", &["scan", "--format", "json"]),
    ("page.txt", &["scan", "--width", "80", "--color", "never"]),
    ("page-wide.txt", &["scan", "--width", "120", "--color", "never"]),
    ("events.jsonl", &["events"]),
    ("events.csv", &["events", "--format", "csv"]),
    ("findings.csv", &["scan", "--format", "csv"]),
];

/// What `leaks` prints, by format; a file for each in cases that must have leaks.
const OF_LEAKS: [(&str, &[&str]); 8] = [
    ("leaks.txt", &["leaks", "--width", "80", "--color", "never"]),
    ("leaks.json", &["leaks", "--format", "json"]),
    ("leaks.sarif", &["leaks", "--format", "sarif"]),
    ("leaks.xml", &["leaks", "--format", "junit"]),
    ("leaks.annotations", &["leaks", "--format", "github"]),
    ("leaks.gitlab.json", &["leaks", "--format", "gitlab"]),
    ("leaks.jsonl", &["leaks", "--format", "jsonl"]),
    ("leaks.csv", &["leaks", "--format", "csv"]),
];

/// Options that judge timelines; `events` has no use for them.
const OF_SCAN: [&str; 3] = ["window", "evidence", "align-clocks"];

/// `case.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What went wrong, or what the case proves: one sentence.
    why: String,
    /// What to scan, from the case's folder; without it `input.*` or `input/`.
    input: Option<String>,
    /// Options of the command line, without their dashes; the value of a switch is empty.
    #[serde(default)]
    options: BTreeMap<String, String>,
    must: Must,
}

/// What must be found, whatever the reports look like.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Must {
    token_events: Option<u64>,
    refresh_ok: Option<u64>,
    refresh_failed: u64,
    /// Every cause is listed: one that is not is an error. Behaviours may be left out.
    #[serde(default)]
    findings: Vec<Wanted>,
    /// Rules that must find nothing.
    #[serde(default)]
    never: Vec<String>,
    /// All leaks, by kind.
    #[serde(default)]
    leaks: BTreeMap<String, u64>,
    /// All notices, by code.
    #[serde(default)]
    notices: BTreeSet<String>,
    /// The exit code.
    #[serde(default)]
    exit: i32,
}

/// A finding. `count` findings must have every value that is given, and only these.
#[derive(Deserialize)]
struct Wanted {
    rule: String,
    count: Option<usize>,
    /// Values at their place in the report: `client`, `failures`, `impact.forced_sign_ins`.
    #[serde(flatten)]
    values: BTreeMap<String, Value>,
}

impl Wanted {
    fn matches(&self, finding: &Value) -> bool {
        let at = |path: &str| path.split('.').fold(finding, |value, key| &value[key]);
        finding["rule"] == self.rule.as_str()
            && self.values.iter().all(|(path, wanted)| at(path) == wanted || wanted == "none" && at(path).is_null())
    }
}

impl Must {
    /// What is not as it must be, one complaint a line.
    fn complaints(&self, report: &Value, exit: i32) -> String {
        let mut said = String::new();
        let mut same = |name: &str, got: &Value, wanted: Value| {
            if *got != wanted {
                writeln!(said, "  {name} must be {wanted}, but is {got}").unwrap();
            }
        };
        let summary = &report["summary"];
        same("the exit code", &exit.into(), self.exit.into());
        same("refresh_failed", &summary["refresh_failed"], self.refresh_failed.into());
        if let Some(wanted) = self.token_events {
            same("token_events", &summary["token_events"], wanted.into());
        }
        if let Some(wanted) = self.refresh_ok {
            same("refresh_ok", &summary["refresh_ok"], wanted.into());
        }
        same("leaks", &summary["leaks"], serde_json::to_value(&self.leaks).unwrap());
        let codes: BTreeSet<&str> = each(report, "notices").map(|notice| notice["code"].as_str().unwrap()).collect();
        same("notices", &serde_json::to_value(codes).unwrap(), serde_json::to_value(&self.notices).unwrap());

        let causes = || each(report, "findings").filter(|finding| finding["class"] == "cause");
        let owned =
            |finding: &Value| finding["failures"].as_u64().unwrap() + finding["aftermath_failures"].as_u64().unwrap();
        same("the failures of all causes", &causes().map(owned).sum::<u64>().into(), self.refresh_failed.into());
        for wanted in &self.findings {
            let found = each(report, "findings").filter(|finding| wanted.matches(finding)).count();
            let count = wanted.count.unwrap_or(1);
            if found != count {
                let values = serde_json::to_string(&wanted.values).unwrap();
                writeln!(said, "  {count} {} {values} wanted, {found} found", wanted.rule).unwrap();
            }
        }
        for finding in causes().filter(|finding| !self.findings.iter().any(|wanted| wanted.matches(finding))) {
            let (rule, client, failures) = (&finding["rule"], &finding["client"], owned(finding));
            writeln!(said, "  not asked for: {rule} of client {client}, {failures} failures").unwrap();
        }
        for rule in self.never.iter().filter(|rule| each(report, "findings").any(|found| found["rule"] == **rule)) {
            writeln!(said, "  {rule} must never be found here").unwrap();
        }
        said
    }
}

fn each<'r>(report: &'r Value, key: &str) -> impl Iterator<Item = &'r Value> {
    report[key].as_array().unwrap().iter()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folders in a folder, sorted.
fn folders(path: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(path)).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn name(folder: &Path) -> &str {
    folder.file_name().unwrap().to_str().unwrap()
}

fn read_case(folder: &Path) -> Case {
    let text = fs::read_to_string(folder.join("case.toml")).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

/// The input as it is named in reports: from the root of the repository, without `..`.
fn input(folder: &Path, case: &Case) -> String {
    let named = case.input.clone().unwrap_or_else(|| {
        let mut names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let found = names.find(|name| name == "input" || name.starts_with("input."));
        found.unwrap_or_else(|| panic!("{} has no input", folder.display()))
    });
    let mut parts: Vec<String> = Vec::new();
    for part in folder.strip_prefix(root()).unwrap().join(named).components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            part => parts.push(part.as_os_str().to_str().unwrap().to_owned()),
        }
    }
    parts.join("/")
}

/// One run from the root of the repository: exit code and what was printed.
fn run(case: &Case, input: &str, format: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    command.current_dir(root()).args(format);
    let all = format[0] == "scan";
    for (option, value) in case.options.iter().filter(|(option, _)| all || !OF_SCAN.contains(&option.as_str())) {
        command.arg(format!("--{option}")).args(Some(value).filter(|value| !value.is_empty()));
    }
    let output =
        command.args(["--", input]).env_remove("CLICOLOR_FORCE").env("SOURCE_DATE_EPOCH", "0").output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// The same as it stands in `expected/`: without versions and numbers that change whatever the case is about.
fn masked(text: String) -> String {
    let version = |key: &str, version: &str| format!("\"{key}\": \"{version}\"");
    let masked = ["version", "semanticVersion"]
        .iter()
        .fold(text, |text, key| text.replace(&version(key, env!("CARGO_PKG_VERSION")), &version(key, "…")));
    without_rules_version(&masked).replace("\r\n", "\n")
}

/// The version and the number of the rules, masked: they change with every rule, whatever the case is about.
fn without_rules_version(text: &str) -> String {
    let masked = |line: &str| {
        let key = ["\"rules_digest\": ", "\"rule_files\": "].into_iter().find(|key| line.trim_start().starts_with(key));
        key.map_or_else(
            || line.to_owned(),
            |key| {
                let (indent, comma) =
                    (line.len() - line.trim_start().len(), if line.ends_with(',') { "," } else { "" });
                format!("{}{key}\"…\"{comma}", &line[..indent])
            },
        )
    };
    text.split('\n').map(masked).collect::<Vec<_>>().join("\n")
}

/// Runs a case; an empty answer is a success.
fn check(folder: &Path, bless: bool, schemas: &[Schema; 3]) -> String {
    let case = read_case(folder);
    let input = input(folder, &case);
    let mut said = String::new();
    let mut reports = Vec::new();
    let of_leaks = if case.must.leaks.is_empty() { &[][..] } else { &OF_LEAKS };
    for (file, format) in FORMATS.iter().chain(of_leaks).copied() {
        let (exit, text) = run(&case, &input, format);
        if file == "report.json" {
            said += &case.must.complaints(&serde_json::from_str(&text).unwrap(), exit);
        }
        said += &against_schema(file, &text, schemas);
        reports.push((folder.join("expected").join(file), masked(text)));
    }
    if case.why.trim().is_empty() || case.why.trim().contains('\n') {
        said += "  `why` must say in one line what the case is for\n";
    }
    for (path, text) in reports {
        if bless && said.is_empty() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        } else if !bless {
            let expected = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
            said += &difference(name(&path), &expected, &text);
        }
    }
    if said.is_empty() { said } else { format!("{}: {}\n{said}", name(folder), case.why) }
}

/// What breaks the schemas of the report, the events and the leaks.
fn against_schema(file: &str, text: &str, [report, event, leak]: &[Schema; 3]) -> String {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let rows = |schema: &Schema| text.lines().map(|line| schema.complaints(&read(line))).collect();
    let said: String = match file {
        "report.json" | "leaks.json" => report.complaints(&read(text)),
        "events.jsonl" => rows(event),
        "leaks.jsonl" => rows(leak),
        _ => String::new(),
    };
    if said.is_empty() { said } else { format!("  {file} is not what schemas/ says:\n{said}") }
}

/// The first line that differs.
fn difference(file: &str, expected: &str, got: &str) -> String {
    if expected == got {
        return String::new();
    }
    let at = expected.lines().zip(got.lines()).take_while(|(a, b)| a == b).count();
    let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
    format!("  expected/{file}:{}: expected\n    {}\n  but got\n    {}\n", at + 1, line(expected), line(got))
}

#[test]
fn every_case_finds_what_it_must_and_reports_it_as_expected() {
    let bless = std::env::var_os("TOKSCAN_BLESS").is_some();
    let schemas = [Schema::report(), Schema::event(), Schema::leak()];
    let said: Vec<String> = folders("tests/cases").par_iter().map(|folder| check(folder, bless, &schemas)).collect();
    let said: String = said.concat();
    assert!(said.is_empty(), "TOKSCAN_BLESS=1 writes expected/ anew where nothing is lost:\n{said}");
}

#[test]
fn every_format_of_leaks_has_a_golden() {
    let shown = OF_LEAKS.map(|(_, words)| *words.last().unwrap());
    // The pages to keep name the version of the rules and are held to what they say by tests of their own.
    let told = Format::of(Section::Leaks).filter(|format| !format.is_document());
    let all = told.map(Format::name).filter(|name| *name != "terminal");
    let missing: Vec<&str> = all.filter(|name| !shown.contains(name)).collect();
    assert!(missing.is_empty(), "no golden for {missing:?}");
}

#[test]
fn every_sample_is_a_case() {
    for sample in folders("samples") {
        let case = root().join(format!("tests/cases/sample-{}", name(&sample)));
        assert_eq!(input(&case, &read_case(&case)), format!("samples/{}", name(&sample)));
    }
}
