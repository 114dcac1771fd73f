//! Axes: from times to places across, and ticks that people can read off.

use chrono::{DateTime, Utc};

use crate::report::shown::Percent;
use crate::report::words::span;

/// One line of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) x: Percent,
    pub(super) label: String,
    /// Every second one: hidden where the picture is narrow.
    pub(super) minor: bool,
    /// Where its label hangs at the edges, so that it stays inside: `start`, `end`, or nowhere in particular.
    pub(super) hangs: &'static str,
}

/// A stretch of values on a stretch of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Where `low` and `high` lie, in percent.
    pub(super) left: f64,
    pub(super) right: f64,
}

impl Scale {
    pub(super) fn at(self, value: f64) -> Percent {
        let share = if self.high > self.low { (value - self.low) / (self.high - self.low) } else { 0.5 };
        Percent(self.left + share.clamp(0.0, 1.0) * (self.right - self.left))
    }
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Distances between ticks, in milliseconds.
const STEPS: [i64; 35] = [
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
    14 * DAY,
    30 * DAY,
    60 * DAY,
    90 * DAY,
    180 * DAY,
    365 * DAY,
];

fn step(length: i64, ticks: i64) -> i64 {
    let wanted = length.div_euclid(ticks) + i64::from(length.rem_euclid(ticks) > 0);
    STEPS.into_iter().find(|step| *step >= wanted).unwrap_or(wanted / (365 * DAY) * 365 * DAY + 365 * DAY)
}

/// Ticks at times of the clock, in milliseconds since the epoch.
pub(super) fn clock(scale: Scale, ticks: i64) -> Vec<Tick> {
    let (low, high) = (scale.low as i64, scale.high as i64);
    let step = step(high - low, ticks);
    let format = match step {
        0..SECOND => "%H:%M:%S%.3f",
        SECOND..MINUTE => "%H:%M:%S",
        MINUTE..DAY if high - low <= DAY => "%H:%M",
        MINUTE..DAY => "%d %b %H:%M",
        _ => "%d %b %Y",
    };
    let label = |at: i64| {
        DateTime::<Utc>::from_timestamp_millis(at).map_or_else(String::new, |time| time.format(format).to_string())
    };
    every(low, high, step).map(|(number, at)| tick(scale, number, at, label(at))).collect()
}

/// Ticks at spans from an origin, all in milliseconds.
pub(super) fn elapsed(scale: Scale, ticks: i64) -> Vec<Tick> {
    let (low, high) = (scale.low as i64, scale.high as i64);
    let label = |at: i64| match at {
        0 => "0".into(),
        _ => format!("{}{}", if at > 0 { "+" } else { "−" }, span(at.abs())),
    };
    every(low, high, step(high - low, ticks)).map(|(number, at)| tick(scale, number, at, label(at))).collect()
}

fn every(low: i64, high: i64, step: i64) -> impl Iterator<Item = (i64, i64)> {
    let first = low.div_euclid(step) + i64::from(low.rem_euclid(step) > 0);
    (first..=high.div_euclid(step)).map(move |number| (number, number * step))
}

fn tick(scale: Scale, number: i64, at: i64, label: String) -> Tick {
    let x = scale.at(at as f64);
    let hangs = match x.0 {
        ..4.0 => "start",
        96.0.. => "end",
        _ => "",
    };
    Tick { x, label, minor: number.rem_euclid(2) == 1, hangs }
}

#[cfg(test)]
mod tests {
    use super::{HOUR, Scale, clock, elapsed};

    fn scale(low: i64, high: i64) -> Scale {
        Scale { low: low as f64, high: high as f64, left: 0.0, right: 100.0 }
    }

    #[test]
    fn ticks_are_round_few_and_inside() {
        for length in [0, 1, 7, 210, 5_000, HOUR, 9 * HOUR, 400 * 24 * HOUR, 90_000 * 24 * HOUR] {
            let ticks = clock(scale(1_767_323_045_120, 1_767_323_045_120 + length), 6);
            assert!(ticks.len() <= 7, "{} ticks for {length}", ticks.len());
            assert!(ticks.iter().all(|tick| (0.0..=100.0).contains(&tick.x.0)));
        }
        let labels: Vec<String> = elapsed(scale(-20, 210), 5).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["0", "+50 ms", "+100 ms", "+150 ms", "+200 ms"]);
        let labels: Vec<String> = clock(scale(0, 8 * HOUR), 6).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["00:00", "02:00", "04:00", "06:00", "08:00"]);
    }
}
