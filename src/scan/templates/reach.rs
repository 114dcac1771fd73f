//! How far a value goes: this is asked of every byte of every value.
#![allow(
    clippy::inline_always,
    reason = "what works with vectors must be a part of the function that `dispatch` makes for a processor"
)]

use std::sync::LazyLock;

use fearless_simd::{Level, dispatch, prelude::*, u8x16};

/// Bytes of ASCII: by lower half of a byte a bit for each upper half that makes one of them with it.
pub(super) type Halves = [u8; 16];

/// A bit for each upper half of a byte; there is none beyond ASCII.
const UPPER: Halves = [1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0];

/// The table of bytes of ASCII.
pub(super) const fn halves(bytes: &[bool; 128]) -> Halves {
    let (mut halves, mut byte) = ([0; 16], 0);
    while byte < bytes.len() {
        halves[byte % 16] |= (bytes[byte] as u8) << (byte / 16);
        byte += 1;
    }
    halves
}

/// What the processor can do.
pub(super) static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);

/// How many bytes at the start of a text are of the given ones. By vectors, because where a value ends is another place in
/// each line, and a loop over its bytes is wrongly predicted each time.
pub(super) fn reach(of: &Halves, text: &[u8]) -> usize {
    let level = *LEVEL;
    dispatch!(level, simd => reach_by(simd, of, text))
}

/// The same, as a part of what works with vectors.
#[inline(always)]
pub(super) fn reach_by<S: Simd>(simd: S, of: &Halves, text: &[u8]) -> usize {
    let (lower, upper) = (u8x16::simd_from(simd, *of), u8x16::simd_from(simd, UPPER));
    let mut at = 0;
    while let Some(bytes) = text[at..].first_chunk::<16>() {
        let bytes = u8x16::simd_from(simd, *bytes);
        let held = lower.swizzle_dyn_within_blocks(bytes & 15) & upper.swizzle_dyn_within_blocks(bytes >> 4);
        let others = held.simd_eq(0).to_bitmask();
        if others != 0 {
            return at + others.trailing_zeros() as usize;
        }
        at += 16;
    }
    let holds = |byte: &u8| of[usize::from(byte & 15)] & UPPER[usize::from(byte >> 4)] != 0;
    at + text[at..].iter().take_while(|byte| holds(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::reach;

    #[test]
    fn a_value_ends_at_the_first_other_byte() {
        // Of `a` and `0`: lower halves 1 and 0, upper halves 6 and 3.
        let mut of = [0; 16];
        (of[1], of[0]) = (1 << 6, 1 << 3);
        for length in 0..70 {
            for rest in ["", "q", "1", "p", "A", "é", "\u{a1}aaaaaaaaaaaaaaaaaaaaaaaa", "\0aaaaaaaaaaaaaaaaaaaa"] {
                let text = "a0".repeat(length / 2) + &"a".repeat(length % 2) + rest;
                assert_eq!(reach(&of, text.as_bytes()), length, "{text}");
            }
        }
    }
}
