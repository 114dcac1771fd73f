//! Whether the terminal follows hyperlinks, and where they lead.

use std::env;
use std::fs;

use anyhow::Result;

use super::config::invalid;
use crate::report::Links;

/// Links for standard output. `auto` writes them to terminals that are known to follow them; like ripgrep, none
/// without colour: who turned escape sequences off means these, too.
pub(super) fn links(format: &str, terminal: bool, color: bool) -> Result<Option<Links>> {
    let format = match format {
        "auto" => known_by_terminal(terminal),
        format => format,
    };
    let folder = env::current_dir().map(|folder| folder.display().to_string()).unwrap_or_default();
    let links = Links::new(format, &host(), &folder).map_err(|hint| invalid("--hyperlink-format", format, &hint))?;
    Ok(links.filter(|_| color && terminal))
}

/// The format that opens a file at its line, where the terminal is known.
fn known_by_terminal(terminal: bool) -> &'static str {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|set| set == value);
    match () {
        () if !terminal || !supports_hyperlinks::supports_hyperlinks() => "none",
        () if is("TERM_PROGRAM", "vscode") => "vscode",
        () if is("TERM", "xterm-kitty") => "kitty",
        () => "file",
    }
}

/// The name of this machine: a terminal that shows another's output must not open its own files.
fn host() -> String {
    let read = || fs::read_to_string("/etc/hostname").ok();
    env::var("HOSTNAME").ok().or_else(read).map(|name| name.trim().to_owned()).unwrap_or_default()
}
