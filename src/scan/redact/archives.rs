//! Archives: zip and tar files whose texts are rewritten, and which are packed again as they were.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use super::encode::{Counted, Encoder};
use super::place::{Draft, Kept};
use super::{RedactTo, Run};
use crate::input::{self, Origin, Packed, Source};
use crate::model::{Notice, Trouble};

/// The archives among the sources, with the names of their members that are text.
#[derive(Default)]
pub(super) struct Archives(BTreeMap<PathBuf, Members>);

/// What is known of an archive.
#[derive(Default)]
pub(super) struct Members {
    texts: BTreeSet<String>,
    /// Whether something in it could not be read.
    unread: bool,
}

impl Archives {
    /// Takes the members out of the sources, and puts their archives in.
    pub(super) fn taken_from(sources: &mut Vec<Source>, notices: &[Notice]) -> Self {
        let mut archives = Self::default();
        let mut files: BTreeMap<PathBuf, Source> = BTreeMap::new();
        sources.retain(|source| {
            let Origin::Member { archive, .. } = &source.origin else { return true };
            let path = archive.to_string_lossy().into_owned();
            let name = source.path.strip_prefix(&path).and_then(|rest| rest.strip_prefix('!')).unwrap_or_default();
            let members = archives.0.entry(archive.clone()).or_default();
            members.texts.insert(name.to_owned());
            let inside =
                |path: &str, of: &str| path == of || path.strip_prefix(of).is_some_and(|rest| rest.starts_with('!'));
            members.unread = members.unread
                || notices.iter().any(|notice| {
                    notice.trouble == Trouble::Incomplete
                        && notice.path.as_ref().is_some_and(|said| inside(said, &path))
                });
            files.entry(archive.clone()).or_insert_with(|| Source {
                path,
                origin: Origin::File(archive.clone()),
                size: archive.metadata().ok().map(|metadata| metadata.len()),
                modified: source.modified,
                whole: None,
            });
            false
        });
        sources.extend(files.into_values());
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        archives
    }

    /// What is known of a source, if it is an archive.
    pub(super) fn get(&self, source: &Source) -> Option<&Members> {
        match &source.origin {
            Origin::File(path) => self.0.get(path),
            Origin::Stdin | Origin::Member { .. } => None,
        }
    }
}

impl Run<'_> {
    /// One archive. Only the writer of the caller can fail: what goes wrong with the archive is said.
    pub(super) fn archive(
        &mut self,
        source: &Source,
        members: &Members,
        place: Option<&Path>,
        out: &mut (dyn Write + Send),
    ) -> io::Result<()> {
        if members.unread {
            self.trouble("not-redacted", source, "not all of it could be read, and nothing was written for it");
            return Ok(());
        }
        let (counted, notices, mut draft) = match self.repacked(source, members, place) {
            Ok(done) => done,
            Err(error) => {
                self.trouble("not-redacted", source, format!("{error}; nothing was written for it"));
                return Ok(());
            }
        };
        let whole = notices.iter().all(|notice| notice.trouble == Trouble::Note);
        if !whole {
            self.done.notices.extend(notices);
            self.trouble("not-redacted", source, "not all of it could be rewritten, and nothing was written for it");
            return Ok(());
        }
        match place {
            None => {
                draft.file().rewind()?;
                io::copy(draft.file(), out)?;
            }
            // An archive without a secret stays as it is, to the byte.
            Some(_) if self.options.to == RedactTo::InPlace && counted.replaced == 0 => {}
            Some(place) => {
                if let Err(error) = Kept::of(source).and_then(|kept| draft.publish(place, &kept)) {
                    self.trouble("not-redacted", source, format!("{error}; nothing was written for it"));
                    return Ok(());
                }
            }
        }
        self.count(source, &counted, notices);
        Ok(())
    }

    /// The archive, packed again into a draft, which holds nothing but rewritten text and what is no text.
    fn repacked(
        &self,
        source: &Source,
        members: &Members,
        place: Option<&Path>,
    ) -> io::Result<(Counted, Vec<Notice>, Draft)> {
        let Origin::File(path) = &source.origin else { return Err(io::Error::other("it is no file")) };
        // What goes to a writer waits beside the archive, without a name.
        let near = place.unwrap_or(path);
        let mut draft = Draft::beside(near)?;
        let mut counted = Counted::default();
        let packed = Packed {
            path: &source.path,
            texts: &members.texts,
            settings: self.settings,
            spool: &|| Draft::beside(near)?.into_file(),
            encode: &|compression, file, write| {
                let mut encoder = Encoder::new(compression, None, file)?;
                write(&mut encoder)?;
                encoder.finish()
            },
        };
        let notices = input::repack(&packed, File::open(path)?, draft.file(), &mut |ordered, out| {
            let mut more = Counted::default();
            let said = self.copy(ordered, source, out, &mut more);
            counted.add(&more);
            said
        })?;
        Ok((counted, notices, draft))
    }
}
