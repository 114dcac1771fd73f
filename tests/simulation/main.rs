//! The proof of the diagnosis: a simulated token endpoint and its clients, whose failures have
//! known causes, against what tokscan says about the logs that they leave.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test binary; its tables are for the reader")]

mod by_hand;
mod clients;
mod crowds;
mod dialects;
mod end_to_end;
mod event_level;
mod events;
mod exports;
mod habits;
mod incomplete;
mod properties;
mod regressions;
mod regressions_grants;
mod regressions_nameless;
mod regressions_races;
mod rng;
mod scenarios;
mod score;
mod self_check;
mod server;
mod truth;
