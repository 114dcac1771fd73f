//! The pictures as SVG files of their own, for pages that cannot hold them: Markdown that is asked for them.
//!
//! Such a file is seen where nobody chose a theme and often by programs that know little CSS: it is light, and every
//! colour stands where it is used.

use std::collections::BTreeMap;

use askama::Template;

use super::period::{Period, Picture, period};
use super::zoom::{Zoom, zoom};
use super::{CHART, COLOURS};
use crate::model::Report;

/// Of all pictures, in pixels.
const WIDTH: usize = 960;
/// Around a picture, in pixels.
const MARGIN: usize = 16;
/// Of a line of the legend, in pixels.
const LEGEND: usize = 20;
/// Of a letter of the legend on average, in pixels: a file cannot ask for the font that it is drawn in.
const LETTER: usize = 7;

/// A picture in a file.
pub struct PictureFile {
    /// `PERIOD` or that of `finding_file`.
    pub name: String,
    /// What it shows, in words.
    pub description: String,
    /// The file.
    pub svg: String,
}

/// The name of the picture of the period.
pub(in crate::report) const PERIOD: &str = "period.svg";

/// The name of the picture of the finding at a place of the report, counted from 0. A saved report's ids name no files:
/// anybody may have written them.
pub(in crate::report) fn finding_file(place: usize) -> String {
    format!("finding-{}.svg", place + 1)
}

/// The pictures of the period and of so many findings of a report; none where nothing has a time.
pub(in crate::report) fn pictures(report: &Report, findings: usize) -> Result<Vec<PictureFile>, askama::Error> {
    let window_ms = report.run.as_ref().map(|run| run.window_ms);
    let mut files = Vec::new();
    if let Some(period) = period(report, 0)
        && let Some(picture) = period.pictures.first()
    {
        files.push(of_period(&period, picture)?);
    }
    for (place, finding) in report.findings.iter().take(findings).enumerate() {
        if let Some(zoom) = zoom(finding, window_ms) {
            files.push(of_incident(finding_file(place), &zoom)?);
        }
    }
    Ok(files)
}

/// What a file holds.
enum Drawn<'p> {
    Period(&'p Period, &'p Picture),
    Incident(&'p Zoom),
}

/// A sign or a colour of the legend, and what it stands for.
struct Entry {
    x: usize,
    y: usize,
    sign: Option<&'static str>,
    class: Option<&'static str>,
    text: String,
}

#[derive(Template)]
#[template(path = "picture.svg")]
struct File<'p> {
    width: usize,
    height: usize,
    margin: usize,
    description: &'p str,
    style: String,
    drawn: Drawn<'p>,
    legend: Vec<Entry>,
}

fn of_period(period: &Period, picture: &Picture) -> Result<PictureFile, askama::Error> {
    let good = (None, Some("b-ok"), format!("good refresh {}", picture.ok));
    let causes =
        picture.legend.iter().map(|cause| (None, Some(cause.class), format!("{} {}", cause.rule, cause.count)));
    let entries = std::iter::once(good).chain(causes).collect();
    let drawn = Drawn::Period(period, picture);
    file(PERIOD.into(), &picture.description, picture.height(), drawn, entries)
}

fn of_incident(name: String, zoom: &Zoom) -> Result<PictureFile, askama::Error> {
    let entries = zoom.legend.iter().map(|sign| (Some(sign.symbol), None, sign.word.to_owned())).collect();
    file(name, &zoom.description, zoom.height, Drawn::Incident(zoom), entries)
}

type Told = (Option<&'static str>, Option<&'static str>, String);

fn file(
    name: String,
    description: &str,
    drawn_height: usize,
    drawn: Drawn<'_>,
    told: Vec<Told>,
) -> Result<PictureFile, askama::Error> {
    let (legend, lines) = legend(told, drawn_height + 2 * MARGIN);
    let height = drawn_height + 2 * MARGIN + LEGEND * lines + MARGIN / 2;
    let file = File { width: WIDTH, height, margin: MARGIN, description, style: style(), drawn, legend };
    Ok(PictureFile { name, description: description.to_owned(), svg: file.render()? })
}

/// The entries side by side in as many lines as they need, the first at this height.
fn legend(told: Vec<Told>, top: usize) -> (Vec<Entry>, usize) {
    let (mut x, mut line) = (MARGIN, 0);
    let mut entries = Vec::new();
    for (sign, class, text) in told {
        let width = 18 + LETTER * text.chars().count() + 2 * MARGIN;
        if x > MARGIN && x + width > WIDTH {
            (x, line) = (MARGIN, line + 1);
        }
        entries.push(Entry { x, y: top + LEGEND * line + 8, sign, class, text });
        x += width;
    }
    (entries, line + 1)
}

/// The style of the charts with the light colours in the place of their names.
fn style() -> String {
    let names = COLOURS.lines().filter_map(|line| {
        let (name, value) = line.trim().strip_suffix(';')?.split_once(": ")?;
        let light = value.strip_prefix("light-dark(").map_or(value, |both| both.split(',').next().unwrap_or(both));
        Some((format!("var({name})"), light))
    });
    let names: BTreeMap<String, &str> = names.collect();
    let mut style = CHART.to_owned() + ".paper { fill: var(--paper); }\n";
    for (name, light) in names {
        style = style.replace(&name, light);
    }
    style
}
