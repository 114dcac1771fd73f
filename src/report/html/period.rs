//! The picture of the whole period: attempts, failures by cause, incidents and leaks, for all and by client.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::marks::of_severity;
use super::scale::{Scale, Tick, clock};
use crate::model::{Activity, Counts, Finding, FindingClass, Lane, Leak, LeakStatus, Report, Timestamp};
use crate::report::shown::{Percent, anchor, cause_class, client, clip, second, time};
use crate::report::words::{count, number, span, status};

/// Signs in one row of a picture: more than these lie upon each other.
const MARKS: usize = 240;

/// All pictures of the period, on one axis.
pub(super) struct Period {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) bucket: String,
    pub(super) buckets: u32,
    pub(super) ticks: Vec<Tick>,
    /// The bars, drawn once and used by the pictures and the strips.
    pub(super) bars: Vec<Bars>,
    /// First that of all clients, then one for each, which the filter shows.
    pub(super) pictures: Vec<Picture>,
    /// A strip for each client, where there are several.
    pub(super) strips: Vec<Picture>,
    /// Attempts and leaks that have no time, or none in the period, and so are not drawn.
    pub(super) undrawn: Option<String>,
}

/// The bars of one picture, in units of buckets across and percent of the most up.
pub(super) struct Bars {
    pub(super) ok: String,
    pub(super) failed: Vec<(&'static str, String)>,
}

/// One picture.
pub(super) struct Picture {
    /// Index into the bars.
    pub(super) bars: usize,
    /// `None` for all.
    pub(super) client: Option<String>,
    pub(super) name: String,
    pub(super) ok: u64,
    pub(super) failed: u64,
    pub(super) ok_most: String,
    pub(super) failed_most: String,
    pub(super) legend: Vec<Legend>,
    pub(super) incidents: Vec<Incident>,
    pub(super) leaks: Vec<LeakMark>,
    pub(super) description: String,
}

pub(super) struct Legend {
    pub(super) class: &'static str,
    pub(super) rule: String,
    pub(super) count: String,
}

/// A finding on the picture.
pub(super) struct Incident {
    pub(super) x: Percent,
    pub(super) symbol: &'static str,
    pub(super) behaviour: bool,
    pub(super) title: String,
    /// Where it is told, if it has a card.
    pub(super) link: Option<String>,
}

pub(super) struct LeakMark {
    pub(super) x: Percent,
    pub(super) live: bool,
    pub(super) title: String,
}

/// `None` where no attempt has a time.
pub(super) fn period(report: &Report, cards: usize) -> Option<Period> {
    let activity = &report.activity;
    let start = activity.start?;
    let length = activity.bucket_ms.saturating_mul(u64::from(activity.buckets));
    let end = Timestamp { nanos: start.nanos.saturating_add_unsigned(length.saturating_mul(1_000_000)), ..start };
    let low = (start.nanos / 1_000_000) as f64;
    let scale = Scale { low, high: low + length as f64, left: 0.0, right: 100.0 };
    let all = activity.lanes.iter().fold(Lane::default(), sum);
    let signs = Signs { report, scale, cards };
    let mut bars = vec![bars(&all)];
    let mut pictures = vec![picture(0, &all, None, &signs)];
    let mut strips = Vec::new();
    if activity.lanes.len() > 1 {
        let drawn = |lane: &&Lane| !(lane.ok.is_empty() && lane.failed.is_empty());
        for lane in activity.lanes.iter().filter(drawn) {
            let at = bars.len();
            bars.push(self::bars(lane));
            strips.push(picture(at, lane, Some(lane), &signs));
            if lane.clients == 1 {
                pictures.push(picture(at, lane, Some(lane), &signs));
            }
        }
    }
    Some(Period {
        from: second(start),
        to: second(end),
        bucket: span(i64::try_from(activity.bucket_ms).unwrap_or(i64::MAX)),
        buckets: activity.buckets,
        ticks: clock(scale, 6),
        bars,
        pictures,
        strips,
        undrawn: undrawn(report, activity, scale),
    })
}

fn sum(mut sum: Lane, lane: &Lane) -> Lane {
    let add = |sum: &mut Counts, counts: &Counts| {
        for (at, count) in counts {
            *sum.entry(*at).or_default() += count;
        }
    };
    sum.clients += lane.clients;
    add(&mut sum.ok, &lane.ok);
    for (rule, counts) in &lane.failed {
        add(sum.failed.entry(rule.clone()).or_default(), counts);
    }
    sum
}

fn total(counts: &Counts) -> u64 {
    counts.values().sum()
}

/// Failures of all causes by bucket.
fn failures(lane: &Lane) -> Counts {
    let mut all = Counts::new();
    for (bucket, count) in lane.failed.values().flatten() {
        *all.entry(*bucket).or_default() += count;
    }
    all
}

fn most(counts: &Counts) -> u64 {
    counts.values().copied().max().unwrap_or(0)
}

fn bars(lane: &Lane) -> Bars {
    let most_failed = most(&failures(lane));
    let mut below: BTreeMap<u32, f64> = BTreeMap::new();
    let ok = path(&lane.ok, most(&lane.ok), &mut BTreeMap::new());
    let failed =
        causes(lane).into_iter().map(|(rule, counts)| (cause_class(rule), path(counts, most_failed, &mut below)));
    Bars { ok, failed: failed.collect() }
}

/// The causes of a lane, the most frequent first.
fn causes(lane: &Lane) -> Vec<(&str, &Counts)> {
    let mut causes: Vec<(&str, &Counts)> = lane.failed.iter().map(|(rule, counts)| (rule.as_str(), counts)).collect();
    causes.sort_by_key(|(rule, counts)| (std::cmp::Reverse(total(counts)), *rule));
    causes
}

/// One bar a bucket, on top of what lies below it. What happened is seen, however little it is beside the most.
fn path(counts: &Counts, most: u64, below: &mut BTreeMap<u32, f64>) -> String {
    let mut path = String::new();
    for (bucket, count) in counts {
        let height = (*count as f64 / most.max(1) as f64 * 100.0).max(3.0);
        let base = below.entry(*bucket).or_default();
        // Writing into a String cannot fail.
        let _ = write!(path, "M{bucket}.1 {:.1}v-{height:.1}h.8v{height:.1}z", 100.0 - *base);
        *base += height;
    }
    path
}

impl Picture {
    /// Where the signs of leaks lie.
    pub(super) fn leak_y(&self) -> usize {
        if self.incidents.is_empty() { 188 } else { 224 }
    }

