//! `rules/formats/*.toml`: text layouts as patterns, and the keys that structured logs use.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{EventExamples, Pattern, Proof, RuleError, RuleSource, parse};

/// What tells the two kinds of files in `rules/formats/` apart; each then has a schema of its own.
#[derive(Debug, Deserialize)]
struct FormatKind {
    keys: Option<IgnoredAny>,
}

/// A text layout.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextFile {
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
    pattern: String,
    #[serde(default)]
    examples: FormatExamples,
}

/// Keys of structured logs. No pattern proves them: their examples are records that are token events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    id: String,
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    title: String,
    #[serde(default)]
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    references: Vec<String>,
    keys: FormatKeys,
    #[serde(default)]
    examples: EventExamples,
}

/// Keys of structured logs, as the formats write them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatKeys {
    /// Keys of the time of an event, best first.
    pub time: Vec<String>,
    /// Keys whose string is a log line or a body of its own.
    pub message: Vec<String>,
    /// Keys whose string is a stack trace: what would stand below the line of a text log.
    #[serde(default)]
    pub trace: Vec<String>,
    /// Keys of what a record cites: a time in it is that of the record only where it has no other.
    #[serde(default)]
    pub cited: Vec<String>,
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
    pub pattern: Pattern,
    /// The proof.
    pub examples: FormatExamples,
    /// The file.
    pub source: RuleSource,
}

/// All formats, in the order in which they are tried.
#[derive(Clone, Debug, Default)]
pub struct Formats {
    /// Text layouts.
    pub texts: Vec<TextFormat>,
    /// Keys of structured logs.
    pub keys: FormatKeys,
    /// The examples of the keys.
    pub proofs: Vec<Proof>,
}

/// Loads `rules/formats/`; a later layout with the same id replaces an earlier one, keys are added to.
pub fn load_formats(sources: &[RuleSource]) -> Result<Formats, Vec<RuleError>> {
    let (mut found, mut texts, mut errors) = (Formats::default(), BTreeMap::new(), Vec::new());
    for source in sources.iter().filter(|source| source.folder() == "formats") {
        let loaded = parse(source).and_then(|kind: FormatKind| match kind.keys {
            Some(_) => load_keys(source, &mut found),
            None => load_text(source).map(|text| drop(texts.insert(text.id.clone(), text))),
        });
        errors.extend(loaded.err());
    }
    found.texts = texts.into_values().collect();
    found.texts.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.id.cmp(&b.id)));
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

fn load_keys(source: &RuleSource, found: &mut Formats) -> Result<(), RuleError> {
    let file: KeysFile = parse(source)?;
    found.proofs.push(Proof::of(source, file.examples)?);
    found.keys.time.extend(file.keys.time);
    found.keys.message.extend(file.keys.message);
    found.keys.trace.extend(file.keys.trace);
    found.keys.cited.extend(file.keys.cited);
    found.keys.envelope.extend(file.keys.envelope);
    Ok(())
}

fn load_text(source: &RuleSource) -> Result<TextFormat, RuleError> {
    let file: TextFile = parse(source)?;
    if !file.pattern.starts_with('^') && !file.pattern.starts_with("(?s)^") {
        return Err(source.error_at("pattern", "the pattern of a format must begin with ^"));
    }
    if file.examples.matches.is_empty() || file.examples.ignore.is_empty() {
        return Err(source.error_at("pattern", "a format needs examples: [[examples.match]] and examples.ignore"));
    }
    Ok(TextFormat {
        pattern: Pattern::new(source, &file.pattern)?,
        id: file.id,
        wrapper: file.wrapper,
        priority: file.priority,
        examples: file.examples,
        source: source.clone(),
    })
}

/// Runs the layouts' own examples; returns what does not hold.
pub fn prove_formats(formats: &[TextFormat]) -> Vec<RuleError> {
    formats.iter().filter_map(|format| prove(format).err()).collect()
}

fn prove(format: &TextFormat) -> Result<(), RuleError> {
    let (source, pattern) = (&format.source, &format.pattern);
    for example in &format.examples.matches {
        let head: String = example.line.chars().take(40).collect();
        let Some(groups) = pattern.captures(&example.line) else {
            return Err(source.error_at(&head, "the example that must match does not"));
        };
        for (name, wanted) in &example.groups {
            let got = groups.name(name);
            if got != Some(wanted) {
                let message = format!("group `{name}` is {got:?}, the example says {wanted:?}");
                return Err(source.error_at(&head, message));
            }
        }
    }
    match format.examples.ignore.iter().find(|line| pattern.is_match(line)) {
        Some(line) => Err(source.error_at(line, "the example that must be ignored matches")),
        None => Ok(()),
    }
}
