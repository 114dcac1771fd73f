//! From arguments to sources.

use std::path::{Path, PathBuf};

use super::{codes_of, gzip};
use crate::input::{Discovery, Origin, discover};
use crate::model::Trouble;

fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir_all(root.join("sub/.git")).unwrap();
    for (name, text) in [
        ("b.log", b"b\n".as_slice()),
        ("a.log", b"a\n"),
        ("sub/c.txt", b"c\n"),
        (".hidden", b"h\n"),
        ("sub/.git/x", b"x\n"),
    ] {
        std::fs::write(root.join(name), text).unwrap();
    }
    std::fs::write(root.join("sub/program"), b"\x7fELF\x02\x01\x01").unwrap();
    folder
}

fn names(found: &Discovery, root: &Path) -> Vec<String> {
    let prefix = format!("{}/", root.display());
    found.sources.iter().map(|source| source.path.replace(&prefix, "")).collect()
}

#[test]
fn a_folder_is_walked_without_hidden_and_binary_files() {
    let folder = tree();
    let found = discover(&[folder.path().to_path_buf()]);
    assert_eq!(names(&found, folder.path()), ["a.log", "b.log", "sub/c.txt"]);
    assert_eq!(codes_of(&found.notices), ["binary-skipped", "hidden-skipped"]);
    assert!(found.notices.iter().all(|notice| notice.trouble == Trouble::Note));
    assert_eq!(found.notices[1].count, 2);
    assert!(found.notices[1].message.contains("2 hidden"), "{}", found.notices[1].message);
    assert_eq!(found.sources[0].size, Some(2));
    assert!(found.sources[0].modified.is_some());
}

#[test]
fn globs_and_names_are_one_list_without_duplicates() {
    let folder = tree();
    let path = |name: &str| folder.path().join(name);
    let arguments = [path("*.log"), path("b.log"), path("./a.log"), PathBuf::from("-"), PathBuf::from("-")];
    let found = discover(&arguments);
    assert_eq!(found.sources.len(), 3, "{:?}", found.sources);
    assert_eq!(found.sources[0].origin, Origin::Stdin);
    assert!(found.notices.is_empty());
    let mut reversed = arguments;
    reversed.reverse();
    let paths = |found: &Discovery| found.sources.iter().map(|source| source.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&discover(&reversed)), paths(&found));
}

#[test]
fn a_file_whose_name_looks_like_a_glob_is_that_file() {
    let folder = tree();
    let odd = folder.path().join("[x]*.log");
    std::fs::write(&odd, "odd\n").unwrap();
    let found = discover(&[odd]);
    assert_eq!(names(&found, folder.path()), ["[x]*.log"]);
}

#[test]
fn what_is_not_there_is_said() {
    let folder = tree();
    for name in ["missing.log", "missing-*.log", "a[.log"] {
        let found = discover(&[folder.path().join(name)]);
        assert!(found.sources.is_empty());
        assert_eq!(codes_of(&found.notices), ["not-found"], "{name}");
        assert_eq!(found.notices[0].trouble, Trouble::Incomplete);
        assert!(found.notices[0].message.contains("check") || found.notices[0].message.contains("correct"));
    }
}

#[test]
fn binary_files_are_told_after_decompression() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("packed.gz");
    std::fs::write(&path, gzip(b"\x89PNG\r\n\x1a\n")).unwrap();
    let found = discover(&[path]);
    assert!(found.sources.is_empty());
    assert_eq!(codes_of(&found.notices), ["binary-skipped"]);
    assert!(found.notices[0].message.contains("named but skipped"), "{}", found.notices[0].message);
    assert!(found.notices[0].message.contains("PNG"));
}

#[cfg(unix)]
#[test]
fn links_to_files_are_read_once_and_links_to_folders_are_not_followed() {
    use std::os::unix::fs::symlink;
    let folder = tree();
    let root = folder.path();
    symlink(root.join("a.log"), root.join("current.log")).unwrap();
    symlink(root, root.join("loop")).unwrap();
    symlink(root.join("nowhere"), root.join("dangling.log")).unwrap();
    let found = discover(&[root.to_path_buf()]);
    assert_eq!(names(&found, root), ["a.log", "b.log", "sub/c.txt"]);
    assert_eq!(codes_of(&found.notices), ["binary-skipped", "hidden-skipped", "link-skipped", "not-found"]);
    assert!(found.notices.iter().all(|notice| notice.trouble == Trouble::Note));
}

#[cfg(unix)]
#[test]
fn devices_are_streams() {
    let found = discover(&[PathBuf::from("/dev/null")]);
    assert_eq!(found.sources.len(), 1);
    assert_eq!(found.sources[0].size, None);
}
