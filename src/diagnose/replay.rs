//! What would have helped: the incidents of a client, replayed under each fix.
//!
//! A replay keeps who asked when and where, and changes one thing: requests that a lock joins are
//! one request, a refused worker looks at the store again, the server accepts a spent token for a
//! while. What then still fails is counted. Where the logs do not say where a worker ran, a lock that
//! ends at a process or host is taken not to reach it.

use hashbrown::HashSet;

use crate::model::{FixGain, Symbol, TokenEvent};

use super::draft::Draft;
use super::line::{Line, Scene};
use super::names::{DROPPED, EXPIRED, NOT_PERSISTED, OVERWRITTEN, RACE, RACE_REVOKED, STALE};

/// The fixes, least effort first: the order of those that prevent as many.
const FIXES: [(&str, Replay); 7] = [
    ("in-process-single-flight", |incident| incident.locked(&process_of)),
    ("cross-process-lock", |incident| incident.locked(&host_of)),
    ("distributed-lock", |incident| incident.locked(&|_, _| Some(Place::Anywhere))),
    ("re-read-before-fail", |incident| incident.re_read()),
    ("rotation-merge", |incident| incident.merged()),
    ("proactive-refresh", |incident| incident.proactive()),
    ("provider-grace", |incident| incident.grace()),
];

type Replay = fn(&Incident<'_>) -> u64;

/// Where a lock joins requests.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Process(Option<Symbol>, Symbol),
    Host(Symbol),
    Anywhere,
    /// Nobody knows: an attempt by itself.
    Alone(u32),
}

/// The fixes that would have prevented failures of these incidents, best first.
pub(super) fn fixes<'a>(lines: &[Line<'_>], drafts: impl Iterator<Item = &'a Draft>) -> Vec<FixGain> {
    let mut prevented = [0; FIXES.len()];
    for draft in drafts {
        let incident = Incident { line: &lines[draft.lines[0]], scene: lines[draft.lines[0]].scene, draft };
        for (sum, (_, replay)) in prevented.iter_mut().zip(&FIXES) {
            *sum += replay(&incident);
        }
    }
    let named = FIXES.iter().zip(prevented).filter(|(_, prevented)| *prevented > 0);
    let mut gains: Vec<FixGain> =
        named.map(|((fix, _), failures_prevented)| FixGain { fix: (*fix).to_owned(), failures_prevented }).collect();
    gains.sort_by_key(|gain| std::cmp::Reverse(gain.failures_prevented));
    gains
}

/// One finding, as it is replayed.
struct Incident<'a> {
    line: &'a Line<'a>,
    scene: &'a Scene<'a>,
    draft: &'a Draft,
}

