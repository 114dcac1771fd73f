//! `tokscan explain PATH:LINE`: which token event a line is, and which of its parts other lines tell.

use std::io::{self, Write};

use anyhow::{Result, bail};

use super::args::{ExplainArgs, InputArgs, SelectArgs};
use super::explain_line::{file_of, parsed};
use super::output::{complain, to_stdout};
use super::settings::Settings;
use super::{Exit, config};
use crate::report::escape;
use crate::scan::{Told, tell_line};

/// Whether a text names a line of a file that is there.
pub(super) fn is_line(text: &str) -> bool {
    parsed(text).is_ok_and(|(path, _)| file_of(path).exists())
}

pub(super) fn run(place: &str, args: &ExplainArgs, settings: &Settings) -> Result<Exit> {
    let (path, line) = parsed(place)?;
    let input = InputArgs {
        paths: Vec::new(),
        threads: None,
        tz: args.tz.clone(),
        rule_paths: args.place.rule_paths.clone(),
        provider: args.provider.clone(),
        fields: args.fields.clone(),
    };
    let select = SelectArgs { since: None, until: None, clients: Vec::new() };
    let options = config::read_paths(vec![file_of(path)], &input, &select, settings)?;
    let told = tell_line(&options, path, line)?;
    for notice in &told.notices {
        complain(&escape::terminal(&format!("{path}: {}", notice.message)));
    }
    if line > told.lines {
        bail!("{path} has {} lines, and none of the number {line}", told.lines);
    }
    to_stdout(|out| {
        writeln!(out, "{}", escape::terminal(place))?;
        if told.events.is_empty() && told.others.is_empty() {
            return writeln!(out, "  no token event, and none of another line takes anything from here");
        }
        show(&told, out)
    })?;
    Ok(Exit::Clean)
}

/// The token events of a line, and what it tells of those of others.
pub(super) fn show(told: &Told, out: &mut dyn Write) -> io::Result<()> {
    for event in &told.events {
        let head = format!("{}, by {}, from line {} on", event.kind, event.rule, event.line);
        writeln!(out, "  {}", escape::terminal(&head))?;
        let width = |column: usize| event.parts.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        for [name, value, how] in &event.parts {
            let row = format!("{name:<0$}  {value:<1$}  {how}", width(0), width(1));
            writeln!(out, "    {}", escape::terminal(row.trim_end()))?;
        }
    }
    told.others.iter().try_for_each(|other| writeln!(out, "  {}", escape::terminal(other)))
}
