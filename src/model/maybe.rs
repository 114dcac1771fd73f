//! Numbers that may be unknown.

use std::fmt;

/// A number that may be unknown, in four bytes where `Option<u32>` takes eight: the largest one stands for none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MaybeU32(u32);

impl MaybeU32 {
    /// Of which nothing is known.
    pub const UNKNOWN: Self = Self(u32::MAX);

    /// The number, if it is known.
    pub fn get(self) -> Option<u32> {
        (self != Self::UNKNOWN).then_some(self.0)
    }

    /// This number, or the other one where it is unknown.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == Self::UNKNOWN { other } else { self }
    }
}

impl Default for MaybeU32 {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

impl From<Option<u32>> for MaybeU32 {
    /// The largest number is none that a log could mean: of seconds it would be 136 years, of milliseconds seven weeks.
    fn from(number: Option<u32>) -> Self {
        Self(number.unwrap_or(u32::MAX))
    }
}

impl fmt::Debug for MaybeU32 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::MaybeU32;

    #[test]
    fn it_is_what_an_option_would_be() {
        for number in [None, Some(0), Some(3600), Some(u32::MAX - 1)] {
            assert_eq!(MaybeU32::from(number).get(), number);
        }
        assert_eq!(MaybeU32::from(Some(u32::MAX)).get(), None);
        let (none, some) = (MaybeU32::default(), MaybeU32::from(Some(7)));
        assert_eq!([none.or(some), some.or(none), none.or(none)].map(MaybeU32::get), [Some(7), Some(7), None]);
    }
}