    /// Where the axis lies: below the last row that has something.
    pub(super) fn floor(&self) -> usize {
        match (self.leaks.is_empty(), self.incidents.is_empty()) {
            (true, true) => 166,
            (true, false) => 204,
            (false, _) => self.leak_y() + 16,
        }
    }

    pub(super) fn height(&self) -> usize {
        self.floor() + 24
    }
}

/// What is marked on the pictures.
struct Signs<'a> {
    report: &'a Report,
    scale: Scale,
    cards: usize,
}

fn picture(bars: usize, lane: &Lane, of: Option<&Lane>, signs: &Signs<'_>) -> Picture {
    let failed = failures(lane);
    let name = match of {
        None => "All clients".into(),
        Some(lane) if lane.clients > 1 => format!("{} more", count(lane.clients, "client")),
        Some(lane) => client(lane.client.as_deref()),
    };
    let legend = causes(lane).into_iter().map(|(rule, counts)| Legend {
        class: cause_class(rule),
        rule: clip(rule, 40),
        count: number(total(counts)),
    });
    let legend: Vec<Legend> = legend.collect();
    let ok = total(&lane.ok);
    let all_failed = total(&failed);
    let incidents = incidents(signs, of);
    let leaks = leaks(signs, of);
    let description = format!(
        "{name}: {} good and {} failed refreshes over time; {}, {} marked",
        number(ok),
        number(all_failed),
        count(incidents.len() as u64, "finding"),
        count(leaks.len() as u64, "leak"),
    );
    Picture {
        bars,
        client: of.map(|lane| client(lane.client.as_deref())),
        name,
        ok,
        failed: all_failed,
        ok_most: number(most(&lane.ok)),
        failed_most: number(most(&failed)),
        legend,
        incidents,
        leaks,
        description,
    }
}

