//! From files to rules: what one file changes of another, and what is not honoured.

use std::collections::BTreeMap;

use regex::bytes::Regex;
use toml::{Table, Value};

use super::raw::{Entry, File, RawAllow, lowered};
use super::syntax::{compile, translated};
use super::{Allowlist, ForeignRules, Search, Target, is_gitleaks};
use crate::model::{Confidence, LeakKind, Notice, Severity, Trouble};
use crate::rules::leak::{Demand, Detect, LeakExamples, LeakRule};
use crate::rules::needed;
use crate::rules::source::{RuleError, RuleSource};

/// Keys that say nothing of what a leak is.
const SILENT: [&str; 5] = ["title", "description", "minversion", "tags", "tokenefficiency"];

/// Loads all such files together: a rule may be changed or disabled by a file that extends another.
pub fn load_gitleaks(sources: &[RuleSource]) -> Result<ForeignRules, Vec<RuleError>> {
    let mut loading = Loading::default();
    for source in sources.iter().filter(|source| is_gitleaks(source)) {
        loading.file(source);
    }
    loading.finish()
}

/// A rule, the file that it is from, and the allowlists of other places that aim at it.
struct Placed<'s> {
    source: &'s RuleSource,
    entry: Entry,
    allow: Vec<Allowlist>,
}

#[derive(Default)]
struct Loading<'s> {
    rules: Vec<Placed<'s>>,
    global: Vec<Allowlist>,
    targeted: Vec<(String, Allowlist)>,
    disabled: Vec<String>,
    notices: Vec<Notice>,
    errors: Vec<RuleError>,
}

impl<'s> Loading<'s> {
    fn file(&mut self, source: &'s RuleSource) {
        let table = source.text.parse::<Table>().unwrap_or_default();
        let file: File = match Value::Table(lowered(table)).try_into() {
            Ok(file) => file,
            Err(error) => {
                let message = format!("this is no rule file of gitleaks: {}", error.message());
                return self.errors.push(RuleError { path: source.path.clone(), line: 1, message });
            }
        };
        self.others(source, "the file", &file.others);
        if file.extend.usedefault {
            self.say(
                source,
                "`useDefault`: the rules of gitleaks are not built in; name their file with --rules, too".into(),
            );
        }
        for from in file.extend.path.iter().chain(&file.extend.url) {
            self.say(source, format!("`extend` from {from}: name that file with --rules, too"));
        }
        self.disabled.extend(file.extend.disabledrules);
        for raw in file.allowlist.into_iter().chain(file.allowlists) {
            let targets = raw.targetrules.clone();
            let Some(allow) = self.allowlist(source, "", raw) else { continue };
            if targets.is_empty() {
                self.global.push(allow);
            } else {
                self.targeted.extend(targets.into_iter().map(|target| (target, allow.clone())));
            }
        }
        for entry in file.rules {
            self.entry(source, entry);
        }
    }

    /// Takes a rule in; one that is there already is changed by what this one says.
    fn entry(&mut self, source: &'s RuleSource, mut entry: Entry) {
        self.others(source, &format!("rule `{}`", entry.id), &entry.others);
        let raw: Vec<RawAllow> =
            entry.allowlist.take().into_iter().chain(std::mem::take(&mut entry.allowlists)).collect();
        let allow: Vec<Allowlist> = raw.into_iter().filter_map(|raw| self.allowlist(source, &entry.id, raw)).collect();
        let Some(known) = self.rules.iter_mut().find(|placed| placed.entry.id == entry.id) else {
            return self.rules.push(Placed { source, entry, allow });
        };
        known.allow.extend(allow);
        let base = &mut known.entry;
        if !entry.description.is_empty() {
            base.description = entry.description;
        }
        if entry.regex.is_some() {
            (base.regex, known.source) = (entry.regex, source);
        }
        base.path = entry.path.or(base.path.take());
        base.secretgroup = if entry.secretgroup > 0 { entry.secretgroup } else { base.secretgroup };
        base.entropy = if entry.entropy > 0.0 { entry.entropy } else { base.entropy };
        base.keywords.extend(entry.keywords);
        base.required.extend(entry.required);
        base.skipreport |= entry.skipreport;
    }

    fn others(&mut self, source: &RuleSource, what: &str, others: &BTreeMap<String, Value>) {
        for key in others.keys().filter(|key| !SILENT.contains(&key.as_str())) {
            self.say(source, format!("{what}: `{key}` is not honoured"));
        }
    }

    fn say(&mut self, source: &RuleSource, message: String) {
        self.notices.push(Notice::new("rule-not-honoured", Some(&source.path), message, Trouble::Note));
    }

    fn wrong(&mut self, source: &RuleSource, at: &str, message: String) {
        self.errors.push(source.error_at(at, message));
    }

