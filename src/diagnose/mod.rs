//! Timelines to findings: which failures were races, which grants are gone, and why.
//!
//! Reads no file, no clock and no raw text: token events in, findings out. Causes partition the
//! failed refreshes; behaviours may refer to the same events.
//!
//! The way: `timeline` merges twins and finds principals; `adopt` gives nameless failures a home;
//! `attribution` walks each timeline and hands every failure to one verdict (`refresh_race`,
//! `loose` with a file per cause, `classes` for errors that decide by themselves); what only a
//! whole client shows is judged after; `finish` finds the words.

mod activity;
mod adopt;
mod attribution;
mod cadence;
mod callers;
mod chain;
mod chance;
mod classes;
mod clients;
mod clocks;
mod corrupt_token_store;
mod coverage;
mod credential_discarded;
mod crews;
mod draft;
mod dropped_refresh_token;
mod duplicate_refresh;
mod episode;
mod evidence;
mod expired_refresh_token;
mod finish;
mod impact;
mod insecure_endpoint;
mod limits;
mod line;
mod lives;
mod loose;
mod names;
mod onset;
mod permanent_revocation;
mod reactive_refresh;
mod recurrence;
mod refresh_race;
mod refresh_token_reuse;
mod replay;
mod retry_storm;
mod rotation_not_persisted;
mod shared_token;
mod stale_token_read;
mod uncached_token;
mod unexplained_failure;
mod window;
mod without_winner;
mod words;
mod wrong_expiry;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use crate::model::{
    Activity, ClientSummary, EventKind, EventSet, Finding, RotationPolicy, Symbol, TokenEvent, TokenLife,
};
use crate::rules::Catalogue;
use crate::timeline::{self, Ledger, Skew, Timelines};

use chance::{Chances, Coincidences};
use clocks::Clocks;
use coverage::Coverage;
use draft::Draft;
use evidence::Told;
use limits::Limits;
use line::{Line, Scene, Troubles};
use window::{Attempt, Window};

/// Rotation policies by provider id.
pub type Policies = BTreeMap<String, RotationPolicy>;

/// What the user can set about a diagnosis.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Competing attempts lie within this time of a success (`--window`).
    pub window: Duration,
    /// At most so many pieces of evidence a finding (`--evidence`); the counts are not capped.
    pub evidence: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { window: Duration::from_millis(200), evidence: 12 }
    }
}

/// Everything that the timelines say.
#[derive(Clone, Debug, Default)]
pub struct Diagnosis {
    /// Ordered by severity, then start, then id.
    pub findings: Vec<Finding>,
    /// By finding the events that its pieces of evidence are, as places in the list of those that are left of the set.
    pub told: Vec<Vec<u32>>,
    /// One row per (provider, client), ordered by failures (most first), then name.
    pub clients: Vec<ClientSummary>,
    /// How the attempts lie in time.
    pub activity: Activity,
    /// How many principals have a timeline.
    pub principals: u64,
    /// What became of each token digest that the timelines know (`live`, `superseded`, `revoked`).
    pub token_lives: BTreeMap<String, TokenLife>,
    /// Clocks that were shown to be apart, which was allowed for.
    pub skews: Vec<Skew>,
    /// How many attempts of each source have their logger for a client, because no record names anybody.
    pub by_logger: BTreeMap<u32, u64>,
    /// Good refreshes, twins counted once.
    pub refresh_ok: u64,
    /// Failed refreshes, twins counted once: the failures of all causes add up to it.
    pub refresh_failed: u64,
}

/// Diagnoses all timelines of a set of events, in any order. What is left of the set are the attempts that are evidence,
/// twins folded and identities filled in. Events are most of what a run holds, and so they are held once, and no longer
/// than they are looked at.
pub fn diagnose(set: &mut EventSet, catalogue: &Catalogue, policies: &Policies, settings: &Settings) -> Diagnosis {
    set.sort();
    let events = std::mem::take(&mut set.events);
    let (diagnosis, findings, events) = judge((set, events), catalogue, policies, settings);
    let (findings, told) = evidence::tell(set, events, findings);
    Diagnosis { findings, told, ..diagnosis }
}

