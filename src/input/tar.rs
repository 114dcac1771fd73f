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
        Self { stream, rest: 0, padding: 0 }
    }

    /// The next file; folders, links and devices are passed over.
    pub(super) fn next(&mut self) -> io::Result<Option<TarMember<'_, R>>> {
        let mut extended = Extended::default();
        loop {
            self.skip()?;
            let Some(header) = self.header()? else { return Ok(None) };
            let size = header.entry_size().map_err(|_| corrupt())?;
            match header.entry_type() {
                EntryType::GNULongName => {
                    let mut name = self.extension(size)?;
                    name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
                    extended.name = Some(name);
                }
                EntryType::XHeader => extended.take(&self.extension(size)?)?,
                entry => {
                    let name = extended.name.take().unwrap_or_else(|| header.path_bytes().to_vec());
                    let size = extended.size.take().unwrap_or(size);
                    self.rest = size;
                    self.padding = padding(size)?;
                    let sparse = entry == EntryType::GNUSparse;
                    if sparse || matches!(entry, EntryType::Regular | EntryType::Continuous) {
                        let name = String::from_utf8_lossy(&name).into_owned();
                        let content = Content { inner: (&mut self.stream).take(size), rest: &mut self.rest };
                        return Ok(Some(TarMember { name, sparse, content }));
                    }
                }
            }
        }
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
