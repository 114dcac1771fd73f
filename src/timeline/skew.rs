//! By how much the clocks of two hosts are apart, as far as requests show it that both have logged.
//!
//! A client and its server write of one attempt under one request or trace id. The distance of the two records is that of
//! the clocks, and a little of the way between them; where it is always the same, it is taken for the clocks'. Two workers
//! that write alike may be two steps of one job, and show nothing.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::is_attempt;
use crate::model::{EventSet, Precision, Symbol, SymbolSet, TokenEvent};

/// So many requests show a distance, if so many of ten keep it.
const REQUESTS: usize = 3;
const OF_TEN: usize = 9;
/// How far a request may be from the usual distance, in nanoseconds: what the way takes.
const SPREAD: i64 = 250_000_000;
/// Records of one request that are looked at: bounds the work where one id stands for everything.
const RECORDS: usize = 8;

/// What timed an event: its host, or its file where no host is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clock {
    /// A host, pod or container.
    Host(Symbol),
    /// Index of a source.
    Source(u32),
}

impl Clock {
    /// The clock of an event.
    pub fn of(event: &TokenEvent) -> Self {
        event.host.map_or(Self::Source(event.position.source), Self::Host)
    }

    /// What it is called in the logs.
    pub fn name(self, set: &EventSet) -> &str {
        match self {
            Self::Host(host) => set.symbols.get(host),
            Self::Source(source) => &set.sources[source as usize],
        }
    }
}

/// Two clocks that are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew {
    /// The one that is ahead.
    pub ahead: Clock,
    /// The other one.
    pub behind: Clock,
    /// By so many nanoseconds; positive.
    pub nanos: i64,
    /// So many requests show it; none where tokens or meetings do.
    pub requests: usize,
}

/// The clocks that shared requests show to be apart by more than `least` nanoseconds, by name.
pub fn skews(set: &EventSet, least: i64) -> Vec<Skew> {
    let fine = |event: &TokenEvent| event.time.is_some_and(|time| time.precision != Precision::Second);
    let attempts = || set.events.iter().filter(|event| fine(event) && is_attempt(event));
    let requests = || attempts().filter_map(|event| Some((event.request_id?, event)));
    // Most requests have one record, and need no list.
    let shared = SymbolSet::repeated(requests().map(|(request, _)| request));
    let (mut numbers, mut lists): (HashMap<Symbol, usize>, Vec<Vec<&TokenEvent>>) = Default::default();
    for (request, event) in requests().filter(|(request, _)| shared.contains(*request)) {
        let number = *numbers.entry(request).or_insert(lists.len());
        if number == lists.len() {
            lists.push(Vec::new());
        }
        let known = &mut lists[number];
        let new = known.iter().all(|one| Clock::of(one) != Clock::of(event) || one.kind != event.kind);
        if new && known.len() < RECORDS {
            known.push(event);
        }
    }
    let mut apart: BTreeMap<(&str, &str), (Clock, Clock, Vec<i64>)> = BTreeMap::new();
    for records in &lists {
        for (at, &a) in records.iter().enumerate() {
            for &b in records[at + 1..].iter().filter(|b| tells_the_same(a, b)) {
                let (a, b) = if Clock::of(a).name(set) < Clock::of(b).name(set) { (a, b) } else { (b, a) };
                let (one, other) = (Clock::of(a), Clock::of(b));
                let pair = apart.entry((one.name(set), other.name(set))).or_insert((one, other, Vec::new()));
                pair.2.extend(distance(a, b));
            }
        }
    }
    apart.into_values().filter_map(|(a, b, distances)| skew((a, b), distances, least)).collect()
}

/// Whether two records are those of a client and its server of one attempt.
fn tells_the_same(a: &TokenEvent, b: &TokenEvent) -> bool {
    let differ = |(a, b): (Option<Symbol>, Option<Symbol>)| a.is_some() && b.is_some() && a != b;
    let place = |event: &TokenEvent| [event.process.is_some(), event.thread.is_some(), event.address.is_some()];
    let names = [(a.client, b.client), (a.subject, b.subject), (a.presented, b.presented), (a.issued, b.issued)];
    a.kind == b.kind
        && Clock::of(a) != Clock::of(b)
        && (a.rule != b.rule || place(a) != place(b))
        && !names.into_iter().any(differ)
}

fn distance(a: &TokenEvent, b: &TokenEvent) -> Option<i64> {
    Some(b.time?.nanos.saturating_sub(a.time?.nanos))
}

