//! In which identities two records differ.

use crate::model::{Symbol, TokenEvent};

/// Every identity that a record may carry.
fn identities(event: &TokenEvent) -> [Option<Symbol>; 11] {
    [
        event.presented,
        event.issued,
        event.request_id,
        event.host,
        event.process,
        event.thread,
        event.subject,
        event.grant_id,
        event.client,
        event.provider,
        event.address,
    ]
}

/// Whether an identity that both carry differs, or the status.
pub(super) fn conflict(a: &TokenEvent, b: &TokenEvent) -> bool {
    let differ = |(a, b): (Option<Symbol>, Option<Symbol>)| a.is_some() && b.is_some() && a != b;
    identities(a).into_iter().zip(identities(b)).any(differ)
        || (a.status.is_some() && b.status.is_some() && a.status != b.status)
}

/// Whether `a` carries strictly less identity than `b`.
pub(super) fn less(a: &TokenEvent, b: &TokenEvent) -> bool {
    let pairs = || identities(a).into_iter().zip(identities(b));
    pairs().all(|(a, b)| a.is_none() || b.is_some()) && pairs().any(|(a, b)| a.is_none() && b.is_some())
}
