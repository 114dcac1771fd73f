//! What every line of the page goes through: escaping, measuring, cutting, colour.

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::links::Links;
use crate::report::{Run, escape};

/// How the page looks. Decided by the caller: the renderer asks neither terminal nor environment.
#[derive(Clone, Debug)]
pub struct Style {
    /// Columns; no line is wider. At least 40 are used.
    pub width: usize,
    /// Whether to write ANSI colours.
    pub color: bool,
    /// Whether the page's own signs may be outside ASCII. Log text is not changed by it.
    pub unicode: bool,
    /// Evidence lines per finding; the report may hold more.
    pub evidence: usize,
    /// What formats for other programs must know of the run; the page has no use for it.
    pub run: Run,
    /// Where a `path:line` leads; `None` writes no hyperlinks.
    pub links: Option<Links>,
    /// Whether ten lines must do.
    pub summary: bool,
    /// The folder beside a Markdown page that its pictures lie in as files; without one they are Mermaid diagrams.
    pub pictures: Option<String>,
}

impl Default for Style {
    fn default() -> Self {
        let run = Run::default();
        let pictures = None;
        Self { width: 80, color: false, unicode: true, evidence: 5, run, links: None, summary: false, pictures }
    }
}

/// A colour or weight. Never the only carrier of a meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ink {
    #[default]
    Plain,
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
    Cyan,
}

impl Ink {
    /// The SGR sequence that switches it on.
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "\x1b[1m",
            Self::Dim => "\x1b[2m",
            Self::Red => "\x1b[1;31m",
            Self::Yellow => "\x1b[33m",
            Self::Green => "\x1b[32m",
            Self::Cyan => "\x1b[36m",
        }
    }
}

/// A piece of a line.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) ink: Ink,
    pub(super) text: String,
    /// The address that it leads to.
    pub(super) link: Option<String>,
}

impl Part {
    pub(super) fn new(ink: Ink, text: impl Into<String>) -> Self {
        Self { ink, text: text.into(), link: None }
    }
}

/// Prose wider than this is hard to read, however wide the terminal is.
const PROSE: usize = 110;

/// The page under construction. Its methods are the only way to write to it, so that nothing
/// reaches the reader unescaped or wider than the page.
pub(super) struct Page<'a> {
    style: &'a Style,
    out: &'a mut dyn Write,
    /// Whether the last line was blank: two in a row are never wanted.
    blank: bool,
}

impl<'a> Page<'a> {
    pub(super) fn new(style: &'a Style, out: &'a mut dyn Write) -> Self {
        Self { style, out, blank: true }
    }

    /// Columns.
    pub(super) fn width(&self) -> usize {
        self.style.width.max(40)
    }

    pub(super) fn style(&self) -> &'a Style {
        self.style
    }

    /// Text as it will stand on the page; for those who measure before they write.
    pub(super) fn shown<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let shown = escape::terminal(text);
        if self.style.unicode { shown } else { Cow::Owned(to_ascii(&shown)) }
    }

    /// One line of inked texts, cut to the width of the page; trailing spaces are dropped.
    pub(super) fn line(&mut self, parts: &[(Ink, &str)]) -> io::Result<()> {
        let parts: Vec<Part> = parts.iter().map(|(ink, text)| Part::new(*ink, *text)).collect();
        self.parts(&parts)
    }

    /// The same of parts that may lead somewhere.
    pub(super) fn parts(&mut self, parts: &[Part]) -> io::Result<()> {
        let mut room = self.width();
        let mut fitting: Vec<(&Part, String)> = Vec::with_capacity(parts.len());
        for part in parts {
            let text = cut(&self.shown(&part.text), room, self.ellipsis()).into_owned();
            room -= text.width();
            fitting.push((part, text));
        }
        let last = fitting.iter().rposition(|(_, text)| !text.trim_end().is_empty()).map_or(0, |index| index + 1);
        self.blank = last == 0;
        for (index, (part, text)) in fitting[..last].iter().enumerate() {
            self.part(part, if index + 1 == last { text.trim_end() } else { text })?;
        }
        self.out.write_all(b"\n")
    }

    fn part(&mut self, part: &Part, text: &str) -> io::Result<()> {
        // https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda
        if let Some(link) = &part.link {
            write!(self.out, "\x1b]8;;{link}\x1b\\")?;
        }
        if self.style.color && part.ink != Ink::Plain {
            write!(self.out, "{}{text}\x1b[0m", part.ink.code())?;
        } else {
            self.out.write_all(text.as_bytes())?;
        }
        if part.link.is_some() {
            self.out.write_all(b"\x1b]8;;\x1b\\")?;
        }
        Ok(())
    }

    /// The address of a place in a log, where the page has hyperlinks.
    pub(super) fn link(&self, path: &str, line: u64, column: u64) -> Option<String> {
        self.style.links.as_ref()?.address(path, line, column)
    }

    pub(super) fn blank(&mut self) -> io::Result<()> {
        if self.blank { Ok(()) } else { self.line(&[]) }
    }

    pub(super) fn heading(&mut self, text: &str) -> io::Result<()> {
        self.blank()?;
        self.line(&[(Ink::Bold, text)])
    }

    /// Wrapped text behind a label that hangs in the indentation.
    pub(super) fn hanging(&mut self, label: (Ink, &str), ink: Ink, text: &str) -> io::Result<()> {
        let indent = label.1.width();
        let text = self.shown(text).into_owned();
        let blank = " ".repeat(indent);
        for (index, line) in wrap(&text, self.width().min(PROSE).saturating_sub(indent)).iter().enumerate() {
            let label = if index == 0 { label } else { (Ink::Plain, blank.as_str()) };
            self.line(&[label, (ink, line)])?;
        }
        Ok(())
    }

    /// What stands for text that was left out.
    pub(super) fn ellipsis(&self) -> &'static str {
        if self.style.unicode { "…" } else { "..." }
    }
}

