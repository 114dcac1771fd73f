//! Times as a number since 1970.

use super::timestamp::Stamp;
use crate::model::{Precision, Timestamp};

/// Reads a time since 1970 at the start of a text, `1777881627.325 host …`, as long as those of this century are.
pub(super) fn leading_epoch(text: &str) -> Option<(Stamp, usize)> {
    let used = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let number = &text[..used];
    let whole = number.split('.').next().unwrap_or(number);
    let stands_alone = matches!(text.as_bytes().get(used), Some(b' ' | b'\t' | b']' | b'|'));
    // Nine digits or eleven are a number of something else.
    let stamp = epoch(number).filter(|_| stands_alone && matches!(whole.len(), 10 | 13 | 16 | 19))?;
    Some((stamp, used))
}

/// A number of seconds, milliseconds, microseconds or nanoseconds since 1970, by its magnitude;
/// a fraction is kept.
pub(super) fn epoch(text: &str) -> Option<Stamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let sane =
        (9..=19).contains(&whole.len()) && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !sane {
        return exponent_epoch(text);
    }
    let number: i64 = whole.parse().ok()?;
    let (scale, digits) = match number {
        100_000_000..=99_999_999_999 => (1_000_000_000, 0),
        100_000_000_000..=99_999_999_999_999 => (1_000_000, 3),
        100_000_000_000_000..=99_999_999_999_999_999 => (1_000, 6),
        100_000_000_000_000_000.. => (1, 9),
        _ => return None,
    };
    let fraction = &fraction[..fraction.len().min(9 - digits)];
    let mut nanos = number.checked_mul(scale)?;
    let mut unit = scale;
    for digit in fraction.bytes() {
        unit /= 10;
        nanos = nanos.checked_add(i64::from(digit - b'0') * unit)?;
    }
    let precision = Precision::of_digits(digits + fraction.len());
    Some(Stamp {
        time: Timestamp::new(nanos, precision),
        zone_assumed: false,
        year_assumed: false,
        date_assumed: false,
    })
}

/// `1.767323045123e+09`: some encoders print epoch seconds so.
fn exponent_epoch(text: &str) -> Option<Stamp> {
    if !(text.contains(['e', 'E']) && text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+".contains(&byte))) {
        return None;
    }
    let number: f64 = text.parse().ok().filter(|number| (1e8..1e19).contains(number))?;
    epoch(&format!("{number:.6}"))
}

#[cfg(test)]
mod tests {
    use super::leading_epoch;

    #[test]
    fn a_number_at_the_start_is_a_time_by_its_length_alone() {
        let nanos = |text: &str| leading_epoch(text).map(|(stamp, used)| (stamp.time.nanos, used));
        assert_eq!(nanos("1772452800.123 host x"), Some((1_772_452_800_123_000_000, 14)));
        assert_eq!(nanos("1772452800123 x"), Some((1_772_452_800_123_000_000, 13)));
        for other in ["123456789 x", "17724528001 x", "1772452800", "1772452800x", "1772452800.1.2 x", "x"] {
            assert_eq!(nanos(other), None, "{other}");
        }
    }
}
