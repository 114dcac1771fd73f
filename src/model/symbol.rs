//! Interned strings: an event holds four bytes where the log had a name.

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// An interned string of one [`Symbols`] table. Its number depends on who came first, so symbols
/// are never ordered or printed; their text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol(NonZeroU32);

impl Symbol {
    fn at(index: usize) -> Self {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        Self(NonZeroU32::new(number).unwrap_or(NonZeroU32::MAX))
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The table of interned strings; one per worker, absorbed into one at the end of the scan.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    text: String,
    ends: Ends,
    /// With half of the hash of each text: without it a look-up that meets another text, and the table when it grows,
    /// would have to read the texts, most of which are in no cache.
    table: HashTable<(u32, Symbol)>,
    hasher: DefaultHashBuilder,
}

/// How many bytes of text are copied before the room that they had is given back.
const ABSORBED: usize = 1 << 20;

/// What a table held for a text when it was looked up.
#[derive(Clone, Copy, Debug)]
pub struct Looked {
    /// Its symbol, if it was interned before.
    pub symbol: Option<Symbol>,
    half: u32,
}

impl Symbols {
    /// The symbol of `text`, new or known.
    pub fn intern(&mut self, text: &str) -> Symbol {
        let half = self.half(text.as_bytes());
        self.intern_looked(Looked { symbol: None, half }, text)
    }

    /// Looks texts up that may have to be interned later. In a log of many users most are in no cache: the table is asked for
    /// all of them before any is compared, so that the memory is waited for once, and not as often as there are texts.
    pub fn look<'t>(&self, texts: impl Iterator<Item = &'t [u8]> + Clone, found: &mut Vec<Looked>) {
        found.clear();
        found.extend(texts.clone().map(|text| Looked { symbol: None, half: self.half(text) }));
        for looked in &mut *found {
            looked.symbol =
                self.table.find(spread(looked.half), |(half, _)| *half == looked.half).map(|(_, symbol)| *symbol);
        }
        for (looked, text) in found.iter_mut().zip(texts) {
            if looked.symbol.is_some_and(|symbol| self.get(symbol).as_bytes() != text) {
                looked.symbol = self.known(looked.half, text);
            }
        }
    }

    /// The symbol of a text that was looked up before; it may have been interned since.
    pub fn intern_looked(&mut self, looked: Looked, text: &str) -> Symbol {
        let half = looked.half;
        if let Some(found) = looked.symbol.or_else(|| self.known(half, text.as_bytes())) {
            return found;
        }
        self.text.push_str(text);
        self.ends.push(self.text.len());
        let symbol = Symbol::at(self.ends.len() - 1);
        self.table.insert_unique(spread(half), (half, symbol), |(half, _)| spread(*half));
        symbol
    }

    fn known(&self, half: u32, text: &[u8]) -> Option<Symbol> {
        let same = |(known, symbol): &(u32, Symbol)| *known == half && self.get(*symbol).as_bytes() == text;
        self.table.find(spread(half), same).map(|(_, symbol)| *symbol)
    }

    fn half(&self, text: &[u8]) -> u32 {
        self.hasher.hash_one(text) as u32
    }

    /// The text of a symbol of this table.
    ///
    /// # Panics
    /// On a symbol of another table.
    pub fn get(&self, symbol: Symbol) -> &str {
        self.at(symbol.index())
    }

    fn at(&self, index: usize) -> &str {
        &self.text[self.ends.range(index)]
    }

    /// The text of an optional symbol.
    pub fn text(&self, symbol: Option<Symbol>) -> Option<&str> {
        symbol.map(|symbol| self.get(symbol))
    }

    /// The symbol of `text` if it was interned before.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        self.known(self.half(text.as_bytes()), text.as_bytes())
    }

    /// Takes all strings of another table in, whose room is given back as they are copied; returns a map from its
    /// symbols to this table's.
    pub fn absorb(&mut self, other: Self) -> Remap {
        let Self { mut text, ends, table, .. } = other;
        drop(table);
        let mut moved = Vec::with_capacity(ends.len());
        for index in (0..ends.len()).rev() {
            let range = ends.range(index);
            moved.push(self.intern(&text[range.clone()]));
            if text.len() - range.start >= ABSORBED {
                text.truncate(range.start);
                text.shrink_to_fit();
            }
        }
        moved.reverse();
        Remap(moved)
    }

    /// A table of the same strings after `change`, and where each symbol went.
    pub fn map<'a>(&'a self, change: impl Fn(&'a str) -> Cow<'a, str>) -> (Self, Remap) {
        let mut changed = Self::default();
        let moved = (0..self.ends.len()).map(|index| changed.intern(&change(self.at(index)))).collect();
        (changed, Remap(moved))
    }

    /// Forgets the texts of all symbols but these: they are empty from now on, and found no more.
    pub(super) fn forget_others(&mut self, kept: &SymbolSet) {
        let mut to = 0;
        let mut text = std::mem::take(&mut self.text).into_bytes();
        let ends = std::mem::take(&mut self.ends);
        for index in 0..ends.len() {
            if kept.contains(Symbol::at(index)) {
                let range = ends.range(index);
                text.copy_within(range.clone(), to);
                to += range.len();
            }
            self.ends.push(to);
        }
        text.truncate(to);
        text.shrink_to_fit();
        // Whole texts were moved.
        self.text = String::from_utf8(text).unwrap_or_default();
        self.table.retain(|(_, symbol)| kept.contains(*symbol));
        self.table.shrink_to_fit(|(half, _)| spread(*half));
    }

    /// How many strings the table holds.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the table is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A whole hash of half of one: the table looks at the first bits and at the last ones.
