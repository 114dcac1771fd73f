//! What the rules see in a record, and what they would need to see more: for `tokscan formats`.

use super::roles::Roles;
use super::signals::{Endpoint, GrantType, Outcome, Signals};
use super::{Extractor, draft};
use crate::format::Record;
use crate::rules::{FieldRole, Topic};

/// What was seen in one record.
#[derive(Debug)]
pub struct Sighting {
    /// Roles and the keys that they were read from.
    pub fields: Vec<(&'static str, String)>,
    /// Why the record looks like a token event although no rule takes it for one.
    pub near_miss: Option<NearMiss>,
}

/// A record that looks like a token event and is none.
#[derive(Debug)]
pub struct NearMiss {
    /// What makes it look like one.
    pub reason: &'static str,
    /// An event rule that would take it. Not masked.
    pub suggestion: String,
}

/// The roles that are told.
const ROLES: [FieldRole; 12] = [
    FieldRole::Client,
    FieldRole::Subject,
    FieldRole::Grant,
    FieldRole::Request,
    FieldRole::Presented,
    FieldRole::Issued,
    FieldRole::RefreshToken,
    FieldRole::Error,
    FieldRole::Status,
    FieldRole::Address,
    FieldRole::Host,
    FieldRole::Url,
];

/// So many values stand for a name of the event where none has one of these keys.
const TELLING: usize = 3;
/// Keys whose value says what a record is about, the likeliest first.
const HEADLINES: [&str; 7] = ["event", "msg", "message", "action", "eventtype", "type", "name"];

impl Extractor {
    /// What is seen in a record; `is_event` tells whether it was taken for a token event.
    pub fn survey(&self, record: &Record<'_>, is_event: bool) -> Sighting {
        let rule = self.rules.find(record);
        let roles = self.roles_of(record, rule.as_ref());
        let signals = self.signals.read(record, &roles);
        let ruled_out = rule.is_some_and(|matched| matched.rule.kind.is_none());
        let reason = if is_event || ruled_out { None } else { looks_like_an_event(record, &signals) };
        Sighting {
            fields: ROLES.into_iter().filter_map(|role| Some((role.name(), source_of(&roles, role)?))).collect(),
            near_miss: reason.map(|reason| NearMiss { reason, suggestion: suggestion(record, &roles, &signals) }),
        }
    }
}

/// The key that a role was read from.
fn source_of(roles: &Roles<'_>, role: FieldRole) -> Option<String> {
    let field = roles.all(role).next()?;
    Some(if field.path.is_empty() { "(in the text)".to_owned() } else { field.path.to_owned() })
}

fn looks_like_an_event(record: &Record<'_>, signals: &Signals<'_, '_>) -> Option<&'static str> {
    if signals.no_attempt || signals.outcome == Some(Outcome::Start) {
        return None;
    }
    if signals.code.is_some() {
        return Some("it holds an OAuth error code, but nothing says that it is about a refresh");
    }
    let chatter = signals.about(Topic::Chatter);
    match signals.endpoint {
        Some(Endpoint::Token) if signals.status.is_none() => Some("it names a token endpoint, but no outcome"),
        _ if signals.grant == Some(GrantType::Refresh) => {
            Some("it names the grant of a refresh token, but not its outcome")
        }
        _ if signals.about(Topic::Refresh) && !chatter => Some("it speaks of a token refresh, but not of its outcome"),
        _ if signals.outcome == Some(Outcome::Failure) && !chatter && speaks_of_tokens(record) => {
            Some("it speaks of tokens and of a failure, but not of a refresh")
        }
        _ => None,
    }
}

/// Whether a running text of a record is about tokens, grants or OAuth at all.
fn speaks_of_tokens(record: &Record<'_>) -> bool {
    let about = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["oauth", "token", "grant"].iter().any(|word| text.contains(word))
    };
    record.texts.iter().any(|text| about(text))
}

/// An event rule for records like this one.
fn suggestion(record: &Record<'_>, roles: &Roles<'_>, signals: &Signals<'_, '_>) -> String {
    let kind = match signals.outcome {
        Some(Outcome::Success) => "\"refresh_succeeded\"",
        Some(Outcome::Failure) => "\"refresh_failed\"",
        _ => "\"refresh_failed\" # or \"refresh_succeeded\": these words do not tell",
    };
    let headline = HEADLINES.iter().find_map(|name| {
        let fields = record.fields.iter().filter(|field| field.leaf() == *name);
        fields.map(|field| (field.path, field.value)).find(|(_, value)| is_headline(value))
    });
    let conditions: Vec<(&str, &str)> = match headline {
        Some(headline) => vec![headline],
        None if record.texts.is_empty() => telling(record, roles),
        None => Vec::new(),
    };
    let condition = if conditions.is_empty() {
        format!("text = [{}]", quoted(&pattern(record)))
    } else {
        let all = conditions.iter().map(|(path, value)| format!("{} = [{}]", key(path), quoted(value)));
        format!("where = {{ {} }}", all.collect::<Vec<_>>().join(", "))
    };
    let unknown = [FieldRole::Client, FieldRole::Subject].into_iter().filter(|role| roles.get(*role).is_none());
    let map: Vec<String> = unknown.map(|role| format!("{} = [\"…\"]", role.name())).collect();
    let map = if map.is_empty() {
        String::new()
    } else {
        let keys: Vec<&str> =
            record.fields.iter().map(|field| field.path).filter(|path| draft::is_key(path)).take(12).collect();
        format!("\n# map = {{ {} }}, from: {}", map.join(", "), keys.join(", "))
    };
    format!("[[event]]\nid = \"my-event\"\nkind = {kind}\n{condition}{map}")
}

/// A value that names an event, rather than one that holds the event's own names and numbers.
fn is_headline(value: &str) -> bool {
    (3..=80).contains(&value.len())
        && !value.contains(['{', '=', '\n', '"'])
        && !value.bytes().any(|byte| byte.is_ascii_digit())
}

/// The first values of a record without running text that name no one: together they may name the event.
fn telling<'a>(record: &Record<'a>, roles: &Roles<'a>) -> Vec<(&'a str, &'a str)> {
    let names = |path: &str| {
        let others = ROLES.into_iter().chain([FieldRole::Level]);
        others.flat_map(|role| roles.all(role)).any(|field| field.path == path)
    };
    let fields = record.fields.iter().filter(|field| is_headline(field.value) && !names(field.path));
    fields.map(|field| (field.path, field.value)).take(TELLING).collect()
}

/// The longest run of words of a text, as a pattern: no number, no name of a pair and nothing in quotes or brackets.
fn pattern(record: &Record<'_>) -> String {
    let text = record.texts.last().copied().unwrap_or_default();
    let ends = |letter: char| letter.is_ascii_digit() || "{}=\"'\n<>[]()|".contains(letter);
    let runs = text.split_inclusive(ends).map(|run| match run.strip_suffix('=') {
        Some(before) => before.rsplit_once(' ').map_or("", |(words, _)| words),
        None => run.trim_end_matches(ends),
    });
    let letters = |run: &str| run.bytes().filter(u8::is_ascii_alphabetic).count();
    let longest = runs.rev().max_by_key(|run| letters(run)).unwrap_or_default();
    let words = longest.trim_matches(|letter: char| !letter.is_alphanumeric());
    let mut end = words.len().min(60);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    regex::escape(&words[..end])
}

/// A key as TOML writes it.
fn key(path: &str) -> String {
    let bare = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if bare { path.to_owned() } else { quoted(path) }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
