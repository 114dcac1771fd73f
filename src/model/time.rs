//! Points in time with the precision that the log had.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How finely a log wrote a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// Whole seconds: such a time cannot prove 200 ms.
    Second,
    /// Milliseconds (one to three fraction digits).
    Milli,
    /// Microseconds.
    Micro,
    /// Nanoseconds.
    Nano,
}

impl Precision {
    /// The precision that a number of fraction digits gives.
    pub fn of_digits(digits: usize) -> Self {
        match digits {
            0 => Self::Second,
            1..=3 => Self::Milli,
            4..=6 => Self::Micro,
            _ => Self::Nano,
        }
    }

    /// `s`, `ms`, `us` or `ns`, as the events export writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Milli => "ms",
            Self::Micro => "us",
            Self::Nano => "ns",
        }
    }
}

/// What the log left out of a time, so that the source had to tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Assumed {
    /// Nothing.
    #[default]
    Nothing,
    /// The year.
    Year,
    /// The whole date.
    Date,
}

/// A point in time: nanoseconds since the Unix epoch, UTC, and the precision it was written with.
/// Orders by time, then by precision. Each event holds one: packed, it takes a word less, which is that of the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C, packed(4))]
pub struct Timestamp {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub nanos: i64,
    /// How finely the log wrote it.
    pub precision: Precision,
}

impl Timestamp {
    /// A time with the given precision.
    pub fn new(nanos: i64, precision: Precision) -> Self {
        Self { nanos, precision }
    }

    /// A time of whole milliseconds, as tests and generators want it.
    pub fn from_millis(millis: i64) -> Self {
        Self::new(millis.saturating_mul(1_000_000), Precision::Milli)
    }

    /// Milliseconds from `earlier` to this time, rounded down; negative when it is later.
    pub fn millis_since(self, earlier: Self) -> i64 {
        (self.nanos.saturating_sub(earlier.nanos)).div_euclid(1_000_000)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = match self.precision {
            Precision::Second => SecondsFormat::Secs,
            Precision::Milli => SecondsFormat::Millis,
            Precision::Micro => SecondsFormat::Micros,
            Precision::Nano => SecondsFormat::Nanos,
        };
        formatter.write_str(&DateTime::<Utc>::from_timestamp_nanos(self.nanos).to_rfc3339_opts(format, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = DateTime::parse_from_rfc3339(&text).map_err(de::Error::custom)?;
        let digits = text.split_once('.').map_or(0, |(_, tail)| tail.bytes().take_while(u8::is_ascii_digit).count());
        let nanos = parsed.timestamp_nanos_opt().ok_or_else(|| de::Error::custom("time out of range"))?;
        Ok(Self::new(nanos, Precision::of_digits(digits)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Precision, Timestamp};

    #[test]
    fn prints_in_utc_with_its_own_precision_and_reads_back() {
        let time = Timestamp::new(1_767_323_045_120_000_000, Precision::Milli);
        assert_eq!(time.to_string(), "2026-01-02T03:04:05.120Z");
        assert_eq!(Timestamp::new(time.nanos, Precision::Second).to_string(), "2026-01-02T03:04:05Z");
        let json = serde_json::to_string(&time).unwrap();
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), time);
    }
}
