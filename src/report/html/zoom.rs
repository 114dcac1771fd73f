//! The picture of one incident: who tried when, on whose lane, in milliseconds.
//!
//! The incident proper is drawn to scale. What followed much later (retries, the healing refresh, a new
//! sign-in) stands in order behind a break of the axis, so that it does not squeeze the cluster to a line.

use super::marks::{Sign, of_event};
use super::scale::{Scale, Tick, elapsed};
use crate::model::{Evidence, Finding, Role, Timestamp};
use crate::report::shown::{Percent, clip, worker};
use crate::report::words::{count, offset, span};

/// Lanes at most; further workers share the last one.
const LANES: usize = 8;
/// Height of a lane, in pixels, and what lies above and below all of them.
const LANE: usize = 40;
const ABOVE: usize = 26;
const BELOW: usize = 30;
/// Where the part to scale ends if something follows behind a break.
const BREAK: f64 = 72.0;
/// A name of a lane, in characters, that a narrow screen can show.
const NAME: usize = 44;

/// The picture of an incident.
pub(super) struct Zoom {
    pub(super) height: usize,
    /// Below the last lane.
    pub(super) floor: usize,
    pub(super) lanes: Vec<ZoomLane>,
    pub(super) window: Option<Band>,
    pub(super) marks: Vec<Mark>,
    pub(super) ticks: Vec<Tick>,
    /// Whether the axis is broken at [`Zoom::break_at`].
    pub(super) broken: bool,
    pub(super) break_at: Percent,
    /// When the last event behind the break was.
    pub(super) last: Option<String>,
    pub(super) legend: Vec<Sign>,
    pub(super) description: String,
    pub(super) note: Option<String>,
}

pub(super) struct ZoomLane {
    /// The line of the lane.
    pub(super) y: usize,
    pub(super) name: String,
    pub(super) full_name: String,
}

/// The window around a winner.
pub(super) struct Band {
    pub(super) x: Percent,
    pub(super) width: Percent,
    pub(super) label: String,
}

/// One event.
pub(super) struct Mark {
    pub(super) symbol: &'static str,
    pub(super) x: Percent,
    pub(super) y: usize,
    /// Where its request began and how wide its bar is, where the log has a duration.
    pub(super) bar: Option<(Percent, Percent)>,
    pub(super) title: String,
}

/// An event with its time in milliseconds from the start of the incident.
struct Timed<'a> {
    evidence: &'a Evidence,
    at: f64,
    began: f64,
}

/// `None` where fewer than two events have a time: one mark tells nothing that words do not.
pub(super) fn zoom(finding: &Finding, window_ms: Option<u64>) -> Option<Zoom> {
    let start = finding.evidence.iter().filter(|piece| is_proper(piece)).filter_map(|piece| piece.time).min()?;
    let timed: Vec<Timed<'_>> = finding.evidence.iter().filter_map(|evidence| timed(evidence, start)).collect();
    if timed.len() < 2 {
        return None;
    }
    let window = window_ms.filter(|_| races(finding)).map(|window| window as f64);
    let (low, high) = proper_stretch(&timed, window);
    let broken = timed.iter().any(|event| event.at > high);
    let pad = (high - low) * 0.05;
    let right = if broken { BREAK - 4.0 } else { 97.0 };
    let scale = Scale { low: low - pad, high: high + pad, left: 1.0, right };
    let names = lane_names(&timed, high);
    let (marks, legend) = marks(&timed, scale, high, &names);
    let lanes = names.iter().enumerate().map(|(number, name)| lane(number, name)).collect::<Vec<_>>();
    let floor = ABOVE + LANE * lanes.len();
    let later = timed.iter().filter(|event| event.at > high).map(|event| event.at).fold(0.0, f64::max);
    let shown = finding.evidence.len() as u64;
    let all = finding.successes + finding.failures + finding.aftermath_failures;
    Some(Zoom {
        height: floor + BELOW,
        floor,
        window: window.and_then(|window| band(&timed, window, scale)),
        marks,
        ticks: elapsed(scale, if broken { 4 } else { 5 }),
        broken,
        break_at: Percent(BREAK),
        last: broken.then(|| format!("+{}", span(later as i64))),
        legend,
        description: description(&timed, lanes.len()),
        note: (shown < all).then(|| format!("{shown} of {all} events are drawn; --evidence N keeps more.")),
        lanes,
    })
}

fn races(finding: &Finding) -> bool {
    finding.evidence.iter().any(|piece| piece.role == Role::Winner)
}

