//! The gate as a pipeline meets it: exit codes, baselines, allow rules, and reports for other programs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// Invented, and shaped as such values are.
const ACCESS: &str = "Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKb-7";
const REFRESH: &str = "Hn4tR8cV2xM6qP0zK3jW9bF7dL1gS5yAeUoIiTrEw_2";
const PASSWORD: &str = "Tr0ub4dor&3x";

struct Place(TempDir);

impl Place {
    /// Three logs: one with two tokens, one with a password, one without any.
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let tokens = format!(
            "{{\"time\":\"2026-01-02T03:04:06Z\",\"msg\":\"token response\",\"access_token\":\"{ACCESS}\"}}\n\
             2026-01-02T03:04:07Z DEBUG refresh_token={REFRESH}\n"
        );
        place.write("tokens.log", &tokens);
        place.write("password.log", &format!("2026-01-02T03:04:06Z DEBUG password=\"{PASSWORD}\"\n"));
        place.write("quiet.log", "2026-01-02T03:04:06Z INFO listening on 8080\n");
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        fs::write(self.at(name), text).unwrap();
    }

    fn run(&self, arguments: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
        command.args(arguments.split(' ')).current_dir(self.0.path()).env_remove("CLICOLOR_FORCE").output().unwrap()
    }

    /// The exit code, and everything that was said.
    fn code(&self, arguments: &str) -> (i32, String) {
        let output = self.run(arguments);
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        for secret in [ACCESS, REFRESH, PASSWORD] {
            assert!(!said.contains(secret), "{arguments} shows a secret");
        }
        (output.status.code().unwrap(), said)
    }

    fn json(&self, arguments: &str) -> Value {
        serde_json::from_slice(&self.run(arguments).stdout).unwrap()
    }
}

#[test]
fn nothing_that_was_not_read_is_clean() {
    let place = Place::new();
    let mut cut = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    cut.extend([0x4b, 0x4c]);
    fs::write(place.at("cut.gz"), cut).unwrap();
    place.write("logo.png", "\u{89}PNG");
    fs::write(place.at("logo.png"), b"\x89PNG\r\n\x1a\n\0\0").unwrap();
    fs::write(place.at("tool.bin"), b"\x7fELF\x02\x01\x01\0\0").unwrap();
    for (line, code, part) in [
        ("leaks quiet.log", 0, "No leaks in 1 line"),
        ("leaks quiet.log missing.log", 2, "missing.log"),
        ("leaks quiet.log cut.gz", 2, "ends early"),
        ("leaks missing-*.log", 2, "no file matches"),
        ("leaks --allow-incomplete quiet.log missing.log cut.gz", 0, "missing.log"),
        ("leaks --allow-incomplete tokens.log missing.log", 1, "missing.log"),
        ("leaks quiet.log logo.png tool.bin", 0, "2 files are no text logs and were skipped"),
        ("leaks quiet.log logo.png", 0, "logo.png"),
    ] {
        let (exit, said) = place.code(line);
        assert_eq!(exit, code, "{line}: {said}");
        assert!(said.split_whitespace().collect::<Vec<_>>().join(" ").contains(part), "{line}: {said}");
    }
}

#[test]
fn bytes_behind_a_compressed_stream_are_not_passed_over() {
    let place = Place::new();
    // An empty gzip member, and then what is none.
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend(b"refresh_token=");
    fs::write(place.at("tail.gz"), bytes).unwrap();
    assert_eq!(place.code("leaks tail.gz").0, 2);
    assert_eq!(place.code("scan tail.gz").0, 0);
}

#[test]
fn what_fails_the_run_can_be_chosen() {
    let place = Place::new();
    for (line, code) in [
        ("leaks .", 1),
        ("leaks --only api_key .", 0),
        ("leaks --only password --only api_key .", 1),
        ("leaks --only password tokens.log", 0),
        ("leaks --max-leaks 3 .", 0),
        ("leaks --max-leaks 2 .", 1),
        ("leaks --max-leaks 2 --only access_token .", 0),
        ("leaks --fail-on critical password.log", 0),
        ("leaks --min-confidence proven .", 0),
        ("leaks --since 2026-01-03 tokens.log", 0),
    ] {
        let (exit, said) = place.code(line);
        assert_eq!(exit, code, "{line}: {said}");
    }
    let said = place.code("leaks --only tokens .");
    assert!(said.0 == 2 && said.1.contains("possible values: access_token, refresh_token"), "{}", said.1);
}

