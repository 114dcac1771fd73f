//! Plain data that every layer shares: times, symbols, token events, findings, leaks, the report.
//!
//! No I/O, no regular expressions, no clock. No type here can hold a raw token value: token
//! values enter only through [`TokenDigest::of`], which keeps a keyed one-way digest.

mod digest;
mod event;
mod finding;
mod leak;
mod policy;
mod report;
mod survey;
mod symbol;
mod time;
mod zone;

pub use digest::{Scent, TokenDigest};
pub use event::{CauseClass, EventKind, EventRow, EventSet, Position, TokenEvent};
pub use finding::{Confidence, Evidence, Finding, FindingClass, Impact, Outcome, Role, RuleName, Severity, Topology};
pub use leak::{Leak, LeakKind, LeakSighting, LeakStatus};
pub use policy::{ReusePolicy, RotationPolicy};
pub use report::{ClientSummary, InputSummary, Notice, Report, SCHEMA_VERSION, Summary, ToolInfo, Trouble};
pub use survey::{SourceSurvey, Survey, Unmatched};
pub use symbol::{Symbol, Symbols};
pub use time::{Precision, Timestamp};
pub use zone::Zone;
