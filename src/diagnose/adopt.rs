//! Failures that name no subject: who among the client's subjects they may belong to.
//!
//! Where a client has one subject in all the logs, and names it on every good refresh, its
//! nameless events are that subject's.
//! Otherwise a failure joins a subject
//! - when exactly one timeline of its client has a success in the window, and neither this failure
//!   nor all nameless failures of the client ([`chance`]) lie there by chance; whatever shares a
//!   grant or token with it then joins too. A process that refreshes all the time and never for
//!   that subject is another's;
//! - or when its worker has refreshed for one subject only, and so often that this is no chance: a
//!   thread of a pool that has served one user so far is nobody's;
//! - or when it follows a race that nameless failures lost, and only one subject of the client is
//!   between such a race and its next good event. Where such a race was seen once only, no other
//!   worker than the loser joins.
//!
//! Everything else stays with the client. What joins so is worth `possible`, no more.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::model::{EventKind, Symbol, TokenEvent};
use crate::timeline::{Tie, Timelines};

use super::chance::{self, Chances, Coincidences};
use super::line::{Scene, grant_like};
use super::window::Attempt;

/// How many neighbours are looked at for one failure: bounds the work on a hostile log.
const REACH: usize = 256;

type Worker = (Symbol, Symbol, Option<Symbol>);

/// The timelines of one client.
#[derive(Default)]
struct Client {
    named: Vec<usize>,
    nameless: Vec<usize>,
}

/// The timelines that nameless events must belong to, by event.
pub(super) type Moves = BTreeMap<u32, usize>;

/// Which nameless events have a home, and which clients' nameless failures lie beside successes by chance.
pub(super) fn adopt(scene: &Scene<'_>) -> (Moves, Chances) {
    let timelines = scene.timelines;
    let mut order: HashMap<(Option<Symbol>, Option<Symbol>), usize> = HashMap::new();
    let mut clients: Vec<Client> = Vec::new();
    for (number, line) in timelines.timelines.iter().enumerate() {
        let at = *order.entry((line.principal.provider, line.principal.client)).or_insert(clients.len());
        if at == clients.len() {
            clients.push(Client::default());
        }
        let named = line.principal.subject.is_some() || line.family.is_some();
        if named { clients[at].named.push(number) } else { clients[at].nameless.push(number) }
    }
    let (mut moves, mut chances) = (Moves::new(), Chances::new());
    for client in clients.iter().filter(|client| !client.nameless.is_empty() && !client.named.is_empty()) {
        match client.named[..] {
            [only] if timelines.timelines[only].principal.subject.is_some() && !nameless_refreshes(scene, client) => {
                let lines = client.nameless.iter().map(|&number| &timelines.timelines[number]);
                moves.extend(lines.flat_map(|line| timelines.members(line)).map(|&id| (id, only)));
            }
            _ => {
                let homes = Homes::of(scene, client);
                homes.adopt(&mut moves);
                if homes.by_chance {
                    let principal = timelines.timelines[client.named[0]].principal;
                    chances.insert((principal.provider, principal.client), Arc::new(homes.coincidences));
                }
            }
        }
    }
    (moves, chances)
}

/// Whether good refreshes go without a subject too: then the one subject need not be the only user.
fn nameless_refreshes(scene: &Scene<'_>, client: &Client) -> bool {
    let lines = client.nameless.iter().map(|&number| &scene.timelines.timelines[number]);
    lines.flat_map(|line| scene.timelines.timed(line)).any(|&id| scene.event(id).kind == EventKind::RefreshSucceeded)
}

/// The timelines that a worker refreshed well for, the first few of them, and how often.
#[derive(Clone, Default)]
struct Served {
    homes: Vec<usize>,
    times: usize,
}

/// A worker that served more timelines than this says nothing about a failure's.
const SERVED: usize = 4;

/// What is known about where the nameless failures of one client may belong.
struct Homes<'a> {
    scene: &'a Scene<'a>,
    client: &'a Client,
    /// Good refreshes by time, and their timelines.
    good: Vec<Attempt>,
    of: Vec<usize>,
    times: Vec<i64>,
    /// How often each timeline refreshed well.
    shares: HashMap<usize, usize>,
    workers: HashMap<Worker, Served>,
    coincidences: Coincidences,
    /// No success beside a nameless failure of this client shows a race.
    by_chance: bool,
}

