//! Where rule files come from, and how a mistake in one is told: by path and line.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

/// The rule files of `rules/`, embedded by `build.rs`: (path, text), sorted by path.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded_rules.rs"));

/// One rule file.
#[derive(Clone, Debug)]
pub struct RuleSource {
    /// Path as it is named in messages: `rules/leaks/google.toml`.
    pub path: String,
    /// The TOML text.
    pub text: Cow<'static, str>,
}

impl RuleSource {
    /// Whether the program brought it along; its tests have proved such a file.
    pub(super) fn is_built_in(&self) -> bool {
        matches!(self.text, Cow::Borrowed(_))
    }

    /// The folder that the file lies in (`leaks`, `providers`, …): it decides the schema.
    pub fn folder(&self) -> &str {
        Path::new(&self.path).parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("")
    }

    /// The 1-based line of a byte offset.
    pub fn line_of(&self, offset: usize) -> usize {
        memchr::memchr_iter(b'\n', &self.text.as_bytes()[..offset.min(self.text.len())]).count() + 1
    }

    /// The 1-based line on which `needle` first stands, or 1: where to point when a value is wrong.
    pub fn line_with(&self, needle: &str) -> usize {
        self.text.find(needle).map_or(1, |offset| self.line_of(offset))
    }

    /// An error at the line that holds `needle`.
    pub fn error_at(&self, needle: &str, message: impl Into<String>) -> RuleError {
        RuleError { path: self.path.clone(), line: self.line_with(needle), message: message.into() }
    }
}

/// A mistake in a rule file.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{path}:{line}: {message}")]
pub struct RuleError {
    /// The rule file.
    pub path: String,
    /// 1-based line.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// The rule files built into the program.
pub fn embedded() -> Vec<RuleSource> {
    EMBEDDED.iter().map(|(path, text)| RuleSource { path: (*path).into(), text: Cow::Borrowed(text) }).collect()
}

/// The rule files of a folder (searched whole) or one file, sorted by path.
pub fn read_path(path: &Path) -> Result<Vec<RuleSource>, RuleError> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| RuleError {
        path: path.display().to_string(),
        line: 1,
        message: format!("cannot be read: {error}; name a rule file or a folder of rule files"),
    };
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| failed(path, &error))?;
        let named = entry.depth() == 0 && entry.file_type().is_file();
        if named || (entry.file_type().is_file() && entry.path().extension().is_some_and(|suffix| suffix == "toml")) {
            let text = fs::read_to_string(entry.path()).map_err(|error| failed(entry.path(), &error))?;
            files.push(RuleSource { path: entry.path().display().to_string(), text: Cow::Owned(text) });
        }
    }
    Ok(files)
}

/// Parses a rule file against its schema; the error points at the line.
pub fn parse<T: DeserializeOwned>(source: &RuleSource) -> Result<T, RuleError> {
    toml::from_str(&source.text).map_err(|error| RuleError {
        path: source.path.clone(),
        line: error.span().map_or(1, |span| source.line_of(span.start)),
        message: error.message().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde::Deserialize;

    use super::{RuleSource, parse};

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Tiny {
        #[allow(dead_code, reason = "only its presence is tested")]
        id: String,
    }

    #[test]
    fn an_unknown_key_is_told_with_path_and_line() {
        let source =
            RuleSource { path: "rules/leaks/x.toml".into(), text: Cow::Borrowed("id = \"x\"\n\nregx = \"y\"\n") };
        let error = parse::<Tiny>(&source).unwrap_err();
        assert_eq!((error.path.as_str(), error.line), ("rules/leaks/x.toml", 3));
        assert!(error.message.contains("regx"), "{error}");
        assert_eq!(source.folder(), "leaks");
    }
}
