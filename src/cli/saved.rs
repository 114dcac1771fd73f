//! Saved reports, read again.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::model::{Report, SCHEMA_VERSION};

/// Reads a report; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Report> {
    let name = path.display();
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| format!("cannot read {name}"))?)
    };
    let value: serde_json::Value = serde_json::from_reader(BufReader::new(input)).map_err(|error| {
        // Where, and not what: the text may be a log that was named by mistake.
        anyhow::anyhow!(
            "{name}:{}:{}: this is no JSON: name a report that --format json wrote",
            error.line(),
            error.column()
        )
    })?;
    let version = value.get("schema_version").and_then(serde_json::Value::as_u64);
    match version {
        None => bail!("{name}: this JSON is no tokscan report: name one that --format json wrote"),
        Some(version) if version > u64::from(SCHEMA_VERSION) => {
            bail!(
                "{name}: a newer tokscan wrote it (schema_version {version}, known is {SCHEMA_VERSION}): update this one"
            )
        }
        Some(_) => {}
    }
    serde_json::from_value(value)
        .map_err(|error| anyhow::anyhow!("{name}: this report lacks what it must have ({})", kind_of(&error)))
}

/// What is wrong, without the values.
fn kind_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let names_a_field = text.starts_with("missing field");
    if names_a_field { text } else { "a field has a value of another kind".into() }
}