impl<'a> Homes<'a> {
    fn of(scene: &'a Scene<'a>, client: &'a Client) -> Self {
        let timelines = scene.timelines;
        let mut good: Vec<(Attempt, usize)> = Vec::new();
        let mut workers: HashMap<Worker, Served> = HashMap::new();
        let mut shares: HashMap<usize, usize> = HashMap::new();
        for &number in client.named.iter().chain(&client.nameless) {
            for &id in timelines.timed(&timelines.timelines[number]) {
                let event = scene.event(id);
                if event.kind != EventKind::RefreshSucceeded {
                    continue;
                }
                good.extend(Attempt::of(event, true, scene.identity(event)).map(|attempt| (attempt, number)));
                *shares.entry(number).or_default() += 1;
                for worker in workers_of(event).into_iter().flatten() {
                    let served = workers.entry(worker).or_default();
                    served.times += 1;
                    if served.homes.len() <= SERVED && !served.homes.contains(&number) {
                        served.homes.push(number);
                    }
                }
            }
        }
        good.sort_by_key(|(attempt, number)| (attempt.end, *number));
        let times = good.iter().map(|(attempt, _)| attempt.end).collect();
        let (good, of): (Vec<Attempt>, Vec<usize>) = good.into_iter().unzip();
        let lines = client.nameless.iter().map(|&number| &timelines.timelines[number]);
        let mut failures: Vec<u32> = lines.flat_map(|line| timelines.timed(line).iter().copied()).collect();
        failures.retain(|id| scene.race_like(scene.event(*id)));
        failures.sort_unstable();
        let coincidences = Coincidences::of(scene, &failures, &good, &of, true);
        let by_chance = coincidences.plausible(scene);
        Self { scene, client, good, of, times, shares, workers, coincidences, by_chance }
    }

    fn adopt(&self, moves: &mut BTreeMap<u32, usize>) {
        let timelines = self.scene.timelines;
        let mut families: BTreeMap<u32, Option<usize>> = BTreeMap::new();
        let mut losers: Vec<(u32, usize)> = Vec::new();
        for &number in &self.client.nameless {
            for &id in timelines.timed(&timelines.timelines[number]) {
                let event = self.scene.event(id);
                if !grant_like(event) {
                    continue;
                }
                let by_window = self.scene.race_like(event).then(|| self.in_window(id, event)).flatten();
                let by_window = by_window.filter(|&home| !self.never_serves(event, home));
                let home = by_window.or_else(|| self.by_worker(event));
                let Some(home) = home.filter(|&home| home != number) else { continue };
                moves.insert(id, home);
                if by_window == Some(home) {
                    losers.push((id, home));
                }
                if let Some(family) = timelines.families.of(id) {
                    let agreed = families.entry(family).or_insert(Some(home));
                    *agreed = agreed.filter(|&agreed| agreed == home);
                }
            }
        }
        let nameless = self.client.nameless.iter().map(|&number| &timelines.timelines[number]);
        for &id in nameless.flat_map(|line| timelines.members(line)) {
            let family = timelines.families.of(id);
            if let Some(Some(home)) = family.and_then(|family| families.get(&family)) {
                moves.entry(id).or_insert(*home);
            }
        }
        self.aftermath(&losers, moves);
    }

    /// The one timeline that a failure's worker serves, if it is no chance that it serves no other.
    fn by_worker(&self, event: &TokenEvent) -> Option<usize> {
        workers_of(event).into_iter().flatten().find_map(|worker| {
            let served = self.workers.get(&worker)?;
            let [home] = served.homes[..] else { return None };
            // The first success could have been anybody's; that all the others were of the same one?
            self.rare(self.share(home), served.times - 1).then_some(home)
        })
    }

    /// Whether a failure's process had so many chances to refresh for a timeline, and never did, that
    /// it is not its own.
    fn never_serves(&self, event: &TokenEvent, home: usize) -> bool {
        let served = workers_of(event)[1].and_then(|process| self.workers.get(&process));
        served.is_some_and(|served| {
            let others = served.homes.len() <= SERVED && !served.homes.contains(&home);
            others && self.rare(1.0 - self.share(home), served.times)
        })
    }

    fn share(&self, home: usize) -> f64 {
        self.shares.get(&home).copied().unwrap_or(0) as f64 / self.good.len().max(1) as f64
    }

    fn rare(&self, probability: f64, times: usize) -> bool {
        probability.powi(i32::try_from(times).unwrap_or(i32::MAX)) <= self.scene.limits.plausible
    }

    /// The one timeline with a success that competes with a nameless failure.
    fn in_window(&self, id: u32, event: &TokenEvent) -> Option<usize> {
        let scene = self.scene;
        let failure = Attempt::of(event, false, scene.identity(event))?;
        let (from, latest) = chance::bounds(scene, &failure, &self.times);
        let (mut home, mut proven) = (None, false);
        let near = self.good[from..].iter().zip(&self.of[from..]).take(REACH);
        for (winner, &number) in near.take_while(|(winner, _)| winner.end <= latest) {
            let fits = scene.window.near(&failure, winner) && !failure.identity.conflicts(winner.identity);
            if fits && home.is_some_and(|home| home != number) {
                return None;
            }
            if fits {
                home = Some(number);
                proven |= failure.identity.same_token(winner.identity);
            }
        }
        let expected = || chance::expected(&self.times, scene.window.reach(failure.coarse), failure.end, 1);
        let shown = !self.by_chance && self.coincidences.beside.contains(&id);
        home.filter(|_| proven || (shown && expected() <= scene.limits.chance))
    }

