//! The texts that a record is read in: its own, and the strings in it that were written with escapes, an object in an object
//! say. What was found in any of them is told by where it stands in the line.

use super::tree::Span;
use crate::format::{Decoded, Record};

/// Where a part of a text stands in it.
pub(super) fn span_in(text: &str, part: &str) -> Option<Span> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let end = start + part.len();
    (end <= text.len()).then_some((start, end))
}

/// The texts of one record, the one in which another stands before that.
pub(super) struct Sheets<'a>(Vec<Sheet<'a>>);

/// One of them.
pub(super) struct Sheet<'a> {
    pub(super) text: &'a str,
    /// By byte where it stands in the line, and where the text ends; ascending.
    places: Vec<usize>,
}

impl<'a> Sheets<'a> {
    /// Those of a record whose text begins at `base` of its line. A string that cannot be told from where it stands (one with
    /// a letter by its number) is none of them.
    pub(super) fn of(record: &Record<'a>, base: usize) -> Self {
        let own = Sheet { text: record.text, places: (base..=base + record.text.len()).collect() };
        let mut sheets = Self(vec![own]);
        for decoded in &record.decoded {
            let sheet =
                sheets.find(decoded.escaped).and_then(|(sheet, span)| Sheet::of(decoded, &sheet.places[span.0..]));
            sheets.0.extend(sheet);
        }
        sheets
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Sheet<'a>> {
        self.0.iter()
    }

    /// The sheet that a part of the record stands in, and where.
    pub(super) fn find(&self, part: &str) -> Option<(&Sheet<'a>, Span)> {
        self.0.iter().find_map(|sheet| Some((sheet, span_in(sheet.text, part)?)))
    }

    /// Where a part of the record stands in the line, if it stands there as it is.
    pub(super) fn span(&self, part: &str) -> Option<Span> {
        let (sheet, span) = self.find(part)?;
        let (start, end) = sheet.in_line(span);
        (end - start == part.len()).then_some((start, end))
    }

    /// Whether a place of the line is read in this sheet and in none that stands in it.
    pub(super) fn is_innermost(&self, sheet: &Sheet<'a>, span: Span) -> bool {
        let innermost = self.0.iter().rfind(|sheet| sheet.holds(span));
        innermost.is_some_and(|innermost| std::ptr::eq(innermost.text, sheet.text))
    }

    /// Whether no two of them stand in the same place, or one halfway in another.
    pub(super) fn are_nested(&self) -> bool {
        let spans: Vec<Span> = self.0.iter().map(Sheet::span).collect();
        let apart = |a: &Span, b: &Span| a.1 <= b.0 || b.1 <= a.0 || (a != b && a.0 <= b.0 && b.1 <= a.1);
        spans.iter().enumerate().all(|(number, outer)| spans[number + 1..].iter().all(|inner| apart(outer, inner)))
    }
}

impl<'a> Sheet<'a> {
    /// A decoded string; of what it stands in, the places from its first byte on. An escaped slash joins what are two words in the
    /// line, and would have to be asked about as one.
    fn of(decoded: &Decoded<'a>, outer: &[usize]) -> Option<Self> {
        let (escaped, mut places, mut at) = (decoded.escaped.as_bytes(), Vec::new(), 0);
        while at < escaped.len() {
            places.push(outer[at]);
            at += match (escaped[at], escaped.get(at + 1)) {
                (b'\\', Some(b'"' | b'\\' | b'n' | b'r' | b't')) => 2,
                (b'\\', _) => return None,
                _ => 1,
            };
        }
        places.push(outer[at]);
        (places.len() == decoded.text.len() + 1).then_some(Self { text: decoded.text, places })
    }

    /// Where it stands in the line.
    fn span(&self) -> Span {
        self.in_line((0, self.text.len()))
    }

    fn holds(&self, span: Span) -> bool {
        let own = self.span();
        own.0 <= span.0 && span.1 <= own.1
    }

    /// Where a part of it stands in the line.
    pub(super) fn in_line(&self, (start, end): Span) -> Span {
        (self.places[start], self.places[end])
    }

    /// Where a part of the line stands in it.
    pub(super) fn of_line(&self, (start, end): Span) -> Option<Span> {
        let place = |at: usize| self.places.binary_search(&at).ok();
        Some((place(start)?, place(end)?))
    }

    /// Whether every escape of the line in it belongs to a string that was decoded.
    pub(super) fn is_escaped_only_within(&self, inner: &Sheets<'a>) -> bool {
        let escapes = memchr::memchr_iter(b'\\', self.text.as_bytes()).map(|at| self.in_line((at, at + 1)));
        escapes.into_iter().all(|escape| !inner.is_innermost(self, escape))
    }
}

#[cfg(test)]
mod tests {
    use super::Sheets;
    use crate::format::{Decoded, Record};

    fn record<'a>(text: &'a str, decoded: Vec<Decoded<'a>>) -> Record<'a> {
        Record { fields: Vec::new(), texts: Vec::new(), stamp: None, times: Vec::new(), text, decoded, format: "json" }
    }

    #[test]
    fn a_string_in_a_string_stands_in_the_line() {
        let line = r#" {"log":"{\"user\":\"u-7\",\"note\":\"a \\\"b\\\" 12\"}\n"}"#;
        let inner = "{\"user\":\"u-7\",\"note\":\"a \\\"b\\\" 12\"}\n";
        let note = r#"a "b" 12"#;
        let (start, end) = (line.find("{\\").unwrap(), line.rfind("\"}").unwrap());
        let escaped_note = &inner[inner.find("a \\").unwrap()..inner.rfind("\"}").unwrap()];
        let decoded =
            vec![Decoded { escaped: &line[start..end], text: inner }, Decoded { escaped: escaped_note, text: note }];
        let record = record(&line[1..], decoded);
        let sheets = Sheets::of(&record, 1);
        assert!(sheets.are_nested() && sheets.iter().count() == 3);
        let at = |text: &str| (line.find(text).unwrap(), line.find(text).unwrap() + text.len());
        assert_eq!(sheets.span(&inner[inner.find("u-7").unwrap()..][..3]), Some(at("u-7")));
        assert_eq!(sheets.span(&note[6..8]), Some(at("12")));
        assert_eq!(sheets.span(note), None, "not as it is written");
        let innermost = sheets.iter().filter(|sheet| sheets.is_innermost(sheet, at("12"))).count();
        assert_eq!((innermost, sheets.find(&note[6..8]).unwrap().0.of_line(at("12"))), (1, Some((6, 8))));
    }

    #[test]
    fn a_letter_by_its_number_has_no_place() {
        for (line, text) in [(r#"{"log":"caf\u00e9 7"}"#, "café 7"), (r#"{"log":"a\/b 7"}"#, "a/b 7")] {
            let record = record(line, vec![Decoded { escaped: &line[8..line.len() - 2], text }]);
            assert_eq!(Sheets::of(&record, 0).iter().count(), 1);
        }
    }
}
