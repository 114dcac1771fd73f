//! Whether the clocks of hosts agree, as far as the logs show it, and by how much they are apart.
//!
//! A refusal some seconds beside the good refresh of another host is a late copy, or a race that two clocks
//! timed. Hosts whose attempts have met inside the window before have clocks that agree. And where a token was
//! refused at one host before it was accepted at another, the clock of the second is ahead.

use hashbrown::HashMap;

use crate::model::{CauseClass, Confidence, EventKind, Symbol};

use super::draft::Verdict;
use super::episode::{Episode, Next};
use super::line::{Line, Scene};
use super::names::{RACE, RACE_REVOKED};
use super::window::{Attempt, SKEW};
use super::words;

/// Hosts that met so often inside the window are in step, if they came close without meeting less than half as often.
const MET: usize = 2;
/// So many hosts are looked at between two good refreshes.
const HOSTS: usize = 16;

/// How often the attempts of two hosts met, and how often they only came close.
#[derive(Clone, Copy, Default)]
struct Pair {
    met: usize,
    close: usize,
    /// Nanoseconds by which the clock of the first is ahead of the second's, at least.
    ahead: i64,
}

/// Pairs of hosts, in both orders.
#[derive(Default)]
pub(super) struct Clocks {
    pairs: HashMap<(Symbol, Symbol), Pair>,
}

impl Clocks {
    pub(super) fn of(scene: &Scene<'_>) -> Self {
        let mut clocks = Self::default();
        for line in &scene.timelines.timelines {
            if line.principal.subject.is_none() && line.family.is_none() {
                continue;
            }
            let mut won: Option<(Symbol, Attempt)> = None;
            // The first failure of each host: its retries say no more.
            let mut lost: Vec<(Symbol, Attempt)> = Vec::new();
            for &id in &line.timed {
                let event = scene.event(id);
                let success = event.kind == EventKind::RefreshSucceeded;
                let attempt = Attempt::of(event, success, scene.identity(event)).filter(|attempt| !attempt.coarse);
                let (Some(host), Some(attempt), true) = (event.host, attempt, success || scene.race_like(event)) else {
                    continue;
                };
                if success {
                    lost.iter().for_each(|lost| clocks.note(scene, lost, &(host, attempt)));
                    (won, lost) = (Some((host, attempt)), Vec::new());
                } else if lost.len() < HOSTS && lost.iter().all(|(known, _)| *known != host) {
                    won.iter().for_each(|won| clocks.note(scene, won, &(host, attempt)));
                    lost.push((host, attempt));
                }
            }
        }
        clocks
    }

    fn note(&mut self, scene: &Scene<'_>, (host, a): &(Symbol, Attempt), (other, b): &(Symbol, Attempt)) {
        let apart = b.end.saturating_sub(a.end);
        if host == other || apart > SKEW || a.identity.conflicts(b.identity) {
            return;
        }
        for pair in [(*host, *other), (*other, *host)] {
            let pair = self.pairs.entry(pair).or_default();
            if scene.window.near(a, b) { pair.met += 1 } else { pair.close += 1 }
        }
        // Refused before it was accepted.
        if b.success && a.identity.same_token(b.identity) {
            let pair = self.pairs.entry((*other, *host)).or_default();
            pair.ahead = pair.ahead.max(apart);
        }
    }

    /// Whether two hosts are known to have clocks that agree.
    pub(super) fn agree(&self, a: Symbol, b: Symbol) -> bool {
        a == b || self.pairs.get(&(a, b)).is_some_and(|pair| pair.met >= MET && pair.met > 2 * pair.close)
    }

    fn ahead(&self, a: Symbol, b: Symbol) -> Option<i64> {
        self.pairs.get(&(a, b)).map(|pair| pair.ahead).filter(|ahead| *ahead > 0)
    }
}

/// A failure that presented what a good refresh on another host had spent, as much later as the clock of
/// its host is ahead: by one clock it was inside the window.
pub(super) fn race(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let (good, failure) = (episode.before.good?, episode.first());
    let ahead = line.scene.clocks().ahead(line.event(failure).host?, line.event(good).host?)?;
    let (gap, window) = (line.gap(good, failure), line.scene.window.nanos);
    let inside = gap.saturating_add(window) >= ahead && gap <= ahead.saturating_add(2 * window);
    let one_token = episode.failures.iter().all(|&other| line.same_token(failure, other));
    if !inside || !one_token || !line.presents_spent(good, failure) {
        return None;
    }
    let killed = line.revokes_family() || episode.told(line) == CauseClass::Reuse;
    let rule = match episode.next {
        Next::Success(_) => RACE,
        Next::Grant(_) if killed => RACE_REVOKED,
        Next::Grant(_) | Next::Unsure(_) | Next::End => return None,
    };
    let reason = format!(
        "It presented the token that the good refresh had spent, on a host whose clock is ahead by {} at least: elsewhere in these logs a token is refused there that much before it is accepted.",
        words::duration_ms(ahead / 1_000_000)
    );
    Some(Verdict::new(rule, Confidence::Likely, reason))
}
