//! The pager: only for a person at a terminal, and only where a page is longer than the screen.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::{Child, Command, Stdio};

use anyhow::Result;

use super::output::to_stdout;

/// What pages where `PAGER` names nothing.
const DEFAULT: &str = "less";
/// What `less` is told where `LESS` says nothing, as by git: quit if one screen is enough, show colours, leave
/// the screen as it is.
const LESS: &str = "FRX";

/// Whether pages may go through a pager.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pager {
    pub(super) wanted: bool,
}

impl Pager {
    /// Shows what is written: through a pager if standard output is a terminal and too short for it.
    pub(super) fn show(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let Some(rows) = self.rows() else { return to_stdout(write) };
        let mut page = Vec::new();
        write(&mut page)?;
        let child = if memchr::memchr_iter(b'\n', &page).count() >= rows { start() } else { None };
        match child {
            Some(child) => through(child, &page),
            None => to_stdout(|out| out.write_all(&page)),
        }
    }

    /// The rows of the terminal, if there is one and a pager is wanted.
    fn rows(self) -> Option<usize> {
        let wanted = self.wanted && io::stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb");
        if wanted { terminal_size::terminal_size().map(|(_, rows)| usize::from(rows.0)) } else { None }
    }
}

/// Starts the pager; `None` where there is none, or `PAGER` says that none is wanted.
fn start() -> Option<Child> {
    let named = env::var("PAGER").ok();
    let command = named.as_deref().map_or(DEFAULT, str::trim);
    if command.is_empty() || command == "cat" {
        return None;
    }
    // As git does: `PAGER` may hold options, so a shell reads it.
    let mut pager = if cfg!(unix) && command != DEFAULT {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]);
        shell
    } else {
        Command::new(command)
    };
    for (variable, value) in [("LESS", LESS), ("LV", "-c")] {
        if env::var_os(variable).is_none() {
            pager.env(variable, value);
        }
    }
    pager.stdin(Stdio::piped()).spawn().ok()
}

/// Hands the page over and waits until it was read. Ctrl-C is the pager's while it runs: without us behind it, it
/// would lose the terminal to the shell.
fn through(mut child: Child, page: &[u8]) -> Result<()> {
    #[cfg(unix)]
    drop(signal_hook::flag::register(signal_hook::consts::SIGINT, std::sync::Arc::default()));
    if let Some(mut input) = child.stdin.take() {
        // Who quits before the end has read enough.
        drop(input.write_all(page));
    }
    child.wait()?;
    Ok(())
}
