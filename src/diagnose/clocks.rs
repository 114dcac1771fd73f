//! Whether the clocks of hosts agree, as far as the logs show it, and by how much they are apart.
//!
//! A refusal some seconds beside the good refresh of another host is a late copy, or a race that two clocks
//! timed. Hosts whose attempts met inside the window before have clocks that agree. They are apart where a token
//! was refused at one host before it was accepted at the other; or where they always meet at one distance,
//! the loser before the winner too: nobody reads a copy late before there is a newer one.

use hashbrown::HashMap;

use crate::model::{EventKind, EventSet};
use crate::timeline::{Clock, Skew};

use super::line::Scene;
use super::window::{Attempt, SKEW};

/// Hosts that met so often inside the window are in step, if they came close without meeting less than half as often.
const MET: usize = 2;
/// So many meetings at one distance show it, if so many of ten keep it.
const MEETINGS: usize = 3;
const OF_TEN: usize = 6;
/// So many hosts are looked at between two good refreshes, and so many meetings of two.
const HOSTS: usize = 16;
const KEPT: usize = 256;

/// A success and a failure of two hosts, seconds apart at most.
#[derive(Clone, Copy)]
struct Meeting {
    /// Nanoseconds from the one of the first host to that of the second.
    apart: i64,
    first_won: bool,
    /// One token was refused before it was accepted.
    proof: bool,
}

/// What is known of each clock against each other.
#[derive(Default)]
pub(super) struct Clocks {
    /// Clocks as first seen.
    numbers: HashMap<Clock, usize>,
    /// Of pairs in the order of their numbers.
    offsets: HashMap<(usize, usize), Offset>,
    /// What is taken from the times of each clock, so that those which are shown to be apart agree.
    shifts: Vec<i64>,
}

/// What two clocks were shown to be.
#[derive(Clone, Copy)]
struct Offset {
    /// The second is ahead by so many nanoseconds.
    ahead: i64,
    /// That is no more than the window: they agree.
    agree: bool,
}

impl Clocks {
    pub(super) fn of(scene: &Scene<'_>) -> Self {
        let (mut numbers, mut meetings) = (HashMap::new(), HashMap::new());
        for line in &scene.timelines.timelines {
            if line.principal.subject.is_none() && line.family.is_none() {
                continue;
            }
            let mut won: Option<(usize, Attempt)> = None;
            // The first failure of each host: its retries say no more.
            let mut lost: Vec<(usize, Attempt)> = Vec::new();
            for &id in scene.timelines.timed(line) {
                let event = scene.event(id);
                let success = event.kind == EventKind::RefreshSucceeded;
                let attempt = Attempt::of(event, success, scene.identity(event)).filter(|attempt| !attempt.coarse);
                let (Some(attempt), true) = (attempt, success || scene.race_like(event)) else { continue };
                let next = numbers.len();
                let clock = *numbers.entry(Clock::of(event)).or_insert(next);
                if success {
                    for lost in &lost {
                        note(&mut meetings, lost, &(clock, attempt));
                    }
                    (won, lost) = (Some((clock, attempt)), Vec::new());
                } else if lost.len() < HOSTS && lost.iter().all(|(known, _)| *known != clock) {
                    if let Some(won) = &won {
                        note(&mut meetings, won, &(clock, attempt));
                    }
                    lost.push((clock, attempt));
                }
            }
        }
        let window = scene.window.nanos;
        let offsets: HashMap<_, _> =
            meetings.into_iter().filter_map(|(pair, meetings)| Some((pair, offset(window, meetings)?))).collect();
        let shifts = shifts(numbers.len(), &offsets);
        Self { numbers, offsets, shifts }
    }

    /// Whether two clocks are known to agree.
    pub(super) fn agree(&self, a: Clock, b: Clock) -> bool {
        a == b || self.offset(a, b).is_some_and(|offset| offset.agree)
    }

    /// Whether the logs show clocks that are apart.
    pub(super) fn some_apart(&self) -> bool {
        self.shifts.iter().any(|shift| *shift != 0)
    }

    /// The clocks that are shown to be apart, by name.
    pub(super) fn apart(&self, set: &EventSet) -> Vec<Skew> {
        let clocks: HashMap<usize, Clock> = self.numbers.iter().map(|(clock, number)| (*number, *clock)).collect();
        let mut apart: Vec<Skew> = self
            .offsets
            .iter()
            .filter(|(_, offset)| !offset.agree)
            .map(|((a, b), Offset { ahead, .. })| {
                let (behind, ahead_one) = if *ahead > 0 { (clocks[a], clocks[b]) } else { (clocks[b], clocks[a]) };
                Skew { ahead: ahead_one, behind, nanos: ahead.abs(), requests: 0 }
            })
            .collect();
        apart.sort_by_key(|skew| (skew.behind.name(set), skew.ahead.name(set)));
        apart
    }

