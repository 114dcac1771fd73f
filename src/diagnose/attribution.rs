//! One cause for each failure: walks a timeline once and hands every failure to one verdict.
//!
//! The walk knows three states: nothing open, a race with what follows it, an episode of failures.
//! A good refresh or a new grant closes what is open. Failures whose class says that they are
//! about the client, the server or the request never enter the walk; `classes` takes them.

use hashbrown::HashSet;

use crate::model::{EventKind, Symbol};
use crate::timeline::is_attempt;

use super::draft::Draft;
use super::episode::{Before, Episode, Next};
use super::line::{Line, grant_like};
use super::window::{Attempt, Cluster};
use super::{coverage, loose, refresh_race};

/// What a timeline comes to before clients are looked at as a whole.
#[derive(Default)]
pub(super) struct Walked {
    pub(super) causes: Vec<Draft>,
    /// Clusters of two or more successes, positions in the line.
    pub(super) forks: Vec<Cluster>,
}

/// How far back a process's own refresh is looked for: bounds the work on a hostile log.
const REACH: usize = 1_024;

/// One step of the walk; positions in the line, or a number of a cluster.
enum Step {
    Good(usize),
    Grant(usize),
    Race(usize),
    Failure(usize),
    Revoked(usize),
}

/// A race and what followed it.
pub(super) struct Race {
    /// Positions in the line; at least one success and one failure.
    pub(super) cluster: Cluster,
    pub(super) before: Before,
    /// Failures after it, before the next good event.
    pub(super) later: Vec<usize>,
    /// A revocation after it.
    pub(super) revoked: Option<usize>,
}

enum Open {
    Nothing,
    Race(Race),
    Loose(Vec<usize>, Before),
}

/// Walks one timeline.
pub(super) fn walk(line: &Line<'_>) -> Walked {
    if is_quiet(line) {
        return Walked::default();
    }
    let clusters = clusters(line);
    let mut home: Vec<Option<usize>> = vec![None; line.ids.len()];
    let mut fork: Vec<Option<usize>> = vec![None; line.ids.len()];
    let mut burst: Vec<Option<usize>> = vec![None; line.ids.len()];
    for (number, cluster) in clusters.iter().enumerate() {
        if cluster.successes.is_empty() {
            cluster.failures.iter().for_each(|&position| burst[position] = Some(number));
        } else if refresh_race::competes(line, cluster) {
            cluster.failures.iter().chain(&cluster.successes).for_each(|&position| home[position] = Some(number));
        }
        if cluster.successes.len() > 1 {
            cluster.successes.iter().for_each(|&position| fork[position] = Some(cluster.successes[0]));
        }
    }
    let mut walk = Walk {
        line,
        clusters: &clusters,
        burst,
        fork,
        open: Open::Nothing,
        before: Before::default(),
        lasting: lasting(line),
        grant: None,
        causes: Vec::new(),
    };
    let mut begun = vec![false; clusters.len()];
    for (position, home) in home.into_iter().enumerate() {
        let event = line.event(position);
        let step = match (home, event.kind) {
            (Some(cluster), _) if begun[cluster] => continue,
            (Some(cluster), _) => {
                begun[cluster] = true;
                Step::Race(cluster)
            }
            (None, EventKind::RefreshSucceeded) => Step::Good(position),
            (None, EventKind::GrantIssued) => Step::Grant(position),
            (None, EventKind::TokenRevoked) => Step::Revoked(position),
            (None, EventKind::RefreshFailed) if grant_like(event) => Step::Failure(position),
            _ => continue,
        };
        walk.step(&step);
    }
    walk.close(Next::End);
    let causes = walk.causes;
    let forks = clusters.into_iter().filter(|cluster| cluster.successes.len() > 1).collect();
    Walked { causes, forks }
}

