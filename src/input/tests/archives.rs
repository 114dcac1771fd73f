//! Archives: every line of every text in them, once and under its name; and what they may cost.

use std::fs::File;
use std::io::{self, Cursor, Write};
use std::path::Path;
use std::sync::Mutex;

use zip::write::SimpleFileOptions;

use super::super::archive::{LIMITS, Limits, walk};
use super::super::discover::discover_within;
use super::super::{Discovery, Segment};
use super::{file, gzip, read, settings, zstd};
use crate::model::Trouble;

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (at, (name, bytes)) in members.iter().enumerate() {
        let method = if at % 2 == 0 { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// Everything in the files of a folder, as `path:line text`, and the codes of what was said.
fn told(folder: &Path, limits: Limits) -> (Vec<String>, Vec<String>) {
    let Discovery { sources, notices } = discover_within(&[folder.to_path_buf()], limits);
    let seen = Mutex::new(Vec::new());
    let reads = read(&sources, &settings(64), &|_| (), &|segment: &Segment<'_>| {
        seen.lock().unwrap().push((segment.source, segment.base, segment.bytes.to_vec()));
    });
    let mut lines = Vec::new();
    for (source, base, bytes) in seen.into_inner().unwrap() {
        let path = sources[source].path.strip_prefix(&format!("{}/", folder.display())).unwrap();
        for (number, line) in (reads[source].first_line(base)..).zip(String::from_utf8_lossy(&bytes).lines()) {
            lines.push(format!("{path}:{number} {line}"));
        }
    }
    lines.sort();
    let all = notices.iter().chain(reads.iter().flat_map(|read| &read.notices));
    let codes = all.map(|notice| format!("{} {:?} {}", notice.code, notice.trouble, notice.count)).collect();
    (lines, codes)
}

fn of(name: &str, bytes: &[u8], limits: Limits) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    told(folder.path(), limits)
}

#[test]
fn every_line_of_every_member_comes_once_under_its_name() {
    let text: &[u8] = b"one\ntwo\n";
    let long = format!("{}/deep.log", "folder/".repeat(40));
    let members: [(&str, &[u8]); 4] = [("a.log", text), ("in/b.log", text), (&long, b"three"), ("c.log", b"")];
    let wanted = |name: &str| {
        let mut lines: Vec<String> =
            ["a.log:1 one", "a.log:2 two", "in/b.log:1 one", "in/b.log:2 two", &format!("{long}:1 three")]
                .iter()
                .map(|line| format!("{name}!{line}"))
                .collect();
        lines.sort();
        lines
    };
    for bytes in [zip(&members), tar(&members), gzip(&tar(&members)), zstd(&tar(&members)), gzip(&zip(&members))] {
        assert_eq!(of("x.bin", &bytes, LIMITS), (wanted("x.bin"), Vec::new()));
    }
    // One inside another, and a packed log in it.
    let packed = gzip(text);
    let inner = [("x.zip", zip(&members)), ("y.tar.gz", gzip(&tar(&[("d.log.gz", &packed)])))];
    let inner: Vec<(&str, &[u8])> = inner.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let mut lines = wanted("o!x.zip");
    lines.extend(["o!y.tar.gz!d.log.gz:1 one", "o!y.tar.gz!d.log.gz:2 two"].map(str::to_owned));
    for bytes in [zip(&inner), gzip(&tar(&inner))] {
        assert_eq!(of("o", &bytes, LIMITS), (lines.clone(), Vec::new()));
    }
}

#[test]
fn what_is_no_text_is_counted_and_named_and_two_of_one_name_are_two() {
    let members: [(&str, &[u8]); 4] =
        [("a.log", b"one"), ("a.png", b"\x89PNG\r\n"), ("b", b"\x7fELF\x02"), ("a.log", b"two")];
    let (lines, codes) = of("x.tar", &tar(&members), LIMITS);
    assert_eq!(lines, ["x.tar!a.log:1 one", "x.tar!a.log:1 two"]);
    assert_eq!(codes, ["binary-skipped Note 2"]);
}

