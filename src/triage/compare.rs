//! Two reports side by side: what got better, what got worse, and what is no more than chance.
//!
//! Runs differ in length and traffic, so rates are compared, findings and failures per attempt. Whether a rate
//! changed is asked of an exact test of two Poisson rates, on incidents rather than on failures: the failures of
//! one incident come together and prove no more than one.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Change, ClientChange, Comparison, Finding, FindingClass, LeakChange, Pair, Report, RuleChange, Side,
};

/// A difference that chance gives less often than this is one.
const CHANCE: f64 = 0.05;
/// From so many events on the exact sum would take long, and its normal approximation is as good.
const EXACT: u64 = 2000;

/// Compares two reports.
pub fn compare(before: &Report, after: &Report) -> Comparison {
    let attempts = Pair { before: attempts(before), after: attempts(after) };
    let (earlier, later) = (side(before), side(after));
    let incidents = Pair { before: earlier.incidents, after: later.incidents };
    let verdict = verdict(incidents, attempts, Pair { before: earlier.refresh_failed, after: later.refresh_failed });
    Comparison {
        rules: rules(before, after, attempts),
        clients: clients(before, after),
        leaks: leaks(before, after),
        cautions: cautions(before, after),
        ..Comparison::of(earlier, later, verdict)
    }
}

fn attempts(report: &Report) -> u64 {
    report.summary.refresh_ok + report.summary.refresh_failed
}

fn side(report: &Report) -> Side {
    let causes = report.findings.iter().filter(|finding| finding.class == FindingClass::Cause);
    Side {
        version: report.tool.version.clone(),
        first: report.summary.first,
        last: report.summary.last,
        refresh_ok: report.summary.refresh_ok,
        refresh_failed: report.summary.refresh_failed,
        incidents: causes.count() as u64,
        leaks: report.leaks.len() as u64,
    }
}

/// Incidents decide; failures only where they do not speak against it.
fn verdict(incidents: Pair, attempts: Pair, failures: Pair) -> Change {
    match (change(incidents, attempts), change(failures, attempts)) {
        (Change::Same, failures) if incidents.before + incidents.after == 0 => failures,
        (incidents, _) => incidents,
    }
}

/// Whether a rate changed by more than chance explains.
fn change(events: Pair, exposure: Pair) -> Change {
    if exposure.before == 0 || exposure.after == 0 {
        return Change::Unknown;
    }
    let all = events.before + events.after;
    let share = exposure.before as f64 / (exposure.before + exposure.after) as f64;
    let expected = all as f64 * share;
    let rarer = if (events.before as f64) > expected { events.before } else { all - events.before };
    let share = if (events.before as f64) > expected { share } else { 1.0 - share };
    if all == 0 || 2.0 * upper_tail(all, rarer, share) > CHANCE {
        return Change::Same;
    }
    if (events.before as f64) > expected { Change::Better } else { Change::Worse }
}

/// How likely at least `least` of `all` events fall on a side that has `share` of the exposure.
fn upper_tail(all: u64, least: u64, share: f64) -> f64 {
    if all > EXACT {
        let (mean, deviation) = (all as f64 * share, (all as f64 * share * (1.0 - share)).sqrt());
        let distance = (least as f64 - 0.5 - mean) / deviation.max(f64::MIN_POSITIVE);
        // Beyond 1.96 deviations lie 2.5 % on each side: all that is asked.
        return if distance > 1.96 { 0.0 } else { 1.0 };
    }
    let odds = share.ln() - (1.0 - share).ln();
    let mut log_term = all as f64 * (1.0 - share).ln();
    let mut tail = 0.0;
    for count in 0..=all {
        if count >= least {
            tail += log_term.exp();
        }
        log_term += ((all - count) as f64 / (count + 1) as f64).ln() + odds;
    }
    tail
}

fn rules(before: &Report, after: &Report, attempts: Pair) -> Vec<RuleChange> {
    let mut rules: BTreeMap<&str, RuleChange> = BTreeMap::new();
    let both = before.findings.iter().map(|finding| (finding, true));
    for (finding, earlier) in both.chain(after.findings.iter().map(|finding| (finding, false))) {
        let change = rules.entry(&finding.rule).or_insert_with(|| RuleChange {
            rule: finding.rule.clone(),
            class: finding.class,
            findings: Pair::default(),
            failures: Pair::default(),
            change: Change::Same,
        });
        *part(&mut change.findings, earlier) += 1;
        *part(&mut change.failures, earlier) += failures(finding);
    }
    let mut rules: Vec<RuleChange> = rules.into_values().collect();
    for rule in &mut rules {
        rule.change = change(rule.findings, attempts);
    }
    let distance = |rule: &RuleChange| rule.failures.before.abs_diff(rule.failures.after);
    rules.sort_by(|a, b| {
        let behaviour = |rule: &RuleChange| rule.class == FindingClass::Behaviour;
        behaviour(a).cmp(&behaviour(b)).then(distance(b).cmp(&distance(a))).then_with(|| a.rule.cmp(&b.rule))
    });
    rules
}

