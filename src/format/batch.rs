//! One text that holds several records: arrays of objects, and the arrays under an envelope key.

use super::reader::normal_key;

/// The elements of an array of objects, or of the array under an envelope key (`records`, `events`, …).
pub(super) fn elements<'t>(text: &'t str, envelope_keys: &[String]) -> Option<Vec<&'t str>> {
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner.trim_start();
        return inner.starts_with('{').then(|| objects(inner));
    }
    if !text.starts_with('{') || text.len() < 16 {
        return None;
    }
    // Objects in a row on one line: between two strings nothing else looks so.
    let seam = |at: usize| ["{\"", " {\""].iter().any(|next| text[at + 1..].starts_with(next));
    if memchr::memchr_iter(b'}', text.as_bytes()).any(seam) {
        let elements = objects(text);
        let length: usize =
            elements.last().map_or(0, |last| last.as_ptr() as usize - text.as_ptr() as usize + last.len());
        return (length == text.len()).then_some(elements);
    }
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'[', &text.as_bytes()[from..]) {
        let at = from + found;
        from = at + 1;
        let Some(inner) = text.get(from..).map(str::trim_start).filter(|inner| inner.starts_with('{')) else {
            continue;
        };
        let key = text[..at].trim_end().strip_suffix(':').and_then(|head| head.trim_end().strip_suffix('"'));
        let key = key.and_then(|head| head.rsplit('"').next()).map(normal_key);
        if key.is_some_and(|key| envelope_keys.contains(&key)) {
            return Some(objects(inner)).filter(|elements| !elements.is_empty());
        }
        return None;
    }
    None
}

/// The objects at the start of a list, each as its text.
fn objects(mut text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    while text.starts_with('{') {
        let length = object_length(text);
        found.push(&text[..length]);
        text = text[length..].trim_start_matches([',', ' ', '\t', '\r', '\n']);
    }
    found
}

/// Bytes up to the brace that closes the object at the start, or all of it where none does.
fn object_length(text: &str) -> usize {
    let (bytes, mut depth, mut at) = (text.as_bytes(), 0_u32, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b'"' => {
                at += 1;
                while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
                    at += found;
                    if bytes[at] == b'"' {
                        break;
                    }
                    at += 2;
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}
