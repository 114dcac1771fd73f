//! How attempts lie in time: enough to draw, and small however large the logs are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// How often something happened, by the number of a bucket or bin; what is not named is zero.
pub type Counts = BTreeMap<u32, u64>;

/// Attempts by bucket of time, and gaps between competing attempts, for each client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Where the first bucket begins; `None` where no attempt has a time.
    pub start: Option<Timestamp>,
    /// Width of a bucket.
    pub bucket_ms: u64,
    /// How many buckets there are, empty ones included.
    pub buckets: u32,
    /// Upper edges of the bins of gaps, inclusive, in milliseconds; one more bin is open above.
    pub gap_edges_ms: Vec<u64>,
    /// The clients in the order of [`super::Report::clients`]; those past the first few dozen are one lane.
    pub lanes: Vec<Lane>,
}

/// The attempts of one client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// As in the client's row.
    pub provider: Option<String>,
    /// As in the client's row; `None` in the lane that sums up the rest, too.
    pub client: Option<String>,
    /// How many clients the lane stands for.
    pub clients: u64,
    /// Good refreshes by bucket.
    pub ok: Counts,
    /// Failed refreshes by cause, then by bucket.
    pub failed: BTreeMap<String, Counts>,
    /// Failures by the distance to the nearest good refresh of the same grant.
    pub gaps: Gaps,
}

/// Distances from failed refreshes, such as could have lost a race, to the nearest good one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gaps {
    /// Of the losers of a race, by bin.
    pub racing: Counts,
    /// Of failures with another cause, by bin.
    pub other: Counts,
    /// Failures whose distance means nothing: whole seconds, or nobody is named.
    pub unmeasured: u64,
}
