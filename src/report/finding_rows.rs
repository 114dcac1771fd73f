//! The findings as a table, for spreadsheets and for other programs.

use std::borrow::Cow;
use std::io::{self, Write};

use super::sheet::{Sheet, if_known, number, text, time};
use crate::model::{Finding, FindingClass, Report};

const COLUMNS: [&str; 30] = [
    "id",
    "rule",
    "class",
    "severity",
    "confidence",
    "confidence_reason",
    "provider",
    "client",
    "subject",
    "start",
    "end",
    "span_ms",
    "successes",
    "failures",
    "aftermath_failures",
    "errors",
    "outcome",
    "topology",
    "principals",
    "forced_sign_ins",
    "healed_after_ms",
    "api_unauthorized",
    "reauthorized_at",
    "unresolved_for_ms",
    "title",
    "explanation",
    "remediation",
    "path",
    "line",
    "evidence",
];

/// Writes the findings as a table, one row each, in the order of the report. `errors` is `code=count`, parted by spaces;
/// `path` and `line` are those of the first event of the evidence, `evidence` is how many events the report shows.
pub fn render_findings_csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut sheet = Sheet::new(out, &COLUMNS)?;
    report.findings.iter().try_for_each(|finding| sheet.row(row(finding)))?;
    sheet.finish()
}

fn row(finding: &Finding) -> [Cow<'_, str>; COLUMNS.len()] {
    let class = match finding.class {
        FindingClass::Cause => "cause",
        FindingClass::Behaviour => "behaviour",
    };
    let errors: Vec<String> = finding.errors.iter().map(|(code, count)| format!("{code}={count}")).collect();
    let first = finding.evidence.first();
    [
        finding.id.as_str().into(),
        finding.rule.as_str().into(),
        class.into(),
        finding.severity.name().into(),
        finding.confidence.name().into(),
        finding.confidence_reason.as_str().into(),
        text(finding.provider.as_deref()),
        text(finding.client.as_deref()),
        text(finding.subject.as_deref()),
        time(finding.start),
        time(finding.end),
        number(finding.span_ms),
        number(finding.successes),
        number(finding.failures),
        number(finding.aftermath_failures),
        errors.join(" ").into(),
        finding.outcome.name().into(),
        finding.topology.name().into(),
        number(finding.impact.principals),
        number(finding.impact.forced_sign_ins),
        if_known(finding.impact.healed_after_ms),
        number(finding.impact.api_unauthorized),
        time(finding.reauthorized_at),
        if_known(finding.unresolved_for_ms),
        finding.title.as_str().into(),
        finding.explanation.as_str().into(),
        finding.remediation.join(" ").into(),
        text(first.map(|evidence| evidence.path.as_str())),
        if_known(first.map(|evidence| evidence.line)),
        number(finding.evidence.len() as u64),
    ]
}
