//! What holds for every command: where settings come from, and the pager.

use std::path::PathBuf;

use clap::Args;

/// Whether long pages go through a pager.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct PagerArgs {
    /// Do not page what is longer than the terminal
    ///
    /// Else it goes through PAGER, or `less -FRX`.
    #[arg(long, global = true)]
    pub no_pager: bool,
    /// Page after all, where a settings file does without
    #[arg(long, global = true, hide = true, overrides_with = "no_pager")]
    pub pager: bool,
}

/// Where settings come from, beside the command line and `TOKSCAN_*` variables.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub struct SettingsArgs {
    /// Settings file to read in place of those that are found
    ///
    /// Else the nearest tokscan.toml upward from the working directory is read, and below it the user's own,
    /// ~/.config/tokscan/tokscan.toml. The command line wins over TOKSCAN_* variables, those over files.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Read no settings file
    #[arg(long, global = true, conflicts_with = "config")]
    pub no_config: bool,
}
