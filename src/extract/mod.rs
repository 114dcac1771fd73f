//! Record to token event: what happened, to whose token, and what the error says by itself.
//!
//! Rules name the records of known servers and libraries; every other record is judged by the
//! vocabulary (topic, outcome, error code). Looks at one record at a time and at nothing else.

mod address;
mod aside;
mod classify;
mod copies;
mod draft;
mod hints;
mod identity;
mod in_text;
mod kind;
mod provider;
mod roles;
mod rule_match;
mod signals;
mod survey;
mod tokens;
mod wording;
mod words;

use aho_corasick::AhoCorasick;

use crate::format::Record;
use crate::model::{EventKind, Position, Symbols, TokenEvent};
use crate::rules::{EventRule, FieldRole, Providers, Vocabulary};

pub use copies::{Copies, Copy, NameRole};
pub use draft::Masker;
pub use hints::Hints;
pub use identity::{Identity, Name};
pub use roles::{is_count, names_nobody};
pub use survey::{NearMiss, Sighting};

/// The rule id of events that only an endpoint and a status tell: the weakest evidence.
pub const ENDPOINT_RULE: &str = "token-endpoint";

/// Finds token events in records.
#[derive(Debug)]
pub struct Extractor {
    rules: rule_match::RuleIndex,
    roles: roles::Aliases,
    signals: signals::Detector,
    classes: classify::Classifier,
    providers: provider::Recogniser,
    in_text: in_text::TextFields,
    hints: Hints,
    /// What a record must hold for its words to count.
    triggers: AhoCorasick,
}

impl Extractor {
    /// An extractor of these rules; what the user says goes before them.
    pub fn new(events: &[EventRule], providers: &Providers, vocabulary: Vocabulary, hints: Hints) -> Self {
        Self {
            rules: rule_match::RuleIndex::new(providers.events.iter().chain(events)),
            roles: roles::Aliases::new(&vocabulary.fields),
            classes: classify::Classifier::new(&providers.list, &vocabulary.codes),
            providers: provider::Recogniser::new(&providers.list),
            in_text: in_text::TextFields::new(&vocabulary.in_text),
            triggers: AhoCorasick::new(&vocabulary.triggers).unwrap_or_else(|_| signals::empty()),
            signals: signals::Detector::new(vocabulary),
            hints: hints.normal(),
        }
    }

    /// The token event of a record, if it is one; `raw` is the text that it was read from. Every string goes
    /// through `mask` before it is kept.
    pub fn extract(
        &self,
        record: &Record<'_>,
        raw: &[u8],
        position: Position,
        mask: Masker<'_>,
        symbols: &mut Symbols,
    ) -> Option<TokenEvent> {
        Some(self.draft(record, raw)?.keep(position, mask, symbols))
    }

    fn draft<'a>(&'a self, record: &Record<'a>, raw: &[u8]) -> Option<draft::Draft<'a>> {
        let rule = self.rules.find(record);
        if rule.as_ref().is_some_and(|matched| matched.rule.kind.is_none()) {
            return None;
        }
        let mut roles = self.roles_of_fields(record, rule.as_ref());
        if self.in_text.tells_kind() {
            self.in_text.complete(record, &mut roles);
        }
        let named = rule.as_ref().and_then(|matched| Some((matched.rule.kind?, matched.rule.id.as_str())));
        let said = self.signals.hear(record, &roles);
        // So most records end that only hold a word of the vocabulary.
        if named.is_none() && said.is_nothing() {
            return None;
        }
        self.in_text.complete(record, &mut roles);
        let signals = self.signals.judge(said, record, &roles);
        let worded = || self.triggers.is_match(raw) && is_log_entry(record, &roles);
        let judged = || match kind::decide(&signals) {
            Some((_, kind::WORDING)) if !worded() => kind::by_endpoint(&signals),
            decided => decided,
        };
        let (kind, rule_id) = named.or_else(judged)?;
        let of_rule = rule.as_ref().and_then(|matched| matched.rule.provider.as_deref());
        let provider = self.hints.provider.clone().or_else(|| self.providers.recognise(record, &roles, of_rule));
        let mut draft = draft::Draft::new(kind, rule_id, record, &roles, &signals);
        draft.provider = provider;
        if kind == EventKind::RefreshFailed {
            let named = rule.as_ref().and_then(|matched| matched.rule.class);
            draft.error = rule.as_ref().and_then(|matched| matched.rule.error.as_deref()).or(draft.error);
            draft.class = named.unwrap_or_else(|| self.classes.class(&draft, &signals));
        }
        tokens::assign(&mut draft, &roles, &signals);
        Some(draft)
    }

    /// The values of a record by role: what the matched rule and the user say of them goes first.
    fn roles_of<'a>(&self, record: &Record<'a>, rule: Option<&rule_match::Matched<'_, 'a>>) -> roles::Roles<'a> {
        let mut roles = self.roles_of_fields(record, rule);
        self.in_text.complete(record, &mut roles);
        roles
    }

    fn roles_of_fields<'a>(&self, record: &Record<'a>, rule: Option<&rule_match::Matched<'_, 'a>>) -> roles::Roles<'a> {
        let mut roles = self.roles.collect(record);
        if let Some(matched) = rule {
            roles.apply(matched, record);
        }
        self.hints.apply(record, &mut roles);
        roles
    }
}

/// Prose about tokens (a page of documentation, a comment) is no log entry: words alone make an event
/// only where the record has a time, a level, or somebody whom it is about.
fn is_log_entry(record: &Record<'_>, roles: &roles::Roles<'_>) -> bool {
    let named = [FieldRole::Level, FieldRole::Client, FieldRole::Subject, FieldRole::Request];
    record.stamp.is_some() || named.into_iter().any(|role| roles.get(role).is_some())
}
