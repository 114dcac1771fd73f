//! What chance alone puts beside each other, where failures name nobody.
//!
//! A client with many users has a good refresh near any moment. Whether a nameless failure beside
//! one lost a race cannot be told from that failure: it takes all nameless failures of the client,
//! and how many of them would lie beside some success if nothing had raced at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::model::Symbol;

use super::line::Scene;
use super::window::Attempt;

/// The clients, by provider and name, whose nameless failures show no race.
pub(super) type Chances = HashMap<(Option<Symbol>, Option<Symbol>), Arc<Coincidences>>;

/// How many neighbours are looked at for one failure: bounds the work on a hostile log.
const REACH: usize = 256;

/// How many earlier moments are tried as the one before in a series.
const BEFORE: usize = 3;

/// The nameless failures of a client, and those of them that lie beside a success.
///
/// Failures inside one window are one moment. A moment that keeps the time of a series which began
/// before it, beside no success, owes its place to the series and says nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Coincidences {
    /// The failures that lie beside some success; ids.
    pub(super) beside: HashSet<u32>,
    moments: usize,
    /// Moments that lie beside some success.
    pub(super) met: usize,
    /// How many of them chance would put there.
    expected: f64,
    /// Where subjects are known: how many were met, and in how many of their cycles something failed.
    in_step: Option<(usize, f64)>,
}

/// Failures inside one window.
struct Moment {
    failures: Vec<(u32, Attempt)>,
    /// Those of them that lie beside some success, and the success.
    beside: Vec<(u32, usize)>,
}

impl Moment {
    fn time(&self) -> i64 {
        self.failures[0].1.end
    }

    fn half(&self) -> i64 {
        self.failures[self.failures.len() - 1].1.end.saturating_sub(self.time()) / 2
    }
}

impl Coincidences {
    /// Counts over failures (ids in time order) and good refreshes (ordered by end); `homes` are the
    /// subjects of the good refreshes, or empty where nobody knows them. `several` says that they are
    /// of several grants.
    pub(super) fn of(scene: &Scene<'_>, failures: &[u32], good: &[Attempt], homes: &[usize], several: bool) -> Self {
        let times: Vec<i64> = good.iter().map(|attempt| attempt.end).collect();
        let moments = moments(scene, failures, good, &times);
        let (mut found, mut winners) = (Self::default(), Vec::new());
        for (number, moment) in moments.iter().enumerate() {
            if keeps_time(scene, &moments, number) {
                continue;
            }
            let met = !moment.beside.is_empty();
            found.beside.extend(moment.beside.iter().map(|(id, _)| *id));
            winners.extend(moment.beside.iter().map(|(_, winner)| *winner));
            let width = scene.window.reach(moment.failures[0].1.coarse).saturating_add(moment.half());
            let middle = moment.time().saturating_add(moment.half());
            let batch = if several { in_batch(&times, width, middle) } else { 0.0 };
            let chance = expected(&times, width, middle, usize::from(met)).max(batch);
            found.moments += 1;
            found.met += usize::from(met);
            found.expected += 1.0 - (-chance).exp();
        }
        if let (Some(first), Some(last), false) = (moments.first(), moments.last(), homes.is_empty()) {
            let span = last.time().saturating_sub(first.time());
            found.in_step = in_step(scene, &winners, &times, homes, span);
        }
        found
    }

    /// Whether chance plausibly puts so many failures, or more, beside a success: each failure for
    /// itself, or users whose refreshes keep step with those of one who fails, cycle after cycle.
    pub(super) fn plausible(&self, scene: &Scene<'_>) -> bool {
        let by_chance = |count: usize, expected: f64| at_least(count, expected) > scene.limits.plausible;
        let in_step = self.in_step.is_some_and(|(homes, cycles)| by_chance(homes, self.expected / cycles));
        self.met > 0 && (by_chance(self.met, self.expected) || in_step)
    }

    /// What the numbers say, as a sentence.
    pub(super) fn words(&self) -> String {
        let (met, moments, expected) = (self.met, self.moments, self.expected);
        let step = match self.in_step {
            Some((homes, _)) if met > homes => ", and users whose refreshes keep step meet again and again",
            _ => "",
        };
        format!(
            "At {met} of {moments} moments a nameless refresh failed inside the window of a success, where chance alone gives {expected:.1}{step}: none of them shows a race."
        )
    }
}

fn moments(scene: &Scene<'_>, failures: &[u32], good: &[Attempt], times: &[i64]) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    for &id in failures {
        let event = scene.event(id);
        let Some(attempt) = Attempt::of(event, false, scene.identity(event)) else { continue };
        let winner = beside(scene, &attempt, good, times).map(|winner| (id, winner));
        match moments.last_mut() {
            Some(moment) if scene.window.near(&moment.failures[0].1, &attempt) => {
                moment.failures.push((id, attempt));
                moment.beside.extend(winner);
            }
            _ => moments.push(Moment { failures: vec![(id, attempt)], beside: winner.into_iter().collect() }),
        }
    }
    moments
}

