//! What is asked of a window: mixtures of its bytes.
#![allow(clippy::inline_always, reason = "a vector in a function of its own is written to memory and read again")]

use std::num::Wrapping;
use std::ops::{Add, BitXor};

use super::window::LENGTH;

/// How many questions there are where an answer is one of 16.
pub(super) const MARKS: usize = 10;
/// How many of them are asked of a window of three bytes; they come first.
pub(super) const SHORT_MARKS: usize = 5;
/// How many there are where an answer is one of 64.
pub(super) const WIDE_MARKS: usize = 5;

/// The answers for a window of the given bytes, of which the last four bits count; `sixteenths` and `quarters` are the
/// bytes without their last four and two bits. For one window or for many at once.
///
/// Three questions, asked of each byte or pair of neighbours that a window has. Chosen among the triples of some fifty by
/// how many places they leave of the logs of sixteen systems and of JSON lines, and by their instructions; the literals
/// were those of the rules.
#[inline(always)]
pub(super) fn mixtures<T>([a, b, c, d]: [T; LENGTH], sixteenths: [T; LENGTH], quarters: [T; LENGTH]) -> [T; MARKS]
where
    T: Copy + Add<Output = T> + BitXor<Output = T>,
{
    [
        a,
        b,
        a ^ sixteenths[0] ^ b,
        a + quarters[1],
        b ^ sixteenths[1] ^ c,
        b + quarters[2],
        c,
        d,
        c ^ sixteenths[2] ^ d,
        c + quarters[3],
    ]
}

/// The answers for four bytes, each below 16.
pub(super) fn of_bytes(bytes: [u8; LENGTH]) -> [u8; MARKS] {
    let shifted = |bits: usize| bytes.map(|byte| Wrapping(byte >> bits));
    mixtures(bytes.map(Wrapping), shifted(4), shifted(2)).map(|mark| mark.0 & 15)
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
    wide_mixtures(bytes.map(Wrapping)).map(|mark| mark.0 & 63)
}
