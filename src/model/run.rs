//! How a report was made: what must be the same to get it again.

use serde::{Deserialize, Serialize};

use super::{Confidence, Timestamp};

/// Which part of a report was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// Everything (`scan`).
    Triage,
    /// What leaked, without a word about refreshes (`leaks`).
    Leaks,
}

/// The settings of a run that can change what it finds; threads and the order of files cannot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// What the run was for; `None` in reports of versions that did not say.
    #[serde(default)]
    pub section: Option<Section>,
    /// Width of the race window (`--window`), in whole milliseconds.
    pub window_ms: u64,
    /// Zone of times that carry none (`--tz`).
    pub tz: String,
    /// Only events at or after this time.
    pub since: Option<Timestamp>,
    /// Only events before this time.
    pub until: Option<Timestamp>,
    /// Only these clients; empty is all.
    pub clients: Vec<String>,
    /// Only these rules; empty is all.
    pub rules: Vec<String>,
    /// Only findings and leaks of at least this confidence.
    pub min_confidence: Confidence,
    /// Evidence kept per finding.
    pub evidence: u64,
    /// Rule files and folders beside the built-in ones, as given.
    pub rule_paths: Vec<String>,
    /// Rule files, the built-in ones included.
    pub rule_files: u64,
    /// The version of all rules together: the first 12 hexadecimal digits of a SHA-256 over them.
    pub rules_digest: String,
}
