//! `rules/formats/*.toml`: text layouts as patterns, and the keys that structured logs use.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

use super::{RuleError, RuleSource, parse};

/// A file of `rules/formats/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FormatFile {
    id: String,
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    title: String,
    #[serde(default)]
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    references: Vec<String>,
    #[serde(default)]
    priority: i32,
    /// The line holds another log line, in the group `message`.
    #[serde(default)]
    wrapper: bool,
    pattern: Option<String>,
    keys: Option<FormatKeys>,
    #[serde(default)]
    examples: FormatExamples,
}

/// Keys of structured logs, as the formats write them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatKeys {
    /// Keys of the time of an event, best first.
    pub time: Vec<String>,
    /// Keys whose string is a log line or a body of its own.
    pub message: Vec<String>,
    /// Keys whose array holds the records of a batch.
    pub envelope: Vec<String>,
}

/// The proof of a format.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatExamples {
    /// Lines that the pattern must take, with the groups that it must give.
    #[serde(default, rename = "match")]
    pub matches: Vec<FormatExample>,
    /// Lines that it must leave alone.
    #[serde(default)]
    pub ignore: Vec<String>,
}

impl FormatExamples {
    /// Lines of both kinds.
    pub fn count(&self) -> usize {
        self.matches.len() + self.ignore.len()
    }
}

/// One line and what is in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatExample {
    /// The line.
    pub line: String,
    /// Group name to text.
    pub groups: BTreeMap<String, String>,
}

/// A text layout: an anchored pattern whose group names are field names.
#[derive(Clone, Debug)]
pub struct TextFormat {
    /// Its id, shown as the format of a source.
    pub id: String,
    /// Whether `message` is a log line of its own.
    pub wrapper: bool,
    /// Higher is tried first.
    pub priority: i32,
    /// The pattern.
    pub pattern: Regex,
    /// The proof.
    pub examples: FormatExamples,
    /// The file.
    pub path: String,
}

/// All formats, in the order in which they are tried.
#[derive(Clone, Debug, Default)]
pub struct Formats {
    /// Text layouts.
    pub texts: Vec<TextFormat>,
    /// Keys of structured logs.
    pub keys: FormatKeys,
}

/// Loads `rules/formats/`; a later file with the same id replaces an earlier one.
pub fn load_formats(sources: &[RuleSource]) -> Result<Formats, Vec<RuleError>> {
    let (mut texts, mut keys, mut errors) = (BTreeMap::new(), FormatKeys::default(), Vec::new());
    for source in sources.iter().filter(|source| source.folder() == "formats") {
        match load_one(source) {
            Ok((file_keys, text)) => {
                if let Some(file_keys) = file_keys {
                    keys.time.extend(file_keys.time);
                    keys.message.extend(file_keys.message);
                    keys.envelope.extend(file_keys.envelope);
                }
                if let Some(text) = text {
                    texts.insert(text.id.clone(), text);
                }
            }
            Err(error) => errors.push(error),
        }
    }
    let mut texts: Vec<TextFormat> = texts.into_values().collect();
    texts.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.id.cmp(&b.id)));
    if errors.is_empty() { Ok(Formats { texts, keys }) } else { Err(errors) }
}

fn load_one(source: &RuleSource) -> Result<(Option<FormatKeys>, Option<TextFormat>), RuleError> {
    let file: FormatFile = parse(source)?;
    let Some(pattern) = file.pattern else { return Ok((file.keys, None)) };
    if !pattern.starts_with('^') && !pattern.starts_with("(?s)^") {
        return Err(source.error_at("pattern", "the pattern of a format must begin with ^"));
    }
    if file.examples.matches.is_empty() || file.examples.ignore.is_empty() {
        return Err(source.error_at("pattern", "a format needs examples: [[examples.match]] and examples.ignore"));
    }
    let pattern = Regex::new(&pattern)
        .map_err(|error| source.error_at("pattern", format!("the pattern cannot be compiled: {error}")))?;
    let text = TextFormat {
        id: file.id,
        wrapper: file.wrapper,
        priority: file.priority,
        pattern,
        examples: file.examples,
        path: source.path.clone(),
    };
    prove(source, &text)?;
    Ok((file.keys, Some(text)))
}

/// Runs a format's own examples.
fn prove(source: &RuleSource, format: &TextFormat) -> Result<(), RuleError> {
    for example in &format.examples.matches {
        let head: String = example.line.chars().take(40).collect();
        let Some(groups) = format.pattern.captures(&example.line) else {
            return Err(source.error_at(&head, "the example that must match does not"));
        };
        for (name, wanted) in &example.groups {
            let got = groups.name(name).map(|group| group.as_str());
            if got != Some(wanted) {
                let message = format!("group `{name}` is {got:?}, the example says {wanted:?}");
                return Err(source.error_at(&head, message));
            }
        }
    }
    match format.examples.ignore.iter().find(|line| format.pattern.is_match(line)) {
        Some(line) => Err(source.error_at(line, "the example that must be ignored matches")),
        None => Ok(()),
    }
}
