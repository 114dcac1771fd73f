//! Names that were asked about before: nearly all names of a log come over and over.

use super::slots::Slot;
use super::tree::Span;
use crate::extract::NameRole;
use crate::model::{Looked, SymbolSet, Symbols, TokenEvent};

/// Which names say nothing, and what is known of those of one line.
#[derive(Debug, Default)]
pub(super) struct Seen {
    silent: SymbolSet,
    /// By name of the line what the table of names holds for it.
    looked: Vec<Looked>,
    /// The values that must be asked about, with the slots of those that do not go into the event.
    fresh: Vec<(Span, Option<Slot>)>,
}

/// A value that does not go into the event.
#[derive(Debug)]
pub(super) struct Other {
    value: usize,
    slot: Slot,
    /// The name in the line before, which says nothing: a program is of one version for a while.
    last: Vec<u8>,
}

impl Other {
    pub(super) fn new(value: usize, slot: Slot) -> Self {
        Self { value, slot, last: Vec::new() }
    }

    /// Whether it is another name than in the line before.
    fn changes(&mut self, name: &[u8]) -> bool {
        let is_name = matches!(self.slot, Slot::Name | Slot::Dotted);
        let new = !is_name || self.last != name;
        if is_name && new {
            self.last.clear();
            self.last.extend_from_slice(name);
        }
        new
    }

    /// Forgets a name that may say something.
    pub(super) fn forget(&mut self) {
        self.last.clear();
    }
}

impl Seen {
    /// Looks up the values of a line that go into its event.
    pub(super) fn look_up(&mut self, line: &[u8], spans: &[Span], names: &[(usize, NameRole)], symbols: &Symbols) {
        let spans = || names.iter().map(|(value, _)| spans[*value]);
        symbols.look(spans().map(|(start, end)| &line[start..end]), &mut self.looked);
        self.fresh.clear();
        for (span, looked) in spans().zip(&self.looked) {
            if !looked.symbol.is_some_and(|symbol| self.silent.contains(symbol)) {
                self.fresh.push((span, None));
            }
        }
    }

    /// Looks at the values that do not go into the event.
    pub(super) fn look_at(&mut self, line: &[u8], spans: &[Span], others: &mut [Other]) {
        for other in others {
            let span = spans[other.value];
            if other.changes(&line[span.0..span.1]) {
                self.fresh.push((span, Some(other.slot)));
            }
        }
    }

    /// The values that must be asked about, with the slots of those that do not go into the event.
    pub(super) fn fresh(&self) -> &[(Span, Option<Slot>)] {
        &self.fresh
    }

    /// Puts the names of the line, which say nothing, into its event.
    pub(super) fn keep(
        &mut self,
        line: &[u8],
        spans: &[Span],
        names: &[(usize, NameRole)],
        (event, symbols): (&mut TokenEvent, &mut Symbols),
    ) {
        for ((value, role), looked) in names.iter().zip(&self.looked) {
            let (start, end) = spans[*value];
            // Only a new name is looked at as text.
            let interned = || Some(symbols.intern_looked(*looked, std::str::from_utf8(&line[start..end]).ok()?));
            let Some(symbol) = looked.symbol.or_else(interned) else { continue };
            self.silent.insert(symbol);
            role.put(symbol, event);
        }
    }
}
