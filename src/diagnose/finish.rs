//! Drafts to findings: words, counts, ids, order.

use std::collections::BTreeMap;

use crate::model::{Finding, FindingClass, NamedBy, Outcome, Severity, Symbol, Timestamp, TokenDigest, Topology};
use crate::rules::Catalogue;

use super::draft::Draft;
use super::line::{Line, Scene};
use super::names::{DUPLICATE, RACE, RACE_REVOKED};
use super::{callers, chain, impact, words};

/// Makes a finding of a draft, its evidence aside.
pub(super) fn finding(lines: &[Line<'_>], catalogue: &Catalogue, draft: &Draft) -> Finding {
    let line = &lines[draft.lines[0]];
    let scene = line.scene;
    let rule = catalogue.get(draft.verdict.rule);
    let text = |symbol: Option<Symbol>| symbol.map(|symbol| scene.set.symbols.get(symbol).to_owned());
    // What no attempt shows is told by the records that do.
    let told = draft.winners.is_empty() && draft.failures.is_empty();
    let context = if told { draft.context.as_slice() } else { &[] };
    let proper = || draft.winners.iter().chain(&draft.failures).chain(context).copied();
    let (start, last) = bounds(scene, proper());
    let (_, end) = bounds(scene, proper().chain(draft.aftermath.iter().copied()));
    let span_ms = start.zip(last).map_or(0, |(start, last)| last.millis_since(start));
    let errors = errors(scene, draft);
    let racing = [RACE, RACE_REVOKED, DUPLICATE].contains(&draft.verdict.rule);
    let topology = if racing { topology(scene, proper()) } else { Topology::Unknown };
    let (impact, ending) = (impact::impact(lines, draft), impact::ending(scene, draft));
    let subject = if impact.principals == 1 { text(line.principal().subject) } else { None };
    let mut finding = Finding {
        id: String::new(),
        rule: draft.verdict.rule.into(),
        class: draft.class,
        severity: rule.map_or(Severity::Medium, |rule| rule.severity),
        confidence: draft.verdict.confidence,
        confidence_reason: reason(scene, draft),
        provider: text(line.principal().provider),
        client: text(line.principal().client),
        subject,
        start,
        end,
        span_ms,
        successes: draft.winners.len() as u64,
        failures: draft.failures.len() as u64,
        aftermath_failures: draft.aftermath.len() as u64,
        outcome: draft.outcome,
        reauthorized_at: ending.reauthorized_at,
        unresolved_for_ms: ending.unresolved_for_ms,
        topology,
        impact,
        title: String::new(),
        explanation: words::explanation(
            rule.map_or("", |rule| &rule.summary),
            draft,
            start.map(|_| span_ms),
            &errors,
            topology,
            impact.healed_after_ms,
        ),
        remediation: rule
            .map(|rule| rule.fix_first.of(topology).into_iter().chain(rule.fix.iter().map(String::as_str)))
            .map(|fixes| fixes.map(str::to_owned).collect())
            .unwrap_or_default(),
        family: chain::family(scene, draft),
        evidence: Vec::new(),
        errors,
    };
    finding.title =
        rule.map_or_else(|| finding.rule.clone(), |rule| rule.title_with(&|name| value(&finding, draft, name)));
    finding.id = id(scene, draft, &finding);
    finding
}

/// Why it is so sure; a name that another line or a logger gave is no name of the record's own.
fn reason(scene: &Scene<'_>, draft: &Draft) -> String {
    let by = |by: NamedBy| draft.winners.iter().chain(&draft.failures).any(|&id| scene.event(id).named_by == by);
    let mut reason = draft.verdict.reason.clone();
    if by(NamedBy::Request) {
        reason.push_str(" Whose the attempts are is told by other lines of the same requests.");
    }
    if by(NamedBy::Logger) {
        reason.push_str(" No record names anybody: the logger stands for the client.");
    }
    if let Some(told) = callers::told_by_files(scene, draft) {
        reason.push(' ');
        reason.push_str(&told);
    }
    reason
}

/// The total order of findings, whatever goes with them.
pub(super) fn sort<T>(findings: &mut [(Finding, T)]) {
    findings.sort_unstable_by(|(a, _), (b, _)| {
        let untimed = a.start.is_none().cmp(&b.start.is_none());
        a.severity.cmp(&b.severity).then(untimed).then(a.start.cmp(&b.start)).then_with(|| a.id.cmp(&b.id))
    });
}

fn value(finding: &Finding, draft: &Draft, name: &str) -> String {
    match name {
        "failures" => finding.failures.to_string(),
        "aftermath" => finding.aftermath_failures.to_string(),
        "all" => draft.owned().to_string(),
        "successes" => finding.successes.to_string(),
        "principals" => finding.impact.principals.to_string(),
        "sign_ins" => finding.impact.forced_sign_ins.to_string(),
        "clusters" => draft.clusters.to_string(),
        "attempts" => (finding.successes + finding.failures).to_string(),
        "rate" => {
            let minutes = finding.span_ms.max(1) as f64 / 60_000.0;
            format!("{:.0}", finding.failures as f64 / minutes)
        }
        "span" => words::duration_ms(finding.span_ms),
        "error" => {
            finding.errors.iter().max_by_key(|(_, count)| **count).map_or("no code".into(), |(code, _)| code.clone())
        }
        "subject" => finding.subject.clone().unwrap_or_else(|| "an unnamed user".into()),
        _ => finding.client.clone().unwrap_or_else(|| "an unnamed client".into()),
    }
}

fn bounds(scene: &Scene<'_>, ids: impl Iterator<Item = u32>) -> (Option<Timestamp>, Option<Timestamp>) {
    ids.filter_map(|id| scene.event(id).time).fold((None, None), |(first, last), time| {
        (
            Some(first.map_or(time, |first: Timestamp| first.min(time))),
            Some(last.map_or(time, |last: Timestamp| last.max(time))),
        )
    })
}

fn errors(scene: &Scene<'_>, draft: &Draft) -> BTreeMap<String, u64> {
    let mut errors: BTreeMap<&str, u64> = BTreeMap::new();
    for &id in draft.failures.iter().chain(&draft.aftermath) {
        let event = scene.event(id);
        let code = scene.set.symbols.text(event.error.or(event.sub_code)).unwrap_or("(none)");
        *errors.entry(code).or_default() += 1;
    }
    errors.into_iter().map(|(code, count)| (code.to_owned(), count)).collect()
}

/// How far apart the racers were, by the fields that their records carry.
fn topology(scene: &Scene<'_>, ids: impl Iterator<Item = u32>) -> Topology {
    let (mut hosts, mut addresses, mut processes) = (Vec::new(), Vec::new(), Vec::new());
    let mut with_process = 0;
    // Two of each are enough; a cluster of thousands says no more than its first members.
    for id in ids.take(1000) {
        let event = scene.event(id);
        with_process += usize::from(event.process.is_some());
        for (known, field) in
            [(&mut hosts, event.host), (&mut addresses, event.address), (&mut processes, event.process)]
        {
            if let Some(field) = field
                && known.len() < 2
                && !known.contains(&field)
            {
                known.push(field);
            }
        }
    }
    let placed = hosts.len() == 1 || (hosts.is_empty() && addresses.len() == 1);
    match (hosts.len(), addresses.len(), processes.len()) {
        (2, _, _) | (0, 2, _) => Topology::SeveralHosts,
        (_, _, 2) if placed => Topology::SameHost,
        // Process 1 of a container says nothing without a host.
        (_, _, 1) if with_process > 1 && (placed || scene.text(Some(processes[0])) != "1") => Topology::SameProcess,
        _ => Topology::Unknown,
    }
}

/// Stable over runs: what was found, about whom, when, and where its first event stands.
fn id(scene: &Scene<'_>, draft: &Draft, finding: &Finding) -> String {
    let all = draft.winners.iter().chain(&draft.failures).chain(&draft.aftermath);
    let first = all.min().or(draft.context.iter().min()).map(|&id| scene.event(id));
    let place = first.map(|event| format!("{}\u{1f}{}", scene.set.path(event), event.position.byte_start()));
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    let start = finding.start.map(|time| time.to_string()).unwrap_or_default();
    let joined = [
        finding.rule.clone(),
        part(&finding.provider),
        part(&finding.client),
        part(&finding.subject),
        start,
        place.unwrap_or_default(),
    ]
    .join("\u{1f}");
    TokenDigest::of(joined.as_bytes()).to_string()[..12].to_owned()
}

/// Whether a draft's failures ended for good, and nothing of the grant is left.
pub(super) fn is_final(draft: &Draft) -> bool {
    draft.class == FindingClass::Cause && draft.outcome != Outcome::SelfResolved
}
