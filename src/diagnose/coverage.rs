//! What the logs leave out, as far as they show it themselves.
//!
//! A verdict that rests on what is not there ("nobody else refreshed") is worth as much as the logs are
//! whole. Lost lines show in two ways: a refresh presents a token whose issue is not in the logs, where
//! the issue of others is; and intervals are multiples of the rhythm in which a principal refreshes.

use std::iter;

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use crate::model::{EventKind, Precision, Symbol};
use crate::timeline::{Timeline, is_masked};

use super::chance::at_least;
use super::crews;
use super::episode::Next;
use super::line::{Line, Scene};

/// So many intervals make a rhythm, if so many of ten keep it.
const INTERVALS: usize = 3;
const OF_TEN: usize = 6;
/// How far an interval that keeps the rhythm may be off, in hundredths.
const SLACK: i64 = 15;
/// What is longer than so many periods is a pause.
const SKIPS: i64 = 6;
/// Logs lose lines from so many missing refreshes in a thousand on.
const LOSSY: usize = 5;
/// So many timelines are looked at by one worker at once.
const TOGETHER: usize = 1 << 10;

/// How often a principal refreshes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm {
    /// Nanoseconds from one refresh to the next.
    pub(super) period: i64,
    due: Due,
}

/// After which part of a period the next refresh is due.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// Nobody refreshes much before half of a lifetime is over.
    Half,
    /// Where a rhythm is kept.
    ThreeQuarters,
}

impl Due {
    /// In hundredths.
    fn share(self) -> i64 {
        match self {
            Self::Half => 50,
            Self::ThreeQuarters => 75,
        }
    }
}

/// What is known of each timeline, by its number.
#[derive(Default)]
pub(super) struct Coverage {
    pub(super) rhythms: Vec<Option<Rhythm>>,
    /// The logs of its client, or the files that it is written in, lose lines.
    pub(super) lossy: Vec<bool>,
}

impl Coverage {
    pub(super) fn of(scene: &Scene<'_>) -> Self {
        let timelines = &scene.timelines.timelines;
        // The first look at the events of each timeline, most of which are in no cache by then.
        let parts = timelines.par_chunks(TOGETHER).map(|lines| {
            let mut counts = Counts::new();
            let rhythms: Vec<Option<Rhythm>> = lines.iter().map(|line| rhythm(scene, line, &mut counts)).collect();
            (rhythms, counts)
        });
        let (mut coverage, mut counts) = (Self::default(), Counts::new());
        for (rhythms, of_part) in parts.collect::<Vec<_>>() {
            coverage.rhythms.extend(rhythms);
            of_part.into_iter().for_each(|(place, count)| counts.entry(place).or_default().absorb(&count));
        }
        coverage.ask_clients(scene);
        let lossy: HashSet<Place> = counts.iter().filter(|(_, count)| count.lossy()).map(|(place, _)| *place).collect();
        coverage.lossy = timelines.iter().map(|line| is_lossy(scene, line, &lossy)).collect();
        coverage
    }
}

impl Coverage {
    /// A line that does not show how often it refreshes is taken to do so as the others of its client.
    fn ask_clients(&mut self, scene: &Scene<'_>) {
        let mut periods: HashMap<Place, Vec<i64>> = HashMap::new();
        for (line, rhythm) in scene.timelines.timelines.iter().zip(&self.rhythms) {
            let client = Place::Client(line.principal.provider, line.principal.client);
            periods.entry(client).or_default().extend(rhythm.map(|rhythm| rhythm.period));
        }
        periods.values_mut().for_each(|periods| periods.sort_unstable());
        for (line, rhythm) in scene.timelines.timelines.iter().zip(&mut self.rhythms) {
            let client = Place::Client(line.principal.provider, line.principal.client);
            let named = line.principal.subject.is_some() || line.family.is_some();
            let usual = periods.get(&client).and_then(|periods| periods.get(periods.len() / 2)).filter(|_| named);
            *rhythm = rhythm.or(usual.map(|&period| Rhythm { period, due: Due::Half }));
        }
    }
}

fn is_lossy(scene: &Scene<'_>, line: &Timeline, lossy: &HashSet<Place>) -> bool {
    let client = Place::Client(line.principal.provider, line.principal.client);
    let source = |id: &u32| lossy.contains(&Place::Source(scene.event(*id).position.source));
    !lossy.is_empty() && (lossy.contains(&client) || scene.timelines.timed(line).iter().any(source))
}

