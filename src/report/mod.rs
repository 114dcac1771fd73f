//! A report to bytes: one file per format, and one escape function per target.
//!
//! Renderers are pure: they see the [`Report`] and a [`Style`], never a rule, a file or the
//! environment. Everything in a report is masked already; what a renderer adds is that nothing in
//! it can act on the reader's terminal.

mod by_rule;
mod comparison;
pub mod escape;
mod events;
mod helped;
mod html;
mod json;
mod made;
mod markdown;
mod shown;
mod summary;
mod terminal;
mod words;

use std::io::{self, Write};

use crate::model::Report;

pub use comparison::{render_comparison_json, render_comparison_markdown, render_comparison_text};
pub use events::render_events_jsonl;
pub use html::render_html;
pub use json::render_json;
pub use markdown::render_markdown;
pub use terminal::{Section, Style, headline, render_terminal, render_terminal_section, wrap};

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
}

impl Format {
    /// All formats, in the order in which help names them.
    pub const ALL: [Self; 4] = [Self::Terminal, Self::Json, Self::Html, Self::Markdown];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
            Self::Html => "html",
            Self::Markdown => "markdown",
        }
    }

    /// The file suffix that asks for the format.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Terminal => "txt",
            Self::Json => "json",
            Self::Html => "html",
            Self::Markdown => "md",
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

    /// The format that a file suffix asks for.
    pub fn from_suffix(suffix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.suffix().eq_ignore_ascii_case(suffix))
    }

    /// Renders a report; the section and the style matter to formats that people read.
    pub fn render(self, report: &Report, section: Section, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Terminal => render_terminal_section(report, section, style, out),
            Self::Json => render_json(report, out),
            Self::Html => render_html(report, section, out),
            Self::Markdown => render_markdown(report, section, out),
        }
    }
}
