//! What a record says, in the words of the vocabulary: error code, outcome, endpoint, topics.

use std::borrow::Cow;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use super::address;
use super::aside::{self, Asides};
use super::roles::Roles;
use super::words::{self, Heard};
use crate::format::{Record, ValueKind};
use crate::rules::{FieldRole, KnownCode, Pattern, PatternSet, Topic, Vocabulary};

/// How an attempt ended, as far as the record says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Success,
    Failure,
    /// The attempt is still to come.
    Due,
    /// The attempt only begins here.
    Start,
}

/// Which endpoint a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Token,
    Revoke,
    /// Another endpoint of an authorization server.
    Other,
    /// Any other address.
    Api,
}

/// Which kind of grant the record names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GrantType {
    Refresh,
    /// One that the user takes part in.
    New,
    /// The client's own: an access token for itself, no refresh token and no user.
    Client,
    /// Token exchange and the like: no refresh token at all.
    Other,
}

/// Grants by which a client asks for itself.
const OF_CLIENT: [&str; 2] = ["client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"];

/// Bytes of a text that are a headline.
const HEADLINE: usize = 400;

/// A known code where it stands in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct CodeHit<'d, 'a> {
    pub(super) known: &'d KnownCode,
    /// The text that holds it, from the code on.
    pub(super) tail: &'a str,
}

/// Everything that the vocabulary sees in a record.
#[derive(Debug)]
pub(super) struct Signals<'d, 'a> {
    pub(super) code: Option<CodeHit<'d, 'a>>,
    pub(super) status: Option<u16>,
    pub(super) outcome: Option<Outcome>,
    pub(super) endpoint: Option<Endpoint>,
    /// The token endpoint's address is shown, and it is plain `http://`.
    pub(super) insecure: bool,
    pub(super) grant: Option<GrantType>,
    pub(super) topics: Vec<Topic>,
    /// Polling, negotiation, or no attempt at all.
    pub(super) no_attempt: bool,
}

impl Signals<'_, '_> {
    pub(super) fn about(&self, topic: Topic) -> bool {
        self.topics.contains(&topic)
    }
}

/// What is seen of it before it is known who the record is about, and with which status it was answered.
#[derive(Debug)]
pub(super) struct Said<'d, 'a> {
    heard: Heard,
    code: Option<CodeHit<'d, 'a>>,
    polling: bool,
    endpoint: Option<Endpoint>,
    insecure: bool,
    grant: Option<GrantType>,
}

impl Said<'_, '_> {
    /// Whether no status could make an event of it.
    pub(super) fn is_nothing(&self) -> bool {
        self.heard.topics.is_empty() && self.code.is_none() && self.endpoint.is_none() && self.grant.is_none()
    }
}

#[derive(Debug)]
pub(super) struct Detector {
    vocabulary: Vocabulary,
    codes: AhoCorasick,
}

impl Detector {
    pub(super) fn new(vocabulary: Vocabulary) -> Self {
        let mut detector = Self { vocabulary, codes: empty() };
        let codes = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(detector.telling());
        // The codes come from a checked rule file; a set that is too large for an automaton finds nothing.
        detector.codes = codes.unwrap_or(detector.codes);
        detector
    }

    /// The codes that are looked for in every value.
    pub(super) fn telling(&self) -> impl Iterator<Item = &str> {
        let names = self.vocabulary.codes.iter().map(|known| known.code.as_str());
        names.chain(self.vocabulary.no_failure.iter().map(String::as_str))
    }