/// Whether nothing failed, and no two good refreshes can be of one cluster: most timelines of most logs, in which there is
/// nothing to explain.
fn is_quiet(line: &Line<'_>) -> bool {
    let (apart, mut last) = (line.scene.window.apart(), i64::MIN);
    (0..line.ids.len()).all(|position| match line.scene.kind(line.ids[position]) {
        EventKind::RefreshFailed => false,
        EventKind::RefreshSucceeded => line.attempt(position, true).is_some_and(|attempt| {
            let before = std::mem::replace(&mut last, attempt.end);
            before == i64::MIN || attempt.start.saturating_sub(before) > apart
        }),
        _ => true,
    })
}

/// The clusters of a line, as positions. A new grant or a revocation parts what competes.
fn clusters(line: &Line<'_>) -> Vec<Cluster> {
    let mut all = Vec::new();
    let mut attempts: Vec<(usize, Attempt)> = Vec::new();
    let mut flush = |attempts: &mut Vec<(usize, Attempt)>| {
        // By clocks that agree, the order may be another one.
        attempts.sort_by_key(|(_, attempt)| attempt.end);
        let (positions, sorted): (Vec<usize>, Vec<Attempt>) = attempts.drain(..).unzip();
        for mut cluster in line.scene.window.clusters(&sorted) {
            for members in [&mut cluster.successes, &mut cluster.failures] {
                for index in members.iter_mut() {
                    *index = positions[*index];
                }
                members.sort_unstable();
            }
            refresh_race::keep_losers(line, &mut cluster);
            all.push(cluster);
        }
    };
    for position in 0..line.ids.len() {
        let event = line.event(position);
        if matches!(event.kind, EventKind::GrantIssued | EventKind::TokenRevoked) {
            flush(&mut attempts);
        }
        let success = event.kind == EventKind::RefreshSucceeded;
        if (success || line.race_like(position))
            && let Some(attempt) = line.attempt(position, success)
        {
            attempts.push((position, attempt));
        }
    }
    flush(&mut attempts);
    all
}

struct Walk<'a> {
    line: &'a Line<'a>,
    clusters: &'a [Cluster],
    burst: Vec<Option<usize>>,
    /// For a success among several of one cluster: the first of them.
    fork: Vec<Option<usize>>,
    open: Open,
    before: Before,
    /// Grant ids that several attempts share.
    lasting: HashSet<Symbol>,
    /// The grant id of the last good event that names one, since the last grant.
    grant: Option<Symbol>,
    causes: Vec<Draft>,
}

