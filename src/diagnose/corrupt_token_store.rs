//! `corrupt-token-store`: the store broke, and what it gave afterwards was no good.
//!
//! The store's own trouble stands in the logs before the failures, with no good refresh or sign-in
//! between, and nothing says that it was another user's or another host's.

use crate::model::{CauseClass, Confidence, Symbol, TokenEvent};

use super::draft::Verdict;
use super::episode::Episode;
use super::line::Line;
use super::names::CORRUPT;

/// How many records of trouble are looked at for one failure: bounds the work on a hostile log.
const REACH: usize = 64;

/// The record of a broken store that a failure follows; an id.
pub(super) fn before(line: &Line<'_>, failure: u32) -> Option<u32> {
    trouble(line, failure, &line.scene.troubles.corrupt)
}

/// The latest record among `troubles` (ids in order) that a failure follows and that is about its store.
pub(super) fn trouble(line: &Line<'_>, failure: u32, troubles: &[u32]) -> Option<u32> {
    let failed = line.scene.event(failure);
    let at = failed.time?.nanos;
    let until = troubles.partition_point(|&id| id < failure);
    let fresh = line.fresh().partition_point(|&time| time < at);
    let fresh = fresh.checked_sub(1).map_or(i64::MIN, |last| line.fresh()[last]);
    let oldest = fresh.max(at.saturating_sub(line.scene.limits.corrupt));
    let recent = troubles[..until].iter().rev().take(REACH).copied();
    recent.take_while(|&id| nanos(line, id) >= oldest).find(|&id| concerns(line, line.scene.event(id), failed))
}

fn nanos(line: &Line<'_>, id: u32) -> i64 {
    line.scene.event(id).time.map_or(i64::MIN, |time| time.nanos)
}

/// Whether a record of trouble can be about the store of a failure: nothing differs, and something is the same.
fn concerns(line: &Line<'_>, trouble: &TokenEvent, failed: &TokenEvent) -> bool {
    let differ = |a: Option<Symbol>, b: Option<Symbol>| a.is_some() && b.is_some() && a != b;
    let same = |a: Option<Symbol>, b: Option<Symbol>| a.is_some() && a == b;
    let (client, subject) = (line.principal().client, line.principal().subject);
    if differ(trouble.client, client) || differ(trouble.subject, subject) || differ(trouble.host, failed.host) {
        return false;
    }
    same(trouble.client, client) || same(trouble.host, failed.host) || trouble.position.source == failed.position.source
}

/// Failures whose error tells nothing else.
pub(super) fn shown(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let id = before(line, line.ids[episode.first()])?;
    (episode.told(line) == CauseClass::Ambiguous).then(|| of(line, id))
}

/// For failures whose own error says that no good token was sent.
pub(super) fn told(line: &Line<'_>, failure: u32) -> Option<Verdict> {
    let id = before(line, failure)?;
    let named = of(line, id).confidence == Confidence::Likely;
    let confidence = if named { Confidence::Proven } else { Confidence::Likely };
    let reason = "The log says that the store could not be read, and the server that what was sent then is no token.";
    Some(Verdict::new(CORRUPT, confidence, reason))
}

fn of(line: &Line<'_>, id: u32) -> Verdict {
    let trouble = line.scene.event(id);
    let named = trouble.client.is_some() || trouble.subject.is_some();
    if named && !line.anonymous {
        let reason = "The log says that the stored credential could not be read, and no refresh works after that.";
        Verdict::new(CORRUPT, Confidence::Likely, reason)
    } else {
        let reason = "The log says that a token store could not be read before this failure; it does not say whose.";
        Verdict::new(CORRUPT, Confidence::Possible, reason)
    }
}