/// Whether two moments before, beside no success, lead to this one in even steps.
fn keeps_time(scene: &Scene<'_>, moments: &[Moment], number: usize) -> bool {
    let at = moments[number].time();
    moments[..number].iter().rev().take(BEFORE).filter(|one| one.beside.is_empty()).any(|one| {
        let step = at.saturating_sub(one.time());
        let (due, slack) = (one.time().saturating_sub(step), scene.window.nanos.min(step / 10));
        let from = moments.partition_point(|other| other.time() < due.saturating_sub(slack));
        let near = moments[from..number].iter().take_while(|other| other.time() <= due.saturating_add(slack));
        near.into_iter().any(|other| other.beside.is_empty())
    })
}

/// How many subjects won, and how many of their cycles the failures span; `None` where most of them
/// refresh so unevenly that nothing can keep step with them.
fn in_step(scene: &Scene<'_>, winners: &[usize], times: &[i64], homes: &[usize], span: i64) -> Option<(usize, f64)> {
    let mut met: BTreeMap<usize, Vec<i64>> = winners.iter().map(|&winner| (homes[winner], Vec::new())).collect();
    for (home, &time) in homes.iter().zip(times) {
        if let Some(times) = met.get_mut(home) {
            times.push(time);
        }
    }
    let (mut cycles, mut uneven) = (Vec::new(), Vec::new());
    for times in met.values() {
        let mut steps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let Some(cycle) = median(&mut steps) else { continue };
        cycles.push(cycle);
        uneven.push(median(&mut steps.iter().map(|step| (step - cycle).abs()).collect::<Vec<i64>>())?);
    }
    let cycle = median(&mut cycles).filter(|&cycle| cycle > 0)?;
    let even = median(&mut uneven)? <= scene.window.reach(false);
    even.then_some((met.len(), (span / cycle + 1) as f64))
}

fn median(values: &mut [i64]) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

/// The first success that a failure may compete with.
fn beside(scene: &Scene<'_>, failure: &Attempt, good: &[Attempt], times: &[i64]) -> Option<usize> {
    let (from, latest) = bounds(scene, failure, times);
    let fits = |winner: &Attempt| scene.window.near(failure, winner) && !failure.identity.conflicts(winner.identity);
    let near = good[from..].iter().take(REACH).take_while(|winner| winner.end <= latest);
    near.into_iter().position(fits).map(|place| from + place)
}

/// Where to look for the successes that may compete with a failure: the first, and the latest end.
pub(super) fn bounds(scene: &Scene<'_>, failure: &Attempt, times: &[i64]) -> (usize, i64) {
    let reach = scene.window.nanos.saturating_add(if failure.coarse { 2_000_000_000 } else { 1_000_000_000 });
    let from = times.partition_point(|&time| time < failure.start.saturating_sub(reach));
    (from, failure.end.saturating_add(reach))
}

/// The chance of so many events or more where `mean` are expected, by Poisson: never less than the
/// true one where the events are many and each unlikely.
pub(super) fn at_least(count: usize, mean: f64) -> f64 {
    if mean <= 0.0 {
        return if count == 0 { 1.0 } else { 0.0 };
    }
    let (mut fewer, mut logarithm) = (0.0, -mean);
    for number in 0..count {
        fewer += logarithm.exp();
        logarithm += mean.ln() - ((number + 1) as f64).ln();
    }
    (1.0 - fewer).max(0.0)
}

/// The same for a job that refreshes one user after the other: by what lies around the window. One
/// more success there is no batch.
fn in_batch(good: &[i64], window: i64, around: i64) -> f64 {
    const WIDER: i64 = 5;
    let within = |width: i64| {
        good.partition_point(|&time| time <= around.saturating_add(width))
            - good.partition_point(|&time| time < around.saturating_sub(width))
    };
    let others = within(window.saturating_mul(WIDER)) - within(window);
    if others < 2 { 0.0 } else { others as f64 / (WIDER - 1) as f64 }
}

/// How many good refreshes chance puts into the window around a time; see [`super::line::Line::chance`]. `good`
/// is sorted.
pub(super) fn expected(good: &[i64], window: i64, around: i64, members: usize) -> f64 {
    const HALF_MINUTE: i64 = 30_000_000_000;
    let rate = |count: usize, span: i64| {
        let others = count.saturating_sub(members);
        if others < 10 || span <= 0 { 0.0 } else { others as f64 / span as f64 }
    };
    let (Some(first), Some(last)) = (good.first(), good.last()) else { return 0.0 };
    let near = good.partition_point(|&time| time <= around.saturating_add(HALF_MINUTE))
        - good.partition_point(|&time| time < around.saturating_sub(HALF_MINUTE));
    let overall = rate(good.len(), last.saturating_sub(*first));
    overall.max(rate(near, 2 * HALF_MINUTE)) * 2.0 * window as f64
}

#[cfg(test)]
mod tests {
    use super::at_least;

    #[test]
    fn the_tail_is_that_of_the_tables() {
        for (count, mean, tail) in [(0, 2.0, 1.0), (1, 0.01, 0.00995), (3, 2.0, 0.3233), (10, 5.0, 0.0318)] {
            assert!((at_least(count, mean) - tail).abs() < 1e-4, "{count} of {mean}: {}", at_least(count, mean));
        }
        assert!(at_least(1_100, 1_000.0) < 0.01 && at_least(1_010, 1_000.0) > 0.3);
        assert!(at_least(1, 0.0) <= 0.0);
    }
}
