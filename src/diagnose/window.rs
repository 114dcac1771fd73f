//! The only sliding window: which attempts compete for one token.
//!
//! A cluster is a success with every failure, or further success, whose time lies within the
//! window of it, before or after, or whose [start, end] overlaps its own; and, of the failures
//! near no success, every run whose whole span fits into the window. It is never a chain of gaps:
//! a retry every 150 ms for a minute is no cluster. No two members differ in an identity that
//! both carry. Times of whole seconds are near in the same and in the next second.

use hashbrown::HashMap;

use crate::model::{Precision, Symbol, TokenEvent};

const SECOND: i64 = 1_000_000_000;
/// The clocks of two hosts differ by so much, if a token is refused at one before it is accepted at the other.
pub(super) const SKEW: i64 = 5 * SECOND;
/// How many neighbours of each side are looked at for one attempt: bounds the work where a hostile
/// log has thousands of different tokens in one window.
const REACH: usize = 128;

/// The identities that competing attempts must not differ in. The subject is the timeline's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// The presented token, with the length of its written form.
    pub(super) token: Option<(Symbol, usize)>,
    /// Session, grant or family id.
    pub(super) grant: Option<Symbol>,
}

impl Identity {
    /// Forms of different length (a digest and a masked tail) cannot be compared, so do not differ.
    pub(super) fn conflicts(self, other: Self) -> bool {
        let tokens = matches!((self.token, other.token), (Some(a), Some(b)) if a.1 == b.1 && a.0 != b.0);
        let grants = matches!((self.grant, other.grant), (Some(a), Some(b)) if a != b);
        tokens || grants
    }

    pub(super) fn same_token(self, other: Self) -> bool {
        self.token.is_some() && self.token == other.token
    }

    fn absorb(&mut self, other: Self) {
        self.token = self.token.or(other.token);
        self.grant = self.grant.or(other.grant);
    }
}

/// One attempt as the window sees it; attempts come ordered by `end`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// Nanoseconds: when the request was sent, where the log tells; otherwise its end.
    pub(super) start: i64,
    /// Nanoseconds: the logged time.
    pub(super) end: i64,
    /// The time has whole seconds only.
    pub(super) coarse: bool,
    pub(super) success: bool,
    pub(super) identity: Identity,
    /// Host, or address where no host is known.
    pub(super) host: Option<Symbol>,
    /// Nanoseconds that were taken from its times, because its clock is ahead: known to about a window.
    pub(super) shift: i64,
}

impl Attempt {
    /// The attempt of an event that has a time.
    pub(super) fn of(event: &TokenEvent, success: bool, identity: Identity) -> Option<Self> {
        let time = event.time?;
        let took = i64::from(event.duration_ms.get().unwrap_or(0)) * 1_000_000;
        let coarse = time.precision == Precision::Second;
        let (start, host) = (time.nanos.saturating_sub(took), event.host.or(event.address));
        Some(Self { start, end: time.nanos, coarse, success, identity, host, shift: 0 })
    }

    /// The same by a clock that is not ahead by so many nanoseconds.
    pub(super) fn shifted(self, shift: i64) -> Self {
        let (start, end) = (self.start.saturating_sub(shift), self.end.saturating_sub(shift));
        Self { start, end, shift, ..self }
    }

    /// Whether a token was refused at one host shortly before it was accepted at another. In one order of
    /// time that cannot be: their clocks differ, and the failure lost to the success.
    fn lost_by_another_clock(&self, winner: &Self) -> bool {
        let hosts = self.host.is_some() && winner.host.is_some() && self.host != winner.host;
        let before = self.end < winner.end && winner.end.saturating_sub(self.end) <= SKEW;
        !self.success && winner.success && hosts && before && self.identity.same_token(winner.identity)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.start <= other.end && other.start <= self.end
    }
}

/// Competing attempts, as ordered indices into the slice that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cluster {
    pub(super) successes: Vec<usize>,
    pub(super) failures: Vec<usize>,
}

/// A window of some nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) nanos: i64,
}

impl Window {
    pub(super) fn new(width: std::time::Duration) -> Self {
        Self { nanos: i64::try_from(width.as_nanos()).unwrap_or(i64::MAX / 4) }
    }

    /// How far from an attempt a competitor may be: the window, or the same and the next second.
    pub(super) fn reach(self, coarse: bool) -> i64 {
        if coarse { self.nanos.max(SECOND / 2 * 3) } else { self.nanos }
    }

