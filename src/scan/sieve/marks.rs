//! What is asked of a window: the halves of its bytes, and mixtures of them.
#![allow(clippy::inline_always, reason = "a vector in a function of its own is written to memory and read again")]

use std::ops::BitXor;

use super::window::LENGTH;

/// How many questions.
pub(super) const MARKS: usize = 10;
/// How many of them do not ask for the fourth byte; they come first.
pub(super) const SHORT_MARKS: usize = 5;

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
