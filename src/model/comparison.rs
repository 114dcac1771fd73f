//! What changed between two reports: did the fix help?

use serde::Serialize;

use super::{FindingClass, SCHEMA_VERSION, Timestamp};

/// The comparison of two reports, `schema_version` as that of reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// See [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The verdict on the failed refreshes.
    pub verdict: Change,
    /// The earlier run.
    pub before: Side,
    /// The later run.
    pub after: Side,
    /// Rules that one of the runs found, the greatest change of failures first.
    pub rules: Vec<RuleChange>,
    /// Clients that failed in one of the runs, the greatest change first.
    pub clients: Vec<ClientChange>,
    /// Leaked values by digest.
    pub leaks: LeakChange,
    /// Why the two runs can be compared with reserve only; sentences.
    pub cautions: Vec<String>,
}

impl Comparison {
    /// Of two sides, with nothing compared yet.
    pub fn of(before: Side, after: Side, verdict: Change) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            verdict,
            before,
            after,
            rules: Vec::new(),
            clients: Vec::new(),
            leaks: LeakChange::default(),
            cautions: Vec::new(),
        }
    }
}

/// How a rate changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It fell by more than chance explains.
    Better,
    /// It rose by more than chance explains.
    Worse,
    /// It is the same, or differs by no more than chance explains.
    Same,
    /// One of the runs has no attempts: nothing can be said.
    Unknown,
}

/// The sums of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// The version that made the report.
    pub version: String,
    /// The first token event.
    pub first: Option<Timestamp>,
    /// The last token event.
    pub last: Option<Timestamp>,
    /// Good refreshes.
    pub refresh_ok: u64,
    /// Failed refreshes.
    pub refresh_failed: u64,
    /// Findings of causes.
    pub incidents: u64,
    /// Leaked values.
    pub leaks: u64,
}

/// One number before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// In the earlier run.
    pub before: u64,
    /// In the later run.
    pub after: u64,
}

/// How often a rule was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleChange {
    /// The rule.
    pub rule: String,
    /// Whether it is a cause or a behaviour.
    pub class: FindingClass,
    /// Findings.
    pub findings: Pair,
    /// Failures that belong to them.
    pub failures: Pair,
    /// How findings per attempt changed.
    pub change: Change,
}

/// How often a client failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClientChange {
    /// As in the reports.
    pub provider: Option<String>,
    /// As in the reports.
    pub client: Option<String>,
    /// Attempts.
    pub attempts: Pair,
    /// Failed ones.
    pub failures: Pair,
    /// How failures per attempt changed.
    pub change: Change,
}

/// Leaked values, by digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeakChange {
    /// In the later run alone.
    pub new: u64,
    /// In both.
    pub remaining: u64,
    /// In the earlier run alone.
    pub gone: u64,
}
