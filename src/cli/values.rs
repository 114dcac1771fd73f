//! Durations, times and zones as people write them. Pure: the clock and the zone are given.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};

use crate::model::{Precision, Timestamp, Zone};

/// The longest window that makes sense: beyond it everything competes with everything.
const LONGEST_WINDOW: Duration = Duration::from_hours(1);

/// `200ms`, `1s`, `1.5s`, `2m`; a bare number is milliseconds.
pub(super) fn window(text: &str) -> Result<Duration, String> {
    let hint = "write 200ms, 1s, 1.5s or a number of milliseconds";
    let text = text.trim();
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (amount, unit) = text.split_at(unit_at);
    let amount = amount.trim_end();
    // f64 would also take `inf`, `1e3` and `-1`.
    let plain = amount.bytes().all(|b| b.is_ascii_digit() || b == b'.') && amount.bytes().any(|b| b.is_ascii_digit());
    let amount: f64 = amount.parse().ok().filter(|_| plain).ok_or(hint)?;
    let millis = match unit {
        "" | "ms" => amount,
        "s" => amount * 1e3,
        "m" | "min" => amount * 60e3,
        _ => return Err(hint.into()),
    };
    if millis > LONGEST_WINDOW.as_millis() as f64 {
        return Err("a window is at most one hour".into());
    }
    Ok(Duration::from_secs_f64(millis / 1e3))
}

/// A zone by IANA name (in any case) or fixed offset.
pub(super) fn zone(text: &str) -> Result<Zone, String> {
    let name = text.trim();
    if name.eq_ignore_ascii_case("z") {
        return Ok(Zone::UTC);
    }
    if let Some(named) = chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name)) {
        return Ok(Zone::Named(*named));
    }
    fixed_offset(name)
        .map(Zone::Fixed)
        .ok_or_else(|| "write UTC, a name like Europe/Berlin, an offset like +02:00, or local".into())
}

/// `+02:00`, `-0530`, `+2`.
fn fixed_offset(text: &str) -> Option<FixedOffset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
        (Some(parts), _) => parts,
        (None, 1 | 2) => (digits, "0"),
        (None, 4) => digits.split_at_checked(2)?,
        _ => return None,
    };
    let number = |part: &str| part.parse::<i32>().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()));
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))
}

/// A point in time: RFC 3339, a date with or without a clock time (in `zone`), `today`,
/// `yesterday`, `now`, or back from now (`-3h`, `3h`, `2d ago`).
///
/// The precision is the coarsest, so that an event at the very moment is "at or after" it,
/// however finely its log wrote the time.
pub(super) fn moment(text: &str, zone: Zone, now: DateTime<Utc>) -> Result<Timestamp, String> {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let today = || local(zone, now).date();
    let nanos = match lower.as_str() {
        "now" => now.timestamp_nanos_opt(),
        "today" => at(zone, today().and_time(NaiveTime::MIN)),
        "yesterday" => today().pred_opt().and_then(|day| at(zone, day.and_time(NaiveTime::MIN))),
        _ => written(text, zone).or_else(|| now.checked_sub_signed(back(&lower)?)?.timestamp_nanos_opt()),
    };
    nanos.map(|nanos| Timestamp::new(nanos, Precision::Second)).ok_or_else(|| {
        "write 2026-01-02T03:04:05Z, 2026-01-02, '2026-01-02 03:04', today, yesterday, or back from now: 3h, '2d ago'"
            .into()
    })
}

/// A time that is written out.
fn written(text: &str, zone: Zone) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return time.timestamp_nanos_opt();
    }
    let clock = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|date| date.and_time(NaiveTime::MIN));
    at(zone, clock.or_else(date)?)
}

/// `-3h`, `3h`, `1h30m`, `2d ago`: how far back.
fn back(lower: &str) -> Option<TimeDelta> {
    let text = lower.strip_suffix("ago").unwrap_or(lower).trim();
    let mut rest = text.strip_prefix('-').unwrap_or(text).trim_start();
    let mut seconds: i64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (amount, tail) = rest.split_at(digits);
        let tail = tail.trim_start();
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at(letters);
        let unit = match unit {
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            "w" | "week" | "weeks" => 604_800,
            _ => return None,
        };
        seconds = seconds.checked_add(amount.parse::<i64>().ok()?.checked_mul(unit)?)?;
        rest = tail.trim_start();
    }
    TimeDelta::try_seconds(seconds)
}

