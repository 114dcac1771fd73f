//! How the attempts lie in time, by client and cause: what pictures are drawn from.

use hashbrown::HashMap;

use crate::model::{
    Activity, ClientSummary, Counts, EventKind, FindingClass, Gaps, Lane, Precision, Timestamp, TokenEvent,
};
use crate::timeline::is_attempt;

use super::classes::ClientOf;
use super::draft::Draft;
use super::line::Line;
use super::names::{RACE, RACE_REVOKED, UNEXPLAINED};

/// Buckets at most: more are thinner than a picture shows.
const BUCKETS: i64 = 120;
/// Clients with a lane of their own; the others share one.
const LANES: usize = 40;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Widths of buckets that people can read off an axis, in milliseconds; longer ones are whole years.
const WIDTHS: [i64; 32] = [
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    30 * DAY,
    90 * DAY,
    365 * DAY,
];

/// Upper edges of the bins of gaps, in milliseconds; the last bin is open.
const GAP_EDGES: [u64; 18] =
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 1_800_000, 3_600_000];

/// The buckets of a period: its beginning and their width, in milliseconds.
#[derive(Clone, Copy)]
struct Buckets {
    start: i64,
    width: i64,
    count: i64,
}

impl Buckets {
    /// Of a period, both ends included; whole multiples of a width since the epoch.
    fn of(first: i64, last: i64) -> Self {
        let fits = |width: &i64| last.div_euclid(*width) - first.div_euclid(*width) < BUCKETS;
        let years = 365 * DAY;
        let width = WIDTHS.into_iter().find(fits).unwrap_or_else(|| (last - first) / years / BUCKETS * years + years);
        let start = first.div_euclid(width);
        Self { start: start * width, width, count: last.div_euclid(width) - start + 1 }
    }

    fn number(self, millis: i64) -> u32 {
        u32::try_from((millis - self.start) / self.width).unwrap_or(0)
    }
}

/// Counts all attempts that have a time.
pub(super) fn activity(
    lines: &[Line<'_>],
    drafts: &[Draft],
    clients: &[ClientSummary],
    client_of: ClientOf<'_>,
) -> Activity {
    let Some((first, last)) = period(lines) else { return Activity::default() };
    let buckets = Buckets::of(first, last);
    let causes = causes(drafts);
    // Clients are numbered as they appear.
    let mut by_client: Vec<Lane> = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let client = client_of(number).1;
        if client == by_client.len() {
            by_client.push(named(line));
        }
        count(line, buckets, &causes, &mut by_client[client]);
    }
    Activity {
        start: Some(Timestamp::from_millis(buckets.start)),
        bucket_ms: buckets.width.unsigned_abs(),
        buckets: u32::try_from(buckets.count).unwrap_or(u32::MAX),
        gap_edges_ms: GAP_EDGES.to_vec(),
        lanes: ordered(by_client, clients),
    }
}

fn named(line: &Line<'_>) -> Lane {
    let text = |symbol| line.scene.set.symbols.text(symbol).map(str::to_owned);
    Lane {
        provider: text(line.principal().provider),
        client: text(line.principal().client),
        clients: 1,
        ..Lane::default()
    }
}

fn millis(time: Timestamp) -> i64 {
    time.nanos.div_euclid(1_000_000)
}

