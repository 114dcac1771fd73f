//! Tables: rows whose columns a heading names. CSV and its kin, and W3C extended logs.

use std::borrow::Cow;

use super::reader::normal_key;

/// The columns of a table, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
    separator: Separator,
    heading: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Separator {
    /// Between cells that may be in quotes, in which two quotes stand for one.
    Sign(u8),
    /// Spaces, or tabs where there are any, as in W3C extended logs.
    White,
}

/// Signs that separate cells, the likelier first.
const SIGNS: [u8; 4] = [b',', b';', b'\t', b'|'];

impl Columns {
    /// The columns that a heading names; `known` tells whether a (normal) name is that of a time or message:
    /// a first line without such a name is data.
    pub(super) fn of(heading: &[u8], known: &dyn Fn(&str) -> bool) -> Option<Self> {
        let text = std::str::from_utf8(heading).ok()?.trim();
        if let Some(names) = text.strip_prefix("#Fields:").or_else(|| text.strip_prefix("#fields")) {
            let names: Vec<String> = names.split_whitespace().map(w3c_name).collect();
            return (!names.is_empty()).then(|| Self { names, separator: Separator::White, heading: text.to_owned() });
        }
        let separated = |sign: &u8| {
            let names: Vec<String> = cells(text, *sign).into_iter().map(|cell| cell.trim().to_owned()).collect();
            let sound = names.len() > 1 && names.iter().all(|name| is_name(name));
            (sound && names.iter().any(|name| known(&normal_key(name)))).then_some((names, *sign))
        };
        let (names, sign) = SIGNS.iter().find_map(separated)?;
        Some(Self { names, separator: Separator::Sign(sign), heading: text.to_owned() })
    }

    /// The cells of a row with their names; `None` where the line is no row of this table.
    pub(super) fn row<'t>(&self, text: &'t str) -> Option<Vec<(&str, Cow<'t, str>)>> {
        if text.starts_with(['{', '#']) || text == self.heading {
            return None;
        }
        let cells = match self.separator {
            Separator::Sign(sign) => cells(text, sign),
            Separator::White => white_cells(text),
        };
        // A row may lack its last cells; text that is none has hardly any.
        (cells.len() > 1 && 2 * cells.len() >= self.names.len())
            .then(|| self.names.iter().map(String::as_str).zip(cells).collect())
    }

    /// Whether a line is the heading itself.
    pub(super) fn is_heading(&self, text: &str) -> bool {
        text == self.heading
    }

    /// `csv` or `w3c`.
    pub(super) fn format(&self) -> &'static str {
        if self.separator == Separator::White { "w3c" } else { "csv" }
    }
}

/// `cs(User-Agent)` and `cs-uri-stem` as keys are written elsewhere.
fn w3c_name(name: &str) -> String {
    name.replace('(', "-").replace(')', "")
}

fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == '@')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _-.@:/()[]".contains(&byte))
}

/// Cells between signs. A quote opens a cell only at its beginning; one that is never closed goes to the end.
fn cells(text: &str, sign: u8) -> Vec<Cow<'_, str>> {
    let (bytes, mut found, mut at) = (text.as_bytes(), Vec::new(), 0);
    loop {
        if bytes.get(at) == Some(&b'"') {
            let (cell, end) = quoted(text, at + 1);
            found.push(cell);
            at = memchr::memchr(sign, &bytes[end..]).map_or(bytes.len(), |next| end + next);
        } else {
            let end = memchr::memchr(sign, &bytes[at..]).map_or(bytes.len(), |next| at + next);
            found.push(Cow::Borrowed(&text[at..end]));
            at = end;
        }
        if at >= bytes.len() || found.len() >= 1024 {
            return found;
        }
        at += 1;
    }
}

/// The cell after an opening quote, and where it ends.
fn quoted(text: &str, start: usize) -> (Cow<'_, str>, usize) {
    let bytes = text.as_bytes();
    let mut end = start;
    while let Some(next) = memchr::memchr(b'"', &bytes[end..]) {
        end += next;
        if bytes.get(end + 1) != Some(&b'"') {
            return (doubled(&text[start..end]), end + 1);
        }
        end += 2;
    }
    (doubled(&text[start..]), bytes.len())
}

fn doubled(cell: &str) -> Cow<'_, str> {
    if cell.contains("\"\"") { Cow::Owned(cell.replace("\"\"", "\"")) } else { Cow::Borrowed(cell) }
}

/// Cells of a W3C log: after tabs where there are any, after spaces otherwise; a quoted cell may hold spaces.
fn white_cells(text: &str) -> Vec<Cow<'_, str>> {
    if text.contains('\t') {
        return text.split('\t').map(Cow::Borrowed).collect();
    }
    let (mut found, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() && found.len() < 1024 {
        if let Some((cell, after)) = rest.strip_prefix('"').and_then(|inner| inner.split_once('"')) {
            found.push(Cow::Borrowed(cell));
            rest = after.trim_start();
        } else {
            let (cell, after) = rest.split_once(' ').unwrap_or((rest, ""));
            found.push(Cow::Borrowed(cell));
            rest = after.trim_start();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Columns;

    fn of(heading: &str) -> Option<Columns> {
        Columns::of(heading.as_bytes(), &|name| matches!(name, "time" | "message" | "timestamp"))
    }

    fn row(heading: &str, text: &str) -> Vec<(String, String)> {
        let columns = of(heading).unwrap();
        let row = columns.row(text).unwrap();
        row.into_iter().map(|(name, cell)| (name.to_owned(), cell.into_owned())).collect()
    }

    #[test]
    fn headings_name_columns_and_data_do_not() {
        assert!(of("timestamp,level,message").is_some());
        assert!(of("\"_x\";\"time\"").is_some());
        assert!(of("#Fields: date time cs-method").is_some());
        for data in
            ["", "a,b", "2026-01-02,message", "time", "{\"time\":1,\"message\":2}", "x, time flies, y!", "a,,time"]
        {
            assert!(of(data).is_none(), "{data}");
        }
    }

    #[test]
    fn cells_are_unquoted_and_rows_may_be_short() {
        let wanted = [("time", "t"), ("a", "x \"y\", z"), ("b", "")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(row("time,a,b", "t,\"x \"\"y\"\", z\","), wanted);
        assert_eq!(row("time,a,b,c", "t,x").len(), 2);
        assert_eq!(row("time,a", "t,\"never closed")[1].1, "never closed");
        let w3c = row("#Fields: date cs-method cs(User-Agent)", "2026-01-02 POST \"a b\"");
        assert_eq!(w3c[2], ("cs-User-Agent".to_owned(), "a b".to_owned()));
        let columns = of("time,a,b,c,d,e").unwrap();
        assert!(columns.row("no row").is_none() && columns.row("{\"time\":1,\"a\":2,\"b\":3}").is_none());
    }
}
