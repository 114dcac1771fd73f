//! Requests whose id is a count of a few signs: `7` is the id of another request an hour later, or next to it in another
//! process. Such an id joins lines only within a neighbourhood, and only where a key names it.

use std::collections::BTreeMap;

use crate::extract::{Identity, is_count};
use crate::format::Record;
use crate::model::{EventSet, Symbol, TokenEvent};

/// So far from an attempt its request's lines are looked for, in bytes of the log.
const AROUND: u64 = 16 << 10;
/// And so far from its time, where both have one.
const SOON: u64 = 10_000_000_000;

/// An attempt that names nobody, and what its line says of who wrote it.
#[derive(Clone, Debug)]
struct Anchor {
    id: String,
    nanos: Option<i64>,
    /// Its host, process and thread.
    worker: [Option<String>; 3],
}

/// Such attempts, by source and byte.
#[derive(Clone, Debug, Default)]
pub(super) struct Anchors(BTreeMap<(usize, u64), Vec<Anchor>>);

impl Anchors {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = usize> {
        self.0.keys().map(|(source, _)| *source)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.values().flatten().map(|anchor| anchor.id.as_str())
    }

    pub(super) fn add(&mut self, event: &TokenEvent, id: Symbol, events: &EventSet) {
        let text = |symbol: Option<Symbol>| events.symbols.text(symbol).map(str::to_owned);
        let worker = [event.host, event.process, event.thread].map(text);
        let id = events.symbols.get(id).to_owned();
        let anchor = Anchor { id, nanos: event.time.map(|time| time.nanos), worker };
        self.0.entry((event.position.source as usize, event.position.byte_start())).or_default().push(anchor);
    }

    fn around(&self, source: usize, byte: u64) -> impl Iterator<Item = (u64, &Anchor)> {
        let near = (source, byte.saturating_sub(AROUND))..=(source, byte.saturating_add(AROUND));
        self.0.range(near).flat_map(|((_, byte), anchors)| anchors.iter().map(|anchor| (*byte, anchor)))
    }

    /// Whether a line stands near one of them.
    pub(super) fn are_near(&self, source: usize, byte: u64) -> bool {
        self.around(source, byte).next().is_some()
    }

    /// Those that a record may be about: their bytes and ids.
    pub(super) fn of(
        &self,
        (source, byte): (usize, u64),
        record: &Record<'_>,
        identity: &Identity<'_>,
        mask: &dyn Fn(&str) -> String,
    ) -> Vec<(u64, &str)> {
        let own = |anchor: &Anchor| identity.requests.contains(&anchor.id.as_str());
        let soon = |anchor: &Anchor| {
            let times = anchor.nanos.zip(record.stamp.map(|stamp| stamp.time.nanos));
            times.is_none_or(|(one, other)| one.abs_diff(other) <= SOON)
        };
        let same_worker = |anchor: &Anchor| {
            let pairs = anchor.worker.iter().zip(identity.worker);
            pairs.filter_map(|(known, own)| known.as_ref().zip(own)).all(|(known, own)| *known == mask(own))
        };
        let near = self.around(source, byte).filter(|(_, anchor)| own(anchor) && soon(anchor) && same_worker(anchor));
        near.map(|(byte, anchor)| (byte, anchor.id.as_str())).collect()
    }
}

/// Takes such ids away again, once they have joined what they could: nothing that compares whole logs may see them.
pub(super) fn forget(events: &mut EventSet) {
    let EventSet { symbols, events, .. } = events;
    for event in events {
        event.request_id = event.request_id.filter(|id| !is_count(symbols.get(*id)));
    }
}