    /// The patterns that texts are held against.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        let Vocabulary { words, endpoints, asides, .. } = &self.vocabulary;
        [words, endpoints].into_iter().flat_map(PatternSet::texts).chain(asides.iter().map(Pattern::text))
    }

    /// The parts of a text's headline that state something; `None` where some do not, and there is more of the text.
    pub(super) fn stated(&self, text: &str) -> Option<Vec<Range<usize>>> {
        let headline = head(text, HEADLINE);
        let parts = aside::stated(&self.vocabulary, headline);
        let whole = parts.first().is_some_and(|part| part.len() == headline.len());
        (whole || headline.len() == text.len()).then_some(parts)
    }

    pub(super) fn read<'a>(&self, record: &Record<'a>, roles: &Roles<'a>) -> Signals<'_, 'a> {
        self.judge(self.hear(record, roles), record, roles)
    }

    pub(super) fn hear<'a>(&self, record: &Record<'a>, roles: &Roles<'a>) -> Said<'_, 'a> {
        let mut polling = false;
        let headlines = headlines(record, roles);
        let mut heard = words::read(&self.vocabulary, &headlines);
        let mut asides = Asides::default();
        if heard.aside {
            asides = Asides::find(&self.vocabulary, record.texts.iter().copied());
            let stated: Vec<Cow<'_, str>> =
                headlines.iter().map(|text| aside::without(&self.vocabulary, text)).collect();
            heard = words::read(&self.vocabulary, &stated);
        }
        let code = self.code(record, roles, &asides, &mut polling);
        let (endpoint, insecure) = self.endpoint(record, roles);
        Said { heard, code, polling, endpoint, insecure, grant: self.grant(record, roles) }
    }

    pub(super) fn judge<'d, 'a>(&self, said: Said<'d, 'a>, record: &Record<'a>, roles: &Roles<'a>) -> Signals<'d, 'a> {
        let Said { heard, code, polling, endpoint, insecure, grant } = said;
        let status = roles.get(FieldRole::Status).and_then(|value| value.parse().ok());
        let code = code.filter(|hit| status.is_some() || heard.failure || !is_remark(hit, record, roles));
        Signals {
            outcome: self.outcome(&heard, roles, code.as_ref(), status),
            endpoint,
            insecure,
            grant,
            no_attempt: polling || heard.no_attempt,
            code,
            status,
            topics: heard.topics,
        }
    }

    /// The code in the error field, then anywhere else; one that proves a refresh before one that does not.
    fn code<'a>(
        &self,
        record: &Record<'a>,
        roles: &Roles<'a>,
        asides: &Asides,
        polling: &mut bool,
    ) -> Option<CodeHit<'_, 'a>> {
        let of_roles = [FieldRole::Error, FieldRole::SubCode, FieldRole::Description];
        let first = of_roles.iter().flat_map(|role| roles.all(*role)).map(|field| field.value);
        let event = roles.all(FieldRole::Event).map(|field| field.value);
        let others = record.fields.iter().filter(|field| field.kind != ValueKind::Number).map(|field| field.value);
        let (mut shared, mut class_name) = (None, None);
        for text in first.chain(record.texts.iter().copied()).chain(event).chain(others) {
            for found in self.codes.find_iter(text) {
                // `timeout=32s` is a setting, not an error.
                let key = text.as_bytes().get(found.end()) == Some(&b'=');
                if key || !stands_alone(text, found.start(), found.end()) || names_a_page(text, found.start()) {
                    continue;
                }
                if asides.hold(&text[found.start()..]) {
                    continue;
                }
                let Some(known) = self.vocabulary.codes.get(found.pattern().as_usize()) else {
                    *polling = true;
                    continue;
                };
                let hit = CodeHit { known, tail: &text[found.start()..] };
                // `InvalidGrantError: (invalid_grant) …`: the standard's own name says it better.
                match known.refresh_only {
                    true if known.code.starts_with(|first: char| first.is_ascii_uppercase())
                        && !known.code.contains('_') =>
                    {
                        class_name.get_or_insert(hit);
                    }
                    true => return Some(hit),
                    false => {
                        shared.get_or_insert(hit);
                    }
                }
            }
        }
        class_name.or(shared)
    }

    fn outcome(
        &self,
        heard: &Heard,
        roles: &Roles<'_>,
        code: Option<&CodeHit<'_, '_>>,
        status: Option<u16>,
    ) -> Option<Outcome> {
        for field in roles.all(FieldRole::Outcome) {
            let value = field.value.trim().to_ascii_lowercase();
            if self.vocabulary.success_values.contains(&value) {
                return Some(if code.is_some_and(|hit| hit.known.refresh_only) {
                    Outcome::Failure
                } else {
                    Outcome::Success
                });
            }
            if self.vocabulary.failure_values.contains(&value) {
                return Some(Outcome::Failure);
            }
        }
        if code.is_some() {
            return Some(Outcome::Failure);
        }
        match status {
            Some(200..=299) => return Some(Outcome::Success),
            Some(400..) => return Some(Outcome::Failure),
            _ => {}
        }
        // `refreshed, the answer did not include a refresh token` tells no failure.
        if heard.success && heard.topics.contains(&Topic::Omitted) {
            return Some(Outcome::Success);
        }
        let grave = roles
            .get(FieldRole::Level)
            .is_some_and(|level| matches!(level.to_ascii_lowercase().as_str(), "error" | "err" | "fatal" | "critical"));
        if heard.failure {
            Some(Outcome::Failure)
        } else if heard.start {
            Some(if heard.begin { Outcome::Start } else { Outcome::Due })
        } else if heard.weak_failure {
            Some(Outcome::Failure)
        } else if heard.success {
            Some(Outcome::Success)
        } else {
            grave.then_some(Outcome::Failure)
        }
    }

    /// The endpoint, and whether it is a token endpoint over plain HTTP.
    fn endpoint(&self, record: &Record<'_>, roles: &Roles<'_>) -> (Option<Endpoint>, bool) {
        let urls = roles.all(FieldRole::Url).map(|field| field.value).filter(|url| url.contains('/'));
        let texts = record.texts.iter().copied().filter(|text| text.contains('/'));
        let mut seen = None;
        for (in_field, text) in urls.map(|url| (true, url)).chain(texts.map(|text| (false, text))) {
            let of_server = self.vocabulary.endpoints.is_match(text);
            if of_server && self.vocabulary.revoke_endpoint.is_match(text) {
                return (Some(Endpoint::Revoke), false);
            }
            let is_token_endpoint = |text: &str| self.vocabulary.token_endpoint.is_match(text);
            if of_server && is_token_endpoint(text) {
                return (Some(Endpoint::Token), address::is_plain_http(text, is_token_endpoint));
            }
            if of_server && self.vocabulary.other_endpoint.is_match(text) {
                seen = Some(Endpoint::Other);
            } else if in_field || address::is_request(text) {
                seen = seen.or(Some(Endpoint::Api));
            }
        }
        (seen, false)
    }

    fn grant(&self, record: &Record<'_>, roles: &Roles<'_>) -> Option<GrantType> {
        let named = roles.all(FieldRole::GrantType).map(|field| field.value);
        let in_text = record.texts.iter().filter_map(|text| {
            let (_, tail) = text.split_once("grant_type")?;
            Some(tail.trim_start_matches(|letter: char| !letter.is_ascii_alphanumeric()))
        });
        named.chain(in_text).find_map(|value| {
            let value = value.trim_start_matches(['"', '\'']);
            let starts = |name: &str| value.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
            if starts("refresh") || starts("primaryRefreshToken") {
                Some(GrantType::Refresh)
            } else if self.vocabulary.new_grants.iter().any(|name| starts(name)) {
                Some(GrantType::New)
            } else if OF_CLIENT.iter().any(|name| starts(name)) {
                Some(GrantType::Client)
            } else {
                starts("urn:").then_some(GrantType::Other)
            }
        })
    }
}

