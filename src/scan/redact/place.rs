//! Where a redacted file goes, and how it gets there: whole, or not at all.

use std::collections::BTreeSet;
use std::fs::{self, File, FileTimes, Metadata, Permissions};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{RedactOptions, RedactTo};
use crate::input::{Origin, Source};

/// The place of each source's result: `None` is the writer. What has no place is told why.
pub(super) fn of(
    sources: &[Source],
    options: &RedactOptions,
    rewritten: impl Fn(&str) -> String,
) -> Vec<Result<Option<PathBuf>, String>> {
    let folder = match &options.to {
        RedactTo::Writer if sources.len() > 1 => {
            let message = "standard output takes one input: name a folder with --output, or redact --in-place";
            return sources.iter().map(|_| Err(message.to_owned())).collect();
        }
        RedactTo::Writer => return sources.iter().map(|_| Ok(None)).collect(),
        RedactTo::InPlace => return sources.iter().map(own_place).collect(),
        RedactTo::Folder(folder) => folder,
    };
    let inputs: BTreeSet<PathBuf> = sources.iter().filter_map(|source| real(source).ok()).collect();
    let mut taken = BTreeSet::new();
    let mut place = |source: &Source| {
        let inner =
            below(source, &options.paths).iter().map(|part| rewritten(&part.to_string_lossy())).collect::<PathBuf>();
        let place = folder.join(inner);
        if !taken.insert(place.clone()) {
            return Err(format!("another input of that name goes to {}: redact them apart", place.display()));
        }
        if fs::canonicalize(&place).is_ok_and(|place| inputs.contains(&place)) {
            return Err("its result would overwrite an input: name another folder, or redact --in-place".into());
        }
        Ok(Some(place))
    };
    sources.iter().map(&mut place).collect()
}

/// Whether a source was only met because the folder that results go to lies in a folder that was named: it is a
/// result of an earlier run.
pub(super) fn is_result(source: &Source, options: &RedactOptions) -> bool {
    let RedactTo::Folder(folder) = &options.to else { return false };
    let (Ok(folder), Ok(path)) = (fs::canonicalize(folder), real(source)) else { return false };
    let named = |named: &PathBuf| {
        fs::canonicalize(named).is_ok_and(|named| named.starts_with(&folder) && path.starts_with(named))
    };
    path.starts_with(&folder) && !options.paths.iter().any(named)
}

fn own_place(source: &Source) -> Result<Option<PathBuf>, String> {
    if source.size.is_none() {
        return Err("it is no file that could be replaced: name a folder with --output".into());
    }
    real(source).map(Some).map_err(|error| format!("it cannot be replaced ({error})"))
}

/// What a source really is, behind links.
fn real(source: &Source) -> io::Result<PathBuf> {
    match &source.origin {
        Origin::File(path) => fs::canonicalize(path),
        Origin::Stdin => Err(io::Error::other("standard input has no place")),
        Origin::Member { archive, .. } => fs::canonicalize(archive),
    }
}

