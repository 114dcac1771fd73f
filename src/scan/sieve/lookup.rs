//! Tables that are asked, by vectors, at which places of a text a window may begin.
#![allow(
    clippy::inline_always,
    reason = "what works with vectors must be a part of the function that `dispatch` makes for a processor: 40 times as fast"
)]

use fearless_simd::{Level, prelude::*, u8x16, u8x64};

use super::groups::{Narrow, Wide};
use super::marks::{mixtures, wide_mixtures};
use super::window::{CASE, LENGTH, Window};

/// Places of one vector: a bit of a number for each.
pub(super) const WIDTH: usize = 64;
/// What is looked at for so many places.
pub(super) const BLOCK: usize = WIDTH + LENGTH - 1;

/// The tables for the instructions that a processor has.
#[derive(Debug)]
pub(super) enum Lookup {
    /// One looks up bytes among 16.
    Narrow(Level, Box<Narrow>),
    /// One looks up bytes among 64 (AVX-512 VBMI): half of the questions let through a fifth of the places.
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    Wide(Level, Box<Wide>),
}

/// Tables that can be asked.
pub(super) trait Tables {
    /// At which places of a block a window may begin, a bit for each.
    fn may_begin<S: Simd, const ANY_CASE: bool>(&self, simd: S, block: &[u8; BLOCK]) -> u64;
}

impl Lookup {
    /// The tables for some literals, and of each literal the window that they know; `None` where the processor has no
    /// instruction that looks up bytes.
    pub(super) fn of(level: Level, literals: &[Vec<u8>], any_case: bool) -> Option<(Self, Vec<Window>)> {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        if level.as_avx512().is_some() {
            let (tables, chosen) = super::groups::divide_wide(literals, any_case);
            return Some((Self::Wide(level, Box::new(tables)), chosen));
        }
        looks_up(level).then(|| {
            let (tables, chosen) = Narrow::divide(literals, any_case);
            (Self::Narrow(level, Box::new(tables)), chosen)
        })
    }
}

/// Whether the processor looks up bytes in a table by one instruction.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn looks_up(level: Level) -> bool {
    level.as_sse4_2().is_some()
}

/// Whether the processor looks up bytes in a table by one instruction.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
fn looks_up(level: Level) -> bool {
    !level.is_fallback()
}

impl Tables for Narrow {
    #[inline(always)]
    fn may_begin<S: Simd, const ANY_CASE: bool>(&self, simd: S, block: &[u8; BLOCK]) -> u64 {
        // Not by `map`: its closures stayed calls, through memory, and the search took eight times as long.
        let [a, b, c, d] = bytes::<S, ANY_CASE>(simd, block);
        let marks = mixtures([a, b, c, d], [a >> 4, b >> 4, c >> 4, d >> 4], [a >> 2, b >> 2, c >> 2, d >> 2]);
        let mut whole = [u8x64::splat(simd, u8::MAX); 2];
        for (mark, answers) in marks.iter().enumerate() {
            for (groups, table) in whole.iter_mut().zip(&self.whole) {
                *groups &= among_16(simd, &table[mark], *answers);
            }
        }
        let mut short = u8x64::splat(simd, u8::MAX);
        for (table, answers) in self.short.iter().zip(marks) {
            short &= among_16(simd, table, answers);
        }
        !(whole[0] | whole[1] | short).simd_eq(0).to_bitmask()
    }
}

impl Tables for Wide {
    #[inline(always)]
    fn may_begin<S: Simd, const ANY_CASE: bool>(&self, simd: S, block: &[u8; BLOCK]) -> u64 {
        let marks = wide_mixtures(bytes::<S, ANY_CASE>(simd, block));
        let mut groups = [u8x64::splat(simd, u8::MAX); 2];
        for (mark, answers) in marks.iter().enumerate() {
            for (groups, table) in groups.iter_mut().zip(self) {
                *groups &= among_64(simd, &table[mark], *answers);
            }
        }
        !(groups[0] | groups[1]).simd_eq(0).to_bitmask()
    }
}

/// The bytes of the windows that begin at each place, the first ones first.
#[inline(always)]
fn bytes<S: Simd, const ANY_CASE: bool>(simd: S, block: &[u8; BLOCK]) -> [u8x64<S>; LENGTH] {
    let mut all = [u8x64::splat(simd, 0); LENGTH];
    for (place, bytes) in all.iter_mut().enumerate() {
        *bytes = u8x64::from_slice(simd, &block[place..place + WIDTH]);
        if ANY_CASE {
            *bytes |= CASE;
        }
    }
    all
}

/// The groups that have each of the answers, of which the last four bits count.
#[inline(always)]
fn among_16<S: Simd>(simd: S, table: &[u8; 16], answers: u8x64<S>) -> u8x64<S> {
    u8x64::block_splat(u8x16::simd_from(simd, *table)).swizzle_dyn_within_blocks(answers & 15)
}

/// The groups that have each of the answers, of which the last six bits count.
#[inline(always)]
fn among_64<S: Simd>(simd: S, table: &[u8; 64], answers: u8x64<S>) -> u8x64<S> {
    u8x64::simd_from(simd, *table).swizzle_dyn(answers & 63)
}
