//! The `tokscan` program.

fn main() {}
