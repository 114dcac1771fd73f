//! Names that were asked about before: nearly all names of a log come over and over.

use super::tree::Span;
use crate::extract::NameRole;
use crate::model::{Looked, Symbol, SymbolSet, Symbols};

/// Which names say nothing, and what is known of those of one line.
#[derive(Debug, Default)]
pub(super) struct Seen {
    silent: SymbolSet,
    /// By value of the line: what the table of names holds for it, if it goes into the event.
    looked: Vec<Option<Looked>>,
    /// The values that must be asked about.
    fresh: Vec<Span>,
}

impl Seen {
    /// Looks up the values of a line; those with a role go into its event.
    pub(super) fn look_up(&mut self, line: &[u8], spans: &[Span], roles: &[Option<NameRole>], symbols: &Symbols) {
        self.looked.clear();
        self.fresh.clear();
        for (span, role) in spans.iter().zip(roles) {
            let looked = role.map(|_| symbols.look(&line[span.0..span.1]));
            let known = looked.and_then(|looked| looked.symbol);
            if !known.is_some_and(|symbol| self.silent.contains(symbol)) {
                self.fresh.push(*span);
            }
            self.looked.push(looked);
        }
    }

    /// The values that must be asked about.
    pub(super) fn fresh(&self) -> &[Span] {
        &self.fresh
    }

    /// Keeps a value of the line that is a name and says nothing.
    pub(super) fn keep(&mut self, value: usize, name: &[u8], symbols: &mut Symbols) -> Option<Symbol> {
        let looked = self.looked[value]?;
        // Only a new name is looked at as text.
        let symbol = match looked.symbol {
            Some(known) => known,
            None => symbols.intern_looked(looked, std::str::from_utf8(name).ok()?),
        };
        self.silent.insert(symbol);
        Some(symbol)
    }
}
