//! Bytes per second of a whole run and of each stage, and events per second of the diagnosis, on corpora whose truth is known.
//!
//! Every bench first compares what was found with the truth: a fast wrong answer is no result.
//! `TOKSCAN_BENCH_BYTES` sets the size of the corpora (64 MiB by default).

use std::borrow::Cow;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use bumpalo::Bump;
use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput};
use tokscan::diagnose::{Diagnosis, Policies, Settings, diagnose};
use tokscan::extract::{Extractor, Hints};
use tokscan::format::{Clock, Reader, Setting};
use tokscan::input::{ReadSettings, discover, read};
use tokscan::leak::LeakScanner;
use tokscan::model::{Position, Symbols, Zone};
use tokscan::rules::{
    RuleError, embedded, load_diagnoses, load_events, load_formats, load_leaks, load_providers, load_vocabulary,
};
use tokscan::scan::{ScanOptions, ScanOutcome, Unwatched, scan};

#[path = "support/mod.rs"]
mod support;

use support::corpus::write_corpus;
use support::truth::{Kind, Truth};

const SEED: u64 = 1;

/// A corpus on disk, made once per size.
struct Corpus {
    path: PathBuf,
    truth: Truth,
}

impl Corpus {
    fn of(kind: Kind) -> Result<Self> {
        let bytes = match std::env::var("TOKSCAN_BENCH_BYTES") {
            Ok(text) => text.parse().context("TOKSCAN_BENCH_BYTES is a number of bytes")?,
            Err(_) => 64 << 20,
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/corpus");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}-{bytes}-{SEED}.log", kind.name()));
        let truth_path = path.with_extension("truth.json");
        if let Ok(text) = fs::read_to_string(&truth_path) {
            return Ok(Self { path, truth: serde_json::from_str(&text)? });
        }
        let truth = write_corpus(kind, bytes, SEED, &mut File::create(&path)?)?;
        fs::write(&truth_path, serde_json::to_string(&truth)?)?;
        Ok(Self { path, truth })
    }
}

fn run(corpus: &Corpus, threads: usize) -> Result<ScanOutcome> {
    let options = ScanOptions { paths: vec![corpus.path.clone()], threads, ..ScanOptions::default() };
    Ok(scan(&options, &Unwatched)?)
}

/// The whole truth, or no timing.
fn check(kind: Kind, truth: &Truth, outcome: &ScanOutcome) -> Result<()> {
    let summary = &outcome.report.summary;
    let races = summary.findings.get("refresh-race").copied().unwrap_or(0);
    let leaks = outcome.report.leaks.len() as u64;
    let found = Truth {
        bytes: summary.bytes,
        lines: summary.lines,
        token_events: summary.token_events,
        races,
        failures: summary.refresh_failed,
        leaks,
    };
    ensure!(found == *truth, "{}: found {found:?}, planted {truth:?}", kind.name());
    Ok(())
}

fn scans(criterion: &mut Criterion) -> Result<()> {
    let mut group = criterion.benchmark_group("scan");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for kind in Kind::ALL {
        let corpus = Corpus::of(kind)?;
        check(kind, &corpus.truth, &run(&corpus, 0)?)?;
        group.throughput(Throughput::Bytes(corpus.truth.bytes));
        for (name, threads) in [("one-thread", 1), ("all-threads", 0)] {
            group.bench_with_input(BenchmarkId::new(kind.name(), name), &threads, |bencher, &threads| {
                bencher.iter(|| run(&corpus, threads));
            });
        }
    }
    group.finish();
    Ok(())
}

/// The findings of one rule.
fn count(diagnosis: &Diagnosis, rule: &str) -> u64 {
    diagnosis.findings.iter().filter(|finding| finding.rule == rule).count() as u64
}