    /// Nameless failures after a race that nameless failures lost: the losers' retries, or a
    /// family that was revoked, when only one subject of the client is in that state.
    fn aftermath(&self, losers: &[(u32, usize)], moves: &mut BTreeMap<u32, usize>) {
        let timelines = self.scene.timelines;
        let spells = self.spells(losers);
        // One coincidence makes no pattern: only the loser itself goes on with it.
        let once = self.coincidences.met < 2;
        let workers: HashSet<Worker> =
            losers.iter().filter_map(|(id, _)| workers_of(self.scene.event(*id))[0]).collect();
        let same_worker = |event: &TokenEvent| workers_of(event)[0].is_some_and(|worker| workers.contains(&worker));
        let lines = self.client.nameless.iter().map(|&number| &timelines.timelines[number]);
        let mut open: Vec<u32> = lines.flat_map(|line| timelines.timed(line).iter().copied()).collect();
        open.retain(|id| !moves.contains_key(id) && grant_like(self.scene.event(*id)));
        open.sort_unstable();
        // The homes of the spells that are open at a failure, with how many of theirs are.
        let (mut next, mut ends, mut homes) = (0, BinaryHeap::new(), BTreeMap::<usize, usize>::new());
        for id in open {
            while next < spells.len() && spells[next].0 < id {
                let (_, end, home) = spells[next];
                ends.push(Reverse((end, home)));
                *homes.entry(home).or_default() += 1;
                next += 1;
            }
            while let Some(&Reverse((end, home))) = ends.peek()
                && end <= id
            {
                ends.pop();
                if let Some(count) = homes.get_mut(&home) {
                    *count -= 1;
                    if *count == 0 {
                        homes.remove(&home);
                    }
                }
            }
            let fits = !once || same_worker(self.scene.event(id));
            if let (1, Some((&home, _)), true) = (homes.len(), homes.first_key_value(), fits) {
                moves.insert(id, home);
            }
        }
    }

    /// The spells that follow the lost races of each timeline, by their beginning.
    fn spells(&self, losers: &[(u32, usize)]) -> Vec<(u32, u32, usize)> {
        let mut losers = losers.to_vec();
        losers.sort_unstable_by_key(|&(id, home)| (home, id));
        let mut spells: Vec<(u32, u32, usize)> = Vec::new();
        for (id, home) in losers {
            // The losers of one race share a spell.
            if spells.last().is_none_or(|&(_, end, known)| known != home || id >= end) {
                spells.push(self.spell(id, home));
            }
        }
        spells.sort_unstable();
        spells
    }

    /// From a loser to the next good event of its timeline; where that is a good refresh, only the
    /// time in which losers retry.
    fn spell(&self, id: u32, home: usize) -> (u32, u32, usize) {
        let timed = self.scene.timelines.timed(&self.scene.timelines.timelines[home]);
        let after = timed.partition_point(|&other| other <= id);
        let lost = self.scene.event(id).time.map_or(0, |time| time.nanos);
        let past_window = |event: &TokenEvent| {
            event.time.is_some_and(|time| time.nanos.saturating_sub(lost) > self.scene.window.nanos)
        };
        let next = timed[after..].iter().copied().find(|&other| {
            let event = self.scene.event(other);
            event.kind == EventKind::GrantIssued || (event.kind == EventKind::RefreshSucceeded && past_window(event))
        });
        let Some(next) = next else { return (id, u32::MAX, home) };
        if self.scene.event(next).kind == EventKind::GrantIssued {
            return (id, next, home);
        }
        let events = &self.scene.timelines.events;
        let until = lost.saturating_add(self.scene.limits.retry);
        let retried = events.partition_point(|event| event.time.is_some_and(|time| time.nanos <= until));
        (id, next.min(retried as u32), home)
    }
}

/// A worker's names, the finest first: host, process and thread; host and process.
fn workers_of(event: &TokenEvent) -> [Option<Worker>; 2] {
    let (Some(host), Some(process)) = (event.host, event.process) else { return [None, None] };
    [event.thread.map(|thread| (host, process, Some(thread))), Some((host, process, None))]
}

pub(super) fn moved(mut timelines: Timelines, moves: &Moves) -> Timelines {
    if moves.is_empty() {
        return timelines;
    }
    let mut new: HashMap<usize, Vec<u32>> = HashMap::new();
    for (&id, &home) in moves {
        timelines.ties[id as usize] = Tie::Adopted;
        new.entry(home).or_default().push(id);
    }
    timelines.regroup(|number, members| {
        let new = new.get(&number);
        if new.is_none() && !members.iter().any(|id| moves.contains_key(id)) {
            return None;
        }
        let kept = members.iter().filter(|id| !moves.contains_key(*id));
        let mut members: Vec<u32> = kept.chain(new.into_iter().flatten()).copied().collect();
        members.sort_unstable();
        Some(vec![members])
    });
    timelines
}
