//! Numbers, spans and verdicts in words.

use std::collections::BTreeMap;

use crate::model::{
    Finding, FindingClass, Leak, LeakStatus, Outcome, PresentationOutcome, Report, Severity, Summary, Topology,
};

/// `1,204`.
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 client`, `1,204 clients`.
pub(super) fn count(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(value), if value == 1 { "" } else { "s" })
}

/// `12.4 MB`, in decimal units.
pub(super) fn bytes(value: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    if value < 1000 {
        return format!("{value} B");
    }
    let mut scaled = value as f64 / 1000.0;
    let mut unit = 0;
    while scaled >= 999.95 && unit + 1 < units.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    format!("{scaled:.1} {}", units[unit])
}

/// `41 ms`, `1.2 s`, `3 min 20 s`, `2 h 6 min`, `3 d 4 h`; two units at most.
pub(super) fn span(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let millis = millis.unsigned_abs();
    let seconds = millis / 1000;
    let two = |big: u64, big_unit: &str, small: u64, small_unit: &str| {
        if small == 0 { format!("{big} {big_unit}") } else { format!("{big} {big_unit} {small} {small_unit}") }
    };
    let text = match seconds {
        0 => format!("{millis} ms"),
        1..60 if millis % 1000 < 100 => format!("{seconds} s"),
        1..60 => format!("{seconds}.{} s", millis % 1000 / 100),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    };
    format!("{sign}{text}")
}

/// `+12 ms`, `-3 s`: from the start of an incident.
pub(super) fn offset(millis: i64) -> String {
    if millis < 0 { span(millis) } else { format!("+{}", span(millis)) }
}

/// The sign of a severity; the word stands beside it.
pub(super) fn glyph(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "✖",
        Severity::High => "▲",
        Severity::Medium => "●",
        Severity::Low => "○",
        Severity::Info => "·",
    }
}

pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::SelfResolved => "healed by itself",
        Outcome::FamilyRevoked => "the server revoked the grant",
        Outcome::Reauthorized => "ended by a new sign-in",
        Outcome::Unresolved => "not healed when the logs end",
    }
}

/// How far apart the racers were, where the logs say.
pub(super) fn topology(topology: Topology) -> Option<&'static str> {
    match topology {
        Topology::SameProcess => Some("threads of one process"),
        Topology::SameHost => Some("processes of one host"),
        Topology::SeveralHosts => Some("several hosts"),
        Topology::Unknown => None,
    }
}

pub(super) fn status(status: LeakStatus) -> &'static str {
    match status {
        LeakStatus::Live => "live",
        LeakStatus::Unknown => "unknown",
        LeakStatus::Superseded => "superseded",
        LeakStatus::Expired => "expired",
        LeakStatus::Revoked => "revoked",
    }
}

/// The same with what the logs show of it: `superseded after 55 min, used from 203.0.113.66 2 min later`. Addresses are
/// log text and go through `quote`.
pub(super) fn fate(leak: &Leak, quote: impl Fn(&str) -> String) -> String {
    let spent = leak.superseded_after_ms.filter(|_| leak.status == LeakStatus::Superseded);
    let spent = match spent {
        Some(0) => " before".to_owned(),
        Some(after) => format!(" after {}", span(after)),
        None => String::new(),
    };
    let used = leak.used_from.as_ref().map(|one| {
        let verb = if one.outcome == PresentationOutcome::Accepted { "used" } else { "tried" };
        let later = one.time.zip(leak.first_time).map(|(used, leaked)| span(used.millis_since(leaked)));
        let later = later.map(|later| format!(" {later} later")).unwrap_or_default();
        format!(", {verb} from {}{later}", quote(&one.address))
    });
    format!("{}{spent}{}", status(leak.status), used.unwrap_or_default())
}

/// What the findings of one cause come to.
#[derive(Default)]
struct Tally {
    failures: u64,
    findings: u64,
    principals: u64,
}

/// Whether there were refreshes and none failed.
pub(super) fn is_healthy(summary: &Summary) -> bool {
    summary.refresh_ok > 0 && summary.refresh_failed == 0
}

/// One sentence: how many refreshes failed, and why.
pub(super) fn verdict(report: &Report) -> String {
    let summary = &report.summary;
    if summary.lines == 0 {
        return "Nothing was read: there is no line of text in these inputs.".into();
    }
    if summary.token_events == 0 {
        let lines = count(summary.lines, "line");
        return format!("No token events were recognised in {lines}: nothing can be said about refreshes.");
    }
    if summary.refresh_failed == 0 {
        if summary.refresh_ok == 0 {
            return format!("No refreshes among {}.", count(summary.token_events, "token event"));
        }
        return match report.findings.len() as u64 {
            0 => "No failed refreshes.".into(),
            found => format!("No failed refreshes, but {} below.", count(found, "finding")),
        };
    }
    let tallies = tally(&report.findings);
    let explained: u64 = tallies.values().map(|tally| tally.failures).sum();
    let mut ordered: Vec<_> = tallies.into_iter().filter(|(_, tally)| tally.failures > 0).collect();
    ordered.sort_by(|a, b| b.1.failures.cmp(&a.1.failures).then_with(|| a.0.cmp(b.0)));
    let mut parts: Vec<String> = ordered.iter().map(|(rule, tally)| cause(rule, tally)).collect();
    let rest = summary.refresh_failed.saturating_sub(explained);
    if rest > 0 {
        // Only --rule, --min-confidence and the like can leave a failure without its cause.
        parts.push(format!("{} of causes that were not asked for", number(rest)));
    }
    let failed = number(summary.refresh_failed);
    let noun = if summary.refresh_failed == 1 { "refresh" } else { "refreshes" };
    format!("{failed} failed {noun}: {}.", parts.join(", "))
}

fn tally(findings: &[Finding]) -> BTreeMap<&str, Tally> {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.class == FindingClass::Cause) {
        let tally = tallies.entry(&finding.rule).or_default();
        tally.failures += finding.failures + finding.aftermath_failures;
        tally.findings += 1;
        tally.principals += finding.impact.principals.max(1);
    }
    tallies
}

/// `31 in 7 races`, `9 because 3 grants are gone`.
fn cause(rule: &str, tally: &Tally) -> String {
    let n = number(tally.failures);
    let found = |noun| count(tally.findings, noun);
    match rule {
        "refresh-race" => format!("{n} in {}", found("race")),
        "refresh-race-revoked" => format!("{n} in {} that cost the grant", found("race")),
        "refresh-token-reuse" => format!("{n} in {} of an old token", found("reuse")),
        "permanent-revocation" if tally.principals == 1 => format!("{n} because 1 grant is gone"),
        "permanent-revocation" => format!("{n} because {} are gone", count(tally.principals, "grant")),
        "expired-refresh-token" => format!("{n} because {} had expired", count(tally.principals, "refresh token")),
        "rotation-not-persisted" => format!("{n} because rotated tokens were not stored"),
        "rotation-overwritten" => format!("{n} because rotated tokens were overwritten"),
        "stale-token-read" => format!("{n} with a stale copy of the token"),
        "dropped-refresh-token" => format!("{n} because the refresh token was dropped"),
        "corrupt-token-store" => format!("{n} after a corrupt token store"),
        "malformed-token" => format!("{n} with what is no token"),
        "interaction-required" => format!("{n} where the server wants the user"),
        "clock-skew" => format!("{n} by clock skew"),
        "client-misconfigured" => format!("{n} by a misconfigured client"),
        "provider-outage" => format!("{n} while the provider was down"),
        "unexplained-failure" => format!("{n} unexplained"),
        other => format!("{n} by {other}"),
    }
}

/// One sentence: what leaked. `None` where nothing did.
pub(super) fn leaked(report: &Report) -> Option<String> {
    if report.leaks.is_empty() {
        return None;
    }
    let mut kinds: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for leak in &report.leaks {
        let (all, live) = kinds.entry(leak.kind.name()).or_default();
        *all += 1;
        *live += u64::from(leak.status == LeakStatus::Live);
    }
    let mut ordered: Vec<_> = kinds.into_iter().collect();
    ordered.sort_by(|a, b| (b.1.1, b.1.0).cmp(&(a.1.1, a.1.0)).then_with(|| a.0.cmp(b.0)));
    let part = |(kind, (all, live)): &(&str, (u64, u64))| match live {
        0 => format!("{} {kind}", number(*all)),
        _ => format!("{} {kind} ({} still live)", number(*all), number(*live)),
    };
    let parts: Vec<String> = ordered.iter().map(part).collect();
    let verb = if report.leaks.len() == 1 { "is" } else { "are" };
    Some(format!("{} {verb} readable in these logs: {}.", count(report.leaks.len() as u64, "secret"), parts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, number, offset, span};

    #[test]
    fn numbers_and_spans_read_well() {
        assert_eq!([number(0), number(999), number(1204), number(1_234_567)], ["0", "999", "1,204", "1,234,567"]);
        assert_eq!([bytes(0), bytes(999), bytes(12_400_000), bytes(999_999)], ["0 B", "999 B", "12.4 MB", "1.0 MB"]);
        assert_eq!([count(1, "client"), count(2, "client")], ["1 client", "2 clients"]);
        assert_eq!([span(41), span(1000), span(1234), span(59_990)], ["41 ms", "1 s", "1.2 s", "59.9 s"]);
        assert_eq!([span(200_000), span(7_560_000), span(273_600_000)], ["3 min 20 s", "2 h 6 min", "3 d 4 h"]);
        assert_eq!([offset(0), offset(12), offset(-1500)], ["+0 ms", "+12 ms", "-1.5 s"]);
    }
}
