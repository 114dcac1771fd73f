//! Archives: the members of zip and tar files, plain or packed, also of archives inside archives.
//!
//! An archive is walked twice, in the same order: once to know its members, and once to read them. So a packed tar,
//! which can only be read from its beginning, is unpacked twice however many members it has, and nothing is ever
//! written to a disk. What an archive may cost is bounded; what lies beyond the bounds is said, never passed over.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zip::ZipArchive;

use super::open::{Budget, Text, guarded, read_at, stop_notice};
use super::sniff;
use super::tar::Tar;
use crate::model::{Notice, Trouble};

/// What one archive may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Archives inside each other, the outermost one included.
    pub(super) depth: usize,
    /// Members, those of inner archives included.
    pub(super) members: usize,
    /// Unpacked bytes are allowed so many times the packed ones.
    pub(super) ratio: u64,
    /// So many unpacked bytes are always allowed.
    pub(super) least: u64,
    /// Bytes of a zip inside another archive, which has to be held in memory.
    pub(super) inner: u64,
}

/// Logs pack to a twentieth; the densest packing of nothing but one letter is a thousandth.
pub(super) const LIMITS: Limits = Limits { depth: 4, members: 100_000, ratio: 200, least: 1 << 30, inner: 128 << 20 };

/// Names of skipped members that are told.
const NAMED: usize = 3;

/// A member that is text.
pub(super) struct Member<'t> {
    /// Its number among the members of the walk.
    pub(super) ordinal: usize,
    /// Its path in the archive; `!` stands behind an archive inside.
    pub(super) name: String,
    /// What it says.
    pub(super) text: Text<'t>,
}

/// What an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Tar,
}

pub(super) fn kind(head: &[u8]) -> Option<Kind> {
    match head {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Kind::Zip),
        _ if head.get(257..262) == Some(b"ustar") => Some(Kind::Tar),
        _ => None,
    }
}

/// How many bytes of a stream [`is_archive`] looks at.
pub const ARCHIVE_BYTES: usize = 262;

/// Whether a decoded stream that begins with `head` is an archive that can be walked.
pub fn is_archive(head: &[u8]) -> bool {
    kind(head).is_some()
}

/// Walks an archive: shows each member that is text with `ahead` bytes read ahead, and gives what is to be said.
pub(super) fn walk(
    path: &str,
    file: File,
    ahead: usize,
    limits: Limits,
    visit: &mut dyn FnMut(Member<'_>),
) -> Vec<Notice> {
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let allowed = limits.least.max(size.saturating_mul(limits.ratio));
    let left = Arc::new(AtomicU64::new(allowed));
    let mut walk = Walk {
        path,
        limits,
        ahead,
        allowed,
        left,
        members: 0,
        skipped: 0,
        named: Vec::new(),
        notices: Vec::new(),
        visit,
    };
    // What ended it early is in the notices.
    let _over: Result<(), Over> = walk.file(file);
    walk.finish()
}

/// The walk ends before the end of the archive; a notice says why.
struct Over;

struct Walk<'w> {
    path: &'w str,
    limits: Limits,
    ahead: usize,
    /// Unpacked bytes that are allowed, and how many of them are left.
    allowed: u64,
    left: Arc<AtomicU64>,
    members: usize,
    /// Members that are no text.
    skipped: u64,
    named: Vec<String>,
    notices: Vec<Notice>,
    visit: &'w mut dyn FnMut(Member<'_>),
}

