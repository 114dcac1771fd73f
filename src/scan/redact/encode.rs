//! Encoded as it was, and how much was replaced.

use std::collections::BTreeMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use lzma_rust2::{XzOptions, XzWriter};
use structured_zstd::encoding::{CompressionLevel, compress_to_vec};

use crate::input::Utf16Form;
use crate::model::LeakKind;

/// Bytes of one zstd frame.
const FRAME: usize = 4 << 20;

/// What was replaced in one input.
#[derive(Debug, Default)]
pub(in crate::scan) struct Counted {
    pub(super) replaced: u64,
    /// The first byte of a line that has too many parts to be put together.
    pub(in crate::scan) divided: Option<u64>,
    pub(super) kinds: BTreeMap<&'static str, u64>,
}

impl Counted {
    pub(super) fn one(&mut self, kind: LeakKind) {
        self.replaced += 1;
        *self.kinds.entry(kind.name()).or_default() += 1;
    }

    pub(super) fn add(&mut self, more: &Self) {
        self.replaced += more.replaced;
        self.divided = self.divided.into_iter().chain(more.divided).min();
        for (kind, count) in &more.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
    }
}

/// Writes as the input was written: in its UTF-16 and its compression.
pub(super) struct Encoder<'w> {
    codec: Codec<'w>,
    utf16: Option<Utf16Form>,
    /// The beginning of a character whose end comes with the next text.
    rest: Vec<u8>,
}

impl<'w> Encoder<'w> {
    pub(super) fn new(compression: Option<&str>, utf16: Option<Utf16Form>, out: &'w mut dyn Write) -> io::Result<Self> {
        let mut codec = Codec::new(compression, out)?;
        if let Some(form) = utf16 {
            codec.write_all(&form.mark())?;
        }
        Ok(Self { codec, utf16, rest: Vec::new() })
    }

    pub(super) fn write_all(&mut self, text: &[u8]) -> io::Result<()> {
        let Some(form) = self.utf16 else { return self.codec.write_all(text) };
        self.rest.extend_from_slice(text);
        let whole = match std::str::from_utf8(&self.rest) {
            Ok(text) => text,
            Err(error) if error.error_len().is_none() => {
                std::str::from_utf8(&self.rest[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => return Err(io::Error::other("its text is no UTF-16 any more")),
        };
        self.codec.write_all(&form.bytes(whole))?;
        let length = whole.len();
        self.rest.drain(..length);
        Ok(())
    }

    /// Writes what is left.
    pub(super) fn finish(self) -> io::Result<()> {
        if self.rest.is_empty() { self.codec.finish() } else { Err(io::Error::other("its text ends in a character")) }
    }
}

/// The compressions.
enum Codec<'w> {
    Plain(&'w mut dyn Write),
    Gzip(GzEncoder<&'w mut dyn Write>),
    Bzip2(bzip2::write::BzEncoder<&'w mut dyn Write>),
    Xz(Box<XzWriter<&'w mut dyn Write>>),
    /// A frame is whole when it is written: the encoder takes no piece by piece.
    Zstd {
        out: &'w mut dyn Write,
        frame: Vec<u8>,
        any: bool,
    },
}

impl<'w> Codec<'w> {
    fn new(compression: Option<&str>, out: &'w mut dyn Write) -> io::Result<Self> {
        Ok(match compression {
            Some("gzip") => Self::Gzip(GzEncoder::new(out, Compression::default())),
            Some("bzip2") => Self::Bzip2(bzip2::write::BzEncoder::new(out, bzip2::Compression::default())),
            Some("xz") => Self::Xz(Box::new(XzWriter::new(out, XzOptions::default())?)),
            Some("zstd") => Self::Zstd { out, frame: Vec::new(), any: false },
            _ => Self::Plain(out),
        })
    }

    fn write_all(&mut self, text: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.write_all(text),
            Self::Gzip(encoder) => encoder.write_all(text),
            Self::Bzip2(encoder) => encoder.write_all(text),
            Self::Xz(encoder) => encoder.write_all(text),
            Self::Zstd { out, frame, any } => {
                frame.extend_from_slice(text);
                if frame.len() >= FRAME {
                    out.write_all(&compress_to_vec(frame.as_slice(), CompressionLevel::Fastest))?;
                    frame.clear();
                    *any = true;
                }
                Ok(())
            }
        }
    }

    /// Writes what is left.
    fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(encoder) => encoder.finish()?.flush(),
            Self::Bzip2(encoder) => encoder.finish()?.flush(),
            Self::Xz(encoder) => encoder.finish()?.flush(),
            Self::Zstd { out, frame, any } => {
                if !frame.is_empty() || !any {
                    out.write_all(&compress_to_vec(frame.as_slice(), CompressionLevel::Fastest))?;
                }
                out.flush()
            }
        }
    }
}

impl Write for Encoder<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.write_all(text).map(|()| text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
