//! What an event holds of its record as it stands, and which values of a record can do no more than that: exchanged for
//! others of their kind, they change the event in those places and nowhere else.

use super::draft::{self, Draft};
use super::provider::names_provider;
use super::rule_match::at_path;
use super::{Extractor, Masker};
use crate::format::{Field, Record, ValueKind};
use crate::model::{Position, Symbol, Symbols, TokenEvent};
use crate::rules::FieldRole;

/// The roles whose values are names: kept as they stand, and never asked what they say.
pub(super) const NAMES: [FieldRole; 9] = [
    FieldRole::Client,
    FieldRole::Subject,
    FieldRole::Grant,
    FieldRole::Request,
    FieldRole::Address,
    FieldRole::Host,
    FieldRole::Process,
    FieldRole::Thread,
    FieldRole::Logger,
];

/// The values that an event was given.
#[derive(Clone, Copy, Debug)]
pub struct Copies<'a> {
    /// By role, as in [`NAMES`].
    names: [Option<&'a str>; NAMES.len()],
    expires_in: Option<&'a str>,
    duration: Option<Field<'a>>,
}

/// Where a value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copy {
    /// A name: the place of its role among those of names.
    Name(usize),
    /// A lifetime.
    ExpiresIn,
    /// A length of time; the last part of its path tells the unit.
    Duration(Box<str>),
}

impl Copies<'_> {
    /// Where a value goes that stands at this place of the memory.
    pub fn of(&self, value: &str) -> Vec<Copy> {
        let here = |copied: &str| std::ptr::eq(copied, value);
        let names = self.names.iter().enumerate().filter(|(_, name)| name.is_some_and(here));
        let expires_in = self.expires_in.filter(|copied| here(copied)).map(|_| Copy::ExpiresIn);
        let duration = self.duration.filter(|field| here(field.value));
        let duration = duration.map(|field| Copy::Duration(field.leaf().into()));
        names.map(|(place, _)| Copy::Name(place)).chain(expires_in).chain(duration).collect()
    }
}

impl Copy {
    /// Puts another value in the place of the one that an event has; it must be known to hold no secret.
    pub fn put(&self, value: &str, event: &mut TokenEvent, symbols: &mut Symbols) {
        match self {
            Self::Name(place) => *name_mut(event, *place) = Some(symbols.intern(value)),
            Self::ExpiresIn => event.expires_in = draft::expires_in(value),
            Self::Duration(leaf) => event.duration_ms = draft::milliseconds(value, leaf),
        }
    }
}

fn name_mut(event: &mut TokenEvent, place: usize) -> &mut Option<Symbol> {
    match NAMES[place] {
        FieldRole::Client => &mut event.client,
        FieldRole::Subject => &mut event.subject,
        FieldRole::Grant => &mut event.grant_id,
        FieldRole::Request => &mut event.request_id,
        FieldRole::Address => &mut event.address,
        FieldRole::Host => &mut event.host,
        FieldRole::Process => &mut event.process,
        FieldRole::Thread => &mut event.thread,
        _ => &mut event.logger,
    }
}

impl Extractor {
    /// The token event of a record as [`extract`](Self::extract) gives it, and what it copied.
    pub fn extract_with_copies<'a>(
        &'a self,
        record: &Record<'a>,
        raw: &[u8],
        position: Position,
        mask: Masker<'_>,
        symbols: &mut Symbols,
    ) -> Option<(TokenEvent, Copies<'a>)> {
        let draft = self.draft(record, raw)?;
        let copies = draft.copies();
        Some((draft.keep(position, mask, symbols), copies))
    }

    /// Whether the value of a field is a name at most, so that another name in its place is as good.
    pub fn is_name(&self, field: &Field<'_>) -> bool {
        let leaf = field.leaf();
        // A date and a time that stand apart are read together.
        let told_by_value = leaf.contains("refreshtoken") || leaf == "accesstoken" || matches!(leaf, "date" | "time");
        let mapped = self.hints.fields.iter().any(|(_, path)| at_path(field, path));
        let number = field.kind == ValueKind::Number;
        let mut named = true;
        self.roles.each_role(field, &mut |role| {
            let fits = match role {
                FieldRole::ExpiresIn | FieldRole::Duration => number,
                // An address is no client, and a short number no request.
                FieldRole::Client => !field.value.contains('.'),
                FieldRole::Request => !number,
                FieldRole::Issuer => !names_provider(leaf),
                role => NAMES.contains(&role),
            };
            named &= fits;
        });
        named && !told_by_value && !mapped && !self.rules.asks_for(field)
    }

    /// The texts that say something wherever they stand in a record.
    pub fn telling(&self) -> impl Iterator<Item = &str> {
        // `eyJ` begins a JWT, whose claims are read.
        self.signals.telling().chain(self.providers.telling()).chain(["AADSTS", "eyJ"])
    }

    /// Whether a text lets the words of its record count.
    pub fn is_worded(&self, text: &[u8]) -> bool {
        self.triggers.is_match(text)
    }
}

impl<'a> Draft<'a> {
    fn copies(&self) -> Copies<'a> {
        Copies { names: self.identities, expires_in: self.lifetime, duration: self.duration }
    }
}
