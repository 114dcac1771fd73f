//! Timelines to findings: which failures were races, which grants are gone, and why.
//!
//! Reads no file, no clock and no raw text: token events in, findings out. Causes partition the
//! failed refreshes; behaviours may refer to the same events.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{ClientSummary, EventSet, Finding, LeakStatus, RotationPolicy};

/// Rotation policies by provider id.
pub type Policies = BTreeMap<String, RotationPolicy>;

/// What the user can set about a diagnosis.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Competing attempts lie within this time of a success (`--window`).
    pub window: Duration,
    /// At most so many pieces of evidence a finding (`--evidence`); the counts are not capped.
    pub evidence: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { window: Duration::from_millis(200), evidence: 12 }
    }
}

/// Everything that the timelines say.
#[derive(Clone, Debug, Default)]
pub struct Diagnosis {
    /// Ordered by severity, then start, then id.
    pub findings: Vec<Finding>,
    /// One row per (provider, client), ordered by failures (most first), then name.
    pub clients: Vec<ClientSummary>,
    /// How many principals have a timeline.
    pub principals: u64,
    /// What became of each token digest that the timelines know (`live`, `superseded`, `revoked`).
    pub token_lives: BTreeMap<String, LeakStatus>,
}

/// Diagnoses all timelines of a set of events (in any order).
pub fn diagnose(_events: &EventSet, _policies: &Policies, _settings: &Settings) -> Diagnosis {
    Diagnosis::default()
}
