//! The register of tokens: which event issued each, which presented it, which refresh spent it.
//!
//! With it a chain R0 → R1 → … can be walked both ways. What a log masks (`…a1b2`) is a token only
//! together with its client and subject: four characters repeat among many users.

use hashbrown::HashMap;

use crate::model::{EventKind, EventSet, Symbol, TokenEvent};

/// What names a token: its form, and for a masked form the client and subject that it belongs to.
type Key = (Option<(Option<Symbol>, Option<Symbol>)>, Symbol);

/// What is known of one token; events in time order.
#[derive(Clone, Debug, Default)]
pub struct Token {
    /// Good refreshes and grants that issued it: one, unless a masked form repeats.
    pub issued: Vec<u32>,
    /// Attempts that presented it.
    pub presented: Vec<u32>,
    /// Good refreshes that presented it and issued another one.
    pub spent: Vec<u32>,
    /// The last good refresh that presented it: kept, for a token that is never rotated is presented without end, and
    /// each of its failures asks.
    pub accepted: Option<u32>,
}

/// All tokens of a set of timelines.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    tokens: HashMap<Key, Token>,
}

impl Ledger {
    /// Registers the tokens of events, which are in time order.
    pub fn of(set: &EventSet, events: &[TokenEvent]) -> Self {
        let mut ledger = Self::default();
        for (id, event) in (0..).zip(events) {
            let good = event.kind == EventKind::RefreshSucceeded;
            if let Some(issued) = event.issued {
                ledger.entry(set, event, issued).issued.push(id);
            }
            if let Some(presented) = event.presented.filter(|_| good || event.kind == EventKind::RefreshFailed) {
                let token = ledger.entry(set, event, presented);
                token.presented.push(id);
                token.accepted = if good { Some(id) } else { token.accepted };
                if good && event.issued.is_some_and(|issued| issued != presented) {
                    token.spent.push(id);
                }
            }
        }
        ledger
    }

    /// The token that an event names by this form.
    pub fn get(&self, set: &EventSet, event: &TokenEvent, form: Symbol) -> Option<&Token> {
        self.tokens.get(&key(set, event, form))
    }

    /// The token that a whole form names, whoever names it; `None` for masked forms.
    pub fn anywhere(&self, form: Symbol) -> Option<&Token> {
        self.tokens.get(&(None, form))
    }

    fn entry(&mut self, set: &EventSet, event: &TokenEvent, form: Symbol) -> &mut Token {
        self.tokens.entry(key(set, event, form)).or_default()
    }
}

fn key(set: &EventSet, event: &TokenEvent, form: Symbol) -> Key {
    (is_masked(set, form).then_some((event.client, event.subject)), form)
}

/// Whether a form shows only a part of the token, which others may share.
pub fn is_masked(set: &EventSet, form: Symbol) -> bool {
    let text = set.symbols.get(form);
    text.starts_with("masked:") || text.contains(['…', '*'])
}
