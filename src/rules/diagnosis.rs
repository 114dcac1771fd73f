//! Diagnoses as data: names, words, fixes and thresholds of every cause and behaviour. The state
//! machines that find them are in `diagnose`; what they say to the user is here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::{RuleError, RuleSource, parse};
use crate::model::{Confidence, FindingClass, Outcome, Severity, Topology};

/// One cause or behaviour: `rules/diagnoses/<id>.toml`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct DiagnosisRule {
    /// Its name everywhere: reports, SARIF, `tokscan explain`.
    pub id: String,
    /// Causes own failures; behaviours may refer to them.
    pub class: FindingClass,
    /// How grave a finding is.
    pub severity: Severity,
    /// Title of a finding: `{failures} {failures|refresh|refreshes} lost a race`.
    pub title: String,
    /// What happened, in one or two sentences.
    pub summary: String,
    /// What the timeline must show.
    pub detects: String,
    /// What it is told apart from, and by what.
    pub differs: String,
    /// Why it matters.
    pub why: String,
    /// What to do, best first.
    pub fix: Vec<String>,
    /// The fix as a few lines of pseudo-code.
    #[serde(default)]
    pub pseudo_code: Option<String>,
    /// The layer that would have prevented it, by how far apart the racers were; comes before `fix`.
    #[serde(default)]
    pub fix_first: FixFirst,
    /// Where to read on.
    #[serde(default)]
    pub references: Vec<String>,
    /// Numbers that the detection uses.
    #[serde(default)]
    pub thresholds: BTreeMap<String, f64>,
    /// Server texts (lower case) that the detection looks for.
    #[serde(default)]
    pub texts: Vec<String>,
    /// Logs that show it and logs that only look like it.
    #[serde(default)]
    pub examples: DiagnosisExamples,
}

/// The proof of a diagnosis, run through the whole pipeline by `tokscan rules check`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct DiagnosisExamples {
    /// Logs with a finding of this name; `tokscan explain` shows the first.
    #[serde(default, rename = "match")]
    pub matches: Vec<DiagnosisExample>,
    /// Look-alikes: logs with no finding of this name.
    #[serde(default)]
    pub ignore: Vec<String>,
}

impl DiagnosisExamples {
    /// Logs of both kinds.
    pub fn count(&self) -> usize {
        self.matches.len() + self.ignore.len()
    }
}

/// A log, and what its finding must say where a value is given.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct DiagnosisExample {
    /// Lines as logs have them; the text is read as one file.
    pub log: String,
    /// How many findings of this name: one, unless several principals show it. The values hold for each.
    #[serde(default = "one")]
    pub findings: usize,
    /// Failures that the finding owns (of a behaviour: refers to).
    pub failures: Option<u64>,
    /// Later failures that the same incident explains.
    pub aftermath: Option<u64>,
    /// How sure the finding is.
    pub confidence: Option<Confidence>,
    /// How the incident ended.
    pub outcome: Option<Outcome>,
}

fn one() -> usize {
    1
}

/// Fixes by topology.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct FixFirst {
    /// For threads or tasks of one process.
    pub same_process: Option<String>,
    /// For processes of one host.
    pub same_host: Option<String>,
    /// For different hosts.
    pub several_hosts: Option<String>,
    /// Where the logs do not say.
    pub unknown: Option<String>,
}

impl FixFirst {
    /// The fix for a topology.
    pub fn of(&self, topology: Topology) -> Option<&str> {
        match topology {
            Topology::SameProcess => self.same_process.as_deref(),
            Topology::SameHost => self.same_host.as_deref(),
            Topology::SeveralHosts => self.several_hosts.as_deref(),
            Topology::Unknown => self.unknown.as_deref(),
        }
    }
}

/// The names that a title may use.
pub const TITLE_NAMES: [&str; 13] = [
    "failures",
    "aftermath",
    "all",
    "successes",
    "principals",
    "sign_ins",
    "clusters",
    "attempts",
    "rate",
    "span",
    "error",
    "subject",
    "client",
];

