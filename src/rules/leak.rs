//! The schema of `rules/leaks/*.toml`: what a readable secret looks like, and the lines that prove it.
//!
//! A rule finds values by their own shape (`pattern`), by the key that holds them (`keys`), or by the
//! authentication scheme before them (`schemes`). What carries the value (JSON, a query string, a Ruby hash, …)
//! is no business of a rule: the leak layer reads every carrier the same way.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::gitleaks::{Search, is_gitleaks};
use super::pattern::BytePattern;
use super::sample;
use super::source::{RuleError, RuleSource, parse};
use crate::model::{Confidence, LeakKind, Severity};

/// One leak rule, checked and compiled.
#[derive(Clone, Debug)]
pub struct LeakRule {
    /// Its name everywhere.
    pub id: String,
    /// One line for people.
    pub title: String,
    /// What leaks.
    pub kind: LeakKind,
    /// How grave a leak of it is.
    pub severity: Severity,
    /// How sure a hit is.
    pub confidence: Confidence,
    /// How it is found.
    pub detect: Detect,
    /// What a value must be beyond its place or shape.
    pub demand: Demand,
    /// Literals of which one is in every line that the rule reports on.
    pub literals: Vec<String>,
    /// Where the facts are from.
    pub references: Vec<String>,
    /// The proof, generated samples filled in.
    pub examples: LeakExamples,
    /// The file of the rule, as named in messages.
    pub path: String,
    /// The 1-based line of its id in that file.
    pub line: usize,
}

/// How a rule finds a value.
#[derive(Clone, Debug)]
pub enum Detect {
    /// By what the value itself looks like.
    Shape(Shape),
    /// By the key that holds it.
    Keys(Keys),
    /// By the authentication scheme in front of it.
    Scheme(Scheme),
    /// By a regular expression near a keyword, as other programs' rules do.
    Search(Box<Search>),
}

/// A value known by its own look.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a key of a rule")]
pub struct Shape {
    /// Matched at the start of the value; the group `value`, if any, is what leaks.
    pub pattern: BytePattern,
    /// The pattern has a group `value`.
    pub has_group: bool,
    /// Bytes of the value that stand before its trigger literal.
    pub lead: usize,
    /// Triggers that are too common to look for: they count in lines that another literal brought here.
    pub context_literals: Vec<String>,
    /// Many kinds of value look like this (a JWT), so that a key or a header says more.
    pub generic: bool,
    /// A trigger stands inside the value, so what is before it need not be a boundary.
    pub inner: bool,
    /// The lines of base64 before the trigger belong to the value.
    pub tail: bool,
}

/// A value known by its key.
#[derive(Clone, Debug)]
pub struct Keys {
    /// In snake form; found in any case and style.
    pub keys: Vec<String>,
    /// Without words before it: `code`, not `error_code`.
    pub exact: bool,
    /// One of these (any case) must be in the same line; empty asks for nothing.
    pub requires: Vec<String>,
    /// The whole value must look like this.
    pub pattern: Option<BytePattern>,
}

/// A value known by its authentication scheme.
#[derive(Clone, Debug)]
pub struct Scheme {
    /// In any case.
    pub schemes: Vec<String>,
    /// Headers (snake form) that hold the scheme.
    pub headers: Vec<String>,
    /// The scheme word is enough, without a header.
    pub anywhere: bool,
    /// The value is the base64 of `id:secret`.
    pub pair: bool,
}

/// What the value must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Bytes, decoded.
    pub min_length: usize,
    /// Shannon entropy in bits a byte.
    pub min_entropy: f64,
    /// A UUID may be a secret here.
    pub uuid: bool,
    /// Any printable text, as passwords are; else the characters of tokens.
    pub printable: bool,
}

/// Lines that prove a rule. `<<alnum:36>>` in a rule file stands for invented text of that class and length, so
/// that no repository of rules holds what other scanners would flag.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeakExamples {
    /// Each must be reported by the rule.
    #[serde(rename = "match")]
    pub matching: Vec<String>,
    /// None may be.
    pub ignore: Vec<String>,
}

impl LeakExamples {
    /// Lines of both kinds.
    pub fn count(&self) -> usize {
        self.matching.len() + self.ignore.len()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "the file format has these switches")]
struct Entry {
    id: String,
    title: String,
    kind: LeakKind,
    severity: Severity,
    confidence: Confidence,
    pattern: Option<String>,
    #[serde(default)]
    literals: Vec<String>,
    #[serde(default)]
    context_literals: Vec<String>,
    #[serde(default)]
    lead: usize,
    #[serde(default)]
    generic: bool,
    #[serde(default)]
    inner: bool,
    #[serde(default)]
    tail: bool,
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    exact: bool,
    #[serde(default)]
    requires: Vec<String>,
    #[serde(default)]
    schemes: Vec<String>,
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default)]
    anywhere: bool,
    #[serde(default)]
    pair: bool,
    min_length: Option<usize>,
    min_entropy: Option<f64>,
    #[serde(default)]
    uuid: bool,
    #[serde(default)]
    printable: bool,
    #[serde(default)]
    references: Vec<String>,
    examples: LeakExamples,
}

