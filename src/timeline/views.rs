//! Two views of the same attempts: the log of a client and that of the server, read together.
//!
//! Each attempt is in both then, and counting both would double it. Nothing in one record shows that: the two logs
//! name other hosts, other processes, and their clocks may be apart. What shows it is that it always happens: of all
//! attempts that one of the logs has of some principals, nearly each has its like in the other, at nearly the same
//! distance. Workers that race do not keep their distance; and they write alike, while client and server do not: the
//! two views name other parts of a place, or are recognised by other rules.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::is_attempt;
use crate::model::{EventKind, EventSet, Precision, Symbol, TokenEvent};

const MILLI: i64 = 1_000_000;
/// The clocks of the two may be apart by so much.
const APART: i64 = 5_000 * MILLI;
/// How far a pair may be from the usual distance.
const SLACK: i64 = 60 * MILLI;
/// So many pairs show two views, if so many of ten attempts are in one.
const PAIRS: usize = 3;
const OF_TEN: usize = 9;
/// Views of one principal that are looked at: bounds the work where each line has another place.
const VIEWS: usize = 8;

/// Where and how a record was written: its source, and which parts of a place it names.
type View = (u32, u8);

fn view(event: &TokenEvent) -> View {
    let parts = [event.host.is_some(), event.process.is_some(), event.thread.is_some(), event.address.is_some()];
    (event.position.source, parts.iter().fold(0, |mask, part| mask << 1 | u8::from(*part)))
}

/// Whose attempts: client and subject.
type Whose = (Option<Symbol>, Symbol);

/// The attempts of one principal in one view, as indices in time order.
type Attempts = Vec<u32>;

/// Folds each attempt that two views tell into one event, at the earlier of the two times.
pub(super) fn fold(set: &EventSet, mut events: Vec<TokenEvent>) -> Vec<TokenEvent> {
    let seen_twice = seen_twice(&events);
    if seen_twice.is_empty() {
        return events;
    }
    let mut by_principal: HashMap<Whose, BTreeMap<View, Attempts>> = HashMap::new();
    let mut rules: HashMap<View, HashSet<Symbol>> = HashMap::new();
    for (index, event) in (0..).zip(&events) {
        let Some(whose) = whose(event) else { continue };
        if seen_twice.contains(&whose) {
            by_principal.entry(whose).or_default().entry(view(event)).or_default().push(index);
        }
        rules.entry(view(event)).or_default().insert(event.rule);
    }
    let mut pairs: HashMap<(View, View), Vec<Whose>> = HashMap::new();
    for (whose, views) in by_principal.iter().filter(|(_, views)| views.len() <= VIEWS) {
        for (at, a) in views.keys().enumerate() {
            for b in views.keys().skip(at + 1).filter(|b| a.1 != b.1 || rules[a].is_disjoint(&rules[*b])) {
                pairs.entry((*a, *b)).or_default().push(*whose);
            }
        }
    }
    let mut gone = vec![false; events.len()];
    let mut ordered: Vec<_> = pairs.into_iter().collect();
    ordered.sort_unstable_by_key(|(pair, _)| *pair);
    for ((a, b), principals) in ordered {
        let both: Vec<(&Attempts, &Attempts)> =
            principals.iter().map(|whose| (&by_principal[whose][&a], &by_principal[whose][&b])).collect();
        for (kept, other) in told_twice(set, &events, &gone, &both) {
            let twin = events[other as usize];
            absorb(&mut events[kept as usize], &twin);
            gone[other as usize] = true;
        }
    }
    let mut index = 0;
    events.retain(|_| {
        index += 1;
        !gone[index - 1]
    });
    events
}

/// Whose attempt it is, where it can be one of two that are told apart by milliseconds.
fn whose(event: &TokenEvent) -> Option<Whose> {
    let fine = event.time.is_some_and(|time| time.precision != Precision::Second);
    event.subject.filter(|_| fine && is_attempt(event)).map(|subject| (event.client, subject))
}

