//! JUnit XML, as GitLab, Jenkins and other CI servers show it: a test case per input, which passes if it was read
//! whole, and one that fails per finding and leak.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::escape::xml;
use super::place::{Run, advice, file, leak_sentence};
use crate::model::{Finding, Leak, Notice, Report, Trouble};

/// Writes one test suite.
pub fn render_junit(report: &Report, run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let unread: Vec<&Notice> = report.notices.iter().filter(|notice| notice.trouble == Trouble::Incomplete).collect();
    let troubled: BTreeSet<&str> = unread.iter().filter_map(|notice| notice.path.as_deref()).collect();
    let whole = report.inputs.iter().map(|input| input.path.as_str()).filter(|path| !troubled.contains(path));
    let whole: Vec<&str> = whole.collect();
    let (failures, errors) = (report.findings.len() + report.leaks.len(), unread.len());
    let tests = failures + errors + whole.len();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"tokscan\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"0\">"
    )?;
    writeln!(
        out,
        "  <testsuite name=\"tokscan\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\" time=\"0\">"
    )?;
    for notice in unread {
        let path = notice.path.as_deref().map_or_else(|| "tokscan".into(), |path| file(path, run));
        failed(out, &path, "read whole", ("error", &notice.code), &notice.message, "")?;
    }
    for finding in &report.findings {
        of_finding(out, finding, run)?;
    }
    for leak in &report.leaks {
        of_leak(out, leak, run)?;
    }
    for path in whole {
        writeln!(out, "    <testcase classname=\"{}\" name=\"read whole\" time=\"0\"/>", xml(&file(path, run)))?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn of_finding(out: &mut dyn Write, finding: &Finding, run: &Run) -> io::Result<()> {
    let first = finding.evidence.first();
    let path = first.map_or_else(|| "tokscan".into(), |evidence| file(&evidence.path, run));
    let places = finding
        .evidence
        .iter()
        .map(|evidence| format!("{}:{} {}", file(&evidence.path, run), evidence.line, evidence.event));
    let body: Vec<String> =
        [finding.explanation.clone()].into_iter().chain(places).chain(finding.remediation.iter().cloned()).collect();
    let name = format!("{} {}", finding.rule, finding.id);
    failed(out, &path, &name, ("failure", &finding.rule), &finding.title, &body.join("\n"))
}

fn of_leak(out: &mut dyn Write, leak: &Leak, run: &Run) -> io::Result<()> {
    let path = file(&leak.path, run);
    let name = format!("{} at line {}", leak.rule, leak.line);
    let body = format!("{path}:{}:{}\n{}", leak.line, leak.column, advice(&leak.rule));
    failed(out, &path, &name, ("failure", &leak.rule), &leak_sentence(leak), &body)
}

/// One test case that did not pass.
fn failed(
    out: &mut dyn Write,
    class: &str,
    name: &str,
    (element, kind): (&str, &str),
    message: &str,
    body: &str,
) -> io::Result<()> {
    // Line by line: what ends a line in a message must not become a line of its own.
    let body: Vec<String> = body.lines().map(xml).collect();
    writeln!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\" time=\"0\">\n      <{element} type=\"{}\" message=\"{}\">{}</{element}>\n    </testcase>",
        xml(class),
        xml(name),
        xml(kind),
        xml(message),
        body.join("\n")
    )
}
