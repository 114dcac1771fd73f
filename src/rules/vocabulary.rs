//! `rules/events/vocabulary.toml`: the words of the field, for records that no rule names.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::event::{EventExamples, FieldRole};
use super::needed::{Literal, OneOf, best, needed};
use super::{Pattern, PatternSet, Proof, RuleError, RuleSource, parse};
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
    #[serde(default)]
    asides: Vec<AsideFile>,
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
struct AsideFile {
    word: String,
    clause: String,
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
    begin_texts: Vec<String>,
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
    /// What a new grant is asked for with: a code or a password.
    Login,
    /// The end of a token, consent or session.
    Revoke,
    /// A credential thrown away, or the user asked to sign in.
    Discard,
    /// A credential written to a store.
    Store,
    /// A credential read from a store.
    Load,
    /// A stored credential that cannot be read: truncated, empty, unparsable.
    Corrupt,
    /// A credential that could not be written to a store.
    Unsaved,
    /// An answer of the token endpoint without a refresh token.
    Omitted,
    /// A server that did not answer, or could not be reached.
    Unreachable,
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

/// What a word of the vocabulary means where it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The record is about this.
    Topic(Topic),
    /// A failure.
    Failure,
    /// An attempt that only begins, or is still to come.
    Start,
    /// An attempt that begins now.
    Begin,
    /// A success.
    Success,
    /// A failure unless something says otherwise.
    WeakFailure,
    /// A failure before any request was sent: no attempt at the token endpoint.
    NoAttempt,
    /// A part of the text may state nothing: a condition, a quotation, a pointer to the documentation.
    Aside,
}

/// The compiled vocabulary.
#[derive(Debug)]
pub struct Vocabulary {
    /// Words make an event only in a record that holds one of these literals.
    pub triggers: Vec<String>,
    /// Of each code, grant type and endpoint that makes an event: sets of literals. One of each set is in the record, so
    /// that it is enough to search for one of the sets.
    pub(super) needs: Vec<Vec<OneOf>>,
    /// Keys by role, best first.
    pub fields: Vec<(FieldRole, Vec<String>)>,
    /// Patterns that find a role's value in running text, in the group `value`.
    pub in_text: Vec<(FieldRole, Vec<Pattern>)>,
    /// Error codes.
    pub codes: Vec<KnownCode>,
    /// Codes of polling and negotiation: neither success nor failure.
    pub no_failure: Vec<String>,
    /// Parts of a text that state nothing of what happened; tried where `words` has `Meaning::Aside`.
    pub asides: Vec<Pattern>,
    /// Values of `grant_type` that make a new grant.
    pub new_grants: Vec<String>,
    /// The patterns of all endpoints: most addresses are none, and are searched once.
    pub endpoints: PatternSet,
    /// Paths of token endpoints.
    pub token_endpoint: PatternSet,
    /// Paths of revocation endpoints.
    pub revoke_endpoint: PatternSet,
    /// Paths of other endpoints of an authorization server.
    pub other_endpoint: PatternSet,
    /// Patterns of all topics and outcomes, compiled together: one search of a text finds them all.
    pub words: PatternSet,
    /// What each pattern of `words` means.
    pub meanings: Vec<Meaning>,
    /// Values of outcome fields that say success, lower case.
    pub success_values: Vec<String>,
    /// Values of outcome fields that say failure, lower case.
    pub failure_values: Vec<String>,
    /// Its examples.
    pub proof: Proof,
}