    fn allowlist(&mut self, source: &RuleSource, rule: &str, raw: RawAllow) -> Option<Allowlist> {
        self.others(source, "an allowlist", &raw.others);
        let condition = raw.condition.as_deref().unwrap_or_default();
        let all = match condition.to_ascii_lowercase().as_str() {
            "and" | "&&" => true,
            "" | "or" | "||" => false,
            _ => {
                self.wrong(
                    source,
                    condition,
                    format!("an allowlist has the `condition` `{condition}`: it is `AND` or `OR`"),
                );
                return None;
            }
        };
        let target = match raw.regextarget.as_deref().unwrap_or("secret") {
            "" | "secret" => Target::Secret,
            "match" => Target::Match,
            "line" => Target::Line,
            other => {
                self.wrong(
                    source,
                    other,
                    format!("an allowlist has the `regexTarget` `{other}`: it is `match` or `line`"),
                );
                return None;
            }
        };
        if all && !raw.paths.is_empty() && !(raw.regexes.is_empty() && raw.stopwords.is_empty()) {
            let of = if rule.is_empty() { String::new() } else { format!(" of rule `{rule}`") };
            self.say(
                source,
                format!("an allowlist{of} with paths and other criteria that must all hold allows nothing"),
            );
        }
        let mut compiled = |patterns: Vec<String>| -> Vec<Regex> {
            patterns.iter().filter_map(|pattern| self.regex(source, pattern)).collect()
        };
        let (paths, regexes) = (compiled(raw.paths), compiled(raw.regexes));
        let stopwords = raw.stopwords.iter().map(|word| word.to_ascii_lowercase()).collect();
        Some(Allowlist { all, paths, regexes, target, stopwords, commits: !raw.commits.is_empty() })
    }

    fn regex(&mut self, source: &RuleSource, pattern: &str) -> Option<Regex> {
        match compile(pattern) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let text = error.to_string();
                let reason = text.lines().last().unwrap_or("it does not parse").trim();
                self.wrong(source, pattern, format!("regex `{pattern}` cannot be compiled: {reason}"));
                None
            }
        }
    }

    fn finish(mut self) -> Result<ForeignRules, Vec<RuleError>> {
        let mut rules = Vec::new();
        for placed in std::mem::take(&mut self.rules) {
            if !placed.entry.skipreport && !self.disabled.contains(&placed.entry.id) {
                rules.extend(self.rule(placed));
            }
        }
        if self.errors.is_empty() { Ok(ForeignRules { rules, notices: self.notices }) } else { Err(self.errors) }
    }

    fn rule(&mut self, placed: Placed<'s>) -> Option<LeakRule> {
        let Placed { source, entry, mut allow } = placed;
        let left_out = |loading: &mut Self, why: &str| {
            loading.say(source, format!("rule `{}` is left out: {why}", entry.id));
            None
        };
        let Some(text) = entry.regex.as_deref().filter(|text| !text.is_empty()) else {
            return left_out(self, "it has no regex, and a file name is no leak in a log");
        };
        if entry.path.as_deref().is_some_and(|path| !path.is_empty()) {
            return left_out(self, "it is for files of certain names alone");
        }
        if !entry.required.is_empty() {
            return left_out(self, "it asks for another rule's match beside it (`required`)");
        }
        let pattern = self.regex(source, text)?;
        if entry.secretgroup >= pattern.captures_len() {
            self.wrong(source, text, format!("rule `{}`: its regex has no group {}", entry.id, entry.secretgroup));
            return None;
        }
        let keywords = keywords(&entry, text);
        if keywords.is_empty() {
            return left_out(self, "it has no keyword, and its regex no text to search for; give it `keywords`");
        }
        let targeted = self.targeted.iter().filter(|(target, _)| *target == entry.id);
        allow.extend(targeted.map(|(_, allow)| allow.clone()));
        allow.extend(self.global.iter().cloned());
        let description = entry.description.trim().trim_end_matches('.');
        Some(LeakRule {
            title: if description.is_empty() { entry.id.clone() } else { description.to_owned() },
            kind: kind(&entry.id),
            severity: Severity::High,
            confidence: Confidence::Likely,
            detect: Detect::Search(Box::new(Search {
                pattern,
                keywords,
                group: entry.secretgroup,
                entropy: entry.entropy,
                generic: entry.id.starts_with("generic"),
                allow,
            })),
            demand: Demand { min_length: 1, min_entropy: 0.0, uuid: true, printable: true },
            literals: Vec::new(),
            references: Vec::new(),
            examples: LeakExamples::default(),
            path: source.path.clone(),
            line: source.line_with(&entry.id),
            id: entry.id,
        })
    }
}

/// The keywords of a rule, or else those that its expression cannot do without.
fn keywords(entry: &Entry, pattern: &str) -> Vec<String> {
    let given = entry.keywords.iter().map(|word| word.to_ascii_lowercase());
    let mut words: Vec<String> = given.filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        let sets = needed::needed(&translated(pattern));
        words =
            needed::best(&sets).map(|(_, set)| set.iter().map(needed::Literal::lower).collect()).unwrap_or_default();
    }
    words.sort();
    words.dedup();
    words
}

/// What a rule's name says that its secrets are; an API key, where it says nothing.
fn kind(id: &str) -> LeakKind {
    let id = id.to_ascii_lowercase().replace('_', "-");
    let kinds = [
        ("private-key", LeakKind::PrivateKey),
        ("refresh-token", LeakKind::RefreshToken),
        ("id-token", LeakKind::IdToken),
        ("client-secret", LeakKind::ClientSecret),
        ("access-token", LeakKind::AccessToken),
        ("oauth", LeakKind::AccessToken),
        ("jwt", LeakKind::Jwt),
        ("password", LeakKind::Password),
        ("session", LeakKind::SessionCookie),
    ];
    kinds.into_iter().find(|(word, _)| id.contains(word)).map_or(LeakKind::ApiKey, |(_, kind)| kind)
}
