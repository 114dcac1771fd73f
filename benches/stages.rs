//! Bytes per second of a whole run, and events per second of the diagnosis, on corpora whose truth is known.
//!
//! Every bench first compares what was found with the truth: a fast wrong answer is no result.
//! `TOKSCAN_BENCH_BYTES` sets the size of the corpora (64 MiB by default).

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use tokscan::diagnose::{Diagnosis, Policies, Settings, diagnose};
use tokscan::rules::{embedded, load_diagnoses};
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
    let judge = || diagnose(&events, &catalogue, &policies, &settings);
    let found = count(&judge(), "refresh-race");
    ensure!(found == corpus.truth.races, "diagnose: found {found} races, planted {}", corpus.truth.races);
    let mut group = criterion.benchmark_group("diagnose");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(events.events.len() as u64));
    group.bench_function(Kind::Dense.name(), |bencher| bencher.iter(judge));
    group.finish();
    Ok(())
}

fn main() -> Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    scans(&mut criterion)?;
    diagnoses(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
