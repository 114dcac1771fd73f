//! The whole run: discover, read, extract, diagnose, triage. The only module that knows all stages.

mod again;
mod chains;
mod check;
mod days;
mod endpoint_lines;
mod excerpt;
mod explain;
mod finish;
mod kept;
mod parts;
mod prefilter;
mod records;
mod redact;
mod rule_set;
mod scrub;
mod sieve;
mod skew;
mod survey;
mod templates;
mod texts;
mod told;
mod watch;
mod worker;

use std::path::PathBuf;
use std::time::Duration;

use std::sync::{Mutex, OnceLock};

use crate::extract::Hints;
use crate::input::{self, Discovery, ReadSettings, SourceRead};
use crate::model::{Confidence, EventSet, Finding, Leak, Report, RuleText, Timestamp, Zone};
use crate::rules::RuleError;
use crate::triage::Gate;
pub use explain::{Explanation, Judged, Verdict, explain_line};
use prefilter::Prefilter;
pub use redact::{RedactOptions, RedactTo, Redacted, RedactedInput, redact};
use rule_set::RuleSet;
pub use rule_set::RuleSizes;
pub use survey::{SurveyOutcome, survey};
use templates::Names;
pub use told::{Told, ToldEvent, tell_line};
pub use watch::{Watched, watch};
use worker::{Harvest, Workshop};

/// What to scan and how; validated (the command line's syntax stays in `cli`).
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent settings of one run")]
pub struct ScanOptions {
    /// Files, directories, globs, `-`.
    pub paths: Vec<PathBuf>,
    /// Worker threads; 0 is one per core.
    pub threads: usize,
    /// Bytes per segment; 0 is the default. Never changes the report.
    pub segment_bytes: usize,
    /// Zone of times that carry none.
    pub zone: Zone,
    /// Only events at or after this time.
    pub since: Option<Timestamp>,
    /// Only events before this time.
    pub until: Option<Timestamp>,
    /// Only events of these clients; empty is all.
    pub clients: Vec<String>,
    /// Only findings and leaks of these rules; empty is all.
    pub rules: Vec<String>,
    /// Only findings and leaks of at least this confidence.
    pub min_confidence: Confidence,
    /// Width of the race window.
    pub window: Duration,
    /// Whether times are corrected by what requests of two hosts show of their clocks.
    pub align_clocks: bool,
    /// Evidence shown per finding.
    pub evidence: usize,
    /// Rule files and folders that extend or replace the built-in ones.
    pub rule_paths: Vec<PathBuf>,
    /// What is known of the logs beforehand: their provider, keys of theirs.
    pub hints: Hints,
    /// Which leaks count: kinds, allow rules, the baseline.
    pub gate: Gate,
    /// Numbers that take the place of a diagnosis's own: (diagnosis, name, number). A name that no diagnosis
    /// has changes nothing.
    pub thresholds: Vec<(String, String, f64)>,
    /// Whether findings are wanted (`scan`) or leaks alone (`leaks`): timelines are judged either way,
    /// because they tell which leaked token is still alive.
    pub diagnose: bool,
    /// Whether the outcome holds the token events; a report alone needs no second list of them.
    pub keep_events: bool,
    /// Whether the report names the SHA-256 of every input: one more reading of all of them.
    pub digests: bool,
    /// For tests: parse every record in full, also those without a trigger literal. Never changes what is found.
    pub unfiltered: bool,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            threads: 0,
            segment_bytes: 0,
            zone: Zone::UTC,
            since: None,
            until: None,
            clients: Vec::new(),
            rules: Vec::new(),
            min_confidence: Confidence::Possible,
            window: Duration::from_millis(200),
            align_clocks: false,
            evidence: 12,
            rule_paths: Vec::new(),
            hints: Hints::default(),
            gate: Gate::default(),
            thresholds: Vec::new(),
            diagnose: true,
            keep_events: true,
            digests: false,
            unfiltered: false,
        }
    }
}

impl ScanOptions {
    /// Whether a leak is asked for, by its rule, its kind and how sure it is.
    fn wants(&self, leak: &Leak) -> bool {
        (self.asks_for(&leak.rule) || self.asks_for(leak.kind.name())) && leak.confidence >= self.min_confidence
    }

    /// The same of a finding, where any are.
    fn wants_finding(&self, finding: &Finding) -> bool {
        self.diagnose && self.asks_for(&finding.rule) && finding.confidence >= self.min_confidence
    }

