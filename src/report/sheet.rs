//! Tables as CSV (RFC 4180): a header, lines that end in CRLF, quotes where a cell needs them.
//!
//! Programs read them, and spreadsheets: a cell that one of these would take for a formula begins with an apostrophe,
//! and no cell holds a line end, whatever the log wrote.

use std::borrow::Cow;
use std::io::{self, Write};

use super::escape;
use crate::model::Timestamp;

/// A table that is being written.
pub(super) struct Sheet<'w> {
    table: csv::Writer<&'w mut dyn Write>,
}

impl<'w> Sheet<'w> {
    /// A table with these columns.
    pub(super) fn new(out: &'w mut dyn Write, columns: &[&str]) -> io::Result<Self> {
        let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        table.write_record(columns)?;
        Ok(Self { table })
    }

    /// One row, with a cell for each column.
    pub(super) fn row<'c>(&mut self, cells: impl IntoIterator<Item = Cow<'c, str>>) -> io::Result<()> {
        for cell in cells {
            self.table.write_field(escape::csv(&cell).as_bytes())?;
        }
        Ok(self.table.write_record(None::<&[u8]>)?)
    }

    /// Hands on what is left.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.table.flush()
    }
}

/// A cell of text that may be missing: then it is empty.
pub(super) fn text(text: Option<&str>) -> Cow<'_, str> {
    text.unwrap_or_default().into()
}

/// A number.
pub(super) fn number<'c>(value: impl Into<i128>) -> Cow<'c, str> {
    value.into().to_string().into()
}

/// A number that may be missing.
pub(super) fn if_known<'c>(value: Option<impl Into<i128>>) -> Cow<'c, str> {
    value.map(number).unwrap_or_default()
}

/// A time, as RFC 3339 in UTC.
pub(super) fn time<'c>(time: Option<Timestamp>) -> Cow<'c, str> {
    time.map(|time| time.to_string()).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Sheet;

    fn written(cells: &[String]) -> String {
        let mut out = Vec::new();
        let mut sheet = Sheet::new(&mut out, &["a", "b", "c"]).unwrap();
        sheet.row(cells.iter().map(|cell| cell.as_str().into())).unwrap();
        sheet.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_end_as_the_standard_says_and_quotes_are_doubled() {
        let cells = ["one, two".to_owned(), "say \"no\"".to_owned(), "=HYPERLINK(\"x\")\nnext".to_owned()];
        assert_eq!(written(&cells), "a,b,c\r\n\"one, two\",\"say \"\"no\"\"\",\"'=HYPERLINK(\"\"x\"\")⏎next\"\r\n");
    }

    proptest! {
        #[test]
        fn whatever_the_log_wrote_the_table_keeps_its_shape(cells in prop::collection::vec(any::<String>(), 3)) {
            let text = written(&cells);
            prop_assert_eq!(text.matches('\n').count(), 2);
            let mut read = csv::ReaderBuilder::new().from_reader(text.as_bytes());
            let rows: Vec<csv::StringRecord> = read.records().collect::<Result<_, _>>().unwrap();
            prop_assert!(rows.len() == 1 && rows[0].len() == 3);
            prop_assert!(rows[0].iter().all(|cell| !cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r'])));
        }
    }
}
