//! Lines behind a transport's prefix: which of them make one record.
//!
//! Docker, CRI, syslog, Heroku and compose write each line of a dump, and each part of a line that was
//! split at 16 KiB, with a prefix of its own, and the lines of other streams between them. A line *links*
//! to the nearest line of its stream above it, if it continues that one and stands no more than [`NEAR`]
//! lines below it. So whether two lines belong together is decided by their surroundings alone, and every
//! worker decides alike. What links, and where no link crosses, is all that is known here; the joined
//! record is made by whoever reads it.

use std::ops::Range;

use memchr::{memchr, memmem, memrchr};

use super::continuation::{DECIDING_BYTES, is_below_frame, is_continuation, is_member, parts_exception};

/// How many lines above a line the one may stand that it continues.
pub const NEAR: usize = 8;

/// How many lines one block has at most, and how many bytes: parts of lines are 16 KiB.
pub(super) const WOVEN_LINES: usize = 256 + 2 * NEAR;
pub(super) const WOVEN_BYTES: usize = 4 << 20;

/// How the lines of a source make records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weave {
    /// A line and the continuation lines after it.
    #[default]
    Plain,
    /// The same in a log of text, where a brace alone on a line begins a dump that belongs to the line above it.
    Text,
    /// Lines of one or more streams, each behind a transport's prefix.
    Strands,
    /// Entries of a journal export, each of which begins with `__CURSOR=`.
    Entries,
}

impl Weave {
    /// The way of a source that begins with `head`.
    pub fn of(head: &[u8]) -> Self {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        if head.starts_with(b"__CURSOR=") {
            return Self::Entries;
        }
        let mut lines = head.split(|byte| *byte == b'\n').take(NEAR);
        match () {
            () if lines.any(|line| Strand::of(line).is_some()) => Self::Strands,
            () if dumps_below_text(head) => Self::Text,
            () => Self::Plain,
        }
    }

    /// Whether the line that begins at `at` continues the record above it, in a source without strands.
    pub fn continues(self, text: &[u8], at: usize) -> bool {
        // Most lines of most logs, and nothing more is to be seen of them.
        let is_object = text.get(at) == Some(&b'{');
        match self {
            Self::Entries => !text[at..].starts_with(b"__CURSOR="),
            Self::Text if is_brace(deciding(text, at)) => true,
            Self::Text | Self::Plain | Self::Strands if is_object => false,
            Self::Text | Self::Plain | Self::Strands => is_continuation(deciding(text, at)) || has_neighbours(text, at),
        }
    }
}

/// What decides of the line that begins at `at`.
fn deciding(text: &[u8], at: usize) -> &[u8] {
    let known = &text[at..text.len().min(at + DECIDING_BYTES)];
    memchr(b'\n', known).map_or(known, |end| &known[..end])
}

/// Whether its neighbours make a line continue the record above it: it is the source line below a frame, a member of an
/// object, or an empty line before an exception.
pub(super) fn has_neighbours(text: &[u8], at: usize) -> bool {
    // Most lines begin with a time or a brace, and need no look at others.
    if !matches!(text.get(at), None | Some(b'\n' | b'\r' | b'a'..=b'z' | b'_' | b'"')) {
        return false;
    }
    let line = deciding(text, at);
    let above = line_above(text, at);
    let below = || deciding(text, text.len().min(at + line.len() + 1));
    is_below_frame(above, line) || is_member(above, line) || parts_exception(above, line, below())
}

/// The line above the one that begins at `at`, if it is no longer than a frame of a traceback.
fn line_above(text: &[u8], at: usize) -> &[u8] {
    let Some(end) = at.checked_sub(1) else { return b"" };
    let from = end.saturating_sub(4 * DECIDING_BYTES);
    let start = memrchr(b'\n', &text[from..end]).map(|found| from + found + 1);
    start.or((from == 0).then_some(0)).map_or(b"", |start| &text[start..end])
}

/// Whether a line is an opening brace and nothing else; PHP's `print_r` begins with a round one.
fn is_brace(line: &[u8]) -> bool {
    matches!(line.trim_ascii_end(), b"{" | b"(")
}

/// Whether a source that begins so is a log of text with dumps in it, and no row of objects over several lines: there
/// an object is followed by the next.
fn dumps_below_text(head: &[u8]) -> bool {
    let starts_with_text = head.trim_ascii_start().first().is_some_and(|byte| !b"{[}]\"<".contains(byte));
    let mut below_end = false;
    let mut in_row = head.split(|byte| *byte == b'\n').map(|line| {
        let next = below_end && is_brace(line);
        below_end = line.trim_ascii_end() == b"}";
        next
    });
    starts_with_text && !in_row.any(|next| next)
}

