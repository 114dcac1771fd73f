//! The gate: which leaks count, after kinds, allow rules and the baseline had their say.

use chrono::NaiveDate;

use super::allow::{Allow, allow, over};
use super::baseline::Baseline;
use crate::model::{Leak, LeakKind, LeakSighting, Notice, Trouble};

/// Codes of notices on inputs of which something was not read.
const NOT_WHOLE: [&str; 3] = ["trailing-bytes", "changed-while-read", "packed-log-skipped"];

/// What the leaks of a run are held against; nothing by default.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// Only these kinds; empty is all.
    pub kinds: Vec<LeakKind>,
    /// What may stay readable.
    pub allow: Vec<Allow>,
    /// The day on which allow rules are looked at.
    pub today: NaiveDate,
    /// What is known already.
    pub baseline: Option<Baseline>,
    /// What a triage may pass over, a gate may not: bytes behind a compressed stream, a file that shrank meanwhile,
    /// an archive of a kind that is not read.
    pub strict: bool,
}

impl Gate {
    /// Takes away the places that are allowed or of no wanted kind; `paths` are the names of the sources.
    pub fn admit(&self, sightings: &mut Vec<LeakSighting>, paths: &[String]) -> Vec<Notice> {
        if !self.kinds.is_empty() {
            sightings.retain(|sighting| self.kinds.contains(&sighting.kind));
        }
        allow(&self.allow, self.today, sightings, paths)
    }

    /// Why a leak at one place does not count, if it does not.
    pub fn passes(&self, sighting: &LeakSighting, path: &str) -> Option<String> {
        if !self.kinds.is_empty() && !self.kinds.contains(&sighting.kind) {
            return Some(format!("--only leaves out the kind {}", sighting.kind.name()));
        }
        let rule = self.allow.iter().find(|rule| rule.allows(sighting, path, self.today))?;
        Some(format!("allowed by {}", rule.says()))
    }

    /// Says which allow rules are over.
    pub fn over(&self) -> Vec<Notice> {
        over(&self.allow, self.today)
    }

    /// Makes trouble of what was not read whole, and counts the binary files that were skipped.
    pub fn weigh(&self, notices: &mut Vec<Notice>) {
        if !self.strict {
            return;
        }
        for notice in notices.iter_mut().filter(|notice| NOT_WHOLE.contains(&notice.code.as_str())) {
            notice.trouble = Trouble::Incomplete;
        }
        let binaries = notices.iter().filter(|notice| notice.code == "binary-skipped");
        let binary = binaries.map(|notice| notice.count).sum::<u64>();
        if binary > 1 {
            let message = format!("{binary} files are no text logs and were skipped; notices name them");
            notices.push(Notice { count: binary, ..Notice::new("binaries-skipped", None, message, Trouble::Note) });
        }
    }

    /// Takes away the leaks that the baseline knows, and gives them.
    pub fn known(&self, leaks: &mut Vec<Leak>) -> (Vec<Leak>, Vec<Notice>) {
        self.baseline.as_ref().map_or_else(Default::default, |baseline| baseline.cover(leaks))
    }
}

/// A mistake in a file that the gate is given, where editors find it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}: {message}")]
pub struct GateError {
    /// The file, as it was named.
    pub path: String,
    /// 1-based.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}
