//! The schemas of `schemas/` say what the program writes: all of it, and nothing else. That the reports of every case
//! and sample keep to them is checked where these are made, in `cases.rs`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Map, Value};

mod schemas;
use schemas::Schema;

fn printed(arguments: &[&str]) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(env!("CARGO_BIN_EXE_tokscan")).args(arguments).current_dir(root).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The samples, and races that began with a deploy, which takes a day of logs to be seen.
fn report() -> Value {
    serde_json::from_str(&printed(&["-f", "json", "samples", "tests/cases/races-since-a-deploy/input.jsonl"])).unwrap()
}

/// An event of every set of fields that are null.
fn events() -> Vec<Value> {
    let lines = printed(&["events", "samples", "tests/cases"]);
    let events = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let nulls = |event: &Value| -> Vec<bool> { event.as_object().unwrap().values().map(Value::is_null).collect() };
    events.map(|event| (nulls(&event), event)).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// The objects of a schema that name their fields.
fn closed<'s>(schema: &'s Value, found: &mut Vec<&'s Map<String, Value>>) {
    match schema {
        Value::Object(object) => {
            found.extend(object.get("properties").is_some().then_some(object));
            object.values().for_each(|inner| closed(inner, found));
        }
        Value::Array(values) => values.iter().for_each(|inner| closed(inner, found)),
        _ => {}
    }
}

/// The place of one object of each shape in a document: lists count by their first such object.
fn shapes(value: &Value, pointer: &str, shape: &str, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(object) => {
            found.entry(shape.to_owned()).or_insert_with(|| pointer.to_owned());
            for (key, inner) in object {
                shapes(inner, &format!("{pointer}/{key}"), &format!("{shape}/{key}"), found);
            }
        }
        Value::Array(values) => {
            for (index, inner) in values.iter().enumerate() {
                shapes(inner, &format!("{pointer}/{index}"), &format!("{shape}/*"), found);
            }
        }
        _ => {}
    }
}

/// Objects whose keys come from the logs or the rules.
fn is_map(shape: &str) -> bool {
    const MAPS: [&str; 6] = ["/causes", "/errors", "/summary/findings", "/summary/leaks", "/ok", "/racing"];
    shape.contains("/failed") || shape.ends_with("/other") || MAPS.iter().any(|map| shape.ends_with(map))
}

#[test]
fn every_object_is_closed_and_requires_every_field_that_it_names() {
    for schema in [Schema::report(), Schema::event()] {
        let mut objects = Vec::new();
        closed(&schema.document, &mut objects);
        assert!(!objects.is_empty());
        for object in objects {
            let required: BTreeSet<&str> =
                object["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let named: BTreeSet<&str> = object["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(required, named);
            assert_eq!(object["additionalProperties"], false, "{named:?}");
        }
    }
}

#[test]
fn a_field_that_the_schema_does_not_know_or_misses_fails() {
    let schema = Schema::report();
    let report = report();
    assert_eq!(schema.complaints(&report), "");
    let mut found = BTreeMap::new();
    shapes(&report, "", "", &mut found);
    found.retain(|shape, _| !is_map(shape));
    assert!(found.contains_key("/findings/*/family/tokens/*/presented/*"), "the samples have all that there is");
    for pointer in found.values() {
        let mut changed = report.clone();
        changed.pointer_mut(pointer).unwrap()["surprise"] = Value::Null;
        assert!(!schema.complaints(&changed).is_empty(), "a surprise in {pointer} is accepted");
        for key in report.pointer(pointer).unwrap().as_object().unwrap().keys() {
            let mut changed = report.clone();
            changed.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
            assert!(!schema.complaints(&changed).is_empty(), "{pointer} without {key} is accepted");
            let mut changed = report.clone();
            changed.pointer_mut(pointer).unwrap()[key] = Value::Bool(true);
            assert!(!schema.complaints(&changed).is_empty(), "{pointer}/{key} may be anything");
        }
    }
}

#[test]
fn the_schema_names_nothing_that_no_report_has() {
    let mut objects = Vec::new();
    let schema = Schema::report();
    closed(&schema.document, &mut objects);
    let named: BTreeSet<&str> = objects
        .iter()
        .flat_map(|object| object["properties"].as_object().unwrap().keys())
        .map(String::as_str)
        .collect();
    let mut found = BTreeMap::new();
    let report = report();
    shapes(&report, "", "", &mut found);
    found.retain(|shape, _| !is_map(shape));
    let written: BTreeSet<&str> = found
        .values()
        .flat_map(|pointer| report.pointer(pointer).unwrap().as_object().unwrap().keys())
        .map(String::as_str)
        .collect();
    assert_eq!(named, written);
}

#[test]
fn events_and_rows_of_leaks_have_schemas_of_their_own() {
    let schema = Schema::event();
    let events = events();
    for event in &events {
        assert_eq!(schema.complaints(event), "", "{event}");
    }
    for key in events[0].as_object().unwrap().keys() {
        let mut changed = events[0].clone();
        changed[key] = Value::Bool(true);
        assert!(!schema.complaints(&changed).is_empty(), "{key} may be anything");
        changed.as_object_mut().unwrap().remove(key);
        assert!(!schema.complaints(&changed).is_empty(), "{key} may be missing");
    }
    let mut changed = events[0].clone();
    changed["surprise"] = Value::Null;
    assert!(!schema.complaints(&changed).is_empty());

    let (schema, rows) = (Schema::leak(), printed(&["leaks", "-f", "jsonl", "samples"]));
    assert!(rows.lines().count() > 10);
    for row in rows.lines() {
        let mut row: Value = serde_json::from_str(row).unwrap();
        assert_eq!(schema.complaints(&row), "", "{row}");
        row["surprise"] = Value::Null;
        assert!(!schema.complaints(&row).is_empty());
    }
}
