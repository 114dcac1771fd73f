//! Two runs side by side, for people (text, Markdown) and for programs (JSON).

use std::io::{self, Write};

use super::escape::{markdown, markdown_code, terminal};
use super::shown::{clip, second};
use super::words::{count, number, span};
use crate::model::{Change, Comparison, Pair, Side};

/// Rows of a table at most.
const ROWS: usize = 50;

/// Writes the comparison as pretty JSON.
pub fn render_comparison_json(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, comparison)?;
    out.write_all(b"\n")
}

/// Writes the comparison as plain text.
pub fn render_comparison_text(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    for (name, side) in [("before", &comparison.before), ("after", &comparison.after)] {
        writeln!(out, "{name:<8}{}", period(side))?;
    }
    writeln!(out, "\n{}", sentence(comparison))?;
    writeln!(out, "{}", leaks(comparison))?;
    for caution in &comparison.cautions {
        writeln!(out, "note    {}", terminal(caution))?;
    }
    for sheet in sheets(comparison) {
        if !sheet.rows.is_empty() {
            writeln!(out, "\n{}", sheet.title)?;
            text_table(&sheet, out)?;
        }
    }
    Ok(())
}

/// Writes the comparison as Markdown.
pub fn render_comparison_markdown(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", markdown(&sentence(comparison)))?;
    writeln!(out, "{}\n", markdown(&leaks(comparison)))?;
    for (name, side) in [("Before", &comparison.before), ("After", &comparison.after)] {
        writeln!(out, "- {name}: {}", markdown(&period(side)))?;
    }
    for caution in &comparison.cautions {
        writeln!(out, "- Note: {}", markdown(caution))?;
    }
    for sheet in sheets(comparison).into_iter().filter(|sheet| !sheet.rows.is_empty()) {
        writeln!(out, "\n## {}\n", sheet.title)?;
        writeln!(out, "| {} |", sheet.heads.join(" | "))?;
        writeln!(out, "| --- | ---: | ---: | ---: | --- |")?;
        for row in &sheet.rows {
            let [name, numbers @ .., word] = row;
            writeln!(out, "| {} | {} | {word} |", markdown_code(name), numbers.join(" | "))?;
        }
    }
    Ok(())
}

/// One table: a name, a pair of findings or attempts, one of failures, their rate, and a word.
struct Sheet {
    title: &'static str,
    heads: [&'static str; 5],
    rows: Vec<[String; 5]>,
}

fn sheets(comparison: &Comparison) -> [Sheet; 2] {
    let rules = comparison.rules.iter().take(ROWS).map(|rule| {
        let all = Pair { before: attempts(&comparison.before), after: attempts(&comparison.after) };
        [
            clip(&rule.rule, 60),
            pair(rule.findings),
            pair(rule.failures),
            rates(rule.failures, all),
            word(rule.change).into(),
        ]
    });
    let clients = comparison.clients.iter().take(ROWS).map(|client| {
        let name = client.client.as_deref().map_or_else(|| "(unnamed client)".into(), |name| clip(name, 60));
        let (attempts, failures) = (client.attempts, client.failures);
        [name, pair(attempts), pair(failures), rates(failures, attempts), word(client.change).into()]
    });
    [
        Sheet {
            title: "Rules",
            heads: ["rule", "findings", "failures", "per 1,000 attempts", ""],
            rows: rules.collect(),
        },
        Sheet {
            title: "Clients",
            heads: ["client", "attempts", "failures", "per 1,000 attempts", ""],
            rows: clients.collect(),
        },
    ]
}

fn text_table(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    use unicode_width::UnicodeWidthStr;
    let shown = |row: &[String; 5]| row.clone().map(|cell| terminal(&cell).into_owned());
    let rows: Vec<[String; 5]> =
        std::iter::once(sheet.heads.map(str::to_owned)).chain(sheet.rows.iter().map(shown)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let room = " ".repeat(widths[column].saturating_sub(cell.width()));
            // Names and words to the left, numbers to the right.
            let cell = if matches!(column, 0 | 4) { format!("{cell}{room}") } else { format!("{room}{cell}") };
            line = format!("{line}{cell}  ");
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn attempts(side: &Side) -> u64 {
    side.refresh_ok + side.refresh_failed
}

fn period(side: &Side) -> String {
    let refreshes = format!(
        "{}, {} failed",
        count(attempts(side), "refresh").replace("refreshs", "refreshes"),
        number(side.refresh_failed)
    );
    match side.first.zip(side.last) {
        Some((first, last)) => {
            format!("{} – {} ({}): {refreshes}", second(first), second(last), span(last.millis_since(first)))
        }
        None => format!("no time: {refreshes}"),
    }
}

fn sentence(comparison: &Comparison) -> String {
    let (before, after) = (&comparison.before, &comparison.after);
    let all = Pair { before: attempts(before), after: attempts(after) };
    let failures = Pair { before: before.refresh_failed, after: after.refresh_failed };
    let incidents = Pair { before: before.incidents, after: after.incidents };
    let head = match comparison.verdict {
        Change::Better => "Better",
        Change::Worse => "Worse",
        Change::Same => "No change that chance does not explain",
        Change::Unknown => "Nothing can be said",
    };
    format!("{head}: {} failed refreshes per 1,000 attempts, {} incidents.", rates(failures, all), pair(incidents))
}

fn leaks(comparison: &Comparison) -> String {
    let change = comparison.leaks;
    format!(
        "Leaks: {} new, {} still there, {} gone.",
        number(change.new),
        number(change.remaining),
        number(change.gone)
    )
}

fn pair(pair: Pair) -> String {
    format!("{} → {}", number(pair.before), number(pair.after))
}

/// Per thousand, before and after.
fn rates(events: Pair, exposure: Pair) -> String {
    let rate = |events: u64, exposure: u64| {
        if exposure == 0 { "–".to_owned() } else { format!("{:.1}", events as f64 * 1000.0 / exposure as f64) }
    };
    format!("{} → {}", rate(events.before, exposure.before), rate(events.after, exposure.after))
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Better => "better",
        Change::Worse => "worse",
        Change::Same => "no more than chance",
        Change::Unknown => "unknown",
    }
}