/// The principals of several views: in most logs there are none, and the attempts of the others need no list.
fn seen_twice(events: &[TokenEvent]) -> HashSet<Whose> {
    let mut first: HashMap<Whose, View> = HashMap::new();
    let attempts = || events.iter().filter_map(|event| Some((whose(event)?, view(event))));
    // A log of one view is done with that.
    let one = attempts().next().map(|(_, view)| view);
    if attempts().all(|(_, view)| Some(view) == one) {
        return HashSet::new();
    }
    attempts().filter(|(whose, view)| first.entry(*whose).or_insert(*view) != view).map(|(whose, _)| whose).collect()
}

/// The pairs of two views, the earlier first; none where they are no views of the same attempts.
fn told_twice(
    set: &EventSet,
    events: &[TokenEvent],
    gone: &[bool],
    principals: &[(&Attempts, &Attempts)],
) -> Vec<(u32, u32)> {
    let time = |index: u32| events[index as usize].time.map_or(0, |time| time.nanos);
    let open = |index: &&u32| !gone[**index as usize];
    let mut apart: Vec<i64> = Vec::new();
    for (a, b) in principals {
        for &one in a.iter().filter(open).filter(|one| events[**one as usize].kind == EventKind::RefreshSucceeded) {
            let from = b.partition_point(|&other| time(other) < time(one).saturating_sub(APART));
            let near = b[from..].iter().filter(open).take_while(|other| time(**other) <= time(one) + APART);
            let like = near.filter(|other| alike(set, &events[one as usize], &events[**other as usize]));
            apart.extend(like.map(|&other| time(other) - time(one)).min_by_key(|apart| apart.abs()));
        }
    }
    apart.sort_unstable();
    let Some(&usual) = apart.get(apart.len() / 2) else { return Vec::new() };
    let (mut pairs, mut all) = (Vec::new(), [0, 0]);
    for (a, b) in principals {
        let mut taken = vec![false; b.len()];
        let inside = |index: u32, of: &Attempts, shift: i64| {
            let at = time(index).saturating_add(shift);
            time(of[0]) - APART <= at && at <= time(of[of.len() - 1]) + APART
        };
        for &one in a.iter().filter(open) {
            let due = time(one).saturating_add(usual);
            let from = b.partition_point(|&other| time(other) < due.saturating_sub(SLACK));
            let near = (from..b.len()).take_while(|&place| time(b[place]) <= due.saturating_add(SLACK));
            let like = near.filter(|&place| {
                !taken[place] && open(&&b[place]) && alike(set, &events[one as usize], &events[b[place] as usize])
            });
            all[0] += usize::from(inside(one, b, usual));
            if let Some(place) = like.min_by_key(|&place| (time(b[place]) - due).abs()) {
                taken[place] = true;
                pairs.push((one.min(b[place]), one.max(b[place])));
            }
        }
        all[1] += b.iter().filter(open).filter(|&&other| inside(other, a, -usual)).count();
    }
    let shown = pairs.len() >= PAIRS && pairs.len() * 10 >= all[0].min(all[1]) * OF_TEN;
    if shown { pairs } else { Vec::new() }
}

/// Whether two records can tell of one attempt: the same outcome, and nothing differs but the place.
fn alike(set: &EventSet, a: &TokenEvent, b: &TokenEvent) -> bool {
    let differ = |a: Option<Symbol>, b: Option<Symbol>| a.is_some() && b.is_some() && a != b;
    // Forms of different length (a digest and an id) cannot be compared.
    let tokens = |a: Option<Symbol>, b: Option<Symbol>| {
        differ(a, b) && set.symbols.text(a).map(str::len) == set.symbols.text(b).map(str::len)
    };
    let statuses = a.status.is_some() && b.status.is_some() && a.status != b.status;
    a.kind == b.kind
        && !statuses
        && !differ(a.error, b.error)
        && !differ(a.grant_id, b.grant_id)
        && !tokens(a.presented, b.presented)
        && !tokens(a.issued, b.issued)
}

/// The union of two views; the place is that of the view which knows more of it, because a server knows no worker.
fn absorb(into: &mut TokenEvent, other: &TokenEvent) {
    let known = |event: &TokenEvent| [event.host, event.process, event.thread].iter().flatten().count();
    if known(other) > known(into) {
        (into.host, into.process, into.thread) = (other.host, other.process, other.thread);
    }
    super::twins::absorb(into, other);
}