/// Where lines may be lost.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Client(Option<Symbol>, Option<Symbol>),
    Source(u32),
}

type Counts = HashMap<Place, Count>;

/// The rhythm of a timeline, as far as it shows one by itself; what its intervals say of where lines may be lost is
/// counted.
fn rhythm(scene: &Scene<'_>, line: &Timeline, counts: &mut Counts) -> Option<Rhythm> {
    let steps = steps(scene, line);
    let named = !crews::several_grants(scene, scene.timelines.timed(line));
    let kept = kept_rhythm(&steps).filter(|_| named);
    let client = Place::Client(line.principal.provider, line.principal.client);
    // Nearly all timelines are written in one file, so that its count is looked up once.
    let (mut of_client, mut of_source) = (Count::default(), (client, Count::default()));
    for step in steps.iter().filter(|step| !step.disturbed) {
        let count = Count::of(scene, step, kept);
        of_client.absorb(&count);
        let [from, to] = [step.from, step.to].map(|id| Place::Source(scene.event(id).position.source));
        for place in iter::once(from).chain((to != from).then_some(to)) {
            if place != of_source.0 {
                let (before, counted) = std::mem::replace(&mut of_source, (place, Count::default()));
                counts.entry(before).or_default().absorb(&counted);
            }
            of_source.1.absorb(&count);
        }
    }
    for (place, count) in [(client, of_client), of_source] {
        counts.entry(place).or_default().absorb(&count);
    }
    kept.or_else(|| lifetime(scene, line).filter(|_| named))
}

/// From one good refresh or grant to the next good refresh.
struct Step {
    from: u32,
    to: u32,
    gap: i64,
    /// Something failed in between, and not just after the one or beside the other.
    disturbed: bool,
}

fn steps(scene: &Scene<'_>, line: &Timeline) -> Vec<Step> {
    let (mut steps, mut last, mut failed) = (Vec::new(), None::<(u32, i64)>, None::<i64>);
    for &id in scene.timelines.timed(line) {
        let event = scene.event(id);
        let Some(time) = event.time else { continue };
        let reach = scene.window.reach(time.precision == Precision::Second);
        match event.kind {
            EventKind::RefreshFailed if last.is_some_and(|(_, good)| time.nanos - good <= scene.limits.retry) => {}
            EventKind::RefreshFailed => failed = failed.or(Some(time.nanos)),
            EventKind::TokenRevoked => failed = Some(i64::MIN),
            EventKind::GrantIssued => (last, failed) = (Some((id, time.nanos)), None),
            EventKind::RefreshSucceeded => {
                if let Some((from, good)) = last
                    && time.nanos.saturating_sub(good) > reach
                {
                    let disturbed = failed.is_some_and(|failed| time.nanos.saturating_sub(failed) > reach);
                    steps.push(Step { from, to: id, gap: time.nanos.saturating_sub(good), disturbed });
                }
                (last, failed) = (Some((id, time.nanos)), None);
            }
            _ => {}
        }
    }
    steps
}

/// The rhythm that most intervals keep.
fn kept_rhythm(steps: &[Step]) -> Option<Rhythm> {
    if steps.len() < INTERVALS {
        return None;
    }
    let mut gaps: Vec<i64> = steps.iter().filter(|step| !step.disturbed).map(|step| step.gap).collect();
    gaps.sort_unstable();
    let period = *gaps.get(gaps.len() / 2)?;
    let kept = gaps.iter().filter(|&&gap| multiple(period, gap) == Some(1)).count();
    (gaps.len() >= INTERVALS && kept * 10 >= gaps.len() * OF_TEN).then_some(Rhythm { period, due: Due::ThreeQuarters })
}

/// The rhythm of whoever refreshes once in a lifetime.
fn lifetime(scene: &Scene<'_>, line: &Timeline) -> Option<Rhythm> {
    let lifetime = scene.timelines.timed(line).iter().filter_map(|&id| scene.event(id).expires_in.get()).max()?;
    Some(Rhythm { period: i64::from(lifetime) * 1_000_000_000, due: Due::Half })
}

/// How many periods an interval is, where it is a whole number of them.
fn multiple(period: i64, gap: i64) -> Option<i64> {
    let times = gap.saturating_add(period / 2) / period.max(1);
    let off = gap.saturating_sub(times.saturating_mul(period)).saturating_abs();
    (times > 0 && times <= SKIPS && off <= period / 100 * SLACK).then_some(times)
}

