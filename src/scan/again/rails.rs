//! Requests that Rails writes over several lines: `Started`, `Processing by`, `Parameters`, `Completed`.
//!
//! One request to a token endpoint is one attempt. The first look finds where such a request is started; its other lines
//! are looked for around it and put together to one record. Lines are joined by the request's id; without one, only
//! where nothing else was under way in their process, because other requests' lines look the same.

use std::collections::{BTreeMap, HashMap};

use crate::format::Record;
use crate::model::{EventKind, Position};
use crate::scan::finish::Merged;
use crate::scan::parts::Part;

/// The id of the rule that finds where a request is started.
const RULE: &str = "rails-request";
/// What the lines hold.
pub(super) const LITERALS: [&str; 4] = ["Started ", "Processing by ", "Parameters: {", "Completed "];
/// So far from its beginning a request's lines are looked for, in bytes.
const AROUND: u64 = 64 << 10;
/// Longest line that is kept.
const LONGEST: usize = 4096;

/// Where requests to a token endpoint are started, by source; in order.
pub(super) type Anchors = BTreeMap<usize, Vec<u64>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Started,
    Processing,
    Parameters,
    Completed,
}

/// One of the lines.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) position: Position,
    step: Step,
    request: Option<String>,
    process: Option<String>,
    /// Whether it has a time of its own.
    timed: bool,
    text: Vec<u8>,
}

/// A request put together.
#[derive(Debug)]
pub(super) struct Request {
    /// Of the line that tells the outcome.
    pub(super) position: Position,
    /// Where its other lines stand.
    pub(super) others: Vec<u64>,
    pub(super) text: Vec<u8>,
}

/// Takes the beginnings out of the events.
pub(super) fn anchors(Merged { events, sources, .. }: &mut Merged) -> Anchors {
    let Some(rule) = events.symbols.find(RULE) else { return Anchors::new() };
    let mut anchors = Anchors::new();
    events.events.retain(|event| {
        let is_anchor = event.rule == rule && event.kind == EventKind::EndpointSeen;
        if is_anchor {
            anchors.entry(event.position.source as usize).or_default().push(event.position.byte_start());
        }
        !is_anchor
    });
    for (source, bytes) in &mut anchors {
        bytes.sort_unstable();
        if let Some(found) = sources.get_mut(source) {
            found.token_events -= bytes.len() as u64;
        }
    }
    anchors
}

/// The line that a record is, if it is one of a request near an anchor.
pub(super) fn line(part: &Part<'_>, record: &Record<'_>, anchors: &[u64]) -> Option<Line> {
    let byte = part.position.byte_start();
    let next = anchors.get(anchors.partition_point(|anchor| *anchor < byte.saturating_sub(AROUND)))?;
    if *next > byte.saturating_add(AROUND) {
        return None;
    }
    let (step, tag) = record.texts.iter().find_map(|text| step(text))?;
    let field =
        |name: &str| record.fields.iter().find(|field| field.leaf() == name).map(|field| field.value.to_owned());
    Some(Line {
        position: part.position,
        step,
        request: field("requestid").or_else(|| tag.map(str::to_owned)),
        process: field("pid"),
        timed: record.stamp.is_some() && step != Step::Started,
        text: part.text[..part.text.len().min(LONGEST)].to_vec(),
    })
}

/// Which line a text is, and the id among the tags before it.
fn step(text: &str) -> Option<(Step, Option<&str>)> {
    let (mut rest, mut id) = (text.trim_start(), None);
    while let Some((tag, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        id = id.or_else(|| Some(tag).filter(|tag| is_id(tag)));
        rest = after.trim_start();
    }
    let step = if rest.starts_with("Started ") {
        Step::Started
    } else if rest.starts_with("Processing by ") {
        Step::Processing
    } else if rest.starts_with("Parameters: {") {
        Step::Parameters
    } else {
        let status = rest.strip_prefix("Completed ")?.as_bytes().get(..3)?;
        status.iter().all(u8::is_ascii_digit).then_some(Step::Completed)?
    };
    Some((step, id))
}

fn is_id(tag: &str) -> bool {
    tag.len() >= 16 && tag.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// The requests that began at the anchors of a source.
pub(super) fn requests(mut lines: Vec<Line>, anchors: &[u64]) -> Vec<Request> {
    lines.sort_by_key(|line| line.position.byte_start());
    let mut streams: BTreeMap<Option<&str>, Vec<&Line>> = BTreeMap::new();
    let mut requests: HashMap<&str, Vec<&Line>> = HashMap::new();
    let mut found = Vec::new();
    let is_anchor = |line: &Line| anchors.binary_search(&line.position.byte_start()).is_ok();
    for line in &lines {
        let Some(id) = line.request.as_deref() else {
            streams.entry(line.process.as_deref()).or_default().push(line);
            continue;
        };
        let open = requests.entry(id).or_default();
        if line.step == Step::Started {
            open.clear();
        }
        open.push(line);
        if line.step == Step::Completed {
            found.extend(Some(&*open).filter(|open| is_anchor(open[0])).map(|open| joined(open)));
            requests.remove(id);
        }
    }
    for stream in streams.values() {
        let mut under_way = 0_usize;
        for (at, line) in stream.iter().enumerate() {
            if is_anchor(line) && under_way == 0 {
                found.extend(alone(stream, at).map(joined));
            }
            // A log may begin in the middle of a request: its end is no other's.
            under_way = match line.step {
                Step::Processing => under_way + 1,
                Step::Completed => under_way.saturating_sub(1),
                Step::Started | Step::Parameters => under_way,
            };
        }
    }
    found.sort_by_key(|request| request.position.byte_start());
    found
}

/// The lines of the request that begins at `at`, if they follow each other and no other has just begun.
fn alone<'s, 'l>(stream: &'s [&'l Line], at: usize) -> Option<&'s [&'l Line]> {
    if at > 0 && stream[at - 1].step == Step::Started {
        return None;
    }
    let steps = |length: usize| stream.get(at..at + length);
    let order = |lines: &[&Line]| lines.iter().map(|line| line.step).collect::<Vec<_>>();
    let whole = [
        &[Step::Started, Step::Processing, Step::Completed][..],
        &[Step::Started, Step::Processing, Step::Parameters, Step::Completed],
    ];
    let lines = whole.iter().find_map(|wanted| steps(wanted.len()).filter(|lines| order(lines) == *wanted))?;
    // The controller says that it deals with tokens.
    memchr::memmem::find(&lines[1].text, b"oken").map(|_| lines)
}

/// One record of the lines: the one with a time comes first, because a record's time stands at its beginning.
fn joined(lines: &[&Line]) -> Request {
    let last = lines[lines.len() - 1];
    let (first, rest) = if last.timed { (Some(last), &lines[..lines.len() - 1]) } else { (None, lines) };
    let texts: Vec<&[u8]> = first.into_iter().chain(rest.iter().copied()).map(|line| line.text.as_slice()).collect();
    let others = lines[..lines.len() - 1].iter().map(|line| line.position.byte_start()).collect();
    Request { position: last.position, others, text: texts.join(&b'\n') }
}
