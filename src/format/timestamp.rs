//! Times as logs write them: a hand-written reader for every layout, no allocation, no guess.

use chrono::{Datelike, NaiveDate, NaiveDateTime};

use super::day::{Day, yearless};
use super::epoch::epoch;
use super::{months, rfc3339};
use crate::model::{Assumed, Precision, Timestamp, Zone};

/// What a time that leaves something out is completed with.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Zone of times without an offset.
    pub zone: Zone,
    /// A day of the source: what completes times without a year, and those without a date.
    pub day: Option<Day>,
}

/// A time as read, and what was assumed to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The time.
    pub time: Timestamp,
    /// The log wrote no offset: `--tz` was taken.
    pub zone_assumed: bool,
    /// The log wrote no year: the source's was taken.
    pub year_assumed: bool,
    /// The log wrote no date at all: the source's was taken. Which of its days, if it has several, is not known
    /// from one record.
    pub date_assumed: bool,
}

impl Stamp {
    /// What of the date is the source's.
    pub fn assumed(&self) -> Assumed {
        match (self.date_assumed, self.year_assumed) {
            (true, _) => Assumed::Date,
            (_, true) => Assumed::Year,
            _ => Assumed::Nothing,
        }
    }
}

/// Reads a whole value as a time: a field of a JSON or logfmt record.
pub fn parse(text: &str, clock: &Clock) -> Option<Stamp> {
    if let Some(stamp) = rfc3339::in_utc(text.as_bytes()) {
        return Some(stamp);
    }
    let text = text.trim().trim_matches(['[', ']']);
    if let Some(stamp) = epoch(text) {
        return Some(stamp);
    }
    let (stamp, used) = leading(text, clock)?;
    let rest = text[used..].trim();
    (rest.is_empty() || rest == "Z" || rest.starts_with("m=+") || rest.starts_with('[')).then_some(stamp)
}

/// Reads a time at the start of a text; also returns how many bytes it took.
pub fn leading(text: &str, clock: &Clock) -> Option<(Stamp, usize)> {
    let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
    let civil = match cursor.bytes.first()? {
        b'0'..=b'9' => numeric_date(&mut cursor, clock)?,
        b'A'..=b'Z' => named_date(&mut cursor, clock)?,
        b'a'..=b'z' if months::may_begin(cursor.bytes) => named_date(&mut cursor, clock)?,
        _ => return None,
    };
    let zone = offset(&mut cursor).or_else(|| named_zone(&mut cursor, &civil));
    // `Fri Jan 02 03:04:05.123456 2026`: the year follows the clock.
    let civil = if civil.year_assumed { trailing_year(&mut cursor, civil) } else { civil };
    let (day, at) = (civil.date.and_hms_opt(0, 0, 0)?, cursor.at);
    Some((assemble(day, &civil, zone, clock)?, at))
}

/// Reads a time of day at the start of a text, `10:22:19,903`, as one of the source's day.
pub fn time_of_day(text: &str, clock: &Clock) -> Option<Stamp> {
    let (Day::Last(date) | Day::Named(date)) = clock.day? else { return None };
    let bytes = text.strip_prefix('[').unwrap_or(text).as_bytes();
    if bytes.get(2) != Some(&b':') || bytes.get(5) != Some(&b':') {
        return None;
    }
    let mut cursor = Cursor { bytes, at: 0 };
    let civil = clock_time(&mut cursor, date, false)?;
    let ends = matches!(cursor.peek(), b' ' | b']' | b'\t' | b'|' | 0);
    let stamp = assemble(date.and_hms_opt(0, 0, 0)?, &civil, None, clock)?;
    ends.then_some(Stamp { date_assumed: true, ..stamp })
}

struct Civil {
    date: NaiveDate,
    year_assumed: bool,
    seconds: i64,
    nanos: i64,
    digits: usize,
}