impl DiagnosisRule {
    /// The title with its values: `{name}` is a value, `{name|one|many}` a word by number.
    pub fn title_with(&self, value: &dyn Fn(&str) -> String) -> String {
        let mut out = String::with_capacity(self.title.len() + 16);
        for piece in pieces(&self.title) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(name) => out.push_str(&value(name)),
                Piece::Word { name, one, many } => out.push_str(if value(name) == "1" { one } else { many }),
            }
        }
        out
    }
}

/// A part of a title template.
enum Piece<'a> {
    Text(&'a str),
    Value(&'a str),
    Word { name: &'a str, one: &'a str, many: &'a str },
}

fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let open = rest.find('{').unwrap_or(rest.len());
        let close = rest.find('}');
        if let (0, Some(close)) = (open, close) {
            let inner = &rest[1..close];
            rest = &rest[close + 1..];
            let mut parts = inner.splitn(3, '|');
            return Some(match (parts.next(), parts.next(), parts.next()) {
                (Some(name), Some(one), Some(many)) => Piece::Word { name, one, many },
                _ => Piece::Value(inner),
            });
        }
        let end = if open == 0 { rest.len() } else { open };
        let (text, tail) = rest.split_at(end);
        rest = tail;
        Some(Piece::Text(text))
    })
}

/// All diagnoses by id.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    rules: BTreeMap<String, DiagnosisRule>,
    /// The files that the rules are from, by id.
    sources: BTreeMap<String, RuleSource>,
}

impl Catalogue {
    /// A diagnosis by its name.
    pub fn get(&self, id: &str) -> Option<&DiagnosisRule> {
        self.rules.get(id)
    }

    /// All diagnoses, by name.
    pub fn iter(&self) -> impl Iterator<Item = &DiagnosisRule> {
        self.rules.values()
    }

    /// All diagnoses with their files, by name: where to point when an example does not hold.
    pub fn with_sources(&self) -> impl Iterator<Item = (&DiagnosisRule, &RuleSource)> {
        self.rules.values().filter_map(|rule| Some((rule, self.sources.get(&rule.id)?)))
    }

    /// Puts numbers in the place of thresholds: (diagnosis, name, number). A name that no diagnosis has
    /// changes nothing.
    pub fn adjust(&mut self, thresholds: &[(String, String, f64)]) {
        for (id, name, number) in thresholds {
            if let Some(threshold) = self.rules.get_mut(id).and_then(|rule| rule.thresholds.get_mut(name)) {
                *threshold = *number;
            }
        }
    }

    /// A threshold of a diagnosis, or the value that the program was made with.
    pub fn threshold(&self, id: &str, name: &str, default: f64) -> f64 {
        self.get(id).and_then(|rule| rule.thresholds.get(name)).copied().unwrap_or(default)
    }
}

