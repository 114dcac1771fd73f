//! Aligned cells without a frame, each of which may have a colour and lead somewhere.

use std::io;

use unicode_width::UnicodeWidthStr;

use super::ink::{Ink, Page, Part, cut, cut_front};

/// Columns between two cells.
const GAP: usize = 2;

/// How a column looks, and what gives way where the page is narrow.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fit {
    /// As wide as its widest cell.
    Whole,
    /// The same, numbers to the right.
    Right,
    /// At most so wide, cut at its end.
    End(usize),
    /// At most so wide, cut at its front: of a path the file and the line matter most.
    Front(usize),
    /// What is left of the line; nothing where that is too little to read.
    Rest,
}

/// A cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) ink: Ink,
    pub(super) text: String,
    /// Where it leads.
    pub(super) link: Option<String>,
}

impl Cell {
    pub(super) fn new(ink: Ink, text: impl Into<String>) -> Self {
        Self { ink, text: text.into(), link: None }
    }

    pub(super) fn linked(text: impl Into<String>, link: Option<String>) -> Self {
        Self { ink: Ink::Plain, text: text.into(), link }
    }
}

/// Too few columns to read a text in.
const READABLE: usize = 16;

/// Writes rows below each other, indented by two columns.
pub(super) fn grid(page: &mut Page<'_>, fits: &[Fit], mut rows: Vec<Vec<Cell>>) -> io::Result<()> {
    for cell in rows.iter_mut().flatten() {
        cell.text = page.shown(&cell.text).into_owned();
    }
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.width()).max();
    let mut room = page.width().saturating_sub(GAP);
    let mut widths = Vec::new();
    for (column, fit) in fits.iter().enumerate() {
        let widest = widest(column).unwrap_or(0);
        let width = match fit {
            Fit::Whole | Fit::Right => widest,
            Fit::End(most) | Fit::Front(most) => widest.min(*most),
            Fit::Rest if room < READABLE => 0,
            Fit::Rest => widest.min(room),
        };
        room = room.saturating_sub(width + GAP);
        widths.push(width);
    }
    for row in &rows {
        let mut parts = vec![Part::new(Ink::Plain, "  ")];
        for ((cell, fit), width) in row.iter().zip(fits).zip(&widths) {
            let text = match fit {
                Fit::Front(_) => cut_front(&cell.text, *width, page.ellipsis()),
                _ => cut(&cell.text, *width, page.ellipsis()),
            };
            let blank = " ".repeat(width - text.width());
            let inked = Part { ink: cell.ink, text: text.into_owned(), link: cell.link.clone() };
            match fit {
                Fit::Right => parts.extend([Part::new(Ink::Plain, blank), inked, Part::new(Ink::Plain, "  ")]),
                _ => parts.extend([inked, Part::new(Ink::Plain, blank + "  ")]),
            }
        }
        page.parts(&parts)?;
    }
    Ok(())
}
