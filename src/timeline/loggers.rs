//! The logger as the client, where nothing else names anybody: the last resort.
//!
//! A logger is a part of a program, and two parts that each refresh a token of their own are two clients. But a part that
//! tells the good refreshes and one that tells the failures are one, and so are parts that compete: to separate them
//! would make a revocation of a race. So loggers stand for clients only where no attempt of their sources names anybody,
//! each of them tells of good refreshes and of failures, and no failure of one is near a good refresh of another.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::is_attempt;
use crate::model::{EventKind, NamedBy, Symbol, TokenEvent};

/// A failure this near to another logger's good refresh may have lost a race against it.
const NEAR: i64 = 1_000_000_000;
/// How many neighbours are looked at: more in one second is a log in which all are near to each other.
const REACH: usize = 64;

/// Names the clients of attempts by their loggers, if at all; returns how many of each source.
pub(super) fn name(events: &mut [TokenEvent]) -> BTreeMap<u32, u64> {
    let attempts = || events.iter().filter(|event| is_attempt(event));
    // Events of one source come one after the other in most logs.
    let (mut named, mut last) = (HashSet::new(), None);
    for event in attempts().filter(|event| names_somebody(event)) {
        if last.replace(event.position.source) != Some(event.position.source) {
            named.insert(event.position.source);
        }
    }
    let is_nameless = |event: &&TokenEvent| !named.contains(&event.position.source);
    let nameless: Vec<TokenEvent> = attempts().filter(is_nameless).copied().collect();
    if !tell_whole_stories(&nameless) || compete(&nameless) {
        return BTreeMap::new();
    }
    let mut counts = BTreeMap::new();
    for event in events.iter_mut().filter(|event| !named.contains(&event.position.source) && event.logger.is_some()) {
        (event.client, event.named_by) = (event.logger, NamedBy::Logger);
        *counts.entry(event.position.source).or_default() += u64::from(is_attempt(event));
    }
    counts
}

fn names_somebody(event: &TokenEvent) -> bool {
    [event.client, event.subject, event.grant_id, event.presented, event.issued].iter().any(Option::is_some)
}

/// Whether each attempt has a logger, there are several, and each of them tells of both ends.
fn tell_whole_stories(attempts: &[TokenEvent]) -> bool {
    let mut ends: HashMap<Symbol, [bool; 2]> = HashMap::new();
    for event in attempts {
        let Some(logger) = event.logger else { return false };
        ends.entry(logger).or_default()[usize::from(event.kind == EventKind::RefreshFailed)] = true;
    }
    ends.len() > 1 && ends.values().all(|ends| *ends == [true; 2])
}

/// Whether a failure of one logger is near to a good refresh of another. In time order, those without a time last.
fn compete(attempts: &[TokenEvent]) -> bool {
    let timed: Vec<(i64, &TokenEvent)> = attempts.iter().filter_map(|event| Some((event.time?.nanos, event))).collect();
    timed.iter().enumerate().any(|(at, (time, event))| {
        let later = timed[at + 1..].iter().take_while(|(other, _)| other.saturating_sub(*time) <= NEAR);
        let rivals = |other: &TokenEvent| other.logger != event.logger && other.kind != event.kind;
        later.take(REACH).enumerate().any(|(nth, (_, other))| nth + 1 == REACH || rivals(other))
    })
}

#[cfg(test)]
mod tests {
    use super::name;
    use crate::model::{EventKind, NamedBy, Position, Precision, Symbols, Timestamp, TokenEvent};

    /// One letter an attempt: `a` and `b` are good refreshes of two loggers, `A` and `B` their failures; one every so many
    /// milliseconds.
    fn attempts(told: &str, every: i64) -> Vec<TokenEvent> {
        let mut symbols = Symbols::default();
        let rule = symbols.intern("wording");
        let attempt = |(at, letter): (i64, char)| {
            let kind = if letter.is_ascii_lowercase() { EventKind::RefreshSucceeded } else { EventKind::RefreshFailed };
            let mut event = TokenEvent::new(kind, rule, Position::default());
            event.logger = Some(symbols.intern(&letter.to_ascii_lowercase().to_string()));
            event.time = Some(Timestamp { nanos: at * every * 1_000_000, precision: Precision::Milli });
            event
        };
        (0..).zip(told.chars()).map(attempt).collect()
    }

    #[test]
    fn loggers_that_each_tell_a_whole_story_are_clients() {
        let mut events = attempts("abaBAbab", 60_000);
        assert_eq!(name(&mut events).values().sum::<u64>(), 8);
        assert!(events.iter().all(|event| event.client == event.logger && event.named_by == NamedBy::Logger));
    }

    #[test]
    fn loggers_that_share_a_story_or_compete_stay_together() {
        // One tells the successes and the other the failures; one alone; one that never failed; and a race.
        for (told, every) in [("aaBaBB", 60_000), ("aAaA", 60_000), ("aAabab", 60_000), ("abaBAbab", 300)] {
            assert!(name(&mut attempts(told, every)).is_empty(), "{told}");
        }
    }

    #[test]
    fn where_somebody_is_named_no_logger_is_a_client() {
        let mut events = attempts("abaBAbab", 60_000);
        events[3].client = events[0].logger;
        assert!(name(&mut events).is_empty());
    }
}
