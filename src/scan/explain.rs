//! What the leak rules made of one line, and what the gate made of that.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

use super::parts::Part;
use super::prefilter::Prefilter;
use super::records::{Found, Run};
use super::rule_set::RuleSet;
use super::{ScanError, ScanOptions, on_workers};
use crate::extract::Hints;
use crate::input::{self, Layout, ReadSettings, Segment, Source, SourceRead};
use crate::leak::{LeakHit, LeakScanner, Look};
use crate::model::Notice;
use crate::triage;

/// One place in the line, and what one rule made of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Judged {
    /// 1-based byte column of the value, or of the key, scheme or literal of a place that was passed over.
    pub column: u64,
    /// Whether the gate counts it.
    pub verdict: Verdict,
    /// The rule.
    pub rule: String,
    /// The key or header.
    pub field: Option<String>,
    /// Whether it is in a text that is encoded in the line.
    pub encoded: bool,
    /// Why: for people, and never with a value in it.
    pub reason: String,
}

/// What became of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A leak.
    Kept,
    /// A leak that an allow rule, the baseline or an option leaves out.
    LeftOut,
    /// No leak.
    Refused,
}

/// What was said about a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// All places, by column.
    pub judged: Vec<Judged>,
    /// The lines that the source has.
    pub lines: u64,
    /// What was said of reading it.
    pub notices: Vec<Notice>,
}

/// Explains a line of the one source that `options.paths` name. Empty where no rule saw anything in it.
pub fn explain_line(options: &ScanOptions, path: &str, line: u64) -> Result<Explanation, ScanError> {
    on_workers(options.threads, || {
        let rules = RuleSet::load(&options.rule_paths, Hints::default()).map_err(ScanError::Rules)?;
        let discovery = input::discover(&options.paths);
        let mut notices = discovery.notices;
        let mut explanation = Explanation::default();
        if let Some(source) = discovery.sources.into_iter().find(|source| source.path == path) {
            let sources = [source];
            let settings = ReadSettings { segment_bytes: options.segment_bytes, ..ReadSettings::default() };
            let reads = input::read(&sources, &settings, &|_| (), &|_| ());
            let reader = Reader { options, rules: &rules, source: &sources[0], read: &reads[0], line };
            explanation.judged = reader.judged(&settings);
            explanation.lines = reads[0].lines;
            notices.extend(reads.into_iter().flat_map(|read| read.notices));
        }
        let mask = |text: &str| rules.leaks.mask(text).into_owned();
        for notice in &mut notices {
            notice.message = mask(&notice.message);
            notice.path = notice.path.as_deref().map(mask);
        }
        Ok(Explanation { notices: triage::notices(notices), ..explanation })
    })
}

/// Where a line stands in the bytes of a segment that begins with the line `first`.
pub(super) fn line_in(bytes: &[u8], first: u64, line: u64) -> Option<Range<usize>> {
    let start = match line.checked_sub(first)?.checked_sub(1) {
        None => 0,
        Some(nth) => memchr::memchr_iter(b'\n', bytes).nth(nth as usize)? + 1,
    };
    let end = memchr::memchr(b'\n', bytes.get(start..)?).map_or(bytes.len(), |length| start + length);
    (start < bytes.len()).then_some(start..end)
}

/// Looks at one line of a source that was read once, so that it is known where its lines are.
struct Reader<'r> {
    options: &'r ScanOptions,
    rules: &'r RuleSet,
    source: &'r Source,
    read: &'r SourceRead,
    /// 1-based.
    line: u64,
}

impl Reader<'_> {
    fn judged(&self, settings: &ReadSettings) -> Vec<Judged> {
        let prefilter = Prefilter::of_leaks(&self.rules.leaks);
        let found = Mutex::new(Vec::new());
        let sources = std::slice::from_ref(self.source);
        input::read(sources, settings, &|_| (), &|segment| {
            let looks = self.segment(segment, &prefilter);
            if let Ok(mut found) = found.lock() {
                found.extend(looks);
            }
        });
        let mut judged = found.into_inner().unwrap_or_default();
        judged.sort();
        judged.dedup();
        judged
    }

    /// What is in the line, as far as this segment holds it.
    fn segment(&self, segment: &Segment<'_>, prefilter: &Prefilter) -> Vec<Judged> {
        let bytes = segment.bytes;
        let line = line_in(bytes, self.read.first_line(segment.base), self.line);
        let Some(Range { start, end }) = line else { return Vec::new() };
        let mut judged = Vec::new();
        let mut look_at = |part: &Part<'_>| {
            let looked_at = prefilter.is_candidate(part.text);
            for look in self.rules.leaks.explain(part.text) {
                let at = (part.placed(look.at, look.at + 1).byte_start() - segment.base) as usize;
                if (start..end).contains(&at) {
                    judged.push(self.judge(part, look, (at - start) as u64 + 1, looked_at));
                }
            }
        };
        match segment.layout {
            Layout::Lines => Run::of_segment(segment).records(&Prefilter::everything(), &mut |found: &Found| {
                if found.range.start < end && found.range.end > start {
                    look_at(&Part::found(segment, found, self.line));
                }
            }),
            Layout::Documents(documents) => {
                for range in documents.iter().filter(|range| range.start < end && range.end > start) {
                    look_at(&Part::of(segment, range.clone(), self.line));
                }
            }
        }
        judged
    }

    fn judge(&self, part: &Part<'_>, look: Look, column: u64, looked_at: bool) -> Judged {
        let leaks = &self.rules.leaks;
        let (verdict, reason) = match look.outcome {
            Err(reason) => (Verdict::Refused, reason),
            Ok(_) if !looked_at => (Verdict::Refused, "no literal of a rule brought the line to a search".into()),
            Ok(hit) => self.weigh(leaks, part, &hit),
        };
        let rule = leaks.rule_id(look.rule).to_owned();
        Judged { column, verdict, rule, field: look.field, encoded: look.encoded, reason }
    }

    /// What the gate makes of a leak.
    fn weigh(&self, leaks: &LeakScanner, part: &Part<'_>, hit: &LeakHit) -> (Verdict, String) {
        // Which source it is does not matter to what it is held against.
        let mut seen = part.sighting(leaks, hit, &mut part.places());
        seen.position.source = 0;
        let gate = &self.options.gate;
        if let Some(why) = gate.passes(&seen, &self.source.path) {
            return (Verdict::LeftOut, why);
        }
        if leaks.allows_path(&seen.rule, &self.source.path) {
            return (Verdict::LeftOut, "an allowlist of the rule's file allows the whole file".into());
        }
        let paths = [self.source.path.clone()];
        for leak in triage::leaks(&[seen], &paths, &BTreeMap::new(), None) {
            if !self.options.wants(&leak) {
                return (Verdict::LeftOut, "--rule or --min-confidence leaves it out".into());
            }
            if gate.baseline.as_ref().is_some_and(|baseline| baseline.knows(&leak)) {
                return (Verdict::LeftOut, "the baseline knows the value".into());
            }
        }
        let (severity, confidence) = (hit.severity.name(), hit.confidence.name());
        (Verdict::Kept, format!("a leak of the kind {}, {severity}, {confidence}: {}", hit.kind.name(), hit.masked))
    }
}
