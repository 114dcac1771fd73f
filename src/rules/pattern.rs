//! Patterns of rules, compiled when a record first asks for them.
//!
//! Compiling all of them took longer than reading a small log, and most runs ask for few. The built-in ones are
//! proved by the tests (`rules check` compiles each of them); those of `--rules` are compiled when they are
//! read, so that a mistake is told by path and line before the scan begins.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes;
use regex_automata::util::captures::Captures;
use regex_automata::{PatternID, meta};
use regex_syntax::hir::{Class, Hir, HirKind};

use super::beginning::Beginning;
use super::{RuleError, RuleSource, syntax};

/// A pattern for texts.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    /// For texts of ASCII, in which letters, spaces and digits of other scripts need not be looked for: to compile those
    /// takes most of the time. `None` where it cannot be compiled without.
    of_ascii: OnceLock<Option<meta::Regex>>,
    of_all: OnceLock<meta::Regex>,
    beginning: OnceLock<Beginning>,
}

/// What the groups of a pattern hold in a text.
#[derive(Debug)]
pub struct Groups<'t> {
    text: &'t str,
    found: Captures,
}

/// A pattern for bytes: matched at the start of a slice, ASCII only.
#[derive(Clone, Debug)]
pub struct BytePattern {
    text: String,
    compiled: OnceLock<bytes::Regex>,
}

impl Pattern {
    /// A pattern of a rule file.
    pub(super) fn new(source: &RuleSource, pattern: &str) -> Result<Self, RuleError> {
        let text = ascii_words(pattern);
        if !source.is_built_in() {
            regex::Regex::new(&text).map_err(|error| uncompiled(source, pattern, &error))?;
        }
        Ok(Self { text, of_ascii: OnceLock::new(), of_all: OnceLock::new(), beginning: OnceLock::new() })
    }

    /// As the rule file has it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is in a text.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled(text).is_match(text)
    }

    /// Where it is in a text.
    pub fn find_iter(&self, text: &str) -> impl Iterator<Item = Range<usize>> {
        self.compiled(text).find_iter(text).map(|found| found.range())
    }

    /// What its groups hold in the first place that it is in.
    pub fn captures<'t>(&self, text: &'t str) -> Option<Groups<'t>> {
        let compiled = self.compiled(text);
        let mut found = compiled.create_captures();
        compiled.captures(text, &mut found);
        found.is_match().then_some(Groups { text, found })
    }

    /// What its groups hold in each place that it is in.
    pub fn captures_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Groups<'t>> {
        self.compiled(text).captures_iter(text).map(move |found| Groups { text, found })
    }

    /// The compiled pattern for a text.
    ///
    /// # Panics
    /// On a built-in pattern that does not compile, which the tests rule out.
    #[allow(clippy::expect_used, reason = "a pattern of a rule is compiled before, by the tests or by `new`")]
    fn compiled(&self, text: &str) -> &meta::Regex {
        let of_ascii = || self.of_ascii.get_or_init(|| compile_for_ascii(&self.text)).as_ref();
        let of_all =
            || self.of_all.get_or_init(|| meta::Regex::new(&self.text).expect("a pattern that was checked compiles"));
        Some(text).filter(|text| text.is_ascii()).and_then(|_| of_ascii()).unwrap_or_else(of_all)
    }

    /// Whether a text that begins with a byte can match at all. To ask this first spares most patterns a search, and
    /// many that they are compiled.
    pub fn can_begin_with(&self, byte: u8) -> bool {
        self.beginning.get_or_init(|| Beginning::of(&self.text)).allows(byte)
    }

    /// Whether it has a group of this name, as far as its text tells.
    pub(super) fn has_group(&self, name: &str) -> bool {
        has_group(&self.text, name)
    }
}

impl<'t> Groups<'t> {
    /// What a group holds, if it has a part in the match.
    pub fn name(&self, name: &str) -> Option<&'t str> {
        self.found.get_group_by_name(name).map(|group| &self.text[group.range()])
    }

    /// The groups that have a name and a part in the match.
    pub fn named(&self) -> impl Iterator<Item = (&str, &'t str)> {
        let names = self.found.group_info().pattern_names(PatternID::ZERO).flatten();
        names.filter_map(|name| Some((name, self.name(name)?)))
    }
}

