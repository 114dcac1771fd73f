//! Findings: one diagnosis over one timeline (or one client's timelines), with its evidence.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// How grave a finding or a leak is; orders from `Critical` (first) to `Info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Severity {
    Critical,
    High,
    Medium,
    Low,
    Info,
}

impl Severity {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        }
    }
}

/// How sure a verdict is; always given with a stated reason. Orders from `Possible` to `Proven`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Client only, coarse time, or the winner is not in these logs.
    Possible,
    /// Same subject or grant, inside the window.
    Likely,
    /// The same token was presented, or the server itself said so.
    Proven,
}

impl Confidence {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Proven => "proven",
        }
    }
}

/// Causes partition the failed refreshes; behaviours describe how a client acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingClass {
    /// Owns failures: each failed refresh belongs to exactly one finding of this class.
    Cause,
    /// May refer to events that belong to a cause.
    Behaviour,
}

/// Name of a diagnosis, its id everywhere: `refresh-race`, `retry-storm`, …
pub type RuleName = String;

/// How an incident ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The principal refreshed again without a new grant.
    SelfResolved,
    /// Reuse detection revoked the family.
    FamilyRevoked,
    /// A new grant was issued.
    Reauthorized,
    /// Nothing healed it before the logs end.
    Unresolved,
}

impl Outcome {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfResolved => "self_resolved",
            Self::FamilyRevoked => "family_revoked",
            Self::Reauthorized => "reauthorized",
            Self::Unresolved => "unresolved",
        }
    }
}

/// How far apart the racers were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// Threads or tasks of one process.
    SameProcess,
    /// Processes of one host.
    SameHost,
    /// Different hosts, pods or addresses.
    SeveralHosts,
    /// The logs do not say.
    Unknown,
}

impl Topology {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::SameProcess => "same_process",
            Self::SameHost => "same_host",
            Self::SeveralHosts => "several_hosts",
            Self::Unknown => "unknown",
        }
    }
}

/// What an event is in a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The success of a cluster.
    Winner,
    /// A failure of a cluster.
    Loser,
    /// A failure, or the event that explains it, where there is no race.
    Cause,
    /// A later failure that the same incident explains.
    Aftermath,
    /// What ended it: a good refresh or a new grant.
    Heal,
    /// What helps to understand it.
    Context,
}

/// One event of a finding. The excerpt is masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of design.md §5")]
pub struct Evidence {
    pub role: Role,
    pub path: String,
    pub line: u64,
    pub byte_start: u64,
    pub byte_end: u64,
    pub time: Option<Timestamp>,
    pub event: String,
    /// The error code of a failure.
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default)]
    pub host: Option<String>,
    #[serde(default)]
    pub process: Option<String>,
    #[serde(default)]
    pub thread: Option<String>,
    #[serde(default)]
    pub address: Option<String>,
    /// How long the request took; `time` is then its end.
    #[serde(default)]
    pub duration_ms: Option<u32>,
    pub excerpt: String,
}

/// Whom an incident hit, and for how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// Principals with a failure in it.
    pub principals: u64,
    /// New grants that it forced.
    pub forced_sign_ins: u64,
    /// From the first failure to the healing event, in milliseconds; `None` while unresolved.
    pub healed_after_ms: Option<i64>,
    /// API calls of the same principals that were answered 401 from the first failure until it healed.
    #[serde(default)]
    pub api_unauthorized: u64,
}

/// The chain of refresh tokens R0 → R1 → … around a finding, as far as the logs show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFamily {
    /// In the order of the chain; capped, the tokens of the finding itself are kept.
    pub tokens: Vec<FamilyToken>,
}

/// One refresh token of a family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyToken {
    /// Its digest, or the masked, hashed or id form that the log itself has. Never the value.
    pub token: String,
    /// When it was issued, where the log shows that.
    pub issued_at: Option<Timestamp>,
    /// Who presented it, in time order; capped.
    pub presented: Vec<Presentation>,
}

/// One use of a refresh token at the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presentation {
    /// When, by the log.
    pub time: Option<Timestamp>,
    /// What the server made of it.
    pub outcome: PresentationOutcome,
    /// The source of the record.
    pub path: String,
    /// The 1-based line of the record.
    pub line: u64,
}

/// What a server made of a presented token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresentationOutcome {
    /// It was exchanged.
    Accepted,
    /// It was refused, or the request failed.
    Refused,
}

/// One diagnosis with its evidence; the fields are those of `design.md` §5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of design.md §5")]
pub struct Finding {
    /// Stable: a digest of rule, provider, client, subject, start and the first evidence's place.
    pub id: String,
    pub rule: RuleName,
    pub class: FindingClass,
    pub severity: Severity,
    pub confidence: Confidence,
    pub confidence_reason: String,
    pub provider: Option<String>,
    pub client: Option<String>,
    pub subject: Option<String>,
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    /// From the first to the last event of the incident proper (the cluster, in a race), in ms.
    pub span_ms: i64,
    pub successes: u64,
    pub failures: u64,
    pub aftermath_failures: u64,
    /// Failures (aftermath included) by error code.
    pub errors: BTreeMap<String, u64>,
    pub outcome: Outcome,
    /// When the new grant was issued that ended it.
    #[serde(default)]
    pub reauthorized_at: Option<Timestamp>,
    /// How long the logs go on after its last failure without showing an end of it, in milliseconds.
    #[serde(default)]
    pub unresolved_for_ms: Option<i64>,
    pub topology: Topology,
    pub impact: Impact,
    pub title: String,
    pub explanation: String,
    pub remediation: Vec<String>,
    /// The tokens around it, where the logs tell which token was presented.
    #[serde(default)]
    pub family: Option<TokenFamily>,
    pub evidence: Vec<Evidence>,
}