impl Incident<'_> {
    fn is(&self, rules: &[&str]) -> bool {
        rules.contains(&self.draft.verdict.rule)
    }

    /// With a lock, each place sends one request. That of the winner's place wins, for it comes no later than
    /// the winner's did; those of other places fail as before. Whoever waits for the lock reads the new token.
    fn locked(&self, place: &dyn Fn(&Scene<'_>, &TokenEvent) -> Option<Place>) -> u64 {
        if self.is(&[OVERWRITTEN]) {
            let places: HashSet<Place> = self.draft.racers.iter().map(|&id| self.place(place, id)).collect();
            return if places.len() == 1 { self.draft.owned() } else { 0 };
        }
        if !self.is(&[RACE, RACE_REVOKED]) || self.draft.winners.is_empty() {
            return self.locked_without_winner(place);
        }
        let racers = self.draft.winners.iter().chain(&self.draft.failures).copied();
        let places: HashSet<Place> = racers.map(|id| self.place(place, id)).collect();
        let failures = self.draft.failures.len() as u64;
        let failing = places.len() as u64 - 1;
        let saved = failures.saturating_sub(failing);
        if failing == 0 {
            return saved + self.draft.aftermath.len() as u64;
        }
        if self.is(&[RACE_REVOKED]) {
            return saved;
        }
        // The retries of those who now get their token from the winner.
        let winner = self.place(place, self.draft.winners[0]);
        let retried = self.draft.aftermath.iter().filter(|&&id| self.place(place, id) == winner);
        saved + retried.count() as u64
    }

    /// The winner is not in these logs, and may be anywhere: only a lock that all share is sure to reach it.
    fn locked_without_winner(&self, place: &dyn Fn(&Scene<'_>, &TokenEvent) -> Option<Place>) -> u64 {
        let everywhere = |&id: &u32| self.place(place, id) == Place::Anywhere;
        let reached = self.is(&[RACE, RACE_REVOKED]) && self.draft.failures.iter().all(everywhere);
        if reached { self.draft.owned() } else { 0 }
    }

    fn place(&self, place: &dyn Fn(&Scene<'_>, &TokenEvent) -> Option<Place>, id: u32) -> Place {
        place(self.scene, self.scene.event(id)).unwrap_or(Place::Alone(id))
    }

    /// A worker that is refused reads the store once more: it goes on if the winner is done by then,
    /// and if the winner's token is alive.
    fn re_read(&self) -> u64 {
        let owned = self.draft.owned();
        match self.draft.verdict.rule {
            STALE => owned,
            RACE => {
                let done = self.draft.winners.iter().map(|&id| self.answered(id)).min();
                let Some(done) = done else { return 0 };
                let late = self.draft.failures.iter().filter(|&&id| self.answered(id) >= done).count();
                (late + self.draft.aftermath.len()) as u64
            }
            _ => 0,
        }
    }

    /// What a response has is stored over what was there, and what it leaves out is kept.
    fn merged(&self) -> u64 {
        if self.is(&[NOT_PERSISTED, DROPPED]) { self.draft.owned() } else { 0 }
    }

    /// One job refreshes before the token runs out: nobody has to after a 401, and no grant lies idle.
    fn proactive(&self) -> u64 {
        let limits = self.scene.limits;
        if self.is(&[RACE, RACE_REVOKED]) {
            let racers = self.draft.winners.iter().chain(&self.draft.failures);
            let first = racers.map(|&id| self.sent(id)).min().unwrap_or(i64::MAX);
            let before = self.line.unauthorized().partition_point(|&time| time <= first);
            let asked = before > 0 && first.saturating_sub(self.line.unauthorized()[before - 1]) <= limits.reactive;
            return if asked { self.draft.owned() } else { 0 };
        }
        let idle = || {
            let used = self.draft.context.first().map_or(i64::MAX, |&id| self.answered(id));
            let failed = self.draft.failures.first().map_or(i64::MIN, |&id| self.answered(id));
            failed.saturating_sub(used) >= limits.idle
        };
        if self.is(&[EXPIRED]) && idle() { self.draft.owned() } else { 0 }
    }

    /// For some seconds the server accepts the token that was spent last. One that does already is no help.
    fn grace(&self) -> u64 {
        if self.line.policy.grace_ms.is_some_and(|grace| grace > 0) {
            return 0;
        }
        let won = |ids: &[u32]| ids.iter().map(|&id| self.answered(id)).min();
        let spent = if self.is(&[STALE]) { won(&self.draft.context) } else { won(&self.draft.winners) };
        let Some(spent) = spent.filter(|_| self.is(&[RACE, RACE_REVOKED, STALE])) else { return 0 };
        let within = |id: &&u32| self.answered(**id).saturating_sub(spent) <= self.scene.limits.grace;
        let losers = self.draft.failures.iter().filter(within).count();
        let all = losers == self.draft.failures.len();
        let later = if self.is(&[RACE_REVOKED]) {
            if all { self.draft.aftermath.len() } else { 0 }
        } else {
            self.draft.aftermath.iter().filter(within).count()
        };
        (losers + later) as u64
    }

    fn answered(&self, id: u32) -> i64 {
        self.scene.event(id).time.map_or(i64::MAX, |time| time.nanos)
    }

    fn sent(&self, id: u32) -> i64 {
        let took = i64::from(self.scene.event(id).duration_ms.get().unwrap_or(0)) * 1_000_000;
        self.answered(id).saturating_sub(took)
    }
}

/// The process of an attempt; process 1 of a container says nothing without a host.
fn process_of(scene: &Scene<'_>, event: &TokenEvent) -> Option<Place> {
    let (host, process) = (event.host.or(event.address), event.process?);
    (host.is_some() || scene.text(Some(process)) != "1").then_some(Place::Process(host, process))
}

fn host_of(_: &Scene<'_>, event: &TokenEvent) -> Option<Place> {
    event.host.or(event.address).map(Place::Host)
}