/// What a line says of itself: its stream, and what stands behind the prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strand<'a> {
    /// The stream: lines of different ones never make one record.
    name: &'a [u8],
    /// Where the line proper stands.
    pub body: Range<usize>,
    /// Whether the transport cut the line off here, and its next line of the stream goes on with it.
    pub partial: bool,
    /// Whether the body is the inside of a JSON string.
    escaped: bool,
}

impl<'a> Strand<'a> {
    /// The strand of a line; `None` where it has no prefix that is known.
    pub fn of(line: &'a [u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line.first()? {
            b'{' => docker(line),
            b'0'..=b'9' => cri(line)
                .or_else(|| tagged(line, memchr(b' ', &line[..line.len().min(40)])? + 1))
                .or_else(|| syslog(line)),
            b'<' => syslog(line),
            b'A'..=b'Z' => legacy(line, 0),
            b'[' => pod(line),
            b'a'..=b'z' => compose(line).or_else(|| legacy(line, 0)),
            _ => None,
        }
    }

    fn plain(name: &'a [u8], body: Range<usize>) -> Self {
        Self { name, body, partial: false, escaped: false }
    }

    /// The body without the line feed that Docker writes.
    fn words<'l>(&self, line: &'l [u8]) -> &'l [u8] {
        let body = &line[self.body.clone()];
        if self.escaped { body.strip_suffix(b"\\n").unwrap_or(body) } else { body }
    }

    /// Whether the body goes on with what the stream said before. A single space is no sign of that: some
    /// programs begin every message so.
    fn continues(&self, line: &[u8]) -> bool {
        let body = &line[self.body.clone()];
        match body {
            [b'\\', b't', ..] => self.escaped,
            [b' ', b' ' | b'\t', ..] => true,
            [b' ', ..] => false,
            _ => is_continuation(body),
        }
    }
}

/// `{"log":"…\n","stream":"stderr","time":"…"}`.
fn docker(line: &[u8]) -> Option<Strand<'_>> {
    const HEAD: &[u8] = b"{\"log\":\"";
    const NEXT: &[u8] = b"\",\"stream\":\"";
    let rest = line.strip_prefix(HEAD)?;
    let length = memmem::rfind(rest, NEXT)?;
    let name = &rest[length + NEXT.len()..];
    let name = &name[..memchr(b'"', name)?];
    let body = &rest[..length];
    let slashes =
        body.strip_suffix(b"n").map_or(0, |head| head.iter().rev().take_while(|byte| **byte == b'\\').count());
    let body = HEAD.len()..HEAD.len() + length;
    Some(Strand { name, body, partial: slashes % 2 == 0, escaped: true })
}

/// `2026-01-02T03:04:05.123456789Z stderr P …`.
fn cri(line: &[u8]) -> Option<Strand<'_>> {
    let start = memchr(b' ', &line[..line.len().min(40)])? + 1;
    let rest = &line[start..];
    let name = rest.get(..6).filter(|name| matches!(*name, b"stdout" | b"stderr"))?;
    let flag = *rest.get(7).filter(|flag| matches!(**flag, b'P' | b'F'))?;
    let body = start + 8 + memchr(b' ', rest.get(8..)?)? + 1;
    (rest[6] == b' ' && body <= start + 40)
        .then(|| Strand { partial: flag == b'P', ..Strand::plain(name, body..line.len()) })
}

/// `host api[42]: …` or `app[web.1]: …` from `from` on.
fn tagged(line: &[u8], from: usize) -> Option<Strand<'_>> {
    let window = &line[from..line.len().min(from + 128)];
    let length = memmem::find(window, b"]: ")? + 1;
    let name = &window[..length];
    let words = memchr::memchr_iter(b' ', name).count();
    let odd = name.iter().any(|byte| b"\"'{}=()|".contains(byte));
    (words <= 1 && !odd && !name.starts_with(b"[")).then(|| Strand::plain(name, from + length + 2..line.len()))
}

