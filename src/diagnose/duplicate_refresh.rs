//! `duplicate-refresh`: several refreshes of one principal succeed at once. Single-flight is
//! missing, and only a grace period, or a server that does not rotate, hides it.

use crate::model::Confidence;

use super::draft::{Draft, Verdict};
use super::line::Line;
use super::names::DUPLICATE;
use super::window::Cluster;

/// One finding for all the clusters of a timeline.
pub(super) fn judge(line: &Line<'_>, forks: &[Cluster]) -> Option<Draft> {
    let mut verdict: Option<Verdict> = None;
    let mut counted: Vec<&Cluster> = Vec::new();
    for cluster in forks {
        if let Some(found) = one(line, cluster) {
            counted.push(cluster);
            if verdict.as_ref().is_none_or(|known| known.confidence < found.confidence) {
                verdict = Some(found);
            }
        }
    }
    let mut draft = Draft::behaviour(verdict?, line.number);
    draft.clusters = counted.len() as u64;
    draft.winners = counted.iter().flat_map(|cluster| line.ids_of(&cluster.successes)).collect();
    Some(draft)
}

/// What one cluster shows. A client that names nobody and refreshes many users in one go is no
/// duplicate: without a common id, two workers must be seen, and few successes around.
fn one(line: &Line<'_>, cluster: &Cluster) -> Option<Verdict> {
    let first = cluster.successes[0];
    let others = &cluster.successes[1..];
    if others.iter().all(|&other| line.same_worker(first, other)) {
        return None;
    }
    let reason = if others.iter().any(|&other| line.same_token(first, other)) {
        (Confidence::Proven, "The same refresh token was presented more than once, and each time it was accepted.")
    } else if !line.anonymous && cluster.successes.iter().any(|&success| line.is_coarse(success)) {
        (
            Confidence::Possible,
            "The times have whole seconds only, so the successes lie in the same or the next second.",
        )
    } else if !line.anonymous {
        (Confidence::Likely, "The successes name the same subject or grant, inside the window.")
    } else if several_workers(line, cluster) && cluster.successes.len() < 4 && !line.crowded(line.nanos(first), 2) {
        (Confidence::Possible, "Only the client is known, not the subject; several of its workers succeeded at once.")
    } else {
        return None;
    };
    Some(Verdict::new(DUPLICATE, reason.0, reason.1))
}

fn several_workers(line: &Line<'_>, cluster: &Cluster) -> bool {
    let worker = |position: usize| {
        let event = line.event(position);
        (event.host, event.process, event.thread)
    };
    cluster.successes.iter().any(|&position| worker(position) != worker(cluster.successes[0]))
}
