//! Patterns of rules, compiled when a record first asks for them.
//!
//! Compiling all of them took longer than reading a small log, and most runs ask for few. The built-in ones are
//! proved by the tests (`rules check` compiles each of them); those of `--rules` are compiled when they are
//! read, so that a mistake is told by path and line before the scan begins.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::{Regex, bytes};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind, meta};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::beginning::Beginning;
use super::{RuleError, RuleSource};

/// A pattern for texts.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Regex>,
    beginning: OnceLock<Beginning>,
}

/// A pattern for bytes: matched at the start of a slice, ASCII only.
#[derive(Clone, Debug)]
pub struct BytePattern {
    text: String,
    compiled: OnceLock<bytes::Regex>,
}

/// Patterns for texts that are searched for together: the search says which are there, not where.
#[derive(Clone, Debug)]
pub struct PatternSet {
    texts: Vec<String>,
    /// Whether classes and letter case are those of Unicode.
    unicode: bool,
    compiled: OnceLock<meta::Regex>,
}

/// Bytes for the automaton that a set builds while it searches. With the default of 2 MiB the words of the vocabulary
/// throw it away again and again, and then fall back to an engine that is ten times slower.
const SET_CACHE: usize = 32 << 20;

impl Pattern {
    /// A pattern of a rule file.
    pub(super) fn new(source: &RuleSource, pattern: &str) -> Result<Self, RuleError> {
        let new = Self { text: ascii_words(pattern), compiled: OnceLock::new(), beginning: OnceLock::new() };
        if !source.is_built_in() {
            Regex::new(&new.text).map_err(|error| uncompiled(source, pattern, &error))?;
        }
        Ok(new)
    }

    /// As the rule file has it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The compiled pattern.
    ///
    /// # Panics
    /// On a built-in pattern that does not compile, which the tests rule out.
    #[allow(clippy::expect_used, reason = "a pattern of a rule is compiled before, by the tests or by `new`")]
    pub fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| Regex::new(&self.text).expect("a pattern that was checked compiles"))
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
        let parser = ParserBuilder::new().utf8(false).unicode(false).build().parse(&self.text);
        parser.map_or(true, |hir| can_hold(&hir, byte))
    }

    /// Whether it has a group of this name, as far as its text tells.
    pub(super) fn has_group(&self, name: &str) -> bool {
        has_group(&self.text, name)
    }
}

impl PatternSet {
    /// The patterns of a rule file, for the words of protocols: a class like `\w` is that of ASCII, which makes the automaton
    /// small; only a pattern that holds other letters itself knows them all.
    pub(super) fn of_words(source: &RuleSource, patterns: &[String]) -> Result<Self, RuleError> {
        let texts = patterns.iter().map(|pattern| Pattern::new(source, pattern).map(|checked| checked.text));
        Ok(Self { texts: texts.collect::<Result<_, _>>()?, unicode: false, compiled: OnceLock::new() })
    }

    /// Patterns that were checked one by one; the set finds each wherever it would by itself.
    pub fn of<'p>(patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        let texts = patterns.into_iter().map(|pattern| pattern.text.clone()).collect();
        Self { texts, unicode: true, compiled: OnceLock::new() }
    }

    /// As the rule files have them.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    /// Whether any of them is in a text.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled().is_match(text)
    }

    /// The places, in this set, of those that are in a text.
    pub fn matches(&self, text: &str) -> Vec<usize> {
        let mut found = regex_automata::PatternSet::new(self.texts.len());
        self.compiled().which_overlapping_matches(&Input::new(text), &mut found);
        found.iter().map(|pattern| pattern.as_usize()).collect()
    }

    /// # Panics
    /// On a built-in pattern that does not compile, which the tests rule out.
    #[allow(clippy::expect_used, reason = "each was compiled before, and together they are far below the size limit")]
    fn compiled(&self) -> &meta::Regex {
        self.compiled.get_or_init(|| {
            let texts: Vec<_> = self.texts.iter().map(|text| own_alphabet(text)).collect();
            let syntax = syntax::Config::new().utf8(false).unicode(self.unicode);
            let set = meta::Builder::new().configure(of_set()).syntax(syntax).build_many(&texts);
            set.expect("patterns that were checked compile together")
        })
    }
}

/// What the `regex` crate compiles for a set, but for the engines that a search for which patterns there are has no use
/// for: half of the time of the first record went into them.
fn of_set() -> meta::Config {
    let all = meta::Config::new().match_kind(MatchKind::All).utf8_empty(false).which_captures(WhichCaptures::None);
    all.hybrid_cache_capacity(SET_CACHE).auto_prefilter(false).onepass(false).backtrack(false)
}

/// A pattern with letters beyond ASCII means whole characters.
fn own_alphabet(pattern: &str) -> Cow<'_, str> {
    if pattern.is_ascii() { Cow::Borrowed(pattern) } else { Cow::Owned(format!("(?u:{pattern})")) }
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
