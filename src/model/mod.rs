//! Plain data that every layer shares: times, symbols, token events, findings, leaks, the report.
//!
//! No I/O, no regular expressions, no clock. No type here can hold a raw token value: token
//! values enter only through [`TokenDigest::of`], which keeps a keyed one-way digest.

mod activity;
mod comparison;
mod digest;
mod event;
mod finding;
mod leak;
mod maybe;
mod order;
mod policy;
mod position;
mod pseudonym;
mod report;
mod requests;
mod run;
mod survey;
mod symbol;
mod time;
mod zone;

pub use activity::{Activity, Counts, Gaps, Lane};
pub use comparison::{Change, ClientChange, Comparison, LeakChange, Pair, RuleChange, Side};
pub use digest::{Scent, TokenDigest};
pub use event::{CauseClass, EventKind, EventRow, EventSet, NamedBy, TokenEvent};
pub use finding::{
    Confidence, Evidence, FamilyToken, Finding, FindingClass, Impact, Outcome, Presentation, PresentationOutcome, Role,
    RuleName, Severity, TokenFamily, Topology,
};
pub use leak::{Leak, LeakKind, LeakSighting, LeakStatus, TokenLife, TokenUse};
pub use maybe::MaybeU32;
pub use policy::{ReusePolicy, RotationPolicy};
pub use position::Position;
pub use pseudonym::{is_in_pseudonym, pseudonym, pseudonym_digits, without_kinds};
pub use report::{
    ClientSummary, FixGain, InputSummary, Notice, Onset, Rate, Recurrence, Report, RuleText, SCHEMA_VERSION, Summary,
    ToolInfo, Trouble,
};
pub use run::{RunInfo, Section};
pub use survey::{SourceSurvey, Survey, Unmatched};
pub use symbol::{Looked, Symbol, SymbolSet, Symbols};
pub use time::{Assumed, Precision, Timestamp};
pub use zone::Zone;