fn spread(half: u32) -> u64 {
    u64::from(half).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Symbols of one table: a bit for each.
#[derive(Clone, Debug, Default)]
pub struct SymbolSet(Vec<u64>);

impl SymbolSet {
    /// Those that come more than once.
    pub fn repeated(symbols: impl Iterator<Item = Symbol>) -> Self {
        let (mut once, mut more) = (Self::default(), Self::default());
        for symbol in symbols {
            if !once.insert(symbol) {
                more.insert(symbol);
            }
        }
        more
    }

    /// Whether it is one of them.
    pub fn contains(&self, symbol: Symbol) -> bool {
        self.0.get(symbol.index() / 64).is_some_and(|bits| bits >> (symbol.index() % 64) & 1 == 1)
    }

    /// Adds one; whether it is new.
    pub fn insert(&mut self, symbol: Symbol) -> bool {
        let (place, bit) = (symbol.index() / 64, 1 << (symbol.index() % 64));
        if place >= self.0.len() {
            self.0.resize(place + 1, 0);
        }
        let new = self.0[place] & bit == 0;
        self.0[place] |= bit;
        new
    }
}

/// Where the symbols of an absorbed table went.
#[derive(Debug)]
pub struct Remap(Vec<Symbol>);

impl Remap {
    /// The new symbol of an old one.
    pub fn apply(&self, symbol: Symbol) -> Symbol {
        self.0[symbol.index()]
    }
}

/// Where texts end that stand one behind the other, in half the room of a list of offsets: few tables hold 4 GiB.
#[derive(Clone, Debug, Default)]
struct Ends {
    /// The lower half of each end.
    low: Vec<u32>,
    /// From which text on the upper half is 1, from which on 2, …
    carries: Vec<usize>,
}

impl Ends {
    /// Adds the next text, which ends here.
    fn push(&mut self, end: usize) {
        while (end as u64 >> 32) as usize > self.carries.len() {
            self.carries.push(self.low.len());
        }
        self.low.push(end as u32);
    }

    fn len(&self) -> usize {
        self.low.len()
    }

    fn range(&self, index: usize) -> Range<usize> {
        let start = index.checked_sub(1).map_or(0, |before| self.end(before));
        start..self.end(index)
    }

    fn end(&self, index: usize) -> usize {
        let upper = self.carries.partition_point(|from| *from <= index) as u64;
        (upper << 32 | u64::from(self.low[index])) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::{Ends, SymbolSet, Symbols};

    #[test]
    fn interning_twice_gives_one_symbol_and_absorbing_keeps_the_text() {
        let (mut left, mut right) = (Symbols::default(), Symbols::default());
        let a = left.intern("alpha");
        assert_eq!(a, left.intern("alpha"));
        let b = right.intern("beta");
        let a2 = right.intern("alpha");
        let remap = left.absorb(right);
        assert_eq!(left.get(remap.apply(b)), "beta");
        assert_eq!(remap.apply(a2), a);
        assert_eq!(left.find("beta"), Some(remap.apply(b)));
        assert_eq!(left.find("gamma"), None);
    }

    #[test]
    fn texts_that_are_looked_up_together_are_those_that_were_interned() {
        let mut symbols = Symbols::default();
        let known = ["", "a", "user-17", "9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c"].map(|text| (text, symbols.intern(text)));
        let mut found = Vec::new();
        symbols.look(known.iter().map(|(text, _)| text.as_bytes()).chain([&b"new"[..]]), &mut found);
        let expected = known.iter().map(|(_, symbol)| Some(*symbol)).chain([None]);
        assert!(found.iter().map(|looked| looked.symbol).eq(expected));
        let new = symbols.intern_looked(found[4], "new");
        assert_eq!((symbols.get(new), symbols.len()), ("new", 5));
        // Another text of the same hash is another one.
        found[0].symbol = None;
        assert_ne!(symbols.intern_looked(found[0], "other"), known[0].1);
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn texts_may_be_longer_than_half_an_offset_tells() {
        let (mut ends, all) = (Ends::default(), [3_usize, 3, (1 << 32) - 1, 1 << 32, (1 << 34) + 5, (1 << 34) + 6]);
        for end in all {
            ends.push(end);
        }
        let ranges: Vec<_> = (0..ends.len()).map(|index| ends.range(index)).collect();
        let starts = [0].iter().chain(&all);
        assert_eq!(ranges, starts.zip(&all).map(|(start, end)| *start..*end).collect::<Vec<_>>());
    }

    #[test]
    fn a_set_holds_those_that_come_twice() {
        let mut symbols = Symbols::default();
        let all: Vec<_> = (0..200).map(|number| symbols.intern(&number.to_string())).collect();
        let twice = SymbolSet::repeated([7, 64, 199, 64, 5, 199, 199].into_iter().map(|at: usize| all[at]));
        let held: Vec<usize> = (0..200).filter(|at| twice.contains(all[*at])).collect();
        assert_eq!(held, [64, 199]);
        assert!(!SymbolSet::default().contains(all[0]));
    }
}
