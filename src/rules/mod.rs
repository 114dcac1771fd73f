//! Rule packs: what servers and libraries write into logs, as TOML data with its own proof.
//!
//! A pack is read by [`RuleSource`]; each kind of rule has its own schema in a file of its own and
//! refuses unknown keys. Nothing here looks at a log.

mod leak;
mod sample;
mod source;

pub use leak::{Demand, Detect, Keys, LeakExamples, LeakRule, Scheme, Shape, load_leaks};
pub use source::{RuleError, RuleSource, embedded, parse, read_path};
