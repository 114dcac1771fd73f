//! UTF-16 to UTF-8, as a reader.

use std::io::{self, Read};

use super::sniff::Utf16Order;

const CHUNK: usize = 32 << 10;

/// How a text was UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf16Form {
    pub(super) order: Utf16Order,
    /// Bytes of its byte order mark.
    pub(super) mark: usize,
}

impl Utf16Form {
    /// The bytes of the byte order mark, if there was one.
    pub fn mark(self) -> Vec<u8> {
        if self.mark > 0 { self.bytes("\u{feff}") } else { Vec::new() }
    }

    /// A text as it was.
    pub fn bytes(self, text: &str) -> Vec<u8> {
        let bytes = |unit: u16| match self.order {
            Utf16Order::Little => unit.to_le_bytes(),
            Utf16Order::Big => unit.to_be_bytes(),
        };
        text.encode_utf16().flat_map(bytes).collect()
    }
}

/// What becomes of half a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lone {
    /// U+FFFD.
    Replaced,
    /// Damage: it could not be written again.
    Refused,
}

/// Transcodes UTF-16 without its byte order mark.
pub(super) struct Utf16<R> {
    inner: R,
    order: Utf16Order,
    lone: Lone,
    /// Bytes of the input that do not make a character yet.
    rest: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    end: bool,
}

impl<R: Read> Utf16<R> {
    pub(super) fn new(inner: R, order: Utf16Order, lone: Lone) -> Self {
        Self { inner, order, lone, rest: Vec::new(), text: Vec::new(), given: 0, end: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        let kept = self.rest.len();
        self.rest.resize(kept + CHUNK, 0);
        let read = self.inner.read(&mut self.rest[kept..]);
        self.rest.truncate(kept + *read.as_ref().unwrap_or(&0));
        self.end = read? == 0;
        self.text.clear();
        self.given = 0;
        let mut whole = self.rest.len() / 2 * 2;
        // A high surrogate waits for the other half, which the next read brings.
        if !self.end && whole >= 2 && matches!(self.unit(whole - 2), 0xd800..=0xdbff) {
            whole -= 2;
        }
        let mut text = std::mem::take(&mut self.text);
        let units = (0..whole).step_by(2).map(|at| self.unit(at));
        for character in char::decode_utf16(units) {
            let character = self.whole(character.ok())?;
            text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        if self.end && whole < self.rest.len() {
            text.extend_from_slice(self.whole(None)?.encode_utf8(&mut [0; 4]).as_bytes());
            whole = self.rest.len();
        }
        self.text = text;
        self.rest.drain(..whole);
        Ok(())
    }

    fn whole(&self, character: Option<char>) -> io::Result<char> {
        match (character, self.lone) {
            (Some(character), _) => Ok(character),
            (None, Lone::Replaced) => Ok(char::REPLACEMENT_CHARACTER),
            (None, Lone::Refused) => Err(io::Error::other("it holds half a character of UTF-16")),
        }
    }

    fn unit(&self, at: usize) -> u16 {
        let pair = [self.rest[at], self.rest[at + 1]];
        match self.order {
            Utf16Order::Little => u16::from_le_bytes(pair),
            Utf16Order::Big => u16::from_be_bytes(pair),
        }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if self.end {
                return Ok(0);
            }
            self.refill()?;
        }
        let count = buffer.len().min(self.text.len() - self.given);
        buffer[..count].copy_from_slice(&self.text[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::{Lone, Utf16, Utf16Form, Utf16Order};

    /// Gives one byte per read.
    struct Dribble<'a>(&'a [u8]);

    impl Read for Dribble<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(buffer.len()).min(1);
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn characters_split_across_reads_and_lone_surrogates() {
        let mut units: Vec<u16> = "aä𝄞z".encode_utf16().collect();
        units.extend([0xd834, u16::from(b'x'), 0xdd1e]);
        let mut bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        bytes.push(0x41);
        let mut text = String::new();
        Utf16::new(Dribble(&bytes), Utf16Order::Big, Lone::Replaced).read_to_string(&mut text).unwrap();
        assert_eq!(text, "aä𝄞z\u{fffd}x\u{fffd}\u{fffd}");
        let refused = Utf16::new(Dribble(&bytes), Utf16Order::Big, Lone::Refused).read_to_string(&mut text);
        assert!(refused.unwrap_err().to_string().contains("half a character"));
    }

    #[test]
    fn what_was_read_is_written_as_it_was() {
        for order in [Utf16Order::Little, Utf16Order::Big] {
            let form = Utf16Form { order, mark: 2 };
            let bytes = form.bytes("aä𝄞z");
            let mut text = String::new();
            Utf16::new(Dribble(&bytes), order, Lone::Refused).read_to_string(&mut text).unwrap();
            assert_eq!((text.as_str(), form.mark().len()), ("aä𝄞z", 2));
        }
    }
}
