//! Values as they stand on the page: clipped, in words, never as markup.

use std::fmt;

use crate::model::{Confidence, Evidence, FindingClass, Precision, Role, Severity, Timestamp};

/// A place or length across a picture, in percent of its width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Percent(pub(super) f64);

impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.2}%", self.0)
    }
}

/// The first `limit` characters of a text, and a sign that there is more.
pub(super) fn clip(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Names of clients, subjects and the like.
pub(super) fn name(text: Option<&str>) -> String {
    text.map_or_else(|| "–".into(), |text| clip(text, 80))
}

/// How a client is called in every table and picture, so that the filter finds all of them.
pub(super) fn client(text: Option<&str>) -> String {
    text.map_or_else(|| "(unnamed client)".into(), |text| clip(text, 80))
}

/// A time to the millisecond: finer ones are in the JSON report.
pub(super) fn time(time: Timestamp) -> String {
    written(Timestamp { precision: time.precision.min(Precision::Milli), ..time })
}

/// A time to the second, for sentences.
pub(super) fn second(time: Timestamp) -> String {
    written(Timestamp { precision: Precision::Second, ..time })
}

fn written(time: Timestamp) -> String {
    time.to_string().replace('T', " ").replace('Z', " UTC")
}

pub(super) fn maybe_time(moment: Option<Timestamp>) -> String {
    moment.map_or_else(|| "no time".into(), time)
}

/// A path by its end, which tells more than its beginning.
pub(super) fn path(text: &str) -> String {
    let length = text.chars().count();
    match length.checked_sub(96) {
        None | Some(0) => text.to_owned(),
        Some(cut) => format!("…{}", text.chars().skip(cut).collect::<String>()),
    }
}

/// Where a record stands, in a narrow column: the file's name and the line.
pub(super) fn short_place(path: &str, line: u64) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let folder = if name.len() < path.len() { "…/" } else { "" };
    let length = name.chars().count();
    let cut: String = name.chars().skip(length.saturating_sub(48)).collect();
    format!("{}{cut}:{line}", if cut.len() < name.len() { "…" } else { folder })
}

/// An id that can be part of a link: reports of other makers may hold anything.
pub(super) fn anchor(id: &str, number: usize) -> String {
    let plain = !id.is_empty() && id.len() <= 40 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain { format!("f-{id}") } else { format!("n-{number}") }
}

/// The class that colours a cause; one colour for all that are not known.
pub(super) fn cause_class(rule: &str) -> &'static str {
    match rule {
        "refresh-race" => "c-race",
        "refresh-race-revoked" => "c-race-revoked",
        "refresh-token-reuse" => "c-reuse",
        "permanent-revocation" => "c-revoked",
        "expired-refresh-token" => "c-expired",
        "rotation-not-persisted" | "dropped-refresh-token" | "corrupt-token-store" => "c-unsaved",
        "rotation-overwritten" => "c-overwritten",
        "stale-token-read" => "c-stale",
        "provider-outage" => "c-outage",
        "client-misconfigured" | "malformed-token" => "c-client",
        "interaction-required" | "clock-skew" => "c-user",
        _ => "c-other",
    }
}

pub(super) fn severity_rank(severity: Severity) -> u8 {
    severity as u8
}

pub(super) fn confidence_rank(confidence: Confidence) -> u8 {
    confidence as u8
}

pub(super) fn class(class: FindingClass) -> &'static str {
    match class {
        FindingClass::Cause => "cause",
        FindingClass::Behaviour => "behaviour",
    }
}

/// What an event was in its incident, in a word.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Winner => "won",
        Role::Loser => "lost",
        Role::Cause => "failed",
        Role::Aftermath => "failed later",
        Role::Heal => "healed",
        Role::Context => "context",
    }
}

/// Who tried: host, process and thread where the log says, else the address, else the file.
pub(super) fn worker(evidence: &Evidence) -> String {
    let parts = [
        evidence.host.clone(),
        evidence.process.as_ref().map(|process| format!("process {process}")),
        evidence
            .thread
            .as_ref()
            .map(|thread| if thread.contains("thread") { thread.clone() } else { format!("thread {thread}") }),
    ];
    let known: Vec<String> = parts.into_iter().flatten().collect();
    if !known.is_empty() {
        return known.join(" · ");
    }
    evidence
        .address
        .clone()
        .unwrap_or_else(|| evidence.path.rsplit(['/', '\\']).next().unwrap_or(&evidence.path).to_owned())
}
