//! What an event holds of its record as it stands, and which values of a record can do no more than that: exchanged for
//! others of their kind, they change the event in those places and nowhere else.

use std::ops::Range;

use super::aside;
use super::draft::{self, Draft};
use super::provider::names_provider;
use super::rule_match::at_path;
use super::signals::is_humped;
use super::tokens::is_measure;
use super::{Extractor, Masker, kind};
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
    /// A name.
    Name(NameRole),
    /// A lifetime.
    ExpiresIn,
    /// A length of time; the last part of its path tells the unit.
    Duration(Box<str>),
}

/// The role of a name: its place among those of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameRole(usize);

impl NameRole {
    /// Puts another name in the place of the one that an event has.
    pub fn put(self, name: Symbol, event: &mut TokenEvent) {
        *name_mut(event, self.0) = Some(name);
    }
}

impl<'a> Copies<'a> {
    /// The values, and where each of them goes.
    pub fn each(&self) -> impl Iterator<Item = (&'a str, Copy)> {
        let names =
            self.names.iter().enumerate().filter_map(|(place, name)| Some(((*name)?, Copy::Name(NameRole(place)))));
        let expires_in = self.expires_in.map(|value| (value, Copy::ExpiresIn));
        let duration = self.duration.map(|field| (field.value, Copy::Duration(field.leaf().into())));
        names.chain(expires_in).chain(duration)
    }
}

impl Copy {
    /// Puts another value in the place of the one that an event has; it must be known to hold no secret.
    pub fn put(&self, value: &str, event: &mut TokenEvent, symbols: &mut Symbols) {
        match self {
            Self::Name(role) => role.put(symbols.intern(value), event),
            Self::ExpiresIn => event.expires_in = draft::expires_in(value).into(),
            Self::Duration(leaf) => event.duration_ms = draft::milliseconds(value, leaf).into(),
        }
    }
}

/// Whether a value is no more than copied in this role, and whatever names there are as well.
pub(super) fn is_copy(role: FieldRole, value: &str) -> bool {
    match role {
        // An address is no client, and what is shorter is a request by its digits.
        FieldRole::Client => !value.contains(['.', ':']),
        FieldRole::Request => value.len() >= 4,
        role => NAMES.contains(&role),
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
        self.is_copied(field, field.kind == ValueKind::Number, false)
    }

    /// Whether the value of a field is copied at most, so that its digits may be others.
    pub fn is_number_or_name(&self, field: &Field<'_>) -> bool {
        self.is_copied(field, field.value.starts_with(|first: char| first.is_ascii_digit()), true)
    }

    fn is_copied(&self, field: &Field<'_>, number: bool, of_one_shape: bool) -> bool {
        let leaf = field.leaf();
        // A date and a time that stand apart are read together.
        let told_by_value = leaf.contains("refreshtoken") || leaf == "accesstoken" || matches!(leaf, "date" | "time");
        let mapped = self.hints.fields.iter().any(|(_, path)| at_path(field, path));
        let mut named = true;
        self.roles.each_role(field, &mut |role| {
            named &= match role {
                FieldRole::ExpiresIn | FieldRole::Duration => number,
                // A short number is no request.
                FieldRole::Request => field.kind != ValueKind::Number && is_copy(role, field.value),
                FieldRole::Issuer => !names_provider(leaf),
                // With other digits it is a response time, too.
                FieldRole::RefreshToken if of_one_shape && is_measure(field) => true,
                // Patterns say what an address or the name of an event is, as it is written.
                FieldRole::Url => of_one_shape,
                FieldRole::Event => of_one_shape && !is_humped(field.value),
                role => is_copy(role, field.value),
            };
        });
        let asked = if of_one_shape { self.rules.asks_for_digits(field) } else { self.rules.asks_for(field) };
        named && !told_by_value && !mapped && !asked && !self.rules.maps(field)
    }

    /// Whether a field is taken for what it is however many digits its numbers have. One that is long may be too long.
    pub fn is_of_any_length(&self, field: &Field<'_>) -> bool {
        const LONG: usize = 100;
        let mut free = true;
        self.roles.each_role(field, &mut |role| {
            let counted = matches!(role, FieldRole::Request | FieldRole::RefreshToken);
            free &= !counted && (field.value.len() <= LONG || !NAMES.contains(&role));
        });
        free
    }

    /// Whether a field may stand for anything.
    pub fn has_role(&self, field: &Field<'_>) -> bool {
        let mut some = false;
        self.roles.each_role(field, &mut |_| some = true);
        some
    }

    /// Whether a rule tells a field, a running text by itself, by digits in it.
    pub fn is_told_by_digits(&self, field: &Field<'_>) -> bool {
        self.rules.asks_for_digits(field)
    }

    /// What the running texts of a record say that is more than copied.
    pub fn asked_in_text<'a>(&self, record: &Record<'a>) -> Vec<&'a str> {
        let mut asked = self.in_text.asked(record);
        let captures = self.rules.find(record).map(|matched| matched.captures).unwrap_or_default();
        // A request of few digits is none, or one by its digits.
        let is_asked = |role: FieldRole, value: &str| role == FieldRole::Request || !is_copy(role, value);
        asked.extend(captures.into_iter().filter(|(role, value)| is_asked(*role, value)).map(|(_, value)| value));
        asked
    }

    /// The keys that values are known by, as paths are compared.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let hinted = self.hints.fields.iter().map(|(_, path)| path.as_str());
        self.roles.keys().chain(self.rules.keys()).chain(hinted)
    }

    /// The parts of a running text that state something, where others do not: the words of a record are read in those,
    /// with the second text between them. `None` where that cannot be told.
    pub fn stated(&self, text: &str) -> Option<(Vec<Range<usize>>, &'static str)> {
        Some((self.signals.stated(text)?, aside::BETWEEN))
    }

    /// The patterns that texts are held against.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.signals.patterns().chain(self.in_text.patterns()).chain(self.rules.patterns())
    }

    /// The texts that are searched for in values and running texts.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        self.telling().chain(self.classes.telling())
    }

    /// The texts that say something wherever they stand in a record.
    pub fn telling(&self) -> impl Iterator<Item = &str> {
        // `eyJ` begins a JWT, whose claims are read.
        self.signals.telling().chain(self.providers.telling()).chain(["AADSTS", "eyJ"])
    }

    /// Whether its words alone would make a record an event, if they count.
    pub fn is_told_by_words(&self, record: &Record<'_>) -> bool {
        let rule = self.rules.find(record);
        let roles = self.roles_of(record, rule.as_ref());
        let decided = kind::decide(&self.signals.read(record, &roles));
        rule.is_none() && matches!(decided, Some((_, kind::WORDING)))
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
