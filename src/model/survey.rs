//! What was recognised in each source, and what was not: the answer of `tokscan formats`.

use std::collections::BTreeMap;

use serde::Serialize;

/// All sources of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Survey {
    /// The sources, by path.
    pub sources: Vec<SourceSurvey>,
}

/// One source.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SourceSurvey {
    /// As given on the command line, masked.
    pub path: String,
    /// Lines, a last one without line end included.
    pub lines: u64,
    /// Records that the lines make.
    pub records: u64,
    /// Records that are token events.
    pub token_events: u64,
    /// Records by format: `docker+json`.
    pub formats: BTreeMap<String, u64>,
    /// Token events by provider.
    pub providers: BTreeMap<String, u64>,
    /// Token events by the rule that recognised them.
    pub rules: BTreeMap<String, u64>,
    /// Token events by role and by the key that the role was read from: `client` → `client_id` → 12.
    pub fields: BTreeMap<String, BTreeMap<String, u64>>,
    /// Records that look like token events and matched no rule.
    pub unmatched: u64,
    /// The first of them.
    pub examples: Vec<Unmatched>,
}

/// A record that looks like a token event and is none by any rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unmatched {
    /// 1-based line on which it begins.
    pub line: u64,
    /// What makes it look like one.
    pub reason: String,
    /// Its text, masked and shortened.
    pub excerpt: String,
    /// What a rule file would say to read it, masked.
    pub suggestion: String,
}
