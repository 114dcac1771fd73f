//! The whole run: discover, read, extract, diagnose, triage. The only module that knows all stages.

mod check;

use std::path::PathBuf;
use std::time::Duration;

use crate::model::{Confidence, EventSet, Report, Timestamp, Zone};

/// What to scan and how; validated (the command line's syntax stays in `cli`).
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// Files, directories, globs, `-`.
    pub paths: Vec<PathBuf>,
    /// Worker threads; 0 is one per core.
    pub threads: usize,
    /// Bytes per segment; 0 is the default. Never changes the report.
    pub segment_bytes: usize,
    /// Zone of times that carry none.
    pub zone: Zone,
    /// Only events at or after this time.
    pub since: Option<Timestamp>,
    /// Only events before this time.
    pub until: Option<Timestamp>,
    /// Only events of these clients; empty is all.
    pub clients: Vec<String>,
    /// Only findings and leaks of these rules; empty is all.
    pub rules: Vec<String>,
    /// Only findings and leaks of at least this confidence.
    pub min_confidence: Confidence,
    /// Width of the race window.
    pub window: Duration,
    /// Evidence shown per finding.
    pub evidence: usize,
    /// Rule files and folders that extend or replace the built-in ones.
    pub rule_paths: Vec<PathBuf>,
    /// Whether token events are diagnosed (`scan`) or leaks alone are wanted (`leaks`).
    pub diagnose: bool,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            threads: 0,
            segment_bytes: 0,
            zone: Zone::UTC,
            since: None,
            until: None,
            clients: Vec::new(),
            rules: Vec::new(),
            min_confidence: Confidence::Possible,
            window: Duration::from_millis(200),
            evidence: 12,
            rule_paths: Vec::new(),
            diagnose: true,
        }
    }
}

/// What a run found.
#[derive(Debug)]
pub struct ScanOutcome {
    /// The report, ready to render.
    pub report: Report,
    /// The token events, sorted.
    pub events: EventSet,
    /// Whether everything that was named could be read whole; otherwise the exit code is 2.
    pub complete: bool,
}

/// Watches a run: called from many threads.
pub trait Progress: Sync {
    /// The bytes on disk that will be read, where they are known.
    fn expect(&self, bytes: u64);
    /// So many bytes on disk were read.
    fn advance(&self, bytes: u64);
}

/// A run that nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn expect(&self, _bytes: u64) {}
    fn advance(&self, _bytes: u64) {}
}

/// A run that could not start at all; trouble with one input is a notice instead.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Rule files with mistakes.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Rules(Vec<crate::rules::RuleError>),
    /// The worker threads could not be started.
    #[error("the worker threads could not be started: {0}; try --threads 1")]
    Threads(String),
}

/// Scans and diagnoses.
pub fn scan(options: &ScanOptions, _progress: &dyn Progress) -> Result<ScanOutcome, ScanError> {
    let _ = options;
    Err(ScanError::Threads("not built".into()))
}
