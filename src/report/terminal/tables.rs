//! The tables of the page: clients and leaks.

use std::collections::BTreeMap;
use std::io;

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use unicode_width::UnicodeWidthStr;

use super::ink::{Ink, Page, Part};
use super::words::{fate, glyph, number};
use crate::model::{ClientSummary, Leak, Severity};
use crate::report::patterns::patterns;
use crate::report::words::status;

/// Clients on the page; more are counted.
const CLIENTS: usize = 20;
/// Clients of which the page says since when, or how regularly, they fail.
const PATTERNS: usize = 5;
/// Leaks on the page; more are counted.
const LEAKS: usize = 15;
/// From this width on, the table of clients has room for its verdict column.
const WIDE_CLIENTS: usize = 110;
/// From this width on, a leak fits on one line.
const WIDE_LEAKS: usize = 140;

/// Who failed how often and why, most failures first.
pub(super) fn clients(page: &mut Page<'_>, clients: &[ClientSummary]) -> io::Result<()> {
    if clients.is_empty() {
        return Ok(());
    }
    let mut ordered: Vec<&ClientSummary> = clients.iter().collect();
    ordered.sort_by_key(|client| std::cmp::Reverse(client.refresh_failed));
    page.heading("Clients")?;
    let wide = page.width() >= WIDE_CLIENTS;
    let mut titles = vec!["provider", "client", "subjects", "ok", "failed", "why"];
    if wide {
        titles.push("verdict");
    }
    let mut table = Sheet::new(page, &titles);
    for client in ordered.iter().take(CLIENTS) {
        let mut row = vec![
            client.provider.clone().unwrap_or_else(|| "-".into()),
            client.client.clone().unwrap_or_else(|| "-".into()),
            number(client.subjects),
            number(client.refresh_ok),
            number(client.refresh_failed),
        ];
        if wide {
            row.extend([causes(&client.causes), client.verdict.clone()]);
        } else {
            // The verdict is the cause with most failures, which `causes` puts first.
            row.push(if client.causes.is_empty() { client.verdict.clone() } else { causes(&client.causes) });
        }
        table.row(page, &row);
    }
    table.align_right(&[2, 3, 4]);
    table.write(page, |_| Ink::Plain)?;
    rest(page, ordered.len().saturating_sub(CLIENTS), "client")?;
    for pattern in patterns(clients).iter().take(PATTERNS) {
        page.hanging((Ink::Dim, "  "), Ink::Plain, &format!("{}: {}", pattern.client, pattern.words))?;
    }
    Ok(())
}

/// `31 refresh-race, 9 permanent-revocation`, most first.
fn causes(causes: &BTreeMap<String, u64>) -> String {
    let mut ordered: Vec<_> = causes.iter().filter(|(_, failures)| **failures > 0).collect();
    ordered.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let parts: Vec<String> = ordered.iter().map(|(rule, failures)| format!("{} {rule}", number(**failures))).collect();
    parts.join(", ")
}

/// What leaked, worst first.
pub(super) fn leaks(page: &mut Page<'_>, leaks: &[Leak]) -> io::Result<()> {
    if leaks.is_empty() {
        return Ok(());
    }
    let mut ordered: Vec<&Leak> = leaks.iter().collect();
    ordered.sort_by_key(|leak| (leak.severity, leak.status));
    page.heading("Leaks")?;
    let shown = &ordered[..ordered.len().min(LEAKS)];
    if page.width() >= WIDE_LEAKS {
        wide_leaks(page, shown)?;
    } else {
        narrow_leaks(page, shown)?;
    }
    rest(page, ordered.len().saturating_sub(LEAKS), "leak")
}

/// One row a leak.
fn wide_leaks(page: &mut Page<'_>, leaks: &[&Leak]) -> io::Result<()> {
    let titles = ["severity", "kind", "status", "masked", "field", "place", "times", "client"];
    let mut table = Sheet::new(page, &titles);
    for leak in leaks {
        table.row(
            page,
            &[
                &format!("{} {}", glyph(leak.severity), leak.severity.name()),
                leak.kind.name(),
                &fate(leak, str::to_owned),
                &leak.masked,
                leak.field.as_deref().unwrap_or("-"),
                &place(leak),
                &number(leak.occurrences),
                leak.client.as_deref().unwrap_or("-"),
            ],
        );
    }
    table.align_right(&[6]);
    table.write(page, severity_ink_of)
}