    /// Attempts do not compete by their times, whatever those are worth, if one begins so long after the other's end.
    pub(super) fn apart(self) -> i64 {
        self.nanos.saturating_mul(2).saturating_add(2 * SECOND)
    }

    /// Whether two attempts compete by their times.
    pub(super) fn near(self, a: &Attempt, b: &Attempt) -> bool {
        self.within(a, b) || a.overlaps(b)
    }

    fn within(self, a: &Attempt, b: &Attempt) -> bool {
        if a.coarse || b.coarse {
            let apart = (a.end.div_euclid(SECOND)).abs_diff(b.end.div_euclid(SECOND));
            return apart <= self.coarse_seconds();
        }
        let reach = if a.shift == b.shift { self.nanos } else { self.nanos.saturating_mul(2) };
        a.end.abs_diff(b.end) <= reach.unsigned_abs()
    }

    fn coarse_seconds(self) -> u64 {
        (self.nanos.unsigned_abs().div_ceil(SECOND.unsigned_abs())).max(1)
    }

    /// The clusters of attempts ordered by end: those with a success first, then bursts of
    /// failures; each attempt is in at most one. A lone success is a cluster of its own.
    pub(super) fn clusters(self, attempts: &[Attempt]) -> Vec<Cluster> {
        let mut build = Build::new(self, attempts);
        build.successes();
        let lone = build.failures();
        let mut clusters = build.clusters;
        clusters.extend(self.bursts(attempts, &lone));
        clusters
    }

    /// Runs of failures near no success that fit into the window as a whole.
    fn bursts(self, attempts: &[Attempt], lone: &[usize]) -> Vec<Cluster> {
        let mut runs: Vec<(Vec<usize>, Identity)> = Vec::new();
        for &index in lone {
            let attempt = &attempts[index];
            if let Some((run, identity)) = runs.last_mut()
                && run.last().is_some_and(|&last| self.near(&attempts[last], attempt))
                && !identity.conflicts(attempt.identity)
            {
                run.push(index);
                identity.absorb(attempt.identity);
                continue;
            }
            runs.push((vec![index], attempt.identity));
        }
        let whole = |run: &[usize]| {
            let (first, last) = (&attempts[run[0]], &attempts[run[run.len() - 1]]);
            run.len() > 1 && self.near(first, last)
        };
        let kept = runs.into_iter().filter(|(run, _)| whole(run));
        kept.map(|(failures, _)| Cluster { successes: Vec::new(), failures }).collect()
    }
}

/// Clusters in the making.
struct Build<'a> {
    window: Window,
    attempts: &'a [Attempt],
    /// How much later than an attempt's end a competitor's end may lie, and how much earlier than its start.
    later: i64,
    earlier: i64,
    clusters: Vec<Cluster>,
    identities: Vec<Identity>,
    /// Anchors at first, then all successes: (attempt, cluster), ordered by end.
    winners: Vec<(usize, usize)>,
    by_token: HashMap<Symbol, Vec<(usize, usize)>>,
}

impl<'a> Build<'a> {
    fn new(window: Window, attempts: &'a [Attempt]) -> Self {
        let coarse = attempts.iter().any(|attempt| attempt.coarse);
        let seconds = i64::try_from(window.coarse_seconds() + 1).unwrap_or(i64::MAX / SECOND / 4);
        let shifted = attempts.iter().any(|attempt| attempt.shift != 0);
        let width = if shifted { window.nanos.saturating_mul(2) } else { window.nanos };
        let earlier = if coarse { width.max(seconds.saturating_mul(SECOND)) } else { width };
        let longest = attempts.iter().map(|attempt| attempt.end - attempt.start).max().unwrap_or(0);
        Self {
            window,
            attempts,
            later: earlier.max(longest).max(SKEW),
            earlier,
            clusters: Vec::new(),
            identities: Vec::new(),
            winners: Vec::new(),
            by_token: HashMap::new(),
        }
    }

    /// A success is an anchor, or joins the nearest earlier anchor that it competes with.
    fn successes(&mut self) {
        let mut all = Vec::new();
        for (index, attempt) in self.attempts.iter().enumerate().filter(|(_, attempt)| attempt.success) {
            let cluster = self.nearest(index).unwrap_or_else(|| {
                self.clusters.push(Cluster { successes: Vec::new(), failures: Vec::new() });
                self.identities.push(Identity::default());
                self.note(index, self.clusters.len() - 1);
                self.clusters.len() - 1
            });
            self.clusters[cluster].successes.push(index);
            self.identities[cluster].absorb(attempt.identity);
            all.push((index, cluster));
        }
        self.winners.clear();
        self.by_token.clear();
        for (index, cluster) in all {
            self.note(index, cluster);
        }
    }