/// The page's own signs in ASCII.
fn to_ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '…' => plain.push_str("..."),
            '⏎' => plain.push_str("\\n"),
            '·' | '–' | '─' => plain.push('-'),
            '×' | '▅' => plain.push('x'),
            '✖' | '█' => plain.push('#'),
            '▲' => plain.push('!'),
            '●' | '▆' => plain.push('*'),
            '○' | '▄' => plain.push('o'),
            '▁' => plain.push(':'),
            '▂' => plain.push('='),
            '▃' => plain.push('+'),
            '▇' => plain.push('%'),
            _ => plain.push(character),
        }
    }
    plain
}

/// The beginning of `text`, at most `room` columns, marked where something was cut off.
pub(super) fn cut<'t>(text: &'t str, room: usize, ellipsis: &str) -> Cow<'t, str> {
    if text.width() <= room {
        return Cow::Borrowed(text);
    }
    let end = fitting(text, room.saturating_sub(ellipsis.width()));
    Cow::Owned(format!("{}{}", &text[..end], if ellipsis.width() <= room { ellipsis } else { "" }))
}

/// The end of `text`, at most `room` columns: of a path, the file name and line matter most.
pub(super) fn cut_front<'t>(text: &'t str, room: usize, ellipsis: &str) -> Cow<'t, str> {
    if text.width() <= room {
        return Cow::Borrowed(text);
    }
    let room_left = room.saturating_sub(ellipsis.width());
    let starts = text.char_indices().rev().map(|(at, _)| at);
    let start = starts.take_while(|start| text[*start..].width() <= room_left).last().unwrap_or(text.len());
    Cow::Owned(format!("{}{}", if ellipsis.width() <= room { ellipsis } else { "" }, &text[start..]))
}

/// The longest beginning that is no wider than the room. Characters next to each other can be wider than their sum
/// (`#` with an emoji selector), so each beginning is measured as a whole.
fn fitting(text: &str, room: usize) -> usize {
    let ends = text.char_indices().map(|(at, character)| at + character.len_utf8());
    ends.take_while(|end| text[..*end].width() <= room).last().unwrap_or(0)
}

/// Breaks text into lines of at most `width` columns, at spaces where it can.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        let mut word = word;
        while word.width() > width {
            let at = Some(fitting(word, width)).filter(|at| *at > 0).unwrap_or(word.len());
            lines.push(word[..at].to_owned());
            word = &word[at..];
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::{cut, cut_front, wrap};

    #[test]
    fn cuts_at_the_end_or_at_the_front() {
        assert_eq!(cut("abcdef", 6, "…"), "abcdef");
        assert_eq!(cut("abcdef", 4, "…"), "abc…");
        assert_eq!(cut("東京都庁", 5, "…"), "東京…");
        assert_eq!(cut_front("logs/app.jsonl:120", 10, "…"), "…jsonl:120");
        assert_eq!(cut("abc", 0, "…"), "");
        // An emoji selector makes its sign two columns wide.
        assert_eq!(cut("ab#\u{fe0f}cd", 4, "…"), "ab#…");
    }

    #[test]
    fn wraps_at_spaces_and_breaks_what_has_none() {
        assert_eq!(wrap("one two  three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("a 0123456789abcdef b", 10), ["a", "0123456789", "abcdef b"]);
        assert!(wrap("", 10).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_the_room(text in "\\PC{0,60}", room in 0_usize..40) {
            prop_assert!(cut(&text, room, "…").width() <= room);
            prop_assert!(cut_front(&text, room, "…").width() <= room);
            for line in wrap(&text, room) {
                prop_assert!(line.width() <= room.max(8), "{:?}", line);
            }
        }
    }
}
