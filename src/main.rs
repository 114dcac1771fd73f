//! The `tokscan` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    tokscan::cli::run(std::env::args_os())
}
