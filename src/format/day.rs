//! The day of a source, and what it makes of dates without a year.

use chrono::{Datelike, NaiveDate};

/// A day that is known of a source, in its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// The day of its last change: nothing in it is later. A day after it belongs to the year before (the December
    /// wrap).
    Last(NaiveDate),
    /// The day that its name holds: that of its beginning, or that on which it was put away.
    Named(NaiveDate),
    /// Today, for a stream: it tells the year, but no date.
    Now(NaiveDate),
}

/// How long before the day in its name a file may begin: some are named when they are put away.
const BEFORE_NAME: chrono::Days = chrono::Days::new(62);

/// A clock may be so far ahead of that of the file system, its zone included.
const AHEAD: chrono::Days = chrono::Days::new(2);
/// February has a 29th day that often, the turn of a century aside.
const YEARS: i32 = 8;

/// The date of a month and day: the last one that is not after the source's last change, or the first one of a file
/// that its name tells the day of.
pub(super) fn yearless(month: u32, day: u32, known: Option<Day>) -> Option<NaiveDate> {
    match known? {
        Day::Last(last) | Day::Now(last) => {
            let latest = last.checked_add_days(AHEAD)?;
            let years = (0..=YEARS).map(|back| latest.year() - back);
            years.filter_map(|year| NaiveDate::from_ymd_opt(year, month, day)).find(|date| *date <= latest)
        }
        Day::Named(named) => {
            let begin = named.checked_sub_days(BEFORE_NAME)?;
            let mut dates =
                (begin.year()..begin.year() + 5).filter_map(|year| NaiveDate::from_ymd_opt(year, month, day));
            dates.find(|date| *date >= begin)
        }
    }
}

/// The date that a file's name holds, `2026-03-11` or `20260311` between other signs.
pub fn date_in_name(name: &str) -> Option<NaiveDate> {
    let bytes = name.as_bytes();
    let number = |from: usize, length: usize| -> Option<u32> {
        let digits = bytes.get(from..from + length)?.iter().all(u8::is_ascii_digit);
        name.get(from..from + length).filter(|_| digits)?.parse().ok()
    };
    let date = |at: usize, gap: usize| {
        let end = at + 8 + 2 * gap;
        let alone = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_none_or(|byte| !byte.is_ascii_digit());
        let signs = gap == 0 || (b"-_.".contains(bytes.get(at + 4)?) && bytes.get(at + 4) == bytes.get(at + 7));
        let (month, day) = (number(at + 4 + gap, 2)?, number(at + 6 + 2 * gap, 2)?);
        let year = number(at, 4).filter(|year| (1990..2200).contains(year))?;
        let found = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        (signs && alone(at.checked_sub(1)) && alone(Some(end))).then_some(found)
    };
    (0..bytes.len()).find_map(|at| date(at, 1).or_else(|| date(at, 0)))
}

#[cfg(test)]
mod tests {
    use super::{NaiveDate, date_in_name};

    #[test]
    fn a_date_in_a_name_stands_alone() {
        for name in ["server.log.2026-03-11", "2026_03_11-app.log", "app-20260311.log.gz", "access_log-20260311"] {
            assert_eq!(date_in_name(name), NaiveDate::from_ymd_opt(2026, 3, 11), "{name}");
        }
        for name in ["app.log", "app-202603111.log", "9020260311", "2026-13-11", "1026-03-11", "v2026-03.11", "é2026"]
        {
            assert_eq!(date_in_name(name), None, "{name}");
        }
    }
}
