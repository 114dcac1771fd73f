//! GitLab's secret detection report (`gl-secret-detection-report.json`), form 15.0.4.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::place::{Run, advice, file, leak_sentence};
use crate::model::{Leak, Report, Severity, Timestamp, Trouble};

/// The form of the report: <https://gitlab.com/gitlab-org/security-products/security-report-schemas>.
const VERSION: &str = "15.0.4";
/// Where a run does not know its time.
const NO_TIME: &str = "1970-01-01T00:00:00";
/// Characters of a name.
const NAME: usize = 255;

/// Writes the leaks; findings about refreshes have no place in this report.
pub fn render_gitlab(report: &Report, run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let tool = json!({
        "id": report.tool.name,
        "name": report.tool.name,
        "version": report.tool.version,
        "vendor": { "name": report.tool.name },
    });
    let unread = report.notices.iter().filter(|notice| notice.trouble == Trouble::Incomplete);
    let messages = unread.map(|notice| {
        let place = notice.path.as_ref().map_or(String::new(), |path| format!("{}: ", file(path, run)));
        json!({ "level": "warn", "value": format!("{place}{}", notice.message) })
    });
    let messages: Vec<Value> = messages.collect();
    let log = json!({
        "version": VERSION,
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "type": "secret_detection",
            "start_time": second(run.started),
            "end_time": second(run.finished.or(run.started)),
            "status": if messages.is_empty() { "success" } else { "failure" },
            "messages": messages,
        },
        "vulnerabilities": report.leaks.iter().map(|leak| vulnerability(leak, report, run)).collect::<Vec<_>>(),
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn vulnerability(leak: &Leak, report: &Report, run: &Run) -> Value {
    let title = report.rules.iter().find(|rule| rule.id == leak.rule).map_or(leak.rule.as_str(), |rule| &rule.title);
    let name: String = title.chars().take(NAME).collect();
    json!({
        "id": uuid(&leak.id),
        "category": "secret_detection",
        "name": name,
        "description": leak_sentence(leak),
        "solution": advice(&leak.rule),
        "severity": severity(leak.severity),
        "location": {
            "file": file(&leak.path, run),
            "start_line": leak.line,
            "end_line": leak.line,
            "commit": { "sha": "0000000" },
        },
        "identifiers": [{ "type": "tokscan_rule", "name": format!("tokscan {}", leak.rule), "value": leak.rule }],
    })
}

/// `yyyy-mm-ddThh:mm:ss`, in UTC.
fn second(time: Option<Timestamp>) -> String {
    time.and_then(|time| time.to_string().get(..NO_TIME.len()).map(str::to_owned)).unwrap_or_else(|| NO_TIME.into())
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

/// The stable id in the look of a UUID (version 8: its bits are ours).
fn uuid(id: &str) -> String {
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).chain(std::iter::repeat('0')).take(30).collect();
    format!("{}-{}-8{}-8{}-{}", &digits[..8], &digits[8..12], &digits[12..15], &digits[15..18], &digits[18..30])
}