/// The path of a source below the folder that was named; of a file that was named, its own name.
fn below(source: &Source, named: &[PathBuf]) -> PathBuf {
    let path = match &source.origin {
        Origin::Stdin => return "stdin.log".into(),
        Origin::File(path) | Origin::Member { archive: path, .. } => path,
    };
    let folder = named.iter().filter(|folder| *folder != path && folder.is_dir() && path.starts_with(folder));
    let folder = folder.max_by_key(|folder| folder.components().count());
    let inner = folder.and_then(|folder| path.strip_prefix(folder).ok());
    let inner = inner.unwrap_or_else(|| path.file_name().map_or(path.as_path(), Path::new));
    inner.components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

/// What a redacted file keeps of its original.
pub(super) struct Kept {
    permissions: Option<Permissions>,
    times: Option<FileTimes>,
    metadata: Option<Metadata>,
}

impl Kept {
    pub(super) fn of(source: &Source) -> io::Result<Self> {
        let Origin::File(path) = &source.origin else {
            return Ok(Self { permissions: None, times: None, metadata: None });
        };
        let metadata = fs::metadata(path)?;
        // Times without a year are read by the time of the last change.
        let times = metadata.modified().ok().map(|time| FileTimes::new().set_modified(time));
        Ok(Self { permissions: Some(metadata.permissions()), times, metadata: Some(metadata) })
    }

    /// Gives the draft what is kept; of a file that is replaced, the owner too.
    fn give(&self, draft: &File, place: &Path) -> io::Result<()> {
        #[cfg(unix)]
        if let (Some(old), Ok(there)) = (&self.metadata, fs::metadata(place)) {
            use std::os::unix::fs::{MetadataExt, fchown};
            let new = draft.metadata()?;
            let replaced = (old.dev(), old.ino()) == (there.dev(), there.ino());
            if replaced && old.nlink() > 1 {
                let message = format!("it has {} hard links, and the others would keep its secrets", old.nlink());
                return Err(io::Error::other(message));
            }
            if replaced && (old.uid(), old.gid()) != (new.uid(), new.gid()) {
                fchown(draft, Some(old.uid()), Some(old.gid()))
                    .map_err(|error| io::Error::other(format!("its owner cannot be kept ({error})")))?;
            }
        }
        if let Some(permissions) = &self.permissions {
            draft.set_permissions(permissions.clone())?;
        }
        self.times.map_or(Ok(()), |times| draft.set_times(times))
    }
}

/// A file that is not there yet. Where the system can, it has no name until it is whole, so that nothing is left of
/// it when the program is killed.
pub(super) struct Draft {
    file: File,
    folder: PathBuf,
    /// Its name, where it needs one.
    named: Option<PathBuf>,
}

impl Draft {
    /// A draft in the folder of its place, readable by nobody else.
    pub(super) fn beside(place: &Path) -> io::Result<Self> {
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let folder = folder.to_path_buf();
        #[cfg(target_os = "linux")]
        if let Ok(file) = nameless(&folder) {
            return Ok(Self { file, folder, named: None });
        }
        let name = hidden(&folder, place);
        let mut how = File::options();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
        let file = how.read(true).write(true).create_new(true).open(&name)?;
        Ok(Self { file, folder, named: Some(name) })
    }

    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// The file alone, which is gone when it is closed.
    pub(super) fn into_file(self) -> io::Result<File> {
        // Where it needed a name, it is taken away from it here.
        self.file.try_clone()
    }

    /// Puts the draft in its place, in one step.
    pub(super) fn publish(mut self, place: &Path, kept: &Kept) -> io::Result<()> {
        kept.give(&self.file, place)?;
        self.file.sync_all()?;
        #[cfg(target_os = "linux")]
        if self.named.is_none() {
            let name = hidden(&self.folder, place);
            give_name(&self.file, &name)?;
            self.named = Some(name);
        }
        if let Some(name) = &self.named {
            fs::rename(name, place)?;
            self.named = None;
        }
        // The move itself is on the disk once the folder is.
        #[cfg(unix)]
        File::open(&self.folder)?.sync_all()?;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(name) = &self.named {
            // Nothing more can be done about a file that cannot be removed.
            drop(fs::remove_file(name));
        }
    }
}

/// A name that nobody looks at, beside the place.
fn hidden(folder: &Path, place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    folder.join(format!(".{name}.tokscan-{}", std::process::id()))
}

#[cfg(target_os = "linux")]
fn nameless(folder: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    Ok(File::from(open(folder, flags, Mode::RUSR | Mode::WUSR)?))
}

#[cfg(target_os = "linux")]
fn give_name(file: &File, name: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, linkat};
    let own = format!("/proc/self/fd/{}", file.as_raw_fd());
    match linkat(CWD, &own, CWD, name, AtFlags::SYMLINK_FOLLOW) {
        // Left by a run that was killed between the two steps, under the same process number: whole, and redacted.
        Err(rustix::io::Errno::EXIST) => {
            fs::remove_file(name)?;
            Ok(linkat(CWD, &own, CWD, name, AtFlags::SYMLINK_FOLLOW)?)
        }
        linked => Ok(linked?),
    }
}