#[derive(Default)]
struct Count {
    kept: usize,
    /// Intervals of several periods.
    holes: usize,
    /// Intervals that are longer than a period, and no multiple.
    uneven: usize,
    linked: usize,
    /// Refreshes whose token nobody was given, where the one before shows what it was given.
    broken: usize,
}

impl Count {
    /// What one interval says.
    fn of(scene: &Scene<'_>, step: &Step, rhythm: Option<Rhythm>) -> Self {
        let mut count = Self::default();
        if let Some(Rhythm { period, .. }) = rhythm {
            match multiple(period, step.gap) {
                Some(1) => count.kept = 1,
                Some(_) => count.holes = 1,
                None => count.uneven = usize::from(step.gap > period),
            }
        }
        match follows(scene, step.from, step.to) {
            Some(true) => count.linked = 1,
            Some(false) => count.broken = 1,
            None => {}
        }
        count
    }

    fn absorb(&mut self, other: &Self) {
        self.kept += other.kept;
        self.holes += other.holes;
        self.uneven += other.uneven;
        self.linked += other.linked;
        self.broken += other.broken;
    }

    /// Pauses are as long as they are: that so many of them are multiples must be no chance.
    fn lossy(&self) -> bool {
        let many = |missing: usize, all: usize| missing * 1_000 >= all.max(1) * LOSSY;
        let by_chance = (self.holes + self.uneven) as f64 * 2.0 * SLACK as f64 / 100.0;
        let holes = many(self.holes, self.kept + self.holes) && at_least(self.holes, by_chance) <= 0.05;
        holes || (self.broken > 0 && many(self.broken, self.linked + self.broken))
    }
}

/// Whether a refresh presented what an event of these logs was given: `None` where they do not tell.
fn follows(scene: &Scene<'_>, from: u32, to: u32) -> Option<bool> {
    let (before, event) = (scene.event(from), scene.event(to));
    let (issued, presented) = (before.issued?, event.presented?);
    if is_masked(scene.set, presented) {
        return None;
    }
    let known = scene.ledger.get(scene.set, event, presented);
    let earlier = |ids: &[u32]| ids.iter().any(|&id| id < to);
    let accepted = |id: &u32| *id < to && scene.event(*id).kind == EventKind::RefreshSucceeded;
    if known.is_some_and(|token| earlier(&token.issued) || token.presented.iter().any(accepted)) {
        return Some(true);
    }
    // Forms of different length (a digest and an id) are of no one chain.
    let alike = scene.set.symbols.get(issued).len() == scene.set.symbols.get(presented).len();
    alike.then_some(false)
}

/// Whether a refresh was due at an event, after the last good one: `None` where nobody knows how often.
pub(super) fn due(line: &Line<'_>, good: usize, position: usize) -> Option<bool> {
    let rhythm = line.rhythm?;
    Some((line.gap(good, position) / rhythm.due.share()).saturating_mul(100) >= rhythm.period)
}

/// What follows some failures, the last good event before them being `good`: a good refresh is of
/// another grant, or of nobody knows which, where the token that it presents was given to nobody in
/// these logs, or where it comes so late that somebody must have refreshed or signed in unseen.
pub(super) fn next(line: &Line<'_>, good: Option<usize>, last: usize, next: Next) -> Next {
    let (Next::Success(heal), Some(good)) = (next, good) else { return next };
    let unseen = match chained(line, last, heal) {
        Some(chained) => !chained,
        None => line.rhythm.zip(due(line, good, last)).is_some_and(|(rhythm, due)| {
            if due { line.gap(last, heal) >= rhythm.period / 2 } else { line.gap(good, heal) >= rhythm.period / 2 * 3 }
        }),
    };
    if unseen { Next::Unsure(heal) } else { next }
}

/// Whether a good refresh after some failures presented what the grant had been given before them.
fn chained(line: &Line<'_>, last: usize, heal: usize) -> Option<bool> {
    let good = (0..last).rev().find(|&position| {
        let event = line.event(position);
        matches!(event.kind, EventKind::RefreshSucceeded | EventKind::GrantIssued) && event.issued.is_some()
    })?;
    follows(line.scene, line.ids[good], line.ids[heal])
}
