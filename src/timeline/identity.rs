//! Whose an event is, where its own record does not say.
//!
//! Failures are often logged with less than successes (no user id, a `null`, no provider). The
//! ladder: grant id and token digest first (the tokens of one family are linked by who was
//! presented and who was issued), then the request id. Every step needs a unique answer; where
//! two subjects share an id, it says nothing.

use hashbrown::HashMap;

use super::families::Families;
use super::ledger::is_masked;
use super::{Tie, Told};
use crate::model::{EventKind, EventSet, Symbol, SymbolSet, TokenEvent};

/// What several events say about one thing.
#[derive(Clone, Copy)]
enum Said {
    Once(Symbol),
    Differently,
}

#[derive(Default)]
struct Answers<K>(HashMap<K, Said>);

impl<K: Eq + std::hash::Hash> Answers<K> {
    fn add(&mut self, key: K, symbol: Symbol) {
        let said = self.0.entry(key).or_insert(Said::Once(symbol));
        if matches!(said, Said::Once(known) if *known != symbol) {
            *said = Said::Differently;
        }
    }

    fn unique(&self, key: &K) -> Option<Symbol> {
        match self.0.get(key) {
            Some(Said::Once(symbol)) => Some(*symbol),
            _ => None,
        }
    }
}

/// What links events into a family. Grant ids are small numbers often enough, so a client's own.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    Token(Symbol),
    /// A masked form, which is one token only together with the client and subject that it belongs to.
    Masked(Option<Symbol>, Option<Symbol>, Symbol),
    Grant(Option<Symbol>, Symbol),
}

/// Fills in providers, clients and subjects; returns each event's token family.
pub(super) fn resolve(set: &EventSet, told: Told, events: &mut [TokenEvent], ties: &mut [Tie]) -> Families {
    let providers = told.providers && told.no_provider;
    if providers {
        fill_providers(events);
    }
    let roots = if told.tokens { link(set, events) } else { Families::default() };
    if told.no_client || told.no_subject {
        // A request that one event alone tells of says nothing about another.
        let shared = SymbolSet::repeated(events.iter().filter_map(|event| event.request_id));
        if told.no_client {
            fill_clients(events, &roots, &shared);
            if providers {
                fill_providers(events);
            }
        }
        if told.no_subject {
            fill_subjects(events, ties, &roots, &shared);
        }
    }
    if told.tokens { families(events, &roots) } else { roots }
}

/// A client has one provider, or its user has; where no client is named, the user's is all there is.
fn fill_providers(events: &mut [TokenEvent]) {
    let (mut by_client, mut by_user) = (Answers(HashMap::new()), Answers(HashMap::new()));
    let user = |event: &TokenEvent| event.subject.map(|subject| (event.client, subject));
    for event in events.iter() {
        let Some(provider) = event.provider else { continue };
        if let Some(client) = event.client {
            by_client.add(client, provider);
        }
        if let Some(user) = user(event) {
            by_user.add(user, provider);
        }
    }
    for event in events.iter_mut().filter(|event| event.provider.is_none()) {
        let of_client = event.client.and_then(|client| by_client.unique(&client));
        event.provider = of_client.or_else(|| user(event).and_then(|user| by_user.unique(&user)));
    }
}

fn fill_clients(events: &mut [TokenEvent], roots: &Families, shared: &SymbolSet) {
    let (mut by_root, mut by_request) = (Answers(HashMap::new()), Answers(HashMap::new()));
    for (id, event) in (0..).zip(events.iter()) {
        if let Some(client) = event.client {
            if let Some(root) = roots.of(id) {
                by_root.add(root, client);
            }
            if let Some(request) = event.request_id.filter(|request| shared.contains(*request)) {
                by_request.add(request, client);
            }
        }
    }
    let by_user = clients_of_users(events);
    for (id, event) in (0..).zip(events).filter(|(_, event)| event.client.is_none()) {
        event.client = roots
            .of(id)
            .and_then(|root| by_root.unique(&root))
            .or_else(|| event.request_id.and_then(|request| by_request.unique(&request)))
            .or_else(|| event.subject.and_then(|subject| by_user.unique(&(event.position.source, subject))));
    }
}

/// The client that a source names with a user. That of another source tells nothing: `42` is a user of many systems.
fn clients_of_users(events: &[TokenEvent]) -> Answers<(u32, Symbol)> {
    let mut by_user = Answers(HashMap::new());
    for event in events {
        if let (Some(client), Some(subject)) = (event.client, event.subject) {
            by_user.add((event.position.source, subject), client);
        }
    }
    by_user
}

fn fill_subjects(events: &mut [TokenEvent], ties: &mut [Tie], roots: &Families, shared: &SymbolSet) {
    let (mut by_root, mut by_request) = (Answers(HashMap::new()), Answers(HashMap::new()));
    for (id, event) in (0..).zip(events.iter()) {
        if let Some(subject) = event.subject {
            if let Some(root) = roots.of(id) {
                by_root.add((event.client, root), subject);
            }
            if let Some(request) = event.request_id.filter(|request| shared.contains(*request)) {
                by_request.add((event.client, request), subject);
            }
        }
    }
    for (id, event) in (0..).zip(events).filter(|(_, event)| event.subject.is_none()) {
        event.subject = roots
            .of(id)
            .and_then(|root| by_root.unique(&(event.client, root)))
            .or_else(|| event.request_id.and_then(|request| by_request.unique(&(event.client, request))));
        if event.subject.is_some() {
            ties[id as usize] = Tie::Linked;
        }
    }
}