/// A leak without a time cannot be placed before --since, so it is not passed over.
#[test]
fn a_leak_without_a_time_is_not_selected_away() {
    let place = Place::new();
    place.write("bare.log", &format!("refresh_token={REFRESH}\n"));
    assert_eq!(place.code("leaks --since 2026-01-03 bare.log").0, 1);
}

#[test]
fn a_baseline_covers_what_is_known_wherever_it_moves() {
    let place = Place::new();
    let (code, said) = place.code("leaks --write-baseline known.json .");
    assert_eq!(code, 0, "{said}");
    let text = fs::read_to_string(place.at("known.json")).unwrap();
    let digests: Vec<String> = place.json("leaks -f json .")["leaks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|leak| leak["digest"].to_string())
        .collect();
    for secret in [ACCESS, REFRESH, PASSWORD].map(str::to_owned).iter().chain(&digests) {
        assert!(!text.contains(secret.trim_matches('"')), "{text}");
    }
    assert_eq!(place.code("leaks --baseline known.json .").0, 0);

    // Shifted lines, another name, another carrier; and one that is new.
    let moved = format!("a new first line\n{}", fs::read_to_string(place.at("tokens.log")).unwrap());
    fs::remove_file(place.at("tokens.log")).unwrap();
    place.write("tokens.log.1", &moved);
    place.write("query.log", &format!("GET /cb?access_token={ACCESS}&x=1 HTTP/1.1\n"));
    let (code, said) = place.code("leaks --baseline known.json .");
    assert_eq!(code, 0, "{said}");
    place.write("new.log", "refresh_token=Bq8wE2rT6yU0iO4pA9sD3fG7hJ1kL5zXcVnMbQwErT_3\n");
    let report = place.json("leaks -f json --baseline known.json .");
    assert_eq!(report["leaks"].as_array().unwrap().len(), 1);
    assert_eq!(report["leaks"][0]["path"], "./new.log");
    assert_eq!(report["summary"]["leaks"]["refresh_token"], 1);

    // Renewed with its own key: what is known stays as it was.
    assert_eq!(place.code("leaks --baseline known.json --write-baseline known.json .").0, 0);
    let renewed = fs::read_to_string(place.at("known.json")).unwrap();
    assert!(text.lines().filter(|line| line.contains("digest")).all(|line| renewed.contains(line)), "{renewed}");
    assert_eq!(place.code("leaks --baseline known.json .").0, 0);
    assert_eq!(
        fs::read_dir(place.0.path())
            .unwrap()
            .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.') })
            .count(),
        0
    );
}

#[test]
fn another_password_in_the_same_place_is_new() {
    let place = Place::new();
    assert_eq!(place.code("leaks --write-baseline known.json password.log").0, 0);
    let text = fs::read_to_string(place.at("known.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    // Twelve bits of a digest: what is too little to guess by is enough to see a change.
    assert_eq!(file["leaks"][0]["digest"].as_str().unwrap().len(), 3, "{text}");
    assert_eq!(place.code("leaks --baseline known.json password.log").0, 0);
    let other = ["Xk7#pLm2", "Vv9!aaB3", "Qq1?zzK8"].map(|password| {
        place.write("password.log", &format!("DEBUG password=\"{password}\"\n"));
        place.code("leaks --baseline known.json password.log").0
    });
    // One of 4096 falls together, so that three cannot.
    assert!(other.contains(&1), "{other:?}");
}

#[test]
fn baselines_that_are_none_are_refused_before_the_work() {
    let place = Place::new();
    place.write("notes.json", "{\"mine\": 1}\n");
    for (line, part) in [
        ("leaks --baseline missing.json .", "--write-baseline writes one"),
        ("leaks --baseline notes.json .", "notes.json:1: this is no baseline"),
        ("leaks --write-baseline notes.json .", "overwrites nothing but a baseline"),
        ("leaks --write-baseline no/such/folder/b.json .", "cannot write no/such/folder/b.json"),
    ] {
        let (code, said) = place.code(line);
        assert_eq!(code, 2, "{line}");
        assert!(said.contains(part), "{line}: {said}");
    }
    assert_eq!(fs::read_to_string(place.at("notes.json")).unwrap(), "{\"mine\": 1}\n");
}

#[test]
fn allow_rules_cover_what_they_name_and_say_so() {
    let place = Place::new();
    let allow = |rules: &str| place.write("allow.toml", rules);
    allow("[[allow]]\npath = \"password.log\"\nreason = \"a mock\"\n");
    let (code, said) = place.code("leaks --config allow.toml password.log");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("allowed by allow.toml:1: a mock"), "{said}");
    assert_eq!(place.code("leaks --config allow.toml .").0, 1);

    // The same value in a place that no rule names is a leak there.
    place.write("copy.log", &fs::read_to_string(place.at("password.log")).unwrap());
    let report = place.json("leaks -f json --config allow.toml --only password .");
    assert_eq!((&report["leaks"][0]["path"], &report["leaks"][0]["occurrences"]), (&"./copy.log".into(), &1.into()));

    allow("[[allow]]\nfield = \"password\"\nreason = \"old\"\nexpires = 2026-01-01\n");
    let (code, said) = place.code("leaks --config allow.toml password.log");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        code == 1 && said.contains("allow.toml:1 allowed this until 2026-01-01 (old), and no longer does"),
        "{said}"
    );

    let digest = &place.json("leaks -f json --only refresh_token .")["leaks"][0]["digest"];
    allow(&format!("[[allow]]\nrule = \"refresh_token\"\ndigest = {digest}\nreason = \"revoked\"\n"));
    assert_eq!(place.code("leaks --config allow.toml --only refresh_token .").0, 0);

    for (rules, part) in [
        ("[[allow]]\npath = \"a\"\n", "allow.toml:1: an allow rule needs a `reason`"),
        (
            "\n[[allow]]\nreason = \"x\"\nrule = \"oauth-refrsh-token\"\n",
            "allow.toml:2: unknown rule 'oauth-refrsh-token': no rule",
        ),
    ] {
        allow(rules);
        let (code, said) = place.code("leaks --config allow.toml .");
        assert!(code == 2 && said.contains(part), "{said}");
    }
}

#[test]
fn a_line_is_explained_without_a_value_in_it() {
    let place = Place::new();
    let lines = format!(
        "INFO start\nDEBUG refresh_token={REFRESH} access_token=[REDACTED] password=\"{PASSWORD}\"\nINFO end\n"
    );
    place.write("it.log", &lines);
    let says = |arguments: &str, code: i32, parts: &[&str]| {
        let (exit, said) = place.code(arguments);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(exit, code, "{arguments}: {said}");
        for part in parts {
            assert!(said.contains(part), "{arguments}: {said}");
        }
    };
    says(
        "leaks --explain it.log:2",
        0,
        &[
            "column 21 leak oauth-refresh-token (refresh_token) a leak of the kind refresh_token, critical, likely",
            "column 65 no leak oauth-access-token (access_token) a placeholder stands in the place of the value",
        ],
    );
    says("leaks --explain it.log:2:21", 0, &["column 21 leak"]);
    says("leaks --explain it.log:1", 0, &["no rule sees anything in this line"]);
    says("leaks --explain it.log:4", 2, &["it.log has 3 lines"]);
    says("leaks --explain missing.log:4", 2, &["missing.log: there is no such file"]);
    says("leaks --explain it.log", 2, &["PATH:LINE"]);
    says("leaks --explain -:1", 2, &["save it to a file"]);
    says("leaks --explain it.log:2 --only password", 0, &["left out oauth-refresh-token", "--only leaves out"]);
    says("leaks --explain it.log:2 --min-confidence proven", 0, &["--rule or --min-confidence leaves it out"]);
    place.write("allow.toml", "[[allow]]\nfield = \"refresh_token\"\nreason = \"a mock\"\n");
    says("leaks --explain it.log:2 --config allow.toml", 0, &["column 21 left out", "allowed by allow.toml:1: a mock"]);
    place.code("leaks --write-baseline known.json it.log");
    says("leaks --explain it.log:2 --baseline known.json", 0, &["column 21 left out", "the baseline knows the value"]);

    // The lines of a packed file are counted in its text, and a document is a line's content wherever it begins.
    let packed = std::io::BufReader::new(lines.as_bytes());
    let mut packed = flate2::bufread::GzEncoder::new(packed, flate2::Compression::fast());
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut packed, &mut bytes).unwrap();
    fs::write(place.at("it.log.gz"), bytes).unwrap();
    says("leaks --explain it.log.gz:2", 0, &["column 21 leak oauth-refresh-token"]);
    place.write("it.json", &format!("[\n  {{\"a\": 1}},\n  {{\"refresh_token\": \"{REFRESH}\"}}\n]\n"));
    says("leaks --explain it.json:3", 0, &["column 22 leak oauth-refresh-token"]);
}