/// `<12>1 2026-… host app 42 ID [sd] …`, an octet count before it or not; `<12>Jan  2 …`.
fn syslog(line: &[u8]) -> Option<Strand<'_>> {
    let digits = line.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let from = if digits > 0 { digits + usize::from(line.get(digits) == Some(&b' ')) } else { 0 };
    let close =
        memchr(b'>', line.get(from..line.len().min(from + 6)).filter(|head| head.starts_with(b"<"))?)? + from + 1;
    let Some(rest) = line[close..].strip_prefix(b"1 ") else { return legacy(line, close) };
    let mut at = line.len() - rest.len();
    let mut starts = [0; 6];
    for start in &mut starts {
        *start = at;
        at = memchr(b' ', &line[at..line.len().min(at + 256)]).map_or(line.len(), |space| at + space + 1);
        // The structured data may hold spaces.
        if line.get(at) == Some(&b'[') {
            break;
        }
    }
    let name = line.get(starts[1]..starts[4]).filter(|name| !name.is_empty())?;
    let body = structured_data(line, if starts[5] == 0 { at } else { starts[5] })?;
    Some(Strand::plain(name, body..line.len()))
}

/// Past the structured data that begins at `at`, and the space after it. Heroku leaves it out.
fn structured_data(line: &[u8], mut at: usize) -> Option<usize> {
    match line.get(at..)? {
        [b'-', b' ', ..] | [b'-'] => return Some((at + 2).min(line.len())),
        [b'[', ..] => {}
        _ => return Some(at),
    }
    let mut quoted = false;
    while at < line.len() {
        match line[at] {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            b']' if !quoted && line.get(at + 1) != Some(&b'[') => return Some((at + 2).min(line.len())),
            _ => {}
        }
        at += 1;
    }
    None
}

/// `Jan  2 03:04:05 host api[42]: …`.
fn legacy(line: &[u8], from: usize) -> Option<Strand<'_>> {
    // `déc.`: in other languages names of months are longer.
    let month = memchr(b' ', line.get(from..from + 7)?).filter(|length| *length >= 3)?;
    let time = line.get(from + month..from + month + 13)?;
    let shaped = time[3] == b' ' && time[6] == b':' && time[9] == b':';
    let end = from + month + 12;
    let end = end + memchr(b' ', &line[end..line.len().min(end + 11)])?;
    if !shaped {
        return None;
    }
    tagged(line, end + 1)
}

/// `[pod/api-7d9/main] …`.
fn pod(line: &[u8]) -> Option<Strand<'_>> {
    line.strip_prefix(b"[pod/")?;
    let close = memchr(b']', &line[..line.len().min(256)])?;
    Some(Strand::plain(&line[..close], (close + 2).min(line.len())..line.len()))
}

/// `billing-1  | …`.
fn compose(line: &[u8]) -> Option<Strand<'_>> {
    let name = line.iter().take(64).take_while(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte)).count();
    let space = line[name..].iter().take(64).take_while(|byte| **byte == b' ').count();
    let bar = name + space;
    (space > 0 && line.get(bar) == Some(&b'|'))
        .then(|| Strand::plain(&line[..name], (bar + 2).min(line.len())..line.len()))
}

/// A place in the next line of CRI, at or after `from`, that is but a part of one.
pub fn next_cri_part(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = &bytes[from..];
    let stream = |at: usize| rest[..at].ends_with(b" stdout") || rest[..at].ends_with(b" stderr");
    memmem::find_iter(rest, b" P ").find(|at| stream(*at)).map(|at| from + at)
}

/// The same of Docker, whose whole lines end in an escaped line feed.
pub fn next_docker_part(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = &bytes[from..];
    let unended = |at: usize| !rest[..at].ends_with(b"\\n") || rest[..at].ends_with(b"\\\\n");
    memmem::find_iter(rest, b"\",\"stream\":\"std").find(|at| unended(*at)).map(|at| from + at)
}

/// A line of a run of lines.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Where it stands.
    pub range: Range<usize>,
    text: &'a [u8],
    /// What it says of itself.
    pub strand: Option<Strand<'a>>,
}

impl<'a> Line<'a> {
    /// The line at a range of a text.
    pub fn new(bytes: &'a [u8], range: Range<usize>) -> Self {
        let text = &bytes[range.clone()];
        Self { range, text, strand: Strand::of(text) }
    }
}

