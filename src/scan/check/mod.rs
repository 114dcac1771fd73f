//! `tokscan rules check`: every rule's own examples through the real pipeline.
//!
//! What makes token events (providers, applications, the vocabulary, the keys of structured logs) is
//! held to single records, diagnoses to whole logs. Leak rules are held to their lines in `leak`, text
//! layouts in `rules`.

mod diagnoses;
mod events;

use chrono::NaiveDate;

use super::prefilter::Prefilter;
use super::rule_set::RuleSet;
use crate::format::{Clock, Day};
use crate::leak::check_examples;
use crate::model::Zone;
use crate::rules::{RuleError, RuleSource, prove_formats};

/// The zone and day that examples are read with.
const CLOCK: Clock = Clock {
    zone: Zone::UTC,
    day: match NaiveDate::from_ymd_opt(2026, 12, 31) {
        Some(day) => Some(Day::Last(day)),
        None => None,
    },
};

/// Runs all examples; returns what does not hold, by path and line.
pub(super) fn prove(rules: &RuleSet) -> Vec<RuleError> {
    let mut errors = events::prove(&rules.reader, &rules.extractor, &Prefilter::new(rules), &rules.proofs);
    errors.extend(diagnoses::prove(rules));
    errors.extend(check_examples(rules.leaks.rules()));
    errors.extend(prove_formats(&rules.layouts));
    errors
}

/// An error at the line where an example begins.
fn error_at(source: &RuleSource, example: &str, message: impl Into<String>) -> RuleError {
    source.error_at(anchor(source, example), message)
}

/// What finds an example in its file: all of it, because look-alikes begin alike; or its start
/// where the file writes it with escapes.
fn anchor<'e>(source: &RuleSource, example: &'e str) -> &'e str {
    if source.text.contains(example) {
        return example;
    }
    let first = example.lines().next().unwrap_or("");
    let mut end = first.len().min(60);
    while !first.is_char_boundary(end) {
        end -= 1;
    }
    &first[..end]
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::rules::{RuleError, RuleSource, embedded};
    use crate::scan::check_rules;

    fn built_in(path: &str) -> RuleSource {
        embedded().into_iter().find(|source| source.path.ends_with(path)).unwrap()
    }

    /// What a check says of a built-in rule file that was changed.
    fn changed(path: &str, from: &str, to: &str) -> Vec<RuleError> {
        let source = built_in(path);
        assert!(source.text.contains(from), "{path} has no {from:?}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, source.text.replacen(from, to, 1)).unwrap();
        let mut errors = check_rules(&[folder.path().to_path_buf()]).unwrap_err();
        for error in &mut errors {
            error.path = error.path.replace(&format!("{}/", folder.path().display()), "");
        }
        errors
    }

    /// The line of a built-in rule file on which a text first stands.
    fn line(path: &str, text: &str) -> usize {
        built_in(path).line_with(text)
    }

    #[test]
    fn every_built_in_example_holds() {
        let errors: Vec<String> = check_rules(&[]).err().iter().flatten().map(ToString::to_string).collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }

    #[test]
    fn a_log_that_does_not_show_its_diagnosis_is_told() {
        let (path, log) = ("diagnoses/refresh-race.toml", "2026-03-02T12:00:00.041Z WARN");
        let errors = changed(path, log, "2026-03-02T12:00:07.041Z WARN");
        assert_eq!(errors.len(), 1, "{errors:?}");
        // The example begins on the line before the one that was changed.
        assert_eq!((errors[0].path.as_str(), errors[0].line), (path, line(path, log) - 1));
        let message = "must give 1 of refresh-race, but gives: stale-token-read";
        assert_eq!(errors[0].message, message);
    }

    #[test]
    fn a_finding_with_other_numbers_is_told() {
        let path = "diagnoses/refresh-race.toml";
        for (from, to, message) in [
            ("failures = 1", "failures = 2", "`failures` must be 2, but is 1"),
            ("aftermath = 0", "aftermath = 3", "`aftermath` must be 3, but is 0"),
            ("\"likely\"", "\"proven\"", "`confidence` must be \"proven\", but is \"likely\""),
            ("\"self_resolved\"", "\"unresolved\"", "`outcome` must be \"unresolved\", but is \"self_resolved\""),
        ] {
            let errors = changed(path, from, to);
            assert_eq!(errors.len(), 1, "{errors:?}");
            let first = line(path, "log = '''") + 1;
            assert_eq!((errors[0].line, errors[0].message.as_str()), (first, message));
        }
    }

    #[test]
    fn a_look_alike_that_is_no_longer_one_is_told_at_its_own_line() {
        let path = "diagnoses/refresh-race.toml";
        let log = "2026-03-02T12:00:07.300Z WARN";
        let errors = changed(path, log, "2026-03-02T12:00:00.030Z WARN");
        assert_eq!(errors.len(), 1, "{errors:?}");
        // Its first line is that of other examples too.
        assert_eq!((errors[0].path.as_str(), errors[0].line), (path, line(path, log) - 1));
        assert!(errors[0].message.starts_with("must not be refresh-race, but is: "), "{errors:?}");
    }

    #[test]
    fn examples_of_the_vocabulary_and_of_keys_are_run() {
        for (path, from, to) in [
            ("events/vocabulary.toml", "client = \"app-7\"", "client = \"app-8\""),
            ("formats/keys.toml", "time = \"null\"", "time = \"2026-03-02T12:00:09Z\""),
        ] {
            let errors = changed(path, from, to);
            assert_eq!(errors.len(), 1, "{errors:?}");
            // The line of the record stands two above its columns.
            assert_eq!((errors[0].path.as_str(), errors[0].line), (path, line(path, from) - 2));
        }
    }

    #[test]
    fn a_file_without_look_alikes_is_told() {
        for path in ["events/vocabulary.toml", "formats/keys.toml", "diagnoses/refresh-race.toml"] {
            let text = built_in(path).text;
            let tail = text.find("\n[examples]\n").unwrap();
            let errors = changed(path, &text[tail..], "");
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert_eq!((errors[0].path.as_str(), errors[0].line), (path, 1));
            assert!(errors[0].message.contains("needs examples"), "{errors:?}");
        }
    }
}
