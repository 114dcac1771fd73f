//! `uncached-token`: a new token for each call instead of one for its lifetime.

use hashbrown::HashMap;

use crate::model::{Confidence, EventKind, Symbol, TokenEvent};

use super::cadence::one_grant;
use super::draft::{Draft, Verdict};
use super::line::Line;
use super::names::UNCACHED;
use super::words;

/// Who asks: the grant's user as a whole, or, where a client asks for itself, each process that has its own memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Asker {
    Grant,
    Process(Option<Symbol>, Option<Symbol>),
}

/// Token answers of one asker, one after the other.
#[derive(Default)]
struct Series {
    /// The answers of the run that is going on, and whether it is long enough.
    run: Vec<u32>,
    last: Option<(u32, i64, i64)>,
    kept: Vec<u32>,
}

/// One finding for a timeline.
pub(super) fn judge(line: &Line<'_>) -> Option<Draft> {
    if line.ids.len() <= line.scene.limits.uncached.1 {
        return None;
    }
    let mut series: HashMap<Asker, Series> = HashMap::new();
    let mut askers: Vec<Asker> = Vec::new();
    for (position, &id) in line.ids.iter().enumerate() {
        let Some(asker) = asker(line, line.event(position)) else { continue };
        if !series.contains_key(&asker) {
            askers.push(asker);
        }
        series.entry(asker).or_default().add(line, id);
    }
    let mut winners: Vec<u32> = Vec::new();
    let mut named = true;
    for asker in askers {
        let Some(mut series) = series.remove(&asker) else { continue };
        series.close(line);
        named &= series.kept.is_empty() || !matches!(asker, Asker::Process(None, _) | Asker::Process(_, None));
        winners.extend(series.kept);
    }
    let lifetime = winners.iter().filter_map(|&id| line.scene.event(id).expires_in.get()).max()?;
    winners.sort_unstable();
    let (confidence, reason) = if named {
        (Confidence::Likely, "Tokens are asked for many times in the lifetime of one, by one and the same asker.")
    } else {
        (
            Confidence::Possible,
            "Tokens are asked for many times in the lifetime of one; the records do not say by how many processes.",
        )
    };
    let mut draft = Draft::behaviour(Verdict::new(UNCACHED, confidence, reason), line.number);
    let nanos = |id: &u32| line.scene.event(*id).time.map_or(0, |time| time.nanos);
    let span = winners.last().map_or(0, nanos) - winners.first().map_or(0, nanos);
    draft.notes.push(format!(
        "{} tokens were issued in {}, and each lasts {}.",
        winners.len(),
        words::duration_ms(span / 1_000_000),
        words::duration_ms(i64::from(lifetime) * 1_000),
    ));
    draft.winners = winners;
    Some(draft)
}

fn asker(line: &Line<'_>, event: &TokenEvent) -> Option<Asker> {
    match event.kind {
        EventKind::RefreshSucceeded => one_grant(line).then_some(Asker::Grant),
        EventKind::TokenIssued => Some(Asker::Process(event.host.or(event.address), event.process)),
        _ => None,
    }
}

impl Series {
    /// Adds an answer: one inside the window of the last is a racer or a twin, and no request more.
    fn add(&mut self, line: &Line<'_>, id: u32) {
        let event = line.scene.event(id);
        let (Some(time), Some(lifetime)) = (event.time, event.expires_in.get()) else { return self.close(line) };
        let (at, lifetime) = (time.nanos, i64::from(lifetime) * 1_000_000_000);
        if let Some((_, before, lasts)) = self.last {
            let gap = at.saturating_sub(before);
            if gap <= line.scene.window.nanos {
                return;
            }
            if gap as f64 * line.scene.limits.uncached.0 > lasts as f64 {
                self.close(line);
            }
        }
        self.run.push(id);
        self.last = Some((id, at, lifetime));
    }

    /// Ends a run and keeps it where it is long enough.
    fn close(&mut self, line: &Line<'_>) {
        if self.run.len() > line.scene.limits.uncached.1 {
            self.kept.append(&mut self.run);
        }
        self.run.clear();
        self.last = None;
    }
}
