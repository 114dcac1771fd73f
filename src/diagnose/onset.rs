//! Since when a client's incidents come more often: a change point, told only where the numbers show it.

use crate::model::{EventKind, Onset, Rate, Timestamp};

use super::draft::Draft;
use super::line::Line;

/// How much likelier two rates must make what happened than one rate does (a logarithm). The moment is the best
/// of all, so the bar is far above that of a moment that was known before.
const LIKELIER: f64 = 8.0;
/// So many refreshes before, and so many incidents after.
const REFRESHES: usize = 10;
const INCIDENTS: usize = 3;
/// The rate must be so many times what it was.
const TIMES: f64 = 3.0;

/// The change point of a client, whose timelines are `lines` and whose causes are `drafts`.
///
/// Incidents are held against refreshes, not against hours: who refreshes ten times as often has ten times
/// the chances.
pub(super) fn onset<'a>(lines: &[&Line<'_>], drafts: impl Iterator<Item = &'a Draft>) -> Option<Onset> {
    let scene = lines.first()?.scene;
    let begun = |draft: &Draft| draft.failures.iter().filter_map(|&id| scene.event(id).time).min();
    let mut chances: Vec<(Timestamp, bool)> = drafts.filter_map(begun).map(|time| (time, true)).collect();
    for line in lines {
        let events = line.ids.iter().map(|&id| scene.event(id));
        let good = events.filter(|event| event.kind == EventKind::RefreshSucceeded);
        chances.extend(good.filter_map(|event| event.time).map(|time| (time, false)));
    }
    chances.sort_unstable();
    let at = change(&chances.iter().map(|(_, incident)| *incident).collect::<Vec<_>>())?;
    let (before, since) = chances.split_at(at);
    let rate = |chances: &[(Timestamp, bool)]| Rate {
        incidents: chances.iter().filter(|(_, incident)| *incident).count() as u64,
        refreshes: chances.len() as u64,
        span_ms: chances.first().zip(chances.last()).map_or(0, |((first, _), (last, _))| last.millis_since(*first)),
    };
    let mut earlier = rate(before);
    earlier.span_ms = since[0].0.millis_since(before[0].0);
    Some(Onset { since: since[0].0, before: earlier, after: rate(since) })
}

/// The place in a row of chances from which on incidents come more often.
fn change(row: &[bool]) -> Option<usize> {
    let all = row.iter().filter(|incident| **incident).count();
    let (mut seen, mut best) = (0, None::<(f64, usize)>);
    for (place, &incident) in row.iter().enumerate() {
        let (before, after) = (place, row.len() - place);
        let (few, many) = (rate(seen, before), rate(all - seen, after));
        if incident && before >= REFRESHES && all - seen >= INCIDENTS && many >= TIMES * few {
            let likelier = likelihood(seen, before) + likelihood(all - seen, after) - likelihood(all, row.len());
            if likelier >= LIKELIER && best.is_none_or(|(known, _)| likelier > known) {
                best = Some((likelier, place));
            }
        }
        seen += usize::from(incident);
    }
    best.map(|(_, place)| place)
}

fn rate(incidents: usize, chances: usize) -> f64 {
    incidents as f64 / chances.max(1) as f64
}

/// The logarithm of the chance of what happened under the rate that fits it best.
fn likelihood(incidents: usize, chances: usize) -> f64 {
    let term = |count: usize| if count == 0 { 0.0 } else { count as f64 * rate(count, chances).ln() };
    term(incidents) + term(chances - incidents)
}

#[cfg(test)]
mod tests {
    use super::change;

    /// `.` is a refresh, `x` an incident.
    fn of(row: &str) -> Option<usize> {
        change(&row.chars().map(|one| one == 'x').collect::<Vec<_>>())
    }

    #[test]
    fn it_begins_with_the_first_incident_of_the_busy_time() {
        assert_eq!(of("..............................x.x.xx.x.x"), Some(30));
        assert_eq!(of("......x.......................x.x.xx.x.x.xx.x"), Some(30));
    }

    #[test]
    fn what_comes_as_it_comes_has_no_beginning() {
        for row in [
            "..x...x....x..x.....x...x.x....x....x..x...",
            "x.x.x.x.x.x.x.x.x.x",
            "...........xx",
            "xxxxxxx............",
            "",
        ] {
            assert_eq!(of(row), None, "{row}");
        }
    }
}
