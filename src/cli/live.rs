//! `tokscan leaks -`: leaks as they come, while the stream goes on.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Result, bail};

use super::Exit;
use super::args::LeaksArgs;
use super::fail_on::FailOn;
use super::output::{complain, to_stderr};
use super::settings::Settings;
use crate::model::{Leak, Trouble};
use crate::report::{Format, escape, leak_line, leak_sentence};
use crate::scan::{ScanError, ScanOptions, Watched, watch};

/// Whether the run reads standard input alone, and nothing needs its end to be known.
pub(super) fn is_asked(args: &LeaksArgs, options: &ScanOptions) -> Result<bool> {
    let alone = options.paths.iter().all(|path| path == Path::new("-"));
    let selected = options.since.is_some() || options.until.is_some() || !options.clients.is_empty();
    let whole = !args.output.files.is_empty() || args.gate.write_baseline.is_some() || selected;
    let format = matches!(args.format, None | Some(Format::Terminal | Format::LeaksJsonl));
    let live = alone && format && !whole;
    if args.gate.pass_through && !live {
        bail!(
            "--pass-through copies standard input as it comes: it takes no path but -, no format but terminal and jsonl, \
             and neither --output, --write-baseline, --since, --until nor --client"
        );
    }
    Ok(live)
}

/// Watches standard input.
pub(super) fn run(args: &LeaksArgs, options: &ScanOptions, fail_on: &FailOn, settings: &Settings) -> Result<Exit> {
    let rows = args.format == Some(Format::LeaksJsonl);
    let passing = args.gate.pass_through;
    let mut counted = 0;
    let mut found = |leak: &Leak| {
        counted += usize::from(fail_on.holds(leak.severity, &leak.rule));
        let mut line = Vec::new();
        if rows {
            leak_line(leak, &mut line)?;
        } else {
            writeln!(line, "{}", escape::terminal(&shown(leak)))?;
        }
        if passing { io::stderr().lock().write_all(&line) } else { io::stdout().lock().write_all(&line) }
    };
    let mut stdout = io::stdout();
    let pass: Option<&mut dyn Write> = if passing { Some(&mut stdout) } else { None };
    let mut watched = match watch(options, Box::new(io::stdin()), pass, &mut found) {
        // Who closed the pipe has read enough; what was found until then counts.
        Err(ScanError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Watched { complete: true, ..Watched::default() }
        }
        watched => watched?,
    };
    // What a project's file decided is said, as in a report.
    watched.notices.splice(0..0, settings.notice());
    let trouble = !watched.complete && !args.gate.allow_incomplete;
    if !args.output.quiet {
        say(&watched, rows || passing)?;
    }
    Ok(match (trouble, counted > args.gate.max_leaks) {
        (true, _) => Exit::Trouble,
        (false, true) => Exit::Found,
        (false, false) => Exit::Clean,
    })
}

/// `-:7:44: high oauth-refresh-token: A refresh token is readable …`
fn shown(leak: &Leak) -> String {
    format!("-:{}:{}: {} {}: {}", leak.line, leak.column, leak.severity.name(), leak.rule, leak_sentence(leak))
}

/// The notices, and how much there was.
fn say(watched: &Watched, aside: bool) -> Result<()> {
    for notice in &watched.notices {
        let label = if notice.trouble == Trouble::Incomplete { "error" } else { "note" };
        let times = if notice.count > 1 { format!(" (× {})", notice.count) } else { String::new() };
        complain(&escape::terminal(&format!("{label}: {}{times}", notice.message)));
    }
    let all: u64 = watched.leaks.values().sum();
    let kinds: Vec<String> = watched.leaks.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let plural = |count: u64, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let lines = plural(watched.lines, "line");
    let line = match all {
        0 if watched.lines == 0 => "Nothing was read: there is no line of text in this input.".to_owned(),
        0 => format!("No leaks in {lines}."),
        _ => format!("{} in {lines}: {}.", plural(all, "leak"), kinds.join(", ")),
    };
    if aside {
        to_stderr(&line);
        return Ok(());
    }
    super::output::to_stdout(|out| writeln!(out, "{line}"))
}
