//! Whether a record can be one more of an attempt that is known, by what the two of them say.

use super::conflicts::{conflict, less};
use super::groups::Group;
use crate::model::{CauseClass, EventKind, Precision, Symbol, TokenEvent};

pub(super) const MILLI: i64 = 1_000_000;
/// Two layers write about one attempt within this time.
const LAYERS: i64 = 5 * MILLI;
/// An application's own line follows that of its HTTP client within this time.
pub(super) const ECHO: i64 = 50 * MILLI;

/// Whether a record of the same outcome and error, at most 10 ms later, is the same attempt.
pub(super) fn same_moment(group: Group<'_>, event: &TokenEvent, apart: i64) -> bool {
    let known = group.event;
    if group.dropped || known.time.is_none_or(|time| time.precision == Precision::Second) || conflict(known, event) {
        return false;
    }
    let told = event.error.is_some() || (event.status.is_some() && event.status == known.status);
    if event.kind == EventKind::RefreshFailed && !told {
        return false;
    }
    let shares_worker = known.thread.is_some() && known.thread == event.thread
        || known.host.is_some()
            && known.host == event.host
            && known.process.is_some()
            && known.process == event.process;
    if group.layers.have(event) {
        let one_thread = group.layers.are_one() && thread(known).is_some() && thread(known) == thread(event);
        let failed = event.kind == EventKind::RefreshFailed;
        return failed && (one_thread || (apart <= LAYERS && (less(known, event) || less(event, known))));
    }
    if group.layers.reworded_by(event) || group.layers.by_other_rules(event) {
        return apart <= LAYERS;
    }
    let fine = event.time.is_some_and(|time| time.precision >= Precision::Micro);
    apart == 0 && (shares_worker || (fine && known.likeness != 0 && known.likeness == event.likeness))
}

/// Whether a record is the same attempt, told in other words by another thread of its process: an answer that comes in on
/// one thread is often judged on another.
pub(super) fn handed_over(group: Group<'_>, event: &TokenEvent, apart: i64) -> bool {
    let known = group.event;
    let text = known.error_description.is_some() && known.error_description == event.error_description;
    apart <= LAYERS
        && text
        && known.thread != event.thread
        && group.layers.reworded_by(event)
        && same_moment(group, &TokenEvent { thread: known.thread, ..*event }, apart)
}

/// Whether a record is what another layer says of an attempt, a moment later.
pub(super) fn echoes(group: Group<'_>, event: &TokenEvent) -> bool {
    let known = group.event;
    let of_another = group.layers.by_other_rules(event)
        || (group.layers.reworded_by(event) && nanos(event).saturating_sub(nanos(known)) <= ECHO);
    // Of a log of one layer nothing goes on from here.
    if !of_another {
        return false;
    }
    let same = |a: Option<Symbol>, b: Option<Symbol>| a.is_some() && a == b;
    let one_process = same(known.host, event.host) && same(known.process, event.process);
    let together = one_process || group.layers.of_source(event);
    let fine = known.time.is_some_and(|time| time.precision != Precision::Second);
    if group.dropped || !fine || !together || known.kind != event.kind || conflict(known, event) {
        return false;
    }
    let says_same = |a: Option<Symbol>, b: Option<Symbol>| a.is_none() || b.is_none() || a == b;
    let one_worker = same(known.process, event.process) && same(known.thread, event.thread);
    let agree = event.kind == EventKind::RefreshSucceeded
        || (known.error.is_some() && known.error == event.error)
        || status_only(known) != status_only(event)
        || (one_worker && is_mute(known) != is_mute(event));
    agree && says_same(known.error_description, event.error_description) && says_same(known.sub_code, event.sub_code)
}

/// The thread that wrote a record, where its host and process are known too.
pub(super) fn thread(event: &TokenEvent) -> Option<(Symbol, Symbol, Symbol)> {
    Some((event.host?, event.process?, event.thread?))
}

/// Whether a failure is told by its HTTP status alone.
pub(super) fn status_only(event: &TokenEvent) -> bool {
    let refused = event.status.is_some_and(|status| status >= 400);
    refused && event.error.is_none() && event.sub_code.is_none() && event.class == CauseClass::Ambiguous
}

/// Whether a failure says nothing of what it was.
fn is_mute(event: &TokenEvent) -> bool {
    event.error.is_none() && event.sub_code.is_none() && event.status.is_none() && event.error_description.is_none()
}

pub(super) fn nanos(event: &TokenEvent) -> i64 {
    event.time.map_or(i64::MIN, |time| time.nanos)
}

/// Time between two events; a time of whole seconds may lie anywhere in its second.
pub(super) fn distance(a: &TokenEvent, b: &TokenEvent) -> Option<i64> {
    let (left, right) = (a.time?, b.time?);
    let slack =
        if left.precision == Precision::Second || right.precision == Precision::Second { 1000 * MILLI } else { 0 };
    Some((left.nanos.saturating_sub(right.nanos).saturating_abs() - slack).max(0))
}
