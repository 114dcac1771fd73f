//! The leaks as rows, for other programs and for spreadsheets.

use std::io::{self, Write};

use super::escape;
use crate::model::{Leak, Report};

/// Writes one JSON object per line and leak; the fields are those of the report's `leaks`.
pub fn render_leaks_jsonl(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    report.leaks.iter().try_for_each(|leak| leak_line(leak, out))
}

/// One leak as a line of JSON.
pub fn leak_line(leak: &Leak, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, leak)?;
    out.write_all(b"\n")
}

/// Writes a table with a header. A cell that a spreadsheet would take for a formula begins with an apostrophe.
pub fn render_leaks_csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record([
        "id",
        "rule",
        "kind",
        "severity",
        "status",
        "confidence",
        "path",
        "line",
        "column",
        "end_column",
        "byte_start",
        "byte_end",
        "field",
        "masked",
        "digest",
        "occurrences",
        "first_time",
        "last_time",
        "client",
        "subject",
        "superseded_after_ms",
        "used_from",
    ])?;
    for leak in &report.leaks {
        table.write_record(row(leak).iter().map(|cell| escape::csv(cell).into_owned()))?;
    }
    table.flush()
}

fn row(leak: &Leak) -> [String; 22] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = |time: Option<crate::model::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    [
        leak.id.clone(),
        leak.rule.clone(),
        leak.kind.name().into(),
        leak.severity.name().into(),
        format!("{:?}", leak.status).to_lowercase(),
        leak.confidence.name().into(),
        leak.path.clone(),
        leak.line.to_string(),
        leak.column.to_string(),
        leak.end_column.to_string(),
        leak.byte_start.to_string(),
        leak.byte_end.to_string(),
        text(&leak.field),
        leak.masked.clone(),
        leak.digest.clone(),
        leak.occurrences.to_string(),
        time(leak.first_time),
        time(leak.last_time),
        text(&leak.client),
        text(&leak.subject),
        leak.superseded_after_ms.map(|after| after.to_string()).unwrap_or_default(),
        leak.used_from.as_ref().map(|one| one.address.clone()).unwrap_or_default(),
    ]
}
