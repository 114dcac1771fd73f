//! Whether the incidents of a client come back at even intervals.

use std::collections::BTreeMap;

use crate::model::Recurrence;

use super::draft::Draft;
use super::line::Line;
use super::names::{MISCONFIGURED, OUTAGE, UNEXPLAINED};

const SECOND: i64 = 1_000_000_000;
/// So many intervals at least, and so many of ten that keep to the period.
const LEAST: usize = 3;
const OF_TEN: usize = 8;
/// An incident may leave out so many chances.
const SKIPS: i64 = 12;
/// How far an interval may be off, as a part of the period.
const SLACK: i64 = 10;

/// The period of a client's incidents; `None` where there are too few of them, or no period.
///
/// Incidents are those of one principal, one after the other: users whose incidents do not keep step
/// with each other have one period all the same. An incident need not happen at every chance, so
/// intervals are multiples of the period; the shortest intervals tell it.
pub(super) fn recurrence<'a>(lines: &[Line<'_>], drafts: impl Iterator<Item = &'a Draft>) -> Option<Recurrence> {
    let mut times: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    let mut lifetimes: BTreeMap<u32, usize> = BTreeMap::new();
    for draft in drafts.filter(|draft| ![OUTAGE, MISCONFIGURED, UNEXPLAINED].contains(&draft.verdict.rule)) {
        let line = &lines[draft.lines[0]];
        let begun = draft.failures.iter().filter_map(|&id| line.scene.event(id).time).min();
        times.entry(draft.lines[0]).or_default().extend(begun.map(|time| time.nanos));
        let lifetime = draft.winners.iter().chain(&draft.context).find_map(|&id| line.scene.event(id).expires_in.get());
        if let Some(lifetime) = lifetime {
            *lifetimes.entry(lifetime).or_default() += 1;
        }
    }
    let mut intervals: Vec<i64> = Vec::new();
    for times in times.values_mut() {
        times.sort_unstable();
        intervals.extend(times.windows(2).map(|pair| pair[1] - pair[0]).filter(|interval| *interval >= SECOND));
    }
    let period = period(&mut intervals)?;
    let kept = intervals.iter().filter(|&&interval| keeps(period, interval)).count();
    let principals = times.values().filter(|times| times.len() > 1).count();
    let expires_in = lifetimes.into_iter().max_by_key(|&(lifetime, count)| (count, lifetime));
    Some(Recurrence {
        period_s: (period / SECOND).unsigned_abs(),
        incidents: (kept + principals) as u64,
        expires_in: expires_in.map(|(lifetime, _)| lifetime),
    })
}

/// The period that the shorter intervals show, if nearly all are multiples of it.
fn period(intervals: &mut [i64]) -> Option<i64> {
    if intervals.len() < LEAST {
        return None;
    }
    intervals.sort_unstable();
    let shortest = intervals[0];
    let near = intervals.iter().take_while(|&&interval| interval <= shortest + shortest / SLACK).count();
    // One short interval may be another incident; a period shows in several.
    let period = intervals[near / 2];
    let kept = intervals.iter().filter(|&&interval| keeps(period, interval)).count();
    (near * 4 >= intervals.len() && near > 1 && kept * 10 >= intervals.len() * OF_TEN).then_some(period)
}

fn keeps(period: i64, interval: i64) -> bool {
    let times = (interval + period / 2) / period;
    (1..=SKIPS).contains(&times) && (interval - times * period).abs() <= period / SLACK
}

#[cfg(test)]
mod tests {
    use super::{SECOND, period};

    fn of(minutes: &[i64]) -> Option<i64> {
        let mut intervals: Vec<i64> = minutes.iter().map(|minutes| minutes * 60 * SECOND).collect();
        period(&mut intervals).map(|period| period / SECOND / 60)
    }

    #[test]
    fn a_period_shows_in_its_multiples() {
        assert_eq!(of(&[55, 110, 55, 56, 165]), Some(55));
        assert_eq!(of(&[60, 60, 61]), Some(60));
    }

    #[test]
    fn what_comes_as_it_comes_has_no_period() {
        assert_eq!(of(&[55, 55]), None, "two intervals are too few");
        assert_eq!(of(&[7, 95, 31, 260, 148]), None);
        assert_eq!(of(&[1, 300, 500, 720]), None, "one short interval makes no period of minutes");
    }
}
