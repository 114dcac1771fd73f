//! Twins: one attempt that left two records.
//!
//! Two records are one attempt when they have the same outcome, no identity that both carry
//! differs (client, subject, grant, token, request, host, process, thread, address), and
//! - they share a request id and come from different layers (rule or source) within two seconds,
//!   or are the only two failures of that request and layer, within a quarter of a second (a
//!   library that probes two ways to authenticate);
//! - or they have the same error within 5 ms, and come from different rules; or from different
//!   sources at the very same time with the same worker or the same text; or from one layer, and
//!   one of them carries strictly less identity;
//! - or they come from different rules in one source, or by one process, within 50 ms, or are worded differently in
//!   one source, and say the same: two successes; or failures with one error and text, as far as both tell them (the line of
//!   an HTTP client knows a status and no error);
//! - or one of them says nothing but that it failed, and one worker (process and thread) wrote both;
//! - or the same within 500 ms, where one thread (host, process and thread known) wrote both;
//! - or another thread of one source says the same with the same text in other words, within 5 ms;
//! - or they are failures of one thread (host, process and thread known) with one error in 10 ms;
//! - or, with times of whole seconds, they are neighbours in one source, by different rules;
//! - or one stands right below the other and has no time of its own: the body of the answer, on a line by itself.
//!
//! Two bare records of one client in the same millisecond, by the same rule, stay two attempts:
//! that is what two workers look like. Each layer gives at most one record to an attempt. Device
//! polling and `DPoP` nonce rounds are no failures and are left out.

use std::collections::VecDeque;
use std::iter;

use hashbrown::{HashMap, HashSet};

use super::conflicts::conflict;
use super::fits::{ECHO, MILLI, distance, echoes, handed_over, nanos, same_moment, status_only, thread};
use super::groups::{Group, Groups};
use super::is_attempt;
use super::layers::layer;
use super::recent::Recent;
use crate::model::{CauseClass, EventKind, EventSet, NamedBy, Precision, Symbol, SymbolSet, TokenEvent};

/// The same, where both were written by one thread, which waits for its own request.
const SAME_THREAD: i64 = 500 * MILLI;
/// One thread cannot try twice within this time but by a library's own second try.
const THREAD: i64 = 10 * MILLI;
/// A library's second try, known by its request id.
const PROBE: i64 = 250 * MILLI;
/// Layers that share a request id may log this far apart.
const REQUEST: i64 = 2_000 * MILLI;
/// How many neighbours are looked at: bounds the work on a hostile log, never met on a sane one.
const REACH: usize = 64;

/// Codes that are answers in a protocol round and no failures of a refresh.
const NO_FAILURE: [&str; 3] = ["authorization_pending", "slow_down", "use_dpop_nonce"];

/// Merges the twins of sorted events; what is left keeps its order but for times made finer.
pub(super) fn merge(set: &EventSet, events: Vec<TokenEvent>) -> Vec<TokenEvent> {
    let polling: Vec<Symbol> = NO_FAILURE.iter().filter_map(|code| set.symbols.find(code)).collect();
    let is_polling = |symbol: Option<Symbol>| symbol.is_some_and(|symbol| polling.contains(&symbol));
    let mut merger = Merger::of(join_bodies(events));
    merger.invalid_client = set.symbols.find("invalid_client");
    for place in 0..merger.groups.records() {
        let event = merger.groups.record(place);
        if event.kind == EventKind::RefreshFailed && (is_polling(event.error) || is_polling(event.sub_code)) {
            continue;
        }
        merger.add(&event);
    }
    let mut kept = merger.groups.into_events();
    // A finer time may move an event by less than a second; stable, so ties keep the total order. Where none did, the room
    // that sorting takes is half of that of all events.
    let order = |event: &TokenEvent| (event.time.is_none(), event.time);
    if !kept.is_sorted_by_key(order) {
        kept.sort_by_key(order);
    }
    kept
}

/// Folds a failure without a time into the one right above it, where that has one: `refresh failed: 400` and, on the
/// next line, `{"error":"invalid_grant"}`. Events without a time come last.
fn join_bodies(events: Vec<TokenEvent>) -> Vec<TokenEvent> {
    let failed = |event: &TokenEvent| event.kind == EventKind::RefreshFailed;
    if !events.iter().any(|event| failed(event) && event.time.is_none()) {
        return events;
    }
    let mut ends: HashMap<(u32, u64), usize> = HashMap::new();
    let mut kept: Vec<TokenEvent> = Vec::with_capacity(events.len());
    for event in events {
        let position = event.position;
        if failed(&event) && event.time.is_some() {
            ends.insert((position.source, position.byte_end()), kept.len());
        } else if failed(&event) {
            // The line end is one byte, or two.
            let above = (1..=2).find_map(|gap| ends.get(&(position.source, position.byte_start().checked_sub(gap)?)));
            let fits = |known: &TokenEvent| {
                let agree = known.error.is_none() || event.error.is_none() || known.error == event.error;
                agree && !conflict(known, &event)
            };
            if let Some(&above) = above.filter(|above| fits(&kept[**above])) {
                absorb(&mut kept[above], &event);
                continue;
            }
        }
        kept.push(event);
    }
    kept
}

