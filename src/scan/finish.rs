//! The reduce step and the report: harvests merged, diagnosed, ordered and summed up.

use std::collections::{BTreeMap, BTreeSet};

use super::again;
use super::days::{self, Dated};
use super::endpoint_lines;
use super::excerpt::Archive;
use super::kept::Kept;
use super::records;
use super::rule_set::RuleSet;
use super::scrub::Scrubber;
use super::skew;
use super::texts;
use super::worker::{self, Harvest, SourceFound};
use super::{ScanOptions, ScanOutcome};
use crate::diagnose::{self, Diagnosis};
use crate::input::{Discovery, Source, SourceRead, digests};
use crate::model::{
    EventSet, InputSummary, Leak, LeakSighting, Notice, Position, Report, RunInfo, SCHEMA_VERSION, Section, Summary,
    Timestamp, TokenEvent, ToolInfo, Trouble,
};
use crate::triage;

pub(super) fn finish(
    options: &ScanOptions,
    rules: &RuleSet,
    discovery: Discovery,
    reads: &[SourceRead],
    harvests: Vec<Harvest>,
) -> ScanOutcome {
    let paths: Vec<String> =
        discovery.sources.iter().map(|source| rules.leaks.mask(&source.path).into_owned()).collect();
    let disk = on_disk(options, &discovery.sources);
    let mut merged = merge(paths, reads, harvests);
    let mut notices = discovery.notices;
    notices.extend(reads.iter().flat_map(|read| read.notices.iter().cloned()));
    notices.extend(rules.notices.iter().cloned());
    let (said, dated) = again::look(options, rules, &discovery.sources, &mut merged, &mut |_| ());
    notices.extend(said);
    days::settle(&mut merged, options.zone, &discovery.sources, &dated);
    merged.events.sort();
    notices.extend(assumptions(options, &merged, &dated));
    notices.extend(compared(options, &merged));
    // Lines that are set aside show, too, how far the clocks of those who wrote them are apart.
    notices.extend(skew::align(options, &mut merged.events));
    notices.extend(endpoint_lines::set_aside(&mut merged.events));
    select(options, &mut merged, &mut notices);

    let scrubber = Scrubber::new(&merged.leaks);
    scrubber.events(&mut merged.events);
    for path in &mut merged.events.sources {
        *path = scrubber.text(path).into_owned();
    }
    for leak in &mut merged.leaks {
        leak.client = leak.client.take().map(|client| scrubber.text(&client).into_owned());
        leak.subject = leak.subject.take().map(|subject| scrubber.text(&subject).into_owned());
    }
    options.gate.weigh(&mut notices);
    notices.extend(options.gate.over());
    let paths = &merged.events.sources;
    merged.leaks.retain(|leak| !rules.leaks.allows_path(&leak.rule, &paths[leak.position.source as usize]));
    notices.extend(options.gate.admit(&mut merged.leaks, &merged.events.sources));
    for notice in &mut notices {
        notice.message = scrubber.text(&rules.leaks.mask(&notice.message)).into_owned();
        notice.path = notice.path.take().map(|path| scrubber.text(&rules.leaks.mask(&path)).into_owned());
    }

    let settings = diagnose::Settings { window: options.window, evidence: options.evidence };
    let extent = Extent::of(&merged.events.events);
    let events = if options.keep_events { merged.events.clone() } else { EventSet::default() };
    merged.events.forget_lone_requests();
    let mut diagnosis = diagnose::diagnose(&mut merged.events, &rules.catalogue, &rules.policies, &settings);
    notices.extend(skew::shown(&diagnosis.skews, &merged.events));
    notices.extend(again::by_logger(&diagnosis.by_logger, &merged.events));
    let found = std::mem::take(&mut diagnosis.findings).into_iter().zip(std::mem::take(&mut diagnosis.told));
    let (mut findings, told): (Vec<_>, Vec<_>) = found.filter(|(finding, _)| options.wants_finding(finding)).unzip();
    let (sources, kept, leaks) = (&discovery.sources, &merged.kept, &rules.leaks);
    Archive { sources, kept, leaks, scrubber: &scrubber }.fill(&mut findings, &told, &merged.events.events);
    diagnosis.findings = findings;
    let complete = notices.iter().all(|notice| notice.trouble == Trouble::Note);
    let (mut report, known_leaks) = report(options, &merged, (extent, diagnosis), (reads, disk), notices);
    let clean = |text: &str| scrubber.text(&rules.leaks.mask(text)).into_owned();
    report.run = Some(run_info(options, rules, &clean));
    report.rules = texts::of_report(&rules.catalogue, rules.leaks.rules(), &report);
    ScanOutcome { report, events, known_leaks, complete }
}

