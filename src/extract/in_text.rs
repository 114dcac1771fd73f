//! Parts of a token event that only running text names: `for user u1 client c1 (pid 42)`.

use super::roles::Roles;
use super::signals::head;
use crate::format::Record;
use crate::rules::{FieldRole, Pattern};

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

#[derive(Debug)]
pub(super) struct TextFields {
    patterns: Vec<(FieldRole, Vec<Pattern>)>,
}

impl TextFields {
    pub(super) fn new(patterns: &[(FieldRole, Vec<Pattern>)]) -> Self {
        Self { patterns: patterns.to_vec() }
    }

    /// Fills roles that no field has.
    pub(super) fn complete<'a>(&self, record: &Record<'a>, roles: &mut Roles<'a>) {
        for (role, patterns) in &self.patterns {
            if roles.get(*role).is_some() {
                continue;
            }
            let found = patterns.iter().find_map(|pattern| {
                let holds = |text: &&&str| pattern.regex().is_match(head(text, BEGINNING));
                record.texts.iter().filter(holds).find_map(|text| {
                    pattern.regex().captures_iter(head(text, BEGINNING)).find_map(|groups| {
                        let value = text[groups.name("value")?.range()].trim_end_matches(['.', ':', ',', ';', '-']);
                        is_name(*role, value).then_some(value)
                    })
                })
            });
            if let Some(value) = found {
                roles.set(*role, value);
            }
        }
    }
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
