//! Failures that name no subject: who among the client's subjects they may belong to.
//!
//! A failure joins a subject when exactly one timeline of its client has a success in the window,
//! and chance alone would not put one there; then whatever shares a grant or token with it joins
//! too. Where a client has one subject in all the logs, its nameless events are that subject's.
//! Everything else stays with the client. What joins so is worth `possible`, no more.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::model::{EventKind, Symbol, TokenEvent};
use crate::timeline::{Tie, Timelines};

use super::line::{Scene, chance};
use super::window::Attempt;

type ClientKey = (Option<Symbol>, Option<Symbol>);

/// The timelines of one client.
#[derive(Default)]
struct Client {
    named: Vec<usize>,
    nameless: Vec<usize>,
}

/// Moves nameless events to the timelines that they must belong to; returns the new timelines.
pub(super) fn adopt(scene: &Scene<'_>) -> Option<Timelines> {
    let timelines = scene.timelines;
    let mut order: HashMap<ClientKey, usize> = HashMap::new();
    let mut clients: Vec<Client> = Vec::new();
    for (number, line) in timelines.timelines.iter().enumerate() {
        let at = *order.entry((line.principal.provider, line.principal.client)).or_insert(clients.len());
        if at == clients.len() {
            clients.push(Client::default());
        }
        let named = line.principal.subject.is_some() || line.family.is_some();
        if named { clients[at].named.push(number) } else { clients[at].nameless.push(number) }
    }
    let mut moves: BTreeMap<u32, usize> = BTreeMap::new();
    for client in &clients {
        adopt_client(scene, client, &mut moves);
    }
    (!moves.is_empty()).then(|| moved(timelines, &moves))
}

fn adopt_client(scene: &Scene<'_>, client: &Client, moves: &mut BTreeMap<u32, usize>) {
    let (timelines, events) = (scene.timelines, &scene.timelines.events);
    let only = match client.named[..] {
        [only] if timelines.timelines[only].principal.subject.is_some() => Some(only),
        _ => None,
    };
    let mut good: Vec<(Attempt, usize)> = Vec::new();
    for &number in client.named.iter().chain(&client.nameless) {
        for &id in &timelines.timelines[number].timed {
            let event = &events[id as usize];
            if event.kind == EventKind::RefreshSucceeded {
                good.extend(Attempt::of(event, true, scene.identity(event)).map(|attempt| (attempt, number)));
            }
        }
    }
    good.sort_by_key(|(attempt, number)| (attempt.end, *number));
    let times: Vec<i64> = good.iter().map(|(attempt, _)| attempt.end).collect();
    let mut families: BTreeMap<u32, Option<usize>> = BTreeMap::new();
    for &number in &client.nameless {
        let line = &timelines.timelines[number];
        if let Some(only) = only {
            moves.extend(line.timed.iter().chain(&line.untimed).map(|&id| (id, only)));
            continue;
        }
        for &id in line.timed.iter().filter(|&&id| scene.race_like(&events[id as usize])) {
            let event = &events[id as usize];
            let Some(home) = home(scene, event, &good, &times).filter(|&home| home != number) else { continue };
            moves.insert(id, home);
            if let Some(family) = timelines.families[id as usize] {
                let agreed = families.entry(family).or_insert(Some(home));
                *agreed = agreed.filter(|&agreed| agreed == home);
            }
        }
        for &id in line.timed.iter().chain(&line.untimed) {
            let family = timelines.families[id as usize];
            if let Some(Some(home)) = family.and_then(|family| families.get(&family)) {
                moves.entry(id).or_insert(*home);
            }
        }
    }
}

/// The one timeline with a success that competes with a nameless failure.
fn home(scene: &Scene<'_>, event: &TokenEvent, good: &[(Attempt, usize)], times: &[i64]) -> Option<usize> {
    const REACH: usize = 256;
    let failure = Attempt::of(event, false, scene.identity(event))?;
    let reach = scene.window.nanos.saturating_add(if failure.coarse { 2_000_000_000 } else { 1_000_000_000 });
    let from = times.partition_point(|&time| time < failure.start.saturating_sub(reach));
    let mut home = None;
    let near = good[from..].iter().take(REACH).take_while(|(winner, _)| winner.end <= failure.end.saturating_add(reach));
    for (winner, number) in near {
        let fits = scene.window.near(&failure, winner) && !failure.identity.conflicts(winner.identity);
        if fits && home.is_some_and(|home| home != *number) {
            return None;
        }
        if fits {
            home = Some(*number);
        }
    }
    let members = usize::from(home.is_some());
    let by_chance = chance(times, scene.window.nanos, failure.end, members) > scene.limits.chance;
    home.filter(|_| !by_chance)
}

fn moved(timelines: &Timelines, moves: &BTreeMap<u32, usize>) -> Timelines {
    let mut moved = timelines.clone();
    for line in &mut moved.timelines {
        line.timed.retain(|id| !moves.contains_key(id));
        line.untimed.retain(|id| !moves.contains_key(id));
    }
    for (&id, &home) in moves {
        moved.ties[id as usize] = Tie::Adopted;
        let event = &mut moved.events[id as usize];
        let line = &mut moved.timelines[home];
        // The event's own record named no subject, so a report must not say it did; its timeline does.
        let ids = if event.time.is_some() { &mut line.timed } else { &mut line.untimed };
        ids.push(id);
    }
    for line in &mut moved.timelines {
        line.timed.sort_unstable();
        line.untimed.sort_unstable();
    }
    moved.timelines.retain(|line| !line.timed.is_empty() || !line.untimed.is_empty());
    moved
}