/// From the first attempt to the last, in milliseconds.
fn period(lines: &[Line<'_>]) -> Option<(i64, i64)> {
    // All events are in a timeline, and they are in order.
    let events = &lines.first()?.scene.timelines.events;
    let time = |event: &TokenEvent| event.time.filter(|_| is_attempt(event)).map(millis);
    Some((events.iter().find_map(time)?, events.iter().rev().find_map(time)?))
}

/// The cause of each failure, and whether it is a loser (rather than aftermath) of a race.
fn causes(drafts: &[Draft]) -> HashMap<u32, (&'static str, bool)> {
    let mut causes = HashMap::new();
    for draft in drafts.iter().filter(|draft| draft.class == FindingClass::Cause) {
        let rule = draft.verdict.rule;
        let racing = [RACE, RACE_REVOKED].contains(&rule);
        causes.extend(draft.failures.iter().map(|&id| (id, (rule, racing))));
        causes.extend(draft.aftermath.iter().map(|&id| (id, (rule, false))));
    }
    causes
}

fn count(line: &Line<'_>, buckets: Buckets, causes: &HashMap<u32, (&'static str, bool)>, sum: &mut Lane) {
    for &id in line.ids {
        let event = line.scene.event(id);
        let Some(time) = event.time else { continue };
        let bucket = buckets.number(millis(time));
        match event.kind {
            EventKind::RefreshSucceeded => *sum.ok.entry(bucket).or_default() += 1,
            EventKind::RefreshFailed => {
                let (rule, racing) = causes.get(&id).copied().unwrap_or((UNEXPLAINED, false));
                *sum.failed.entry(rule.to_owned()).or_default().entry(bucket).or_default() += 1;
                if line.scene.race_like(event) {
                    gap(line, time, racing, &mut sum.gaps);
                }
            }
            _ => {}
        }
    }
}

/// The distance of one failure to the nearest good refresh of its timeline.
fn gap(line: &Line<'_>, time: Timestamp, racing: bool, gaps: &mut Gaps) {
    if time.precision == Precision::Second || line.coarse || line.several || line.by_chance.is_some() {
        gaps.unmeasured += 1;
        return;
    }
    let after = line.good().partition_point(|good| *good < time.nanos);
    let around = [after.checked_sub(1), Some(after)].into_iter().flatten();
    let nearest = around.filter_map(|at| line.good().get(at)).map(|good| good.abs_diff(time.nanos)).min();
    let Some(nearest) = nearest else { return };
    let bin = GAP_EDGES.partition_point(|edge| edge.saturating_mul(1_000_000) < nearest);
    let counts = if racing { &mut gaps.racing } else { &mut gaps.other };
    *counts.entry(bin as u32).or_default() += 1;
}

/// In the order of the clients' rows; what is past the limit is summed up.
fn ordered(mut lanes: Vec<Lane>, clients: &[ClientSummary]) -> Vec<Lane> {
    let place: HashMap<(Option<&str>, Option<&str>), usize> =
        clients.iter().enumerate().map(|(at, row)| ((row.provider.as_deref(), row.client.as_deref()), at)).collect();
    lanes.sort_by_key(|lane| place.get(&(lane.provider.as_deref(), lane.client.as_deref())).copied());
    if lanes.len() > LANES {
        let rest = lanes.split_off(LANES - 1);
        lanes.push(rest.into_iter().fold(Lane::default(), together));
    }
    lanes
}

fn together(mut sum: Lane, lane: Lane) -> Lane {
    sum.clients += lane.clients;
    add(&mut sum.ok, &lane.ok);
    for (rule, counts) in lane.failed {
        add(sum.failed.entry(rule).or_default(), &counts);
    }
    add(&mut sum.gaps.racing, &lane.gaps.racing);
    add(&mut sum.gaps.other, &lane.gaps.other);
    sum.gaps.unmeasured += lane.gaps.unmeasured;
    sum
}

fn add(sum: &mut Counts, counts: &Counts) {
    for (at, count) in counts {
        *sum.entry(*at).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::{BUCKETS, Buckets, DAY, HOUR, WIDTHS};

    #[test]
    fn a_period_has_few_buckets_and_both_its_ends_are_in_one() {
        for (first, last) in [(0, 0), (-1, 1), (1_767_323_045_120, 1_767_323_045_121), (5, 8 * HOUR), (3, 99_999 * DAY)]
        {
            let buckets = Buckets::of(first, last);
            assert!((1..=BUCKETS).contains(&buckets.count), "{} for {first}..{last}", buckets.count);
            assert!(buckets.start <= first, "{first}");
            assert_eq!(i64::from(buckets.number(last)), buckets.count - 1, "{first}..{last}");
        }
        assert!(WIDTHS.is_sorted());
    }
}
