//! One record's bytes to its fields: JSON and its look-alikes, logfmt, text layouts, and the
//! wrappers around them, unwrapped to four levels.
//!
//! Nothing here knows what a token is. The decision is made for each record from its own bytes, so
//! a source may mix formats and the result never depends on what stood before.

mod batch;
mod clean;
mod columns;
mod day;
mod epoch;
mod exports;
pub mod json;
mod jwt;
mod leading;
mod months;
mod pairs;
mod reader;
mod rfc3339;
mod time_choice;
pub mod timestamp;
mod unwrap;
mod wrapped;

pub use columns::Columns;
pub use day::{Day, date_in_name};
pub use exports::is_export_key;
pub use json::ValueKind;
pub use leading::{LeadingTime, leading_time};
pub use pairs::percent_decode;
pub use reader::{Decoded, Field, Reader, Record, Setting, normal_key};
pub use time_choice::{Candidate, TimeAt, choose};
pub use timestamp::{Clock, Stamp};
