//! The kinds of corpora, and what stands in one.

use serde::{Deserialize, Serialize};

use super::line::Style;

/// What a corpus is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// JSON lines of ordinary traffic, 5 % token events.
    Traffic,
    /// JSON lines, 1 % token events, one leaked value in 10 000 lines.
    Rare,
    /// JSON lines, nothing but token events: no prefilter can help.
    Dense,
    /// As `Traffic`, in logfmt.
    Logfmt,
    /// As `Traffic`, with lines of 20 to 200 kB between the others: most bytes stand in them.
    Long,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub(crate) const ALL: [Self; 5] = [Self::Traffic, Self::Rare, Self::Dense, Self::Logfmt, Self::Long];

    /// The name on the command line and in file names.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Traffic => "traffic",
            Self::Rare => "rare",
            Self::Dense => "dense",
            Self::Logfmt => "logfmt",
            Self::Long => "long",
        }
    }

    pub(super) fn style(self) -> Style {
        if self == Self::Logfmt { Style::Logfmt } else { Style::Json }
    }

    /// Token events in a thousand lines.
    pub(super) fn token_share(self) -> u64 {
        match self {
            Self::Traffic | Self::Logfmt | Self::Long => 50,
            Self::Rare => 10,
            Self::Dense => 1000,
        }
    }
}

/// What stands in a corpus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Truth {
    /// Bytes written: the size asked for and the events that were still due.
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    /// Refreshes, good and failed.
    pub(crate) token_events: u64,
    /// Clusters of one success and at least two `invalid_grant` of one client and subject inside
    /// 200 ms; the subject refreshes well afterwards.
    pub(crate) races: u64,
    /// Failed refreshes, those of races included.
    pub(crate) failures: u64,
    /// Distinct leaked values, each written once.
    pub(crate) leaks: u64,
}