/// Reads the diagnoses among rule files. A user's file replaces the built-in one of the same id,
/// and inherits the thresholds and texts that it does not name.
pub fn load_diagnoses(sources: &[RuleSource]) -> Result<Catalogue, Vec<RuleError>> {
    let mut catalogue = Catalogue::default();
    let mut errors = Vec::new();
    for source in sources.iter().filter(|source| source.folder() == "diagnoses") {
        let rule: DiagnosisRule = match parse(source) {
            Ok(rule) => rule,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        errors.extend(check(source, &rule));
        let earlier = catalogue.sources.get(&rule.id);
        if let Some(earlier) = earlier
            && built_in(source) == built_in(earlier)
        {
            let message = format!("the diagnosis {} is defined in {} already; keep one of them", rule.id, earlier.path);
            errors.push(source.error_at("id", message));
            continue;
        }
        if earlier.is_some_and(|earlier| built_in(source) && !built_in(earlier)) {
            continue;
        }
        insert(&mut catalogue, rule, source);
    }
    if errors.is_empty() { Ok(catalogue) } else { Err(errors) }
}

fn insert(catalogue: &mut Catalogue, mut rule: DiagnosisRule, source: &RuleSource) {
    if let Some(earlier) = catalogue.rules.remove(&rule.id) {
        for (name, value) in earlier.thresholds {
            rule.thresholds.entry(name).or_insert(value);
        }
        if rule.texts.is_empty() {
            rule.texts = earlier.texts;
        }
    }
    catalogue.sources.insert(rule.id.clone(), source.clone());
    catalogue.rules.insert(rule.id.clone(), rule);
}

/// Embedded files borrow the program's own text; files that were read own theirs.
fn built_in(source: &RuleSource) -> bool {
    matches!(source.text, Cow::Borrowed(_))
}

fn check(source: &RuleSource, rule: &DiagnosisRule) -> Vec<RuleError> {
    let mut errors = Vec::new();
    if rule.id.is_empty() || !rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        errors.push(source.error_at("id", format!("{:?} is no id; use lower case letters and hyphens", rule.id)));
    }
    for piece in pieces(&rule.title) {
        let (Piece::Value(name) | Piece::Word { name, .. }) = piece else { continue };
        if !TITLE_NAMES.contains(&name) {
            let message = format!("the title cannot use {{{name}}}; use one of {}", TITLE_NAMES.join(", "));
            errors.push(source.error_at("title", message));
        }
    }
    if rule.fix.is_empty() {
        errors.push(source.error_at("fix", "a diagnosis needs at least one fix"));
    }
    if rule.examples.matches.is_empty() || rule.examples.ignore.is_empty() {
        let message =
            "a diagnosis needs examples: [[examples.match]] with a log, and examples.ignore with its look-alikes";
        errors.push(source.error_at("id", message));
    }
    for (name, value) in &rule.thresholds {
        if !value.is_finite() || *value < 0.0 {
            errors.push(source.error_at(name, format!("the threshold {name} must be a number from 0 up")));
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{Catalogue, load_diagnoses};
    use crate::rules::{RuleError, RuleSource, embedded};

    const RULE: &str = r#"id = "retry-storm"
class = "behaviour"
severity = "low"
title = "{attempts} {attempts|attempt|attempts}"
summary = "s"
detects = "d"
differs = "d"
why = "w"
fix = ["f"]
examples = { match = [{ log = "a storm" }], ignore = ["a breeze"] }
"#;

    fn load(texts: &[&str]) -> Result<Catalogue, Vec<RuleError>> {
        let mut sources = embedded();
        for (number, text) in texts.iter().enumerate() {
            let path = format!("mine/diagnoses/{number}.toml");
            sources.push(RuleSource { path, text: Cow::Owned((*text).into()) });
        }
        load_diagnoses(&sources)
    }

    #[test]
    fn the_built_in_diagnoses_load() {
        let catalogue = load(&[]).unwrap();
        assert!(catalogue.get("refresh-race").is_some());
    }

    #[test]
    fn a_users_file_replaces_the_built_in_one_and_keeps_its_thresholds() {
        let catalogue = load(&[RULE]).unwrap();
        let rule = catalogue.get("retry-storm").unwrap();
        assert_eq!(rule.title_with(&|_| "1".into()), "1 attempt");
        assert_eq!(rule.title_with(&|_| "7".into()), "7 attempts");
        assert!(!rule.thresholds.is_empty());
    }

    #[test]
    fn two_files_of_one_kind_with_one_id_are_told() {
        let errors = load(&[RULE, RULE]).unwrap_err();
        assert_eq!((errors[0].path.as_str(), errors[0].line), ("mine/diagnoses/1.toml", 1));
        assert!(errors[0].message.contains("mine/diagnoses/0.toml"));
    }

    #[test]
    fn a_title_with_an_unknown_name_is_told_with_its_line() {
        let errors = load(&[&RULE.replace("{attempts}", "{tries}")]).unwrap_err();
        assert_eq!(errors[0].line, 4);
        assert!(errors[0].message.contains("tries"));
    }

    #[test]
    fn a_diagnosis_without_both_kinds_of_examples_is_told() {
        for missing in [r#"match = [{ log = "a storm" }], "#, r#"ignore = ["a breeze"]"#] {
            let errors = load(&[&RULE.replace(missing, "")]).unwrap_err();
            assert_eq!((errors[0].path.as_str(), errors[0].line), ("mine/diagnoses/0.toml", 1));
            assert!(errors[0].message.contains("needs examples"), "{errors:?}");
        }
    }

    #[test]
    fn an_unknown_key_of_an_example_is_told_with_its_line() {
        let errors = load(&[&RULE.replace("{ log", "{ losers = 1, log")]).unwrap_err();
        assert_eq!(errors[0].line, 10);
        assert!(errors[0].message.contains("losers"), "{errors:?}");
    }
}
