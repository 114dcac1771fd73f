//! Which sources the paths on the command line stand for.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::archive::{self, LIMITS, Limits};
use super::open::{self, Text};
use super::sniff::{self, BINARY_BYTES};
use super::stream::binary_notice;
use super::{Discovery, Origin, Source};
use crate::model::{Notice, Trouble};

/// Finds the sources that `paths` name: files, folders (walked; hidden entries and symbolic links
/// to folders are skipped), globs that the shell did not expand, and `-` for standard input. Pipes
/// and devices are taken when named. Of an archive every text in it is a source. Binary files are left out. What could not be found or read is
/// a notice.
pub fn discover(paths: &[PathBuf]) -> Discovery {
    discover_within(paths, LIMITS)
}

/// The same, with other limits for archives.
pub(super) fn discover_within(paths: &[PathBuf], limits: Limits) -> Discovery {
    let mut finder = Finder { found: Vec::new(), notices: Vec::new(), limits };
    for path in paths {
        finder.argument(path);
    }
    finder.finish()
}

struct Finder {
    limits: Limits,
    found: Vec<Found>,
    notices: Vec<Notice>,
}

struct Found {
    source: Source,
    /// Whether the user named this very file.
    named: bool,
    /// Two names of one file have the same; others may, too.
    inode: (u64, u64),
}

/// What a walk leaves out, by kind.
#[derive(Default)]
struct Skipped {
    links: u64,
    special: u64,
}

impl Finder {
    fn argument(&mut self, path: &Path) {
        if path == Path::new("-") {
            let source = Source { path: "-".into(), origin: Origin::Stdin, size: None, modified: None, whole: None };
            self.found.push(Found { source, named: true, inode: (0, 0) });
            return;
        }
        match fs::metadata(path) {
            Ok(metadata) => self.existing(path, &metadata, true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.pattern(path),
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn existing(&mut self, path: &Path, metadata: &Metadata, named: bool) {
        if metadata.is_dir() {
            self.walk(path);
        } else {
            self.add(path, metadata, named);
        }
    }

    fn add(&mut self, path: &Path, metadata: &Metadata, named: bool) {
        let regular = metadata.is_file();
        let source = Source {
            path: path.to_string_lossy().into_owned(),
            origin: Origin::File(path.to_path_buf()),
            size: regular.then_some(metadata.len()),
            modified: metadata.modified().ok().filter(|_| regular),
            whole: None,
        };
        self.found.push(Found { source, named, inode: inode(metadata) });
    }

    /// A path that does not exist: a pattern, a dangling link, or a mistake.
    fn pattern(&mut self, path: &Path) {
        let text = path.to_str().filter(|text| text.contains(['*', '?', '[']));
        let Some(pattern) = text else {
            let why = if path.is_symlink() {
                "it is a link to something that does not exist: restore what it points to"
            } else {
                "there is no such file or folder: check the spelling and the working directory"
            };
            return self.note("not-found", path, why, Trouble::Incomplete);
        };
        let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
        let matches = match glob::glob_with(pattern, options) {
            Ok(matches) => matches,
            Err(error) => {
                let why = format!("it is not a valid pattern ({}): quote or correct it", error.msg);
                return self.note("not-found", path, &why, Trouble::Incomplete);
            }
        };
        let mut any = false;
        for entry in matches {
            any = true;
            match entry {
                Ok(found) => match fs::metadata(&found) {
                    Ok(metadata) => self.existing(&found, &metadata, false),
                    Err(error) => self.unreadable(&found, &error),
                },
                Err(error) => self.unreadable(error.path(), error.error()),
            }
        }
        if !any {
            let why = "no file matches this pattern: check the spelling and the working directory";
            self.note("not-found", path, why, Trouble::Incomplete);
        }
    }

    fn walk(&mut self, root: &Path) {
        let hidden = Cell::new(0);
        let mut skipped = Skipped::default();
        let entries = WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(|entry| {
            let keep = entry.depth() == 0 || !is_hidden(entry.file_name());
            hidden.set(hidden.get() + u64::from(!keep));
            keep
        });
        for entry in entries {
            match entry {
                Ok(entry) => self.walked(&entry, &mut skipped),
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_path_buf();
                    self.unreadable(&path, &error.into());
                }
            }
        }
        self.skipped("hidden-skipped", root, hidden.get(), "hidden files and folders were skipped; name those to scan");
        let links = "links to folders were not followed; name the folders to scan";
        self.skipped("link-skipped", root, skipped.links, links);
        let special = "pipes, sockets and devices were skipped; name those to read";
        self.skipped("special-skipped", root, skipped.special, special);
    }

    fn walked(&mut self, entry: &walkdir::DirEntry, skipped: &mut Skipped) {
        let kind = entry.file_type();
        if kind.is_dir() {
            return;
        }
        if !kind.is_file() && !kind.is_symlink() {
            skipped.special += 1;
            return;
        }
        match fs::metadata(entry.path()) {
            Ok(metadata) if metadata.is_file() => self.add(entry.path(), &metadata, false),
            Ok(metadata) if metadata.is_dir() => skipped.links += 1,
            Ok(_) => skipped.special += 1,
            Err(error) if kind.is_symlink() && error.kind() == io::ErrorKind::NotFound => {
                let why = "skipped, because it is a link to something that does not exist";
                self.note("not-found", entry.path(), why, Trouble::Note);
            }
            Err(error) => self.unreadable(entry.path(), &error),
        }
    }

    fn skipped(&mut self, code: &str, root: &Path, count: u64, what: &str) {
        if count > 0 {
            self.note(code, root, &format!("{count} {what}"), Trouble::Note);
            if let Some(notice) = self.notices.last_mut() {
                notice.count = count;
            }
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let why = match error.kind() {
            io::ErrorKind::PermissionDenied => "it may not be read: get the permission, or copy it".into(),
            _ => format!("it cannot be read ({error}): check the path and its permissions"),
        };
        self.note("unreadable", path, &why, Trouble::Incomplete);
    }

    fn note(&mut self, code: &str, path: &Path, why: &str, trouble: Trouble) {
        let path = path.to_string_lossy();
        self.notices.push(Notice::new(code, Some(&path), why, trouble));
    }

    fn finish(mut self) -> Discovery {
        let mut found = std::mem::take(&mut self.found);
        // Of two names of one file the first in this order stays, whatever the order of arguments.
        found.sort_by(|a, b| (&a.source.path, !a.named).cmp(&(&b.source.path, !b.named)));
        keep_one_name_each(&mut found);
        // Of ten thousand small files looking at their beginnings is most of the work.
        let (limits, room) = (self.limits, Held::default());
        let looked: Vec<(Vec<Source>, Vec<Notice>)> =
            found.into_par_iter().map(|found| look(limits, found, &room)).collect();
        let (sources, notices): (Vec<_>, Vec<_>) = looked.into_iter().unzip();
        let mut sources = sources.concat();
        self.notices.extend(notices.into_iter().flatten());
        // Members of an archive are found in its own order; of two of one name the first stays the first.
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        self.notices.sort();
        self.notices.dedup();
        Discovery { sources, notices: self.notices }
    }

    /// The source, unless it cannot be opened or is no text; of an archive its members. What a stream is shows when it
    /// is read.
    fn texts(&mut self, found: Found, room: &Held) -> Vec<Source> {
        let Found { source, named, .. } = found;
        let Origin::File(path) = &source.origin else { return vec![source] };
        if source.size.is_none() {
            return vec![source];
        }
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) => {
                self.unreadable(path, &error);
                return Vec::new();
            }
        };
        // What fails here fails again when it is read, and is reported there.
        let Ok((head, plain)) = head_of(&file, source.size.unwrap_or(0)) else { return vec![source] };
        if archive::is_archive(&head) {
            return self.members(&source, path, file);
        }
        let Some(kind) = sniff::binary(&head) else {
            let whole = Some(head).filter(|head| plain && source.size == Some(head.len() as u64) && room.admit(head));
            return vec![Source { whole: whole.map(Arc::from), ..source }];
        };
        self.notices.push(binary_notice(&source.path, kind, named));
        Vec::new()
    }

    /// The texts in an archive.
    fn members(&mut self, source: &Source, path: &Path, mut file: File) -> Vec<Source> {
        let mut members = Vec::new();
        let notices = match file.rewind() {
            Ok(()) => archive::walk(&source.path, file, BINARY_BYTES, self.limits, &mut |member| {
                members.push(Source {
                    path: format!("{}!{}", source.path, member.name),
                    origin: Origin::Member { archive: path.to_path_buf(), ordinal: member.ordinal },
                    size: None,
                    modified: source.modified,
                    whole: None,
                });
            }),
            Err(error) => {
                self.unreadable(path, &error);
                Vec::new()
            }
        };
        self.notices.extend(notices);
        members
    }
}

/// What stands behind a name, and what must be said of it.
fn look(limits: Limits, found: Found, room: &Held) -> (Vec<Source>, Vec<Notice>) {
    let mut finder = Finder { limits, found: Vec::new(), notices: Vec::new() };
    let sources = finder.texts(found, room);
    (sources, finder.notices)
}

/// The small files that are held: of ten thousand of them, to open each a second time is most of the work.
#[derive(Default)]
struct Held(AtomicUsize);

impl Held {
    /// Bytes of all of them together.
    const MOST: usize = 16 << 20;

