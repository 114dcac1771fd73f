//! A set of windows that answers from the nearest cache, and may take others for its own.

use super::window;

/// Bits of the set, as a power of two: 16 KiB stay in the nearest cache.
const BITS: u32 = 17;
/// Fibonacci hashing: the upper bits of the product depend on all bytes.
const SPREAD: u32 = 0x9E37_79B1;
/// So many spreads are tried. One window in four hundred is taken for another, but if that is one that stands in each
/// line of a log, looking it up in vain takes a tenth of the time of the whole search: it was `rsio`, of `version`.
const TRIED: u32 = 8;

/// A set of windows; it may hold others.
#[derive(Debug)]
pub(super) struct Filter {
    bits: Box<[u64; 1 << (BITS - 6)]>,
    spread: u32,
}

impl Filter {
    /// The set of some windows, by their keys, that takes the fewest windows of ordinary text for one of them.
    pub(super) fn of(keys: &[u32], any_case: bool) -> Self {
        let common: Vec<u32> = window::ordinary_bytes().flat_map(|bytes| window::keys(bytes, any_case)).collect();
        let taken = |spread: &u32| {
            let filter = Self::by(*spread, keys);
            common.iter().filter(|key| filter.holds(**key)).count()
        };
        let spreads = (0..TRIED).map(|number| SPREAD.wrapping_mul(2 * number + 1));
        Self::by(spreads.min_by_key(taken).unwrap_or(SPREAD), keys)
    }

    fn by(spread: u32, keys: &[u32]) -> Self {
        let mut filter = Self { bits: Box::new([0; 1 << (BITS - 6)]), spread };
        for key in keys {
            let (word, bit) = filter.place(*key);
            filter.bits[word] |= 1 << bit;
        }
        filter
    }

    /// Whether a window may be in the set.
    pub(super) fn holds(&self, key: u32) -> bool {
        let (word, bit) = self.place(key);
        self.bits[word] >> bit & 1 == 1
    }

    fn place(&self, key: u32) -> (usize, u32) {
        let hash = key.wrapping_mul(self.spread) >> (32 - BITS);
        ((hash >> 6) as usize, hash & 63)
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, SPREAD};

    #[test]
    fn a_window_of_every_line_is_not_taken_for_one_of_the_set() {
        let version = u32::from_le_bytes(*b"rsio");
        let of_version = Filter::by(SPREAD, &[version]);
        let alike: Vec<u32> = (0..1 << 20).filter(|key| *key != version && of_version.holds(*key)).collect();
        assert!(!alike.is_empty());
        for key in alike {
            let filter = Filter::of(&[key], false);
            assert!(filter.holds(key) && !filter.holds(version), "{key}");
        }
    }
}
