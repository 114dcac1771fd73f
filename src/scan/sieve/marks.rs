//! What is asked of a window: mixtures of its bytes, or of the halves of its bytes.
#![allow(clippy::inline_always, reason = "a vector in a function of its own is written to memory and read again")]

use std::ops::{Add, BitXor};

use super::window::LENGTH;

/// How many questions there are where an answer is one of 16.
pub(super) const MARKS: usize = 10;
/// How many of them do not ask for the fourth byte; they come first.
pub(super) const SHORT_MARKS: usize = 5;
/// How many there are where an answer is one of 64.
pub(super) const WIDE_MARKS: usize = 5;

/// The answers for a window of the given lower and upper halves, each below 16: for one window or for many at once.
///
/// Chosen by a search over several thousand combinations, by how many places they leave of the logs of sixteen systems
/// and of JSON lines; the literals were those of the rules.
#[inline(always)]
pub(super) fn mixtures<T: Copy + BitXor<Output = T>>(low: [T; LENGTH], high: [T; LENGTH]) -> [T; MARKS] {
    [
        low[0],
        low[1],
        low[0] ^ low[2] ^ high[2],
        low[1] ^ high[0] ^ high[1],
        low[2] ^ high[0],
        low[3],
        low[0] ^ high[2] ^ high[3],
        low[3] ^ high[1] ^ high[3],
        low[2] ^ high[0] ^ high[3],
        low[1] ^ low[3] ^ high[1],
    ]
}

/// The answers for four bytes.
pub(super) fn of_bytes(bytes: [u8; LENGTH]) -> [u8; MARKS] {
    mixtures(bytes.map(|byte| byte & 15), bytes.map(|byte| byte >> 4))
}

/// The answers for a window of the given bytes, of which the last six bits count. Sums alone: vectors have no shift of
/// bytes.
///
/// Chosen in the same way, from those of up to six instructions.
#[inline(always)]
pub(super) fn wide_mixtures<T>([a, b, c, d]: [T; LENGTH]) -> [T; WIDE_MARKS]
where
    T: Copy + Add<Output = T> + BitXor<Output = T>,
{
    let twice = |bytes: T| bytes + bytes;
    let (a4, b4) = (twice(twice(a)), twice(twice(b)));
    [b + c, (a + d) ^ twice(b ^ c), (c + d) ^ b4, a ^ b4, c ^ a4]
}

/// The answers for four bytes, each below 64.
pub(super) fn wide_of_bytes(bytes: [u8; LENGTH]) -> [u8; WIDE_MARKS] {
    wide_mixtures(bytes.map(std::num::Wrapping)).map(|mark| mark.0 & 63)
}
