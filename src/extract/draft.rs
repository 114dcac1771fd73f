//! A token event before its strings are masked and interned.

use std::borrow::Cow;

use super::copies::NAMES;
use super::roles::{Roles, number};
use super::signals::Signals;
use super::tokens;
use crate::format::{Field, Record, percent_decode};
use crate::model::{CauseClass, EventKind, Position, Symbols, Timestamp, TokenEvent};
use crate::rules::FieldRole;

/// Replaces every secret in a text by its masked form.
pub type Masker<'m> = &'m dyn for<'t> Fn(&'t str) -> Cow<'t, str>;

/// Longest description that is kept, in bytes.
const DESCRIPTION: usize = 300;

#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) kind: EventKind,
    pub(super) class: CauseClass,
    pub(super) error: Option<&'a str>,
    pub(super) status: Option<u16>,
    insecure: bool,
    without_refresh_token: bool,
    pub(super) provider: Option<String>,
    pub(super) presented: Option<String>,
    pub(super) issued: Option<String>,
    rule: String,
    time: Option<Timestamp>,
    /// The lifetime of the access token, as written.
    pub(super) lifetime: Option<&'a str>,
    /// How long the request took.
    pub(super) duration: Option<Field<'a>>,
    description: Option<String>,
    sub_code: Option<String>,
    message: Option<&'a str>,
    wording: u32,
    level: u8,
    /// Whatever else says why: hints, details, the error's own text.
    reasons: Vec<&'a str>,
    /// The values of `NAMES`, in its order.
    pub(super) identities: [Option<&'a str>; NAMES.len()],
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        kind: EventKind,
        rule: &str,
        record: &Record<'a>,
        roles: &Roles<'a>,
        signals: &Signals<'_, 'a>,
    ) -> Self {
        let failed = kind == EventKind::RefreshFailed;
        let code = signals.code.map(|hit| &hit.tail[..hit.known.code.len()]);
        let named = roles.all(FieldRole::Error).map(|field| field.value).find(|value| is_code(value));
        Self {
            kind,
            class: CauseClass::Ambiguous,
            error: if failed { code.or(named) } else { None },
            status: signals.status.or_else(|| roles.get(FieldRole::Status).and_then(|value| value.parse().ok())),
            insecure: signals.insecure,
            without_refresh_token: kind == EventKind::RefreshSucceeded && tokens::omitted(record, signals),
            provider: None,
            presented: None,
            issued: None,
            rule: rule.to_owned(),
            time: record.stamp.map(|stamp| stamp.time),
            lifetime: roles.get(FieldRole::ExpiresIn),
            duration: roles.all(FieldRole::Duration).next().copied(),
            description: if failed { description(record, roles, signals) } else { None },
            sub_code: if failed { sub_code(record, roles, code) } else { None },
            message: record.texts.first().copied(),
            wording: record.texts.first().map_or(0, |text| super::wording::of(text)),
            level: super::wording::level(roles.get(FieldRole::Level), record.texts.first().copied()),
            reasons: if failed { reasons(roles) } else { Vec::new() },
            identities: NAMES.map(|role| roles.get(role).map(|value| value.trim().trim_matches(['"', '\'']))),
        }
    }

    /// The texts that say why.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.description.as_deref().into_iter().chain(self.reasons.iter().copied()).chain(self.message)
    }

    /// The codes that say why, finest first.
    pub(super) fn sub_codes(&self) -> impl Iterator<Item = &str> {
        self.sub_code.as_deref().into_iter()
    }

    /// Masks and interns every string.
    pub(super) fn keep(self, position: Position, mask: Masker<'_>, symbols: &mut Symbols) -> TokenEvent {
        let mut event = TokenEvent::new(self.kind, symbols.intern(&self.rule), position);
        // What was kept before has been masked, and masking it again would change nothing: names come again and again.
        let mut known = |text: &str| symbols.find(text).unwrap_or_else(|| symbols.intern(&mask(text)));
        let mut keep = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(&mut known);
        let [client, subject, grant, request, address, host, process, thread, logger] = self.identities;
        event.error = keep(self.error);
        event.error_description = keep(self.description.as_deref());
        event.sub_code = keep(self.sub_code.as_deref());
        event.provider = keep(self.provider.as_deref());
        (event.client, event.subject, event.grant_id, event.request_id) =
            (keep(client), keep(subject), keep(grant), keep(request));
        (event.address, event.host, event.process, event.thread) =
            (keep(address), keep(host), keep(process), keep(thread));
        event.logger = keep(logger);
        event.presented = keep(self.presented.as_deref());
        event.issued = keep(self.issued.as_deref());
        event.time = self.time;
        (event.insecure, event.without_refresh_token) = (self.insecure, self.without_refresh_token);
        event.class = self.class;
        event.status = self.status;
        event.expires_in = self.lifetime.and_then(expires_in).into();
        event.duration_ms = self.duration.and_then(|field| milliseconds(field.value, field.leaf())).into();
        (event.wording, event.level) = (self.wording, self.level);
        event
    }
}

/// A word that can be an error code: no spaces, not a number, not a sentence.
fn is_code(value: &str) -> bool {
    (3..=64).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-:".contains(&byte))
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// A path that can be mapped to a role: short, and with a letter.
pub(super) fn is_key(path: &str) -> bool {
    (2..=48).contains(&path.len()) && path.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The running texts of error and description fields.
fn reasons<'a>(roles: &Roles<'a>) -> Vec<&'a str> {
    let fields = [FieldRole::Description, FieldRole::Error].into_iter().flat_map(|role| roles.all(role));
    fields.map(|field| field.value).filter(|value| value.contains(' ')).take(6).collect()
}

