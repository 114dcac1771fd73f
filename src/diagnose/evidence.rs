//! Evidence: which events of a finding are told, and what of each.

use std::fmt::Write;

use hashbrown::HashSet;
use rayon::prelude::*;

use crate::model::{EventKind, EventSet, Evidence, Finding, Role, Symbol, TokenEvent};

use super::draft::Draft;
use super::names::{RACE, RACE_REVOKED};

/// The events that are told, in their order, and what each is to the finding.
pub(super) type Told = Vec<(u32, Role)>;

/// The most telling events of a draft, in time order; the counts are not capped.
pub(super) fn told(draft: &Draft, limit: usize) -> Told {
    let failed = match draft.verdict.rule {
        RACE | RACE_REVOKED => Role::Loser,
        _ => Role::Cause,
    };
    let lists: [(Role, &[u32]); 5] = [
        (Role::Winner, &draft.winners),
        (failed, &draft.failures),
        (Role::Heal, draft.heal.as_slice()),
        (Role::Context, &draft.context),
        (Role::Aftermath, &draft.aftermath),
    ];
    let mut told: Vec<(u32, Role)> = Vec::new();
    let mut seen = HashSet::new();
    let most = lists.iter().map(|(_, ids)| ids.len()).max().unwrap_or(0).min(limit);
    // First the first of each role, then the failures, then the rest in turn.
    let mut tell = |role: Role, id: u32| {
        if told.len() < limit && seen.insert(id) {
            told.push((id, role));
        }
    };
    for (role, ids) in &lists {
        ids.iter().take(1).for_each(|&id| tell(*role, id));
    }
    draft.failures.iter().take(limit.min(4)).for_each(|&id| tell(failed, id));
    for at in 1..most {
        for (role, ids) in &lists {
            ids.iter().skip(at).take(1).for_each(|&id| tell(*role, id));
        }
    }
    told.sort_unstable_by_key(|(id, _)| *id);
    told
}

/// Gives each finding its evidence, and says which event each piece is. Of the events only those are left that became
/// some: all of them are most of what a run holds, and what is told of a few is long.
pub(super) fn tell(
    set: &mut EventSet,
    events: Vec<TokenEvent>,
    findings: Vec<(Finding, Told)>,
) -> (Vec<Finding>, Vec<Vec<u32>>) {
    let mut ids: Vec<u32> = findings.iter().flat_map(|(_, told)| told.iter().map(|(id, _)| *id)).collect();
    ids.sort_unstable();
    ids.dedup();
    set.events = ids.iter().map(|&id| events[id as usize]).collect();
    drop(events);
    let set = &*set;
    let place = |id: u32| ids.partition_point(|known| *known < id);
    let with_evidence = findings.into_par_iter().map(|(finding, told)| {
        let evidence = told.iter().map(|&(id, role)| piece(set, &set.events[place(id)], role)).collect();
        (Finding { evidence, ..finding }, told.iter().map(|&(id, _)| place(id) as u32).collect())
    });
    with_evidence.unzip()
}

fn piece(set: &EventSet, event: &TokenEvent, role: Role) -> Evidence {
    let text = |symbol: Option<Symbol>| set.symbols.text(symbol).map(str::to_owned);
    Evidence {
        role,
        path: set.path(event).to_owned(),
        line: event.position.line(),
        byte_start: event.position.byte_start(),
        byte_end: event.position.byte_end(),
        time: event.time,
        event: event.kind.name().into(),
        error: text(event.error.or(event.sub_code)),
        host: text(event.host),
        process: text(event.process),
        thread: text(event.thread),
        address: text(event.address),
        duration_ms: event.duration_ms.get(),
        excerpt: excerpt(set, event),
    }
}

/// What the record said, until its text is put here.
fn excerpt(set: &EventSet, event: &TokenEvent) -> String {
    let mut text = match event.kind {
        EventKind::RefreshSucceeded => "refresh succeeded".to_owned(),
        EventKind::RefreshFailed => "refresh failed".to_owned(),
        other => other.name().replace('_', " "),
    };
    for (name, field) in [("error", event.error), ("code", event.sub_code), ("subject", event.subject)] {
        if let Some(field) = field {
            let _ = write!(text, " {name}={}", set.symbols.get(field));
        }
    }
    if let Some(status) = event.status {
        let _ = write!(text, " status={status}");
    }
    if let Some(description) = event.error_description {
        let _ = write!(text, ": {}", set.symbols.get(description));
    }
    text
}
