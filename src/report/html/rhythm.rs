//! Incidents that come back at even intervals, drawn: a lane for each subject, a mark for each incident, and a line
//! wherever one was due.

use std::collections::BTreeMap;

use super::scale::{Scale, Tick, clock};
use crate::model::{ClientSummary, Finding, FindingClass, Recurrence, Report, Timestamp};
use crate::report::shown::{Percent, client, name, time};
use crate::report::words::{count, span};

/// Pictures on a page.
const PICTURES: usize = 12;
/// Lanes of a picture: the subjects with most incidents.
const LANES: usize = 6;
/// Incidents of a lane.
const INCIDENTS: usize = 200;
/// More lines than this would be a grey surface.
const DUE: i64 = 80;
/// Height of a lane, in pixels.
const LANE: usize = 34;
/// Causes that have no rhythm of the client's own; the period leaves them out, too.
const FROM_ELSEWHERE: [&str; 3] = ["provider-outage", "client-misconfigured", "unexplained-failure"];

/// The picture of one client.
pub(super) struct Rhythm {
    pub(super) client: String,
    pub(super) sentence: String,
    pub(super) lanes: Vec<Lane>,
    pub(super) ticks: Vec<Tick>,
}

/// The incidents of one subject.
pub(super) struct Lane {
    pub(super) subject: String,
    /// Where the lane lies, in pixels from above.
    pub(super) y: usize,
    /// Places, and when it was.
    pub(super) incidents: Vec<(Percent, String)>,
    /// Where one was due, counted from the first.
    pub(super) due: Vec<Percent>,
}

/// Of the clients whose incidents have a period, in the order of the report.
pub(super) fn rhythms(report: &Report) -> Vec<Rhythm> {
    let even = report.clients.iter().filter_map(|client| Some((client, client.recurrence?)));
    even.filter_map(|(client, recurrence)| Rhythm::of(client, recurrence, &report.findings)).take(PICTURES).collect()
}

impl Rhythm {
    /// `None` where no subject has two incidents with a time.
    fn of(summary: &ClientSummary, recurrence: Recurrence, findings: &[Finding]) -> Option<Self> {
        let mut begun = incidents(summary, findings);
        begun.retain(|(_, times)| times.len() > 1);
        begun.truncate(LANES);
        let all = || begun.iter().flat_map(|(_, times)| times).map(|time| millis(*time));
        let (low, high) = (all().min()?, all().max().filter(|high| *high > all().min().unwrap_or(*high))?);
        let scale = Scale { low: low as f64, high: high as f64, left: 1.0, right: 99.0 };
        let period = i64::try_from(recurrence.period_s).ok()?.checked_mul(1000).filter(|period| *period > 0)?;
        let lanes = begun.iter().enumerate();
        Some(Self {
            client: client(summary.client.as_deref()),
            sentence: sentence(recurrence, period),
            lanes: lanes.map(|(number, lane)| Lane::of(number, lane, scale, period)).collect(),
            ticks: clock(scale, 6),
        })
    }

    /// Where the axis lies, in pixels from above.
    pub(super) fn floor(&self) -> usize {
        self.lanes.len() * LANE + 10
    }

    /// Of the picture, in pixels.
    pub(super) fn height(&self) -> usize {
        self.floor() + 22
    }
}

impl Lane {
    fn of(number: usize, (subject, times): &(Option<&str>, Vec<Timestamp>), scale: Scale, period: i64) -> Self {
        let first = times.first().map_or(0, |time| millis(*time));
        let rounds = (scale.high as i64 - first) / period;
        let due = 1..=if rounds <= DUE { rounds } else { 0 };
        Self {
            subject: name(*subject),
            y: number * LANE + 30,
            incidents: times.iter().take(INCIDENTS).map(|at| (scale.at(millis(*at) as f64), time(*at))).collect(),
            due: due.map(|round| scale.at((first + round * period) as f64)).collect(),
        }
    }
}

/// When the incidents of each subject began, in order; most incidents first.
fn incidents<'f>(summary: &ClientSummary, findings: &'f [Finding]) -> Vec<(Option<&'f str>, Vec<Timestamp>)> {
    let own = findings.iter().filter(|finding| {
        finding.class == FindingClass::Cause
            && (&finding.provider, &finding.client) == (&summary.provider, &summary.client)
            && !FROM_ELSEWHERE.contains(&finding.rule.as_str())
    });
    let mut by_subject: BTreeMap<Option<&str>, Vec<Timestamp>> = BTreeMap::new();
    for finding in own {
        by_subject.entry(finding.subject.as_deref()).or_default().extend(finding.start);
    }
    let mut lanes: Vec<_> = by_subject.into_iter().collect();
    for (_, times) in &mut lanes {
        times.sort_unstable();
    }
    lanes.sort_by_key(|(_, times)| std::cmp::Reverse(times.len()));
    lanes
}

fn sentence(recurrence: Recurrence, period: i64) -> String {
    let kept = count(recurrence.incidents, "incident");
    let lifetime = recurrence
        .expires_in
        .map_or_else(String::new, |seconds| format!("; the access token lives {}", span(i64::from(seconds) * 1000)));
    format!("comes back every {}, or a multiple of it ({kept}){lifetime}", span(period))
}

fn millis(time: Timestamp) -> i64 {
    time.nanos.div_euclid(1_000_000)
}
