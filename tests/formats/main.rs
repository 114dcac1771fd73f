//! What people really have: every wrapper around every shape of payload, and a count of the servers,
//! client libraries and wrappers that rules cover.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod command;
mod coverage;
mod matrix;
mod payloads;
mod run;
mod survey;
mod times;
mod wrappers;
