//! The files as they are written, keys in lower case.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Table, Value};

/// A file.
#[derive(Deserialize)]
pub(super) struct File {
    #[serde(default)]
    pub(super) rules: Vec<Entry>,
    pub(super) allowlist: Option<RawAllow>,
    #[serde(default)]
    pub(super) allowlists: Vec<RawAllow>,
    #[serde(default)]
    pub(super) extend: Extend,
    #[serde(flatten)]
    pub(super) others: BTreeMap<String, Value>,
}

/// What a file builds on.
#[derive(Default, Deserialize)]
pub(super) struct Extend {
    #[serde(default)]
    pub(super) usedefault: bool,
    pub(super) path: Option<String>,
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) disabledrules: Vec<String>,
}

/// A rule.
#[derive(Clone, Deserialize)]
pub(super) struct Entry {
    pub(super) id: String,
    #[serde(default)]
    pub(super) description: String,
    pub(super) regex: Option<String>,
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) secretgroup: usize,
    #[serde(default)]
    pub(super) entropy: f64,
    #[serde(default)]
    pub(super) keywords: Vec<String>,
    pub(super) allowlist: Option<RawAllow>,
    #[serde(default)]
    pub(super) allowlists: Vec<RawAllow>,
    #[serde(default)]
    pub(super) required: Vec<Value>,
    #[serde(default)]
    pub(super) skipreport: bool,
    #[serde(flatten)]
    pub(super) others: BTreeMap<String, Value>,
}

/// An allowlist.
#[derive(Clone, Deserialize)]
pub(super) struct RawAllow {
    pub(super) condition: Option<String>,
    #[serde(default)]
    pub(super) commits: Vec<String>,
    #[serde(default)]
    pub(super) paths: Vec<String>,
    #[serde(default)]
    pub(super) regexes: Vec<String>,
    pub(super) regextarget: Option<String>,
    #[serde(default)]
    pub(super) stopwords: Vec<String>,
    #[serde(default)]
    pub(super) targetrules: Vec<String>,
    #[serde(flatten)]
    pub(super) others: BTreeMap<String, Value>,
}

/// All keys in lower case: their reader takes them in any.
pub(super) fn lowered(table: Table) -> Table {
    let value = |value| match value {
        Value::Table(table) => Value::Table(lowered(table)),
        Value::Array(values) => Value::Array(
            values
                .into_iter()
                .map(|value| match value {
                    Value::Table(table) => Value::Table(lowered(table)),
                    other => other,
                })
                .collect(),
        ),
        other => other,
    };
    table.into_iter().map(|(key, found)| (key.to_ascii_lowercase(), value(found))).collect()
}