#[test]
fn archives_are_read_like_folders_or_make_the_run_incomplete() {
    let place = Place::new();
    let zip = |name: &str, members: &[(&str, &str)]| {
        let mut writer = zip::ZipWriter::new(fs::File::create(place.at(name)).unwrap());
        for (name, text) in members {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut writer, text.as_bytes()).unwrap();
        }
        writer.finish().unwrap();
    };
    zip("run.zip", &[("in/a.log", "INFO start\n"), ("in/b.log", &format!("INFO x\nDEBUG refresh_token={REFRESH}\n"))]);
    zip("quiet.zip", &[("in/a.log", "INFO start\n"), ("logo.png", "\u{89}PNG")]);
    let report = place.json("leaks -f json run.zip");
    assert_eq!(report["leaks"][0]["path"], "run.zip!in/b.log");
    assert_eq!((&report["leaks"][0]["line"], &report["leaks"][0]["column"]), (&2.into(), &21.into()));
    assert_eq!(report["inputs"][0]["path"], "run.zip!in/a.log");
    assert_eq!(place.code("leaks run.zip").0, 1);
    assert_eq!(place.code("leaks quiet.zip").0, 0);
    let (code, said) = place.code("leaks --explain run.zip!in/b.log:2");
    assert!(code == 0 && said.contains("leak") && said.contains("oauth-refresh-token"), "{said}");
    place.write("allow.toml", "[[allow]]\npath = \"run.zip\"\nreason = \"a mock\"\n");
    assert_eq!(place.code("leaks --config allow.toml run.zip").0, 0);

    // Three members that claim four gigabytes each: nothing of it is read, and the run does not pass.
    zip("bomb.zip", &[("a.log", "a"), ("b.log", "b"), ("c.log", "c")]);
    let mut bytes = fs::read(place.at("bomb.zip")).unwrap();
    for at in 0..bytes.len() - 30 {
        let size = match &bytes[at..at + 4] {
            b"PK\x01\x02" => at + 24,
            b"PK\x03\x04" => at + 22,
            _ => continue,
        };
        bytes[size..size + 4].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
    }
    fs::write(place.at("bomb.zip"), bytes).unwrap();
    fs::write(place.at("cut.zip"), &fs::read(place.at("run.zip")).unwrap()[..60]).unwrap();
    fs::write(place.at("logs.7z"), b"7z\xbc\xaf\x27\x1c\0\x04").unwrap();
    for (line, code, part) in [
        ("leaks bomb.zip quiet.log", 2, "unpacks to more than"),
        ("leaks --allow-incomplete bomb.zip quiet.log", 0, "unpacks to more than"),
        ("leaks cut.zip quiet.log", 2, "cut.zip"),
        ("leaks logs.7z quiet.log", 2, "a 7z archive"),
        ("scan logs.7z quiet.log", 0, "a 7z archive"),
        ("redact --in-place cut.zip", 2, "cut.zip"),
    ] {
        let (exit, said) = place.code(line);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(exit == code && said.contains(part), "{line}: {exit} {said}");
    }
}

