//! A report to bytes: one file per format, and one escape function per target.
//!
//! Renderers are pure: they see the [`Report`] and a [`Style`], never a rule, a file or the
//! environment. Everything in a report is masked already; what a renderer adds is that nothing in
//! it can act on the reader's terminal.

pub mod escape;
mod events;
mod json;
mod survey;
mod terminal;

use std::io::{self, Write};

use crate::model::Report;

pub use events::render_events_jsonl;
pub use json::render_json;
pub use survey::{render_survey, render_survey_json};
pub use terminal::{Section, Style, headline, render_terminal, render_terminal_section, wrap};

/// The formats of a report. To add one: its file, its line here and in the matches below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The triage page.
    Terminal,
    /// Everything, `schema_version` 1.
    Json,
}

impl Format {
    /// All formats, in the order in which help names them.
    pub const ALL: [Self; 2] = [Self::Terminal, Self::Json];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
        }
    }

    /// The file suffix that asks for the format.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Terminal => "txt",
            Self::Json => "json",
        }
    }

    /// The format of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format that a file suffix asks for.
    pub fn from_suffix(suffix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.suffix().eq_ignore_ascii_case(suffix))
    }

    /// Renders a report; the section and the style matter to formats that people read.
    pub fn render(self, report: &Report, section: Section, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Terminal => render_terminal_section(report, section, style, out),
            Self::Json => render_json(report, out),
        }
    }
}
