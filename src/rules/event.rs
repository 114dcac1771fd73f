//! `[[event]]` rules: which records are token events, and where their parts stand.
//!
//! They live in `rules/events/*.toml` (client libraries, applications) and in the provider files
//! (a server's own log export). Records that no rule names are judged by the vocabulary.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::needed::{Literal, Needles, OneOf, best, needed_by_any};
use super::{Pattern, RuleError, RuleSource, Vocabulary, parse};
use crate::model::{CauseClass, EventKind};

/// What a value of a record can be to a token event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are those of the events schema")]
pub enum FieldRole {
    Client,
    Subject,
    Grant,
    Request,
    /// The refresh token presented: a digest, masked form or id that the log itself has.
    Presented,
    /// The same of the refresh token issued.
    Issued,
    /// A refresh token's value or digest whose direction the record must tell.
    RefreshToken,
    Error,
    Description,
    SubCode,
    Status,
    Outcome,
    Event,
    GrantType,
    ExpiresIn,
    Duration,
    Address,
    Host,
    Process,
    Thread,
    Url,
    Issuer,
    Level,
    /// The part of a program that wrote the record.
    Logger,
}

impl FieldRole {
    /// All parts of an event.
    pub const ALL: [Self; 24] = [
        Self::Client,
        Self::Subject,
        Self::Grant,
        Self::Request,
        Self::Presented,
        Self::Issued,
        Self::RefreshToken,
        Self::Error,
        Self::Description,
        Self::SubCode,
        Self::Status,
        Self::Outcome,
        Self::Event,
        Self::GrantType,
        Self::ExpiresIn,
        Self::Duration,
        Self::Address,
        Self::Host,
        Self::Process,
        Self::Thread,
        Self::Url,
        Self::Issuer,
        Self::Level,
        Self::Logger,
    ];

    /// The name in rule files: `client`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Subject => "subject",
            Self::Grant => "grant",
            Self::Request => "request",
            Self::Presented => "presented",
            Self::Issued => "issued",
            Self::RefreshToken => "refresh_token",
            Self::Error => "error",
            Self::Description => "description",
            Self::SubCode => "sub_code",
            Self::Status => "status",
            Self::Outcome => "outcome",
            Self::Event => "event",
            Self::GrantType => "grant_type",
            Self::ExpiresIn => "expires_in",
            Self::Duration => "duration",
            Self::Address => "address",
            Self::Host => "host",
            Self::Process => "process",
            Self::Thread => "thread",
            Self::Url => "url",
            Self::Issuer => "issuer",
            Self::Level => "level",
            Self::Logger => "logger",
        }
    }

    /// The role of a name in rule files.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What an event rule says about a record that it matches.
#[derive(Clone, Debug)]
pub struct EventRule {
    /// Its id, shown as `rule` of the event.
    pub id: String,
    /// Id of the provider whose file holds it.
    pub provider: Option<String>,
    /// What happened; `None`: the record is known not to be a token event.
    pub kind: Option<EventKind>,
    /// The class of the failure, where the rule itself knows it.
    pub class: Option<CauseClass>,
    /// The error code, where the rule itself knows it.
    pub error: Option<String>,
    /// Conditions on fields: path (dotted, as written) to the values of which one must be there;
    /// `*` is any, a trailing `*` a prefix, `!` means that the field must be absent or empty.
    pub conditions: Vec<(String, Vec<String>)>,
    /// The condition whose values the scan searches for: they count as they are written. Set by [`triggers`]; the
    /// values of the others count in any case.
    pub searched: Option<usize>,
    /// Patterns of which one must be found in a text of the record; their groups are roles.
    pub texts: Vec<Pattern>,
    /// Where parts stand, before any alias is asked.
    pub map: Vec<(FieldRole, Vec<String>)>,
    /// The file that holds it.
    pub path: String,
    /// The line of its id in that file.
    pub line: usize,
}

/// The status of an API's answer that is an event by itself.
const UNAUTHORIZED: &str = "401";

impl EventRule {
    /// Makes sure that the rule's records are searched for: by the values of a condition, a text, or a key where
    /// there is nothing else. False if they cannot be.
    fn search(&mut self, needles: &mut Needles) -> bool {
        let exact = |value: &String| Literal::exact(value.trim_end_matches('*'));
        let of_values = |(_, values): &(String, Vec<String>)| values.iter().map(exact).collect();
        let mut sets: Vec<OneOf> = self.conditions.iter().map(of_values).collect();
        sets.extend(needed_by_any(self.texts.iter().map(Pattern::text), needles));
        if best(&sets).is_none() {
            let present = self.conditions.iter().filter(|(_, values)| values.iter().all(|value| value != "!"));
            let words = present.filter_map(|(path, _)| path.split(['_', '-', '.', '@']).max_by_key(|word| word.len()));
            sets.extend(words.map(|word| vec![Literal::any_case(word)]));
        }
        let covered = needles.cover(&sets);
        self.searched = covered.filter(|number| *number < self.conditions.len());
        covered.is_some()
    }

