//! Token events to timelines: what one principal did, in time order.
//!
//! Seven steps and a register. `copies` drops what two sources hold; `starts` joins requests to their responses; `views` folds
//! what a client and its server wrote about the same attempts, and `twins` what two layers wrote about one, into one event;
//! `identity` finds out whose an event is where its record did not say; `loggers` is what is left where nobody is named;
//! `principals` puts together what is one principal's; `families` parts its grants where they run side by side; `ledger`
//! knows of each token who issued and who presented it. `skew` finds clocks that are apart before all of that. No rule and no
//! window here: which attempts compete is the business of `diagnose`.

mod conflicts;
mod copies;
mod families;
mod fits;
mod groups;
mod identity;
mod layers;
mod ledger;
mod loggers;
mod principals;
mod recent;
mod skew;
mod starts;
mod told;
mod twins;
mod views;

use std::collections::BTreeMap;

use crate::model::{EventKind, EventSet, NamedBy, Symbol, TokenEvent};

pub use families::Families;
pub use ledger::{Ledger, Token, is_masked};
pub use skew::{Clock, Skew, align, skews};
pub use told::Told;

/// Whose timeline it is. Host and address are no identity: one principal may use many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    /// Id of the provider's rule file.
    pub provider: Option<Symbol>,
    /// The client.
    pub client: Option<Symbol>,
    /// The subject; `None` is the timeline of what the client did without naming one.
    pub subject: Option<Symbol>,
}

impl Principal {
    fn of(event: &TokenEvent) -> Self {
        Self { provider: event.provider, client: event.client, subject: event.subject }
    }
}

/// How an event came to its timeline; orders from the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// Its record names no subject; nothing else but its time or its client fits.
    Adopted,
    /// Its record names no subject, but a grant, token or request id that others with a subject share.
    Linked,
    /// Its own record says so.
    Named,
}

/// The events of one principal (or of one of its grants, where several live side by side): see [`Timelines::timed`]. Many
/// logs have nearly as many timelines as events, so a timeline is no list of its own.
#[derive(Clone, Copy, Debug)]
pub struct Timeline {
    /// Whose it is.
    pub principal: Principal,
    /// The token family, where the principal's families are told apart.
    pub family: Option<u32>,
    /// Where its events begin in the list of all of them, where those without a time do, and where they end.
    from: u32,
    untimed_from: u32,
    to: u32,
}

/// All timelines of a set of events.
#[derive(Clone, Debug, Default)]
pub struct Timelines {
    /// The events, twins merged and identities filled in, in one total order (untimed last).
    pub events: Vec<TokenEvent>,
    /// What happened by each: most questions need no more, and this list stays in the cache.
    pub kinds: Vec<EventKind>,
    /// What the events tell at all.
    pub told: Told,
    /// How each event came to its timeline.
    pub ties: Vec<Tie>,
    /// The token family of each event.
    pub families: Families,
    /// How many attempts of each source have their logger for a client.
    pub by_logger: BTreeMap<u32, u64>,
    /// Ordered by first event.
    pub timelines: Vec<Timeline>,
    /// Indices into [`Timelines::events`], timeline by timeline.
    members: Vec<u32>,
    /// Good refreshes, twins counted once.
    pub refresh_ok: u64,
    /// Failed refreshes, twins counted once.
    pub refresh_failed: u64,
}

/// Builds the timelines of events, which were sorted and taken out of the set of their strings and sources.
pub fn build(set: &EventSet, events: Vec<TokenEvent>) -> Timelines {
    let events = views::fold(set, starts::fold(copies::fold(events)));
    let mut events = twins::merge(set, events);
    let by_logger = loggers::name(&mut events);
    let (told, mut ties) = (Told::of(&events), Vec::with_capacity(events.len()));
    let mut kinds = Vec::with_capacity(events.len());
    for event in &events {
        kinds.push(event.kind);
        ties.push(if event.named_by == NamedBy::Request { Tie::Linked } else { Tie::Named });
    }
    let mut timelines = Timelines { events, kinds, told, ties, by_logger, ..Timelines::default() };
    timelines.families = identity::resolve(set, told, &mut timelines.events, &mut timelines.ties);
    let count = |wanted: EventKind| timelines.kinds.iter().filter(|kind| **kind == wanted).count() as u64;
    timelines.refresh_ok = count(EventKind::RefreshSucceeded);
    timelines.refresh_failed = count(EventKind::RefreshFailed);
    principals::group(&mut timelines);
    timelines
}

/// Whether an event is one refresh at the token endpoint, with its outcome.
pub fn is_attempt(event: &TokenEvent) -> bool {
    matches!(event.kind, EventKind::RefreshSucceeded | EventKind::RefreshFailed)
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
