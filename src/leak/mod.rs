//! Token values that are readable in a log: where they are, what they are, and their masked form.
//!
//! One pass of an automaton over the line finds the places that are worth a look (prefixes of known tokens, names
//! of keys, authentication schemes); small matchers look at those places alone. Nothing here searches a long line
//! with a regular expression, so the time is linear in the line whatever is in it. No record is parsed: a value is
//! a span of the outer line, however many encodings it lies under.

mod bytes;
mod carrier;
mod digits;
mod examples;
mod fold;
mod jwt;
mod layers;
mod notation;
mod openings;
mod pass;
mod refusal;
mod requirement;
mod search;
mod stretch;
mod text;
mod triggers;
mod url;
mod value;
mod view;

use std::borrow::Cow;

pub use examples::check_examples;
pub use openings::{Telling, is_encoded};
pub use url::next_url_password;

use crate::model::{Confidence, LeakKind, Scent, Severity, TokenDigest};
use crate::rules::{Detect, LeakRule};
use layers::Found;
use refusal::Refusal;
use requirement::Requirement;
use search::Searches;
use triggers::Triggers;

/// Finds and masks token values. Built once, shared by all workers.
#[derive(Debug)]
pub struct LeakScanner {
    rules: Vec<LeakRule>,
    triggers: Triggers,
    /// Rules that search for themselves.
    searches: Option<Searches>,
    /// What each rule asks of the line around its key.
    requirements: Vec<Option<Requirement>>,
}

/// One readable value in the line that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeakHit {
    /// First byte of the raw value.
    pub start: usize,
    /// Just past its last byte.
    pub end: usize,
    /// Whether it stands in a text that is encoded in the line.
    pub encoded: bool,
    /// The rule, for [`LeakScanner::rule_id`].
    pub rule: u32,
    /// What leaked.
    pub kind: LeakKind,
    /// How grave the rule says it is.
    pub severity: Severity,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// The key (snake form, as the rule names it) or the header that held it.
    pub field: Option<String>,
    /// What may be shown: `ya29.…(len 187)`.
    pub masked: String,
    /// Of the decoded value; of the secret alone where the value is the base64 of `id:secret`.
    pub digest: TokenDigest,
    /// Whether the value could be found back from a digest by trying.
    pub guessable: bool,
    /// What the value is recognised by elsewhere: decoded, as written, in lower case, and the secret in it.
    pub scents: Vec<Scent>,
    /// The `exp` of a JWT, seconds since the epoch.
    pub expires_at: Option<i64>,
}

/// What one rule made of one place that it looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Where the value begins, or the key, scheme or literal of a place that was passed over.
    pub at: usize,
    /// The rule, for [`LeakScanner::rule_id`].
    pub rule: u32,
    /// The key or header of that place.
    pub field: Option<String>,
    /// Whether the place is in a text that is encoded in the line.
    pub encoded: bool,
    /// The leak, or why it is none.
    pub outcome: Result<LeakHit, String>,
}

/// `mask` looks again at what it made, at most so often: a value taken away can change what its neighbours are.
const MASK_ROUNDS: usize = 4;

/// Why a value is passed over in a line that no literal of a rule brought to a search.
const NOT_BROUGHT: &str = "the line holds none of the texts that bring a line to a search (`literals` of the rules)";

impl LeakScanner {
    /// Builds the automata for a set of rules.
    pub fn new(rules: &[LeakRule]) -> Self {
        Self {
            rules: rules.to_vec(),
            triggers: Triggers::new(rules),
            searches: Searches::of(rules),
            requirements: requirement::requirements(rules),
        }
    }

    /// The rules, in their order.
    pub fn rules(&self) -> &[LeakRule] {
        &self.rules
    }

    /// The id of a hit's rule.
    pub fn rule_id(&self, rule: u32) -> &str {
        self.rules.get(rule as usize).map_or("", |rule| rule.id.as_str())
    }

    /// Literals of which at least one, in this case, is in every line that [`find`](Self::find) reports on; a line may
    /// hold one of [`keywords`](Self::keywords) or a [password in a URL](next_url_password) instead.
    pub fn literals(&self) -> Vec<Vec<u8>> {
        self.triggers.literals.clone()
    }

    /// Texts that bring a line as literals do, in any case; these are in lower case.
    pub fn keywords(&self) -> &[Vec<u8>] {
        self.searches.as_ref().map_or(&[], |searches| &searches.words)
    }

    /// Whether an allowlist of a rule's own file allows everything that the rule finds in a file.
    pub fn allows_path(&self, rule: &str, path: &str) -> bool {
        let of_rule = self.rules.iter().filter(|known| known.id == rule);
        of_rule.into_iter().any(|rule| match &rule.detect {
            Detect::Search(search) => search.allow.iter().any(|list| list.allows_path(path)),
            _ => false,
        })
    }

