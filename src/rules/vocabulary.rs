//! `rules/events/vocabulary.toml`: the words of the field, for records that no rule names.

use std::collections::BTreeMap;

use regex::{Regex, RegexSet};
use serde::Deserialize;

use super::event::{EventExamples, FieldRole};
use super::{Proof, RuleError, RuleSource, parse};
use crate::model::CauseClass;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VocabularyFile {
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    id: String,
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    title: String,
    #[serde(default)]
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    references: Vec<String>,
    triggers: Vec<String>,
    fields: BTreeMap<FieldRole, Vec<String>>,
    in_text: BTreeMap<FieldRole, Vec<String>>,
    codes: BTreeMap<CauseClass, Codes>,
    no_failure: Vec<String>,
    no_attempt: Vec<String>,
    new_grants: Vec<String>,
    endpoints: Endpoints,
    topics: BTreeMap<Topic, Vec<String>>,
    outcome: OutcomeFile,
    #[serde(default)]
    examples: EventExamples,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Codes {
    /// Codes that only the token endpoint's answer to a refresh has.
    #[serde(default)]
    refresh: Vec<String>,
    /// Codes that need a record about a refresh around them.
    #[serde(default)]
    shared: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Endpoints {
    token: Vec<String>,
    revoke: Vec<String>,
    other: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutcomeFile {
    success_values: Vec<String>,
    failure_values: Vec<String>,
    failure_texts: Vec<String>,
    start_texts: Vec<String>,
    success_texts: Vec<String>,
    weak_failure_texts: Vec<String>,
}

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// A refresh of a token.
    Refresh,
    /// A new grant.
    Grant,
    /// The end of a token, consent or session.
    Revoke,
    /// A credential thrown away, or the user asked to sign in.
    Discard,
    /// A credential written to a store.
    Store,
    /// A credential read from a store.
    Load,
    /// Talk about tokens that is none of these: schedules, settings, counts.
    Chatter,
}

/// An error code and what it says by itself.
#[derive(Clone, Debug)]
pub struct KnownCode {
    /// As servers spell it.
    pub code: String,
    /// What it means.
    pub class: CauseClass,
    /// Whether the code alone proves that the record is about a refresh.
    pub refresh_only: bool,
}

/// How an attempt ended, as words say it.
#[derive(Debug)]
pub struct OutcomeWords {
    /// Values of outcome fields, lower case.
    pub success_values: Vec<String>,
    /// Values of outcome fields, lower case.
    pub failure_values: Vec<String>,
    /// Running text.
    pub failure: RegexSet,
    /// Running text of an attempt that only begins.
    pub start: RegexSet,
    /// Running text.
    pub success: RegexSet,
    /// Running text that is a failure unless something says otherwise.
    pub weak_failure: RegexSet,
}

/// The compiled vocabulary.
#[derive(Debug)]
pub struct Vocabulary {
    /// Literals of which at least one is in every record worth parsing.
    pub triggers: Vec<String>,
    /// Keys by role, best first.
    pub fields: Vec<(FieldRole, Vec<String>)>,
    /// Patterns that find a role's value in running text, in the group `value`.
    pub in_text: Vec<(FieldRole, Vec<Regex>)>,
    /// Error codes.
    pub codes: Vec<KnownCode>,
    /// Codes of polling and negotiation: neither success nor failure.
    pub no_failure: Vec<String>,
    /// Texts of failures before any request was sent: not attempts at the token endpoint.
    pub no_attempt: RegexSet,
    /// Values of `grant_type` that make a new grant.
    pub new_grants: Vec<String>,
    /// Paths of token endpoints.
    pub token_endpoint: RegexSet,
    /// Paths of revocation endpoints.
    pub revoke_endpoint: RegexSet,
    /// Paths of other endpoints of an authorization server.
    pub other_endpoint: RegexSet,
    /// Texts and event names by topic.
    pub topics: Vec<(Topic, RegexSet)>,
    /// Words of outcome.
    pub outcome: OutcomeWords,
    /// Its examples.
    pub proof: Proof,
}

/// Loads the vocabulary: the last `events/vocabulary.toml` wins.
pub fn load_vocabulary(sources: &[RuleSource]) -> Result<Vocabulary, RuleError> {
    let source = sources.iter().rfind(|source| source.path.ends_with("events/vocabulary.toml")).ok_or_else(|| {
        RuleError { path: "rules/events/vocabulary.toml".into(), line: 1, message: "the vocabulary is missing".into() }
    })?;
    let file: VocabularyFile = parse(source)?;
    let proof = Proof::of(source, file.examples)?;
    let set = |patterns: &[String]| compile_set(source, patterns);
    let mut in_text = Vec::new();
    for (role, patterns) in &file.in_text {
        let compiled = patterns.iter().map(|pattern| compile_value(source, pattern)).collect::<Result<_, _>>()?;
        in_text.push((*role, compiled));
    }
    let mut topics = Vec::new();
    for (topic, patterns) in &file.topics {
        topics.push((*topic, set(patterns)?));
    }
    Ok(Vocabulary {
        triggers: file.triggers,
        fields: file.fields.into_iter().collect(),
        in_text,
        codes: file.codes.into_iter().flat_map(|(class, codes)| known(class, codes)).collect(),
        no_failure: file.no_failure,
        no_attempt: set(&file.no_attempt)?,
        new_grants: file.new_grants,
        token_endpoint: set(&file.endpoints.token)?,
        revoke_endpoint: set(&file.endpoints.revoke)?,
        other_endpoint: set(&file.endpoints.other)?,
        topics,
        outcome: OutcomeWords {
            success_values: file.outcome.success_values,
            failure_values: file.outcome.failure_values,
            failure: set(&file.outcome.failure_texts)?,
            start: set(&file.outcome.start_texts)?,
            success: set(&file.outcome.success_texts)?,
            weak_failure: set(&file.outcome.weak_failure_texts)?,
        },
        proof,
    })
}

fn known(class: CauseClass, codes: Codes) -> impl Iterator<Item = KnownCode> {
    let one = move |refresh_only: bool| move |code: String| KnownCode { code, class, refresh_only };
    codes.refresh.into_iter().map(one(true)).chain(codes.shared.into_iter().map(one(false)))
}

fn compile_set(source: &RuleSource, patterns: &[String]) -> Result<RegexSet, RuleError> {
    let patterns: Vec<String> = patterns.iter().map(|pattern| ascii_words(pattern)).collect();
    RegexSet::new(&patterns).map_err(|whole| {
        // The set does not say which pattern is wrong; each by itself does.
        let wrong = patterns.iter().find_map(|pattern| Some((pattern, Regex::new(pattern).err()?)));
        match wrong {
            Some((pattern, error)) => source.error_at(pattern, format!("the pattern cannot be compiled: {error}")),
            None => source.error_at("id", format!("the patterns are too large together: {whole}")),
        }
    })
}

/// Word boundaries as ASCII has them: those of Unicode turn the fast engines off in every text that is
/// not English.
fn ascii_words(pattern: &str) -> String {
    pattern.replace(r"\b", r"(?-u:\b)")
}

fn compile_value(source: &RuleSource, pattern: &str) -> Result<Regex, RuleError> {
    let compiled = Regex::new(&ascii_words(pattern))
        .map_err(|error| source.error_at(pattern, format!("the pattern cannot be compiled: {error}")))?;
    if compiled.capture_names().flatten().any(|name| name == "value") {
        Ok(compiled)
    } else {
        Err(source.error_at(pattern, "the pattern needs a group named `value`"))
    }
}
