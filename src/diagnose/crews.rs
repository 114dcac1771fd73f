//! Clients that name no subject but hold several grants: apart by the workers that share a grant.
//!
//! A client refreshes once in a token's lifetime for each grant. Where it refreshes clearly more
//! often than one grant asks for, its nameless timeline is that of several users, and the good
//! refresh of one says nothing about another. If the log names host and process, processes that
//! compete belong to one grant; those that each refreshed well in the same lifetime before do not:
//! either their tokens differ, or the server accepts a spent one, and then nobody loses a race. What comes of it is still nameless, and worth `possible` at most.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::model::{EventKind, Precision, Symbol, TokenEvent};
use crate::timeline::{Timeline, Timelines, is_attempt};

use super::chance::Coincidences;
use super::line::Scene;
use super::window::Attempt;

/// One grant refreshes this often in a lifetime at most, with early refreshes and a retry.
const ONE_GRANT: f64 = 1.5;

/// So many refreshes tell how often a client refreshes.
const SEVERAL: usize = 4;

type Process = (Symbol, Symbol);

/// The events of each crew, by the number of the timeline that they are parts of.
pub(super) type Parts = BTreeMap<usize, Vec<Vec<u32>>>;

/// The nameless timelines that are those of several crews, and the events of each.
pub(super) fn parts(scene: &Scene<'_>) -> Parts {
    let lines = scene.timelines.timelines.iter().enumerate();
    lines.filter_map(|(number, line)| Some((number, crews(scene, line)?))).collect()
}

/// Puts the timelines of crews in the place of those that they are parts of.
pub(super) fn parted(mut timelines: Timelines, mut parts: Parts) -> Timelines {
    if !parts.is_empty() {
        timelines.regroup(|number, _| parts.remove(&number));
    }
    timelines
}

fn process(event: &TokenEvent) -> Option<Process> {
    Some((event.host?, event.process?))
}

fn crews(scene: &Scene<'_>, line: &Timeline) -> Option<Vec<Vec<u32>>> {
    if line.principal.subject.is_some() || line.family.is_some() {
        return None;
    }
    let timed = scene.timelines.timed(line);
    let events = || timed.iter().map(|&id| scene.event(id));
    if events().any(|event| is_attempt(event) && process(event).is_none()) || !several_grants(scene, timed) {
        return None;
    }
    let (positions, attempts): (Vec<usize>, Vec<Attempt>) = events()
        .enumerate()
        .filter_map(|(position, event)| {
            let success = event.kind == EventKind::RefreshSucceeded;
            let attempt = Attempt::of(event, success, scene.identity(event))?;
            (success || scene.race_like(event)).then_some((position, attempt))
        })
        .unzip();
    let clusters = scene.window.clusters(&attempts);
    let lifetime = i64::from(events().filter_map(|event| event.expires_in.get()).max()?) * 1_000_000_000;
    let mut crews = Crews::default();
    let mut good: HashMap<Process, Vec<i64>> = HashMap::new();
    for event in events().filter(|event| event.kind == EventKind::RefreshSucceeded) {
        if let (Some(process), Some(time)) = (process(event), event.time) {
            good.entry(process).or_default().push(time.nanos);
        }
    }
    // Processes that lose beside a success more often than chance gives do compete, whoever else they serve.
    let good_attempts: Vec<Attempt> = attempts.iter().filter(|attempt| attempt.success).copied().collect();
    let failures: Vec<u32> = timed.iter().copied().filter(|&id| scene.race_like(scene.event(id))).collect();
    let coincidences = Coincidences::of(scene, &failures, &good_attempts, &[], true);
    let shown = coincidences.met > 0 && !coincidences.plausible(scene);
    let of = |index: usize| process(scene.event(timed[positions[index]]));
    for cluster in &clusters {
        let Some(&winner) = cluster.successes.first() else { continue };
        for &loser in &cluster.failures {
            let (Some(a), Some(b)) = (of(winner), of(loser)) else { continue };
            let before = attempts[winner].start.min(attempts[loser].start);
            if a != b
                && (shown
                    || !side_by_side(&good, a, b, before, lifetime) && !side_by_side(&good, b, a, before, lifetime))
            {
                crews.join(a, b);
            }
        }
    }
    Some(crews.split(scene, line))
}

/// Whether events refresh clearly more often than one grant asks for. Refreshes inside one window
/// are one, and so is a new grant.
pub(super) fn several_grants(scene: &Scene<'_>, ids: &[u32]) -> bool {
    // Most timelines of most logs are that short.
    if ids.len() < SEVERAL {
        return false;
    }
    let events = || ids.iter().map(|&id| scene.event(id));
    let Some(lifetime) = events().filter_map(|event| event.expires_in.get()).max() else { return false };
    let good = |kind: EventKind| matches!(kind, EventKind::RefreshSucceeded | EventKind::GrantIssued);
    // When it was refreshed first and last, and how often.
    let mut won: Option<(i64, i64, usize)> = None;
    for time in events().filter(|event| good(event.kind)).filter_map(|event| event.time) {
        let reach = scene.window.reach(time.precision == Precision::Second);
        match &mut won {
            None => won = Some((time.nanos, time.nanos, 1)),
            Some((_, last, count)) if time.nanos.saturating_sub(*last) > reach => {
                (*last, *count) = (time.nanos, *count + 1);
            }
            Some(_) => {}
        }
    }
    let Some((first, last, count)) = won else { return false };
    let lifetimes = last.saturating_sub(first).max(1) as f64 / (f64::from(lifetime) * 1e9);
    count >= SEVERAL && (count - 1) as f64 / lifetimes > ONE_GRANT
}

/// Whether, at the last good refresh of `a` before a time, `b` refreshed well too.
fn side_by_side(good: &HashMap<Process, Vec<i64>>, a: Process, b: Process, before: i64, lifetime: i64) -> bool {
    let until = |process: Process| {
        let times = good.get(&process).map_or(&[][..], Vec::as_slice);
        &times[..times.partition_point(|&time| time < before)]
    };
    let Some(&last) = until(a).last() else { return false };
    let near = lifetime / 4 * 3;
    let others = until(b);
    let from = others.partition_point(|&time| time <= last.saturating_sub(near));
    others.get(from).is_some_and(|&time| time < last.saturating_add(near))
}

/// Union-find over processes.
#[derive(Default)]
struct Crews {
    numbers: HashMap<Process, usize>,
    parents: Vec<usize>,
}

impl Crews {
    fn root(&mut self, process: Process) -> usize {
        let next = self.parents.len();
        let mut node = *self.numbers.entry(process).or_insert(next);
        if node == next {
            self.parents.push(next);
        }
        while self.parents[node] != node {
            self.parents[node] = self.parents[self.parents[node]];
            node = self.parents[node];
        }
        node
    }

    fn join(&mut self, a: Process, b: Process) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b)] = a.min(b);
    }

    /// The events of each crew; those that name no process stay with the first.
    fn split(mut self, scene: &Scene<'_>, line: &Timeline) -> Vec<Vec<u32>> {
        let mut parts: Vec<Vec<u32>> = Vec::new();
        let mut places: HashMap<Option<usize>, usize> = HashMap::new();
        for &id in scene.timelines.members(line) {
            let crew = process(scene.event(id)).map(|process| self.root(process));
            let place = *places.entry(crew).or_insert(parts.len());
            if place == parts.len() {
                parts.push(Vec::new());
            }
            parts[place].push(id);
        }
        parts
    }
}