/// A catalogue of invented rules with the features that such files use.
const CATALOGUE: &str = r#"title = "acme"
[extend]
useDefault = true
[[allowlists]]
paths = ['(^|/)fixtures/']
[[rules]]
id = "acme-key"
description = "Acme key"
regex = '''(?i)[\w.-]{0,50}?acme(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|:)[\x60'"\s=]{0,5}([a-z0-9]{24})(?:[\x60'"\s;]|\\[nr]|$)'''
entropy = 3.2
keywords = ["Acme"]
[[rules.allowlists]]
stopwords = ["dummy"]
[[rules]]
id = "acme-certificate"
path = '''\.p12$'''
"#;

#[test]
fn rules_of_gitleaks_are_taken_as_they_are() {
    const KEY: &str = "k3j9x0q7w2m5z8v1b4n6c0r2";
    let place = Place::new();
    place.write("acme.toml", CATALOGUE);
    place.write("a.log", &format!("INFO boot\nDEBUG my.ACME-key = '{KEY}' done\n"));
    place.write("fixtures/b.log", &format!("acme: {KEY}\n"));
    place.write("none.log", "acme: dummy9x0q7w2m5z8v1b4n6c0\nacme: aaaaaaaaaaaaaaaaaaaaaaaa\nan acme that is idle\n");
    assert_eq!(place.code("leaks a.log").0, 0, "no rule of this program knows it");
    let report = place.json("leaks -f json --rules acme.toml a.log fixtures none.log");
    let leaks = report["leaks"].as_array().unwrap();
    assert_eq!(leaks.len(), 1, "{leaks:?}");
    let place_of = |key: &str| leaks[0][key].to_string();
    assert_eq!(["rule", "kind", "path"].map(place_of), ["\"acme-key\"", "\"api_key\"", "\"a.log\""]);
    assert_eq!(["line", "column", "occurrences"].map(place_of), ["2", "22", "1"]);
    let notices = report["notices"].to_string();
    for part in ["useDefault", "rule `acme-certificate` is left out"] {
        assert!(notices.contains(part), "{part}: {notices}");
    }
    assert_eq!(place.code("leaks --rules acme.toml --rule acme-key a.log").0, 1);
    assert_eq!(place.code("leaks --rules acme.toml --fail-on acme-key a.log").0, 1);
    let explained = |line: &str, part: &str| {
        let said = place.code(line).1.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(part) && !said.contains(KEY), "{line}: {said}");
    };
    explained("leaks --rules acme.toml --explain a.log:2", "column 22 leak acme-key");
    explained(
        "leaks --rules acme.toml --explain none.log:1",
        "no leak acme-key an allowlist of the rule's file allows it",
    );
    explained("leaks --rules acme.toml --explain none.log:2", "entropy of 0.0 bits a byte, and the rule asks for 3.2");
    explained("leaks --rules acme.toml --explain none.log:3", "does not have the form that the rule asks for");
    explained(
        "leaks --rules acme.toml --explain fixtures/b.log:1",
        "left out acme-key an allowlist of the rule's file",
    );

    assert_eq!(place.code("redact --in-place --rules acme.toml a.log").0, 0);
    let redacted = fs::read_to_string(place.at("a.log")).unwrap();
    assert!(redacted.contains("my.ACME-key = '‹api_key:") && !redacted.contains(KEY), "{redacted}");
    assert!(place.code("redact --in-place --rules acme.toml a.log").1.contains("0 values replaced"));
    assert_eq!(place.code("leaks --rules acme.toml a.log").0, 0);

    place.write("wrong.toml", &CATALOGUE.replace("[a-z0-9]{24})", "[a-z0-9]{24}"));
    let (code, said) = place.code("leaks --rules wrong.toml a.log");
    assert!(code == 2 && said.contains("wrong.toml:9: regex"), "{said}");
}

