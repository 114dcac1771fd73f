//! Causes that the error alone decides: the client, the server or the request is wrong, not the
//! grant. Also the failures without a time, of which nothing but their error can be said.

use std::collections::BTreeMap;

use crate::model::{CauseClass, Confidence, EventKind, Outcome};

use super::draft::{Draft, Verdict};
use super::line::Line;
use super::names::{
    CORRUPT, DROPPED, EXPIRED, INTERACTION, MALFORMED, MISCONFIGURED, OUTAGE, PERMANENT, RACE, REUSE, SKEW, UNEXPLAINED,
};
use super::{corrupt_token_store, dropped_refresh_token, unexplained_failure};

/// Failures whose error decides, one finding per principal and cause; what a whole client or
/// provider shares is left to [`misconfigured`] and [`outages`].
pub(super) fn of_line(line: &Line<'_>) -> Vec<Draft> {
    let mut by_rule: BTreeMap<(bool, &'static str), Vec<u32>> = BTreeMap::new();
    let timed = line.ids.iter().map(|&id| (true, id));
    for (has_time, id) in timed.chain(line.untimed().iter().map(|&id| (false, id))) {
        if line.scene.kind(id) == EventKind::RefreshFailed
            && let Some(rule) = rule(line, id, has_time)
        {
            by_rule.entry((has_time, rule)).or_default().push(id);
        }
    }
    by_rule
        .into_iter()
        .map(|((has_time, rule), failures)| {
            let context = match rule {
                DROPPED => dropped_refresh_token::last_good(line, failures[0]),
                CORRUPT => corrupt_token_store::before(line, failures[0]),
                _ => None,
            };
            let mut draft = Draft::cause(verdict(line, rule, failures[0], has_time), line.number, failures);
            draft.context.extend(context);
            if has_time {
                heal(line, &mut draft);
            }
            draft
        })
        .collect()
}

/// The cause of a failure whose error decides, where it is this principal's alone.
fn rule(line: &Line<'_>, id: u32, has_time: bool) -> Option<&'static str> {
    Some(match line.scene.event(id).class {
        CauseClass::MissingToken => return dropped_refresh_token::cause(line, id),
        CauseClass::Malformed if corrupt_token_store::before(line, id).is_some() => CORRUPT,
        CauseClass::Malformed => MALFORMED,
        CauseClass::InteractionRequired => INTERACTION,
        CauseClass::ClockSkew => SKEW,
        CauseClass::Misconfigured | CauseClass::Transient => return None,
        _ if has_time => return None,
        CauseClass::Reuse => REUSE,
        CauseClass::Revoked => PERMANENT,
        CauseClass::Expired => EXPIRED,
        CauseClass::Concurrent => RACE,
        CauseClass::Ambiguous => UNEXPLAINED,
    })
}

fn verdict(line: &Line<'_>, rule: &'static str, first: u32, has_time: bool) -> Verdict {
    match rule {
        DROPPED => dropped_refresh_token::verdict(line, first),
        CORRUPT => corrupt_token_store::told(line, first).unwrap_or_else(unexplained_failure::untimed),
        UNEXPLAINED => unexplained_failure::untimed(),
        REUSE => Verdict::new(
            rule,
            Confidence::Possible,
            "The server says that the token had been used; the record has no time, so a race cannot be excluded.",
        ),
        _ if has_time => Verdict::new(rule, Confidence::Proven, "The server's own error says so."),
        _ => Verdict::new(rule, Confidence::Likely, "The server's own error says so; the record has no time."),
    }
}

/// What ended the failures of a draft: the next good refresh or grant of the timeline.
fn heal(line: &Line<'_>, draft: &mut Draft) {
    let Some(&last) = draft.failures.last() else { return };
    let after = line.ids.partition_point(|&id| id <= last);
    let next = (after..line.ids.len()).find_map(|position| match line.event(position).kind {
        EventKind::RefreshSucceeded => Some((position, Outcome::SelfResolved)),
        EventKind::GrantIssued => Some((position, Outcome::Reauthorized)),
        _ => None,
    });
    if let Some((position, outcome)) = next {
        draft.heal = Some(line.ids[position]);
        draft.outcome = outcome;
        draft.sign_ins = u64::from(outcome == Outcome::Reauthorized && draft.verdict.rule != SKEW);
    }
}

/// The failures of a timeline, those without a time last.
fn failed<'l>(line: &'l Line<'_>) -> impl Iterator<Item = u32> + 'l {
    let ids = line.members().iter().copied();
    ids.filter(|id| line.scene.kind(*id) == EventKind::RefreshFailed)
}

/// Numbers that stand for a provider, or for a client of one, in order of first appearance.
pub(super) type ClientOf<'a> = &'a dyn Fn(usize) -> (usize, usize);

/// `client-misconfigured`: one finding for each client and error code.
pub(super) fn misconfigured(lines: &[Line<'_>], client_of: ClientOf<'_>) -> Vec<Draft> {
    let mut groups: BTreeMap<(usize, String), Draft> = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        for id in failed(line) {
            let event = line.scene.event(id);
            let about_request = match event.class {
                CauseClass::Misconfigured => true,
                CauseClass::MissingToken => dropped_refresh_token::cause(line, id).is_none(),
                _ => false,
            };
            if about_request {
                let code = line.scene.text(event.error.or(event.sub_code)).to_owned();
                let group = groups.entry((client_of(number).1, code)).or_insert_with(|| {
                    let reason = "The server refuses the client or the request, whatever the grant.";
                    Draft::cause(Verdict::new(MISCONFIGURED, Confidence::Proven, reason), number, Vec::new())
                });
                add(group, number, id);
            }
        }
    }
    let mut drafts: Vec<Draft> = groups.into_values().collect();
    for draft in &mut drafts {
        settle(lines, draft);
    }
    drafts
}

/// `provider-outage`: failures of one provider close in time are one episode; a finding for each
/// client in it. Without a known provider each client stands alone.
pub(super) fn outages(lines: &[Line<'_>], client_of: ClientOf<'_>) -> Vec<Draft> {
    let mut by_provider: BTreeMap<(usize, bool), Vec<(u32, usize)>> = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        let (provider, client) = client_of(number);
        let key = if line.principal().provider.is_some() { (provider, true) } else { (client, false) };
        for id in failed(line) {
            if line.scene.event(id).class == CauseClass::Transient {
                by_provider.entry(key).or_default().push((id, number));
            }
        }
    }
    let mut drafts = Vec::new();
    for mut failures in by_provider.into_values() {
        // Ids are in time order, those without a time last: they join the last episode.
        failures.sort_unstable();
        let scene = lines[failures[0].1].scene;
        let time = |id: u32| scene.event(id).time.map(|time| time.nanos);
        let mut from = 0;
        for at in 1..=failures.len() {
            let parts = at == failures.len()
                || matches!((time(failures[at - 1].0), time(failures[at].0)), (Some(a), Some(b)) if b - a > scene.limits.outage_gap);
            if parts {
                drafts.extend(episode(lines, &failures[from..at], client_of));
                from = at;
            }
        }
    }
    drafts
}

fn episode(lines: &[Line<'_>], failures: &[(u32, usize)], client_of: ClientOf<'_>) -> Vec<Draft> {
    let mut clients: BTreeMap<usize, Draft> = BTreeMap::new();
    for &(id, number) in failures {
        let draft = clients.entry(client_of(number).1).or_insert_with(|| {
            let reason = "The server answered that it could not answer, or not at all.";
            Draft::cause(Verdict::new(OUTAGE, Confidence::Proven, reason), number, Vec::new())
        });
        add(draft, number, id);
    }
    let hit = clients.len();
    clients
        .into_values()
        .map(|mut draft| {
            if hit > 1 {
                draft.notes.push(format!("{hit} clients of this provider were hit at the same time."));
            }
            settle(lines, &mut draft);
            draft
        })
        .collect()
}

fn add(draft: &mut Draft, number: usize, id: u32) {
    draft.failures.push(id);
    if draft.lines.last() != Some(&number) {
        draft.lines.push(number);
    }
}

/// A trouble that a whole client shares ends with the client's next good refresh.
fn settle(lines: &[Line<'_>], draft: &mut Draft) {
    draft.failures.sort_unstable();
    draft.lines.sort_unstable();
    draft.lines.dedup();
    let Some(&last) = draft.failures.last() else { return };
    let heals = draft.lines.iter().filter_map(|&number| {
        let line = &lines[number];
        let after = line.ids.partition_point(|&id| id <= last);
        line.ids[after..].iter().copied().find(|&id| line.scene.event(id).kind == EventKind::RefreshSucceeded)
    });
    draft.heal = heals.min();
    if draft.heal.is_some() {
        draft.outcome = Outcome::SelfResolved;
    }
}
