//! tokscan reads the logs of systems that use OAuth 2.0 refresh tokens and says which
//! `invalid_grant` failures were races, which grants are really gone, and which tokens leaked.
//!
//! The flow, one direction:
//!
//! - [`input`] finds the files, opens them whatever they are compressed with, and cuts them into
//!   segments of whole records, so that one large file uses every core.
//! - [`format`](mod@format) turns one record's bytes into fields; [`extract`] turns fields into a token event;
//!   [`leak`] finds the token values that are readable in it. All three look at one record at a time.
//! - [`timeline`] sorts events into one timeline per principal; [`diagnose`] turns timelines into findings.
//! - [`triage`] orders and counts; [`report`] renders. Every renderer gets masked text only.
//! - [`scan`] is the only module that knows all stages; [`model`] is the data they share; [`rules`]
//!   is what they know about servers and libraries, as data.

pub mod cli;
pub mod diagnose;
pub mod extract;
pub mod format;
pub mod input;
pub mod leak;
pub mod model;
pub mod report;
pub mod rules;
pub mod scan;
pub mod timeline;
pub mod triage;
