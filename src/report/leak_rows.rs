//! The leaks as rows, for other programs and for spreadsheets.

use std::borrow::Cow;
use std::io::{self, Write};

use super::sheet::{Sheet, number, text, time};
use super::words::status;
use crate::model::{Leak, Report};

const COLUMNS: [&str; 22] = [
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
];

/// Writes one JSON object per line and leak; the fields are those of the report's `leaks`.
pub fn render_leaks_jsonl(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    report.leaks.iter().try_for_each(|leak| leak_line(leak, out))
}

/// One leak as a line of JSON.
pub fn leak_line(leak: &Leak, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, leak)?;
    out.write_all(b"\n")
}

/// Writes the leaks as a table, one row each.
pub fn render_leaks_csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut sheet = Sheet::new(out, &COLUMNS)?;
    report.leaks.iter().try_for_each(|leak| sheet.row(row(leak)))?;
    sheet.finish()
}

fn row(leak: &Leak) -> [Cow<'_, str>; COLUMNS.len()] {
    [
        leak.id.as_str().into(),
        leak.rule.as_str().into(),
        leak.kind.name().into(),
        leak.severity.name().into(),
        status(leak.status).into(),
        leak.confidence.name().into(),
        leak.path.as_str().into(),
        number(leak.line),
        number(leak.column),
        number(leak.end_column),
        number(leak.byte_start),
        number(leak.byte_end),
        text(leak.field.as_deref()),
        leak.masked.as_str().into(),
        leak.digest.as_str().into(),
        number(leak.occurrences),
        time(leak.first_time),
        time(leak.last_time),
        text(leak.client.as_deref()),
        text(leak.subject.as_deref()),
        leak.superseded_after_ms.map_or(Cow::Borrowed(""), |after| after.to_string().into()),
        leak.used_from.as_ref().map_or(Cow::Borrowed(""), |one| one.address.as_str().into()),
    ]
}
