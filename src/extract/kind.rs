//! What kind of token event the signals of a record make, where no rule names it.

use super::ENDPOINT_RULE;
use super::signals::{Endpoint, GrantType, Outcome, Signals};
use crate::model::EventKind;
use crate::rules::Topic;

/// The rule id of events that only the words of a record tell.
pub(super) const WORDING: &str = "wording";

/// The kind, and the id that tells by what it was recognised.
pub(super) fn decide(signals: &Signals<'_, '_>) -> Option<(EventKind, &'static str)> {
    if signals.no_attempt {
        return None;
    }
    let certain = signals.code.is_some_and(|hit| hit.known.refresh_only);
    match signals.grant {
        Some(GrantType::Other) => return None,
        Some(GrantType::Client) => {
            let given = signals.outcome == Some(Outcome::Success);
            return given.then_some((EventKind::TokenIssued, "grant-type"));
        }
        Some(GrantType::New) => {
            let stored = signals.about(Topic::Grant) || signals.about(Topic::Store);
            let told = signals.outcome.is_none() && stored;
            let granted = signals.outcome == Some(Outcome::Success) || told;
            return granted.then_some((EventKind::GrantIssued, "grant-type"));
        }
        Some(GrantType::Refresh) => return attempt(signals, "grant-type"),
        None => {}
    }
    if signals.about(Topic::Chatter) && !certain {
        return None;
    }
    if let Some(decided) = login(signals) {
        return decided;
    }
    if certain {
        return Some((EventKind::RefreshFailed, "error-code"));
    }
    if let Some(kind) = store_trouble(signals) {
        return Some((kind, WORDING));
    }
    let answered = signals.code.is_some() || signals.status.is_some() || signals.endpoint == Some(Endpoint::Token);
    if signals.about(Topic::Discard) && !answered {
        return Some((EventKind::CredentialDiscarded, WORDING));
    }
    if signals.about(Topic::Refresh)
        && let Some(found) = attempt(signals, WORDING)
    {
        return Some(found);
    }
    lifecycle(signals).or_else(|| by_endpoint(signals))
}

/// What became of a code or a password, where the record is about one and no refresh: `invalid_grant` is the answer to
/// either, too. Nothing is decided where it does not say.
#[allow(clippy::option_option, reason = "whether it decides, and what")]
fn login(signals: &Signals<'_, '_>) -> Option<Option<(EventKind, &'static str)>> {
    if !signals.about(Topic::Login) {
        return None;
    }
    let refresh = signals.about(Topic::Refresh);
    match signals.outcome {
        Some(Outcome::Failure) if !refresh => Some(None),
        // `re-authorized, new refresh token stored` speaks of a refresh token, and of no refresh.
        None | Some(Outcome::Success) if signals.about(Topic::Store) && (!refresh || signals.about(Topic::Grant)) => {
            Some(Some((EventKind::GrantIssued, WORDING)))
        }
        _ => None,
    }
}

/// A store that could not be read or written. An answer with a status is a server's, not a store's.
fn store_trouble(signals: &Signals<'_, '_>) -> Option<EventKind> {
    if signals.status.is_some() {
        return None;
    }
    let kinds = [(Topic::Corrupt, EventKind::StoreCorrupt), (Topic::Unsaved, EventKind::StoreFailed)];
    kinds.into_iter().find(|(topic, _)| signals.about(*topic)).map(|(_, kind)| kind)
}

/// A refresh with its outcome, or its beginning; one that is still to come is nothing yet.
fn attempt(signals: &Signals<'_, '_>, rule: &'static str) -> Option<(EventKind, &'static str)> {
    match signals.outcome? {
        Outcome::Success => Some((EventKind::RefreshSucceeded, rule)),
        Outcome::Failure => Some((EventKind::RefreshFailed, rule)),
        Outcome::Start => Some((EventKind::RefreshStarted, rule)),
        Outcome::Due => None,
    }
}

/// Grants, revocations and stores.
fn lifecycle(signals: &Signals<'_, '_>) -> Option<(EventKind, &'static str)> {
    let failed = signals.outcome == Some(Outcome::Failure);
    if signals.endpoint == Some(Endpoint::Revoke) && signals.outcome == Some(Outcome::Success) {
        return Some((EventKind::TokenRevoked, ENDPOINT_RULE));
    }
    let kinds = [
        (Topic::Grant, EventKind::GrantIssued),
        (Topic::Revoke, EventKind::TokenRevoked),
        (Topic::Store, EventKind::StoreWritten),
        (Topic::Load, EventKind::StoreRead),
    ];
    let (_, kind) = kinds.into_iter().find(|(topic, _)| signals.about(*topic))?;
    let coming = matches!(signals.outcome, Some(Outcome::Start | Outcome::Due));
    (!failed && !coming).then_some((kind, WORDING))
}

/// What an address and a status tell.
pub(super) fn by_endpoint(signals: &Signals<'_, '_>) -> Option<(EventKind, &'static str)> {
    // Some servers answer 200 with an error in the body.
    if signals.endpoint == Some(Endpoint::Token) && signals.code.is_some() {
        return Some((EventKind::RefreshFailed, "error-code"));
    }
    if signals.endpoint == Some(Endpoint::Token) && signals.status.is_none() && signals.about(Topic::Unreachable) {
        return Some((EventKind::RefreshFailed, "unreachable"));
    }
    match (signals.endpoint?, signals.status?) {
        (Endpoint::Token, 200..=299) if signals.code.is_none() => Some((EventKind::RefreshSucceeded, ENDPOINT_RULE)),
        (Endpoint::Token, 400..) => Some((EventKind::RefreshFailed, ENDPOINT_RULE)),
        (Endpoint::Api, 401) => Some((EventKind::ApiUnauthorized, ENDPOINT_RULE)),
        _ => None,
    }
}
