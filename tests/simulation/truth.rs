//! What really happened: the true cause of each failed refresh.

use std::collections::{BTreeMap, BTreeSet};

use crate::clients::{Entry, Kind};
use crate::server::{MS, Refusal};

/// How a client came to send the token that it sent. The server's refusal alone does not tell a
/// race from a lost write: both present a spent token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Story {
    /// Nothing odd: the newest token, by one worker.
    Plain,
    /// Another worker refreshed with the same token at the same time.
    Raced,
    /// A cache or replica gave the old token some seconds later.
    Stale,
    /// Somebody else has a copy of the token.
    Stolen,
    /// The rotated token was never stored.
    Forgotten,
    /// A superseded sibling was stored over the newest token.
    Overwritten,
}

/// The true cause of one failed refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Truth {
    pub(crate) rule: &'static str,
    /// Failures of one incident share it.
    pub(crate) incident: usize,
}

/// The rule that `design.md` §3 gives to a refusal in a story.
pub(crate) fn cause(refusal: Refusal, story: Story) -> &'static str {
    match (refusal, story) {
        (Refusal::Unavailable | Refusal::TimedOut, _) => "provider-outage",
        (Refusal::UnknownClient, _) => "client-misconfigured",
        (Refusal::Expired, _) => "expired-refresh-token",
        (Refusal::GrantRevoked, _) => "permanent-revocation",
        (_, Story::Forgotten) => "rotation-not-persisted",
        (_, Story::Overwritten) => "rotation-overwritten",
        (Refusal::Spent, Story::Raced) => "refresh-race",
        (Refusal::ReuseDetected | Refusal::FamilyRevoked, Story::Raced) => "refresh-race-revoked",
        (Refusal::Spent, Story::Stale) => "stale-token-read",
        (_, Story::Stolen) | (Refusal::ReuseDetected | Refusal::FamilyRevoked, Story::Stale) => "refresh-token-reuse",
        (Refusal::Spent | Refusal::ReuseDetected | Refusal::FamilyRevoked, Story::Plain) => {
            unreachable!("a plain client never presents a spent token")
        }
    }
}

/// True failures by (client, subject, rule).
pub(crate) type Tally = BTreeMap<(String, String, String), u64>;

pub(crate) fn tally(entries: &[Entry]) -> Tally {
    let mut tally = Tally::new();
    for entry in entries {
        if let Kind::Refused { truth, .. } = entry.kind {
            *tally.entry((entry.client.into(), entry.subject.clone(), truth.rule.into())).or_default() += 1;
        }
    }
    tally
}

/// How many incidents of a rule a client really had.
pub(crate) fn incidents(entries: &[Entry], client: &str, rule: &str) -> usize {
    let mut seen: Vec<usize> = entries
        .iter()
        .filter(|entry| entry.client == client)
        .filter_map(|entry| match entry.kind {
            Kind::Refused { truth, .. } if truth.rule == rule => Some(truth.incident),
            _ => None,
        })
        .collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

pub(crate) fn refused(entries: &[Entry]) -> u64 {
    entries.iter().filter(|entry| matches!(entry.kind, Kind::Refused { .. })).count() as u64
}

pub(crate) fn refreshed(entries: &[Entry]) -> u64 {
    entries.iter().filter(|entry| matches!(entry.kind, Kind::Refreshed { .. })).count() as u64
}

/// The clients of whom somebody goes on after a permanent failure: five attempts or more after the first and what failed
/// together with it, and then a new grant or nothing.
pub(crate) fn storms(entries: &[Entry]) -> BTreeSet<(&'static str, &'static str)> {
    let mut accounts = BTreeMap::<(&'static str, &str), Vec<&Entry>>::new();
    for entry in entries {
        accounts.entry((entry.client, &entry.subject)).or_default().push(entry);
    }
    let mut stubborn = BTreeSet::new();
    for ((client, _), mut account) in accounts {
        account.sort_by_key(|entry| entry.at);
        let ends_well =
            |series: &&[&Entry]| series.last().is_some_and(|last| matches!(last.kind, Kind::Refreshed { .. }));
        let goes_on = |series: &[&Entry]| {
            let first = series.iter().map(|entry| entry.at).min().unwrap_or_default();
            let permanent =
                |entry: &&&Entry| matches!(entry.kind, Kind::Refused { truth, .. } if truth.rule != "provider-outage");
            series.iter().filter(|entry| entry.at > first + 200 * MS).filter(permanent).count() >= 5
        };
        let mut series = account.split_inclusive(|entry| !matches!(entry.kind, Kind::Refused { .. }));
        if series.any(|series| !ends_well(&series) && goes_on(series)) {
            stubborn.insert((client, "retry-storm"));
        }
    }
    stubborn
}
