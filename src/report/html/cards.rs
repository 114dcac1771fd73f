//! One finding with all that is known of it.

use super::marks::of_event;
use super::zoom::{Zoom, zoom};
use crate::model::{Evidence, FamilyToken, Finding, PresentationOutcome, Timestamp, TokenFamily};
use crate::report::shown::{self, anchor, clip, name, path, short_place};
use crate::report::words::{count, number, offset, outcome, span, topology};

/// A finding as its card shows it.
pub(super) struct Card {
    pub(super) anchor: String,
    pub(super) rule: String,
    pub(super) severity: &'static str,
    pub(super) title: String,
    pub(super) client: String,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) explanation: String,
    pub(super) confidence: &'static str,
    pub(super) reason: String,
    pub(super) remediation: Vec<String>,
    pub(super) zoom: Option<Zoom>,
    pub(super) family: Vec<Token>,
    pub(super) evidence: Vec<EvidenceRow>,
    pub(super) open: bool,
}

/// A refresh token of the family, by its digest.
pub(super) struct Token {
    pub(super) name: String,
    pub(super) issued: String,
    pub(super) presented: Vec<Use>,
}

/// One use of it.
pub(super) struct Use {
    pub(super) accepted: bool,
    pub(super) when: String,
    pub(super) place: String,
}

/// Tokens of a family on a card, and uses of a token.
const TOKENS: usize = 12;
const USES: usize = 8;

fn tokens(family: &TokenFamily, start: Option<Timestamp>) -> Vec<Token> {
    let since = |time: Option<Timestamp>| {
        time.zip(start).map_or_else(|| "at an unknown time".into(), |(time, start)| offset(time.millis_since(start)))
    };
    let token = |token: &FamilyToken| Token {
        name: clip(&token.token, 24),
        issued: token.issued_at.map_or_else(String::new, |at| format!("issued {}", since(Some(at)))),
        presented: token
            .presented
            .iter()
            .take(USES)
            .map(|presented| Use {
                accepted: presented.outcome == PresentationOutcome::Accepted,
                when: since(presented.time),
                place: short_place(&presented.path, presented.line),
            })
            .collect(),
    };
    family.tokens.iter().take(TOKENS).map(token).collect()
}

pub(super) struct EvidenceRow {
    pub(super) symbol: &'static str,
    pub(super) role: &'static str,
    pub(super) offset: String,
    pub(super) event: String,
    pub(super) place: String,
    /// What the button copies.
    pub(super) full_place: String,
    pub(super) excerpt: String,
}

/// Cards that are open when the page is.
const OPEN: usize = 5;

impl Card {
    pub(super) fn of(place: usize, finding: &Finding, window_ms: Option<u64>) -> Self {
        Self {
            anchor: anchor(&finding.id, place),
            rule: clip(&finding.rule, 60),
            severity: finding.severity.name(),
            title: clip(&finding.title, 200),
            client: shown::client(finding.client.as_deref()),
            facts: facts(finding),
            explanation: clip(&finding.explanation, 2000),
            confidence: finding.confidence.name(),
            reason: clip(&finding.confidence_reason, 600),
            remediation: finding.remediation.iter().take(12).map(|step| clip(step, 600)).collect(),
            zoom: zoom(finding, window_ms),
            family: finding.family.iter().flat_map(|family| tokens(family, finding.start)).collect(),
            evidence: finding.evidence.iter().take(200).map(|piece| row(finding, piece)).collect(),
            open: place < OPEN,
        }
    }
}

fn facts(finding: &Finding) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("When", shown::maybe_time(finding.start)),
        ("Lasted", span(finding.span_ms)),
        ("Attempts", format!("{} ok, {} failed", number(finding.successes), number(finding.failures))),
    ];
    if finding.aftermath_failures > 0 {
        facts.push(("Later failures", number(finding.aftermath_failures)));
    }
    if !finding.errors.is_empty() {
        let errors =
            finding.errors.iter().take(6).map(|(code, times)| format!("{} × {}", number(*times), clip(code, 40)));
        facts.push(("Errors", errors.collect::<Vec<_>>().join(", ")));
    }
    let healed = finding.impact.healed_after_ms.map_or_else(String::new, |after| format!(", after {}", span(after)));
    facts.push(("Outcome", format!("{}{healed}", outcome(finding.outcome))));
    if let Some(topology) = topology(finding.topology) {
        facts.push(("Racers", topology.into()));
    }
    if finding.impact.forced_sign_ins > 0 {
        facts.push(("Forced", count(finding.impact.forced_sign_ins, "new sign-in")));
    }
    facts.push((
        "Subject",
        if finding.subject.is_some() || finding.impact.principals < 2 {
            name(finding.subject.as_deref())
        } else {
            number(finding.impact.principals)
        },
    ));
    if finding.provider.is_some() {
        facts.push(("Provider", name(finding.provider.as_deref())));
    }
    facts
}

fn row(finding: &Finding, piece: &Evidence) -> EvidenceRow {
    let since = piece.time.zip(finding.start).map(|(time, start)| time.millis_since(start));
    let error = piece.error.as_ref().map_or_else(String::new, |error| format!(" {error}"));
    EvidenceRow {
        symbol: of_event(piece).symbol,
        role: shown::role(piece.role),
        offset: since.map_or_else(|| "no time".into(), offset),
        event: clip(&format!("{}{error}", piece.event.replace('_', " ")), 80),
        place: format!("{}:{}", path(&piece.path), piece.line),
        full_place: format!("{}:{}", clip(&piece.path, 1000), piece.line),
        excerpt: clip(&piece.excerpt, 400),
    }
}