#[test]
fn what_an_archive_may_cost_is_bounded_and_said() {
    let least = Limits { least: 1 << 20, ratio: 1, ..LIMITS };
    let zeros = vec![b'0'; 1 << 19];
    let bomb: [(&str, &[u8]); 3] = [("a.log", &zeros), ("b.log", &zeros), ("c.log", &zeros)];
    let said = "archive-too-large Incomplete 1".to_owned();
    // A zip says how much it holds, and nothing of it is read.
    assert_eq!(of("x.zip", &zip(&bomb), least), (Vec::new(), vec![said.clone()]));
    // A packed tar does not; what precedes the limit is read.
    let (lines, codes) = of("x.tgz", &gzip(&tar(&bomb)), least);
    assert!(!lines.is_empty() && codes.contains(&said), "{codes:?}");
    // A member that is packed itself costs what it unpacks to.
    let packed = gzip(&vec![b'0'; 3 << 20]);
    let (_folder, path) = file(&zip(&[("a.gz", &packed)]));
    let mut stopped = false;
    let notices = walk("a.log", File::open(path).unwrap(), 64, least, &mut |mut member| {
        stopped = io::copy(&mut member.text.reader, &mut io::sink()).is_err();
    });
    assert!(stopped && notices.len() == 1 && notices[0].code == "archive-too-large", "{notices:?}");
    assert_eq!(of("x.tar", &tar(&bomb), least).1, Vec::<String>::new(), "what is not packed costs nothing");

    let few: [(&str, &[u8]); 3] = [("a.log", b"one"), ("b.log", b"two"), ("c.log", b"three")];
    let (lines, codes) = of("x.tar", &tar(&few), Limits { members: 2, ..LIMITS });
    assert_eq!((lines.len(), codes), (2, vec![said.clone()]));
    // A refused archive does not cost what stands behind it.
    let (_folder, path) = file(&tar(&[("in.zip", &zip(&few)), ("d.log", b"four")]));
    let Discovery { sources, notices } = discover_within(&[path], Limits { inner: 9, ..LIMITS });
    assert!(sources.len() == 1 && sources[0].path.ends_with("!d.log"), "{sources:?}");
    assert!(notices.len() == 1 && notices[0].code == "archive-too-large", "{notices:?}");
    let deep = zip(&[("b.zip", &zip(&[("c.zip", &zip(&few))]))]);
    let (lines, codes) = of("a.zip", &deep, Limits { depth: 2, ..LIMITS });
    assert_eq!((lines.len(), codes), (0, vec!["archive-too-deep Incomplete 1".to_owned()]));
    assert_eq!(of("a.zip", &deep, LIMITS).0.len(), 3);
}

#[test]
fn damage_is_said_and_the_rest_is_read() {
    let text = "a line of some log\n".repeat(2000);
    let members: [(&str, &[u8]); 2] = [("a.log", text.as_bytes()), ("b.log", b"two")];
    let whole = zip(&members);
    let (lines, codes) = of("x.zip", &whole[..whole.len() / 2], LIMITS);
    assert_eq!((lines.len(), codes.as_slice()), (0, ["damaged-input Incomplete 1".to_owned()].as_slice()));
    // A flipped byte in the first member does not cost the second.
    let mut flipped = whole;
    flipped[60] ^= 0xff;
    let (lines, codes) = of("x.zip", &flipped, LIMITS);
    assert!(lines.contains(&"x.zip!b.log:1 two".to_owned()), "{lines:?}");
    assert!(codes.contains(&"damaged-input Incomplete 1".to_owned()), "{codes:?}");
    // Nor does a method that nobody knows: 97 in both of its headers.
    let mut unknown = zip(&members);
    let central = memchr::memmem::find(&unknown, b"PK\x01\x02").unwrap();
    (unknown[8], unknown[central + 10]) = (97, 97);
    let (lines, codes) = of("x.zip", &unknown, LIMITS);
    assert_eq!(lines, ["x.zip!b.log:1 two"]);
    assert_eq!(codes, ["damaged-input Incomplete 1"]);

    let whole = tar(&members);
    for cut in [700, 512 + text.len() + 600, whole.len() - 1024] {
        let (lines, codes) = of("x.tar", &whole[..cut], LIMITS);
        assert!(!lines.is_empty() && codes.iter().any(|code| code.starts_with("truncated-input")), "{cut}: {codes:?}");
        assert!(codes.iter().all(|code| code.contains(&format!("{:?}", Trouble::Incomplete))), "{codes:?}");
    }
    let mut flipped = whole;
    let second = flipped.len() - 1024 - 1024;
    flipped[second] ^= 0xff;
    let (lines, codes) = of("x.tar", &flipped, LIMITS);
    assert_eq!((lines.len(), codes), (2000, vec!["damaged-input Incomplete 1".to_owned()]));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_archive_breaks_it(at in 0usize..2000, byte in proptest::num::u8::ANY, cut in 0usize..4000, tarred: bool) {
        let members: [(&str, &[u8]); 3] = [("a.log", b"one\n"), ("in/b.log", b"two"), ("c.log", &[b'x'; 700])];
        let mut bytes = if tarred { tar(&members) } else { zip(&members) };
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(cut.max(8));
        of("x.bin", &bytes, LIMITS);
    }
}