    fn unsearchable(&self) -> RuleError {
        let message = format!(
            "no text of 4 letters or more is in every record of `{}`: every line would have to be parsed; give it a \
             condition with a longer value, or a pattern with a word in it",
            self.id
        );
        RuleError { path: self.path.clone(), line: self.line, message }
    }
}

/// The literals to search logs for: of every record that could be a token event, one is in it.
///
/// An error for each rule that holds nothing to search for.
pub fn triggers<'r>(
    vocabulary: &Vocabulary,
    rules: impl Iterator<Item = &'r mut EventRule>,
) -> Result<Vec<String>, Vec<RuleError>> {
    let mut needles = Needles::new(&vocabulary.triggers);
    needles.add(UNAUTHORIZED);
    for sets in &vocabulary.needs {
        needles.cover(sets);
    }
    let makers = rules.filter(|rule| rule.kind.is_some());
    let errors: Vec<RuleError> =
        makers.filter_map(|rule| (!rule.search(&mut needles)).then(|| rule.unsearchable())).collect();
    if errors.is_empty() { Ok(needles.into_vec()) } else { Err(errors) }
}

/// What a line must give, for a rule's proof.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventExample {
    /// The line, as a log has it.
    pub line: String,
    /// The kind, by its name in the events export.
    pub kind: String,
    /// Other columns of the events export that must have this text.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
}

/// A rule file's proof, run through the whole pipeline by `tokscan rules check`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventExamples {
    /// Lines that are token events.
    #[serde(default, rename = "match")]
    pub matches: Vec<EventExample>,
    /// Lines that are none.
    #[serde(default)]
    pub ignore: Vec<String>,
}

impl EventExamples {
    /// Lines of both kinds.
    pub fn count(&self) -> usize {
        self.matches.len() + self.ignore.len()
    }
}

/// The examples of one file, with the file for messages.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The rule file.
    pub source: RuleSource,
    /// Its examples.
    pub examples: EventExamples,
}

impl Proof {
    /// The examples of a file that must have both kinds.
    pub(super) fn of(source: &RuleSource, examples: EventExamples) -> Result<Self, RuleError> {
        if examples.matches.is_empty() || examples.ignore.is_empty() {
            let message = "this file needs examples: [[examples.match]] with line and kind, and examples.ignore";
            return Err(source.error_at("id", message));
        }
        Ok(Self { source: source.clone(), examples })
    }
}

/// An `[[event]]` table as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventSpec {
    id: String,
    kind: String,
    class: Option<CauseClass>,
    error: Option<String>,
    #[serde(default, rename = "where")]
    conditions: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    text: Vec<String>,
    #[serde(default)]
    map: BTreeMap<FieldRole, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventFile {
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    id: String,
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    title: String,
    #[serde(default)]
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    references: Vec<String>,
    #[serde(default)]
    event: Vec<EventSpec>,
    #[serde(default)]
    examples: EventExamples,
}

/// Loads the event rules of `rules/events/` (the vocabulary aside).
pub fn load_events(sources: &[RuleSource]) -> Result<(Vec<EventRule>, Vec<Proof>), Vec<RuleError>> {
    let (mut rules, mut proofs, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let files =
        sources.iter().filter(|source| source.folder() == "events" && !source.path.ends_with("vocabulary.toml"));
    for source in files {
        match parse::<EventFile>(source) {
            Ok(file) => {
                for spec in file.event {
                    match spec.compile(source, None) {
                        Ok(rule) => rules.push(rule),
                        Err(error) => errors.push(error),
                    }
                }
                proofs.push(Proof { source: source.clone(), examples: file.examples });
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok((rules, proofs)) } else { Err(errors) }
}

impl EventSpec {
    pub(super) fn compile(self, source: &RuleSource, provider: Option<&str>) -> Result<EventRule, RuleError> {
        let kind = match self.kind.as_str() {
            "none" => None,
            name => Some(kind_of(name).ok_or_else(|| {
                source
                    .error_at(name, format!("`{name}` is no kind of event; write one of the events schema, or `none`"))
            })?),
        };
        if self.conditions.is_empty() && self.text.is_empty() {
            return Err(source.error_at(&self.id, "an event needs `where` or `text`, otherwise it takes every record"));
        }
        let texts = self.text.iter().map(|pattern| Pattern::new(source, pattern));
        Ok(EventRule {
            path: source.path.clone(),
            line: source.line_with(&format!("\"{}\"", self.id)),
            id: self.id,
            provider: provider.map(Into::into),
            kind,
            class: self.class,
            error: self.error,
            conditions: self.conditions.into_iter().collect(),
            searched: None,
            texts: texts.collect::<Result<_, _>>()?,
            map: self.map.into_iter().collect(),
        })
    }
}

/// The kind of a name in the events export.
pub fn kind_of(name: &str) -> Option<EventKind> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}
