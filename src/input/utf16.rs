//! UTF-16 to UTF-8, as a reader.

use std::io::{self, Read};

use super::sniff::Utf16Order;

const CHUNK: usize = 32 << 10;

/// Transcodes UTF-16 without its byte order mark; lone surrogates become U+FFFD.
pub(super) struct Utf16<R> {
    inner: R,
    order: Utf16Order,
    /// Bytes of the input that do not make a character yet.
    rest: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    end: bool,
}

impl<R: Read> Utf16<R> {
    pub(super) fn new(inner: R, order: Utf16Order) -> Self {
        Self { inner, order, rest: Vec::new(), text: Vec::new(), given: 0, end: false }
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
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        if self.end && whole < self.rest.len() {
            text.extend_from_slice("\u{fffd}".as_bytes());
            whole = self.rest.len();
        }
        self.text = text;
        self.rest.drain(..whole);
        Ok(())
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

    use super::{Utf16, Utf16Order};

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
        Utf16::new(Dribble(&bytes), Utf16Order::Big).read_to_string(&mut text).unwrap();
        assert_eq!(text, "aä𝄞z\u{fffd}x\u{fffd}\u{fffd}");
    }
}
