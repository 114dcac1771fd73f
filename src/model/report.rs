//! The report: everything that a run found, ready to render; the fields are those of `design.md` §5.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Activity, Finding, Leak, RunInfo, Timestamp};

/// Version of the report's JSON form.
pub const SCHEMA_VERSION: u32 = 1;

/// Which program made the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ToolInfo {
    pub name: String,
    pub version: String,
}

/// The counts over all inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of design.md §5")]
pub struct Summary {
    pub inputs: u64,
    pub bytes: u64,
    pub lines: u64,
    pub token_events: u64,
    pub refresh_ok: u64,
    pub refresh_failed: u64,
    pub clients: u64,
    pub principals: u64,
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    pub findings: BTreeMap<String, u64>,
    pub leaks: BTreeMap<String, u64>,
    pub untimed_events: u64,
}

/// One input: a file, an inner file of an archive, or stdin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of design.md §5")]
pub struct InputSummary {
    pub path: String,
    /// The format most token events and leaks of the source came in: `json`, `logfmt`, `text`,
    /// `docker+json`, …; `None` where no line was looked at.
    pub format: Option<String>,
    /// `gzip`, `zstd`, `bzip2`, `xz`, or `None`.
    pub compression: Option<String>,
    /// Bytes on disk; `None` for a stream.
    #[serde(default)]
    pub size: Option<u64>,
    /// SHA-256 of the bytes on disk, in hexadecimal, where it was asked for and the file did not change meanwhile.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Bytes of text (after decompression and transcoding).
    pub bytes: u64,
    pub lines: u64,
    pub token_events: u64,
    pub notices: Vec<String>,
}

/// What a client's failures come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of design.md §5")]
pub struct ClientSummary {
    pub provider: Option<String>,
    pub client: Option<String>,
    pub subjects: u64,
    pub refresh_ok: u64,
    pub refresh_failed: u64,
    pub causes: BTreeMap<String, u64>,
    /// The cause with most failures, or `healthy`.
    pub verdict: String,
    /// How many of its failures each fix would have prevented, by a replay of its timelines: the fix that
    /// prevents most first; fixes that prevent none are left out. Fixes overlap, so the numbers do not add up.
    #[serde(default)]
    pub would_have_helped: Vec<FixGain>,
    /// The period of its incidents, where they have one.
    #[serde(default)]
    pub recurrence: Option<Recurrence>,
    /// Since when its incidents come more often, where the logs show that.
    #[serde(default)]
    pub onset: Option<Onset>,
}

/// A moment from which on incidents come more often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onset {
    /// The first incident of the busier time.
    pub since: Timestamp,
    /// From the first refresh in the logs to that moment.
    pub before: Rate,
    /// From that moment to the last refresh.
    pub after: Rate,
}

/// How often incidents happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Findings of a cause that began in the time.
    pub incidents: u64,
    /// Good refreshes and incidents: the chances of one.
    pub refreshes: u64,
    /// How long the time is, in milliseconds.
    pub span_ms: i64,
}

/// What one fix would have done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixGain {
    /// `in-process-single-flight`, `cross-process-lock`, `distributed-lock`, `re-read-before-fail`,
    /// `rotation-merge`, `proactive-refresh` or `provider-grace`.
    pub fix: String,
    /// Failed refreshes that the replay with it does not have.
    pub failures_prevented: u64,
}

/// Incidents that come back at even intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recurrence {
    /// Seconds from one incident of a principal to the next, or between two chances of one.
    pub period_s: u64,
    /// How many incidents keep to it.
    pub incidents: u64,
    /// The access token's lifetime that the client is told, in seconds, where the logs have it.
    pub expires_in: Option<u32>,
}

/// Whether a notice makes the exit code 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trouble {
    /// Worth saying; the input was read as it should be.
    #[default]
    Note,
    /// Something could not be read (whole): the exit code is 2.
    Incomplete,
}

/// Something about an input, or about the run, that the reader must know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Notice {
    /// Stable code: `not-found`, `unreadable`, `binary-skipped`, `line-too-long`, …
    pub code: String,
    /// The input, or `None` for the run as a whole.
    pub path: Option<String>,
    /// One sentence that says what to do next.
    pub message: String,
    /// How often it happened.
    pub count: u64,
    /// Whether it makes the exit code 2.
    #[serde(default)]
    pub trouble: Trouble,
}

impl Notice {
    /// A notice of one occurrence.
    pub fn new(code: &str, path: Option<&str>, message: impl Into<String>, trouble: Trouble) -> Self {
        Self { code: code.into(), path: path.map(Into::into), message: message.into(), count: 1, trouble }
    }
}

/// What is said of a rule beside its findings and leaks, for formats that carry the rules along (SARIF).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleText {
    /// Its name everywhere.
    pub id: String,
    /// One line, without a full stop.
    pub title: String,
    /// Why it matters and what to do, a paragraph each.
    pub help: Vec<String>,
    /// Where to read on: URLs, and names of documents.
    pub references: Vec<String>,
}

/// Everything that a run found. No field holds a raw token value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of design.md §5")]
pub struct Report {
    pub schema_version: u32,
    pub tool: ToolInfo,
    /// `None` in reports of versions that did not say.
    #[serde(default)]
    pub run: Option<RunInfo>,
    pub summary: Summary,
    pub inputs: Vec<InputSummary>,
    pub clients: Vec<ClientSummary>,
    pub findings: Vec<Finding>,
    pub leaks: Vec<Leak>,
    pub notices: Vec<Notice>,
    #[serde(default)]
    pub activity: Activity,
    /// The rules that findings and leaks name; not a part of the JSON form.
    #[serde(skip)]
    pub rules: Vec<RuleText>,
}