pub(super) fn empty() -> AhoCorasick {
    #[allow(clippy::expect_used, reason = "an automaton of no patterns always builds")]
    AhoCorasick::new(std::iter::empty::<&str>()).expect("an automaton of no patterns builds")
}

/// Whether a code only stands in the words of a debug message: no field holds it, and so it is no answer.
fn is_remark(hit: &CodeHit<'_, '_>, record: &Record<'_>, roles: &Roles<'_>) -> bool {
    let level = super::wording::level(roles.get(FieldRole::Level), record.texts.first().copied());
    let answers = [FieldRole::Error, FieldRole::SubCode, FieldRole::Description];
    let in_field = |role| roles.all(role).any(|field| field.value.contains(hit.known.code.as_str()));
    level > 0 && level <= super::wording::DEBUG && !answers.into_iter().any(in_field)
}

/// The texts that say what a record is about: event names, messages, errors; short ones only, so
/// that a stack trace or a body does not decide.
fn headlines<'a>(record: &Record<'a>, roles: &Roles<'a>) -> Vec<Cow<'a, str>> {
    let events = roles.all(FieldRole::Event).map(|field| field.value);
    let errors = [FieldRole::Error, FieldRole::Description]
        .into_iter()
        .flat_map(|role| roles.all(role))
        .map(|field| field.value);
    let mut found: Vec<Cow<'_, str>> =
        events.chain(record.texts.iter().copied()).chain(errors).map(|text| words(head(text, HEADLINE))).collect();
    found.dedup();
    found.truncate(12);
    found
}

/// The beginning of a text, at most so many bytes.
pub(super) fn head(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// `TokenRefreshFailed` as the words that it is made of. Anything but a name stays as it is: in a query or a body the
/// humps are those of a token, and `…CbOkHKK` says nothing about an outcome.
fn words(text: &str) -> Cow<'_, str> {
    if text.contains([' ', '%', '=', '/', '&']) || !is_humped(text) {
        return Cow::Borrowed(text);
    }
    let mut spaced = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if letter.is_ascii_uppercase() && spaced.ends_with(|before: char| before.is_ascii_lowercase()) {
            spaced.push(' ');
        }
        spaced.push(letter);
    }
    Cow::Owned(spaced)
}

/// Whether capitals show where its words begin.
pub(super) fn is_humped(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Whether a code is the last part of an address: `GET /docs/errors/invalid_grant`.
fn names_a_page(text: &str, start: usize) -> bool {
    let Some(path) = text[..start].strip_suffix('/') else { return false };
    let from = path.rfind([' ', '\t', '"', '\'', '=', '(']).map_or(0, |at| at + 1);
    path[from..].starts_with('/') || path[from..].contains("://")
}

/// Whether a code is a word of its own, or the end of a longer class name: `APIInvalidGrant`.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    let humped = bytes[start].is_ascii_uppercase() && text[start..end].bytes().any(|byte| byte.is_ascii_lowercase());
    let opens = start == 0 || !word(bytes[start - 1]) || (humped && bytes[start - 1].is_ascii_alphabetic());
    opens && !bytes.get(end).is_some_and(|byte| word(*byte))
}
