//! What would have helped: which fix would have prevented how many failures.

use super::shown::{self, clip};
use crate::model::ClientSummary;

/// What one fix would have done for one client.
pub(super) struct Gain {
    pub(super) client: String,
    /// The fix in words; of a report of another version, its name.
    pub(super) words: String,
    pub(super) prevented: u64,
    pub(super) failed: u64,
}

impl Gain {
    /// Of the failures, in percent.
    pub(super) fn share(&self) -> u64 {
        (self.prevented.min(self.failed) * 100).checked_div(self.failed).unwrap_or(0)
    }
}

/// What prevents most first.
pub(super) fn helped(clients: &[ClientSummary]) -> Vec<Gain> {
    let mut gains: Vec<Gain> = clients.iter().flat_map(of_client).collect();
    gains.sort_by(|a, b| {
        b.prevented.cmp(&a.prevented).then_with(|| a.client.cmp(&b.client)).then_with(|| a.words.cmp(&b.words))
    });
    gains
}

fn of_client(client: &ClientSummary) -> impl Iterator<Item = Gain> + '_ {
    client.would_have_helped.iter().map(|gain| Gain {
        client: shown::client(client.client.as_deref()),
        words: words(&gain.fix),
        prevented: gain.failures_prevented,
        failed: client.refresh_failed,
    })
}

fn words(fix: &str) -> String {
    match fix {
        "in-process-single-flight" => "Single flight inside each process".into(),
        "cross-process-lock" => "A lock that the processes of a host share".into(),
        "distributed-lock" => "A lock that all hosts share".into(),
        "re-read-before-fail" => "Reading the store again before giving up".into(),
        "rotation-merge" => "Storing every rotated refresh token".into(),
        "proactive-refresh" => "Refreshing before the access token expires".into(),
        "provider-grace" => "A reuse interval (grace) at the provider".into(),
        other => {
            clip(other, 60).chars().map(|character| if character.is_alphanumeric() { character } else { ' ' }).collect()
        }
    }
}