/// Two lines a leak: a place that is broken over lines cannot be copied.
fn narrow_leaks(page: &mut Page<'_>, leaks: &[&Leak]) -> io::Result<()> {
    let kinds = leaks.iter().map(|leak| leak.kind.name().len()).max().unwrap_or(0);
    for leak in leaks {
        let severity = format!("{} {:8}  ", glyph(leak.severity), leak.severity.name());
        let what = format!(
            "{:10}  {:kinds$}  {}  × {}",
            status(leak.status),
            leak.kind.name(),
            leak.masked,
            number(leak.occurrences)
        );
        page.line(&[(severity_ink(leak.severity), &severity), (Ink::Plain, &what)])?;
        let field = leak.field.as_ref().map(|field| format!("in {field}"));
        let client = leak.client.as_ref().map(|client| format!("client {client}"));
        let fate = Some(fate(leak, str::to_owned)).filter(|fate| fate != status(leak.status));
        let details: Vec<String> = [field, client, fate].into_iter().flatten().collect();
        leak_place(page, leak, &details.join(", "))?;
    }
    Ok(())
}

/// The place of a leak and what stands there; on two lines where one is too short.
fn leak_place(page: &mut Page<'_>, leak: &Leak, details: &str) -> io::Result<()> {
    const INDENT: &str = "            ";
    let place = place(leak);
    let link = page.link(&leak.path, leak.line, leak.column);
    let linked = Part { ink: Ink::Plain, text: place.clone(), link };
    let indent = Part::new(Ink::Plain, INDENT);
    if INDENT.len() + page.shown(&place).width() + 2 + page.shown(details).width() <= page.width() {
        let details = Part::new(Ink::Dim, if details.is_empty() { String::new() } else { format!("  {details}") });
        return page.parts(&[indent, linked, details]);
    }
    if INDENT.len() + page.shown(&place).width() <= page.width() {
        page.parts(&[indent, linked])?;
    } else {
        page.hanging((Ink::Plain, INDENT), Ink::Plain, &place)?;
    }
    page.hanging((Ink::Plain, INDENT), Ink::Dim, details)
}

/// `path:line:column`, as editors and terminals open it.
fn place(leak: &Leak) -> String {
    format!("{}:{}:{}", leak.path, leak.line, leak.column)
}

/// The colour of a severity.
pub(super) fn severity_ink(severity: Severity) -> Ink {
    match severity {
        Severity::Critical | Severity::High => Ink::Red,
        Severity::Medium => Ink::Yellow,
        Severity::Low | Severity::Info => Ink::Cyan,
    }
}

/// The colour of a table cell that shows a severity.
fn severity_ink_of(cell: &str) -> Ink {
    let all = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];
    all.into_iter().find(|severity| cell.ends_with(severity.name())).map_or(Ink::Plain, severity_ink)
}

fn rest(page: &mut Page<'_>, more: usize, noun: &str) -> io::Result<()> {
    if more == 0 {
        return Ok(());
    }
    let noun = if more == 1 { noun.into() } else { format!("{noun}s") };
    page.line(&[(Ink::Dim, &format!("… and {} more {noun}; --format json has all", number(more as u64)))])
}

/// A table without frames: a head, a rule below it, and columns that wrap.
struct Sheet {
    table: Table,
    /// Columns that the first column takes, its padding included.
    first: usize,
}

impl Sheet {
    fn new(page: &Page<'_>, titles: &[&str]) -> Self {
        let line = if page.style().unicode { '─' } else { '-' };
        let mut table = Table::new();
        table
            .load_style(TableStyle::new().header_separator(LineStyle::none().fill(line).junction(line)))
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_truncation_indicator(page.ellipsis())
            .set_width(u16::try_from(page.width()).unwrap_or(u16::MAX))
            .set_header(titles.iter().map(Cell::new).collect::<Vec<_>>());
        for column in table.column_iter_mut() {
            column.set_padding((0, 1));
        }
        Self { table, first: 0 }
    }

    fn row(&mut self, page: &Page<'_>, cells: &[impl AsRef<str>]) {
        let shown: Vec<_> = cells.iter().map(|cell| page.shown(cell.as_ref())).collect();
        self.first = self.first.max(shown.first().map_or(0, |cell| cell.width()));
        self.table.add_row(shown.iter().map(Cell::new).collect::<Vec<_>>());
    }

    fn align_right(&mut self, columns: &[usize]) {
        for column in columns {
            if let Some(column) = self.table.column_mut(*column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }

    /// Writes the table; `ink` colours the text of the first column.
    fn write(&self, page: &mut Page<'_>, ink: impl Fn(&str) -> Ink) -> io::Result<()> {
        let mut head = true;
        for line in self.table.lines() {
            let separator = line.trim_end().chars().all(|character| matches!(character, '─' | '-')) && !line.is_empty();
            if head {
                page.line(&[(if separator { Ink::Dim } else { Ink::Bold }, &line)])?;
                head = !separator;
                continue;
            }
            let at = line.char_indices().nth(self.first).map_or(line.len(), |(at, _)| at);
            let (first, others) = line.split_at(at);
            page.line(&[(ink(first.trim_end()), first), (Ink::Plain, others)])?;
        }
        Ok(())
    }
}