/// Loads the leak rules of all sources, in the order of the sources; sources of other folders are ignored.
///
/// A later pack (another folder) replaces a rule of the same id; twice in one pack is an error.
pub fn load_leaks(sources: &[RuleSource]) -> Result<Vec<LeakRule>, Vec<RuleError>> {
    let mut rules: Vec<LeakRule> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut errors = Vec::new();
    for source in sources.iter().filter(|source| source.folder() == "leaks" && !is_gitleaks(source)) {
        let file: File = match parse(source) {
            Ok(file) => file,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        for entry in file.rule {
            // The embedded pack is told from a folder of the same name by its borrowed text.
            let pack = (matches!(source.text, Cow::Borrowed(_)), Path::new(&source.path).parent(), entry.id.clone());
            if !seen.insert(pack) {
                errors.push(last_id(source, &entry.id, "is defined twice; rename one"));
                continue;
            }
            match compile(source, entry) {
                Ok(rule) => {
                    if let Some(&place) = places.get(&rule.id) {
                        rules[place] = rule;
                    } else {
                        places.insert(rule.id.clone(), rules.len());
                        rules.push(rule);
                    }
                }
                Err(error) => errors.push(error),
            }
        }
    }
    if errors.is_empty() { Ok(rules) } else { Err(errors) }
}

/// Points at the last place that defines an id: the one that is too many.
fn last_id(source: &RuleSource, id: &str, message: &str) -> RuleError {
    let offset = source.text.rfind(&format!("\"{id}\"")).unwrap_or(0);
    let message = format!("leak rule `{id}` {message}");
    RuleError { path: source.path.clone(), line: source.line_of(offset), message }
}

fn compile(source: &RuleSource, entry: Entry) -> Result<LeakRule, RuleError> {
    let at_id = format!("\"{}\"", entry.id);
    let wrong = |message: String| source.error_at(&at_id, format!("leak rule `{}`: {message}", entry.id));
    if entry.examples.matching.is_empty() || entry.examples.ignore.is_empty() {
        return Err(wrong("examples need lines in `match` and in `ignore`".into()));
    }
    for literal in entry.literals.iter().chain(&entry.context_literals) {
        if literal.len() < 3 || literal.starts_with(['"', '\'']) {
            return Err(source
                .error_at(literal, format!("literal `{literal}`: give at least 3 bytes that start with no quote")));
        }
    }
    let pattern = entry.pattern.as_deref().map(|pattern| BytePattern::new(source, pattern)).transpose()?;
    let literals = literals_of(&entry).map_err(wrong)?;
    let detect = match (pattern, entry.keys.is_empty(), entry.schemes.is_empty()) {
        (Some(pattern), true, true) => Detect::Shape(Shape {
            has_group: pattern.has_group("value"),
            pattern,
            lead: entry.lead,
            context_literals: entry.context_literals,
            generic: entry.generic,
            inner: entry.inner,
            tail: entry.tail,
        }),
        (pattern, false, true) => {
            Detect::Keys(Keys { keys: entry.keys, exact: entry.exact, requires: entry.requires, pattern })
        }
        (None, true, false) => {
            let (schemes, headers) = (entry.schemes, entry.headers);
            Detect::Scheme(Scheme { schemes, headers, anywhere: entry.anywhere, pair: entry.pair })
        }
        _ => return Err(wrong("give `pattern`, `keys` (with or without `pattern`) or `schemes`".into())),
    };
    let examples = LeakExamples {
        matching: entry.examples.matching.iter().map(|line| sample::expand(line)).collect(),
        ignore: entry.examples.ignore.iter().map(|line| sample::expand(line)).collect(),
    };
    Ok(LeakRule {
        line: source.line_with(&at_id),
        path: source.path.clone(),
        demand: Demand {
            min_length: entry.min_length.unwrap_or(16),
            min_entropy: entry.min_entropy.unwrap_or(3.0),
            uuid: entry.uuid,
            printable: entry.printable,
        },
        id: entry.id,
        title: entry.title,
        kind: entry.kind,
        severity: entry.severity,
        confidence: entry.confidence,
        detect,
        literals,
        references: entry.references,
        examples,
    })
}

/// The literals of a rule, and the proof that each form of its keys holds one.
fn literals_of(entry: &Entry) -> Result<Vec<String>, String> {
    if entry.keys.is_empty() {
        if entry.literals.is_empty() && entry.context_literals.is_empty() {
            return Err("without a literal every line would have to be searched; give `literals`".into());
        }
        return Ok(entry.literals.clone());
    }
    if entry.literals.is_empty() {
        return Ok(derived(&entry.keys));
    }
    let holds = |text: &str| entry.literals.iter().any(|literal| text.contains(literal.as_str()));
    // The literals of a bare word name its carriers (`?code=`), and those are not in the key itself.
    let brought = entry.exact || !entry.requires.is_empty() && entry.requires.iter().all(|text| holds(text));
    for form in entry.keys.iter().flat_map(|key| forms(key)).filter(|_| !brought) {
        if !holds(&form) {
            return Err(format!("a line with the key `{form}` holds none of the literals; add one"));
        }
    }
    Ok(entry.literals.clone())
}

/// How code mostly writes a key: `access_token`, `accessToken`, `AccessToken`.
fn forms(key: &str) -> [String; 3] {
    let pascal: String = key.split('_').map(capitalised).collect();
    let camel: String =
        key.split('_').enumerate().map(|(at, word)| if at == 0 { word.into() } else { capitalised(word) }).collect();
    [key.to_owned(), camel, pascal]
}

fn capitalised(word: &str) -> String {
    word.get(..1).map_or_else(String::new, str::to_ascii_uppercase) + word.get(1..).unwrap_or("")
}

/// The last word of each key in its three cases: short, and shared by many keys.
fn derived(keys: &[String]) -> Vec<String> {
    let mut literals = Vec::new();
    for key in keys {
        let (joint, word) = key.rfind('_').map_or(("", key.as_str()), |at| ("_", &key[at + 1..]));
        for literal in [format!("{joint}{word}"), capitalised(word), format!("{joint}{}", word.to_ascii_uppercase())] {
            if !literals.contains(&literal) {
                literals.push(literal);
            }
        }
    }
    literals
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{Detect, load_leaks};
    use crate::rules::{RuleSource, embedded};

    const EXAMPLES: &str = "examples = { match = ['a'], ignore = ['b'] }\n";

    fn pack(path: &str, text: &str) -> RuleSource {
        RuleSource { path: path.into(), text: Cow::Owned(text.replace("EXAMPLES", EXAMPLES)) }
    }

    fn rule(rest: &str) -> String {
        format!(
            "[[rule]]\nid = \"x\"\ntitle = \"X\"\nkind = \"api_key\"\nseverity = \"low\"\nconfidence = \"likely\"\n{rest}\nEXAMPLES"
        )
    }

    fn errors(text: &str) -> Vec<String> {
        load_leaks(&[pack("p/leaks/x.toml", text)]).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_embedded_rules_load_and_other_folders_are_no_business_of_theirs() {
        let mut sources = embedded();
        sources.push(pack("rules/providers/x.toml", "anything = 1"));
        assert!(load_leaks(&sources).unwrap().len() > 40);
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let told = errors(&rule("pattern = 'ab[c'\nliterals = ['abc']"));
        assert!(told[0].starts_with("p/leaks/x.toml:7: pattern `ab[c`"), "{told:?}");
        let told = errors(&rule("pattern = 'abc'"));
        assert!(told[0].starts_with("p/leaks/x.toml:2: leak rule `x`: without a literal"), "{told:?}");
        let told = errors(&rule("pattern = 'abc'\nliterals = ['qz']"));
        assert!(told[0].starts_with("p/leaks/x.toml:8: literal `qz`"), "{told:?}");
        let told = errors(&rule("keys = ['api_secret']\nliterals = ['_secret']"));
        assert!(told[0].contains("key `apiSecret` holds none of the literals"), "{told:?}");
        let told = errors(&rule("patern = 'abc'"));
        assert!(told[0].starts_with("p/leaks/x.toml:7: ") && told[0].contains("patern"), "{told:?}");
    }

    #[test]
    fn twice_in_one_pack_is_an_error_and_another_pack_replaces() {
        let one = rule("keys = ['api_key']");
        let told = errors(&format!("{one}\n{one}"));
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("p/leaks/x.toml:11: leak rule `x` is defined twice"), "{told:?}");

        let sources = [pack("p/leaks/x.toml", &one), pack("q/leaks/y.toml", &one.replace("api_key']", "app_key']"))];
        let rules = load_leaks(&sources).unwrap();
        assert_eq!(rules.len(), 1);
        assert!(matches!(&rules[0].detect, Detect::Keys(keys) if keys.keys == ["app_key"]));
        assert_eq!(rules[0].literals, ["_key", "Key", "_KEY"]);
    }
}
