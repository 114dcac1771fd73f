//! The zone of times that carry none (`--tz`).

use chrono::{FixedOffset, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

/// A zone by name or a fixed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// An IANA zone.
    Named(Tz),
    /// An offset east of UTC.
    Fixed(FixedOffset),
}

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self::Named(chrono_tz::UTC);

    /// Seconds east of UTC that this zone's clocks show at a local time. In the hour that clocks
    /// show twice it is the earlier reading; a time in an hour that they skip was never shown: it is
    /// read with the offset that holds around it.
    pub fn offset_seconds(self, local: NaiveDateTime) -> i32 {
        match self {
            Self::Fixed(offset) => offset.local_minus_utc(),
            Self::Named(zone) => zone
                .offset_from_local_datetime(&local)
                .earliest()
                .unwrap_or_else(|| zone.offset_from_utc_datetime(&local))
                .fix()
                .local_minus_utc(),
        }
    }
}

impl std::fmt::Display for Zone {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(zone) => formatter.write_str(zone.name()),
            Self::Fixed(offset) => write!(formatter, "{offset}"),
        }
    }
}
