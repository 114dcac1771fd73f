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

use hashbrown::{HashMap, HashSet};

use super::conflicts::{conflict, less};
use super::is_attempt;
use super::layers::Layers;
use crate::model::{CauseClass, EventKind, EventSet, NamedBy, Precision, Symbol, TokenEvent};

const MILLI: i64 = 1_000_000;
/// Two layers write about one attempt within this time.
const LAYERS: i64 = 5 * MILLI;
/// An application's own line follows that of its HTTP client within this time.
const ECHO: i64 = 50 * MILLI;
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
    let mut merger = Merger { invalid_client: set.symbols.find("invalid_client"), ..Merger::default() };
    merger.count_requests(&events);
    for event in join_bodies(events) {
        if event.kind == EventKind::RefreshFailed && (is_polling(event.error) || is_polling(event.sub_code)) {
            continue;
        }
        merger.add(event);
    }
    let mut kept: Vec<TokenEvent> =
        merger.groups.into_iter().filter(|group| !group.dropped).map(|group| group.event).collect();
    // A finer time may move an event by less than a second; stable, so ties keep the total order.
    kept.sort_by_key(|event| (event.time.is_none(), event.time));
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
            ends.insert((position.source, position.byte_end), kept.len());
        } else if failed(&event) {
            // The line end is one byte, or two.
            let above = (1..=2).find_map(|gap| ends.get(&(position.source, position.byte_start.checked_sub(gap)?)));
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

/// One attempt and the layers that told of it.
struct Group {
    event: TokenEvent,
    layers: Layers,
    dropped: bool,
}

#[derive(Default)]
struct Merger {
    groups: Vec<Group>,
    by_request: HashMap<Symbol, Vec<u32>>,
    by_error: HashMap<(EventKind, Option<Symbol>), VecDeque<u32>>,
    /// Attempts of the last 50 ms.
    recent: VecDeque<u32>,
    last_of_source: HashMap<u32, u32>,
    pairs: HashSet<(Symbol, Symbol, u32)>,
    invalid_client: Option<Symbol>,
}

impl Merger {
    /// Finds the requests of which a layer logged exactly two failures: more is a job that retries.
    fn count_requests(&mut self, events: &[TokenEvent]) {
        let mut counts: HashMap<(Symbol, Symbol, u32), u32> = HashMap::new();
        for event in events.iter().filter(|event| event.kind == EventKind::RefreshFailed) {
            if let Some(request) = event.request_id {
                let key = (request, event.rule, event.position.source);
                let count = counts.entry(key).or_insert(0);
                *count += 1;
                if *count == 2 {
                    self.pairs.insert(key);
                } else if *count == 3 {
                    self.pairs.remove(&key);
                }
            }
        }
    }

    fn add(&mut self, event: TokenEvent) {
        if is_attempt(&event) {
            let twin = self.twin_by_request(&event).or_else(|| self.twin_by_time(&event));
            let twin = twin.or_else(|| self.echoed(&event));
            if let Some(twin) = twin {
                let group = &mut self.groups[twin as usize];
                group.layers.push(&event);
                absorb(&mut group.event, &event);
                return;
            }
            self.drop_probe_before(&event);
        }
        let number = self.groups.len() as u32;
        if is_attempt(&event) {
            if let Some(request) = event.request_id {
                self.by_request.entry(request).or_default().push(number);
            }
            if event.time.is_some() {
                self.by_error.entry((event.kind, event.error)).or_default().push_back(number);
                self.recent.push_back(number);
                self.last_of_source.insert(event.position.source, number);
            }
        }
        let layers = Layers::of(&event);
        self.groups.push(Group { event, layers, dropped: false });
    }

    fn twin_by_request(&self, event: &TokenEvent) -> Option<u32> {
        let earlier = self.by_request.get(&event.request_id?)?;
        earlier.iter().rev().take(REACH).copied().find(|&number| {
            let group = &self.groups[number as usize];
            if group.event.kind != event.kind || conflict(&group.event, event) {
                return false;
            }
            let new_layer = !group.layers.have(event);
            match distance(&group.event, event) {
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
        while recent.front().is_some_and(|&number| nanos(&groups[number as usize].event) < oldest) {
            recent.pop_front();
        }
        let near = |&number: &u32, fits: fn(&Group, &TokenEvent, i64) -> bool| {
            let group = &groups[number as usize];
            let apart = time.nanos - nanos(&group.event);
            apart <= THREAD && fits(group, event, apart)
        };
        let all = || recent.iter().rev().take(REACH).copied();
        if !all().any(|number| near(&number, same_moment)) {
            return all().find(|number| near(number, handed_over));
        }
        let mut fitting = all().filter(|number| near(number, same_moment));
        let nearest = fitting.next()?;
        // A record without a client belongs to no one of several clients.
        let client = |number: u32| groups[number as usize].event.client;
        let unsure = event.client.is_none() && fitting.any(|other| client(other) != client(nearest));
        (!unsure).then_some(nearest)
    }

    /// The attempt that another layer told of a moment ago: the one that shares a thread or request
    /// before any other, then the earliest, because layers write in turn.
    fn echoed(&mut self, event: &TokenEvent) -> Option<u32> {
        let time = event.time.filter(|time| time.precision != Precision::Second)?;
        let groups = &self.groups;
        let at = |number: u32| nanos(&groups[number as usize].event);
        while self.recent.front().is_some_and(|&number| at(number) < time.nanos - SAME_THREAD) {
            self.recent.pop_front();
        }
        let one_thread = |number: &u32| {
            let known = &groups[*number as usize].event;
            thread(event).is_some() && thread(known) == thread(event)
        };
        let soon = self.recent.partition_point(|&number| at(number) < time.nanos - ECHO);
        let near = self.recent.iter().skip(soon).take(REACH).copied();
        let before = self.recent.iter().take(soon).rev().take(REACH).copied().filter(one_thread);
        let all: Vec<u32> = before.chain(near).filter(|&number| echoes(&groups[number as usize], event)).collect();
        let fitting = || all.iter().copied();
        let close = |number: &u32| {
            let known = &groups[*number as usize].event;
            let same = |a: Option<Symbol>, b: Option<Symbol>| a.is_some() && a == b;
            same(known.thread, event.thread) || same(known.request_id, event.request_id)
        };
        let earliest = fitting().next()?;
        let client = |number: u32| groups[number as usize].event.client;
        let unsure = event.client.is_none() && fitting().any(|other| client(other) != client(earliest));
        fitting().find(close).or((!unsure).then_some(earliest))
    }

    fn neighbour_in_source(&self, event: &TokenEvent) -> Option<u32> {
        let number = *self.last_of_source.get(&event.position.source)?;
        let group = &self.groups[number as usize];
        let near = event.position.line.saturating_sub(group.event.position.line) <= 5;
        let twins = near
            && group.event.kind == event.kind
            && group.event.time == event.time
            && (group.layers.by_other_rules(event) || group.layers.reworded_by(event))
            && (group.event.error == event.error || status_only(&group.event) != status_only(event))
            && !conflict(&group.event, event);
        twins.then_some(number)
    }

    /// A client authentication that was refused and then done another way is no failure.
    fn drop_probe_before(&mut self, event: &TokenEvent) {
        let (EventKind::RefreshSucceeded, Some(request)) = (event.kind, event.request_id) else { return };
        for &number in self.by_request.get(&request).into_iter().flatten().rev().take(REACH) {
            let group = &mut self.groups[number as usize];
            let refused = group.event.error.is_some() && group.event.error == self.invalid_client;
            let near = distance(&group.event, event).is_some_and(|apart| apart <= PROBE);
            if refused && near && !conflict(&group.event, event) {
                group.dropped = true;
            }
        }
    }
}

/// Whether a record of the same outcome and error, at most 10 ms later, is the same attempt.
fn same_moment(group: &Group, event: &TokenEvent, apart: i64) -> bool {
    let known = &group.event;
    if group.dropped || known.time.is_none_or(|time| time.precision == Precision::Second) || conflict(known, event) {
        return false;
    }
    let told = event.error.is_some() || (event.status.is_some() && event.status == known.status);
    if event.kind == EventKind::RefreshFailed && !told {
        return false;
    }
    let shares_worker = known.thread.is_some() && known.thread == event.thread
        || known.host.is_some()
            && known.host == event.host
            && known.process.is_some()
            && known.process == event.process;
    if group.layers.have(event) {
        let one_thread = group.layers.len() == 1 && thread(known).is_some() && thread(known) == thread(event);
        let failed = event.kind == EventKind::RefreshFailed;
        return failed && (one_thread || (apart <= LAYERS && (less(known, event) || less(event, known))));
    }
    if group.layers.reworded_by(event) || group.layers.by_other_rules(event) {
        return apart <= LAYERS;
    }
    let fine = event.time.is_some_and(|time| time.precision >= Precision::Micro);
    apart == 0 && (shares_worker || (fine && known.likeness != 0 && known.likeness == event.likeness))
}

/// Whether a record is the same attempt, told in other words by another thread of its process: an answer that comes in on
/// one thread is often judged on another.
fn handed_over(group: &Group, event: &TokenEvent, apart: i64) -> bool {
    let known = &group.event;
    let text = known.error_description.is_some() && known.error_description == event.error_description;
    let moved = TokenEvent { thread: known.thread, ..*event };
    apart <= LAYERS
        && text
        && group.layers.reworded_by(event)
        && known.thread != event.thread
        && same_moment(group, &moved, apart)
}

/// Whether a record is what another layer says of an attempt, a moment later.
fn echoes(group: &Group, event: &TokenEvent) -> bool {
    let known = &group.event;
    let same = |a: Option<Symbol>, b: Option<Symbol>| a.is_some() && a == b;
    let one_process = same(known.host, event.host) && same(known.process, event.process);
    let together = one_process || group.layers.of_source(event);
    let fine = known.time.is_some_and(|time| time.precision != Precision::Second);
    if group.dropped || !fine || !together || known.kind != event.kind || conflict(known, event) {
        return false;
    }
    let says_same = |a: Option<Symbol>, b: Option<Symbol>| a.is_none() || b.is_none() || a == b;
    let one_worker = same(known.process, event.process) && same(known.thread, event.thread);
    let agree = event.kind == EventKind::RefreshSucceeded
        || (known.error.is_some() && known.error == event.error)
        || status_only(known) != status_only(event)
        || (one_worker && is_mute(known) != is_mute(event));
    agree
        && says_same(known.error_description, event.error_description)
        && says_same(known.sub_code, event.sub_code)
        && (group.layers.by_other_rules(event)
            || (group.layers.reworded_by(event) && nanos(event).saturating_sub(nanos(known)) <= ECHO))
}

/// The thread that wrote a record, where its host and process are known too.
fn thread(event: &TokenEvent) -> Option<(Symbol, Symbol, Symbol)> {
    Some((event.host?, event.process?, event.thread?))
}

/// Whether a failure is told by its HTTP status alone.
fn status_only(event: &TokenEvent) -> bool {
    let refused = event.status.is_some_and(|status| status >= 400);
    refused && event.error.is_none() && event.sub_code.is_none() && event.class == CauseClass::Ambiguous
}

/// Whether a failure says nothing of what it was.
fn is_mute(event: &TokenEvent) -> bool {
    event.error.is_none() && event.sub_code.is_none() && event.status.is_none() && event.error_description.is_none()
}

fn nanos(event: &TokenEvent) -> i64 {
    event.time.map_or(i64::MIN, |time| time.nanos)
}

/// Time between two events; a time of whole seconds may lie anywhere in its second.
fn distance(a: &TokenEvent, b: &TokenEvent) -> Option<i64> {
    let (left, right) = (a.time?, b.time?);
    let slack =
        if left.precision == Precision::Second || right.precision == Precision::Second { 1000 * MILLI } else { 0 };
    Some((left.nanos.saturating_sub(right.nanos).saturating_abs() - slack).max(0))
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