/// Whether something belongs to a picture: to all, or to its client.
fn belongs(of: Option<&Lane>, provider: Option<&str>, client: Option<&str>) -> bool {
    let same = |lane: &Lane| lane.provider.as_deref() == provider && lane.client.as_deref() == client;
    of.is_none_or(|lane| lane.clients == 1 && same(lane))
}

/// Places that are nearer to each other than their signs are wide.
fn spot(x: Percent) -> i64 {
    (x.0 * 5.0) as i64
}

fn place(scale: Scale, time: Option<Timestamp>) -> Option<Percent> {
    let millis = time?.nanos as f64 / 1_000_000.0;
    (scale.low..=scale.high).contains(&millis).then(|| scale.at(millis))
}

/// The findings of a picture; those without a card are shown once a place and severity.
fn incidents(signs: &Signs<'_>, of: Option<&Lane>) -> Vec<Incident> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (number, finding) in signs.report.findings.iter().enumerate() {
        if found.len() >= MARKS || !belongs(of, finding.provider.as_deref(), finding.client.as_deref()) {
            continue;
        }
        let Some(x) = place(signs.scale, finding.start) else { continue };
        let has_card = number < signs.cards;
        if !has_card && !seen.insert((spot(x), finding.severity)) {
            continue;
        }
        found.push(incident(finding, x, has_card.then(|| anchor(&finding.id, number))));
    }
    found
}

fn incident(finding: &Finding, x: Percent, link: Option<String>) -> Incident {
    let start = finding.start.map(time).unwrap_or_default();
    let title = format!("{} ({}), {start}: {}", finding.rule, finding.severity.name(), finding.title);
    Incident {
        x,
        symbol: of_severity(finding.severity),
        behaviour: finding.class == FindingClass::Behaviour,
        title: clip(&title, 160),
        link,
    }
}

fn leaks(signs: &Signs<'_>, of: Option<&Lane>) -> Vec<LeakMark> {
    let mut seen = BTreeSet::new();
    // A leak names no provider: the client's is taken.
    let mine = |leak: &&Leak| belongs(of, of.and_then(|lane| lane.provider.as_deref()), leak.client.as_deref());
    let placed =
        signs.report.leaks.iter().filter(mine).filter_map(|leak| Some((place(signs.scale, leak.first_time)?, leak)));
    let fresh = placed.filter(|(x, leak)| seen.insert((spot(*x), leak.status)));
    fresh
        .take(MARKS)
        .map(|(x, leak)| LeakMark {
            x,
            live: leak.status == LeakStatus::Live,
            title: clip(&format!("{} readable, {}: {}", leak.kind.name(), status(leak.status), leak.path), 160),
        })
        .collect()
}

fn undrawn(report: &Report, activity: &Activity, scale: Scale) -> Option<String> {
    let drawn: u64 = activity.lanes.iter().map(|lane| total(&lane.ok) + total(&failures(lane))).sum();
    let attempts = (report.summary.refresh_ok + report.summary.refresh_failed).saturating_sub(drawn);
    let leaks = report.leaks.iter().filter(|leak| place(scale, leak.first_time).is_none()).count() as u64;
    let mut parts = Vec::new();
    if attempts > 0 {
        parts.push(format!("{} without a time", count(attempts, "attempt")));
    }
    if leaks > 0 {
        parts.push(format!("{} without a time in this period", count(leaks, "leak")));
    }
    (!parts.is_empty()).then(|| format!("Not drawn: {}.", parts.join(", ")))
}