impl Walk<'_> {
    fn step(&mut self, step: &Step) {
        match *step {
            Step::Good(position) => {
                self.close(Next::Success(position));
                self.refreshed(&[position]);
            }
            Step::Grant(position) => {
                self.close(Next::Grant(position));
                self.before = Before { good: Some(position), was_grant: true, anchored: true, ..Before::default() };
                self.grant = self.line.identity(position).grant;
            }
            Step::Race(number) => self.race(number),
            Step::Failure(position) => match &mut self.open {
                Open::Nothing => self.open = Open::Loose(vec![position], self.before),
                Open::Race(race) => race.later.push(position),
                Open::Loose(failures, _) => failures.push(position),
            },
            Step::Revoked(position) => {
                if let Open::Race(race) = &mut self.open {
                    race.revoked.get_or_insert(position);
                }
                self.before.revoked.get_or_insert(position);
            }
        }
    }

    /// A race closes what is open. Failures before the winner that only go on with a series that
    /// had begun before the window are no racers, unless they presented the winner's token.
    fn race(&mut self, number: usize) {
        let line = self.line;
        let mut cluster = self.clusters[number].clone();
        let winner = cluster.successes[0];
        let series = match &mut self.open {
            Open::Loose(failures, _) => Some(failures),
            Open::Race(race) if !race.later.is_empty() => Some(&mut race.later),
            _ => None,
        };
        if let Some(series) = series {
            let recent = |failure: usize, series: &[usize]| {
                series.last().is_some_and(|&last| line.gap(last, failure) <= line.scene.limits.retry)
            };
            let presented = |position: usize| line.event(position).presented;
            let spent: HashSet<Symbol> = cluster.successes.iter().filter_map(|&winner| presented(winner)).collect();
            let proven = |failure: usize| presented(failure).is_some_and(|token| spent.contains(&token));
            let (tail, racers): (Vec<usize>, Vec<usize>) = cluster
                .failures
                .iter()
                .partition(|&&failure| failure < winner && !proven(failure) && recent(failure, series));
            series.extend(tail);
            series.sort_unstable();
            cluster.failures = racers;
        }
        self.close(Next::Success(winner));
        let (before, successes) = (self.before, cluster.successes.clone());
        if !cluster.failures.is_empty() {
            self.open = Open::Race(Race { cluster, before, later: Vec::new(), revoked: None });
        }
        self.refreshed(&successes);
    }

    fn refreshed(&mut self, successes: &[usize]) {
        let good = successes.last().copied();
        let grant = good.and_then(|position| self.line.identity(position).grant);
        // Another lasting id is another grant, whether or not the logs show the sign-in.
        let signed_in =
            grant.is_some() && self.grant.is_some_and(|old| grant != Some(old) && self.lasting.contains(&old));
        self.grant = grant.or(self.grant);
        self.before = Before {
            good,
            was_grant: false,
            forked: good.and_then(|position| self.fork[position]),
            own_fork: None,
            refreshes: if signed_in { 1 } else { self.before.refreshes + 1 },
            anchored: self.before.anchored || signed_in,
            revoked: None,
        };
    }

    fn close(&mut self, next: Next) {
        let line = self.line;
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => {}
            Open::Loose(failures, before) => {
                let next = same_grant(line, failures[0], next);
                let next = coverage::next(line, before.good, failures[failures.len() - 1], next);
                let before = Before { own_fork: self.own_fork(failures[0]), ..before };
                let episode = Episode { burst: self.one_burst(&failures), failures, before, next };
                self.causes.push(loose::judge(line, &episode));
            }
            Open::Race(race) => {
                let next = same_grant(line, race.cluster.failures[0], next);
                let last = race.later.last().or(race.cluster.failures.last()).copied().unwrap_or_default();
                let next = coverage::next(line, race.cluster.successes.last().copied(), last, next);
                let (draft, rest) = refresh_race::judge(line, race, next);
                self.causes.push(draft);
                if let Some(mut episode) = rest {
                    episode.burst = self.one_burst(&episode.failures);
                    self.causes.push(loose::judge(line, &episode));
                }
            }
        }
    }

    /// The fork in which the process of a failure last refreshed well, if no grant lies between.
    fn own_fork(&self, failure: usize) -> Option<usize> {
        let process = |position: usize| {
            let event = self.line.event(position);
            Some((event.host?, event.process?))
        };
        let own = process(failure)?;
        let good = |position: &usize| match self.line.event(*position).kind {
            EventKind::RefreshSucceeded => process(*position) == Some(own),
            kind => kind == EventKind::GrantIssued,
        };
        (0..failure).rev().take(REACH).find(good).and_then(|position| self.fork[position])
    }

    fn one_burst(&self, failures: &[usize]) -> bool {
        let first = self.burst[failures[0]];
        failures.len() > 1 && first.is_some() && failures.iter().all(|&position| self.burst[position] == first)
    }
}

/// The grant ids that more than one attempt carries: one that each attempt has anew names no grant.
fn lasting(line: &Line<'_>) -> HashSet<Symbol> {
    let mut seen = HashSet::new();
    let attempts = (0..line.ids.len()).filter(|&position| is_attempt(line.event(position)));
    attempts.filter_map(|position| line.identity(position).grant).filter(|grant| !seen.insert(*grant)).collect()
}

/// A good refresh of another session is a new sign-in that the logs do not show.
fn same_grant(line: &Line<'_>, failure: usize, next: Next) -> Next {
    match next {
        Next::Success(good) if line.identity(failure).grant.is_some() => {
            let (old, new) = (line.identity(failure).grant, line.identity(good).grant);
            if new.is_some() && old != new { Next::Grant(good) } else { next }
        }
        _ => next,
    }
}
