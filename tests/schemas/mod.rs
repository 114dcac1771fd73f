//! The frozen schemas of `schemas/`, compiled.

use serde_json::{Value, json};

/// The text of the report's schema.
const REPORT: &str = include_str!("../../schemas/report.schema.json");
/// The text of the event's.
const EVENT: &str = include_str!("../../schemas/event.schema.json");

/// A schema that documents are held to.
pub(crate) struct Schema {
    /// As it stands in the file.
    pub(crate) document: Value,
    validator: jsonschema::Validator,
}

impl Schema {
    /// Of a report as JSON.
    pub(crate) fn report() -> Self {
        Self::of(serde_json::from_str(REPORT).unwrap())
    }

    /// Of one line of the events.
    pub(crate) fn event() -> Self {
        Self::of(serde_json::from_str(EVENT).unwrap())
    }

    /// Of one line of the leaks: a part of the report's.
    pub(crate) fn leak() -> Self {
        let report = Self::report().document;
        Self::of(json!({ "$schema": report["$schema"], "$ref": "#/$defs/leak", "$defs": report["$defs"] }))
    }

    fn of(document: Value) -> Self {
        let validator = jsonschema::validator_for(&document).unwrap();
        Self { document, validator }
    }

    /// What is wrong with a document, one complaint a line: places and no values.
    pub(crate) fn complaints(&self, document: &Value) -> String {
        let said = |error: jsonschema::ValidationError<'_>| {
            format!("  {} breaks {}\n", error.instance_path(), error.schema_path())
        };
        self.validator.iter_errors(document).map(said).collect()
    }
}
