//! A report to bytes: one file per format, and one escape function per target.
//!
//! Renderers are pure: they see the [`Report`] and a [`Style`], never a rule, a file or the
//! environment. Everything in a report is masked already; what a renderer adds is that nothing in
//! it can act on the reader's terminal.

pub mod alert;
mod by_rule;
mod comparison;
pub mod escape;
mod events;
mod finding_rows;
mod github;
mod gitlab;
mod helped;
mod html;
mod json;
mod junit;
mod leak_rows;
mod made;
mod markdown;
#[cfg(feature = "parquet")]
mod parquet;
mod patterns;
mod place;
mod sarif;
mod sheet;
mod shown;
mod summary;
mod survey;
mod terminal;
mod words;

use std::io::{self, BufWriter, Write};

use crate::model::Report;

pub use crate::model::Section;
pub use comparison::{render_comparison_json, render_comparison_markdown, render_comparison_text};
pub use events::{render_events_csv, render_events_jsonl};
pub use finding_rows::render_findings_csv;
pub use github::render_github;
pub use gitlab::render_gitlab;
pub use html::{PictureFile, render_html};
pub use json::render_json;
pub use junit::render_junit;
pub use leak_rows::{leak_line, render_leaks_csv, render_leaks_jsonl};
pub use markdown::{markdown_pictures, render_markdown};
#[cfg(feature = "parquet")]
pub use parquet::render_events_parquet;
pub use place::{Run, leak_sentence};
pub use sarif::render_sarif;
pub use survey::{render_survey, render_survey_json};
pub use terminal::{Links, Style, headline, render_terminal, render_terminal_section, wrap};

/// Bytes of JSON that are written at a time.
const BUFFER: usize = 1 << 16;

/// What is large and of many small pieces goes through here: JSON writes sign by sign, and each was a call through a table.
fn buffered<'o>(out: &'o mut dyn Write) -> BufWriter<&'o mut (dyn Write + 'o)> {
    BufWriter::with_capacity(BUFFER, out)
}

/// The formats of a report. To add one: its file, its line here and in the matches below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The triage page.
    Terminal,
    /// Everything, `schema_version` 1.
    Json,
    /// The page for the postmortem.
    Html,
    /// The same story for a wiki or an issue.
    Markdown,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML.
    Junit,
    /// GitHub Actions annotations.
    Github,
    /// GitLab's secret detection report: leaks alone.
    Gitlab,
    /// A table: one row per finding, or per leak where leaks alone were asked for.
    Csv,
    /// One leak per line.
    LeaksJsonl,
}

impl Format {
    /// All formats, in the order in which help names them.
    pub const ALL: [Self; 10] = [
        Self::Terminal,
        Self::Json,
        Self::Html,
        Self::Markdown,
        Self::Sarif,
        Self::Junit,
        Self::Github,
        Self::Gitlab,
        Self::Csv,
        Self::LeaksJsonl,
    ];

    /// The formats of a section: those that hold nothing but leaks are no formats of a triage.
    pub fn of(section: Section) -> impl Iterator<Item = Self> + Clone {
        Self::ALL.into_iter().filter(move |format| section == Section::Leaks || !format.is_of_leaks())
    }

    /// Whether it holds nothing but leaks.
    pub fn is_of_leaks(self) -> bool {
        matches!(self, Self::Gitlab | Self::LeaksJsonl)
    }

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Csv => "csv",
            Self::LeaksJsonl => "jsonl",
        }
    }

    /// The end of a file's name that asks for the format, behind a dot or a dash; GitHub's annotations are for
    /// standard output alone.
    pub fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Terminal => Some("txt"),
            Self::Json => Some("json"),
            Self::Html => Some("html"),
            Self::Markdown => Some("md"),
            Self::Sarif => Some("sarif"),
            Self::Junit => Some("xml"),
            Self::Github => None,
            Self::Gitlab => Some("secret-detection-report.json"),
            Self::Csv => Some("csv"),
            Self::LeaksJsonl => Some("jsonl"),
        }
    }

    /// Whether it is a page to keep and publish, which names its inputs by digest.
    pub fn is_document(self) -> bool {
        matches!(self, Self::Html | Self::Markdown)
    }

    /// The format of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether it carries the texts of the rules that it names.
    pub fn carries_rules(self) -> bool {
        self == Self::Sarif
    }

    /// Renders a report; the section says what a table is of and what a page leaves out, the style matters to formats
    /// that people read, the run to those that other programs look files up by.
    pub fn render(self, report: &Report, section: Section, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        let run = &style.run;
        match self {
            Self::Terminal => render_terminal_section(report, section, style, out),
            Self::Json => render_json(report, out),
            Self::Html => render_html(report, section, out),
            Self::Markdown => render_markdown(report, section, style.pictures.as_deref(), out),
            Self::Sarif => render_sarif(report, run, out),
            Self::Junit => render_junit(report, run, out),
            Self::Github => render_github(report, run, out),
            Self::Gitlab => render_gitlab(report, run, out),
            Self::Csv if section == Section::Leaks => render_leaks_csv(report, out),
            Self::Csv => render_findings_csv(report, out),
            Self::LeaksJsonl => render_leaks_jsonl(report, out),
        }
    }
}
