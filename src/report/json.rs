//! The report as JSON, `schema_version` 1: what other programs build on.

use std::io::{self, Write};

use super::buffered;
use crate::model::Report;

/// Writes the report as pretty JSON, fields in the order of `design.md` §5, with a newline at the end.
///
/// JSON escapes control characters by itself; text is otherwise as the log had it, masked.
pub fn render_json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut out = buffered(out);
    serde_json::to_writer_pretty(&mut out, report)?;
    out.write_all(b"\n")?;
    out.flush()
}