struct Merger {
    groups: Groups,
    /// The requests that several records tell of: in most logs there are few.
    shared: SymbolSet,
    /// The last attempt of each of them.
    by_request: HashMap<Symbol, u32>,
    /// The attempt of the same request before one.
    before: HashMap<u32, u32>,
    by_error: HashMap<(EventKind, Option<Symbol>), VecDeque<u32>>,
    /// Whether several layers tell of good refreshes, and of failures: of one layer no record is the echo of another.
    layered: [bool; 2],
    /// The attempts of each outcome of the last half second, as far as several layers tell of their like.
    recent: [Recent; 2],
    last_of_source: HashMap<u32, u32>,
    pairs: HashSet<(Symbol, Symbol, u32)>,
    invalid_client: Option<Symbol>,
}

impl Merger {
    fn of(events: Vec<TokenEvent>) -> Self {
        Self {
            pairs: pairs(&events),
            layered: layered(&events),
            shared: SymbolSet::repeated(events.iter().filter_map(|event| event.request_id)),
            groups: Groups::of(events),
            by_request: HashMap::new(),
            before: HashMap::new(),
            by_error: HashMap::new(),
            recent: Default::default(),
            last_of_source: HashMap::new(),
            invalid_client: None,
        }
    }

    /// Adds the record that was read last.
    fn add(&mut self, event: &TokenEvent) {
        if !is_attempt(event) {
            self.groups.add();
            return;
        }
        let twin = self.twin_by_request(event).or_else(|| self.twin_by_time(event));
        if let Some(twin) = twin.or_else(|| self.echoed(event)) {
            self.groups.tell(twin, event);
            return;
        }
        self.drop_probe_before(event);
        let number = self.groups.add();
        if let Some(request) = event.request_id.filter(|request| self.shared.contains(*request))
            && let Some(before) = self.by_request.insert(request, number)
        {
            self.before.insert(number, before);
        }
        if event.time.is_some() {
            self.by_error.entry((event.kind, event.error)).or_default().push_back(number);
            if self.layered[outcome(event)] {
                self.recent[outcome(event)].push(number, layer(event));
            }
            self.last_of_source.insert(event.position.source, number);
        }
    }

    /// The attempts of a request, the latest first.
    fn of_request(&self, request: Symbol) -> impl Iterator<Item = u32> {
        let last = if self.shared.contains(request) { self.by_request.get(&request).copied() } else { None };
        iter::successors(last, |number| self.before.get(number).copied()).take(REACH)
    }

    fn twin_by_request(&self, event: &TokenEvent) -> Option<u32> {
        self.of_request(event.request_id?).find(|&number| {
            let group = self.groups.group(number);
            if group.event.kind != event.kind || conflict(group.event, event) {
                return false;
            }
            let new_layer = !group.layers.have(event);
            match distance(group.event, event) {
                None => new_layer,
                Some(apart) if new_layer => apart <= REQUEST,
                Some(apart) => {
                    let key = event.request_id.map(|request| (request, event.rule, event.position.source));
                    apart <= PROBE && key.is_some_and(|key| self.pairs.contains(&key))
                }
            }
        })
    }

    fn twin_by_time(&mut self, event: &TokenEvent) -> Option<u32> {
        let time = event.time?;
        if time.precision == Precision::Second {
            return self.neighbour_in_source(event);
        }
        let recent = self.by_error.get_mut(&(event.kind, event.error))?;
        let oldest = time.nanos - THREAD;
        let groups = &self.groups;
        while recent.front().is_some_and(|&number| nanos(groups.event(number)) < oldest) {
            recent.pop_front();
        }
        let near = |&number: &u32, fits: fn(Group<'_>, &TokenEvent, i64) -> bool| {
            let apart = time.nanos - nanos(groups.event(number));
            apart <= THREAD && fits(groups.group(number), event, apart)
        };
        let all = || recent.iter().rev().take(REACH).copied();
        if !all().any(|number| near(&number, same_moment)) {
            return all().find(|number| near(number, handed_over));
        }
        let mut fitting = all().filter(|number| near(number, same_moment));
        let nearest = fitting.next()?;
        // A record without a client belongs to no one of several clients.
        let client = |number: u32| groups.event(number).client;
        let unsure = event.client.is_none() && fitting.any(|other| client(other) != client(nearest));
        (!unsure).then_some(nearest)
    }