    fn note(&mut self, index: usize, cluster: usize) {
        self.winners.push((index, cluster));
        if let Some((token, _)) = self.attempts[index].identity.token {
            self.by_token.entry(token).or_default().push((index, cluster));
        }
    }

    /// A failure joins the cluster of the nearest success that it competes with; returns the rest.
    fn failures(&mut self) -> Vec<usize> {
        let mut lone = Vec::new();
        for (index, attempt) in self.attempts.iter().enumerate().filter(|(_, attempt)| !attempt.success) {
            if let Some(cluster) = self.nearest(index) {
                self.clusters[cluster].failures.push(index);
                self.identities[cluster].absorb(attempt.identity);
            } else {
                lone.push(index);
            }
        }
        lone
    }

    /// The cluster of the nearest competing success: one that presented the same token before any
    /// other, then the nearest by time, then the earlier.
    fn nearest(&self, index: usize) -> Option<usize> {
        let token = self.attempts[index].identity.token;
        let same = token.and_then(|(token, _)| self.by_token.get(&token));
        same.and_then(|same| self.nearest_of(same, index)).or_else(|| self.nearest_of(&self.winners, index))
    }

    fn nearest_of(&self, among: &[(usize, usize)], index: usize) -> Option<usize> {
        let attempt = &self.attempts[index];
        let end = |place: usize| self.attempts[among[place].0].end;
        let fits = |place: &usize| {
            let (other, cluster) = among[*place];
            let other = &self.attempts[other];
            (self.window.near(attempt, other) || attempt.lost_by_another_clock(other))
                && !self.identities[cluster].conflicts(attempt.identity)
        };
        let middle = among.partition_point(|(other, _)| self.attempts[*other].end <= attempt.end);
        let oldest = attempt.start.saturating_sub(self.earlier);
        let newest = attempt.end.saturating_add(self.later);
        let before = (0..middle).rev().take(REACH).take_while(|&place| end(place) >= oldest).find(fits);
        let after = (middle..among.len()).take(REACH).take_while(|&place| end(place) <= newest).find(fits);
        // Among successes of one time the search from the middle finds the last: take the first.
        let before = before.map(|found| {
            (0..=found)
                .rev()
                .take(REACH)
                .take_while(|&place| end(place) == end(found))
                .filter(fits)
                .last()
                .unwrap_or(found)
        });
        let place = match (before, after) {
            (Some(before), Some(after)) => {
                let earlier = attempt.end.abs_diff(end(before)) <= attempt.end.abs_diff(end(after));
                if earlier { before } else { after }
            }
            (before, after) => before.or(after)?,
        };
        Some(among[place].1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Attempt, Cluster, Identity, SECOND, Window};
    use crate::model::Symbols;

    const MILLI: i64 = 1_000_000;

    /// The definition, word by word, in O(n²) and more.
    fn oracle(window: Window, attempts: &[Attempt]) -> Vec<Cluster> {
        let near = |a: &Attempt, b: &Attempt| {
            let apart = if a.coarse || b.coarse {
                let seconds = (a.end.div_euclid(SECOND) - b.end.div_euclid(SECOND)).abs();
                seconds <= ((window.nanos + SECOND - 1) / SECOND).max(1)
            } else {
                (a.end - b.end).abs() <= window.nanos
            };
            let refused = |a: &Attempt, b: &Attempt| {
                let clocks = a.host.is_some() && b.host.is_some() && a.host != b.host && b.end - a.end <= 5 * SECOND;
                !a.success && b.success && a.end < b.end && clocks && a.identity.same_token(b.identity)
            };
            apart || (a.start <= b.end && b.start <= a.end) || refused(a, b)
        };
        let agrees = |index: usize, cluster: &Cluster| {
            let mut known = Identity::default();
            for &member in cluster.successes.iter().chain(&cluster.failures) {
                known.token = known.token.or(attempts[member].identity.token);
                known.grant = known.grant.or(attempts[member].identity.grant);
            }
            !known.conflicts(attempts[index].identity)
        };
        let best = |index: usize, among: &[(usize, usize)], clusters: &[Cluster]| {
            let fitting = among.iter().filter(|(other, cluster)| {
                near(&attempts[index], &attempts[*other]) && agrees(index, &clusters[*cluster])
            });
            fitting
                .min_by_key(|(other, _)| {
                    let same = attempts[index].identity.same_token(attempts[*other].identity);
                    (!same, (attempts[index].end - attempts[*other].end).abs(), *other)
                })
                .map(|(_, cluster)| *cluster)
        };
        let (mut clusters, mut anchors, mut winners) = (Vec::<Cluster>::new(), Vec::new(), Vec::new());
        for index in (0..attempts.len()).filter(|&index| attempts[index].success) {
            let cluster = best(index, &anchors, &clusters).unwrap_or_else(|| {
                clusters.push(Cluster { successes: Vec::new(), failures: Vec::new() });
                anchors.push((index, clusters.len() - 1));
                clusters.len() - 1
            });
            clusters[cluster].successes.push(index);
            winners.push((index, cluster));
        }
        let mut lone = Vec::new();
        for index in (0..attempts.len()).filter(|&index| !attempts[index].success) {
            match best(index, &winners, &clusters) {
                Some(cluster) => clusters[cluster].failures.push(index),
                None => lone.push(index),
            }
        }
        // A burst: a maximal run of neighbours, kept when its whole span is near.
        let mut from = 0;
        while from < lone.len() {
            let mut to = from + 1;
            while to < lone.len() {
                let run = Cluster { successes: Vec::new(), failures: lone[from..to].to_vec() };
                if !near(&attempts[lone[to - 1]], &attempts[lone[to]]) || !agrees(lone[to], &run) {
                    break;
                }
                to += 1;
            }
            if to - from > 1 && near(&attempts[lone[from]], &attempts[lone[to - 1]]) {
                clusters.push(Cluster { successes: Vec::new(), failures: lone[from..to].to_vec() });
            }
            from = to;
        }
        clusters
    }

    prop_compose! {
        fn attempt()(end in 0i64..3000, took in prop_oneof![4 => Just(0i64), 1 => 0i64..900],
                     coarse in prop::bool::weighted(0.15), success: bool,
                     token in prop::option::weighted(0.5, 0usize..4), grant in prop::option::weighted(0.3, 0usize..2),
                     host in prop::option::weighted(0.4, 0usize..2))
                     -> (i64, i64, bool, bool, Option<usize>, Option<usize>, Option<usize>) {
            (end, took, coarse, success, token, grant, host)
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(raw in prop::collection::vec(attempt(), 0..60), width in 0i64..500) {
            let mut symbols = Symbols::default();
            let mut attempts: Vec<Attempt> = raw.into_iter().map(|(end, took, coarse, success, token, grant, host)| {
                let end = if coarse { end / 1000 * 1000 } else { end };
                let token = token.map(|token| symbols.intern(["t1", "t2", "t3", "…long"][token])).map(|symbol| {
                    (symbol, symbols.get(symbol).len())
                });
                let grant = grant.map(|grant| symbols.intern(["g1", "g2"][grant]));
                let host = host.map(|host| symbols.intern(["h1", "h2"][host]));
                let identity = Identity { token, grant };
                Attempt { start: (end - took) * MILLI, end: end * MILLI, coarse, success, identity, host, shift: 0 }
            }).collect();
            attempts.sort_by_key(|attempt| attempt.end);
            let window = Window { nanos: width * MILLI };
            prop_assert_eq!(window.clusters(&attempts), oracle(window, &attempts));
        }
    }

    fn at(millis: i64, success: bool) -> Attempt {
        let end = millis * MILLI;
        Attempt { start: end, end, coarse: false, success, identity: Identity::default(), host: None, shift: 0 }
    }

    #[test]
    fn a_retry_every_150_ms_is_no_cluster() {
        let attempts: Vec<Attempt> = (0..400).map(|retry| at(retry * 150, false)).collect();
        assert!(Window { nanos: 200 * MILLI }.clusters(&attempts).is_empty());
    }

    #[test]
    fn the_window_is_closed_and_looks_both_ways() {
        let clusters =
            Window { nanos: 200 * MILLI }.clusters(&[at(0, false), at(200, true), at(400, false), at(401, false)]);
        assert_eq!(clusters, [Cluster { successes: vec![1], failures: vec![0, 2] }]);
    }
}