fn skew((a, b): (Clock, Clock), mut distances: Vec<i64>, least: i64) -> Option<Skew> {
    distances.sort_unstable();
    let median = *distances.get(distances.len() / 2)?;
    let kept = distances.iter().filter(|distance| (**distance - median).abs() <= SPREAD).count();
    let shown = kept >= REQUESTS && kept * 10 >= distances.len() * OF_TEN && median.abs() > least;
    let (ahead, behind) = if median > 0 { (b, a) } else { (a, b) };
    shown.then_some(Skew { ahead, behind, nanos: median.abs(), requests: kept })
}

/// Takes from every time what its clock is ahead, against the first clock that it is measured by, directly or over
/// others.
pub fn align(set: &mut EventSet, skews: &[Skew]) {
    let mut near: HashMap<Clock, Vec<(Clock, i64)>> = HashMap::new();
    for skew in skews {
        near.entry(skew.behind).or_default().push((skew.ahead, skew.nanos));
        near.entry(skew.ahead).or_default().push((skew.behind, -skew.nanos));
    }
    let (mut shifts, mut seen): (HashMap<Clock, i64>, HashSet<Clock>) = Default::default();
    for first in skews.iter().map(|skew| skew.behind) {
        let mut open = if seen.insert(first) { vec![first] } else { Vec::new() };
        while let Some(clock) = open.pop() {
            let own = shifts.get(&clock).copied().unwrap_or(0);
            for &(other, ahead) in near.get(&clock).into_iter().flatten() {
                if seen.insert(other) {
                    shifts.insert(other, own + ahead);
                    open.push(other);
                }
            }
        }
    }
    for event in &mut set.events {
        let shift = shifts.get(&Clock::of(event)).copied().unwrap_or(0);
        if let Some(time) = &mut event.time {
            time.nanos = time.nanos.saturating_sub(shift);
        }
    }
    set.sort();
}

#[cfg(test)]
mod tests {
    use super::{Clock, align, skews};
    use crate::model::{EventKind, EventSet, Position, Precision, Timestamp, TokenEvent};

    const MILLI: i64 = 1_000_000;

    fn event(set: &mut EventSet, (host, rule): (&str, &str), request: &str, millis: i64) {
        let rule = set.symbols.intern(rule);
        let mut event = TokenEvent::new(EventKind::RefreshSucceeded, rule, Position::default());
        event.host = Some(set.symbols.intern(host));
        event.request_id = Some(set.symbols.intern(request));
        event.time = Some(Timestamp::new(millis * MILLI, Precision::Milli));
        set.events.push(event);
    }

    /// A client and its server, whose clock is ahead by three seconds; requests far from each other.
    fn logged(rules: [&str; 2], ahead: &[i64]) -> EventSet {
        let mut set = EventSet { sources: vec!["app.log".into()], ..EventSet::default() };
        for (number, ahead) in (1..).zip(ahead) {
            let (request, at) = (format!("r-{number}"), number * 60_000);
            event(&mut set, ("app-1", rules[0]), &request, at);
            event(&mut set, ("idp-1", rules[1]), &request, at + ahead);
        }
        set
    }

    #[test]
    fn requests_that_both_logged_show_the_distance_of_the_clocks() {
        let mut set = logged(["client", "server"], &[3_010, 2_990, 3_000]);
        let found = skews(&set, 200 * MILLI);
        let [skew] = found[..] else { panic!("{found:?}") };
        assert_eq!((skew.ahead.name(&set), skew.behind.name(&set)), ("idp-1", "app-1"));
        assert_eq!((skew.nanos, skew.requests), (3_000 * MILLI, 3));
        align(&mut set, &found);
        let times: Vec<i64> = set.events.iter().filter_map(|event| event.time).map(|time| time.nanos / MILLI).collect();
        assert_eq!(times, [60_000, 60_010, 119_990, 120_000, 180_000, 180_000]);
        assert!(matches!(skew.ahead, Clock::Host(_)));
    }

    #[test]
    fn too_few_or_no_one_distance_or_steps_of_one_job_show_nothing() {
        for (rules, ahead) in [
            (["client", "server"], &[3_000, 3_000][..]),
            (["client", "server"], &[3_000, 100, 7_000, 3_100]),
            (["client", "server"], &[150, 160, 140]),
            (["worker", "worker"], &[3_000, 3_000, 3_000]),
        ] {
            assert!(skews(&logged(rules, ahead), 200 * MILLI).is_empty(), "{rules:?} {ahead:?}");
        }
    }
}