/// The description field, or what follows the code in the text that holds it.
fn description(record: &Record<'_>, roles: &Roles<'_>, signals: &Signals<'_, '_>) -> Option<String> {
    let arena = bumpalo::Bump::new();
    let fields = roles.all(FieldRole::Description).map(|field| percent_decode(&arena, field.value));
    let of_field = fields
        .filter(|value| value.contains(' ') && !value.trim_start().starts_with('{'))
        .find(|value| !value.starts_with("oauth2:"));
    let of_code = || signals.code.and_then(|hit| after_code(&hit.tail[hit.known.code.len()..]));
    // The code stood in a field of its own; the line that the field was taken from may say more.
    let of_line = || {
        let code = signals.code?.known.code.as_str();
        record.texts.iter().find_map(|text| after_code(text.split_once(code)?.1))
    };
    of_field.or_else(of_code).or_else(of_line).map(shorten)
}

/// `invalid_grant: text`, `(invalid_grant) text`, `"invalid_grant" "text"`, `invalid_grant (text)`.
fn after_code(tail: &str) -> Option<&str> {
    let text = tail.trim_start_matches([')', ']', '"', '\'', ':', ',', ';', ' ', '\\', '-', '>', '=', '.']);
    let skipped = &tail[..tail.len() - text.len()];
    let (text, end) = match text.strip_prefix('(') {
        Some(inner) => (inner, inner.find([')', '\n'])),
        None if skipped.ends_with('"') => (text, text.find(['"', '\n'])),
        None => (text, text.find(['\n', '{', '}', '"'])),
    };
    let text = text[..end.unwrap_or(text.len())].trim_end_matches(['\\', ' ', ',', ')', ']', '(', ':']);
    let text = text.split(" (see ").next().unwrap_or(text);
    // A pair that follows (`error=invalid_grant client_id=c1`) is no description.
    // A pair that follows after a comma (`invalid_grant, client: 192.0.2.4`) is none either.
    let ends = |word: &str| word.contains('=') || (skipped.starts_with(',') && word.ends_with(':'));
    let pair = text.split(' ').next().is_some_and(ends);
    (text.len() >= 4 && text.contains(' ') && !pair && text.is_char_boundary(0)).then_some(text)
}

/// The start of a long description. The last word may be a part of a secret that nobody would recognise: it is dropped.
fn shorten(text: &str) -> String {
    if text.len() <= DESCRIPTION {
        return text.trim().to_owned();
    }
    let whole = text.as_bytes()[..DESCRIPTION].iter().rposition(|byte| b" ,;\"'".contains(byte)).unwrap_or(0);
    format!("{}…", text[..whole].trim())
}

/// A provider's finer code: its own field, or `AADSTS50173` in a text.
fn sub_code(record: &Record<'_>, roles: &Roles<'_>, code: Option<&str>) -> Option<String> {
    let entra = |text: &&str| {
        text.find("AADSTS")
            .map(|at| text[at..].bytes().take_while(u8::is_ascii_alphanumeric).count())
            .is_some_and(|length| length > 9)
    };
    let values = record.fields.iter().map(|field| field.value).chain(record.texts.iter().copied());
    if let Some(text) = values.into_iter().find(entra) {
        let tail = &text[text.find("AADSTS")?..];
        return Some(tail.bytes().take_while(u8::is_ascii_alphanumeric).map(char::from).collect());
    }
    let named = roles.all(FieldRole::SubCode).filter_map(|field| match field.leaf() {
        // An error page's address ends in the code at some servers (`…/errors/ID2012`), in words at others.
        "erroruri" => field.value.rsplit('/').next().filter(|end| end.starts_with("ID")),
        _ => Some(field.value),
    });
    let reasons = [FieldRole::Error, FieldRole::Description].into_iter().flat_map(|role| roles.all(role));
    let finer = reasons.map(|field| field.value);
    let mut all = named
        .chain(finer)
        .filter(|value| (2..=64).contains(&value.len()) && !value.contains([' ', '+', '%']) && Some(*value) != code);
    all.find(|value| *value != "0").map(str::to_owned)
}

/// Seconds, as servers and clients write them.
pub(super) fn expires_in(value: &str) -> Option<u32> {
    plain(value).or_else(|| whole(number(value)?))
}

/// Milliseconds, by the unit in the value or the last part of its path.
pub(super) fn milliseconds(value: &str, leaf: &str) -> Option<u32> {
    let digits = value.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let number = plain(&value[..digits]).map(f64::from).or_else(|| value[..digits].parse().ok())?;
    let factor = match (value[digits..].trim(), leaf) {
        ("s" | "sec", _) => 1000.0,
        ("us" | "µs", _) => 0.001,
        ("ns", _) => 0.000_001,
        ("", "requesttime" | "responsetime") if value.contains('.') => 1000.0,
        // Go's time.Duration is nanoseconds; no request takes ten minutes.
        ("", "duration" | "elapsed" | "latency") if number > 6e5 => 0.000_001,
        ("" | "ms", _) => 1.0,
        _ => return None,
    };
    whole(number * factor)
}

/// A number of a few digits and nothing else, as nearly all are: known in a tenth of the time of any other.
fn plain(digits: &str) -> Option<u32> {
    let short = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    short.then(|| digits.bytes().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

/// A number of seconds or milliseconds; what is negative, or longer than a lifetime, is none.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies within the range")]
fn whole(number: f64) -> Option<u32> {
    (0.0..f64::from(u32::MAX)).contains(&number).then(|| number.round_ties_even() as u32)
}