    /// The attempt that another layer told of a moment ago: the one that shares a thread or request
    /// before any other, then the earliest, because layers write in turn.
    fn echoed(&mut self, event: &TokenEvent) -> Option<u32> {
        if !self.layered[outcome(event)] {
            return None;
        }
        let time = event.time.filter(|time| time.precision != Precision::Second)?;
        let (groups, recent, own) = (&self.groups, &mut self.recent[outcome(event)], layer(event));
        let at = |number: u32| nanos(groups.event(number));
        recent.forget(|number| at(number) < time.nanos - SAME_THREAD);
        if !recent.has_others(own) {
            return None;
        }
        let one_thread = |number: &u32| {
            let known = groups.event(*number);
            thread(event).is_some() && thread(known) == thread(event)
        };
        let soon = recent.first_since(|number| at(number) < time.nanos - ECHO);
        let fits = |number: &u32| echoes(groups.group(*number), event);
        let before = recent.others_before(soon, REACH, own).filter(fits).filter(one_thread);
        let all: Vec<u32> = before.chain(recent.others_after(soon, REACH, own).filter(fits)).collect();
        let fitting = || all.iter().copied();
        let close = |number: &u32| {
            let known = groups.event(*number);
            let same = |a: Option<Symbol>, b: Option<Symbol>| a.is_some() && a == b;
            same(known.thread, event.thread) || same(known.request_id, event.request_id)
        };
        let earliest = fitting().next()?;
        let client = |number: u32| groups.event(number).client;
        let unsure = event.client.is_none() && fitting().any(|other| client(other) != client(earliest));
        fitting().find(close).or((!unsure).then_some(earliest))
    }

    fn neighbour_in_source(&self, event: &TokenEvent) -> Option<u32> {
        let number = *self.last_of_source.get(&event.position.source)?;
        let group = self.groups.group(number);
        let near = event.position.line().saturating_sub(group.event.position.line()) <= 5;
        let twins = near
            && group.event.kind == event.kind
            && group.event.time == event.time
            && (group.layers.by_other_rules(event) || group.layers.reworded_by(event))
            && (group.event.error == event.error || status_only(group.event) != status_only(event))
            && !conflict(group.event, event);
        twins.then_some(number)
    }

    /// A client authentication that was refused and then done another way is no failure.
    fn drop_probe_before(&mut self, event: &TokenEvent) {
        let (EventKind::RefreshSucceeded, Some(request)) = (event.kind, event.request_id) else { return };
        let refused: Vec<u32> =
            self.of_request(request).filter(|number| self.is_refused_before(*number, event)).collect();
        for number in refused {
            self.groups.drop(number);
        }
    }

    fn is_refused_before(&self, number: u32, event: &TokenEvent) -> bool {
        let known = self.groups.event(number);
        let refused = known.error.is_some() && known.error == self.invalid_client;
        refused && distance(known, event).is_some_and(|apart| apart <= PROBE) && !conflict(known, event)
    }
}

/// Whether attempts of each outcome are told in several ways: by other rules, in other words, or at other levels.
fn layered(events: &[TokenEvent]) -> [bool; 2] {
    let (mut first, mut layered) = ([None; 2], [false; 2]);
    for event in events.iter().filter(|event| is_attempt(event)) {
        let way = (event.rule, event.wording, event.level);
        layered[outcome(event)] |= *first[outcome(event)].get_or_insert(way) != way;
    }
    layered
}

fn outcome(event: &TokenEvent) -> usize {
    usize::from(event.kind == EventKind::RefreshFailed)
}

/// The requests of which a layer logged exactly two failures: more is a job that retries.
fn pairs(events: &[TokenEvent]) -> HashSet<(Symbol, Symbol, u32)> {
    let mut counts: HashMap<(Symbol, Symbol, u32), u32> = HashMap::new();
    let mut pairs = HashSet::new();
    for event in events.iter().filter(|event| event.kind == EventKind::RefreshFailed) {
        if let Some(request) = event.request_id {
            let key = (request, event.rule, event.position.source);
            let count = counts.entry(key).or_insert(0);
            *count += 1;
            if *count == 2 {
                pairs.insert(key);
            } else if *count == 3 {
                pairs.remove(&key);
            }
        }
    }
    pairs
}

/// The union of two records of one attempt, with the finer time and the telling class.
pub(super) fn absorb(into: &mut TokenEvent, other: &TokenEvent) {
    let mut other = *other;
    into.named_by = match (names_nobody(into), names_nobody(&other)) {
        (true, _) => other.named_by,
        (_, true) => into.named_by,
        _ if into.named_by == other.named_by => into.named_by,
        _ => NamedBy::Record,
    };
    // What two parts of a program wrote is of neither.
    let logger = if into.logger == other.logger { into.logger } else { None };
    for (known, more) in into.symbols_mut().into_iter().zip(other.symbols_mut()) {
        *known = known.or(*more);
    }
    into.logger = logger;
    into.status = into.status.or(other.status);
    into.insecure |= other.insecure;
    into.without_refresh_token |= other.without_refresh_token;
    into.expires_in = into.expires_in.or(other.expires_in);
    into.duration_ms = into.duration_ms.or(other.duration_ms);
    if into.class == CauseClass::Ambiguous {
        into.class = other.class;
    }
    if let (Some(known), Some(more)) = (into.time, other.time)
        && more.precision > known.precision
        && known.precision == Precision::Second
    {
        into.time = Some(more);
    }
}

fn names_nobody(event: &TokenEvent) -> bool {
    event.client.is_none() && event.subject.is_none()
}
