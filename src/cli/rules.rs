//! `tokscan rules …`: what rules there are, and whether they hold.

use std::io;
use std::path::PathBuf;

use anyhow::{Result, anyhow};

use super::Exit;
use super::args::{RulesArgs, RulesCommand};
use super::output::{to_stderr, to_stdout};
use super::pager::Pager;
use super::rulebook::Rulebook;
use crate::report::escape;
use crate::scan::{RuleSizes, check_rules};

pub(super) fn run(args: &RulesArgs, pager: Pager) -> Result<Exit> {
    let book = || Rulebook::load(&args.place.rule_paths);
    match &args.command {
        RulesCommand::List => list(&book()?, pager),
        RulesCommand::Show { id } => show(&book()?, id, pager),
        RulesCommand::Check { paths } => check(&[args.place.rule_paths.as_slice(), paths].concat()),
    }
}

/// How many rules and examples hold, or each mistake as `path:line: message`, where editors find it.
fn check(paths: &[PathBuf]) -> Result<Exit> {
    match check_rules(paths) {
        Ok(RuleSizes { files, rules, examples }) => {
            to_stdout(|out| writeln!(out, "{files} files, {rules} rules: all {examples} examples hold"))?;
            Ok(Exit::Clean)
        }
        Err(errors) => {
            for error in &errors {
                to_stderr(&error.to_string());
            }
            Ok(Exit::Trouble)
        }
    }
}

/// One line a rule: id, kind, title.
fn list(book: &Rulebook, pager: Pager) -> Result<Exit> {
    let shown = |text: &str| escape::terminal(text).into_owned();
    let rows: Vec<_> = book.entries().iter().map(|rule| [&rule.id, &rule.kind, rule.title()].map(shown)).collect();
    let widest = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (ids, kinds) = (widest(0), widest(1));
    pager.show(|out| {
        rows.iter().try_for_each(|[id, kind, title]| {
            let line = format!("{id:ids$}  {kind:kinds$}  {title}");
            writeln!(out, "{}", line.trim_end())
        })
    })?;
    Ok(Exit::Clean)
}

/// The file of a rule, as it is.
fn show(book: &Rulebook, id: &str, pager: Pager) -> Result<Exit> {
    let entry = book.find(id).map_err(|hint| anyhow!("{hint}"))?;
    pager.show(|out| -> io::Result<()> {
        writeln!(out, "# {}", escape::terminal(&entry.source.path))?;
        entry.source.text.lines().try_for_each(|line| writeln!(out, "{}", escape::terminal(line)))
    })?;
    Ok(Exit::Clean)
}
