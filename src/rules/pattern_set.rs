//! Patterns that are searched for together.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::{Input, MatchKind, meta};
use regex_syntax::hir::{Hir, HirKind};

use super::words::PatternWords;
use super::{Pattern, RuleError, RuleSource, syntax};

/// A gap of so many lengths has as many states in an automaton, and as many again for each one that stands beside it.
const GAP: u32 = 8;

/// Bytes for the automaton that a set builds while it searches: in texts that are all different it outgrows the default of
/// 2 MiB, is thrown away again and again, and gives way to an engine that is ten times slower.
const SET_CACHE: usize = 32 << 20;

/// Patterns for texts that are searched for together: the search says which are there, not where.
#[derive(Clone, Debug)]
pub struct PatternSet {
    texts: Vec<String>,
    /// Whether classes and letter case are those of Unicode.
    unicode: bool,
    compiled: OnceLock<Compiled>,
}

/// The patterns of a set by how they are searched for.
#[derive(Clone, Debug)]
struct Compiled {
    /// Those of one automaton, and their places in the set.
    together: meta::Regex,
    places: Vec<usize>,
    /// Those with gaps: where all their words are, each is searched for by itself. In one automaton with the others the
    /// 39 of the vocabulary made a search take four times as long, and the first thousand ten times.
    apart: Vec<Apart>,
    words: PatternWords,
}

#[derive(Clone, Debug)]
struct Apart {
    place: usize,
    compiled: OnceLock<meta::Regex>,
}

impl PatternSet {
    /// The patterns of a rule file, for the words of protocols: a class like `\w` is that of ASCII, which makes the automaton
    /// small; only a pattern that holds other letters itself knows them all.
    pub(super) fn of_words(source: &RuleSource, patterns: &[String]) -> Result<Self, RuleError> {
        let checked = |pattern: &String| Pattern::new(source, pattern).map(|checked| checked.text().to_owned());
        let texts = patterns.iter().map(checked).collect::<Result<_, _>>()?;
        Ok(Self { texts, unicode: false, compiled: OnceLock::new() })
    }

    /// Patterns that were checked one by one; the set finds each wherever it would by itself.
    pub fn of<'p>(patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        let texts = patterns.into_iter().map(|pattern| pattern.text().to_owned()).collect();
        Self { texts, unicode: true, compiled: OnceLock::new() }
    }

    /// As the rule files have them.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    /// Whether any of them is in a text.
    pub fn is_match(&self, text: &str) -> bool {
        let compiled = self.compiled();
        if compiled.apart.is_empty() { compiled.together.is_match(text) } else { !self.matches(text).is_empty() }
    }

    /// The places, in this set, of those that are in a text, ascending.
    pub fn matches(&self, text: &str) -> Vec<usize> {
        let compiled = self.compiled();
        let mut found = regex_automata::PatternSet::new(compiled.places.len());
        compiled.together.which_overlapping_matches(&Input::new(text), &mut found);
        let together = found.iter().map(|pattern| compiled.places[pattern.as_usize()]);
        let mut all: Vec<usize> = together.chain(self.apart(compiled, text)).collect();
        all.sort_unstable();
        all
    }

    /// The places of those that were searched for by themselves and are there.
    fn apart<'s>(&'s self, compiled: &'s Compiled, text: &'s str) -> impl Iterator<Item = usize> + 's {
        let possible = compiled.words.possible(std::iter::once(text));
        let candidates = compiled.apart.iter().enumerate().filter(move |(number, _)| possible.holds(*number));
        let of = |apart: &'s Apart| apart.compiled.get_or_init(|| self.compile([apart.place], of_search()));
        candidates.filter(move |(_, apart)| of(apart).is_match(text)).map(|(_, apart)| apart.place)
    }

    fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| {
            let has_gap =
                |place: &usize| syntax::of_ascii(&self.texts[*place]).is_some_and(|parsed| has_gap(&parsed.hir));
            let (apart, places): (Vec<usize>, Vec<usize>) = (0..self.texts.len()).partition(has_gap);
            Compiled {
                together: self.compile(places.iter().copied(), of_set()),
                places,
                words: PatternWords::of(apart.iter().map(|place| self.texts[*place].as_str())),
                apart: apart.into_iter().map(|place| Apart { place, compiled: OnceLock::new() }).collect(),
            }
        })
    }

    /// # Panics
    /// On a built-in pattern that does not compile, which the tests rule out.
    #[allow(clippy::expect_used, reason = "each was compiled before, and together they are far below the size limit")]
    fn compile(&self, places: impl IntoIterator<Item = usize>, config: meta::Config) -> meta::Regex {
        let texts = places.into_iter().map(|place| own_alphabet(&self.texts[place]));
        let mut builder = meta::Builder::new();
        builder.configure(config.utf8_empty(false).which_captures(WhichCaptures::None));
        let built = if self.unicode {
            let syntax = regex_automata::util::syntax::Config::new().utf8(false);
            builder.syntax(syntax).build_many(&texts.collect::<Vec<_>>()).ok()
        } else {
            let parsed = texts.map(|text| syntax::of_ascii(&text)).collect::<Option<Vec<_>>>();
            parsed.and_then(|parsed| {
                let patterns: Vec<&Hir> = parsed.iter().map(|parsed| &parsed.hir).collect();
                builder.build_many_from_hir(&patterns).ok()
            })
        };
        built.expect("patterns that were checked compile together")
    }
}

