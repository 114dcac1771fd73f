//! Logs through the whole pipeline, as a user would have them read.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;
use tokscan::report::render_events_jsonl;
use tokscan::scan::{ScanOptions, Unwatched, scan};

/// The token events of each log, as the events export writes them; logs are told apart by their names.
pub(crate) fn events(logs: &[(String, Vec<u8>)], segment_bytes: usize) -> BTreeMap<String, Vec<Value>> {
    let place = TempDir::new().unwrap();
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut names: BTreeMap<PathBuf, &str> = BTreeMap::new();
    for (number, (name, bytes)) in logs.iter().enumerate() {
        let path = place.path().join(format!("{number:05}.log"));
        fs::write(&path, bytes).unwrap();
        names.insert(path, name);
        found.insert(name.clone(), Vec::new());
    }
    let options = ScanOptions { paths: vec![place.path().to_owned()], segment_bytes, ..ScanOptions::default() };
    let outcome = scan(&options, &Unwatched).unwrap();
    let mut lines = Vec::new();
    render_events_jsonl(&outcome.events, &mut lines).unwrap();
    for line in String::from_utf8(lines).unwrap().lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let name = names[&PathBuf::from(event["path"].as_str().unwrap())];
        found.get_mut(name).unwrap().push(event);
    }
    found
}