impl Walk<'_> {
    fn file(&mut self, file: File) -> Result<(), Over> {
        let mut head = [0; 4];
        // What fails here fails again when the file is opened as text, and is reported there.
        let _ = read_at(&file, &mut head, 0);
        if kind(&head) == Some(Kind::Zip) {
            return self.zip(file, "", 1);
        }
        match Text::open_within(Box::new(file), self.ahead, &self.budget()) {
            Ok(text) => self.inside(text, "", 1),
            Err(error) => {
                self.unread("", &error);
                Ok(())
            }
        }
    }

    fn budget(&self) -> Budget {
        Budget(Arc::clone(&self.left))
    }

    /// An archive that can only be read from its beginning.
    fn inside(&mut self, text: Text<'_>, prefix: &str, depth: usize) -> Result<(), Over> {
        match kind(&text.reader.head) {
            Some(Kind::Zip) => {
                let mut bytes = Vec::new();
                let read = text.reader.take(self.limits.inner + 1).read_to_end(&mut bytes);
                if let Err(error) = read {
                    self.unread(prefix, &error);
                    return self.more();
                }
                if bytes.len() as u64 > self.limits.inner {
                    let most = self.limits.inner;
                    let why = format!("it is a zip of more than {most} bytes in another archive, and was not read");
                    self.say("archive-too-large", prefix, &why);
                    return Ok(());
                }
                self.zip(Cursor::new(bytes), prefix, depth)
            }
            Some(Kind::Tar) => self.tar(text, prefix, depth),
            None => Ok(()),
        }
    }

    fn zip<R: Read + Seek + Send>(&mut self, input: R, prefix: &str, depth: usize) -> Result<(), Over> {
        let mut archive = match ZipArchive::new(input) {
            Ok(archive) => archive,
            Err(error) => {
                let why = format!("its zip directory cannot be read ({error}), and none of its members was");
                self.say("damaged-input", prefix, &why);
                return Ok(());
            }
        };
        let claimed = archive.decompressed_size().unwrap_or(0);
        if claimed > u128::from(self.left.load(Ordering::Relaxed)) {
            return Err(self.too_large(prefix));
        }
        for index in 0..archive.len() {
            let name = archive.name_for_index(index).and_then(Result::ok).unwrap_or_default().into_owned();
            match archive.by_index(index) {
                Ok(member) if member.is_file() => {
                    let name = format!("{prefix}{}", String::from_utf8_lossy(member.name_raw()));
                    self.member(name, guarded(self.budget().over(member)), depth)?;
                }
                Ok(_) => {}
                Err(error) => self.unread(&format!("{prefix}{name}"), &io::Error::other(error.to_string())),
            }
        }
        Ok(())
    }

    fn tar(&mut self, text: Text<'_>, prefix: &str, depth: usize) -> Result<(), Over> {
        let mut tar = Tar::new(text.reader);
        loop {
            match tar.next() {
                Ok(Some(member)) => {
                    let name = format!("{prefix}{}", member.name);
                    if member.sparse {
                        self.unread(&name, &io::Error::other("a sparse file"));
                    } else {
                        self.member(name, Box::new(member.content), depth)?;
                    }
                }
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.unread(prefix, &error);
                    return self.more();
                }
            }
        }
    }

    fn member(&mut self, name: String, reader: Box<dyn Read + Send + '_>, depth: usize) -> Result<(), Over> {
        if self.members == self.limits.members {
            let why = format!("it has more than {} members, and those beyond were not read", self.limits.members);
            self.say("archive-too-large", "", &why);
            return Err(Over);
        }
        let ordinal = self.members;
        self.members += 1;
        let text = match Text::open_within(reader, self.ahead, &self.budget()) {
            Ok(text) => text,
            Err(error) => {
                self.unread(&name, &error);
                return self.more();
            }
        };
        if is_archive(&text.reader.head) {
            if depth == self.limits.depth {
                let why = format!("archives inside each other are read to the depth of {depth}, and it lies deeper");
                self.say("archive-too-deep", &name, &why);
                return Ok(());
            }
            return self.inside(text, &format!("{name}!"), depth + 1);
        }
        if sniff::binary(&text.reader.head).is_some() {
            self.skipped += 1;
            if self.named.len() < NAMED {
                self.named.push(name);
            }
            return Ok(());
        }
        (self.visit)(Member { ordinal, name, text });
        self.more()
    }

    /// Whether there may be more.
    fn more(&mut self) -> Result<(), Over> {
        if self.left.load(Ordering::Relaxed) == 0 { Err(self.too_large("")) } else { Ok(()) }
    }

    fn too_large(&mut self, name: &str) -> Over {
        let why = format!(
            "it unpacks to more than {} bytes, as only an archive does that is made to exhaust who unpacks it, and was \
             not read whole",
            self.allowed
        );
        self.say("archive-too-large", name, &why);
        Over
    }

    fn unread(&mut self, name: &str, error: &io::Error) {
        // What is left over when too much was unpacked is said once, by `more`.
        if self.left.load(Ordering::Relaxed) == 0 {
            return;
        }
        let path = self.named_as(name);
        let notice = stop_notice(&path, None, error, 0);
        let message = format!("it could not be read ({error}): unpack it and name what is inside");
        self.notices.push(Notice { message, trouble: Trouble::Incomplete, ..notice });
    }

    fn say(&mut self, code: &str, name: &str, why: &str) {
        let message = format!("{why}: unpack it and name what is inside");
        let path = self.named_as(name);
        self.notices.push(Notice::new(code, Some(&path), message, Trouble::Incomplete));
    }

    /// The path in reports of a member, or of the archive itself.
    fn named_as(&self, name: &str) -> String {
        let name = name.trim_end_matches('!');
        if name.is_empty() { self.path.to_owned() } else { format!("{}!{name}", self.path) }
    }

    fn finish(mut self) -> Vec<Notice> {
        if self.skipped > 0 {
            let more = if self.skipped > self.named.len() as u64 { ", …" } else { "" };
            let message = format!("members that are no text logs were skipped: {}{more}", self.named.join(", "));
            let notice = Notice::new("binary-skipped", Some(self.path), message, Trouble::Note);
            self.notices.push(Notice { count: self.skipped, ..notice });
        }
        self.notices
    }
}
