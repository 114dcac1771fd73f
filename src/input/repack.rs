//! An archive that is written again, with the text of some of its members changed.
//!
//! What is no text is copied as it is. Archives inside of archives are not written again: where one holds text, the
//! whole archive is refused.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, Write};

use zip::read::ZipFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::archive::{self, Kind};
use super::open::{Text, guarded, read_at};
use super::sniff::BINARY_BYTES;
use super::tar::{Entry, Head, Tar};
use super::{Ordered, ReadSettings};
use crate::model::Notice;

/// From this size on a member may grow beyond what the short form of its size can say.
const LARGE: u64 = 1 << 31;
/// The blocks that end a tar archive.
const TAR_END: [u8; 1024] = [0; 1024];

/// What is to be done with an archive.
pub struct Packed<'p> {
    /// Its path in reports.
    pub path: &'p str,
    /// The members that are text, by their names in it.
    pub texts: &'p BTreeSet<String>,
    /// How they are read.
    pub settings: ReadSettings,
    /// Where the text of a member may wait until it is whole: files that nobody else sees.
    pub spool: &'p dyn Fn() -> io::Result<File>,
    /// Opens what the archive is written to, in a compression.
    pub encode: Encode<'p>,
}

/// Runs what it is given with a writer that compresses.
pub type Encode<'p> =
    &'p dyn Fn(Option<&str>, &mut File, &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()>;

/// Writes a text again, and tells what was not read whole.
pub type Change<'c> = &'c mut dyn FnMut(Ordered<'_>, &mut dyn Write) -> io::Result<Vec<Notice>>;

/// Writes an archive again; what a member cannot be read or written for is a notice, and then the result is of no use.
pub fn repack(packed: &Packed<'_>, from: File, to: &mut File, change: Change<'_>) -> io::Result<Vec<Notice>> {
    let mut notices = Vec::new();
    let mut head = [0; 4];
    read_at(&from, &mut head, 0)?;
    if archive::kind(&head) == Some(Kind::Zip) {
        packed.zip(from, to, change, &mut notices)?;
        return Ok(notices);
    }
    let text = Text::open_exactly(Box::new(from), BINARY_BYTES)?;
    if archive::kind(&text.reader.head) != Some(Kind::Tar) {
        return Err(io::Error::other("it has changed, and is a zip or tar archive no more"));
    }
    let compression = text.compression;
    let mut tar = Tar::new(text.reader);
    (packed.encode)(compression, to, &mut |out| packed.tar(&mut tar, out, change, &mut notices))?;
    Ok(notices)
}

impl Packed<'_> {
    /// Whether a member is text; an error where it is an archive that holds text.
    fn is_text(&self, name: &str) -> io::Result<bool> {
        let inner = format!("{name}!");
        if self.texts.range(inner.clone()..).next().is_some_and(|text| text.starts_with(&inner)) {
            let why = format!("{name} is an archive inside of it: unpack it and redact what is inside");
            return Err(io::Error::other(why));
        }
        Ok(self.texts.contains(name))
    }

    fn changed(
        &self,
        name: &str,
        reader: Box<dyn Read + Send + '_>,
        out: &mut dyn Write,
        change: Change<'_>,
    ) -> io::Result<Vec<Notice>> {
        match Ordered::within(&format!("{}!{name}", self.path), reader, self.settings) {
            Ok(ordered) => change(ordered, out),
            Err(notice) => Ok(vec![notice]),
        }
    }

    fn zip(&self, from: File, to: &mut File, change: Change<'_>, notices: &mut Vec<Notice>) -> io::Result<()> {
        let mut archive = ZipArchive::new(from)?;
        let mut out = ZipWriter::new(to);
        out.set_raw_comment(archive.comment().into())?;
        for index in 0..archive.len() {
            let raw = archive.by_index_raw(index)?;
            let name = String::from_utf8_lossy(raw.name_raw()).into_owned();
            if !raw.is_file() || !self.is_text(&name)? {
                out.raw_copy_file(raw)?;
                continue;
            }
            let options = options(&raw);
            drop(raw);
            out.start_file(name.as_str(), options)?;
            let member = guarded(archive.by_index(index)?);
            notices.extend(self.changed(&name, member, &mut out, change)?);
        }
        out.finish()?;
        Ok(())
    }

    fn tar<R: Read + Send>(
        &self,
        tar: &mut Tar<R>,
        out: &mut dyn Write,
        change: Change<'_>,
        notices: &mut Vec<Notice>,
    ) -> io::Result<()> {
        while let Some(head) = tar.head()? {
            let Entry { mut header, name, size, sized } = match head {
                Head::Extension(header, bytes) => {
                    out.write_all(header.as_bytes())?;
                    out.write_all(&bytes)?;
                    fill(out, bytes.len() as u64)?;
                    continue;
                }
                Head::Entry(entry) if !entry.is_file() || !self.is_text(&entry.name)? => {
                    out.write_all(entry.header.as_bytes())?;
                    io::copy(&mut tar.content(), out)?;
                    fill(out, entry.size)?;
                    continue;
                }
                Head::Entry(entry) => entry,
            };
            if sized {
                return Err(io::Error::other(format!(
                    "{name} has its size of {size} bytes in an extension: unpack it"
                )));
            }
            let mut spool = (self.spool)()?;
            notices.extend(self.changed(&name, Box::new(tar.content()), &mut spool, change)?);
            let size = spool.stream_position()?;
            spool.rewind()?;
            header.set_size(size);
            header.set_cksum();
            out.write_all(header.as_bytes())?;
            io::copy(&mut spool.take(size), out)?;
            fill(out, size)?;
        }
        out.write_all(&TAR_END)
    }
}

/// A member is written as it was, where it can be.
fn options<R: Read>(member: &ZipFile<'_, R>) -> SimpleFileOptions {
    let options = member.options().large_file(member.size() >= LARGE);
    match member.compression() {
        CompressionMethod::Stored => options,
        _ => options.compression_method(CompressionMethod::Deflated),
    }
}

/// Fills the last block of a file in a tar archive.
fn fill(out: &mut dyn Write, size: u64) -> io::Result<()> {
    let missing = (512 - size % 512) % 512;
    out.write_all(&TAR_END[..missing as usize])
}