/// A pattern whose classes and letter case are those of ASCII, where it has a meaning then. Without the search for its words:
/// texts are short, and to make it took as long as to make the rest.
fn compile_for_ascii(pattern: &str) -> Option<meta::Regex> {
    let config = meta::Config::new().utf8_empty(false).auto_prefilter(false);
    syntax::of_ascii(pattern).and_then(|parsed| meta::Builder::new().configure(config).build_from_hir(&parsed.hir).ok())
}

impl BytePattern {
    /// A pattern of a rule file. It is matched at one place, never searched for: that keeps a long line linear.
    pub(super) fn new(source: &RuleSource, pattern: &str) -> Result<Self, RuleError> {
        let new = Self { text: pattern.to_owned(), compiled: OnceLock::new() };
        if !source.is_built_in() {
            new.compile().map_err(|error| uncompiled(source, pattern, &error))?;
        }
        Ok(new)
    }

    /// As the rule file has it.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn compile(&self) -> Result<bytes::Regex, regex::Error> {
        bytes::RegexBuilder::new(&format!("\\A(?:{})", self.text)).unicode(false).build()
    }

    /// The compiled pattern.
    ///
    /// # Panics
    /// On a built-in pattern that does not compile, which the tests rule out.
    #[allow(clippy::expect_used, reason = "a pattern of a rule is compiled before, by the tests or by `new`")]
    pub fn regex(&self) -> &bytes::Regex {
        self.compiled.get_or_init(|| self.compile().expect("a pattern that was checked compiles"))
    }

    /// Whether a match can hold a byte.
    pub fn can_hold(&self, byte: u8) -> bool {
        syntax::of_ascii(&self.text).is_none_or(|parsed| can_hold(&parsed.hir, byte))
    }

    /// Whether it has a group of this name, as far as its text tells.
    pub(super) fn has_group(&self, name: &str) -> bool {
        has_group(&self.text, name)
    }
}

/// Word boundaries as ASCII has them: those of Unicode turn the fast engines off in every text that is
/// not English.
fn ascii_words(pattern: &str) -> String {
    pattern.replace(r"\b", r"(?-u:\b)")
}

fn has_group(pattern: &str, name: &str) -> bool {
    [format!("(?P<{name}>"), format!("(?<{name}>")].iter().any(|group| pattern.contains(group))
}

fn uncompiled(source: &RuleSource, pattern: &str, error: &regex::Error) -> RuleError {
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or("it does not parse").trim();
    source.error_at(pattern, format!("pattern `{pattern}` cannot be compiled: {reason}"))
}
fn can_hold(hir: &Hir, byte: u8) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.contains(&byte),
        HirKind::Class(Class::Bytes(class)) => class.iter().any(|range| (range.start()..=range.end()).contains(&byte)),
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().any(|range| (range.start()..=range.end()).contains(&char::from(byte)))
        }
        HirKind::Repetition(repetition) => can_hold(&repetition.sub, byte),
        HirKind::Capture(group) => can_hold(&group.sub, byte),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(|part| can_hold(part, byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;
    use crate::rules::RuleSource;

    #[test]
    fn a_pattern_finds_in_a_text_of_ascii_what_it_finds_in_any() {
        let source = RuleSource { path: "rules/x.toml".into(), text: String::new().into() };
        for (pattern, found) in [
            (r"(?i)user (?P<value>\w+)", ["Bob", "Zo\u{eb}"]),
            (r"(?:->|=>|\u{2192})\s(?P<value>\d+)", ["401", "503"]),
            ("[>\u{2192}] (?P<value>[45]\\d\\d)", ["401", "503"]),
        ] {
            let pattern = Pattern::new(&source, pattern).unwrap();
            let texts = ["USER Bob -> 401", "user Zo\u{eb} \u{2192} 503"];
            assert!(texts[0].is_ascii() && !texts[1].is_ascii());
            let values =
                |text| pattern.captures_iter(text).filter_map(|groups| groups.name("value")).collect::<Vec<_>>();
            assert_eq!(texts.map(values), found.map(|value| vec![value]), "{}", pattern.text());
            let first = pattern.captures(texts[1]).unwrap();
            assert_eq!(first.named().collect::<Vec<_>>(), [("value", found[1])]);
            assert_eq!(texts.map(|text| pattern.find_iter(text).count()), [1, 1]);
        }
    }
}
