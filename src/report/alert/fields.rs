//! The user's own names: which field of a log line holds the error, the client, the message.
//!
//! Read off the masked excerpts of a report, by the values that the run recognised in them. So it works for a
//! saved report as for a fresh one, and no query can hold what the report does not.

/// How the fields of a line are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// JSON, also behind a prefix of a wrapper.
    Json,
    /// `key=value`.
    Logfmt,
    /// Running text: there is nothing but words to look for.
    Text,
}

impl Layout {
    /// In words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Logfmt => "key=value",
            Self::Text => "running text",
        }
    }
}

/// The fields of one line with their values, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) layout: Layout,
    pub(super) pairs: Vec<(String, String)>,
}

/// Longest value that a query asks for.
const VALUE: usize = 120;
/// Longest name of a field.
const NAME: usize = 80;

impl Line {
    /// Reads an excerpt, which may be cut anywhere.
    pub(super) fn read(excerpt: &str) -> Self {
        let mut pairs = Vec::new();
        if let Some(at) = excerpt.find('{') {
            Walker { rest: &excerpt[at..], pairs: &mut pairs }.object("");
        }
        let layout = if pairs.len() > 1 {
            Layout::Json
        } else {
            pairs = logfmt(excerpt);
            if pairs.len() > 1 { Layout::Logfmt } else { Layout::Text }
        };
        pairs.retain(|(name, value)| is_name(name) && is_value(value));
        Self { layout, pairs }
    }

    /// The field that holds a value.
    pub(super) fn holder(&self, value: &str) -> Option<&str> {
        self.pairs.iter().find(|(_, held)| held == value).map(|(name, _)| name.as_str())
    }

    /// The value of a field.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }
}

/// A name that every query language takes, quoted as it wants them; others are not used.
fn is_name(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_.@-".contains(letter);
    !name.is_empty() && name.len() <= NAME && name.chars().all(plain) && !name.starts_with(['.', '-'])
}

/// A value that can be asked for as it is: nothing invisible, nothing that was masked or cut.
fn is_value(value: &str) -> bool {
    !value.is_empty() && value.len() <= VALUE && !value.contains('…') && !value.chars().any(char::is_control)
}

/// Collects the pairs of an object, nested ones by dotted path, as far as the text goes.
struct Walker<'t, 'p> {
    rest: &'t str,
    pairs: &'p mut Vec<(String, String)>,
}

impl Walker<'_, '_> {
    /// Reads from `{` to the matching `}` or the end; `false` at the end of what can be read.
    fn object(&mut self, path: &str) -> bool {
        self.rest = &self.rest[1..];
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', ',']);
            if let Some(rest) = self.rest.strip_prefix('}') {
                self.rest = rest;
                return true;
            }
            let Some(key) = self.string() else { return false };
            let Some(rest) = self.rest.trim_start().strip_prefix(':') else { return false };
            self.rest = rest.trim_start();
            let name = if path.is_empty() { key } else { format!("{path}.{key}") };
            if !self.value(&name) {
                return false;
            }
        }
    }

    fn value(&mut self, name: &str) -> bool {
        match self.rest.chars().next() {
            Some('{') => self.object(name),
            // What is in a list has no name of its own: it is passed over.
            Some('[') => {
                let end = self.rest.find(']').map(|end| &self.rest[end + 1..]);
                end.is_some_and(|rest| {
                    self.rest = rest;
                    true
                })
            }
            Some('"') => self.string().is_some_and(|value| {
                self.inner(&value);
                self.pairs.push((name.to_owned(), value));
                true
            }),
            _ => {
                let Some(end) = self.rest.find([',', '}']) else { return false };
                self.pairs.push((name.to_owned(), self.rest[..end].trim().to_owned()));
                self.rest = &self.rest[end..];
                true
            }
        }
    }

    /// A line that was logged inside of a line, as Docker does: what collects logs unpacks it.
    fn inner(&mut self, value: &str) {
        if value.starts_with('{') {
            Walker { rest: value, pairs: self.pairs }.object("");
        }
    }

    /// A whole string; `None` where it is cut.
    fn string(&mut self) -> Option<String> {
        let body = self.rest.strip_prefix('"')?;
        let mut escaped = false;
        let end = body.char_indices().find(|(_, letter)| {
            let ends = *letter == '"' && !escaped;
            escaped = *letter == '\\' && !escaped;
            ends
        });
        let end = end?.0;
        self.rest = &body[end + 1..];
        serde_json::from_str(&format!("\"{}\"", &body[..end])).ok()
    }
}

/// `key=value` and `key="some value"`.
fn logfmt(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while let Some(equals) = rest.find('=') {
        let key = rest[..equals].rsplit([' ', ',', '[', '(']).next().unwrap_or_default().to_owned();
        let tail = &rest[equals + 1..];
        let (value, end) = if let Some(quoted) = tail.strip_prefix('"') {
            let Some(end) = quoted.find('"') else { break };
            (&quoted[..end], end + 2)
        } else {
            let end = tail.find([' ', ',']).unwrap_or(tail.len());
            (&tail[..end], end)
        };
        pairs.push((key, value.to_owned()));
        rest = &tail[end..];
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Layout, Line};

    #[test]
    fn fields_are_found_by_their_values() {
        let line = Line::read(
            r#"2026-01-02T03:04:05Z stderr F {"ts":1,"http":{"status":400},"auth":{"err":"invalid_grant"},"tags":["a"],"client-id":"c1","cut":"abc"#,
        );
        assert_eq!(line.layout, Layout::Json);
        assert_eq!(line.holder("invalid_grant"), Some("auth.err"));
        assert_eq!(line.holder("400"), Some("http.status"));
        assert_eq!(line.holder("c1"), Some("client-id"));
        assert_eq!(line.value("cut"), None);

        let docker = Line::read(r#"{"log":"{\"msg\":\"token refreshed\",\"client_id\":\"c1\"}\n","stream":"stdout"}"#);
        assert_eq!(docker.holder("token refreshed"), Some("msg"));

        let logfmt =
            Line::read(r#"time=2026-01-02T03:04:05Z msg="token refresh failed" error=invalid_grant client=c1"#);
        assert_eq!((logfmt.layout, logfmt.value("msg")), (Layout::Logfmt, Some("token refresh failed")));
        assert_eq!(Line::read("2026 WARN refresh failed: invalid_grant").layout, Layout::Text);
    }

    #[test]
    fn what_no_query_can_name_is_passed_over() {
        let line = Line::read(r#"{"a b":"x1","a\"b":"x2","ok":"x3","esc":"a\u001bb","masked":"eyJ…"}"#);
        assert_eq!(line.pairs, [("ok".to_owned(), "x3".to_owned())]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), json in "[{}\\[\\]\":,a\\\\ =]{0,40}") {
            let _ = (Line::read(&text), Line::read(&json));
        }
    }
}