/// What the `regex` crate compiles for a set.
fn of_set() -> meta::Config {
    of_search().match_kind(MatchKind::All).hybrid_cache_capacity(SET_CACHE)
}

/// What it compiles, but for the engines that a search for whether a pattern is there has no use for, and for the search for
/// its words, which were found before: half of the time of the first record went into them.
fn of_search() -> meta::Config {
    meta::Config::new().auto_prefilter(false).onepass(false).backtrack(false)
}

/// Whether a part of a pattern may be of many lengths, but not of any.
fn has_gap(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            repetition.max.is_some_and(|max| max - repetition.min >= GAP) || has_gap(&repetition.sub)
        }
        HirKind::Capture(group) => has_gap(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(has_gap),
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => false,
    }
}

/// A pattern with letters beyond ASCII means whole characters.
fn own_alphabet(pattern: &str) -> Cow<'_, str> {
    if pattern.is_ascii() { Cow::Borrowed(pattern) } else { Cow::Owned(format!("(?u:{pattern})")) }
}

#[cfg(test)]
mod tests {
    use super::{Compiled, PatternSet};

    fn set(texts: &[&str]) -> PatternSet {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        PatternSet { texts, unicode: false, compiled: std::sync::OnceLock::new() }
    }

    #[test]
    fn a_pattern_with_a_gap_is_found_as_the_others_are() {
        let set =
            set(&[r"(?i)revoked.{0,40}tokens?\b", r"^a", r"\d{1,30}x", r"(?i)token", "b{2,4}", r"(?:x|y.{3,20})z"]);
        let Compiled { places, apart, .. } = set.compiled();
        assert_eq!(
            (places.as_slice(), apart.iter().map(|it| it.place).collect::<Vec<_>>()),
            (&[1, 3, 4][..], vec![0, 2, 5])
        );
        for (text, expected) in [
            ("Revoked the TOKEN", &[0, 3][..]),
            ("a token was revoked", &[1, 3]),
            ("revoked tokenizer", &[3]),
            ("revoked, and what stands here is longer than it may: token", &[3]),
            ("17x bb", &[2, 4]),
            ("xz", &[5]),
            ("yabz", &[]),
            ("y....z", &[5]),
            ("", &[]),
        ] {
            assert_eq!((set.matches(text).as_slice(), set.is_match(text)), (expected, !expected.is_empty()), "{text}");
        }
    }
}