fn assemble(day: NaiveDateTime, civil: &Civil, zone: Option<i32>, clock: &Clock) -> Option<Stamp> {
    let local = day + chrono::Duration::seconds(civil.seconds);
    let offset = zone.unwrap_or_else(|| clock.zone.offset_seconds(local));
    let seconds = local.and_utc().timestamp().checked_sub(i64::from(offset))?;
    let nanos = seconds.checked_mul(1_000_000_000)?.checked_add(civil.nanos)?;
    let time = Timestamp::new(nanos, Precision::of_digits(civil.digits));
    Some(Stamp { time, zone_assumed: zone.is_none(), year_assumed: civil.year_assumed, date_assumed: false })
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn take(&mut self, wanted: &[u8]) -> Option<u8> {
        let found = self.peek();
        wanted.contains(&found).then(|| {
            self.at += 1;
            found
        })
    }

    /// Exactly `width` digits.
    fn digits(&mut self, width: usize) -> Option<u32> {
        let slice = self.bytes.get(self.at..self.at + width)?;
        let mut number = 0;
        for byte in slice {
            number = number * 10 + u32::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
        }
        self.at += width;
        Some(number)
    }

    /// One or two digits, a leading space allowed (`Jan  2`).
    fn day(&mut self) -> Option<u32> {
        while self.peek() == b' ' {
            self.at += 1;
        }
        self.digits(2).or_else(|| self.digits(1))
    }

    fn month_name(&mut self) -> Option<u32> {
        let (month, length) = months::named(self.bytes.get(self.at..)?)?;
        self.at += length;
        Some(month)
    }
}

/// Layouts that begin with a digit.
fn numeric_date(cursor: &mut Cursor<'_>, clock: &Clock) -> Option<Civil> {
    let run = cursor.bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // Grafana's console: `10-11|17:02:37`
    if run == 2 && cursor.bytes.get(2) == Some(&b'-') && cursor.bytes.get(5) == Some(&b'|') {
        let month = cursor.digits(2)?;
        cursor.at += 1;
        let date = yearless(month, cursor.digits(2)?, clock.day)?;
        cursor.at += 1;
        return clock_time(cursor, date, true);
    }
    // Android: `03-11 08:15:01.120`
    if run == 2
        && cursor.bytes.get(2) == Some(&b'-')
        && cursor.bytes.get(5) == Some(&b' ')
        && cursor.bytes.get(8) == Some(&b':')
        && cursor.bytes.get(14) == Some(&b'.')
    {
        let month = cursor.digits(2)?;
        cursor.at += 1;
        let date = yearless(month, cursor.digits(2)?, clock.day)?;
        cursor.at += 1;
        return clock_time(cursor, date, true);
    }
    // klog: `0102 03:04:05.123456`
    if run == 4 && cursor.bytes.get(4) == Some(&b' ') {
        let date = yearless(cursor.digits(2)?, cursor.digits(2)?, clock.day)?;
        cursor.at += 1;
        return clock_time(cursor, date, true);
    }
    let date = match run {
        4 => {
            let year = cursor.digits(4)?;
            let separator = cursor.take(b"-/.")?;
            let month = cursor.digits(2)?;
            cursor.take(&[separator])?;
            (year, month, cursor.digits(2)?)
        }
        8 | 14 => (cursor.digits(4)?, cursor.digits(2)?, cursor.digits(2)?),
        1 | 2 => day_first(cursor)?,
        _ => return None,
    };
    let date = NaiveDate::from_ymd_opt(i32::try_from(date.0).ok()?, date.1, date.2)?;
    // JavaScript's own: `1/31/2026, 3:04:05 PM`.
    let comma = cursor.bytes[cursor.at..].starts_with(b", ") && cursor.take(b",").is_some();
    let joined = run == 8 && cursor.take(b"-").is_some();
    if run != 14 && !comma && !joined && cursor.take(b"T t:_").is_none() {
        return None;
    }
    while cursor.peek() == b' ' {
        cursor.at += 1;
    }
    clock_time(cursor, date, false)
}

/// `02/Jan/2026`, `02 Jan 2026`, `02-Jan-2026`, `2. Januar 2026`, or `01/31/2026` (the American order unless the
/// first number cannot be a month).
fn day_first(cursor: &mut Cursor<'_>) -> Option<(u32, u32, u32)> {
    let first = cursor.day()?;
    let separator = cursor.take(b"/ -.")?;
    let named = cursor.bytes.get(cursor.at + 1).is_some_and(u8::is_ascii_alphabetic);
    let separator = if separator == b'.' && named { cursor.take(b" ").unwrap_or(separator) } else { separator };
    if cursor.peek().is_ascii_alphabetic() {
        let month = cursor.month_name()?;
        cursor.take(&[separator])?;
        return Some((cursor.digits(4)?, month, first));
    }
    let second = cursor.day()?;
    cursor.take(&[separator])?;
    let year = cursor.digits(4)?;
    Some(if first > 12 || separator == b'.' { (year, second, first) } else { (year, first, second) })
}

