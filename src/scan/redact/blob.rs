//! Values in base64, in hexadecimal text and in lists of bytes. The whole piece is decoded, rewritten and encoded again
//! as it was, so that whoever decodes it can still do so.

use std::fmt::Write;
use std::ops::Range;

use base64::Engine;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::context;

/// A piece of a text that says something else.
pub(super) struct Blob {
    /// Where it stands.
    pub(super) range: Range<usize>,
    /// What it says.
    pub(super) says: Vec<u8>,
    form: Form,
}

/// How it says it.
enum Form {
    Base64 { url_safe: bool, padded: bool },
    Hexadecimal { upper: bool },
    List { separator: &'static str, prefix: &'static str, radix: u32, upper: bool },
}

const SEPARATORS: [&str; 4] = [", ", ",", " ", ":"];

/// The pieces around a place that may be one, the likeliest first.
pub(super) fn around(text: &[u8], start: usize, end: usize) -> impl Iterator<Item = Blob> {
    let url_safe = base64(text, start, end, true);
    // `/` is in the one alphabet, and parts the path of a URL for the other.
    let others = [base64(text, start, end, false), hexadecimal(text, start, end), list(text, start, end)];
    url_safe.into_iter().chain(others.into_iter().flatten())
}

impl Blob {
    /// The piece, saying something else.
    pub(super) fn saying(&self, text: &[u8], bytes: &[u8]) -> Vec<u8> {
        match &self.form {
            Form::Base64 { url_safe, padded } => {
                let written = engine(*url_safe, *padded).encode(bytes);
                let percent = !url_safe && context::is_in_url(text, self.range.start, self.range.end);
                if percent { context::percent(&written) } else { written }
            }
            Form::Hexadecimal { upper } => joined(bytes, "", "", 16, *upper),
            Form::List { separator, prefix, radix, upper } => joined(bytes, separator, prefix, *radix, *upper),
        }
        .into_bytes()
    }
}

fn engine(url_safe: bool, padded: bool) -> GeneralPurpose {
    let alphabet: &Alphabet = if url_safe { &URL_SAFE } else { &STANDARD };
    let config = GeneralPurposeConfig::new()
        .with_encode_padding(padded)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

/// A range that is widened as far as a class goes.
fn widened(text: &[u8], start: usize, end: usize, class: impl Fn(u8) -> bool) -> Option<Range<usize>> {
    if start >= end || end > text.len() || !text[start..end].iter().all(|byte| class(*byte)) {
        return None;
    }
    let before = text[..start].iter().rev().take_while(|byte| class(**byte)).count();
    let behind = text[end..].iter().take_while(|byte| class(**byte)).count();
    Some(start - before..end + behind)
}

fn base64(text: &[u8], start: usize, end: usize, url_safe: bool) -> Option<Blob> {
    let signs = if url_safe { b"-_" } else { b"+/" };
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || signs.contains(&byte);
    let end = end - text[start..end].iter().rev().take_while(|byte| **byte == b'=').count();
    let mut range = widened(text, start, end, is_digit)?;
    let padding = text[range.end..].iter().take(2).take_while(|byte| **byte == b'=').count();
    let says = engine(url_safe, false).decode(&text[range.clone()]).ok()?;
    // Where none was needed, the signs tell, or else the place: URLs do without.
    let digits = &text[range.clone()];
    let plain = digits.iter().all(u8::is_ascii_alphanumeric);
    let standard = if plain { !context::is_in_url(text, range.start, range.end) } else { !url_safe };
    let padded = padding > 0 || (standard && range.len().is_multiple_of(4));
    range.end += padding;
    Some(Blob { range, says, form: Form::Base64 { url_safe, padded } })
}

fn hexadecimal(text: &[u8], start: usize, end: usize) -> Option<Blob> {
    let range = widened(text, start, end, |byte| byte.is_ascii_hexdigit())?;
    let digits = &text[range.clone()];
    let upper = digits.iter().any(u8::is_ascii_uppercase);
    let pairs = digits.chunks(2).map(|pair| number(pair, 16));
    let says = pairs.collect::<Option<Vec<u8>>>().filter(|_| digits.len().is_multiple_of(2))?;
    Some(Blob { range, says, form: Form::Hexadecimal { upper } })
}

fn list(text: &[u8], start: usize, end: usize) -> Option<Blob> {
    let class = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'x' | b',' | b' ' | b':');
    let mut range = widened(text, start, end, class)?;
    let is_item = |byte: &u8| byte.is_ascii_hexdigit();
    range.start += text[range.clone()].iter().position(is_item)?;
    range.end -= text[range.clone()].iter().rev().position(is_item)?;
    let whole = std::str::from_utf8(&text[range.clone()]).ok()?;
    let separator = SEPARATORS.into_iter().find(|separator| whole.contains(separator))?;
    let prefix = if whole.starts_with("0x") { "0x" } else { "" };
    let items = whole.split(separator).map(|item| item.strip_prefix(prefix)).collect::<Option<Vec<&str>>>()?;
    let decimal = items.iter().all(|item| item.bytes().all(|digit| digit.is_ascii_digit()));
    let radix = if decimal && items.iter().any(|item| item.len() != 2) { 10 } else { 16 };
    let says = items.iter().map(|item| number(item.as_bytes(), radix)).collect::<Option<Vec<u8>>>()?;
    let upper = whole.bytes().any(|byte| byte.is_ascii_uppercase());
    Some(Blob { range, says, form: Form::List { separator, prefix, radix, upper } })
}

