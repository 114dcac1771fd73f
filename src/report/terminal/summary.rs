//! The page in ten lines: what was read, the verdict, the gravest findings, what to run next.

use std::io;

use unicode_width::UnicodeWidthStr;

use super::findings::groups;
use super::ink::{Ink, Page, cut, wrap};
use super::tables::severity_ink;
use super::words::{count, glyph, number};
use super::{closing, header, sentences};
use crate::model::{Finding, Report, Section, Trouble};

/// Lines of the verdict; what is longer is cut.
const VERDICT: usize = 2;
/// Findings, or groups of them, that have a line.
const GRAVEST: usize = 2;

/// Ten lines at most.
pub(super) fn summary(page: &mut Page<'_>, report: &Report, section: Section) -> io::Result<()> {
    for (label, text) in header(report, section) {
        page.line(&[(Ink::Dim, label), (Ink::Plain, &text)])?;
    }
    super::failures_over_time(page, report, section)?;
    let ink = super::verdict_ink(report, section);
    let verdict = page.shown(&sentences(report, section).join(" ")).into_owned();
    let lines = wrap(&verdict, page.width());
    for line in lines.iter().take(VERDICT - 1) {
        page.line(&[(ink, line)])?;
    }
    // What is left is one line, however long: it is cut where the page ends.
    let rest = lines.get(VERDICT - 1..).unwrap_or_default().join(" ");
    if !rest.is_empty() {
        page.line(&[(ink, &rest)])?;
    }
    let groups = groups(&report.findings);
    let left: u64 = groups.iter().skip(GRAVEST).map(|group| group.len() as u64).sum();
    for (index, group) in groups.iter().take(GRAVEST).enumerate() {
        let more =
            if index + 1 == GRAVEST && left > 0 { format!(" … and {} more", number(left)) } else { String::new() };
        gravest(page, group, &more)?;
    }
    let unread = report.notices.iter().filter(|notice| notice.trouble == Trouble::Incomplete).count() as u64;
    if unread > 0 {
        page.line(&[
            (Ink::Red, "error  "),
            (Ink::Plain, &format!("{} could not be read whole", count(unread, "input"))),
        ])?;
    }
    closing(page, report, 1)
}

/// `● medium   refresh-race × 7  client crm-sync, 8 failed … and 3 more`.
fn gravest(page: &mut Page<'_>, group: &[&Finding], more: &str) -> io::Result<()> {
    let first = group[0];
    let severity = format!("{} {:8} ", glyph(first.severity), first.severity.name());
    let times = if group.len() > 1 { format!(" × {}", number(group.len() as u64)) } else { String::new() };
    let failed: u64 = group.iter().map(|finding| finding.failures + finding.aftermath_failures).sum();
    let client = first.client.as_ref().map_or(String::new(), |client| format!("client {client}, "));
    let what = page.shown(&format!("{times}  {client}{} failed", number(failed))).into_owned();
    // How much more there is must stand, whatever has to give way.
    let taken = severity.width() + page.shown(&first.rule).width() + more.width() + page.ellipsis().width();
    let what = cut(&what, page.width().saturating_sub(taken), page.ellipsis());
    page.line(&[
        (severity_ink(first.severity), &severity),
        (Ink::Bold, &first.rule),
        (Ink::Plain, &what),
        (Ink::Dim, more),
    ])
}