/// `Jan  2 03:04:05`, `Fri Jan 02 03:04:05 2026`, `Fri, 02 Jan 2026 03:04:05 GMT`.
fn named_date(cursor: &mut Cursor<'_>, clock: &Clock) -> Option<Civil> {
    let month = if let Some(month) = cursor.month_name() {
        month
    } else {
        let weekday = cursor.bytes.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        if !(3..=9).contains(&weekday) {
            return None;
        }
        cursor.at = weekday;
        cursor.take(b",");
        cursor.take(b" ")?;
        if cursor.peek().is_ascii_digit() {
            let (year, month, day) = day_first(cursor)?;
            cursor.take(b" ")?;
            return clock_time(cursor, NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?, false);
        }
        cursor.month_name()?
    };
    cursor.take(b" ")?;
    let day = cursor.day()?;
    cursor.take(b",");
    cursor.take(b" ")?;
    // `Jan 02 2026 03:04:05`, `Jan 02, 2026 3:04:05 PM`
    let before = cursor.at;
    if let Some(year) = cursor.digits(4)
        && (cursor.take(b",").is_some() | cursor.take(b" ").is_some())
    {
        cursor.take(b" ");
        return clock_time(cursor, NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?, false);
    }
    cursor.at = before;
    let date = yearless(month, day, clock.day)?;
    clock_time(cursor, date, true)
}

fn trailing_year(cursor: &mut Cursor<'_>, civil: Civil) -> Civil {
    let before = cursor.at;
    if cursor.take(b" ").is_some()
        && let Some(year) = cursor.digits(4).filter(|year| (1970..2200).contains(year))
        && !cursor.peek().is_ascii_alphanumeric()
        && let Some(date) = i32::try_from(year).ok().and_then(|year| civil.date.with_year(year))
    {
        return Civil { date, year_assumed: false, ..civil };
    }
    cursor.at = before;
    civil
}

/// `03:04:05`, with a fraction after `.` or `,` or of three digits after `:`; also `030405` after a compact date.
fn clock_time(cursor: &mut Cursor<'_>, date: NaiveDate, year_assumed: bool) -> Option<Civil> {
    let hour = cursor.digits(2).or_else(|| cursor.digits(1))?;
    let colon = cursor.take(b":");
    let minute = cursor.digits(2)?;
    if colon.is_some() {
        cursor.take(b":")?;
    }
    let second = cursor.digits(2)?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut nanos = 0;
    let mut digits = 0;
    let digits_behind = cursor.bytes[cursor.at..].iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
    let parted = match cursor.peek() {
        b'.' | b',' => digits_behind > 0,
        b':' => digits_behind == 3 && colon.is_some(),
        _ => false,
    };
    if parted {
        cursor.at += 1;
        let mut unit = 100_000_000;
        while cursor.peek().is_ascii_digit() {
            nanos += i64::from(cursor.peek() - b'0') * unit;
            unit /= 10;
            digits += 1;
            cursor.at += 1;
        }
    }
    let hour = half_day(cursor, hour)?;
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Some(Civil { date, year_assumed, seconds, nanos, digits })
}

/// The hour of the day, where `AM` or `PM` follows: ` 3:04:05 PM`.
fn half_day(cursor: &mut Cursor<'_>, hour: u32) -> Option<u32> {
    let rest = &cursor.bytes[cursor.at..];
    let space = usize::from(rest.first() == Some(&b' '));
    let half = rest.get(space..space + 2).map(<[u8]>::to_ascii_lowercase);
    let followed = rest.get(space + 2).is_some_and(u8::is_ascii_alphanumeric);
    let shift = match half.as_deref() {
        Some(b"am") if !followed => 0,
        Some(b"pm") if !followed => 12,
        _ => return Some(hour),
    };
    cursor.at += space + 2;
    (1..=12).contains(&hour).then_some(hour % 12 + shift)
}

