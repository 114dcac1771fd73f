//! The attempts that were told apart so far, in the place of the records that told of them: a list of their own would
//! hold every event of most logs once more.

use hashbrown::{HashMap, HashSet};

use super::layers::{Layer, Layers, layer};
use super::twins::absorb;
use crate::model::TokenEvent;

/// Records in time order, of which the first `kept` are attempts by now.
pub(super) struct Groups {
    events: Vec<TokenEvent>,
    kept: usize,
    /// The place of the record that was read last.
    read: usize,
    /// By attempt: the layers that told of it after the first one.
    more: HashMap<u32, Vec<Layer>>,
    dropped: HashSet<u32>,
}

/// One attempt and the layers that told of it.
#[derive(Clone, Copy)]
pub(super) struct Group<'g> {
    pub(super) event: &'g TokenEvent,
    pub(super) layers: Layers<'g>,
    pub(super) dropped: bool,
}

impl Groups {
    pub(super) fn of(events: Vec<TokenEvent>) -> Self {
        Self { events, kept: 0, read: 0, more: HashMap::new(), dropped: HashSet::new() }
    }

    /// The record at a place; those before the place have been read.
    pub(super) fn record(&mut self, place: usize) -> TokenEvent {
        self.read = place;
        self.events[place]
    }

    /// How many records there were.
    pub(super) fn records(&self) -> usize {
        self.events.len()
    }

    /// What is known of an attempt.
    pub(super) fn event(&self, number: u32) -> &TokenEvent {
        &self.events[number as usize]
    }

    /// The same, and who told it: that is looked up.
    pub(super) fn group(&self, number: u32) -> Group<'_> {
        let event = self.event(number);
        // The first record's layer is that of the attempt: what is absorbed changes neither rule nor wording.
        let layers = Layers::of(event, self.more.get(&number).map_or(&[], Vec::as_slice));
        Group { event, layers, dropped: self.dropped.contains(&number) }
    }

    /// Keeps the record that was read last as an attempt of its own, and gives it its number. Where all before it were kept
    /// it stands there by now.
    pub(super) fn add(&mut self) -> u32 {
        if self.kept < self.read {
            self.events[self.kept] = self.events[self.read];
        }
        self.kept += 1;
        (self.kept - 1) as u32
    }

    /// Adds what another record says of an attempt.
    pub(super) fn tell(&mut self, number: u32, event: &TokenEvent) {
        self.more.entry(number).or_default().push(layer(event));
        absorb(&mut self.events[number as usize], event);
    }

    pub(super) fn drop(&mut self, number: u32) {
        self.dropped.insert(number);
    }

    /// The attempts that are left.
    pub(super) fn into_events(mut self) -> Vec<TokenEvent> {
        self.events.truncate(self.kept);
        if !self.dropped.is_empty() {
            let mut numbers = 0..;
            self.events.retain(|_| !numbers.next().is_some_and(|number| self.dropped.contains(&number)));
        }
        self.events
    }
}