fn is_proper(piece: &Evidence) -> bool {
    matches!(piece.role, Role::Winner | Role::Loser | Role::Cause)
}

fn timed(evidence: &Evidence, start: Timestamp) -> Option<Timed<'_>> {
    let at = (evidence.time?.nanos - start.nanos) as f64 / 1_000_000.0;
    Some(Timed { evidence, at, began: at - f64::from(evidence.duration_ms.unwrap_or(0)) })
}

/// The stretch that is drawn to scale: the incident proper and, around a winner, the window; also what
/// lies around it if that does not make it much longer.
fn proper_stretch(timed: &[Timed<'_>], window: Option<f64>) -> (f64, f64) {
    let proper = || timed.iter().filter(|event| is_proper(event.evidence));
    let mut low = proper().map(|event| event.began).fold(f64::INFINITY, f64::min);
    let mut high = proper().map(|event| event.at).fold(f64::NEG_INFINITY, f64::max);
    if let Some(window) = window {
        let winner = proper().filter(|event| event.evidence.role == Role::Winner).map(|event| event.at);
        high = winner.fold(high, |high, winner| high.max(winner + window * 1.05));
    }
    let length = (high - low).max(1.0);
    for event in timed {
        if event.at > high && event.at - low <= length * 3.0 {
            high = event.at;
        }
        if event.began < low && low - event.began <= length {
            low = event.began;
        }
    }
    (low, high.max(low + 1.0))
}

/// The lanes in order of appearance, those of the incident proper first.
fn lane_names(timed: &[Timed<'_>], high: f64) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let proper = timed.iter().filter(|event| event.at <= high);
    for event in proper.chain(timed.iter().filter(|event| event.at > high)) {
        let name = worker(event.evidence);
        if names.contains(&name) {
            continue;
        }
        if names.len() + 1 >= LANES {
            names.push("further workers".into());
            break;
        }
        names.push(name);
    }
    names
}

fn lane(number: usize, name: &str) -> ZoomLane {
    ZoomLane { y: lane_y(number), name: clip(name, NAME), full_name: clip(name, 200) }
}

fn lane_y(number: usize) -> usize {
    ABOVE + LANE * number + LANE * 2 / 3
}

fn marks(timed: &[Timed<'_>], scale: Scale, high: f64, names: &[String]) -> (Vec<Mark>, Vec<Sign>) {
    let behind = timed.iter().filter(|event| event.at > high).count();
    let mut legend = Vec::new();
    let mut passed = 0_usize;
    let mut marks = Vec::new();
    for event in timed.iter().filter(|event| event.at >= scale.low) {
        let sign = of_event(event.evidence);
        if !legend.contains(&sign) {
            legend.push(sign);
        }
        let x = if event.at > high {
            passed += 1;
            Percent(BREAK + (97.5 - BREAK) * passed as f64 / behind as f64)
        } else {
            scale.at(event.at)
        };
        let number = names.iter().position(|name| *name == worker(event.evidence)).unwrap_or(names.len() - 1);
        let bar = (event.at <= high && event.at > event.began).then(|| {
            let from = scale.at(event.began);
            (from, Percent(x.0 - from.0))
        });
        marks.push(Mark { symbol: sign.symbol, x, y: lane_y(number), bar, title: title(event, sign) });
    }
    (marks, legend)
}

fn title(event: &Timed<'_>, sign: Sign) -> String {
    let error = event.evidence.error.as_ref().map_or_else(String::new, |error| format!(" ({error})"));
    let took = event.evidence.duration_ms.map_or_else(String::new, |took| format!(", took {}", span(i64::from(took))));
    let text = format!("{}{error}, {}{took}, {}", sign.word, offset(event.at as i64), worker(event.evidence));
    clip(&text, 200)
}

/// The window on both sides of the first winner, as far as it is in the picture.
fn band(timed: &[Timed<'_>], window: f64, scale: Scale) -> Option<Band> {
    let winner = timed.iter().find(|event| event.evidence.role == Role::Winner)?;
    let (from, to) = (scale.at(winner.at - window), scale.at(winner.at + window));
    Some(Band { x: from, width: Percent(to.0 - from.0), label: format!("window ± {}", span(window as i64)) })
}

fn description(timed: &[Timed<'_>], lanes: usize) -> String {
    let told: Vec<String> = timed
        .iter()
        .take(12)
        .map(|event| format!("{} at {}", of_event(event.evidence).word, offset(event.at as i64)))
        .collect();
    clip(&format!("{}; {}", told.join(", "), count(lanes as u64, "lane")), 600)
}
