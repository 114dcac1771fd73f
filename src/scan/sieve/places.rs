//! At which places of a text a window may begin.
#![allow(
    clippy::inline_always,
    reason = "what works with vectors must be a part of the function that `dispatch` makes for a processor: 40 times as fast"
)]

use fearless_simd::{Level, dispatch, prelude::*};

use super::lookup::{BLOCK, Lookup, Tables, WIDTH};
/// Places that are looked at before those that are left are.
const STRETCH: usize = 32 * WIDTH;
/// Most places of a vector that are listed without a branch that depends on their number.
const FEW: usize = 2;

/// The places of one stretch of a text that were listed, and how far they were looked at.
#[derive(Debug)]
pub(in crate::scan) struct Places {
    /// From the start of the stretch, ascending; there is room for all, and for what is written in vain.
    listed: [u16; STRETCH + FEW],
    length: usize,
    passed: usize,
    /// Where the stretch begins, and where the next one does.
    start: usize,
    next: usize,
}

impl Default for Places {
    fn default() -> Self {
        Self { listed: [0; STRETCH + FEW], length: 0, passed: 0, start: 0, next: 0 }
    }
}

impl Places {
    /// Begins another text.
    pub(super) fn restart(&mut self) {
        (self.length, self.passed, self.start, self.next) = (0, 0, 0, 0);
    }

    /// The first place that was not passed.
    pub(super) fn first(&self) -> Option<usize> {
        (self.passed < self.length).then(|| self.start + usize::from(self.listed[self.passed]))
    }

    /// Goes on to the next place.
    pub(super) fn pass(&mut self) {
        self.passed += 1;
    }

    /// Passes all places before another.
    pub(super) fn forget(&mut self, before: usize) {
        while self.first().is_some_and(|place| place < before) {
            self.pass();
        }
        if self.passed == self.length {
            self.next = self.next.max(before);
        }
    }

    /// Lists the places of the next stretch; false at the end of the text.
    pub(super) fn list(&mut self, lookup: &Lookup, bytes: &[u8], any_case: bool) -> bool {
        (self.start, self.length, self.passed) = (self.next, 0, 0);
        let Some(rest) = bytes.get(self.start..).filter(|rest| !rest.is_empty()) else { return false };
        self.next = self.start + rest.len().min(STRETCH);
        match lookup {
            Lookup::Narrow(level, tables) => self.list_by(*level, &**tables, rest, any_case),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Lookup::Wide(level, tables) => self.list_by(*level, &**tables, rest, any_case),
        }
        true
    }

    fn list_by(&mut self, level: Level, tables: &impl Tables, rest: &[u8], any_case: bool) {
        if any_case {
            dispatch!(level, simd => self.fill::<_, true>(simd, tables, rest));
        } else {
            dispatch!(level, simd => self.fill::<_, false>(simd, tables, rest));
        }
    }

    #[inline(always)]
    fn fill<S: Simd, const ANY_CASE: bool>(&mut self, simd: S, tables: &impl Tables, rest: &[u8]) {
        let (mut at, mut length) = (0, 0);
        while at < rest.len().min(STRETCH) {
            let here = &rest[at..];
            let places = match here.first_chunk() {
                Some(block) => tables.may_begin::<S, ANY_CASE>(simd, block),
                None => tables.may_begin::<S, ANY_CASE>(simd, &padded(here)) & within(here.len()),
            };
            length = note(&mut self.listed, length, places, at);
            at += WIDTH;
        }
        self.length = length;
    }
}

/// Lists the places of one vector; how many there are then.
#[inline(always)]
fn note(listed: &mut [u16; STRETCH + FEW], length: usize, mut places: u64, base: usize) -> usize {
    let count = places.count_ones() as usize;
    if let Some(few) = listed.get_mut(length..).and_then(|listed| listed.first_chunk_mut::<FEW>()) {
        for place in few {
            *place = (base + places.trailing_zeros() as usize) as u16;
            places &= places.wrapping_sub(1);
        }
    }
    for place in FEW..count {
        listed[length + place] = (base + places.trailing_zeros() as usize) as u16;
        places &= places.wrapping_sub(1);
    }
    length + count
}

/// The places of a vector that lie within so many bytes.
fn within(length: usize) -> u64 {
    u64::MAX >> WIDTH.saturating_sub(length)
}

/// A block of the last bytes of a text, and zeros.
fn padded(rest: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}
