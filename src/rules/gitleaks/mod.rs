//! Rule files of gitleaks and betterleaks: a company's own catalogue, read as it is.
//!
//! What such a rule says of a secret is honoured: its regular expression and the group that is the secret, its
//! keywords, its entropy, and all allowlists but those of commits, of which a log has none. What cannot be honoured
//! is named: rules by file name, rules that need a neighbour, and whatever else a file asks for.
//! Schema: <https://github.com/gitleaks/gitleaks#configuration>, betterleaks' `config/config.go`.

mod load;
mod raw;
mod syntax;
#[cfg(test)]
mod tests;

use regex::bytes::Regex;
use toml::Table;

use super::leak::LeakRule;
use super::source::RuleSource;
use crate::model::Notice;

pub use load::load_gitleaks;

/// A secret that is searched for by a regular expression near a keyword.
#[derive(Clone, Debug)]
pub struct Search {
    /// Searched for around keywords, never in a whole log.
    pub pattern: Regex,
    /// One of them, in any case, is in every line that holds such a secret. In lower case.
    pub keywords: Vec<String>,
    /// The group that is the secret; 0 is the first group that took part, or else the whole match.
    pub group: usize,
    /// The secret is more mixed than this; 0 asks for nothing.
    pub entropy: f64,
    /// A rule for any kind of secret: one that knows the kind names it better.
    pub generic: bool,
    /// What is no leak.
    pub allow: Vec<Allowlist>,
}

/// What is no leak, though the expression matches.
#[derive(Clone, Debug)]
pub struct Allowlist {
    /// All criteria that are given have to hold; else one will do.
    all: bool,
    paths: Vec<Regex>,
    regexes: Vec<Regex>,
    target: Target,
    /// In lower case.
    stopwords: Vec<String>,
    /// It also names commits.
    commits: bool,
}

/// What the expressions of an allowlist are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Secret,
    Match,
    Line,
}

/// Where a match stands in a line.
#[derive(Clone, Copy, Debug)]
pub struct Match<'l> {
    /// The secret.
    pub secret: &'l [u8],
    /// All that the expression matched.
    pub whole: &'l [u8],
    /// The lines that it stands in.
    pub line: &'l [u8],
}

impl Allowlist {
    /// Whether it takes a match for no leak, wherever its file lies.
    pub fn allows(&self, found: Match<'_>) -> bool {
        let text = match self.target {
            Target::Secret => found.secret,
            Target::Match => found.whole,
            Target::Line => found.line,
        };
        let regexes = || self.regexes.iter().any(|regex| regex.is_match(text));
        let secret = found.secret.to_ascii_lowercase();
        let stopwords = || self.stopwords.iter().any(|word| memchr::memmem::find(&secret, word.as_bytes()).is_some());
        if !self.all {
            return regexes() || stopwords();
        }
        let said = !self.regexes.is_empty() || !self.stopwords.is_empty();
        // A log lies in no commit; a path is not known here.
        said && !self.commits
            && self.paths.is_empty()
            && (self.regexes.is_empty() || regexes())
            && (self.stopwords.is_empty() || stopwords())
    }

    /// Whether it allows everything in a file.
    pub fn allows_path(&self, path: &str) -> bool {
        let alone = self.regexes.is_empty() && self.stopwords.is_empty() && !self.commits;
        (!self.all || alone) && self.paths.iter().any(|regex| regex.is_match(path.as_bytes()))
    }
}

/// The rules of such files, and what is not honoured of them.
#[derive(Clone, Debug, Default)]
pub struct ForeignRules {
    /// The rules, by the order of files and of rules in them.
    pub rules: Vec<LeakRule>,
    /// What is not honoured.
    pub notices: Vec<Notice>,
}

/// Whether a file of the user's is one of theirs. Their rules stand in `rules`, those of this program in `rule`.
pub fn is_gitleaks(source: &RuleSource) -> bool {
    let keys = ["rules", "allowlist", "allowlists", "extend"];
    let theirs = |file: Table| file.keys().any(|key| keys.contains(&key.to_ascii_lowercase().as_str()));
    !source.is_built_in() && source.text.parse::<Table>().is_ok_and(theirs)
}
