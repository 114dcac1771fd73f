//! The layout of nearly all JSON logs, `2026-01-02T03:04:05.678Z`, by itself: read as the others are, at a tenth of the
//! price.

use chrono::{NaiveDate, NaiveTime};

use super::timestamp::Stamp;
use crate::model::{Precision, Timestamp};

/// Where the signs between the numbers stand.
const SIGNS: [(usize, u8); 5] = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
/// Bytes before the fraction.
const WHOLE: usize = 19;
/// Most digits of a fraction.
const FINEST: usize = 9;

/// A time in UTC that is nothing else; `None` where it is left to the reader of all layouts.
pub(super) fn in_utc(text: &[u8]) -> Option<Stamp> {
    let (whole, rest) = text.split_first_chunk::<WHOLE>()?;
    if SIGNS.iter().any(|(at, sign)| whole[*at] != *sign) {
        return None;
    }
    let two = |at: usize| number(&whole[at..at + 2]);
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(&whole[..4])?).ok()?, two(5)?, two(8)?)?;
    let time = NaiveTime::from_hms_opt(two(11)?, two(14)?, two(17)?)?;
    let fraction = match rest.strip_suffix(b"Z")? {
        [] => &[],
        [b'.', digits @ ..] if (1..=FINEST).contains(&digits.len()) => digits,
        _ => return None,
    };
    let nanos = number(fraction)? * 10_u32.pow((FINEST - fraction.len()) as u32);
    let seconds = date.and_time(time).and_utc().timestamp();
    let nanos = seconds.checked_mul(1_000_000_000)?.checked_add(i64::from(nanos))?;
    let time = Timestamp::new(nanos, Precision::of_digits(fraction.len()));
    Some(Stamp { time, zone_assumed: false, year_assumed: false, date_assumed: false })
}

/// Up to nine digits.
fn number(digits: &[u8]) -> Option<u32> {
    let add =
        |number: u32, byte: &u8| Some(number * 10 + u32::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?));
    digits.iter().try_fold(0, add)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::in_utc;
    use crate::format::Clock;
    use crate::format::timestamp::{Stamp, leading};
    use crate::model::Zone;

    /// The time, if all of a text is one to the reader of all layouts.
    fn read(text: &str) -> Option<Stamp> {
        let (stamp, used) = leading(text, &Clock { zone: Zone::UTC, day: None })?;
        (used == text.len()).then_some(stamp)
    }

    #[test]
    fn what_is_left_to_the_others() {
        assert!(in_utc(b"2026-01-02T03:04:05Z").is_some() && in_utc(b"2026-01-02T03:04:05.123456789Z").is_some());
        for text in [
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05.1234567890Z",
            "2026-01-02T03:04:05.678+01:00",
            "2026-01-02 03:04:05Z",
            "2026-02-30T03:04:05Z",
            "2026-01-02T03:04:60Z",
            "2026-01-02T24:04:05Z",
            "2O26-01-02T03:04:05Z",
            "2026-01-02T03:04:05ZZ",
            "",
        ] {
            assert_eq!(in_utc(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        /// Whatever is read here is read so by the reader of all layouts, too.
        #[test]
        fn nothing_is_read_otherwise(
            text in "[0-3][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?Z?",
        ) {
            if let Some(stamp) = in_utc(text.as_bytes()) {
                prop_assert_eq!(Some(stamp), read(&text));
            }
        }
    }
}