/// Zone names and their hours east of UTC. Names that stand for several zones (IST, CST of China) are left out;
/// those of North America are read as such.
const ZONES: [(&str, i32); 27] = [
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("z", 0),
    ("WET", 0),
    ("WEST", 1),
    ("BST", 1),
    ("CET", 1),
    ("MEZ", 1),
    ("CEST", 2),
    ("MESZ", 2),
    ("EET", 2),
    ("EEST", 3),
    ("MSK", 3),
    ("JST", 9),
    ("KST", 9),
    ("AEST", 10),
    ("AEDT", 11),
    ("NZST", 12),
    ("NZDT", 13),
    ("EST", -5),
    ("EDT", -4),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

/// `Z`, `+02:00`, `+0200`, `+02`, ` UTC`, ` GMT`, ` +0000`; the seconds east of UTC.
fn offset(cursor: &mut Cursor<'_>) -> Option<i32> {
    let before = cursor.at;
    cursor.take(b" ");
    let rest = &cursor.bytes[cursor.at..];
    let named = ZONES.iter().find(|(name, _)| {
        rest.starts_with(name.as_bytes()) && !rest.get(name.len()).is_some_and(u8::is_ascii_alphanumeric)
    });
    if let Some((name, hours)) = named {
        cursor.at += name.len();
        return Some(hours * 3600);
    }
    let found = numeric_offset(cursor);
    if found.is_none() {
        cursor.at = before;
    }
    found
}

/// ` Europe/Berlin`, `[Asia/Tokyo]`, as PHP and Java write them; the seconds east of UTC at that time.
fn named_zone(cursor: &mut Cursor<'_>, civil: &Civil) -> Option<i32> {
    let rest = &cursor.bytes[cursor.at..];
    let start = rest.iter().take(2).take_while(|byte| b" [".contains(byte)).count();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_-+".contains(byte);
    let length = rest[start..].iter().take(40).take_while(|byte| is_part(byte)).count();
    let name = &rest[start..start + length];
    if start == 0 || !name.contains(&b'/') {
        return None;
    }
    let zone: chrono_tz::Tz = std::str::from_utf8(name).ok()?.parse().ok()?;
    let local = civil.date.and_hms_opt(0, 0, 0)? + chrono::Duration::seconds(civil.seconds);
    cursor.at += start + length + usize::from(rest[..start].ends_with(b"[") && rest.get(start + length) == Some(&b']'));
    Some(Zone::Named(zone).offset_seconds(local))
}

fn numeric_offset(cursor: &mut Cursor<'_>) -> Option<i32> {
    let sign = if cursor.take(b"+-")? == b'-' { -1 } else { 1 };
    let hours = cursor.digits(2)?;
    let colon = cursor.take(b":");
    let minutes = cursor.digits(2).or(colon.is_none().then_some(0))?;
    let followed = cursor.peek().is_ascii_digit();
    (hours <= 14 && minutes < 60 && !followed).then(|| sign * i32::try_from(hours * 3600 + minutes * 60).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{Clock, Day, leading, parse, time_of_day};
    use crate::model::{Precision, Zone};

    fn clock() -> Clock {
        Clock { zone: Zone::UTC, day: NaiveDate::from_ymd_opt(2026, 3, 9).map(Day::Last) }
    }

    fn shown(text: &str) -> String {
        parse(text, &clock()).map_or_else(|| "none".into(), |stamp| stamp.time.to_string())
    }

    #[test]
    fn every_layout_of_the_same_moment() {
        for text in [
            "2026-01-02T03:04:05.123Z",
            "2026-01-02 03:04:05,123",
            "2026-01-02 03:04:05.123",
            "2026-01-02T04:04:05.123+01:00",
            "2026-01-02T04:04:05.123+0100",
            "2026-01-01T22:04:05.123-05:00",
            "2026-01-02 03:04:05.123 +0000",
            "2026-01-02 03:04:05.123 UTC",
            "2026/01/02 03:04:05.123",
            "20260102T030405.123Z",
            "20260102030405.123",
            "20260102-030405.123",
            "02/Jan/2026:03:04:05.123 +0000",
            "02 Jan 2026 03:04:05.123",
            "01/02/2026 03:04:05.123",
            "Fri Jan 02 03:04:05.123 2026",
            "2 gen 2026 03:04:05.123",
            "02-janv.-2026 03:04:05.123",
            "2. Januar 2026 03:04:05.123",
            "January 2, 2026 3:04:05.123 AM",
            "ene  2 03:04:05.123",
            "Jan 02, 2026 3:04:05.123 AM",
            "01/02/2026 3:04:05.123 AM",
            "2026-01-02 03:04:05:123",
            "1/2/2026, 3:04:05.123 AM",
            "2026-01-02 04:04:05.123 CET",
            "2026-01-01 19:04:05.123 PST",
            "2026-01-02 04:04:05.123 Europe/Berlin",
            "2026-01-02 12:04:05.123 [Asia/Tokyo]",
            "[02-Jan-2026 04:04:05.123 Europe/Berlin]",
            "01-02|03:04:05.123",
            "Jan  2 03:04:05.123",
            "0102 03:04:05.123",
            "1767323045123",
            "1767323045.123",
            "[2026-01-02 03:04:05.123]",
        ] {
            assert_eq!(shown(text), "2026-01-02T03:04:05.123Z", "{text}");
        }
    }

    #[test]
    fn precision_is_what_was_written() {
        for (text, precision) in [
            ("2026-01-02T03:04:05Z", Precision::Second),
            ("1767323045", Precision::Second),
            ("1767323045123456", Precision::Micro),
            ("1767323045123456789", Precision::Nano),
            ("2026-01-02T03:04:05.1234567Z", Precision::Nano),
            ("Fri, 02 Jan 2026 03:04:05 GMT", Precision::Second),
        ] {
            assert_eq!(parse(text, &clock()).unwrap().time.precision, precision, "{text}");
        }
    }

    #[test]
    fn what_is_assumed_is_said() {
        let stamp = parse("Dec 31 23:59:59", &clock()).unwrap();
        assert!(stamp.year_assumed && stamp.zone_assumed);
        assert_eq!(stamp.time.to_string(), "2025-12-31T23:59:59Z");
        assert!(!parse("2026-01-02T03:04:05Z", &clock()).unwrap().zone_assumed);
        assert!(parse("Jan 2 03:04:05", &Clock { day: None, ..clock() }).is_none());
    }

    #[test]
    fn zone_names_shift_local_times() {
        let berlin = Clock { zone: Zone::Named(chrono_tz::Europe::Berlin), day: None };
        assert_eq!(parse("2026-07-02 03:04:05", &berlin).unwrap().time.to_string(), "2026-07-02T01:04:05Z");
    }

    #[test]
    fn hours_of_half_a_day() {
        assert_eq!(shown("1/2/2026 12:04:05 AM"), "2026-01-02T00:04:05Z");
        assert_eq!(shown("1/2/2026 12:04:05 PM"), "2026-01-02T12:04:05Z");
        assert_eq!(shown("1/2/2026 3:04:05 PM"), "2026-01-02T15:04:05Z");
        assert_eq!(shown("1/2/2026 13:04:05 PM"), "none");
    }

    #[test]
    fn no_time_is_invented() {
        for text in
            ["", "2026", "200", "2026-13-02T03:04:05Z", "2026-01-02T25:04:05Z", "12:04:05", "abc", "20260102", "42.5"]
        {
            assert_eq!(shown(text), "none", "{text}");
        }
    }

    #[test]
    fn a_leading_time_tells_how_long_it_is() {
        let (_, used) = leading("2026-01-02 03:04:05,123 WARN x", &clock()).unwrap();
        assert_eq!(used, 23);
        let (_, used) = leading("2026-01-02T03:04:05.123456789Z stderr F x", &clock()).unwrap();
        assert_eq!(used, 30);
    }

    #[test]
    fn years_and_dates_come_from_the_source() {
        let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
        let of = |text: &str, day: Day| parse(text, &Clock { day: Some(day), ..clock() }).unwrap().time.to_string();
        assert_eq!(of("12-31 23:59:59.120", Day::Last(day(1, 2))), "2025-12-31T23:59:59.120Z");
        assert_eq!(of("Mar 12 00:00:01", Day::Last(day(3, 11))), "2026-03-12T00:00:01Z");
        assert_eq!(of("Mar 20 00:00:01", Day::Last(day(3, 11))), "2025-03-20T00:00:01Z");
        assert_eq!(of("Feb 29 00:00:01", Day::Last(day(3, 11))), "2024-02-29T00:00:01Z");
        assert_eq!(of("12-31 23:59:59.120", Day::Named(day(1, 1))), "2025-12-31T23:59:59.120Z");
        assert_eq!(of("Jan  1 00:00:01", Day::Named(day(12, 31))), "2027-01-01T00:00:01Z");

        let named = Clock { day: Some(Day::Named(day(3, 11))), ..clock() };
        let found = time_of_day("10:22:19,903 WARN  [org.keycloak.events]", &named).unwrap();
        assert_eq!((found.time.to_string().as_str(), found.date_assumed), ("2026-03-11T10:22:19.903Z", true));
        assert!(time_of_day("[10:22:19] [main/INFO]: x", &named).is_some());
        for text in ["10:22 x", "10:22:19x", "1:22:19 x", "10:22:61 x", "ab:cd:ef x"] {
            assert!(time_of_day(text, &named).is_none(), "{text}");
        }
        assert!(time_of_day("10:22:19 x", &Clock { day: None, ..named }).is_none());
    }
}