fn number(digits: &[u8], radix: u32) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

fn joined(bytes: &[u8], separator: &str, prefix: &str, radix: u32, upper: bool) -> String {
    let mut out = String::with_capacity(bytes.len() * (2 + separator.len() + prefix.len()));
    for (at, byte) in bytes.iter().enumerate() {
        out.push_str(if at > 0 { separator } else { "" });
        out.push_str(prefix);
        // Writing into a String cannot fail.
        let _ = match (radix, upper) {
            (10, _) => write!(out, "{byte}"),
            (_, true) => write!(out, "{byte:02X}"),
            (_, false) => write!(out, "{byte:02x}"),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::around;

    #[test]
    fn each_form_is_written_as_it_was() {
        for (text, wanted) in [
            ("body=eyJhIjoxfQ== x", "body=eyJhIjoyMn0= x"),
            ("/v1/eyJhIjoxfQ/ack", "/v1/eyJhIjoyMn0/ack"),
            ("x 7b2261223a317d.", "x 7b2261223a32327d."),
            ("<Buffer 7b 22 61 22 3a 31 7d>", "<Buffer 7b 22 61 22 3a 32 32 7d>"),
            ("[123, 34, 97, 34, 58, 49, 125]", "[123, 34, 97, 34, 58, 50, 50, 125]"),
            ("[123 34 97 34 58 49 125]", "[123 34 97 34 58 50 50 125]"),
            ("0x7b,0x22,0x61,0x22,0x3a,0x31,0x7d", "0x7b,0x22,0x61,0x22,0x3a,0x32,0x32,0x7d"),
            ("7B:22:61:22:3A:31:7D", "7B:22:61:22:3A:32:32:7D"),
        ] {
            let at = ["hIjox", "3a31", "3a 31", "58, 49", "58 49", "0x3a,0x31", "3A:31"]
                .into_iter()
                .find_map(|part| text.find(part).map(|at| (at, at + part.len())));
            let (start, end) = at.unwrap();
            let blob = around(text.as_bytes(), start, end).find(|blob| blob.says == b"{\"a\":1}").unwrap();
            let written = String::from_utf8(blob.saying(text.as_bytes(), b"{\"a\":22}")).unwrap();
            let out = format!("{}{written}{}", &text[..blob.range.start], &text[blob.range.end..]);
            assert_eq!(out, wanted);
        }
    }
}
