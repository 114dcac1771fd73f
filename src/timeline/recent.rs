//! Attempts of the last moments, and which layers told them first.

use std::collections::VecDeque;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::layers::Layer;

/// Attempts of one outcome, the latest last.
#[derive(Default)]
pub(super) struct Recent {
    attempts: VecDeque<(u32, Layer)>,
    /// How many of them each layer told first.
    told: HashMap<Layer, usize>,
}

impl Recent {
    /// Adds the latest one.
    pub(super) fn push(&mut self, number: u32, first: Layer) {
        self.attempts.push_back((number, first));
        *self.told.entry(first).or_default() += 1;
    }

    /// Forgets the first ones, as long as they are old.
    pub(super) fn forget(&mut self, is_old: impl Fn(u32) -> bool) {
        while let Some((_, first)) = self.attempts.front().copied().filter(|(number, _)| is_old(*number)) {
            self.attempts.pop_front();
            let Entry::Occupied(mut told) = self.told.entry(first) else { continue };
            *told.get_mut() -= 1;
            if *told.get() == 0 {
                told.remove();
            }
        }
    }

    /// Whether another layer told any of them: in most logs none did, and then nothing is to be looked at.
    pub(super) fn has_others(&self, own: Layer) -> bool {
        self.told.get(&own).copied().unwrap_or_default() < self.attempts.len()
    }

    /// The number of the first one that is not before a time, where that is told of each.
    pub(super) fn first_since(&self, is_before: impl Fn(u32) -> bool) -> usize {
        self.attempts.partition_point(|(number, _)| is_before(*number))
    }

    /// Those that other layers told first, of at most so many after a place among all.
    pub(super) fn others_after(&self, place: usize, most: usize, own: Layer) -> impl Iterator<Item = u32> {
        self.attempts.iter().skip(place).take(most).filter(move |(_, first)| *first != own).map(|(number, _)| *number)
    }

    /// The same before it, the latest first.
    pub(super) fn others_before(&self, place: usize, most: usize, own: Layer) -> impl Iterator<Item = u32> {
        let before = self.attempts.iter().take(place).rev().take(most);
        before.filter(move |(_, first)| *first != own).map(|(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;
    use crate::model::Symbols;

    #[test]
    fn those_of_other_layers_are_told_until_they_are_forgotten() {
        let rule = Symbols::default().intern("rule");
        let layer = |wording: u32| (rule, 0, wording, 0);
        let mut recent = Recent::default();
        for (number, wording) in [(10, 1), (11, 2), (12, 1), (13, 2), (14, 1)] {
            recent.push(number, layer(wording));
        }
        let place = recent.first_since(|number| number < 12);
        assert_eq!(recent.others_after(place, 2, layer(1)).collect::<Vec<_>>(), [13]);
        assert_eq!(recent.others_before(place, 9, layer(3)).collect::<Vec<_>>(), [11, 10]);
        assert!(recent.has_others(layer(1)) && recent.has_others(layer(3)));
        recent.forget(|number| number < 14);
        assert!(!recent.has_others(layer(1)) && recent.has_others(layer(2)));
        assert_eq!(recent.told.len(), 1);
        recent.forget(|_| true);
        assert!(!recent.has_others(layer(2)));
    }
}
