//! The rules by name, as files: for commands that show rules and options that name one.
//!
//! Reads rule files as plain TOML, so that every kind of rule can be listed and explained,
//! whatever its schema is; that a file is right is checked by the layer that owns the schema.

use std::path::PathBuf;

use toml::{Table, Value};

use crate::rules::{RuleError, RuleSource, embedded, is_gitleaks, read_path};

/// Kinds of rules that findings and leaks are named after.
const REPORTED: [&str; 2] = ["diagnoses", "leaks"];
/// Kinds of rules that only help to read a log.
const READING: [&str; 3] = ["providers", "events", "formats"];

/// One rule.
pub(super) struct Entry {
    pub(super) id: String,
    /// The folder of its file: `diagnoses`, `leaks`, `providers`, …
    pub(super) kind: String,
    pub(super) table: Table,
    /// The whole file, which may hold other rules too.
    pub(super) source: RuleSource,
}

impl Entry {
    /// A text of the rule.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.table.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The numbers of a diagnosis that settings may replace.
    pub(super) fn thresholds(&self) -> Option<&Table> {
        self.table.get("thresholds").and_then(Value::as_table).filter(|_| self.kind == REPORTED[0])
    }

    /// One line that says what the rule is. A title may be a template; then the summary says it.
    pub(super) fn title(&self) -> &str {
        let title = ["title", "name"].iter().find_map(|key| self.text(key)).filter(|title| !title.contains('{'));
        let described = || ["summary", "description"].iter().find_map(|key| self.text(key));
        let sentence = title.or_else(described).unwrap_or("");
        let line = sentence.lines().next().unwrap_or("");
        line.split_once(". ").map_or(line, |(first, _)| first).trim_end_matches('.')
    }
}

/// All rules, sorted by kind and id; a user's rule replaces the built-in one of its name.
pub(super) struct Rulebook {
    entries: Vec<Entry>,
}

impl Rulebook {
    /// The built-in rules and those of `--rules`.
    pub(super) fn load(paths: &[PathBuf]) -> Result<Self, RuleError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut sources = embedded();
        for path in paths {
            sources.extend(read_path(path)?);
        }
        for source in sources {
            for entry in rules_of(&source) {
                entries.retain(|earlier| (&earlier.kind, &earlier.id) != (&entry.kind, &entry.id));
                entries.push(entry);
            }
        }
        entries.sort_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id)));
        Ok(Self { entries })
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A rule by name; a diagnosis or leak rule goes before one that only helps to read.
    pub(super) fn find(&self, id: &str) -> Result<&Entry, String> {
        let named = || self.entries.iter().filter(|entry| entry.id == id);
        named()
            .find(|entry| REPORTED.contains(&entry.kind.as_str()))
            .or_else(|| named().next())
            .ok_or_else(|| unknown(id, self.entries.iter().map(|entry| entry.id.as_str())))
    }

    /// Whether findings or leaks can have this name.
    pub(super) fn check_reported(&self, id: &str) -> Result<(), String> {
        let reported = || self.entries.iter().filter(|entry| !READING.contains(&entry.kind.as_str()));
        if reported().any(|entry| entry.id == id) {
            return Ok(());
        }
        Err(unknown(id, reported().map(|entry| entry.id.as_str())))
    }

    /// Whether a provider has this id.
    pub(super) fn check_provider(&self, id: &str) -> Result<(), String> {
        let providers = || self.entries.iter().filter(|entry| entry.kind == "providers").map(|entry| entry.id.as_str());
        if providers().any(|known| known == id) { Ok(()) } else { Err(unknown(id, providers())) }
    }

    /// Whether a diagnosis has a threshold of this name.
    pub(super) fn check_threshold(&self, id: &str, name: &str) -> Result<(), String> {
        let with_numbers = || self.entries.iter().filter_map(|entry| Some((entry.id.as_str(), entry.thresholds()?)));
        let Some((_, numbers)) = with_numbers().find(|(known, _)| *known == id) else {
            let hint = closest(id, with_numbers().map(|(known, _)| known));
            let hint = hint
                .map_or("`tokscan config show` names those that have".into(), |near| format!("did you mean '{near}'?"));
            return Err(format!("no rule '{id}' with thresholds; {hint}"));
        };
        if numbers.contains_key(name) {
            return Ok(());
        }
        let names: Vec<&str> = numbers.keys().map(String::as_str).collect();
        Err(format!("{id} has no threshold '{name}'; it has {}", names.join(", ")))
    }
}

/// `no rule 'x'; did you mean 'y'?`
fn unknown<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> String {
    match closest(id, known) {
        Some(near) => format!("no rule '{id}'; did you mean '{near}'?"),
        None => format!("no rule '{id}'; `tokscan rules list` names them"),
    }
}

/// The known name that was probably meant.
pub(super) fn closest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase().replace('_', "-");
    known
        .map(|name| (strsim::jaro_winkler(&word, name), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, name)| name)
}

/// The rules of a file: the file itself, and the tables of its lists that have an id. A file that
/// is no TOML has none; those who use it say what is wrong with it.
fn rules_of(source: &RuleSource) -> Vec<Entry> {
    let Ok(file) = source.text.parse::<Table>() else { return Vec::new() };
    let kind = if is_gitleaks(source) { "leaks" } else { source.folder() };
    let entry = |table: &Table| {
        let id = table.get("id")?.as_str()?.to_owned();
        Some(Entry { id, kind: kind.to_owned(), table: table.clone(), source: source.clone() })
    };
    let inner = file.values().filter_map(Value::as_array).flatten().filter_map(Value::as_table).filter_map(entry);
    entry(&file).into_iter().chain(inner).collect()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{RuleSource, closest, rules_of};

    #[test]
    fn a_file_may_hold_one_rule_or_several() {
        let text = "id = \"google\"\ntitle = \"Google\"\n[[rule]]\nid = \"google-refresh\"\nsummary = \"One. Two.\"\n";
        let source = RuleSource { path: "rules/leaks/google.toml".into(), text: Cow::Borrowed(text) };
        let entries = rules_of(&source);
        let ids: Vec<_> = entries.iter().map(|entry| (entry.kind.as_str(), entry.id.as_str(), entry.title())).collect();
        assert_eq!(ids, [("leaks", "google", "Google"), ("leaks", "google-refresh", "One")]);
    }

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let known = ["refresh-race", "refresh-race-revoked", "retry-storm"];
        assert_eq!(closest("refesh-race", known.into_iter()), Some("refresh-race"));
        assert_eq!(closest("Retry_Storm", known.into_iter()), Some("retry-storm"));
        assert_eq!(closest("xyzzy", known.into_iter()), None);
    }
}