/// Diagnoses; also the findings, with what each is told by, and the attempts.
fn judge(
    (set, events): (&EventSet, Vec<TokenEvent>),
    catalogue: &Catalogue,
    policies: &Policies,
    settings: &Settings,
) -> (Diagnosis, Vec<(Finding, Told)>, Vec<TokenEvent>) {
    let (window, limits) = (Window::new(settings.window), Limits::of(catalogue));
    let built = timeline::build(set, events);
    let ledger = if built.told.tokens { Ledger::of(set, &built.events) } else { Ledger::default() };
    let (nothing, troubles) = (Chances::new(), Troubles::of(&built.kinds));
    let clocks = OnceLock::new();
    let shared = Shared { set, window, limits: &limits, ledger: &ledger, troubles: &troubles, clocks: &clocks };
    let (moves, chances) = adopt::adopt(&shared.scene(&built, &nothing));
    let adopted = adopt::moved(built, &moves);
    let parts = crews::parts(&shared.scene(&adopted, &chances));
    let timelines = crews::parted(adopted, parts);
    let scene = shared.scene(&timelines, &chances);
    let lines = lines(&scene, policies);
    let client_of = numbers(&timelines);
    let (mut drafts, behaviours) = walk_all(&lines);
    let client = |number: usize| client_of[number];
    clients::unsaved(&lines, &mut drafts, &client);
    clients::fold_unexplained(&mut drafts);
    drafts.extend(classes::misconfigured(&lines, &client));
    drafts.extend(classes::outages(&lines, &client));
    let of_clients = || {
        let clients = clients::summaries(&lines, &drafts, catalogue, &client);
        (activity::activity(&lines, &drafts, &clients, &client), clients)
    };
    let (token_lives, (activity, clients)) = rayon::join(|| lives::lives(&lines, &drafts), of_clients);
    drafts.extend(behaviours);
    drafts.extend(insecure_endpoint::judge(&lines, &client));
    drafts.extend(shared_token::judge(&lines));
    let finish = |draft: &Draft| (finish::finding(&lines, catalogue, draft), evidence::told(draft, settings.evidence));
    let mut findings: Vec<(Finding, Told)> = drafts.par_iter().map(finish).collect();
    finish::sort(&mut findings);
    let principals: HashSet<_> = timelines.timelines.iter().map(|line| line.principal).collect();
    let principals = principals.len() as u64;
    let skews = clocks.get().map(|clocks| clocks.apart(set)).unwrap_or_default();
    let Timelines { events, by_logger, refresh_ok, refresh_failed, .. } = timelines;
    let diagnosis = Diagnosis {
        findings: Vec::new(),
        told: Vec::new(),
        clients,
        activity,
        principals,
        token_lives,
        skews,
        by_logger,
        refresh_ok,
        refresh_failed,
    };
    (diagnosis, findings, events)
}

/// What stays the same while events find their timelines.
struct Shared<'a> {
    set: &'a EventSet,
    window: Window,
    limits: &'a Limits,
    ledger: &'a Ledger,
    troubles: &'a Troubles,
    clocks: &'a OnceLock<Clocks>,
}

impl Shared<'_> {
    fn scene<'s>(&'s self, timelines: &'s Timelines, chances: &'s Chances) -> Scene<'s> {
        let Self { set, window, limits, ledger, troubles, clocks } = *self;
        Scene { set, timelines, window, limits, chances, ledger, troubles, clocks }
    }
}