/// Within this time a masked form must be one user's, or it says nothing where the user is not named.
const MASKED: i64 = 2 * 3_600 * 1_000_000_000;
/// How many events with one masked form are looked at: bounds the work on a hostile log.
const REACH: usize = 1024;

/// Whose the masked forms are, by client and form: when each user had it, in order. Four characters are those
/// of many users' tokens in a long log.
#[derive(Default)]
struct Masked(HashMap<(Option<Symbol>, Symbol), Vec<Had>>);

/// When, in nanoseconds, and who.
type Had = (i64, Symbol);

impl Masked {
    fn of(set: &EventSet, events: &[TokenEvent]) -> Self {
        let mut masked = Self::default();
        for event in events {
            let (Some(subject), Some(time)) = (event.subject, event.time) else { continue };
            for form in [event.presented, event.issued].into_iter().flatten().filter(|form| is_masked(set, *form)) {
                masked.0.entry((event.client, form)).or_default().push((time.nanos, subject));
            }
        }
        masked
    }

    /// The users who had a form around the time of an event.
    fn near(&self, event: &TokenEvent, form: Symbol) -> Option<Said> {
        let had = self.0.get(&(event.client, form))?;
        let around = event
            .time
            .map_or(i64::MIN..=i64::MAX, |time| time.nanos.saturating_sub(MASKED)..=time.nanos.saturating_add(MASKED));
        let from = had.partition_point(|(time, _)| time < around.start());
        let near = had[from..].iter().take(REACH).take_while(|(time, _)| time <= around.end());
        let mut near = near.map(|(_, subject)| *subject);
        let first = near.next()?;
        Some(if near.all(|subject| subject == first) { Said::Once(first) } else { Said::Differently })
    }
}

/// Union-find over token digests and grant ids; the root of each event that has one.
fn link(set: &EventSet, events: &[TokenEvent]) -> Families {
    let masked = Masked::of(set, events);
    let token = |event: &TokenEvent, form: Symbol| {
        if !is_masked(set, form) {
            return Some(Node::Token(form));
        }
        let subject = match (event.subject, masked.near(event, form)) {
            (Some(subject), _) | (None, Some(Said::Once(subject))) => Some(subject),
            (None, Some(Said::Differently)) => return None,
            (None, None) => None,
        };
        Some(Node::Masked(event.client, subject, form))
    };
    let mut numbers: HashMap<Node, u32> = HashMap::new();
    let mut parents: Vec<u32> = Vec::new();
    let mut firsts = Vec::with_capacity(events.len());
    for event in events {
        // What a new grant presents is a code or a password, not a token of the family.
        let presented = event.presented.filter(|_| event.kind != EventKind::GrantIssued);
        let nodes = [
            event.grant_id.map(|grant| Node::Grant(event.client, grant)),
            presented.and_then(|form| token(event, form)),
            event.issued.and_then(|form| token(event, form)),
        ];
        let mut first = None;
        for node in nodes.into_iter().flatten() {
            let number = *numbers.entry(node).or_insert_with(|| {
                parents.push(parents.len() as u32);
                parents.len() as u32 - 1
            });
            match first {
                None => first = Some(number),
                Some(first) => {
                    let (left, right) = (root(&mut parents, first), root(&mut parents, number));
                    parents[left.max(right) as usize] = left.min(right);
                }
            }
        }
        firsts.push(first);
    }
    firsts.into_iter().map(|first| first.map(|first| root(&mut parents, first))).collect()
}

fn root(parents: &mut [u32], mut node: u32) -> u32 {
    while parents[node as usize] != node {
        parents[node as usize] = parents[parents[node as usize] as usize];
        node = parents[node as usize];
    }
    node
}

/// Keeps the roots that stand for a family: those with a grant id, and those of clients whose logs
/// show a token both issued and presented. Where no token is ever seen twice, digests cannot chain
/// (a log may write the two in different forms), and each cycle would look like a family.
fn families(events: &[TokenEvent], roots: &Families) -> Families {
    let mut issued: HashMap<(Option<Symbol>, Symbol), usize> = HashMap::new();
    let mut granted: HashMap<u32, ()> = HashMap::new();
    for (index, event) in events.iter().enumerate() {
        if let Some(token) = event.issued {
            issued.entry((event.client, token)).or_insert(index);
        }
        if let (Some(_), Some(root)) = (event.grant_id, roots.of(index as u32)) {
            granted.insert(root, ());
        }
    }
    let mut chained: HashMap<Option<Symbol>, ()> = HashMap::new();
    for (index, event) in events.iter().enumerate() {
        let known = event.presented.and_then(|token| issued.get(&(event.client, token)));
        if known.is_some_and(|&first| first != index) {
            chained.insert(event.client, ());
        }
    }
    let keep = |event: &TokenEvent, root: &u32| granted.contains_key(root) || chained.contains_key(&event.client);
    (0..).zip(events).map(|(id, event)| roots.of(id).filter(|root| keep(event, root))).collect()
}
