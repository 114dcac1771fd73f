//! Rule packs: what servers and libraries write into logs, as TOML data with its own proof.
//!
//! A pack is read by [`RuleSource`]; each kind of rule has its own schema in a file of its own and
//! refuses unknown keys. Nothing here looks at a log.

mod format;
mod source;

pub use format::{FormatExample, FormatExamples, FormatKeys, Formats, TextFormat, load_formats};
pub use source::{RuleError, RuleSource, embedded, parse, read_path};