/// Timelines and verdicts alone, over the events of the densest corpus.
fn diagnoses(criterion: &mut Criterion) -> Result<()> {
    let corpus = Corpus::of(Kind::Dense)?;
    let events = run(&corpus, 0)?.events;
    let (policies, settings) = (Policies::default(), Settings::default());
    let catalogue = load_diagnoses(&embedded()).map_err(|errors| anyhow!("{errors:?}"))?;
    let judge = |mut events| diagnose(&mut events, &catalogue, &policies, &settings);
    let found = count(&judge(events.clone()), "refresh-race");
    ensure!(found == corpus.truth.races, "diagnose: found {found} races, planted {}", corpus.truth.races);
    let mut group = criterion.benchmark_group("diagnose");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(events.events.len() as u64));
    group.bench_function(Kind::Dense.name(), |bencher| {
        bencher.iter_batched(|| events.clone(), judge, BatchSize::PerIteration);
    });
    group.finish();
    Ok(())
}

/// Each stage of the map step alone, over the records of the densest corpus: reading, fields, events,
/// leaks. Every one must find as many events as were planted, or none where it finds none.
fn layers(criterion: &mut Criterion) -> Result<()> {
    let corpus = Corpus::of(Kind::Dense)?;
    let text = fs::read(&corpus.path)?;
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let rules = embedded();
    let wrong = |errors: Vec<RuleError>| anyhow!("{errors:?}");
    let reader = Reader::new(&load_formats(&rules).map_err(wrong)?);
    let (events, providers) = (load_events(&rules).map_err(wrong)?.0, load_providers(&rules).map_err(wrong)?);
    let extractor = Extractor::new(&events, &providers, load_vocabulary(&rules)?, Hints::default());
    let scanner = LeakScanner::new(&load_leaks(&rules).map_err(wrong)?);

    let fields = || count_fields(&reader, &lines);
    let extract = || count_events(&reader, &extractor, &lines);
    let find = || count_leaks(&scanner, &lines);
    ensure!(fields() > 0, "format: no fields");
    ensure!(extract() == corpus.truth.token_events, "extract: {} events of {}", extract(), corpus.truth.token_events);
    ensure!(find() == corpus.truth.leaks, "leak: {} leaks of {}", find(), corpus.truth.leaks);

    let mut group = criterion.benchmark_group("stage");
    group.sample_size(10).sampling_mode(SamplingMode::Flat).throughput(Throughput::Bytes(corpus.truth.bytes));
    group.bench_function("input", |bencher| bencher.iter(|| read_all(&corpus.path)));
    group.bench_function("format", |bencher| bencher.iter(fields));
    group.bench_function("format+extract", |bencher| bencher.iter(extract));
    group.bench_function("leak", |bencher| bencher.iter(find));
    group.finish();
    Ok(())
}

/// Reads a file through the input layer, on all threads; returns its bytes.
fn read_all(path: &Path) -> u64 {
    let found = discover(&[path.to_owned()]);
    read(&found.sources, &ReadSettings::default(), &|_| {}, &|_| {}).iter().map(|source| source.bytes).sum()
}

const CLOCK: Clock = Clock { zone: Zone::UTC, day: None };
/// No bench is of a table.
const SETTING: Setting<'static> = Setting { clock: &CLOCK, columns: None };

fn count_fields(reader: &Reader, lines: &[&[u8]]) -> u64 {
    let (mut arena, mut fields) = (Bump::new(), 0);
    for line in lines {
        reader.read(&arena, line, &SETTING, &mut |record| fields += record.fields.len() as u64);
        arena.reset();
    }
    fields
}

fn count_events(reader: &Reader, extractor: &Extractor, lines: &[&[u8]]) -> u64 {
    let (mut arena, mut symbols, mut events) = (Bump::new(), Symbols::default(), 0);
    for line in lines {
        let position = Position::new(0, 0..line.len() as u64, 1);
        reader.read(&arena, line, &SETTING, &mut |record| {
            let found = extractor.extract(record, line, position, &|text| Cow::Borrowed(text), &mut symbols);
            events += u64::from(found.is_some());
        });
        arena.reset();
    }
    events
}

fn count_leaks(scanner: &LeakScanner, lines: &[&[u8]]) -> u64 {
    let (mut hits, mut found) = (Vec::new(), 0);
    for line in lines {
        hits.clear();
        scanner.find(line, &mut hits);
        found += hits.len() as u64;
    }
    found
}

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    scans(&mut criterion)?;
    layers(&mut criterion)?;
    diagnoses(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