    fn is_brought(&self, line: &[u8]) -> bool {
        self.triggers.brought.is_match(line)
            || self.searches.as_ref().is_some_and(|search| search.is_brought(line))
            || next_url_password(line, 0..line.len()).is_some()
    }

    /// Appends all leaks of one line (or record of several lines), sorted by start, not overlapping.
    pub fn find(&self, line: &[u8], hits: &mut Vec<LeakHit>) {
        if self.is_brought(line) {
            hits.extend(layers::search(self, line).iter().map(|found| self.hit(line, found)));
        }
    }

    /// What every rule that looked at a place of this line (or record) made of it, by place. The leaks among them are
    /// those of [`find`](Self::find).
    pub fn explain(&self, line: &[u8]) -> Vec<Look> {
        let brought = self.is_brought(line);
        let (found, notes) = layers::explain(self, line);
        let leaks = found.iter().map(|found| {
            let hit = self.hit(line, found);
            let outcome = if brought { Ok(hit.clone()) } else { Err(NOT_BROUGHT.to_owned()) };
            Look { at: hit.start, rule: hit.rule, field: hit.field, encoded: found.encoded, outcome }
        });
        let passed = notes.iter().map(|note| Look {
            at: note.at,
            rule: u32::try_from(note.rule).unwrap_or(u32::MAX),
            field: note.field.map(str::to_owned),
            encoded: note.encoded,
            outcome: Err(match note.refusal {
                Refusal::Outranked(rule) => format!("{} names it: that rule knows more of it", self.rules[rule].id),
                refusal => refusal.to_string(),
            }),
        });
        let mut looks: Vec<Look> = leaks.chain(passed).collect();
        looks.sort_by(|a, b| {
            (a.at, a.outcome.is_err(), a.rule, &a.field).cmp(&(b.at, b.outcome.is_err(), b.rule, &b.field))
        });
        looks.dedup();
        looks
    }

    /// The text with every value that [`find`](Self::find) would report replaced by its masked form; borrowed when
    /// there is nothing to mask. Mask first and cut later: a cut can take away what shows that a value is one.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        for _ in 0..MASK_ROUNDS {
            // Also what `find` only looks at in lines that a literal brought: an excerpt may have lost that literal.
            let found = layers::search(self, masked.as_bytes());
            if found.is_empty() {
                break;
            }
            let mut out = String::with_capacity(masked.len());
            let mut at = 0;
            for found in &found {
                // Spans end at ASCII bytes, so they never split a character; if one did, the rest is dropped.
                out.push_str(masked.get(at..found.candidate.start).unwrap_or_default());
                out.push_str(&masked_form(found));
                at = found.candidate.end;
            }
            out.push_str(masked.get(at..).unwrap_or_default());
            masked = Cow::Owned(out);
        }
        masked
    }

    fn hit(&self, line: &[u8], found: &Found<'_>) -> LeakHit {
        let Found { candidate, value, .. } = found;
        let rule = &self.rules[candidate.rule];
        let secret = if candidate.pair {
            jwt::basic_secret(value).map(|secret| bytes::decode(&secret).into_owned())
        } else {
            None
        };
        let written = &line[candidate.start..candidate.end];
        // Names of providers and hosts are kept in lower case.
        let lower = value.to_ascii_lowercase();
        let spellings = [Some(value.as_slice()), Some(written), Some(&lower), secret.as_deref()];
        let mut scents: Vec<Scent> = spellings.into_iter().flatten().filter_map(Scent::of).collect();
        scents.sort();
        scents.dedup();
        LeakHit {
            start: candidate.start,
            end: candidate.end,
            encoded: found.encoded,
            rule: u32::try_from(candidate.rule).unwrap_or(u32::MAX),
            kind: rule.kind,
            severity: rule.severity,
            confidence: rule.confidence,
            field: candidate.field.map(str::to_owned),
            masked: masked_form(found),
            digest: TokenDigest::of(secret.as_deref().unwrap_or(value)),
            guessable: rule.kind == LeakKind::Password || value::is_guessable(secret.as_deref().unwrap_or(value)),
            scents,
            expires_at: jwt::expiry(value),
        }
    }
}

/// The public prefix that its rule knows the value by, and the length.
fn masked_form(found: &Found<'_>) -> String {
    let value = found.value.as_slice();
    let mut prefix = found.candidate.prefix;
    if prefix.is_empty() && value.starts_with(b"eyJ") {
        prefix = b"eyJ";
    }
    // A short value shows nothing; a long prefix no more than what tells the kind.
    let shown = match prefix.len() {
        _ if value.len() < 16 || !value.starts_with(prefix) => 0,
        length @ 0..=5 => length,
        _ => 4,
    };
    format!("{}…(len {})", String::from_utf8_lossy(&prefix[..shown]), value.len())
}

#[cfg(test)]
mod tests;