/// How many events there are, and when; the diagnosis folds those of one attempt.
struct Extent {
    events: u64,
    untimed: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Extent {
    fn of(events: &[TokenEvent]) -> Self {
        let mut extent = Self { events: events.len() as u64, untimed: 0, first: None, last: None };
        for event in events {
            let Some(time) = event.time else {
                extent.untimed += 1;
                continue;
            };
            extent.first = Some(extent.first.map_or(time, |first| first.min(time)));
            extent.last = extent.last.max(Some(time));
        }
        extent
    }
}

/// A source as it lies on disk.
struct OnDisk {
    size: Option<u64>,
    sha256: Option<String>,
}

fn on_disk(options: &ScanOptions, sources: &[Source]) -> Vec<OnDisk> {
    let mut known = if options.digests { digests(sources) } else { vec![None; sources.len()] };
    let found = sources.iter().zip(&mut known);
    found.map(|(source, sha256)| OnDisk { size: source.size, sha256: sha256.take() }).collect()
}

pub(super) struct Merged {
    pub(super) events: EventSet,
    pub(super) leaks: Vec<LeakSighting>,
    pub(super) sources: BTreeMap<usize, SourceFound>,
    pub(super) kept: Kept,
}

/// Joins what the workers found; the order in which they worked leaves no trace.
pub(super) fn merge(paths: Vec<String>, reads: &[SourceRead], harvests: Vec<Harvest>) -> Merged {
    let mut merged = Merged {
        events: EventSet { sources: paths, ..EventSet::default() },
        leaks: Vec::new(),
        sources: BTreeMap::new(),
        kept: Kept::default(),
    };
    for mut harvest in harvests {
        renumber(&mut harvest.events.events, merged.kept.absorb(harvest.kept));
        if merged.events.symbols.is_empty() {
            // The first one is taken as it is: of a log of nothing but events a copy is a third of the memory.
            let sources = std::mem::take(&mut merged.events.sources);
            merged.events = EventSet { sources, ..harvest.events };
        } else {
            merged.events.absorb(harvest.events);
        }
        merged.leaks.extend(harvest.leaks);
        for (source, found) in harvest.sources {
            let sum = merged.sources.entry(source).or_default();
            sum.token_events += found.token_events;
            sum.zone_assumed += found.zone_assumed;
            sum.year_assumed += found.year_assumed;
            sum.date_assumed += found.date_assumed;
            sum.divided = worker::first(sum.divided, found.divided);
            sum.survey.absorb(found.survey);
            for (format, count) in found.formats {
                *sum.formats.entry(format).or_default() += count;
            }
        }
    }
    merged.events.events.shrink_to_fit();
    // Workers count lines from their segment; the segments' own first lines are known by now.
    let line_of = |source: u32, byte: u64, line: u64| reads[source as usize].first_line(byte) + line;
    let numbered = |place: Position| place.on_line(line_of(place.source, place.byte_start(), place.line()));
    for event in &mut merged.events.events {
        event.position = numbered(event.position);
    }
    for leak in &mut merged.leaks {
        leak.position = numbered(leak.position);
    }
    for (source, found) in &mut merged.sources {
        found.divided = found.divided.map(|(byte, line)| (byte, line_of(*source as u32, byte, line)));
    }
    merged
}

/// Moves the numbers of the excerpts of events; nothing is to be done for the first worker, nor where none are kept.
fn renumber(events: &mut [TokenEvent], from: u32) {
    for event in events.iter_mut().filter(|_| from > 0) {
        event.excerpt = event.excerpt.get().map(|number| number.saturating_add(from)).into();
    }
}

/// What was not looked at as it should be, and what was taken for granted about times, by source.
fn assumptions(options: &ScanOptions, merged: &Merged, dated: &Dated) -> Vec<Notice> {
    let mut notices = Vec::new();
    for (source, found) in &merged.sources {
        let path = merged.events.sources[*source].as_str();
        if let Some((_, line)) = found.divided {
            notices.push(records::divided(path, &format!("from line {line} on")));
        }
        if found.zone_assumed > 0 {
            let message = format!("times without an offset were taken as {}; name the zone with --tz", options.zone);
            notices.push(Notice {
                count: found.zone_assumed,
                ..Notice::new("zone-assumed", Some(path), message, Trouble::Note)
            });
        }
        if found.year_assumed > 0 {
            let message = if dated.contains_key(&(*source as u32)) {
                "times without a year were given that of the dated lines nearest to them"
            } else {
                "times without a year were given that of the file's name or last change"
            };
            notices.push(Notice {
                count: found.year_assumed,
                ..Notice::new("year-assumed", Some(path), message, Trouble::Note)
            });
        }
        if found.date_assumed > 0 {
            let message = if dated.contains_key(&(*source as u32)) {
                "times without a date were given that of the dated lines nearest to them"
            } else {
                "times without a date were given that of the file's name or last change; another day begins where the time of day falls back"
            };
            notices.push(Notice {
                count: found.date_assumed,
                ..Notice::new("date-assumed", Some(path), message, Trouble::Note)
            });
        }
    }
    notices
}

/// What is said where times without a zone are compared with those of other files.
fn compared(options: &ScanOptions, merged: &Merged) -> Option<Notice> {
    let timed = merged.sources.values().filter(|found| found.token_events > 0).count();
    let count = merged.sources.values().filter(|found| found.zone_assumed > 0).count() as u64;
    let message = format!(
        "files whose times have no zone were compared with other files as if theirs were {}; where it is another one, give it with --tz, or scan them apart",
        options.zone
    );
    (count > 0 && timed > 1).then(|| Notice { count, ..Notice::new("zones-compared", None, message, Trouble::Note) })
}

/// Keeps what `--since`, `--until` and `--client` ask for.
fn select(options: &ScanOptions, merged: &mut Merged, notices: &mut Vec<Notice>) {
    let bounded = options.since.is_some() || options.until.is_some();
    if !bounded && options.clients.is_empty() {
        return;
    }
    let inside = |time: Option<crate::model::Timestamp>| match time {
        None => !bounded,
        Some(time) => {
            options.since.is_none_or(|since| time.nanos >= since.nanos)
                && options.until.is_none_or(|until| time.nanos < until.nanos)
        }
    };
    let untimed = merged.events.events.iter().filter(|event| event.time.is_none()).count() as u64;
    if bounded && untimed > 0 {
        let message = "events without a time cannot be placed between --since and --until and were left out";
        notices.push(Notice { count: untimed, ..Notice::new("untimed-left-out", None, message, Trouble::Note) });
    }
    let wanted: BTreeSet<&str> = options.clients.iter().map(String::as_str).collect();
    let symbols = &merged.events.symbols;
    merged.events.events.retain(|event| {
        inside(event.time)
            && (wanted.is_empty() || symbols.text(event.client).is_some_and(|client| wanted.contains(client)))
    });
    // A leak in a record without a time is kept: where it belongs is not known, and a gate must not pass it.
    merged.leaks.retain(|leak| {
        (leak.time.is_none() || inside(leak.time))
            && (wanted.is_empty() || leak.client.as_deref().is_some_and(|client| wanted.contains(client)))
    });
}

fn report(
    options: &ScanOptions,
    merged: &Merged,
    (extent, diagnosis): (Extent, Diagnosis),
    (reads, disk): (&[SourceRead], Vec<OnDisk>),
    mut notices: Vec<Notice>,
) -> (Report, Vec<Leak>) {
    let Diagnosis { findings, clients, activity, principals, token_lives, refresh_ok, refresh_failed, .. } = diagnosis;
    let end = extent.last.into_iter().chain(merged.leaks.iter().filter_map(|leak| leak.time)).max();
    let mut leaks = triage::leaks(&merged.leaks, &merged.events.sources, &token_lives, end);
    leaks.retain(|leak| options.wants(leak));
    let (known, said) = options.gate.known(&mut leaks);
    notices.extend(said);
    let notices = triage::notices(notices);
    let inputs = inputs(merged, reads, disk, &notices);
    let summary = Summary {
        inputs: inputs.len() as u64,
        bytes: inputs.iter().map(|input| input.bytes).sum(),
        lines: inputs.iter().map(|input| input.lines).sum(),
        token_events: extent.events,
        refresh_ok,
        refresh_failed,
        clients: clients.len() as u64,
        principals,
        first: extent.first,
        last: extent.last,
        findings: triage::count(findings.iter().map(|finding| finding.rule.as_str())),
        leaks: triage::count(leaks.iter().map(|leak| leak.kind.name())),
        untimed_events: extent.untimed,
    };
    let tool = ToolInfo { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() };
    let report = Report {
        schema_version: SCHEMA_VERSION,
        tool,
        run: None,
        summary,
        inputs,
        clients,
        findings,
        leaks,
        notices,
        activity,
        rules: Vec::new(),
    };
    (report, known)
}

/// The settings that can change what is found, masked like everything that the user or a log wrote.
fn run_info(options: &ScanOptions, rules: &RuleSet, clean: &dyn Fn(&str) -> String) -> RunInfo {
    RunInfo {
        section: Some(if options.diagnose { Section::Triage } else { Section::Leaks }),
        window_ms: u64::try_from(options.window.as_millis()).unwrap_or(u64::MAX),
        tz: options.zone.to_string(),
        since: options.since,
        until: options.until,
        clients: options.clients.iter().map(|client| clean(client)).collect(),
        rules: options.rules.clone(),
        min_confidence: options.min_confidence,
        evidence: options.evidence as u64,
        rule_paths: options.rule_paths.iter().map(|path| clean(&path.to_string_lossy())).collect(),
        rule_files: rules.sizes().files as u64,
        rules_digest: rules.digest.clone(),
    }
}

fn inputs(merged: &Merged, reads: &[SourceRead], disk: Vec<OnDisk>, notices: &[Notice]) -> Vec<InputSummary> {
    let nothing = SourceFound::default();
    let mut inputs: Vec<InputSummary> = (0..)
        .zip(&merged.events.sources)
        .zip(reads.iter().zip(disk))
        .map(|((index, path), (read, disk))| {
            let found = merged.sources.get(&index).unwrap_or(&nothing);
            // Most records first; equal counts go by name, so that the answer is always the same.
            let format =
                found.formats.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0))).map(|(format, _)| format.clone());
            let about = notices.iter().filter(|notice| notice.path.as_deref() == Some(path));
            InputSummary {
                path: path.clone(),
                format,
                compression: read.compression.map(str::to_owned),
                size: disk.size,
                sha256: disk.sha256,
                bytes: read.bytes,
                lines: read.lines,
                token_events: found.token_events,
                notices: about.map(|notice| format!("{}: {}", notice.code, notice.message)).collect(),
            }
        })
        .collect();
    inputs.sort_by(|a, b| a.path.cmp(&b.path));
    inputs
}
