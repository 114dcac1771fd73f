//! `[[event]]` rules: which records are token events, and where their parts stand.
//!
//! They live in `rules/events/*.toml` (client libraries, applications) and in the provider files
//! (a server's own log export). Records that no rule names are judged by the vocabulary.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

use super::{RuleError, RuleSource, parse};
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
}

impl FieldRole {
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
        }
    }

    /// The role of a name in rule files.
    pub fn from_name(name: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
    }
}

/// How many roles there are.
pub const FIELD_ROLES: usize = FieldRole::Level as usize + 1;

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
    /// Patterns of which one must be found in a text of the record; their groups are roles.
    pub texts: Vec<Regex>,
    /// Where parts stand, before any alias is asked.
    pub map: Vec<(FieldRole, Vec<String>)>,
    /// The file that holds it.
    pub path: String,
    /// The line of its id in that file.
    pub line: usize,
}

impl EventRule {
    /// Literals of which one is in every record that satisfies the conditions: the values of the most
    /// telling one. Empty where the rule goes by texts or by values too short to search for; its
    /// examples then prove that the vocabulary's triggers are enough.
    pub fn triggers(&self) -> Vec<String> {
        let shortest =
            |values: &[String]| values.iter().map(|value| value.trim_end_matches('*').len()).min().unwrap_or(0);
        let telling = self.conditions.iter().max_by_key(|(_, values)| shortest(values));
        let Some((_, values)) = telling.filter(|(_, values)| shortest(values) >= 4) else { return Vec::new() };
        values.iter().map(|value| value.trim_end_matches('*').to_owned()).collect()
    }
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
        let texts = self.text.iter().map(|pattern| {
            Regex::new(pattern)
                .map_err(|error| source.error_at(pattern, format!("the pattern cannot be compiled: {error}")))
        });
        Ok(EventRule {
            path: source.path.clone(),
            line: source.line_with(&format!("\"{}\"", self.id)),
            id: self.id,
            provider: provider.map(Into::into),
            kind,
            class: self.class,
            error: self.error,
            conditions: self.conditions.into_iter().collect(),
            texts: texts.collect::<Result<_, _>>()?,
            map: self.map.into_iter().collect(),
        })
    }
}

/// The kind of a name in the events export.
pub fn kind_of(name: &str) -> Option<EventKind> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}
