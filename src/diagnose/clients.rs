//! What only a whole client shows: patterns over its subjects, and its row in the report.

use std::collections::BTreeMap;

use hashbrown::HashSet;

use crate::model::{ClientSummary, EventKind, Outcome, Severity, Symbol};
use crate::rules::Catalogue;

use super::classes::ClientOf;
use super::draft::{Draft, Unsaved};
use super::line::Line;
use super::names::{PERMANENT, REUSE, STALE, UNEXPLAINED};
use super::rotation_not_persisted::{fold, repeated, repeats};
use super::{onset, recurrence, replay};

/// Turns single cycles that failed for good into `rotation-not-persisted` where they repeat, and
/// makes one finding of a principal's.
pub(super) fn unsaved(lines: &[Line<'_>], drafts: &mut Vec<Draft>, client_of: ClientOf<'_>) {
    let open = |draft: &Draft, unsure: bool| {
        [PERMANENT, REUSE, UNEXPLAINED].contains(&draft.verdict.rule) || (unsure && draft.verdict.rule == STALE)
    };
    let mut by_client: BTreeMap<usize, Vec<(usize, Unsaved)>> = BTreeMap::new();
    let mut by_line: BTreeMap<usize, Vec<(usize, Unsaved)>> = BTreeMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        let Some(cycle) = draft.unsaved.filter(|cycle| open(draft, cycle.unsure)) else { continue };
        by_line.entry(draft.lines[0]).or_default().push((at, cycle));
        if !cycle.unsure {
            by_client.entry(client_of(draft.lines[0]).1).or_default().push((at, cycle));
        }
    }
    let mut found: BTreeMap<usize, bool> = BTreeMap::new();
    for cycles in by_line.values().filter(|cycles| repeats(cycles)) {
        found.extend(cycles.iter().map(|(at, _)| (*at, true)));
    }
    for cycles in by_client.values().filter(|cycles| repeats(cycles)) {
        for (at, _) in cycles {
            found.entry(*at).or_insert(false);
        }
    }
    let mut firsts: BTreeMap<usize, usize> = BTreeMap::new();
    let mut gone: Vec<usize> = Vec::new();
    for (&at, &same_line) in &found {
        drafts[at].verdict = repeated(&lines[drafts[at].lines[0]], same_line);
        drafts[at].notes.clear();
        if drafts[at].unsaved.is_some_and(|cycle| cycle.unsure) {
            // As in the other cycles, what works afterwards is a new grant.
            (drafts[at].outcome, drafts[at].sign_ins) = (Outcome::Reauthorized, 1);
        }
        let first = *firsts.entry(drafts[at].lines[0]).or_insert(at);
        if first != at {
            let other = drafts[at].clone();
            fold(&mut drafts[first], other);
            gone.push(at);
        }
    }
    let mut at = 0;
    drafts.retain(|_| {
        at += 1;
        gone.binary_search(&(at - 1)).is_err()
    });
}

/// One finding for all unexplained failures of a timeline: they say no more apart.
pub(super) fn fold_unexplained(drafts: &mut Vec<Draft>) {
    let mut firsts: BTreeMap<usize, usize> = BTreeMap::new();
    let mut kept: Vec<Draft> = Vec::with_capacity(drafts.len());
    for draft in drafts.drain(..) {
        if draft.verdict.rule == UNEXPLAINED {
            let first = *firsts.entry(draft.lines[0]).or_insert(kept.len());
            if first < kept.len() {
                fold(&mut kept[first], draft);
                continue;
            }
        }
        kept.push(draft);
    }
    *drafts = kept;
}

/// The rows of the clients, those with most failures first.
pub(super) fn summaries(
    lines: &[Line<'_>],
    drafts: &[Draft],
    catalogue: &Catalogue,
    client_of: ClientOf<'_>,
) -> Vec<ClientSummary> {
    // Clients are numbered as they appear.
    let count = (0..lines.len()).map(|number| client_of(number).1 + 1).max().unwrap_or(0);
    let mut rows: Vec<Option<ClientSummary>> = vec![None; count];
    let mut subjects: Vec<HashSet<Symbol>> = vec![HashSet::new(); count];
    let mut members: Vec<Vec<&Line<'_>>> = vec![Vec::new(); count];
    for (number, line) in lines.iter().enumerate() {
        let symbols = &line.scene.set.symbols;
        let client = client_of(number).1;
        members[client].push(line);
        let mut events = line.members().iter().map(|&id| line.scene.kind(id));
        if line.principal().client.is_none() && events.all(|kind| kind == EventKind::EndpointSeen) {
            continue;
        }
        let row = rows[client].get_or_insert_with(|| ClientSummary {
            provider: symbols.text(line.principal().provider).map(str::to_owned),
            client: symbols.text(line.principal().client).map(str::to_owned),
            subjects: 0,
            refresh_ok: 0,
            refresh_failed: 0,
            causes: BTreeMap::new(),
            verdict: "healthy".into(),
            would_have_helped: Vec::new(),
            recurrence: None,
            onset: None,
        });
        subjects[client].extend(line.principal().subject);
        for &id in line.members() {
            match line.scene.kind(id) {
                EventKind::RefreshSucceeded => row.refresh_ok += 1,
                EventKind::RefreshFailed => row.refresh_failed += 1,
                _ => {}
            }
        }
    }
    let mut by_client: BTreeMap<usize, Vec<&Draft>> = BTreeMap::new();
    for draft in drafts {
        by_client.entry(client_of(draft.lines[0]).1).or_default().push(draft);
    }
    for (client, drafts) in by_client {
        let Some(row) = &mut rows[client] else { continue };
        for draft in &drafts {
            *row.causes.entry(draft.verdict.rule.to_owned()).or_default() += draft.owned();
        }
        row.would_have_helped = replay::fixes(lines, drafts.iter().copied());
        row.recurrence = recurrence::recurrence(lines, drafts.iter().copied());
        row.onset = onset::onset(&members[client], drafts.iter().copied());
    }
    let severity = |rule: &str| catalogue.get(rule).map_or(Severity::Info, |rule| rule.severity);
    for (row, subjects) in rows.iter_mut().zip(subjects) {
        let Some(row) = row else { continue };
        row.subjects = subjects.len() as u64;
        let worst = row.causes.iter().min_by_key(|(rule, count)| (std::cmp::Reverse(**count), severity(rule), *rule));
        if let Some((rule, _)) = worst {
            row.verdict.clone_from(rule);
        }
    }
    let mut rows: Vec<ClientSummary> = rows.into_iter().flatten().collect();
    rows.sort_by(|a, b| {
        b.refresh_failed
            .cmp(&a.refresh_failed)
            .then_with(|| a.client.cmp(&b.client))
            .then_with(|| a.provider.cmp(&b.provider))
    });
    rows
}
