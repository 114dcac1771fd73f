//! Which layers told of an attempt: rules, sources, wordings and levels.

use std::iter;

use crate::model::{Symbol, TokenEvent};

/// Who writes: rule, source, wording and level.
pub(super) type Layer = (Symbol, u32, u32, u8);

/// The layers of one attempt: that of its first record, and those of the others.
#[derive(Clone, Copy)]
pub(super) struct Layers<'m> {
    first: Layer,
    more: &'m [Layer],
}

impl<'m> Layers<'m> {
    pub(super) fn of(first: &TokenEvent, more: &'m [Layer]) -> Self {
        Self { first: layer(first), more }
    }

    fn all(self) -> impl Iterator<Item = Layer> + 'm {
        iter::once(self.first).chain(self.more.iter().copied())
    }

    /// Whether one record is all that told of it.
    pub(super) fn are_one(self) -> bool {
        self.more.is_empty()
    }

    /// Whether a layer told of it already: the same rule, source and, as far as known, wording.
    pub(super) fn have(self, event: &TokenEvent) -> bool {
        let same = |(rule, source, wording, level): Layer| {
            rule == event.rule && source == event.position.source && !written_apart(wording, level, event)
        };
        self.all().any(same)
    }

    /// Whether all that was told is of one source, and worded otherwise.
    pub(super) fn reworded_by(self, event: &TokenEvent) -> bool {
        let apart = |(_, source, wording, level): Layer| {
            source == event.position.source && written_apart(wording, level, event)
        };
        self.all().all(apart)
    }

    /// Whether other rules told all of it.
    pub(super) fn by_other_rules(self, event: &TokenEvent) -> bool {
        self.all().all(|(rule, ..)| rule != event.rule)
    }

    /// Whether a record of the same source told of it.
    pub(super) fn of_source(self, event: &TokenEvent) -> bool {
        self.all().any(|(_, source, ..)| source == event.position.source)
    }
}

pub(super) fn layer(event: &TokenEvent) -> Layer {
    (event.rule, event.position.source, event.wording, event.level)
}

/// Whether another line of code wrote an event than one of a known wording or level.
fn written_apart(wording: u32, level: u8, event: &TokenEvent) -> bool {
    let differ = |one: u32, other: u32| one != 0 && other != 0 && one != other;
    differ(wording, event.wording) || differ(level.into(), event.level.into())
}
