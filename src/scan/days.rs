//! What completes times that leave out their year or date: the day of the source, and which of its days where it
//! has several.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use super::finish::Merged;
use crate::format::{Clock, Day, date_in_name};
use crate::input::Source;
use crate::model::{Assumed, Timestamp, Zone};

const DAY: i64 = 86_400_000_000_000;
/// A time of day that falls back by more is one of the next day; one that falls by less was written late.
const NEXT_DAY: i64 = DAY / 2;
/// A file system's clock may be behind the log's by so much.
const SLACK: i64 = 60_000_000_000;
/// A line may stand so far behind the one that was written after it.
const LATE: i64 = DAY / 24;

/// What completes the times of a source: the day in its name, unless it was changed then (or a day before or
/// after), which is more exact; else the day of its last change.
pub(super) fn clock(zone: Zone, source: &Source) -> Clock {
    let day = |time: DateTime<Utc>| -> NaiveDate {
        let utc = time.naive_utc();
        (utc + TimeDelta::seconds(i64::from(zone.offset_seconds(utc)))).date()
    };
    let changed = source.modified.map(|time| day(time.into()));
    let path = Path::new(&source.path);
    let folder = path.parent().and_then(Path::file_name);
    let named = path.file_name().into_iter().chain(folder).find_map(|name| date_in_name(&name.to_string_lossy()));
    let at_once = |named: &NaiveDate| changed.is_some_and(|changed| (changed - *named).num_days().abs() <= 1);
    let named = named.filter(|named| !at_once(named)).map(Day::Named);
    let known = named.or(changed.map(Day::Last));
    Clock { zone, day: Some(known.unwrap_or_else(|| Day::Now(day(Utc::now())))) }
}

/// The dated lines nearest to times that lack a date, by source: byte and nanoseconds, in order.
pub(super) type Dated = BTreeMap<u32, Vec<(u64, i64)>>;

/// A time that the source completes, and where it stands.
type Open<'t> = (u32, u64, Assumed, &'t mut Timestamp);

/// Gives every time of day its day, and every date its year. Dated lines of the source tell both. Where it has none, the
/// first record of a file is of the day in its name, or the last one of the day of its last change, and another day
/// begins where the time of day falls back.
pub(super) fn settle(merged: &mut Merged, zone: Zone, sources: &[Source], dated: &Dated) {
    let mut times: Vec<Open<'_>> = Vec::new();
    for event in merged.events.events.iter_mut().filter(|event| event.assumed != Assumed::Nothing) {
        let (position, assumed) = (event.position, event.assumed);
        times.extend(event.time.as_mut().map(|time| (position.source, position.byte_start(), assumed, time)));
    }
    for leak in merged.leaks.iter_mut().filter(|leak| leak.assumed != Assumed::Nothing) {
        let (position, assumed) = (leak.position, leak.assumed);
        times.extend(leak.time.as_mut().map(|time| (position.source, position.byte_start(), assumed, time)));
    }
    times.sort_by_key(|(source, byte, ..)| (*source, *byte));
    for of_source in times.chunk_by_mut(|a, b| a.0 == b.0) {
        if let Some(dated) = dated.get(&of_source[0].0) {
            beside(of_source, dated);
            continue;
        }
        let source = &sources[of_source[0].0 as usize];
        let without_date = of_source.iter_mut().filter(|(_, _, assumed, _)| *assumed == Assumed::Date);
        let times = without_date.map(|(.., time)| &mut **time);
        match (clock(zone, source).day, source.modified) {
            (Some(Day::Last(_)), Some(changed)) => {
                let changed = DateTime::<Utc>::from(changed).timestamp_nanos_opt().unwrap_or(i64::MAX - DAY);
                backwards(times.rev(), changed.saturating_add(SLACK - NEXT_DAY));
            }
            _ => forwards(times),
        }
    }
}

