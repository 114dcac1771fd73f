//! The files of a tar stream, one after another. Headers are read by the `tar` crate; its own iterator gives readers
//! that cannot be handed to another thread.

use std::io::{self, Read, Take};

use tar::{EntryType, Header, PaxExtensions};

use super::open::Damage;

/// Bytes of a block.
const BLOCK: usize = 512;
/// The longest extension of a header: paths and attributes, not files.
const LONGEST_EXTENSION: u64 = 1 << 20;

/// A tar stream.
pub(super) struct Tar<R> {
    stream: R,
    /// What is left of the last file, and the bytes that fill its last block.
    rest: u64,
    padding: u64,
    /// What extensions said of the file that follows.
    extended: Extended,
}

/// A header.
pub(super) enum Head {
    /// It says more of the next one: with what it says.
    Extension(Header, Vec<u8>),
    /// It stands before a file, a folder, a link or a device.
    Entry(Entry),
}

/// What is said of a file, or of what is none.
pub(super) struct Entry {
    pub(super) header: Header,
    pub(super) name: String,
    /// Bytes that follow.
    pub(super) size: u64,
    /// Whether an extension says that.
    pub(super) sized: bool,
}

impl Entry {
    /// Whether it is a file.
    pub(super) fn is_file(&self) -> bool {
        matches!(self.header.entry_type(), EntryType::Regular | EntryType::Continuous)
    }

    fn is_sparse(&self) -> bool {
        self.header.entry_type() == EntryType::GNUSparse
    }
}

/// A file in it.
pub(super) struct TarMember<'t, R> {
    pub(super) name: String,
    /// With holes that are not in the stream.
    pub(super) sparse: bool,
    pub(super) content: Content<'t, R>,
}

/// The bytes of a file.
pub(super) struct Content<'t, R> {
    inner: Take<&'t mut R>,
    rest: &'t mut u64,
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        *self.rest = self.inner.limit();
        if count == 0 && *self.rest > 0 && !buffer.is_empty() {
            return Err(Damage::Truncated.into());
        }
        Ok(count)
    }
}

/// What extensions say of the file that follows them.
#[derive(Default)]
struct Extended {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<R: Read> Tar<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { stream, rest: 0, padding: 0, extended: Extended::default() }
    }

    /// The next file; folders, links and devices are passed over.
    pub(super) fn next(&mut self) -> io::Result<Option<TarMember<'_, R>>> {
        loop {
            match self.head()? {
                None => return Ok(None),
                Some(Head::Entry(entry)) if entry.is_file() || entry.is_sparse() => {
                    let sparse = entry.is_sparse();
                    return Ok(Some(TarMember { name: entry.name, sparse, content: self.content() }));
                }
                Some(_) => {}
            }
        }
    }

    /// The next header, whatever follows it.
    pub(super) fn head(&mut self) -> io::Result<Option<Head>> {
        self.skip()?;
        let Some(header) = self.header()? else { return Ok(None) };
        let size = header.entry_size().map_err(|_| corrupt())?;
        match header.entry_type() {
            EntryType::GNULongName => {
                let bytes = self.extension(size)?;
                let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
                self.extended.name = Some(bytes[..end].to_vec());
                Ok(Some(Head::Extension(header, bytes)))
            }
            EntryType::XHeader => {
                let bytes = self.extension(size)?;
                self.extended.take(&bytes)?;
                Ok(Some(Head::Extension(header, bytes)))
            }
            _ => {
                let Extended { name, size: extended } = std::mem::take(&mut self.extended);
                let name = name.unwrap_or_else(|| header.path_bytes().to_vec());
                let name = String::from_utf8_lossy(&name).into_owned();
                let (size, sized) = (extended.unwrap_or(size), extended.is_some());
                self.rest = size;
                self.padding = padding(size)?;
                Ok(Some(Head::Entry(Entry { header, name, size, sized })))
            }
        }
    }

    /// What follows the header of an entry.
    pub(super) fn content(&mut self) -> Content<'_, R> {
        Content { inner: (&mut self.stream).take(self.rest), rest: &mut self.rest }
    }

    /// Steps over what was not read of the last file.
    fn skip(&mut self) -> io::Result<()> {
        let wanted = std::mem::take(&mut self.rest).saturating_add(std::mem::take(&mut self.padding));
        let skipped = io::copy(&mut (&mut self.stream).take(wanted), &mut io::sink())?;
        if skipped < wanted { Err(Damage::Truncated.into()) } else { Ok(()) }
    }

    /// The next header; `None` at the block of zeros that ends the archive.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut block = [0; BLOCK];
        self.stream.read_exact(&mut block).map_err(early)?;
        if block == [0; BLOCK] {
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block);
        // The field of the sum itself counts as blanks.
        let sum: u32 =
            (0..).zip(block).map(|(at, byte)| u32::from(if (148..156).contains(&at) { b' ' } else { byte })).sum();
        if header.cksum().ok() != Some(sum) {
            return Err(corrupt());
        }
        Ok(Some(header.clone()))
    }

    fn extension(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > LONGEST_EXTENSION {
            return Err(corrupt());
        }
        let mut bytes = vec![0; size as usize];
        self.stream.read_exact(&mut bytes).map_err(early)?;
        self.padding = padding(size)?;
        Ok(bytes)
    }
}

impl Extended {
    fn take(&mut self, extensions: &[u8]) -> io::Result<()> {
        for extension in PaxExtensions::new(extensions) {
            let extension = extension.map_err(|_| corrupt())?;
            match extension.key_bytes() {
                b"path" => self.name = Some(extension.value_bytes().to_vec()),
                b"size" => {
                    let size = extension.value().ok().and_then(|text| text.parse().ok());
                    self.size = Some(size.ok_or_else(corrupt)?);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The bytes behind a file that fill its last block.
fn padding(size: u64) -> io::Result<u64> {
    size.checked_next_multiple_of(BLOCK as u64).map(|whole| whole - size).ok_or_else(corrupt)
}

fn corrupt() -> io::Error {
    Damage::Corrupt("a header of the tar archive is wrong".into()).into()
}

fn early(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof { Damage::Truncated.into() } else { error }
}
