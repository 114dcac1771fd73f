//! How the pictures of a Markdown page are drawn.

use clap::{Args, ValueEnum};

/// How the pictures of a Markdown page are drawn.
#[derive(Debug, Args)]
pub struct PictureArgs {
    /// Pictures of a Markdown page: Mermaid in the page, or SVG files beside it
    ///
    /// GitHub and GitLab draw Mermaid; most other readers of Markdown do not. The files lie in a folder that is named
    /// after the page: report-pictures/ for -o report.md.
    #[arg(long, value_name = "KIND", default_value = "mermaid", help_heading = "Output")]
    pub pictures: Pictures,
}

/// `--pictures`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Pictures {
    Mermaid,
    Svg,
}