/// The causes of every timeline, and the behaviours.
fn walk_all(lines: &[Line<'_>]) -> (Vec<Draft>, Vec<Draft>) {
    let walked: Vec<(Vec<Draft>, Vec<Draft>)> = lines
        .par_iter()
        .map(|line| {
            let walked = attribution::walk(line);
            let mut causes = walked.causes;
            causes.extend(classes::of_line(line));
            let rounds = cadence::rounds(line);
            let mut behaviours = retry_storm::judge(line);
            behaviours.extend(duplicate_refresh::judge(line, &walked.forks));
            behaviours.extend(credential_discarded::judge(line, &causes));
            behaviours.extend(reactive_refresh::judge(line, &rounds));
            behaviours.extend(wrong_expiry::judge(line, &rounds));
            behaviours.extend(uncached_token::judge(line));
            (causes, behaviours)
        })
        .collect();
    let (mut causes, mut behaviours) = (Vec::new(), Vec::new());
    for (of_causes, of_behaviours) in walked {
        causes.extend(of_causes);
        behaviours.extend(of_behaviours);
    }
    (causes, behaviours)
}

/// What is known of one client as a whole.
#[derive(Clone, Copy, Default)]
struct Known {
    refreshes: bool,
    subjects: bool,
}

fn lines<'a>(scene: &'a Scene<'a>, policies: &'a Policies) -> Vec<Line<'a>> {
    let timelines = &scene.timelines.timelines;
    let mut clients: HashMap<(Option<Symbol>, Option<Symbol>), Known> = HashMap::new();
    let coverage = Coverage::of(scene);
    let is_good = |id: &u32| scene.kind(*id) == EventKind::RefreshSucceeded;
    for line in timelines {
        let known = clients.entry((line.principal.provider, line.principal.client)).or_default();
        known.refreshes |= scene.timelines.timed(line).iter().any(is_good);
        known.subjects |= line.principal.subject.is_some();
    }
    let named = LazyLock::new(|| named_sources(scene));
    let line = |(number, timeline): (usize, &'a timeline::Timeline)| {
        let (principal, ids) = (timeline.principal, scene.timelines.timed(timeline));
        let anonymous = principal.subject.is_none() && timeline.family.is_none();
        let mut known = clients.get(&(principal.provider, principal.client)).copied().unwrap_or_default();
        // What names nobody may be anybody's whom its source names.
        if anonymous
            && principal.client.is_none()
            && ids.iter().any(|id| named.contains(&scene.event(*id).position.source))
        {
            known = Known { refreshes: true, subjects: true };
        }
        let policy = scene.set.symbols.text(principal.provider).and_then(|provider| policies.get(provider));
        Line {
            scene,
            number,
            anonymous,
            several: anonymous && crews::several_grants(scene, ids),
            by_chance: anonymous.then(|| by_chance(scene, timeline)).flatten(),
            client_refreshes: known.refreshes,
            client_has_subjects: known.subjects,
            policy: policy.unwrap_or(&RotationPolicy::UNKNOWN),
            ids,
            has_unauthorized: ids.iter().any(|id| scene.kind(*id) == EventKind::ApiUnauthorized),
            coarse: scene.timelines.told.coarse && ids.iter().any(|&id| line::is_coarse(scene.event(id))),
            rhythm: coverage.rhythms[number],
            lossy: coverage.lossy[number],
            asked: OnceLock::new(),
        }
    };
    timelines.par_iter().enumerate().map(line).collect()
}

/// The coincidences of a line that names nobody, if they are no more than chance gives.
fn by_chance(scene: &Scene<'_>, line: &timeline::Timeline) -> Option<Arc<Coincidences>> {
    if let Some(of_client) = scene.chances.get(&(line.principal.provider, line.principal.client)) {
        return Some(Arc::clone(of_client));
    }
    let timed = scene.timelines.timed(line);
    let successes = timed.iter().map(|&id| scene.event(id)).filter(|event| event.kind == EventKind::RefreshSucceeded);
    let good: Vec<Attempt> = successes.filter_map(|event| Attempt::of(event, true, scene.identity(event))).collect();
    let failures: Vec<u32> = timed.iter().copied().filter(|id| scene.race_like(scene.event(*id))).collect();
    let found = Coincidences::of(scene, &failures, &good, &[], crews::several_grants(scene, timed));
    found.plausible(scene).then(|| Arc::new(found))
}

/// The sources that tell whose the good refreshes are.
fn named_sources(scene: &Scene<'_>) -> HashSet<u32> {
    let named = scene.timelines.timelines.iter().filter(|line| {
        let whose = line.principal;
        whose.client.is_some() && whose.subject.is_some()
    });
    let good =
        named.flat_map(|line| scene.timelines.timed(line)).filter(|id| scene.kind(**id) == EventKind::RefreshSucceeded);
    good.map(|id| scene.event(*id).position.source).collect()
}

/// A number for the provider and one for the client of each timeline, in order of appearance.
fn numbers(timelines: &Timelines) -> Vec<(usize, usize)> {
    let mut providers: HashMap<Option<Symbol>, usize> = HashMap::new();
    let mut clients: HashMap<(Option<Symbol>, Option<Symbol>), usize> = HashMap::new();
    let number = |line: &timeline::Timeline| {
        let (provider, client) = (line.principal.provider, line.principal.client);
        let (next_provider, next_client) = (providers.len(), clients.len());
        let provider_number = *providers.entry(provider).or_insert(next_provider);
        (provider_number, *clients.entry((provider, client)).or_insert(next_client))
    };
    timelines.timelines.iter().map(number).collect()
}

#[cfg(test)]
mod tests;