    /// What is to be taken from the times of a clock, in nanoseconds.
    pub(super) fn shift(&self, clock: Clock) -> i64 {
        self.numbers.get(&clock).map_or(0, |&number| self.shifts[number])
    }

    /// The clock of `b` against that of `a`.
    fn offset(&self, a: Clock, b: Clock) -> Option<Offset> {
        let (a, b) = (*self.numbers.get(&a)?, *self.numbers.get(&b)?);
        let known = *self.offsets.get(&(a.min(b), a.max(b)))?;
        Some(if a <= b { known } else { Offset { ahead: -known.ahead, ..known } })
    }
}

/// The shifts of clocks: each against the first one that it is measured by, directly or over others.
fn shifts(count: usize, offsets: &HashMap<(usize, usize), Offset>) -> Vec<i64> {
    let mut shifts = vec![0; count];
    if offsets.values().all(|offset| offset.agree) {
        return shifts;
    }
    let mut near: Vec<Vec<(usize, i64)>> = vec![Vec::new(); count];
    let mut pairs: Vec<((usize, usize), Offset)> = offsets.iter().map(|(pair, offset)| (*pair, *offset)).collect();
    pairs.sort_unstable_by_key(|(pair, _)| *pair);
    for ((a, b), offset) in pairs {
        // Clocks that agree are left as they are.
        let ahead = if offset.agree { 0 } else { offset.ahead };
        near[a].push((b, ahead));
        near[b].push((a, -ahead));
    }
    let mut seen = vec![false; count];
    for first in 0..count {
        let mut open = if seen[first] { Vec::new() } else { vec![first] };
        seen[first] = true;
        while let Some(clock) = open.pop() {
            for &(other, ahead) in &near[clock] {
                if !seen[other] {
                    seen[other] = true;
                    shifts[other] = shifts[clock] + ahead;
                    open.push(other);
                }
            }
        }
    }
    shifts
}

fn note(
    meetings: &mut HashMap<(usize, usize), Vec<Meeting>>,
    (clock, a): &(usize, Attempt),
    (other, b): &(usize, Attempt),
) {
    let apart = b.end.saturating_sub(a.end);
    if clock == other || apart > SKEW || a.identity.conflicts(b.identity) {
        return;
    }
    let proof = b.success && a.identity.same_token(b.identity);
    let meeting = if clock <= other {
        Meeting { apart, first_won: a.success, proof }
    } else {
        Meeting { apart: -apart, first_won: b.success, proof }
    };
    let met = meetings.entry((*clock.min(other), *clock.max(other))).or_default();
    if met.len() < KEPT {
        met.push(meeting);
    }
}

/// What the meetings of two clocks show.
fn offset(window: i64, mut meetings: Vec<Meeting>) -> Option<Offset> {
    meetings.sort_unstable_by_key(|meeting| meeting.apart);
    let met: Vec<i64> = meetings.iter().map(|one| one.apart).filter(|apart| apart.abs() <= window).collect();
    if met.len() >= MET && met.len() > 2 * (meetings.len() - met.len()) {
        return Some(Offset { ahead: met[met.len() / 2], agree: true });
    }
    let proofs: Vec<i64> =
        meetings.iter().filter(|one| one.proof && one.apart.abs() > window).map(|one| one.apart).collect();
    if let (Some(&median), Some(first), Some(last)) = (proofs.get(proofs.len() / 2), proofs.first(), proofs.last())
        && last - first <= 4 * window
    {
        return Some(Offset { ahead: median, agree: false });
    }
    let width = 2 * window;
    let run = |from: usize| {
        let until = meetings.partition_point(|meeting| meeting.apart <= meetings[from].apart.saturating_add(width));
        &meetings[from..until]
    };
    let most = (0..meetings.len()).map(run).max_by_key(|run| run.len())?;
    let median = most[most.len() / 2].apart;
    // Nobody reads a copy late before there is a newer one.
    let early = most.iter().any(|one| (one.apart > 0) != one.first_won);
    let kept = most.len() >= MEETINGS && most.len() * 10 >= meetings.len() * OF_TEN;
    (early && kept && median.abs() > window).then_some(Offset { ahead: median, agree: false })
}
