//! `tokscan rules check`: mistakes in rule files are told by path and line, all at once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A leak rule that holds, with its keys; the id stands on line 2.
const LEAK: &str = "\
[[rule]]
id = \"zigzag-key\"
title = \"A zigzag key\"
kind = \"api_key\"
severity = \"low\"
confidence = \"likely\"
keys = [\"zigzag_key\"]
examples = { match = ['{\"zigzag_key\":\"<<alnum:32>>\"}'], ignore = ['{\"zigzag_key\":\"none\"}'] }
";

/// An application's event, with a line that is one and a line that is none.
const EVENT: &str = "\
id = \"zigzag\"
title = \"The zigzag service\"

[[event]]
id = \"zigzag-failed\"
kind = \"refresh_failed\"
where = { event = [\"zigzag_refresh_lost\"] }

[[examples.match]]
line = '{\"time\":\"2026-01-02T03:04:05Z\",\"event\":\"zigzag_refresh_lost\",\"client_id\":\"c1\"}'
kind = \"refresh_failed\"

[examples]
ignore = ['{\"time\":\"2026-01-02T03:04:05Z\",\"event\":\"zigzag_started\"}']
";

/// A folder with rule files, given by path and text.
struct Pack(TempDir);

impl Pack {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    /// Checks the folder, given as it stands in its parent.
    fn check(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
        command.args(["rules", "check"]).args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    /// What a check of everything says on standard error; it must fail and say nothing else.
    fn errors(&self) -> Vec<String> {
        let output = self.check(&["."]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(output.stdout.is_empty());
        said.lines().map(str::to_owned).collect()
    }
}

/// Files, rules and examples that hold.
fn counts(output: &Output) -> [u64; 3] {
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty() && said.lines().count() == 1, "{said}");
    let numbers: Vec<u64> = said
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|word| !word.is_empty())
        .map(|word| word.parse().unwrap())
        .collect();
    numbers.try_into().unwrap()
}

#[test]
fn rules_that_hold_are_counted_on_one_line() {
    let pack = Pack::new(&[("leaks/zigzag.toml", LEAK), ("events/zigzag.toml", EVENT)]);
    let [files, rules, examples] = counts(&pack.check(&[]));
    assert!(files > 40 && rules > 100 && examples > 300, "{files} {rules} {examples}");
    for arguments in
        [&["."][..], &["--rules", "."], &["leaks/zigzag.toml", "events"], &["--rules", "events", "leaks/zigzag.toml"]]
    {
        let more = counts(&pack.check(arguments));
        assert_eq!(more, [files + 2, rules + 2, examples + 4], "{arguments:?}");
    }
}

#[test]
fn an_unknown_key_is_told_at_its_line() {
    let pack = Pack::new(&[("leaks/zigzag.toml", &LEAK.replace("keys =", "kees ="))]);
    let errors = pack.errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].starts_with("./leaks/zigzag.toml:7: ") && errors[0].contains("kees"), "{errors:?}");
}

#[test]
fn a_duplicate_id_is_told_at_the_second_place() {
    let pack = Pack::new(&[("leaks/zigzag.toml", &format!("{LEAK}\n{LEAK}"))]);
    let errors = pack.errors();
    assert!(errors[0].starts_with("./leaks/zigzag.toml:11: leak rule `zigzag-key` is defined twice"), "{errors:?}");

    let again = EVENT.replace("id = \"zigzag\"", "id = \"zagzig\"");
    let pack = Pack::new(&[("events/a.toml", EVENT), ("events/b.toml", &again)]);
    let errors = pack.errors();
    assert!(errors[0].starts_with("./events/b.toml:5: the id `zigzag-failed` is taken"), "{errors:?}");
}

#[test]
fn a_pattern_that_does_not_compile_is_told_at_its_line() {
    let leak = LEAK.replace("keys = [\"zigzag_key\"]", "pattern = 'zz_[a-z'\nliterals = ['zz_']");
    let event = EVENT.replace("where = { event = [\"zigzag_refresh_lost\"] }", "text = ['(lost']");
    let pack = Pack::new(&[("leaks/zigzag.toml", &leak), ("events/zigzag.toml", &event)]);
    let errors = pack.errors();
    let told = |head: &str| errors.iter().any(|error| error.starts_with(head));
    assert!(told("./leaks/zigzag.toml:7: pattern `zz_[a-z` cannot be compiled: "), "{errors:?}");
    assert!(told("./events/zigzag.toml:7: pattern "), "{errors:?}");
}

#[test]
fn an_example_that_does_not_hold_is_told_at_its_line() {
    let leak = LEAK.replace("<<alnum:32>>", "short");
    let event = EVENT.replace("zigzag_started", "zigzag_refresh_lost");
    let pack = Pack::new(&[("leaks/zigzag.toml", &leak), ("events/zigzag.toml", &event)]);
    let errors = pack.errors();
    let told = |head: &str| errors.iter().any(|error| error.starts_with(head));
    assert!(told("./leaks/zigzag.toml:2: leak rule `zigzag-key`: a `match` example is not reported"), "{errors:?}");
    assert!(told("./events/zigzag.toml:14: must be ignored, but is a refresh_failed event"), "{errors:?}");

    let event =
        EVENT.replace("kind = \"refresh_failed\"\n\n", "kind = \"refresh_failed\"\ncolumns.client = \"c2\"\n\n");
    let errors = Pack::new(&[("events/zigzag.toml", &event)]).errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].starts_with("./events/zigzag.toml:10: `client` must be \"c2\", but is \"c1\""), "{errors:?}");
}

