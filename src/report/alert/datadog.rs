//! Datadog: a log monitor, as `POST /api/v1/monitor` takes it.

use serde_json::json;

use super::fields::Layout;
use super::quote::double;
use super::watch::{Mark, Shape, Watch};

pub(super) fn write(watch: &Watch) -> String {
    let (at_least, minutes) = match watch.shape {
        Shape::Burst { at_least, minutes } => (at_least, minutes),
        Shape::Race { .. } => (1, 5),
    };
    let by: Vec<String> = watch.by.iter().map(|field| facet(field)).collect();
    let by = if by.is_empty() || watch.layout == Layout::Text {
        String::new()
    } else {
        format!(".by({})", double(&by.join(",")))
    };
    let query = format!(
        "logs({}).index(\"*\").rollup(\"count\"){by}.last(\"{minutes}m\") >= {at_least}",
        double(&search(&watch.failed))
    );
    let mut message =
        vec![format!("{}: `tokscan explain {}` says why it happens and how to fix it.", watch.rule, watch.rule)];
    message.extend(watch.notes.iter().cloned());
    if let Shape::Race { window_ms } = watch.shape {
        message.push(format!(
            "A monitor compares no two lines: this counts the failures, and tokscan on the logs says which of them lost a \
             race within {window_ms} ms."
        ));
    }
    let monitor = json!({
        "name": format!("tokscan: {}", watch.rule),
        "type": "log alert",
        "query": query,
        "message": message.join("\n"),
        "tags": ["made-by:tokscan", format!("rule:{}", watch.rule)],
        "options": {"thresholds": {"critical": at_least}},
    });
    // A map of texts and numbers always has a JSON form.
    serde_json::to_string_pretty(&monitor).unwrap_or_default() + "\n"
}

/// A log search; a facet's value stands in quotes, where nothing is a wildcard.
fn search(mark: &Mark) -> String {
    let values: Vec<String> = mark.values.iter().map(|value| double(value)).collect();
    match (&mark.field, values.as_slice()) {
        (Some(field), []) => format!("{}:*", facet(field)),
        (Some(field), [only]) => format!("{}:{only}", facet(field)),
        (Some(field), _) => format!("{}:({})", facet(field), values.join(" OR ")),
        (None, _) => values.join(" OR "),
    }
}

/// Attributes of a log begin with `@`.
fn facet(field: &str) -> String {
    format!("@{}", field.trim_start_matches('@'))
}
