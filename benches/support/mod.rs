//! What benches, the corpus example and the corpus test share.

pub(crate) mod corpus;
mod line;
mod random;
pub(crate) mod truth;
