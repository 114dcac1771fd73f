//! `tokscan formats`: what was recognised in each source, and what looked like a token event and was none.

use std::collections::BTreeMap;

use super::again;
use super::finish::merge;
use super::rule_set::RuleSet;
use super::scrub::Scrubber;
use super::{Progress, ScanError, ScanOptions, on_workers, read};
use crate::extract::Sighting;
use crate::format::Record;
use crate::model::{Notice, Position, SourceSurvey, Survey, Trouble, Unmatched};
use crate::triage;

/// Records of a source that are shown of those that matched no rule.
const EXAMPLES: usize = 5;

/// What came of a survey.
#[derive(Debug)]
pub struct SurveyOutcome {
    /// The answer.
    pub survey: Survey,
    /// What went wrong, and what was assumed.
    pub notices: Vec<Notice>,
    /// Whether everything that was named could be read whole; otherwise the exit code is 2.
    pub complete: bool,
}

/// What a worker saw in one source; lines are counted from the segment.
#[derive(Debug, Default)]
pub(super) struct SurveyFound {
    records: u64,
    formats: BTreeMap<String, u64>,
    fields: BTreeMap<(&'static str, String), u64>,
    unmatched: u64,
    /// By the byte of the record: the first ones, whichever worker came first.
    examples: BTreeMap<u64, Unmatched>,
}

impl SurveyFound {
    /// Notes a record. Its keys and texts go through `mask`; `excerpt` is masked already.
    pub(super) fn note(
        &mut self,
        record: &Record<'_>,
        sighting: Sighting,
        position: Position,
        mask: &dyn Fn(&str) -> String,
        excerpt: &dyn Fn() -> String,
    ) {
        self.records += 1;
        *self.formats.entry(record.format.to_owned()).or_default() += 1;
        let Some(near_miss) = sighting.near_miss else {
            for (role, key) in sighting.fields {
                *self.fields.entry((role, mask(&key))).or_default() += 1;
            }
            return;
        };
        self.unmatched += 1;
        let first = self.examples.len() < EXAMPLES
            || self.examples.last_key_value().is_some_and(|(last, _)| *last > position.byte_start());
        if first {
            let unmatched = Unmatched {
                line: position.line(),
                reason: near_miss.reason.to_owned(),
                excerpt: excerpt(),
                suggestion: mask(&near_miss.suggestion),
            };
            self.examples.entry(position.byte_start()).or_insert(unmatched);
            self.trim();
        }
    }

    fn trim(&mut self) {
        while self.examples.len() > EXAMPLES {
            self.examples.pop_last();
        }
    }

    /// Adds what another worker saw in the same source.
    pub(super) fn absorb(&mut self, other: Self) {
        self.records += other.records;
        self.unmatched += other.unmatched;
        for (format, count) in other.formats {
            *self.formats.entry(format).or_default() += count;
        }
        for (field, count) in other.fields {
            *self.fields.entry(field).or_default() += count;
        }
        self.examples.extend(other.examples);
        self.trim();
    }
}

/// Says what is recognised in each source. Trouble with an input is a notice, as in a scan.
pub fn survey(options: &ScanOptions, progress: &dyn Progress) -> Result<SurveyOutcome, ScanError> {
    on_workers(options.threads, || {
        let rules = RuleSet::load(&options.rule_paths, options.hints.clone()).map_err(ScanError::Rules)?;
        Ok(run(options, &rules, progress))
    })
}

fn run(options: &ScanOptions, rules: &RuleSet, progress: &dyn Progress) -> SurveyOutcome {
    let (discovery, reads, harvests) = read(options, rules, progress, true);
    let paths = discovery.sources.iter().map(|source| rules.leaks.mask(&source.path).into_owned()).collect();
    let mut merged = merge(paths, &reads, harvests);
    let (said, _) = again::look(options, rules, &discovery.sources, &mut merged, &mut |_| ());
    let scrubber = Scrubber::new(&merged.leaks);
    scrubber.events(&mut merged.events);
    let clean = |text: &str| scrubber.text(text).into_owned();
    let mut sources: Vec<SourceSurvey> = Vec::new();
    for (index, read) in reads.iter().enumerate() {
        let found = merged.sources.remove(&index).unwrap_or_default().survey;
        let mut source = SourceSurvey {
            lines: read.lines,
            records: found.records,
            unmatched: found.unmatched,
            ..SourceSurvey::default()
        };
        source.path = clean(&merged.events.sources[index]);
        source.formats = found.formats;
        for ((role, key), count) in found.fields {
            source.fields.entry(role.to_owned()).or_default().insert(clean(&key), count);
        }
        for event in merged.events.events.iter().filter(|event| event.position.source as usize == index) {
            source.token_events += 1;
            let name = |symbol| merged.events.symbols.text(symbol).unwrap_or("none").to_owned();
            *source.providers.entry(name(event.provider)).or_default() += 1;
            *source.rules.entry(name(Some(event.rule))).or_default() += 1;
        }
        source.examples = found
            .examples
            .into_iter()
            .map(|(byte, example)| Unmatched {
                line: read.first_line(byte) + example.line,
                excerpt: clean(&example.excerpt),
                suggestion: clean(&example.suggestion),
                ..example
            })
            .collect();
        sources.push(source);
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    let mut notices = discovery.notices;
    notices.extend(reads.iter().flat_map(|read| read.notices.iter().cloned()));
    notices.extend(said);
    for notice in &mut notices {
        notice.path = notice.path.take().map(|path| clean(&rules.leaks.mask(&path)));
    }
    let complete = notices.iter().all(|notice| notice.trouble == Trouble::Note);
    SurveyOutcome { survey: Survey { sources }, notices: triage::notices(notices), complete }
}
