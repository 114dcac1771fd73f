//! `insecure-endpoint`: refresh tokens go over plain HTTP.

use std::collections::BTreeMap;

use crate::model::{Confidence, EventKind};

use super::classes::ClientOf;
use super::draft::{Draft, Verdict};
use super::line::Line;
use super::names::INSECURE;

/// One finding for each client.
pub(super) fn judge(lines: &[Line<'_>], client_of: ClientOf<'_>) -> Vec<Draft> {
    let mut clients: BTreeMap<usize, Draft> = BTreeMap::new();
    let told = |line: &&Line<'_>| line.scene.timelines.told.insecure;
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| told(line)) {
        for &id in line.members() {
            let event = line.scene.event(id);
            if !event.insecure {
                continue;
            }
            let draft = clients.entry(client_of(number).1).or_insert_with(|| {
                let reason = "The log shows the token endpoint's address, and it begins with http://.";
                let mut draft = Draft::behaviour(Verdict::new(INSECURE, Confidence::Proven, reason), number);
                draft.clusters = 0;
                draft
            });
            draft.clusters += 1;
            match event.kind {
                EventKind::RefreshSucceeded => draft.winners.push(id),
                EventKind::RefreshFailed => draft.failures.push(id),
                _ => draft.context.push(id),
            }
            if draft.lines.last() != Some(&number) {
                draft.lines.push(number);
            }
        }
    }
    let mut drafts: Vec<Draft> = clients.into_values().collect();
    for draft in &mut drafts {
        draft.lines.dedup();
        for ids in [&mut draft.winners, &mut draft.failures, &mut draft.context] {
            ids.sort_unstable();
        }
    }
    drafts
}
