//! tokscan reads the logs of systems that use OAuth 2.0 refresh tokens and says which
//! `invalid_grant` failures were races, which grants are really gone, and which tokens leaked.

pub mod diagnose;
pub mod model;
pub mod rules;
pub mod scan;
pub mod timeline;