    /// Whether there is room for one more.
    fn admit(&self, bytes: &[u8]) -> bool {
        self.0.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len() <= Self::MOST
    }
}

/// The beginning of a file's text, and whether it is text as it lies there. Most files are: of those one read is enough.
fn head_of(mut file: &File, size: u64) -> io::Result<(Vec<u8>, bool)> {
    let head = open::beginning(file, BINARY_BYTES, size)?;
    if sniff::compression(&head).is_none() && sniff::utf16(&head).is_none() {
        return Ok((head, true));
    }
    // Where reading at an offset moves the file's own position.
    file.rewind()?;
    Ok((Text::open(Box::new(file), &|_| (), BINARY_BYTES)?.reader.head, false))
}

/// Leaves of several names of one source the first. To ask where a name leads takes as long as to read a small file, so
/// it is asked of those alone that may lead to the same.
fn keep_one_name_each(found: &mut Vec<Found>) {
    let mut counts: HashMap<(u64, u64), usize> = HashMap::new();
    for one in found.iter() {
        *counts.entry(one.inode).or_default() += 1;
    }
    let mut seen = HashSet::new();
    found.retain(|one| counts[&one.inode] == 1 || seen.insert(identity(&one.source)));
}

/// The device and number of a file, where the system has them; otherwise all are the same.
#[cfg(unix)]
fn inode(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// The device and number of a file, where the system has them; otherwise all are the same.
#[cfg(not(unix))]
fn inode(_metadata: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// What makes two names one source: the file behind them.
fn identity(source: &Source) -> PathBuf {
    match &source.origin {
        Origin::Stdin => PathBuf::from("-"),
        Origin::File(path) if source.size.is_some() => fs::canonicalize(path).unwrap_or_else(|_| path.clone()),
        Origin::File(path) => path.clone(),
        Origin::Member { .. } => PathBuf::from(&source.path),
    }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}
