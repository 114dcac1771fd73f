//! Mermaid diagrams: the period as a chart, an incident on the lanes of its workers.

use std::collections::BTreeMap;

use super::line;
use crate::model::{Activity, Evidence, Finding, Role, Timestamp};
use crate::report::escape::mermaid;
use crate::report::shown::{role, worker};
use crate::report::words::{offset, span};

/// Columns of the chart of a period: more labels lie upon each other.
const COLUMNS: u32 = 20;
/// Events of a diagram at most.
const EVENTS: usize = 16;

/// Good and failed refreshes over time. Nothing where no attempt has a time.
pub(super) fn period(page: &mut String, activity: &Activity) {
    let Some(start) = activity.start else { return };
    let each = activity.buckets.div_ceil(COLUMNS).max(1);
    let columns = activity.buckets.div_ceil(each).max(1);
    let mut good = vec![0; columns as usize];
    let mut failed = good.clone();
    for lane in &activity.lanes {
        for (bucket, count) in &lane.ok {
            good[(bucket / each).min(columns - 1) as usize] += count;
        }
        for (bucket, count) in lane.failed.values().flatten() {
            failed[(bucket / each).min(columns - 1) as usize] += count;
        }
    }
    let width = activity.bucket_ms.saturating_mul(u64::from(each));
    let label = |column: u32| {
        let nanos =
            start.nanos.saturating_add_unsigned(width.saturating_mul(u64::from(column)).saturating_mul(1_000_000));
        let text = Timestamp { nanos, ..start }.to_string();
        // By the width of a column the day or the minute tells them apart.
        if width >= 86_400_000 { text[5..10].to_owned() } else { text[11..16].to_owned() }
    };
    let labels: Vec<String> = (0..columns).map(|column| format!("\"{}\"", label(column))).collect();
    let most = good.iter().chain(&failed).max().copied().unwrap_or(0).max(1);
    line(page, "## The whole period\n");
    let each = span(i64::try_from(width).unwrap_or(i64::MAX));
    line(page, &format!("Bars: failed refreshes in each {each}. Line: good ones. Times are UTC.\n"));
    line(page, "```mermaid\nxychart-beta");
    line(page, &format!("  x-axis [{}]", labels.join(", ")));
    line(page, &format!("  y-axis \"refreshes\" 0 --> {most}"));
    line(page, &format!("  bar [{}]", joined(&failed)));
    line(page, &format!("  line [{}]", joined(&good)));
    line(page, "```\n");
}

fn joined(counts: &[u64]) -> String {
    counts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The attempts of an incident, a section for each worker; what followed later is in the table of evidence.
pub(super) fn incident(page: &mut String, finding: &Finding) {
    let proper = |piece: &&Evidence| matches!(piece.role, Role::Winner | Role::Loser);
    let (Some(start), true) = (finding.start, finding.evidence.iter().any(|piece| piece.role == Role::Winner)) else {
        return;
    };
    let mut lanes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (number, piece) in finding.evidence.iter().filter(proper).take(EVENTS).enumerate() {
        let Some(time) = piece.time else { continue };
        lanes.entry(mermaid(&worker(piece))).or_default().push(task(number, piece, time, start));
    }
    if lanes.values().map(Vec::len).sum::<usize>() < 2 {
        return;
    }
    line(page, "```mermaid\ngantt\n  dateFormat x\n  axisFormat %H:%M:%S.%L");
    for (worker, tasks) in lanes {
        line(page, &format!("  section {worker}"));
        for task in tasks {
            line(page, &task);
        }
    }
    line(page, "```\n");
}

fn task(number: usize, piece: &Evidence, time: Timestamp, start: Timestamp) -> String {
    let end = time.nanos.div_euclid(1_000_000);
    let took = i64::from(piece.duration_ms.unwrap_or(0)).max(1);
    let sign = if piece.role == Role::Winner { "done" } else { "crit" };
    let when = offset(time.millis_since(start));
    format!("  {} {when} :{sign}, e{number}, {}, {end}", role(piece.role), end - took)
}
