//! Which refresh token was presented and which was issued: digests, or the log's own forms of them.

use bumpalo::Bump;

use super::draft::Draft;
use super::roles::Roles;
use super::signals::Signals;
use crate::format::{Clock, Field, Record, ValueKind, percent_decode, timestamp};
use crate::model::{EventKind, TokenDigest, Zone, pseudonym_digits};
use crate::rules::{FieldRole, Topic};

/// Shorter values are no tokens, but forms of one.
const SHORTEST_TOKEN: usize = 12;

/// Fills `presented` and `issued` of a draft.
pub(super) fn assign(draft: &mut Draft<'_>, roles: &Roles<'_>, signals: &Signals<'_, '_>) {
    draft.presented = roles.all(FieldRole::Presented).find_map(identity);
    draft.issued = roles.all(FieldRole::Issued).find_map(identity);
    for field in roles.all(FieldRole::RefreshToken) {
        let Some(found) = identity(field) else { continue };
        let slot = if is_issued(draft.kind, field, signals) { &mut draft.issued } else { &mut draft.presented };
        slot.get_or_insert(found);
    }
    if draft.presented == draft.issued {
        // One value under several keys: the server did not rotate, or the log repeats it.
        draft.issued = None;
    }
}

/// Whether a refresh token whose key has no direction was handed out by this record.
fn is_issued(kind: EventKind, field: &Field<'_>, signals: &Signals<'_, '_>) -> bool {
    let has = |part: &str| field.path.contains(part);
    match kind {
        EventKind::GrantIssued => true,
        EventKind::RefreshSucceeded if has("request") || has("params") || has("form") || has("presented") => false,
        EventKind::RefreshSucceeded if has("response") || has("body") || has("result") || has("new") => true,
        EventKind::RefreshSucceeded => is_value_key(field.leaf()) && signals.grant.is_none(),
        _ => false,
    }
}

/// Keys that say whether an answer had a refresh token.
const HAS_TOKEN: [&str; 6] = [
    "hasrefreshtoken",
    "refreshtokenpresent",
    "refreshtokenreturned",
    "refreshtokenreceived",
    "gotrefreshtoken",
    "includesrefreshtoken",
];

/// Whether a record shows that the answer to a refresh had no refresh token: it says so, its field is
/// empty, or the answer is there as a whole and has none.
pub(super) fn omitted(record: &Record<'_>, signals: &Signals<'_, '_>) -> bool {
    let no = |field: &Field<'_>| matches!(field.value, "false" | "False" | "0" | "no");
    let empty =
        |field: &Field<'_>| field.kind == ValueKind::Null || matches!(field.value, "" | "null" | "None" | "nil");
    let (mut given, mut lacking, mut answer) = (false, signals.about(Topic::Omitted), [false; 2]);
    for field in &record.fields {
        match field.leaf() {
            "refreshtoken" => (given, lacking) = (given || !empty(field), lacking || empty(field)),
            "accesstoken" => answer[0] |= !empty(field),
            "tokentype" | "expiresin" => answer[1] = true,
            leaf if leaf.contains("refreshtoken") => {
                lacking |= HAS_TOKEN.contains(&leaf) && no(field);
                given |= !HAS_TOKEN.contains(&leaf);
            }
            _ => {}
        }
    }
    !given && (lacking || answer == [true; 2])
}

/// A value as a query or form had it before it was encoded, once or twice: the token is the same in the request's
/// address and in the answer's JSON.
fn plain<'v>(arena: &'v Bump, value: &'v str) -> &'v str {
    (0..2).fold(value, |value, _| if value.contains('%') { percent_decode(arena, value) } else { value })
}

/// Keys that hold a token itself, not a digest or an id of it.
fn is_value_key(leaf: &str) -> bool {
    !["hash", "sha", "digest", "fp", "fingerprint", "suffix", "last4", "hint", "jti", "id"]
        .iter()
        .any(|end| leaf.ends_with(end))
}

/// A raw value becomes its keyed digest; what is masked, hashed or an id already keeps its form.
fn identity(field: &Field<'_>) -> Option<String> {
    let arena = Bump::new();
    let value = plain(&arena, field.value).trim().trim_matches(['"', '\'', '[', ']']);
    if let Some(digits) = pseudonym_digits(value) {
        return Some(format!("redacted:{digits}"));
    }
    // `rt=0.095` of a web server is its response time, `issued` beside a token when that was.
    if is_measure(field) || (is_value_key(field.leaf()) && is_time(value)) {
        return None;
    }
    let letters = value.bytes().filter(u8::is_ascii_alphanumeric).count();
    let placeholder = ["redacted", "filtered", "hidden", "masked", "secret", "null", "none", "true", "false"];
    if letters < 3 || placeholder.iter().any(|word| value.trim_matches(['<', '>', '*']).eq_ignore_ascii_case(word)) {
        return None;
    }
    // HIDDEN_FOR_SECURITY and its like: the same for every token.
    if value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
        return None;
    }
    if value.contains(['*', '…']) || value.contains("...") {
        return Some(format!("masked:{}", value.replace("...", "…")));
    }
    let token = value.len() >= SHORTEST_TOKEN
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=!:|".contains(&byte));
    if is_value_key(field.leaf()) && token && !value.starts_with("sha256:") {
        return Some(TokenDigest::of(value.as_bytes()).to_string());
    }
    (value.len() <= 128 && !value.contains(' ')).then(|| format!("id:{value}"))
}

/// Whether a field that should hold a token holds a number, with a unit or without, or several; a token is longer.
pub(super) fn is_measure(field: &Field<'_>) -> bool {
    is_value_key(field.leaf()) && is_number(field.value.trim())
}

fn is_time(text: &str) -> bool {
    timestamp::parse(text, &Clock { zone: Zone::UTC, day: None }).is_some()
}

fn is_number(text: &str) -> bool {
    const UNITS: [&str; 6] = ["", "s", "ms", "us", "µs", "ns"];
    let one = |number: &str| {
        let unit = number.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '.');
        number.starts_with(|sign: char| sign.is_ascii_digit()) && UNITS.contains(&unit)
    };
    text.len() < SHORTEST_TOKEN && text.split([',', ':']).all(one)
}

#[cfg(test)]
mod tests {
    use super::{is_number, is_time};

    #[test]
    fn a_response_time_is_no_token() {
        for text in ["0.095", "95", "95ms", "1.2s", "0.01,0.2", "120µs"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["", "a1b2", "12ab", "ms", "…4711", "482913750164829137", "0.1x"] {
            assert!(!is_number(text), "{text}");
        }
    }

    #[test]
    fn when_a_token_was_issued_is_no_token() {
        for text in ["2026-03-02T12:00:00Z", "2026-03-02 12:00:00+01:00", "1772452800", "1772452800123"] {
            assert!(is_time(text), "{text}");
        }
        for text in ["Rt0-9f8e7d6c5b4a3f2e", "482913750164829137482913", "2026-9f8e7d6c5b4a", "2026.abc"] {
            assert!(!is_time(text), "{text}");
        }
    }
}
