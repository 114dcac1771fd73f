//! `tokscan leaks --explain PATH:LINE`: what each rule saw in a line, and why it is a leak or none.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::args::LeaksArgs;
use super::output::{complain, to_stdout};
use super::settings::Settings;
use super::{Exit, config, explain_event};
use crate::model::Trouble;
use crate::report::escape;
use crate::scan::{Explanation, Judged, Verdict, explain_line, tell_line};

pub(super) fn run(place: &str, args: &LeaksArgs, settings: &Settings) -> Result<Exit> {
    let (path, line) = parsed(place)?;
    if path == "-" {
        bail!("--explain reads its line twice, and standard input can be read once: save it to a file");
    }
    let mut options = config::read_paths(vec![file_of(path)], &args.input, &args.select, settings)?;
    config::rules(&mut options, &args.rules)?;
    args.gate.add_to(&mut options.gate)?;
    let told = explain_line(&options, path, line)?;
    let there = (1..=told.lines).contains(&line);
    for notice in told.notices.iter().filter(|notice| notice.trouble == Trouble::Incomplete || !there) {
        complain(&escape::terminal(&format!("{path}: {}", notice.message)));
    }
    if !there && told.lines > 0 {
        complain(&escape::terminal(&format!("{path} has {} lines, and none of the number {line}", told.lines)));
    }
    if !there {
        return Ok(Exit::Trouble);
    }
    let of_event = tell_line(&options, path, line)?;
    to_stdout(|out| {
        show(place, &told, out)?;
        explain_event::show(&of_event, out)
    })?;
    Ok(Exit::Clean)
}

/// The file to open: of a member of an archive, the archive.
pub(super) fn file_of(path: &str) -> PathBuf {
    let archives = path.match_indices('!').map(|(at, _)| Path::new(&path[..at]));
    let archive = archives.filter(|_| !Path::new(path).exists()).find(|archive| archive.is_file());
    archive.unwrap_or(Path::new(path)).to_path_buf()
}

/// The path and the line of `PATH:LINE` or `PATH:LINE:COLUMN`.
pub(super) fn parsed(place: &str) -> Result<(&str, u64)> {
    let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0);
    let split = |text| -> Option<(&str, u64)> {
        let (path, last) = str::rsplit_once(text, ':')?;
        Some((path, number(last)?)).filter(|(path, _)| !path.is_empty())
    };
    let (path, last) = split(place)
        .ok_or_else(|| config::invalid("--explain", place, "name a line as reports do: PATH:LINE, counted from 1"))?;
    Ok(split(path).unwrap_or((path, last)))
}

fn show(place: &str, told: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    if told.judged.is_empty() {
        let text = "no rule sees anything in this line: no key, no authentication scheme and no prefix that it knows";
        return writeln!(out, "{}: {text}", escape::terminal(place));
    }
    writeln!(out, "{}", escape::terminal(place))?;
    let rows: Vec<[String; 4]> = told.judged.iter().map(row).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    for [column, verdict, rule, reason] in &rows {
        writeln!(out, "  {column:>0$}  {verdict:<1$}  {rule:<2$}  {reason}", widths[0], widths[1], widths[2])?;
    }
    Ok(())
}

fn row(judged: &Judged) -> [String; 4] {
    let verdict = match judged.verdict {
        Verdict::Kept => "leak",
        Verdict::LeftOut => "left out",
        Verdict::Refused => "no leak",
    };
    let encoded = if judged.encoded { ", in encoded text" } else { "" };
    let field = judged.field.as_ref().map_or(String::new(), |field| format!(" ({field})"));
    let reason = format!("{}{encoded}", judged.reason);
    [format!("column {}", judged.column), verdict.into(), format!("{}{field}", judged.rule), reason]
        .map(|text| escape::terminal(&text).into())
}

#[cfg(test)]
mod tests {
    use super::parsed;

    #[test]
    fn a_line_is_named_as_reports_name_it() {
        assert_eq!(parsed("logs/a.log:7").unwrap(), ("logs/a.log", 7));
        assert_eq!(parsed("logs/a.log:7:44").unwrap(), ("logs/a.log", 7));
        assert_eq!(parsed("a.zip!in/b.log:7").unwrap(), ("a.zip!in/b.log", 7));
        for wrong in ["logs/a.log", "a.log:0", "a.log:x", ":7", ""] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
