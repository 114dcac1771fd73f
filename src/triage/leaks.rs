//! Sightings of one value become one leak, judged by what became of the value.

use std::collections::BTreeMap;

use crate::model::{
    Leak, LeakKind, LeakSighting, LeakStatus, PresentationOutcome, Severity, Timestamp, TokenDigest, TokenLife,
    TokenUse,
};

/// The leaks of a run, worst first. `lives` says what became of refresh tokens, by digest; `end` is
/// the last time in the logs, against which a token's own expiry is held.
pub fn leaks(
    sightings: &[LeakSighting],
    paths: &[String],
    lives: &BTreeMap<String, TokenLife>,
    end: Option<Timestamp>,
) -> Vec<Leak> {
    let mut values: BTreeMap<TokenDigest, Vec<&LeakSighting>> = BTreeMap::new();
    for sighting in sightings {
        values.entry(sighting.digest).or_default().push(sighting);
    }
    let mut leaks: Vec<Leak> = values.into_values().map(|seen| one(seen, paths, lives, end)).collect();
    leaks.sort_by(|a, b| {
        (a.severity, a.status, &a.path, a.byte_start, &a.id).cmp(&(b.severity, b.status, &b.path, b.byte_start, &b.id))
    });
    leaks
}

fn one(
    mut seen: Vec<&LeakSighting>,
    paths: &[String],
    lives: &BTreeMap<String, TokenLife>,
    end: Option<Timestamp>,
) -> Leak {
    let path = |sighting: &LeakSighting| paths[sighting.position.source as usize].as_str();
    seen.sort_by(|a, b| (path(a), a.position.byte_start(), &a.rule).cmp(&(path(b), b.position.byte_start(), &b.rule)));
    let first = seen[0];
    // The sighting that says most about the value names it: the surest rule, then the gravest.
    let best = seen.iter().min_by(|a, b| {
        (b.confidence, a.severity, a.kind == LeakKind::AuthorizationHeader, &a.rule).cmp(&(
            a.confidence,
            b.severity,
            b.kind == LeakKind::AuthorizationHeader,
            &b.rule,
        ))
    });
    let best = best.copied().unwrap_or(first);
    let digest = first.digest.to_string();
    let life = lives.get(&digest);
    let status = status(&seen, life.map(|life| life.status), end);
    let times = || seen.iter().filter_map(|sighting| sighting.time);
    let used_from = life.zip(times().min()).and_then(|(life, leaked)| used_from(life, leaked));
    Leak {
        id: TokenDigest::of(format!("leak {} {digest}", best.rule).as_bytes()).to_string()[..12].to_owned(),
        rule: best.rule.clone(),
        kind: best.kind,
        severity: severity(best.severity, best.kind, status, used_from.as_ref()),
        path: path(first).to_owned(),
        line: first.position.line(),
        column: first.column,
        end_column: first.end_column,
        byte_start: first.position.byte_start(),
        byte_end: first.position.byte_end(),
        field: best.field.clone(),
        masked: best.masked.clone(),
        digest,
        occurrences: seen.len() as u64,
        first_time: times().min(),
        last_time: times().max(),
        status,
        client: seen.iter().find_map(|sighting| sighting.client.clone()),
        subject: seen.iter().find_map(|sighting| sighting.subject.clone()),
        confidence: best.confidence,
        superseded_after_ms: life
            .and_then(|life| life.superseded_at)
            .zip(times().min())
            .map(|(spent, leaked)| spent.millis_since(leaked).max(0)),
        used_from,
        guessable: seen.iter().any(|sighting| sighting.guessable),
    }
}

fn status(seen: &[&LeakSighting], life: Option<LeakStatus>, end: Option<Timestamp>) -> LeakStatus {
    let expiry = seen.iter().find_map(|sighting| sighting.expires_at);
    let over = expiry.zip(end).is_some_and(|(expiry, end)| expiry.saturating_mul(1_000_000_000) <= end.nanos);
    match life {
        Some(life) => life,
        None if over => LeakStatus::Expired,
        None => LeakStatus::Unknown,
    }
}

/// The first use after the leak from an address that was new.
fn used_from(life: &TokenLife, leaked: Timestamp) -> Option<TokenUse> {
    life.strange_uses.iter().find(|one| one.time.is_some_and(|time| time > leaked)).cloned()
}

/// A live refresh token is the worst leak there is, and one that a stranger has used is no better; what is
/// spent or dead is one step less grave.
fn severity(rule: Severity, kind: LeakKind, status: LeakStatus, used_from: Option<&TokenUse>) -> Severity {
    let taken = used_from.is_some_and(|one| one.outcome == PresentationOutcome::Accepted);
    match (status, kind) {
        _ if taken => Severity::Critical,
        (LeakStatus::Live, LeakKind::RefreshToken) => Severity::Critical,
        (LeakStatus::Live | LeakStatus::Unknown, _) => rule,
        _ => match rule {
            Severity::Critical => Severity::High,
            Severity::High => Severity::Medium,
            _ => Severity::Low,
        },
    }
}
