//! The page for the postmortem: one file, no request to anywhere, and nothing of a log that could act in it.
//!
//! Rust computes what is shown and where it lies; the markup, of the pictures too, is in the templates,
//! which escape every text by themselves ([`escape::Html`](super::escape::Html)). Pictures are SVG whose places
//! across are percentages, so that they fit any width without a script. Scripts add comfort only.

mod cards;
mod files;
mod gaps;
mod marks;
mod period;
mod rhythm;
mod scale;
mod tables;
mod zoom;

use std::io::{self, Write};

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::by_rule::{RuleRow, by_rule};
use super::helped::{Gain, helped};
use super::made;
use super::patterns::{self, Pattern};
use super::shown::clip;
use super::summary::Summary;
use crate::model::{Report, Section};
use cards::Card;
use gaps::Histogram;
use period::Period;
use rhythm::Rhythm;
use tables::{ClientRow, FindingRow, Fitting, InputRow, LeakRow, NoticeRow, Room};

pub use files::PictureFile;
pub(super) use files::{PERIOD, finding_file, pictures};

/// The colours by name, of both themes.
const COLOURS: &str = include_str!("templates/colours.css");
/// What the pictures look like.
const CHART: &str = include_str!("templates/chart.css");
const PAGE: &str = include_str!("templates/style.css");
const SCRIPT: &str = include_str!("templates/script.js");

/// Findings with a picture and all their evidence; the others are rows of the table.
const CARDS: usize = 100;

#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    summary: Summary,
    period: Option<Period>,
    histograms: Vec<Histogram>,
    helped: Vec<Gain>,
    clients: Fitting<ClientRow>,
    patterns: Vec<Pattern>,
    rhythms: Vec<Rhythm>,
    rules: Vec<RuleRow>,
    findings: Fitting<FindingRow>,
    cards: Vec<Card>,
    leaks: Fitting<LeakRow>,
    notices: Fitting<NoticeRow>,
    inputs: Fitting<InputRow>,
    made: Vec<(&'static str, String)>,
    version: String,
    style: String,
    style_hash: String,
    script: &'static str,
    script_hash: String,
}

/// Writes the page. Of a section only what belongs to it: `tokscan leaks` says nothing about refreshes.
pub fn render_html(report: &Report, section: Section, out: &mut dyn Write) -> io::Result<()> {
    let triage = section == Section::Triage;
    let window_ms = report.run.as_ref().map(|run| run.window_ms);
    let mut room = Room::new();
    let style = [COLOURS, CHART, PAGE].concat();
    let shown_clients: &[_] = if triage { &report.clients } else { &[] };
    let page = Page {
        summary: Summary::of(report, section),
        period: triage.then(|| period::period(report, CARDS)).flatten(),
        histograms: if triage { gaps::histograms(&report.activity, window_ms) } else { Vec::new() },
        notices: tables::notices(&mut room, &report.notices),
        inputs: tables::inputs(&mut room, &report.inputs),
        findings: tables::findings(&mut room, &report.findings, CARDS),
        leaks: tables::leaks(&mut room, &report.leaks),
        clients: tables::clients(&mut room, shown_clients),
        patterns: patterns::onsets(&shown_clients[..shown_clients.len().min(CARDS)]),
        rhythms: if triage { rhythm::rhythms(report) } else { Vec::new() },
        helped: if triage { helped(&report.clients) } else { Vec::new() },
        rules: if triage { by_rule(&report.findings) } else { Vec::new() },
        cards: cards(report, window_ms),
        made: made::made(report),
        version: made::version(report),
        style_hash: hash(&style),
        style,
        script: SCRIPT,
        script_hash: hash(SCRIPT),
    };
    page.write_into(&mut *out)?;
    out.write_all(b"\n")
}

/// What a content security policy names an inline style or script by.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

fn cards(report: &Report, window_ms: Option<u64>) -> Vec<Card> {
    let findings = report.findings.iter().take(CARDS).enumerate();
    findings.map(|(place, finding)| Card::of(place, finding, window_ms)).collect()
}

impl Page {
    fn title(&self) -> String {
        let first = self.summary.headline.first().map_or("", String::as_str);
        clip(&format!("tokscan: {first}"), 120)
    }

    /// The clients that the filter can choose.
    fn has_several_clients(&self) -> bool {
        self.clients.rows.len() > 1
    }
}
