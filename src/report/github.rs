//! GitHub Actions workflow commands: annotations on the run and in the diff.

use std::io::{self, Write};

use super::escape::{github_message, github_property};
use super::place::{Run, advice, file, leak_sentence};
use crate::model::{Report, Severity, Trouble};

/// Writes one `::error …::` line per finding, leak and input that could not be read whole.
pub fn render_github(report: &Report, run: &Run, out: &mut dyn Write) -> io::Result<()> {
    for notice in report.notices.iter().filter(|notice| notice.trouble == Trouble::Incomplete) {
        let place = notice.path.as_deref().map(|path| (file(path, run), None));
        command(out, "error", place, &notice.code, &notice.message)?;
    }
    for finding in &report.findings {
        let place = finding.evidence.first().map(|evidence| (file(&evidence.path, run), Some(evidence.line)));
        let message = format!("{}\n{}", finding.explanation, finding.remediation.join("\n"));
        let title = format!("{}: {}", finding.rule, finding.title);
        command(out, level(finding.severity), place, &title, &message)?;
    }
    for leak in &report.leaks {
        let place = (file(&leak.path, run), Some(leak.line));
        let message = format!("{}\n{}", leak_sentence(leak), advice(&leak.rule));
        command(out, level(leak.severity), Some(place), &leak.rule, &message)?;
    }
    Ok(())
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    }
}

fn command(
    out: &mut dyn Write,
    level: &str,
    place: Option<(String, Option<u64>)>,
    title: &str,
    message: &str,
) -> io::Result<()> {
    write!(out, "::{level} ")?;
    if let Some((path, line)) = place {
        write!(out, "file={},", github_property(&path))?;
        if let Some(line) = line {
            write!(out, "line={line},")?;
        }
    }
    writeln!(out, "title={}::{}", github_property(title), github_message(message))
}
