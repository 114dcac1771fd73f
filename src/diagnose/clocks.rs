//! Whether the clocks of hosts agree, as far as the logs show it, and by how much they are apart.
//!
//! A refusal some seconds beside the good refresh of another host is a late copy, or a race that two clocks
//! timed. Hosts whose attempts met inside the window before have clocks that agree. They are apart where a token
//! was refused at one host before it was accepted at the other; or where they always meet at one distance,
//! the loser before the winner too: nobody reads a copy late before there is a newer one.

use hashbrown::HashMap;

use crate::model::{CauseClass, Confidence, EventKind, Symbol, TokenEvent};

use super::draft::Verdict;
use super::episode::{Episode, Next};
use super::line::{Line, Scene};
use super::names::{RACE, RACE_REVOKED};
use super::window::{Attempt, SKEW};
use super::words;

/// Hosts that met so often inside the window are in step, if they came close without meeting less than half as often.
const MET: usize = 2;
/// So many meetings at one distance show it, if so many of ten keep it.
const MEETINGS: usize = 3;
const OF_TEN: usize = 6;
/// So many hosts are looked at between two good refreshes, and so many meetings of two.
const HOSTS: usize = 16;
const KEPT: usize = 256;

/// What timed an event: its host, or its file where no host is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Clock {
    Host(Symbol),
    Source(u32),
}

impl Clock {
    pub(super) fn of(event: &TokenEvent) -> Self {
        event.host.map_or(Self::Source(event.position.source), Self::Host)
    }
}

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
    /// Whether the clocks of some hosts are shown to be apart.
    apart: bool,
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
            for &id in &line.timed {
                let event = scene.event(id);
                let success = event.kind == EventKind::RefreshSucceeded;
                let attempt = Attempt::of(event, success, scene.identity(event)).filter(|attempt| !attempt.coarse);
                let (Some(attempt), true) = (attempt, success || scene.race_like(event)) else { continue };
                let next = numbers.len();
                let clock = *numbers.entry(Clock::of(event)).or_insert(next);
                if success {
                    lost.iter().for_each(|lost| note(&mut meetings, lost, &(clock, attempt)));
                    (won, lost) = (Some((clock, attempt)), Vec::new());
                } else if lost.len() < HOSTS && lost.iter().all(|(known, _)| *known != clock) {
                    won.iter().for_each(|won| note(&mut meetings, won, &(clock, attempt)));
                    lost.push((clock, attempt));
                }
            }
        }
        let window = scene.window.nanos;
        let offsets: HashMap<_, _> =
            meetings.into_iter().filter_map(|(pair, meetings)| Some((pair, offset(window, meetings)?))).collect();
        let apart = offsets.values().any(|offset| !offset.agree);
        Self { numbers, offsets, apart }
    }

    /// Whether two clocks are known to agree.
    pub(super) fn agree(&self, a: Clock, b: Clock) -> bool {
        a == b || self.offset(a, b).is_some_and(|offset| offset.agree)
    }

    /// Whether the logs show clocks that are apart.
    pub(super) fn some_apart(&self) -> bool {
        self.apart
    }

    /// The clock of `b` against that of `a`.
    fn offset(&self, a: Clock, b: Clock) -> Option<Offset> {
        let (a, b) = (*self.numbers.get(&a)?, *self.numbers.get(&b)?);
        let known = *self.offsets.get(&(a.min(b), a.max(b)))?;
        Some(if a <= b { known } else { Offset { ahead: -known.ahead, ..known } })
    }
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

/// A failure as much beside the good refresh of another host as their clocks are apart: by one clock it was
/// inside the window.
pub(super) fn race(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let (_, ahead) = winner(line, episode)?;
    let killed = line.revokes_family() || episode.told(line) == CauseClass::Reuse;
    let rule = match episode.next {
        Next::Success(_) | Next::End => RACE,
        Next::Grant(_) if killed => RACE_REVOKED,
        Next::Grant(_) | Next::Unsure(_) => return None,
    };
    let reason = format!(
        "It failed beside the good refresh of another host, whose clock is {} apart in all these logs: by one clock the two competed.",
        words::duration_ms(ahead.abs() / 1_000_000)
    );
    Some(Verdict::new(rule, Confidence::Likely, reason))
}

/// The good refresh that a failure lost to, and by how much the clock of the failure is ahead of it.
pub(super) fn winner(line: &Line<'_>, episode: &Episode) -> Option<(usize, i64)> {
    let clocks = line.scene.clocks();
    let failure = episode.first();
    let clock = Clock::of(line.event(failure));
    let one_racer = |other: &usize| {
        line.same_token(failure, *other)
            || (Clock::of(line.event(*other)) == clock && !conflicts(line, failure, *other))
    };
    let next = if let Next::Success(position) = episode.next { Some(position) } else { None };
    let before = episode.before.good.filter(|_| !episode.before.was_grant);
    if !episode.failures.iter().all(one_racer) {
        return None;
    }
    [before, next].into_iter().flatten().find_map(|good| {
        let Offset { ahead, agree } = clocks.offset(Clock::of(line.event(good)), clock)?;
        let off = line.gap(good, failure).saturating_sub(ahead).abs();
        let reach = line.scene.window.nanos * if agree { 1 } else { 2 };
        (off <= reach && !conflicts(line, good, failure)).then_some((good, ahead))
    })
}

fn conflicts(line: &Line<'_>, a: usize, b: usize) -> bool {
    line.identity(a).conflicts(line.identity(b))
}