/// Loads the vocabulary: the last `events/vocabulary.toml` wins.
pub fn load_vocabulary(sources: &[RuleSource]) -> Result<Vocabulary, RuleError> {
    let source = sources.iter().rfind(|source| source.path.ends_with("events/vocabulary.toml")).ok_or_else(|| {
        RuleError { path: "rules/events/vocabulary.toml".into(), line: 1, message: "the vocabulary is missing".into() }
    })?;
    let file: VocabularyFile = parse(source)?;
    let (words, meanings) = words(&file);
    let needs = needs(source, &file)?;
    let proof = Proof::of(source, file.examples)?;
    let set = |patterns: &[String]| PatternSet::of_words(source, patterns);
    let mut in_text = Vec::new();
    for (role, patterns) in &file.in_text {
        let compiled = patterns.iter().map(|pattern| value_pattern(source, pattern)).collect::<Result<_, _>>()?;
        in_text.push((*role, compiled));
    }
    Ok(Vocabulary {
        needs,
        triggers: file.triggers,
        fields: file.fields.into_iter().collect(),
        in_text,
        codes: file.codes.into_iter().flat_map(|(class, codes)| known(class, codes)).collect(),
        no_failure: file.no_failure,
        asides: file.asides.iter().map(|aside| Pattern::new(source, &aside.clause)).collect::<Result<_, _>>()?,
        new_grants: file.new_grants,
        endpoints: set(&[&file.endpoints.token[..], &file.endpoints.revoke, &file.endpoints.other].concat())?,
        token_endpoint: set(&file.endpoints.token)?,
        revoke_endpoint: set(&file.endpoints.revoke)?,
        other_endpoint: set(&file.endpoints.other)?,
        words: set(&words)?,
        meanings,
        success_values: file.outcome.success_values,
        failure_values: file.outcome.failure_values,
        proof,
    })
}

/// What stands in every event that more than words tell: of each the sets of which one is enough.
fn needs(source: &RuleSource, file: &VocabularyFile) -> Result<Vec<Vec<OneOf>>, RuleError> {
    // Shared codes count only beside a topic, a grant type or an endpoint.
    let codes = file.codes.values().flat_map(|codes| &codes.refresh).map(|code| Literal::exact(code));
    let refresh = ["refresh", "primaryRefreshToken"].into_iter();
    let grants = refresh.chain(file.new_grants.iter().map(String::as_str)).map(Literal::any_case);
    let mut needs: Vec<Vec<OneOf>> = codes.chain(grants).map(|literal| vec![vec![literal]]).collect();
    for pattern in file.endpoints.token.iter().chain(&file.endpoints.revoke) {
        let sets = needed(pattern);
        if best(&sets).is_none() {
            let message = "no text of 4 letters or more is in every match: every line would have to be parsed";
            return Err(source.error_at(pattern, message));
        }
        needs.push(sets);
    }
    Ok(needs)
}

/// All patterns of topics and outcomes, and what each of them means.
fn words(file: &VocabularyFile) -> (Vec<String>, Vec<Meaning>) {
    let topics = file.topics.iter().map(|(topic, patterns)| (Meaning::Topic(*topic), patterns));
    let outcomes = [
        (Meaning::Failure, &file.outcome.failure_texts),
        (Meaning::Start, &file.outcome.start_texts),
        (Meaning::Begin, &file.outcome.begin_texts),
        (Meaning::Success, &file.outcome.success_texts),
        (Meaning::WeakFailure, &file.outcome.weak_failure_texts),
        (Meaning::NoAttempt, &file.no_attempt),
    ];
    let asides = file.asides.iter().map(|aside| (aside.word.clone(), Meaning::Aside));
    let all = topics.chain(outcomes);
    let all = all.flat_map(|(meaning, patterns)| patterns.iter().map(move |pattern| (pattern.clone(), meaning)));
    all.chain(asides).unzip()
}

fn known(class: CauseClass, codes: Codes) -> impl Iterator<Item = KnownCode> {
    let one = move |refresh_only: bool| move |code: String| KnownCode { code, class, refresh_only };
    codes.refresh.into_iter().map(one(true)).chain(codes.shared.into_iter().map(one(false)))
}

/// A pattern whose group `value` is what it finds.
fn value_pattern(source: &RuleSource, pattern: &str) -> Result<Pattern, RuleError> {
    let compiled = Pattern::new(source, pattern)?;
    if compiled.has_group("value") {
        Ok(compiled)
    } else {
        Err(source.error_at(pattern, "the pattern needs a group named `value`"))
    }
}
