//! The examples of what makes token events: single records, read and extracted as a run would.

use std::borrow::Cow;

use bumpalo::Bump;

use super::{CLOCK, error_at};
use crate::extract::Extractor;
use crate::format::{Reader, Setting};
use crate::model::{EventSet, Position};
use crate::rules::{EventExample, Proof, RuleError};
use crate::scan::prefilter::Prefilter;

/// Runs the examples of the event rules; returns what does not hold, by path and line.
pub(super) fn prove(reader: &Reader, extractor: &Extractor, prefilter: &Prefilter, proofs: &[Proof]) -> Vec<RuleError> {
    let mut errors = Vec::new();
    for proof in proofs {
        for example in &proof.examples.matches {
            let seen = read(reader, extractor, &example.line);
            if let Err(message) = compare(&seen, example) {
                errors.push(error_at(&proof.source, &example.line, message));
            } else if !prefilter.is_candidate(example.line.as_bytes()) {
                let message = "no trigger is in this line, so that a scan would skip it; add one to the `triggers` of the vocabulary";
                errors.push(error_at(&proof.source, &example.line, message));
            }
        }
        for line in &proof.examples.ignore {
            let seen = read(reader, extractor, line);
            if let Some(event) = seen.events.first() {
                let row = seen.row(event);
                let message = format!("must be ignored, but is a {} event by rule `{}`", row.kind, row.rule);
                errors.push(error_at(&proof.source, line, message));
            }
        }
    }
    errors
}

fn read(reader: &Reader, extractor: &Extractor, line: &str) -> EventSet {
    let mut seen = EventSet { sources: vec!["example".into()], ..EventSet::default() };
    let position = Position::new(0, 0..line.len() as u64, 1);
    reader.read(&Bump::new(), line.as_bytes(), &Setting { clock: &CLOCK, columns: None }, &mut |record| {
        seen.events.extend(extractor.extract(
            record,
            line.as_bytes(),
            position,
            &|text| Cow::Borrowed(text),
            &mut seen.symbols,
        ));
    });
    seen
}

fn compare(seen: &EventSet, example: &EventExample) -> Result<(), String> {
    let [event] = seen.events.as_slice() else {
        return Err(format!("must be one {} event, but {} were read", example.kind, seen.events.len()));
    };
    let row = seen.row(event);
    if row.kind != example.kind {
        return Err(format!("must be a {} event, but is a {} event by rule `{}`", example.kind, row.kind, row.rule));
    }
    let columns = serde_json::to_value(&row).map_err(|error| error.to_string())?;
    for (name, wanted) in &example.columns {
        let got = match columns.get(name) {
            None => return Err(format!("`{name}` is no column of the events export")),
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        if got != *wanted {
            return Err(format!("`{name}` must be {wanted:?}, but is {got:?} (rule `{}`)", row.rule));
        }
    }
    Ok(())
}
