//! What benches, the corpus example and the corpus test share.

pub(crate) mod corpus;
mod line;
pub(crate) mod random;
pub(crate) mod truth;