/// Runs with every format; text that acts on its target is in the paths and in the log.
fn hostile() -> Place {
    let place = Place::new();
    let name = "a [x](y) <b>&'\" % ::error:: =1+1 \u{202e}.log";
    place.write(name, &format!("DEBUG client_id=\"<script>[a](b)\" refresh_token={REFRESH}\n"));
    place.write("=cmd.log", &format!("DEBUG refresh_token={ACCESS}\n"));
    fs::write(place.at("cut.gz"), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b]).unwrap();
    place
}

fn sarif_schema() -> jsonschema::Validator {
    let text = include_str!("schemas/sarif-2.1.0.json");
    let mut schema: Value = serde_json::from_str(text).unwrap();
    // Not a pattern by the rules of ECMA-262 (a bracket too many), and of a property that is not written.
    for definition in ["run", "toolComponent"] {
        schema["definitions"][definition]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn sarif_is_valid_and_its_fingerprints_are_stable() {
    let schema = sarif_schema();
    let place = hostile();
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");
    for line in ["leaks -f sarif .", "scan -f sarif .", &format!("scan -f sarif {samples}"), "leaks -f sarif quiet.log"]
    {
        let log = place.json(line);
        let errors: Vec<String> =
            schema.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{line}: {errors:#?}");
    }
    let log = place.json("leaks -f sarif .");
    let run = &log["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.starts_with(['/', '.']) && !uri.contains([' ', '<', ':']), "{uri}");
        assert_eq!(rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()]["id"], result["ruleId"]);
    }
    assert!(rules.iter().all(|rule| !rule["help"]["text"].as_str().unwrap().is_empty()));
    let prints = |log: &Value| {
        let results = log["runs"][0]["results"].as_array().unwrap();
        let mut prints: Vec<String> = results.iter().map(|result| result["partialFingerprints"].to_string()).collect();
        prints.sort();
        prints.dedup();
        prints
    };
    let before = prints(&log);
    let shifted = format!("a new first line\n{}", fs::read_to_string(place.at("tokens.log")).unwrap());
    place.write("tokens.log", &shifted);
    assert_eq!(prints(&place.json("leaks -f sarif .")), before);
}

#[test]
fn junit_annotations_gitlab_and_rows_hold_against_hostile_text() {
    let place = hostile();
    let text = |line: &str| String::from_utf8(place.run(line).stdout).unwrap();
    let leaks = place.json("leaks -f json .")["leaks"].as_array().unwrap().len();

    let junit = text("leaks -f junit .");
    assert_eq!(junit.matches("<failure ").count(), leaks, "{junit}");
    assert_eq!(
        (junit.matches("<error ").count(), junit.matches("name=\"read whole\" time=\"0\"/>").count()),
        (1, 5),
        "{junit}"
    );
    assert!(junit.contains("&lt;b&gt;&amp;&apos;&quot;") && !junit.contains("<b>") && !junit.contains('\u{202e}'));
    assert_eq!(junit.matches('<').count(), junit.matches('>').count());

    let annotations = text("leaks -f github .");
    assert_eq!(annotations.lines().count(), leaks + 1);
    assert!(annotations.lines().all(|line| line.matches("::").count() == 2 && line.starts_with("::")), "{annotations}");

    let gitlab: Value = serde_json::from_str(&text("leaks -f gitlab .")).unwrap();
    assert_eq!(gitlab["scan"]["type"], "secret_detection");
    assert_eq!(gitlab["scan"]["status"], "failure");
    assert_eq!(gitlab["scan"]["start_time"].as_str().unwrap().len(), 19);
    for found in gitlab["vulnerabilities"].as_array().unwrap() {
        assert_eq!(found["id"].as_str().unwrap().len(), 36, "{found}");
        assert!(found["location"]["start_line"].is_u64() && found["identifiers"][0]["value"].is_string());
    }

    let rows = text("leaks -f jsonl .");
    let digests: Vec<Value> =
        rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["digest"].clone()).collect();
    assert!(digests.len() == leaks && digests.iter().all(Value::is_string));
    let table = text("leaks -f csv .");
    assert_eq!(table.lines().count(), leaks + 1);
    assert!(!table.contains('\u{202e}'));
    let line = text("leaks -f csv =cmd.log");
    assert!(line.lines().nth(1).unwrap().contains(",'=cmd.log,"), "{line}");
}

#[test]
fn files_take_the_format_of_their_name() {
    let place = Place::new();
    let line = "leaks -q -o r.sarif -o r.xml -o gl-secret-detection-report.json -o r.json -o r.jsonl -o r.csv .";
    assert_eq!(place.code(line).0, 1);
    let starts = |name: &str, start: &str| {
        let text = fs::read_to_string(place.at(name)).unwrap();
        assert!(text.starts_with(start), "{name}: {text}");
    };
    starts("r.sarif", "{\n  \"$schema\"");
    starts("r.xml", "<?xml");
    starts("gl-secret-detection-report.json", "{\n  \"scan\"");
    starts("r.json", "{\n  \"schema_version\"");
    starts("r.jsonl", "{\"id\"");
    starts("r.csv", "id,rule,kind");
}
