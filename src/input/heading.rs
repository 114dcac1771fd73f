//! The line of a source that may name the columns of the lines after it.
//!
//! A table has one, its first line. A W3C extended log (IIS, `CloudFront`, Zeek) writes a `#Fields` line whenever
//! its server starts, and the columns may change with it: such a source is read from beginning to end.

use std::sync::Arc;

use memchr::{memchr, memmem};

/// Longest line that is kept.
const LONGEST: usize = 16 << 10;

/// A heading, shared by the segments that it holds for.
#[derive(Clone, Debug, Default)]
pub(super) struct Heading {
    line: Option<Arc<[u8]>>,
}

impl Heading {
    /// The heading of a source that begins with `head`.
    pub(super) fn of(head: &[u8]) -> Self {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        if head.starts_with(b"#") {
            return last_directive(head).unwrap_or(Self { line: Some(Arc::from(&b"#"[..])) });
        }
        Self::keep(head)
    }

    fn keep(text: &[u8]) -> Self {
        let line = &text[..memchr(b'\n', text).unwrap_or(text.len())];
        Self { line: (line.len() <= LONGEST).then(|| Arc::from(line.trim_ascii_end())) }
    }

    /// The line, without its end; empty where there is none.
    pub(super) fn line(&self) -> &[u8] {
        self.line.as_deref().unwrap_or_default()
    }

    /// Whether another heading may follow.
    pub(super) fn changes(&self) -> bool {
        self.line().starts_with(b"#")
    }

    /// The heading of what follows `text`.
    pub(super) fn after(&self, text: &[u8]) -> Self {
        if self.changes() { last_directive(text).unwrap_or_else(|| self.clone()) } else { self.clone() }
    }
}

/// The last line of a text that names columns.
fn last_directive(text: &[u8]) -> Option<Heading> {
    let found = [&b"#Fields"[..], b"#fields"].into_iter().filter_map(|word| {
        let at = memmem::rfind(text, word)?;
        (at == 0 || text[at - 1] == b'\n').then_some(at)
    });
    found.max().map(|at| Heading::keep(&text[at..]))
}

#[cfg(test)]
mod tests {
    use super::Heading;

    #[test]
    fn a_table_has_one_heading_and_a_w3c_log_many() {
        let table = Heading::of(b"\xef\xbb\xbfa,b\r\n1,2\n");
        assert_eq!((table.line(), table.changes()), (&b"a,b"[..], false));
        assert_eq!(table.after(b"#Fields: x\n").line(), b"a,b");
        let log = Heading::of(b"#Software: IIS\n#Fields: a b\n1 2\n");
        assert_eq!((log.line(), log.changes()), (&b"#Fields: a b"[..], true));
        assert_eq!(log.after(b"3 4\n#Fields: b a\n4 3\n").line(), b"#Fields: b a");
        assert_eq!(log.after(b"3 4\n").line(), b"#Fields: a b");
        assert!(Heading::of(b"# a comment\n").changes());
        assert_eq!(Heading::of(b"").line(), b"");
    }
}
