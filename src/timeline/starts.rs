//! Requests and responses: where a record tells that a refresh begins, its outcome gets a duration.
//!
//! A beginning belongs to the outcome with its request id; without one, to the next outcome of its thread; where no
//! thread is known either, to the next one of its client and subject, first come first served. The beginnings
//! themselves are no events of a timeline.

use std::collections::VecDeque;

use hashbrown::HashMap;

use super::is_attempt;
use crate::model::{EventKind, Precision, Symbol, TokenEvent};

const SECOND: i64 = 1_000_000_000;
/// No request takes longer.
const LONGEST: i64 = 60 * SECOND;
/// The same, where nothing but the subject joins the two.
const LONGEST_BY_SUBJECT: i64 = 20 * SECOND;
/// So many beginnings wait for their outcomes, of each thread or subject: bounds the work on a hostile log.
const WAITING: usize = 32;

/// What joins a beginning to its outcome.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Request(Symbol),
    /// Source, host, process, thread.
    Thread(u32, Option<Symbol>, Option<Symbol>, Symbol),
    /// Source, client, subject.
    Subject(u32, Option<Symbol>, Symbol),
}

impl Key {
    fn of(event: &TokenEvent) -> Option<Self> {
        let source = event.position.source;
        let request = event.request_id.map(Self::Request);
        let thread = || event.thread.map(|thread| Self::Thread(source, event.host, event.process, thread));
        let subject = || event.subject.map(|subject| Self::Subject(source, event.client, subject));
        request.or_else(thread).or_else(subject)
    }

    fn longest(self) -> i64 {
        if let Self::Subject(..) = self { LONGEST_BY_SUBJECT } else { LONGEST }
    }
}

/// Takes the beginnings out of sorted events, and gives their times to the outcomes.
pub(super) fn fold(mut events: Vec<TokenEvent>) -> Vec<TokenEvent> {
    if events.iter().all(|event| event.kind != EventKind::RefreshStarted) {
        return events;
    }
    let mut waiting: HashMap<Key, VecDeque<TokenEvent>> = HashMap::new();
    for event in &mut events {
        let (Some(key), Some(time)) = (Key::of(event), event.time) else { continue };
        if event.kind == EventKind::RefreshStarted {
            let begun = waiting.entry(key).or_default();
            if begun.len() == WAITING {
                begun.pop_front();
            }
            begun.push_back(*event);
        } else if is_attempt(event)
            && let Some(begun) = waiting.get_mut(&key)
        {
            let since =
                |begun: &TokenEvent| begun.time.map_or(i64::MAX, |start| time.nanos.saturating_sub(start.nanos));
            while begun.front().is_some_and(|begun| since(begun) > key.longest()) {
                begun.pop_front();
            }
            let Some(place) = begun.iter().position(|begun| !differ(begun, event)) else { continue };
            // A request has one outcome, told perhaps by several layers; a thread does one thing at a time.
            let start = if let Key::Request(_) = key { begun.get(place).copied() } else { begun.remove(place) };
            if let Some(start) = start {
                took(event, &start, since(&start));
            }
        }
    }
    events.retain(|event| event.kind != EventKind::RefreshStarted);
    events
}

/// Times of whole seconds measure nothing.
fn took(event: &mut TokenEvent, start: &TokenEvent, nanos: i64) {
    let coarse = [start.time, event.time].into_iter().flatten().any(|time| time.precision == Precision::Second);
    if !coarse {
        event.duration_ms = event.duration_ms.or(u32::try_from(nanos / 1_000_000).ok().into());
    }
    event.presented = event.presented.or(start.presented);
    event.client = event.client.or(start.client);
    event.subject = event.subject.or(start.subject);
}

fn differ(a: &TokenEvent, b: &TokenEvent) -> bool {
    let differ = |a: Option<Symbol>, b: Option<Symbol>| a.is_some() && b.is_some() && a != b;
    differ(a.client, b.client) || differ(a.subject, b.subject) || differ(a.presented, b.presented)
}