#[test]
fn a_format_whose_example_does_not_match_is_told_at_its_line() {
    let format = "id = \"zigzag\"\ntitle = \"Zigzag lines\"\npattern = '^zz (?P<message>.*)$'\n\n\
                  [[examples.match]]\nline = 'yy token refresh failed'\ngroups = { message = 'token refresh failed' }\n\n\
                  [examples]\nignore = ['xx']\n";
    let errors = Pack::new(&[("formats/zigzag.toml", format)]).errors();
    assert_eq!(errors, ["./formats/zigzag.toml:6: the example that must match does not"]);
}

#[test]
fn a_rule_file_in_a_wrong_folder_is_told() {
    let pack = Pack::new(&[("leeks/zigzag.toml", LEAK), ("zigzag.toml", EVENT)]);
    let errors = pack.errors();
    assert_eq!(errors.len(), 2, "{errors:?}");
    for (error, path) in errors.iter().zip(["./leeks/zigzag.toml:1: ", "./zigzag.toml:1: "]) {
        assert!(error.starts_with(path) && error.contains("diagnoses, events, formats, leaks, providers"), "{error}");
    }
}

#[test]
fn a_path_that_is_not_there_is_told_and_the_others_are_checked() {
    let pack = Pack::new(&[("leaks/zigzag.toml", "[[rule]]\n")]);
    let output = pack.check(&["no-such", "elsewhere.toml"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.starts_with("no-such:1: cannot be read"), "{said}");
}

#[test]
fn a_provider_that_is_replaced_takes_its_examples_with_it() {
    let provider = "id = \"keycloak\"\ntitle = \"Our own\"\n\n[[examples.match]]\n\
                    line = '{\"time\":\"2026-01-02T03:04:05Z\",\"msg\":\"token refresh failed\",\"error\":\"invalid_grant\"}'\n\
                    kind = \"refresh_failed\"\n\n[examples]\nignore = ['nothing']\n";
    let pack = Pack::new(&[("providers/keycloak.toml", provider)]);
    let [_, _, before] = counts(&pack.check(&[]));
    let [_, _, after] = counts(&pack.check(&["."]));
    assert!(after < before, "{before} {after}");
}
