//! Parts of a token event that only running text names: `for user u1 client c1 (pid 42)`.

use super::copies::is_copy;
use super::roles::Roles;
use super::signals::head;
use crate::format::Record;
use crate::rules::{FieldRole, Pattern, PatternWords, Possible};

/// Words that stand where a name would, and are none.
const NO_NAMES: [&str; 24] = [
    "error",
    "client_credentials",
    "client_secret",
    "client_id",
    "client-side",
    "client_secret_basic",
    "client_secret_post",
    "user-agent",
    "refresh_token",
    "access_token",
    "invalid_grant",
    "invalid_client",
    "token",
    "tokens",
    "the",
    "a",
    "this",
    "that",
    "this_client",
    "sign-in",
    "authentication",
    "authorization",
    "refresh",
    "session",
];

/// An entry says whom it is about at its beginning. The bodies and traces behind that can be megabytes, and the names in them
/// are those of others.
const BEGINNING: usize = 16 << 10;

/// So many patterns are sooner tried than foreseen: a record with fields lacks few.
const FEW: usize = 12;

/// Roles by which a record is told to be of a kind.
const TELLING: [FieldRole; 6] = [
    FieldRole::Event,
    FieldRole::Error,
    FieldRole::Description,
    FieldRole::SubCode,
    FieldRole::Url,
    FieldRole::GrantType,
];

#[derive(Debug)]
pub(super) struct TextFields {
    /// With the place of each pattern among all.
    patterns: Vec<(FieldRole, Vec<(usize, Pattern)>)>,
    words: PatternWords,
}

impl TextFields {
    pub(super) fn new(patterns: &[(FieldRole, Vec<Pattern>)]) -> Self {
        let words = PatternWords::of(patterns.iter().flat_map(|(_, patterns)| patterns).map(Pattern::text));
        let mut places = 0..;
        let patterns = patterns.iter().map(|(role, patterns)| (*role, places.by_ref().zip(patterns.clone()).collect()));
        Self { patterns: patterns.collect(), words }
    }

    /// All of them.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().flat_map(|(_, patterns)| patterns).map(|(_, pattern)| pattern.text())
    }

    /// What they find in a record that is more than copied.
    pub(super) fn asked<'a>(&self, record: &Record<'a>) -> Vec<&'a str> {
        let possible = self.words.possible(record.texts.iter().map(|text| head(text, BEGINNING)));
        let patterns = self.patterns.iter().flat_map(|(role, patterns)| patterns.iter().map(move |it| (*role, it)));
        let patterns = patterns.filter(|(role, (place, _))| !is_number(*role) && possible.holds(*place));
        let values = patterns.flat_map(|(role, (_, pattern))| {
            let texts = record.texts.iter().map(|text| head(text, BEGINNING));
            texts.flat_map(move |text| values(pattern, text)).filter(move |value| !is_copy(role, value))
        });
        values.collect()
    }

    /// Whether what they find may tell of what kind a record is: those that are built in tell who and when, and with which
    /// status.
    pub(super) fn tells_kind(&self) -> bool {
        self.patterns.iter().any(|(role, _)| TELLING.contains(role))
    }

    /// Fills roles that no field has.
    pub(super) fn complete<'a>(&self, record: &Record<'a>, roles: &mut Roles<'a>) {
        if record.texts.is_empty() {
            return;
        }
        let missing = self.patterns.iter().filter(|(role, _)| roles.get(*role).is_none());
        let asked: usize = missing.map(|(_, patterns)| patterns.len()).sum();
        let texts = || record.texts.iter().map(|text| head(text, BEGINNING));
        let possible = if asked > FEW { self.words.possible(texts()) } else { Possible::all() };
        for (role, patterns) in &self.patterns {
            if roles.get(*role).is_some() {
                continue;
            }
            let mut patterns = patterns.iter().filter(|(place, _)| possible.holds(*place));
            if let Some(value) = patterns.find_map(|(_, pattern)| find(*role, pattern, record)) {
                roles.set(*role, value);
            }
        }
    }
}

/// The first name that a pattern finds in a record.
fn find<'a>(role: FieldRole, pattern: &Pattern, record: &Record<'a>) -> Option<&'a str> {
    let holds = |text: &&&str| pattern.is_match(head(text, BEGINNING));
    record
        .texts
        .iter()
        .filter(holds)
        .find_map(|text| values(pattern, head(text, BEGINNING)).find(|value| is_name(role, value)))
}

/// What a pattern takes for names in a text.
fn values<'a>(pattern: &Pattern, text: &'a str) -> impl Iterator<Item = &'a str> {
    let found = pattern.captures_iter(text).filter_map(|groups| groups.name("value"));
    found.map(|value| value.trim_end_matches(['.', ':', ',', ';', '-']))
}

/// Roles of numbers that are no more than copied.
fn is_number(role: FieldRole) -> bool {
    matches!(role, FieldRole::ExpiresIn | FieldRole::Duration)
}

/// Whether a value is what somebody did and no name: `user re-authorized`, `account logged-in`.
fn is_verb(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let worded = value.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    worded && (value.starts_with("re-") || value.ends_with("ed-in") || value.ends_with("ed-out"))
}

fn is_name(role: FieldRole, value: &str) -> bool {
    if !matches!(role, FieldRole::Client | FieldRole::Subject) {
        return !value.is_empty();
    }
    let address =
        value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b':') && value.contains('.');
    value.len() > 1
        && !address
        && !is_verb(value)
        && !value.starts_with("http")
        && !NO_NAMES.contains(&value.to_ascii_lowercase().as_str())
}