fn part(pair: &mut Pair, earlier: bool) -> &mut u64 {
    if earlier { &mut pair.before } else { &mut pair.after }
}

fn failures(finding: &Finding) -> u64 {
    match finding.class {
        FindingClass::Cause => finding.failures + finding.aftermath_failures,
        FindingClass::Behaviour => finding.failures,
    }
}

fn clients(before: &Report, after: &Report) -> Vec<ClientChange> {
    let mut clients: BTreeMap<_, ClientChange> = BTreeMap::new();
    let both = before.clients.iter().map(|client| (client, true));
    for (client, earlier) in both.chain(after.clients.iter().map(|client| (client, false))) {
        let row = clients.entry((&client.provider, &client.client)).or_insert_with(|| ClientChange {
            provider: client.provider.clone(),
            client: client.client.clone(),
            attempts: Pair::default(),
            failures: Pair::default(),
            change: Change::Same,
        });
        *part(&mut row.attempts, earlier) += client.refresh_ok + client.refresh_failed;
        *part(&mut row.failures, earlier) += client.refresh_failed;
    }
    let mut clients: Vec<ClientChange> = clients.into_values().collect();
    for client in &mut clients {
        client.change = change(client.failures, client.attempts);
    }
    clients.retain(|client| client.failures.before + client.failures.after > 0);
    let distance = |client: &ClientChange| client.failures.before.abs_diff(client.failures.after);
    clients.sort_by(|a, b| {
        distance(b).cmp(&distance(a)).then_with(|| (&a.client, &a.provider).cmp(&(&b.client, &b.provider)))
    });
    clients
}

fn leaks(before: &Report, after: &Report) -> LeakChange {
    let digests = |report: &Report| -> BTreeSet<String> {
        report.leaks.iter().map(|leak| format!("{} {}", leak.kind.name(), leak.digest)).collect()
    };
    let (earlier, later) = (digests(before), digests(after));
    LeakChange {
        new: later.difference(&earlier).count() as u64,
        remaining: later.intersection(&earlier).count() as u64,
        gone: earlier.difference(&later).count() as u64,
    }
}

/// What makes the runs unlike for another reason than a fix.
fn cautions(before: &Report, after: &Report) -> Vec<String> {
    let mut cautions = Vec::new();
    if attempts(before) == 0 || attempts(after) == 0 {
        cautions.push("One of the runs has no refreshes: what is not in the logs has not become better.".into());
    }
    if let (Some(earlier), Some(later)) = (&before.run, &after.run) {
        if earlier.window_ms != later.window_ms {
            cautions.push("The runs have different windows (--window): races are not counted alike.".into());
        }
        if earlier.rules_digest != later.rules_digest {
            cautions.push("The runs have different rules: run the older logs again with the newer rules.".into());
        }
        if (&earlier.rules, earlier.min_confidence, &earlier.clients)
            != (&later.rules, later.min_confidence, &later.clients)
        {
            cautions.push("The runs ask for different clients, rules or confidence.".into());
        }
    }
    if let (Some(end), Some(begin)) = (before.summary.last, after.summary.first)
        && begin < end
    {
        cautions.push("The periods overlap, or the second report is the earlier one.".into());
    }
    let names = |report: &Report| -> BTreeSet<_> {
        report.clients.iter().map(|client| (client.provider.clone(), client.client.clone())).collect()
    };
    let missing = names(before).difference(&names(after)).count();
    if missing > 0 {
        cautions.push(format!(
            "{missing} of the clients of the first report are not in the second: silence is no success."
        ));
    }
    cautions
}

#[cfg(test)]
mod tests {
    use super::{Change, Pair, change, upper_tail};

    fn rates(before: (u64, u64), after: (u64, u64)) -> Change {
        change(Pair { before: before.0, after: after.0 }, Pair { before: before.1, after: after.1 })
    }

    #[test]
    fn a_rate_changes_only_by_more_than_chance() {
        assert_eq!(rates((7, 55), (0, 60)), Change::Better);
        assert_eq!(rates((2, 55), (0, 60)), Change::Same);
        assert_eq!(rates((3, 1000), (30, 1000)), Change::Worse);
        assert_eq!(rates((10, 1000), (100, 10_000)), Change::Same);
        assert_eq!(rates((0, 1000), (0, 10)), Change::Same);
        assert_eq!(rates((7, 55), (0, 0)), Change::Unknown);
        assert_eq!(rates((9000, 100_000), (5000, 100_000)), Change::Better);
        assert_eq!(rates((9000, 100_000), (9010, 100_000)), Change::Same);
    }

    #[test]
    fn the_tail_is_that_of_a_fair_coin() {
        assert!((upper_tail(10, 8, 0.5) - 56.0 / 1024.0).abs() < 1e-9);
        assert!((upper_tail(10, 0, 0.3) - 1.0).abs() < 1e-9);
        assert!(upper_tail(2000, 1000, 0.5) > 0.5);
    }
}
