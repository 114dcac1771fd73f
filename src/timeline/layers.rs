//! Which layers told of an attempt: rules, sources, wordings and levels.

use crate::model::{Symbol, TokenEvent};

/// Who writes: rule, source, wording and level.
type Layer = (Symbol, u32, u32, u8);

/// The layers of one attempt; never empty.
pub(super) struct Layers(Vec<Layer>);

impl Layers {
    pub(super) fn of(event: &TokenEvent) -> Self {
        Self(vec![layer(event)])
    }

    pub(super) fn push(&mut self, event: &TokenEvent) {
        self.0.push(layer(event));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether a layer told of it already: the same rule, source and, as far as known, wording.
    pub(super) fn have(&self, event: &TokenEvent) -> bool {
        let same = |&(rule, source, wording, level): &Layer| {
            rule == event.rule && source == event.position.source && !written_apart(wording, level, event)
        };
        self.0.iter().any(same)
    }

    /// Whether all that was told is of one source, and worded otherwise.
    pub(super) fn reworded_by(&self, event: &TokenEvent) -> bool {
        let apart = |&(_, source, wording, level): &Layer| {
            source == event.position.source && written_apart(wording, level, event)
        };
        self.0.iter().all(apart)
    }

    /// Whether other rules told all of it.
    pub(super) fn by_other_rules(&self, event: &TokenEvent) -> bool {
        self.0.iter().all(|(rule, ..)| *rule != event.rule)
    }

    /// Whether a record of the same source told of it.
    pub(super) fn of_source(&self, event: &TokenEvent) -> bool {
        self.0.iter().any(|(_, source, ..)| *source == event.position.source)
    }
}

fn layer(event: &TokenEvent) -> Layer {
    (event.rule, event.position.source, event.wording, event.level)
}

/// Whether another line of code wrote an event than one of a known wording or level.
fn written_apart(wording: u32, level: u8, event: &TokenEvent) -> bool {
    let differ = |one: u32, other: u32| one != 0 && other != 0 && one != other;
    differ(wording, event.wording) || differ(level.into(), event.level.into())
}
