//! Rule packs: what servers and libraries write into logs, as TOML data with its own proof.
//!
//! A pack is read by [`RuleSource`]; each kind of rule has its own schema in a file of its own and
//! refuses unknown keys. Nothing here looks at a log.

mod beginning;
mod diagnosis;
mod discern;
mod event;
mod format;
mod gitleaks;
mod leak;
mod needed;
mod pattern;
mod pattern_set;
mod provider;
mod sample;
mod source;
mod syntax;
mod vocabulary;
mod words;

pub use diagnosis::{
    Catalogue, DiagnosisExample, DiagnosisExamples, DiagnosisRule, FixFirst, TITLE_NAMES, load_diagnoses,
};
pub use discern::{Bytes, DIGITS, Discerner, HEXADECIMAL, Place, Ways};
pub use event::{EventExample, EventExamples, EventRule, FieldRole, Proof, kind_of, load_events, triggers};
pub use format::{FormatExample, FormatExamples, FormatKeys, Formats, TextFormat, load_formats, prove_formats};
pub use gitleaks::{Allowlist, ForeignRules, Match, Search, is_gitleaks, load_gitleaks};
pub use leak::{Demand, Detect, Keys, LeakExamples, LeakRule, Scheme, Shape, load_leaks};
pub use pattern::{BytePattern, Groups, Pattern};
pub use pattern_set::PatternSet;
pub use provider::{ErrorMeaning, Provider, Providers, Recognise, load_providers};
pub use source::{RuleError, RuleSource, embedded, parse, read_path};
pub use vocabulary::{KnownCode, Meaning, Topic, Vocabulary, load_vocabulary};
pub use words::{PatternWords, Possible};