/// Each time of day is the first one after what stands before it; before the first dated line, the last one before what
/// stands behind it.
fn beside(times: &mut [Open<'_>], dated: &[(u64, i64)]) {
    let first = dated.first().copied().unwrap_or_default();
    let from = times.partition_point(|(_, byte, ..)| *byte < first.0);
    let (before, after) = times.split_at_mut(from);
    let mut near = first.1;
    for (_, _, assumed, time) in before.iter_mut().rev() {
        time.nanos = if *assumed == Assumed::Date {
            let latest = near.saturating_add(LATE);
            latest.saturating_sub(latest.saturating_sub(time.nanos).rem_euclid(DAY))
        } else {
            in_year_near(time.nanos, near)
        };
        near = time.nanos;
    }
    let (mut near, mut next) = (first.1, 0);
    for (_, byte, assumed, time) in after {
        while let Some(line) = dated.get(next).filter(|line| line.0 <= *byte) {
            (near, next) = (line.1, next + 1);
        }
        time.nanos = if *assumed == Assumed::Date {
            let earliest = near.saturating_sub(LATE);
            earliest.saturating_add(time.nanos.saturating_sub(earliest).rem_euclid(DAY))
        } else {
            in_year_near(time.nanos, near)
        };
        near = time.nanos;
    }
}

/// The same time in the year in which it is nearest to another one.
fn in_year_near(nanos: i64, to: i64) -> i64 {
    let time = DateTime::from_timestamp_nanos(nanos);
    let year = DateTime::from_timestamp_nanos(to).year();
    let years = (year - 1..=year + 1).filter_map(|year| time.with_year(year)?.timestamp_nanos_opt());
    years.min_by_key(|found| found.abs_diff(to)).unwrap_or(nanos)
}

fn forwards<'t>(times: impl Iterator<Item = &'t mut Timestamp>) {
    let (mut shift, mut last) = (0, i64::MIN / 2);
    for time in times {
        if time.nanos + shift < last - NEXT_DAY {
            shift += DAY;
        }
        time.nanos += shift;
        last = time.nanos;
    }
}

/// The same from the end on; nothing is later than half a day after `last`.
fn backwards<'t>(times: impl Iterator<Item = &'t mut Timestamp>, mut last: i64) {
    let mut shift = 0;
    for time in times {
        if time.nanos + shift > last + NEXT_DAY {
            shift -= DAY;
        }
        time.nanos += shift;
        last = time.nanos;
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    use super::{Assumed, DAY, Day, Source, Timestamp, Zone, backwards, beside, clock, forwards, in_year_near};
    use crate::input::Origin;
    use crate::model::Precision;

    const HOUR: i64 = DAY / 24;

    fn times(hours: &[i64]) -> Vec<Timestamp> {
        hours.iter().map(|hour| Timestamp::new(hour * HOUR, Precision::Milli)).collect()
    }

    fn hours(times: &[Timestamp]) -> Vec<i64> {
        times.iter().map(|time| time.nanos / HOUR).collect()
    }

    #[test]
    fn another_day_begins_where_the_time_of_day_falls_back() {
        let mut of_name = times(&[22, 23, 22, 1, 23, 0]);
        forwards(of_name.iter_mut());
        assert_eq!(hours(&of_name), [22, 23, 22, 25, 47, 48]);
        let mut of_change = times(&[22, 23, 1, 23, 0]);
        backwards(of_change.iter_mut().rev(), HOUR - DAY / 2);
        assert_eq!(hours(&of_change), [-26, -25, -23, -1, 0]);
        // Changed at one o'clock: what stands last was written the evening before.
        let mut of_change = times(&[22, 23]);
        backwards(of_change.iter_mut().rev(), HOUR - DAY / 2);
        assert_eq!(hours(&of_change), [-2, -1]);
    }

    #[test]
    fn a_dated_line_tells_the_day_of_those_around_it() {
        // Hours of the first day; the dated lines say that it is the third, and then the fifth.
        let mut of_day = times(&[22, 23, 1, 23, 0, 8]);
        let mut open: Vec<_> = (0_u64..).zip(&mut of_day).map(|(at, time)| (0, 10 * at, Assumed::Date, time)).collect();
        beside(&mut open, &[(15, 2 * DAY), (45, 4 * DAY + 7 * HOUR)]);
        assert_eq!(hours(&of_day), [46, 47, 49, 71, 72, 104]);
        let year = 365 * DAY;
        assert_eq!(in_year_near(year - DAY, 12 * HOUR), -DAY);
    }

    #[test]
    fn the_day_of_a_source_is_that_of_its_name_or_of_its_last_change() {
        let at = |path: &str, days: u64| {
            let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400 + 43_200);
            let origin = Origin::File(PathBuf::from(path));
            Source { path: path.into(), origin, size: None, modified: Some(modified), whole: None }
        };
        let day = |number: i32| {
            chrono::NaiveDate::from_ymd_opt(2026, 3, 11).unwrap() + chrono::TimeDelta::days(number.into())
        };
        let (named, changed) = (day(0), day(1));
        // 2026-03-12 is day 20 524.
        assert_eq!(clock(Zone::UTC, &at("a/server.log", 20_524)).day, Some(Day::Last(changed)));
        assert_eq!(clock(Zone::UTC, &at("a/server-20260311.log", 20_524)).day, Some(Day::Last(changed)));
        assert_eq!(clock(Zone::UTC, &at("a/server-20260311.log", 20_600)).day, Some(Day::Named(named)));
        assert_eq!(clock(Zone::UTC, &at("2026-03-11/server.log", 20_600)).day, Some(Day::Named(named)));
        let stream = Source { modified: None, origin: Origin::Stdin, ..at("-", 0) };
        assert!(matches!(clock(Zone::UTC, &stream).day, Some(Day::Now(_))));
    }
}