/// The line that a line goes on with, if it goes on with any.
pub fn link(lines: &[Line<'_>], index: usize) -> Option<usize> {
    let line = &lines[index];
    let Some(strand) = &line.strand else {
        let above = index.checked_sub(1)?;
        return (is_continuation(line.text)
            || is_below_frame(lines[above].text, line.text)
            || is_member(lines[above].text, line.text))
        .then_some(above);
    };
    let above = (index.saturating_sub(NEAR)..index).rev();
    let same = |at: &usize| {
        lines[*at].strand.as_ref().is_some_and(|above| above.name == strand.name && above.escaped == strand.escaped)
    };
    let nearest = above.into_iter().find(same)?;
    let before = lines[nearest].strand.as_ref()?;
    // A dump begins below the text that it belongs to; in a row of objects, one begins below the end of another.
    let opens_dump = || {
        let ends_object = before.words(lines[nearest].text).trim_ascii_end().ends_with(b"}");
        is_brace(strand.words(line.text)) && !ends_object
    };
    let goes_on = || {
        let (above, line) = (before.words(lines[nearest].text), strand.words(line.text));
        is_below_frame(above, line) || is_member(above, line)
    };
    (before.partial || strand.continues(line.text) || opens_dump() || goes_on()).then_some(nearest)
}

/// Whether a line from `at` on belongs to one before it: there is no cut between them.
pub fn crosses(lines: &[Line<'_>], at: usize) -> bool {
    (at..lines.len().min(at + NEAR)).any(|index| link(lines, index).is_some_and(|above| above < at))
}

/// Where the last block begins of a text that begins with one and may go on: the last line that no link crosses,
/// whatever comes. One that is too long is divided at its last line.
pub(super) fn last_cut(text: &[u8]) -> Option<usize> {
    let lines = last_lines(text);
    let is_cut = |at: usize| (at >= NEAR || lines[0].range.start == 0) && !crosses(&lines, at);
    let found = (1..(lines.len() + 1).saturating_sub(NEAR)).rev().find(|at| is_cut(*at));
    let too_long = lines.len() >= WOVEN_LINES || text.len() > WOVEN_BYTES;
    let at = found.or_else(|| lines.len().checked_sub(1).filter(|_| too_long))?;
    Some(lines[at].range.start).filter(|start| *start > 0)
}

/// How much of a text of whole lines can be taken for whole although more may come: all of it, unless a transport
/// said of a line that it goes on.
pub fn settled(text: &[u8], weave: Weave) -> usize {
    if weave != Weave::Strands {
        return text.len();
    }
    let lines = last_lines(text);
    let is_open = |at: &usize| {
        let strand = lines[*at].strand.as_ref().filter(|strand| strand.partial);
        let same = |later: &Line<'_>| {
            later.strand.as_ref().is_some_and(|later| Some(later.name) == strand.map(|strand| strand.name))
        };
        strand.is_some() && !lines[at + 1..].iter().any(same)
    };
    let Some(mut at) = (lines.len().saturating_sub(NEAR)..lines.len()).find(is_open) else { return text.len() };
    while at > 0 && crosses(&lines, at) {
        at -= 1;
    }
    lines[at].range.start
}

/// The last whole lines of a text.
fn last_lines(text: &[u8]) -> Vec<Line<'_>> {
    let mut ranges = Vec::new();
    let mut end = memrchr(b'\n', text);
    while let Some(at) = end.filter(|_| ranges.len() < WOVEN_LINES) {
        let before = memrchr(b'\n', &text[..at]);
        ranges.push(before.map_or(0, |before| before + 1)..at);
        end = before;
    }
    ranges.into_iter().rev().map(|range| Line::new(text, range)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Line, Strand, Weave, crosses, link};

    fn body(line: &str) -> Option<(String, bool)> {
        let strand = Strand::of(line.as_bytes())?;
        Some((line[strand.body].to_owned(), strand.partial))
    }

    #[test]
    fn the_prefixes_of_transports_are_known() {
        for (line, partial) in [
            (r#"{"log":"x y\n","stream":"stderr","time":"2026-01-02T03:04:05Z"}"#, false),
            (r#"{"log":"x y","stream":"stderr","time":"2026-01-02T03:04:05Z"}"#, true),
            (r#"{"log":"x y\\n","stream":"stderr","time":"2026-01-02T03:04:05Z"}"#, true),
            ("2026-01-02T03:04:05.123456789Z stderr F x y", false),
            ("2026-01-02T03:04:05.123456789+01:00 stdout P x y", true),
            ("2026-01-02T03:04:05.123456+00:00 app[web.1]: x y", false),
            ("2026-01-02T03:04:05.123456+0000 host api[42]: x y", false),
            ("Jan  2 03:04:05 host api[42]: x y", false),
            ("déc. 29 03:04:05 host api[42]: x y", false),
            ("<12>Jan  2 03:04:05 host api[42]: x y", false),
            ("<12>1 2026-01-02T03:04:05Z host api 42 - - x y", false),
            ("<12>1 2026-01-02T03:04:05Z host api 42 ID [a b=\"c]d\"][e f=\"g\"] x y", false),
            ("123 <158>1 2026-01-02T03:04:05Z host app web.1 - x y", false),
            ("billing-1  | x y", false),
            ("[pod/api-7d9/main] x y", false),
        ] {
            let (text, found) = body(line).unwrap_or_default();
            assert!(text.trim_end_matches(['\\', 'n']).ends_with("x y"), "{line}: {text}");
            assert_eq!(found, partial, "{line}");
        }
        for line in [
            "2026-01-02 03:04:05,123 WARN x [a]: y",
            "{\"level\":\"info\",\"log\":\"x\"}",
            "error: x | y",
            "",
            "192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] \"GET / HTTP/1.1\" 200 1",
            "[2026-01-02 03:04:05] production.ERROR: x",
        ] {
            assert_eq!(body(line), None, "{line}");
        }
    }

    #[test]
    fn lines_of_one_stream_are_joined_across_the_others() {
        let text = "2026-01-02T03:04:05Z stderr P a\n2026-01-02T03:04:05Z stdout F b\n2026-01-02T03:04:05Z stderr F c\n2026-01-02T03:04:05Z stdout F   d\n2026-01-02T03:04:05Z stdout F e";
        let mut at = 0;
        let lines: Vec<Line<'_>> = text
            .split('\n')
            .map(|line| {
                at += line.len() + 1;
                Line::new(text.as_bytes(), at - line.len() - 1..at - 1)
            })
            .collect();
        let above: Vec<_> = (0..lines.len()).map(|index| link(&lines, index)).collect();
        assert_eq!(above, [None, None, Some(0), Some(1), None]);
        let cuts: Vec<usize> = (0..lines.len()).filter(|at| !crosses(&lines, *at)).collect();
        assert_eq!(cuts, [0, 4]);
    }

    #[test]
    fn a_brace_alone_goes_on_with_the_text_of_its_stream() {
        let linked = |bodies: &[&str], wrap: &dyn Fn(&str) -> String| -> Vec<Option<usize>> {
            let texts: Vec<String> = bodies.iter().map(|body| wrap(body)).collect();
            let lines: Vec<Line<'_>> = texts.iter().map(|text| Line::new(text.as_bytes(), 0..text.len())).collect();
            (0..lines.len()).map(|index| link(&lines, index)).collect()
        };
        let cri = |body: &str| format!("2026-01-02T03:04:05Z stderr F {body}");
        let docker = |body: &str| format!("{{\"log\":\"{body}\\n\",\"stream\":\"stderr\",\"time\":\"T\"}}");
        for wrap in [&cri as &dyn Fn(&str) -> String, &docker] {
            let dump = linked(&["refresh failed: 400", "{", "  a: 1", "}", "next"], wrap);
            assert_eq!(dump, [None, Some(0), Some(1), Some(2), None]);
            let row = linked(&["}", "{", "  a: 1", "}", "{"], wrap);
            assert_eq!(row, [None, None, Some(1), Some(2), None]);
        }
    }

    #[test]
    fn the_beginning_of_a_source_tells_how_it_is_woven() {
        assert_eq!(Weave::of(b"__CURSOR=s=1\nMESSAGE=x\n"), Weave::Entries);
        assert_eq!(Weave::of(b"-- Logs begin at Fri --\nJan  2 03:04:05 host api[42]: x\n"), Weave::Strands);
        assert_eq!(Weave::of(b"{\"msg\":\"x\"}\n"), Weave::Plain);
    }

    #[test]
    fn a_brace_alone_continues_text_and_begins_the_next_of_a_row_of_objects() {
        let dump = b"2026-01-02 03:04:05 ERROR refresh failed\n400 Bad Request\n{\n  \"error\": \"x\"\n}\n";
        let row = b"ready\n{\n  \"error\": \"x\"\n}\n{\n  \"error\": \"y\"\n}\n";
        assert_eq!((Weave::of(dump), Weave::of(row)), (Weave::Text, Weave::Plain));
        let continues = |weave: Weave, line: &[u8]| weave.continues(line, 0);
        assert!(continues(Weave::Text, b"{\r") && !continues(Weave::Text, b"{\"a\":1}"));
        assert!(continues(Weave::Entries, b"MESSAGE=x") && continues(Weave::Entries, b""));
        assert!(!continues(Weave::Plain, b"{"));
    }
}
