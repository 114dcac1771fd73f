//! `tokscan explain RULE`: what a rule detects, why it matters and how to fix it.

use std::io::{self, IsTerminal, Write};

use anyhow::{Result, anyhow};
use toml::Value;

use super::args::ExplainArgs;
use super::rulebook::{Entry, Rulebook};
use super::settings::Settings;
use super::{Exit, config, explain_event};
use crate::report::{escape, wrap};

/// Columns of the text where the terminal does not say less.
const WIDTH: usize = 90;

/// The texts of a rule file in the order in which they are read.
const SECTIONS: [(&str, &str); 3] =
    [("detects", "What it detects"), ("differs", "What it is told from"), ("why", "Why it matters")];

pub(super) fn run(args: &ExplainArgs, settings: &Settings) -> Result<Exit> {
    let pager = settings.pager;
    let book = Rulebook::load(&args.place.rule_paths)?;
    let entry = match book.find(&args.rule) {
        Ok(entry) => entry,
        Err(_) if explain_event::is_line(&args.rule) => return explain_event::run(&args.rule, args, settings),
        Err(hint) => return Err(anyhow!("{hint}")),
    };
    let bold = config::color(args.place.color, io::stdout().is_terminal());
    let columns = terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0));
    pager.show(|out| explain(entry, columns.min(WIDTH), bold, out))?;
    Ok(Exit::Clean)
}

fn explain(entry: &Entry, width: usize, bold: bool, out: &mut dyn Write) -> io::Result<()> {
    let heading = |out: &mut dyn Write, text: &str| {
        let text = escape::terminal(text);
        if bold { writeln!(out, "\x1b[1m{text}\x1b[0m") } else { writeln!(out, "{text}") }
    };
    let traits: Vec<&str> = ["class", "severity"].iter().filter_map(|key| entry.text(key)).collect();
    let traits = if traits.is_empty() { entry.kind.clone() } else { traits.join(", ") };
    heading(out, &format!("{} ({traits})", entry.id))?;
    match entry.text("summary").or_else(|| entry.text("description")) {
        Some(summary) => paragraphs(summary, "", width, out)?,
        None => paragraphs(entry.title(), "", width, out)?,
    }
    for (key, title) in SECTIONS {
        if let Some(text) = entry.text(key) {
            writeln!(out)?;
            heading(out, title)?;
            paragraphs(text, "  ", width, out)?;
        }
    }
    if let Some(log) = example(entry) {
        writeln!(out)?;
        heading(out, "Example")?;
        verbatim(log, out)?;
    }
    let first = entry.table.get("fix_first").and_then(Value::as_table);
    let first = first.into_iter().flatten().filter_map(|(who, fix)| {
        let who = who.replace('_', " ");
        fix.as_str().map(|fix| if who == "unknown" { fix.to_owned() } else { format!("{who}: {fix}") })
    });
    let fixes: Vec<String> = first.chain(texts(entry, "fix")).collect();
    list(out, "How to fix it", &fixes, width, &heading)?;
    if let Some(code) = entry.text("pseudo_code") {
        writeln!(out)?;
        heading(out, "The fix in pseudo-code")?;
        verbatim(code.trim_end(), out)?;
    }
    list(out, "References", &texts(entry, "references"), width, &heading)
}

/// A heading with its items; nothing where there are none.
fn list(
    out: &mut dyn Write,
    title: &str,
    items: &[String],
    width: usize,
    heading: &dyn Fn(&mut dyn Write, &str) -> io::Result<()>,
) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    heading(out, title)?;
    items.iter().try_for_each(|item| bullet(item, width, out))
}

/// The first log that the rule is held to by `tokscan rules check`: no other would be as sure to show it.
fn example(entry: &Entry) -> Option<&str> {
    let matches = entry.table.get("examples")?.get("match")?;
    matches.get(0)?.get("log")?.as_str().map(str::trim)
}

/// A list of texts, or one text.
fn texts(entry: &Entry, key: &str) -> Vec<String> {
    match entry.table.get(key) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Wrapped paragraphs; a blank line separates them.
fn paragraphs(text: &str, indent: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    for (index, paragraph) in text.split("\n\n").enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        // In a rule file a line end is a space.
        let paragraph = paragraph.replace('\n', " ");
        for line in wrap(&escape::terminal(&paragraph), width.saturating_sub(indent.len())) {
            writeln!(out, "{indent}{line}")?;
        }
    }
    Ok(())
}

fn bullet(text: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let text = text.replace('\n', " ");
    for (index, line) in wrap(&escape::terminal(text.trim()), width.saturating_sub(4)).iter().enumerate() {
        writeln!(out, "{}{line}", if index == 0 { "  - " } else { "    " })?;
    }
    Ok(())
}

/// Log lines as they are: broken ones would be no example.
fn verbatim(text: &str, out: &mut dyn Write) -> io::Result<()> {
    text.lines().try_for_each(|line| writeln!(out, "  {}", escape::terminal(line)))
}