    fn asks_for(&self, name: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|wanted| wanted == name)
    }
}

/// What a run found.
#[derive(Debug)]
pub struct ScanOutcome {
    /// The report, ready to render.
    pub report: Report,
    /// The token events, sorted; none where they were not to be kept.
    pub events: EventSet,
    /// Leaks that the baseline knows; they are not in the report.
    pub known_leaks: Vec<Leak>,
    /// Whether everything that was named could be read whole; otherwise the exit code is 2.
    pub complete: bool,
}

/// Watches a run: called from many threads.
pub trait Progress: Sync {
    /// The bytes on disk that will be read, where they are known.
    fn expect(&self, bytes: u64);
    /// So many bytes on disk were read.
    fn advance(&self, bytes: u64);
}

/// A run that nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn expect(&self, _bytes: u64) {}
    fn advance(&self, _bytes: u64) {}
}

/// A run that could not start at all; trouble with one input is a notice instead.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Rule files with mistakes.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Rules(Vec<RuleError>),
    /// The worker threads could not be started.
    #[error("the worker threads could not be started: {0}; try --threads 1")]
    Threads(String),
    /// What was to be written could not be.
    #[error("cannot write: {0}")]
    Write(std::io::Error),
}

/// Scans and diagnoses. Trouble with an input is a notice of the report; only rules that are wrong and
/// threads that do not start keep a run from starting.
pub fn scan(options: &ScanOptions, progress: &dyn Progress) -> Result<ScanOutcome, ScanError> {
    on_workers(options.threads, || {
        let mut rules = RuleSet::load(&options.rule_paths, options.hints.clone()).map_err(ScanError::Rules)?;
        rules.catalogue.adjust(&options.thresholds);
        Ok(run(options, &rules, progress))
    })
}

/// Runs something on as many worker threads as asked for.
fn on_workers<T: Send>(threads: usize, run: impl FnOnce() -> Result<T, ScanError> + Send) -> Result<T, ScanError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| ScanError::Threads(error.to_string()))?.install(run)
}

/// What the rules, the built-in ones and those of `paths`, say of what a saved report names: a report does not carry
/// the texts of its rules. Of a rule that is in none of them only the name is known.
pub fn rule_texts(report: &Report, paths: &[PathBuf]) -> Result<Vec<RuleText>, ScanError> {
    let rules = RuleSet::load(paths, Hints::default()).map_err(ScanError::Rules)?;
    Ok(texts::of_report(&rules.catalogue, rules.leaks.rules(), report))
}

/// Runs the examples of all rules, the built-in ones and those of `paths`: how much holds, or what does not.
pub fn check_rules(paths: &[PathBuf]) -> Result<RuleSizes, Vec<RuleError>> {
    let rules = RuleSet::load(paths, Hints::default())?;
    let errors = rules.prove();
    if errors.is_empty() { Ok(rules.sizes()) } else { Err(errors) }
}

fn run(options: &ScanOptions, rules: &RuleSet, progress: &dyn Progress) -> ScanOutcome {
    let (discovery, reads, harvests) = read(options, rules, progress, false);
    finish::finish(options, rules, discovery, &reads, harvests)
}

/// The map step over all sources; `survey` also keeps what was recognised and what was not.
fn read(
    options: &ScanOptions,
    rules: &RuleSet,
    progress: &dyn Progress,
    survey: bool,
) -> (Discovery, Vec<SourceRead>, Vec<Harvest>) {
    let discovery = input::discover(&options.paths);
    progress.expect(discovery.sources.iter().filter_map(|source| source.size).sum());
    let all = options.unfiltered || survey;
    let (prefilter, names) = rayon::join(
        || if all { Prefilter::everything() } else { Prefilter::new(rules) },
        || if all { None } else { Names::new(rules) },
    );
    let workshop = Workshop {
        rules,
        prefilter,
        events: if all { OnceLock::from(Prefilter::everything()) } else { OnceLock::new() },
        clocks: discovery.sources.iter().map(|source| days::clock(options.zone, source)).collect(),
        names,
        survey,
        excerpts: options.diagnose,
        idle: Mutex::default(),
    };
    let settings = ReadSettings { segment_bytes: options.segment_bytes, ..ReadSettings::default() };
    let reads = input::read(&discovery.sources, &settings, &|bytes| progress.advance(bytes), &|segment| {
        workshop.visit(segment);
    });
    let harvests = workshop.idle.into_inner().unwrap_or_default();
    (discovery, reads, harvests)
}
