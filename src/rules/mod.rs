//! Rule packs: what servers and libraries write into logs, as TOML data with its own proof.
//!
//! A pack is read by [`RuleSource`]; each kind of rule has its own schema in a file of its own and
//! refuses unknown keys. Nothing here looks at a log.

mod diagnosis;
mod source;

pub use diagnosis::{Catalogue, DiagnosisRule, FixFirst, TITLE_NAMES, load_diagnoses};
pub use source::{RuleError, RuleSource, embedded, parse, read_path};