/// The instant of a local time.
fn at(zone: Zone, time: NaiveDateTime) -> Option<i64> {
    let offset = TimeDelta::seconds(i64::from(zone.offset_seconds(time)));
    time.checked_sub_signed(offset)?.and_utc().timestamp_nanos_opt()
}

/// What the clocks of a zone show at an instant.
fn local(zone: Zone, instant: DateTime<Utc>) -> NaiveDateTime {
    let offset = match zone {
        Zone::Named(named) => named.offset_from_utc_datetime(&instant.naive_utc()).fix(),
        Zone::Fixed(offset) => offset,
    };
    instant.with_timezone(&offset).naive_local()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, FixedOffset, Utc};
    use proptest::prelude::*;

    use super::{moment, window, zone};
    use crate::model::{Timestamp, Zone};

    fn now() -> DateTime<Utc> {
        "2026-03-10T23:30:00Z".parse().unwrap()
    }

    #[test]
    fn windows_have_units_and_everything_else_is_refused() {
        for (text, millis) in [("200ms", 200), ("1s", 1000), ("1.5s", 1500), ("250", 250), ("0", 0), ("2 s", 2000)] {
            assert_eq!(window(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "ms", "-1", "-1s", "1x", "1e3", "inf", "nan", "1.2.3s", "2h", "1s 5ms", "61m", "9999999999"] {
            assert!(window(text).is_err(), "{text}");
        }
    }

    #[test]
    fn zones_are_names_in_any_case_or_offsets() {
        assert_eq!(zone("utc"), Ok(Zone::UTC));
        assert_eq!(zone("europe/BERLIN"), Ok(Zone::Named(chrono_tz::Europe::Berlin)));
        let fixed = |seconds| Ok(Zone::Fixed(FixedOffset::east_opt(seconds).unwrap()));
        assert_eq!(zone("+02:00"), fixed(7200));
        assert_eq!(zone("-0530"), fixed(-19_800));
        assert_eq!(zone("+2"), fixed(7200));
        for text in ["", "+", "Berlin", "+25:00", "02:00", "+02:60", "+é", "+-2:00", "Europe/Berlino"] {
            assert!(zone(text).is_err(), "{text}");
        }
    }

    #[test]
    fn moments_are_absolute_in_the_zone_or_back_from_now() {
        let berlin = Zone::Named(chrono_tz::Europe::Berlin);
        for (text, zone, expected) in [
            ("2026-01-02T03:04:05+01:00", Zone::UTC, "2026-01-02T02:04:05Z"),
            ("2026-01-02", berlin, "2026-01-01T23:00:00Z"),
            ("2026-01-02 03:04", Zone::UTC, "2026-01-02T03:04:00Z"),
            ("2026-07-02 03:04:05", berlin, "2026-07-02T01:04:05Z"),
            ("2026-01-02T03:04:05", Zone::UTC, "2026-01-02T03:04:05Z"),
            ("today", Zone::UTC, "2026-03-10T00:00:00Z"),
            // In Berlin it is already half past midnight.
            ("today", berlin, "2026-03-10T23:00:00Z"),
            ("Yesterday", Zone::UTC, "2026-03-09T00:00:00Z"),
            ("-3h", Zone::UTC, "2026-03-10T20:30:00Z"),
            ("3h", Zone::UTC, "2026-03-10T20:30:00Z"),
            ("2d ago", Zone::UTC, "2026-03-08T23:30:00Z"),
            ("1h30m", Zone::UTC, "2026-03-10T22:00:00Z"),
            ("now", Zone::UTC, "2026-03-10T23:30:00Z"),
        ] {
            assert_eq!(moment(text, zone, now()).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "-", "ago", "soon", "3", "3x", "2026-13-01", "9999-01-01", "99999999999999w", "--3h", "h"] {
            assert!(moment(text, Zone::UTC, now()).is_err(), "{text}");
        }
    }

    #[test]
    fn an_event_at_the_moment_is_not_before_it_however_fine_its_log_is() {
        let since = moment("2026-01-02T03:04:05Z", Zone::UTC, now()).unwrap();
        let event = Timestamp::from_millis(since.nanos / 1_000_000);
        assert!(event >= since && Timestamp::new(since.nanos, super::Precision::Second) >= since);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,12}") {
            let _ = (window(&text), zone(&text), moment(&text, Zone::UTC, now()));
        }
    }
}
