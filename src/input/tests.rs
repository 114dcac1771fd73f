//! One expectation, a matrix of settings: however a source is compressed and cut, every line comes
//! once, with its offset and its number.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use tempfile::TempDir;

use super::count_newlines;
use super::{Layout, Origin, ReadSettings, Segment, Source, SourceRead, continuation::is_continuation, discover, read};
use crate::model::{Notice, Trouble};

mod archives;
mod damage;
mod discovery;
mod json;
mod long;
mod packed;

const SIZES: [usize; 5] = [1, 7, 64, 4096, 0];

/// A line or document as it was delivered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    offset: u64,
    line: u64,
    text: Vec<u8>,
    /// Whether a segment began with it.
    first: bool,
}

struct Outcome {
    pieces: Vec<Piece>,
    read: SourceRead,
    advanced: u64,
}

fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn source(path: &Path) -> Source {
    let path = path.to_path_buf();
    Source { path: path.display().to_string(), origin: Origin::File(path), size: None, modified: None, whole: None }
}

fn settings(segment_bytes: usize) -> ReadSettings {
    ReadSettings { segment_bytes, ..ReadSettings::default() }
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

fn run(path: &Path, settings: &ReadSettings, threads: usize) -> Outcome {
    let seen = Mutex::new(Vec::new());
    let advanced = AtomicU64::new(0);
    let visit = |segment: &Segment<'_>| {
        assert!(!segment.bytes.is_empty());
        let mut starts = Vec::new();
        match segment.layout {
            Layout::Lines => {
                let mut at = 0;
                for line in segment.bytes.split_inclusive(|byte| *byte == b'\n') {
                    starts.push((at, line.strip_suffix(b"\n").unwrap_or(line)));
                    at += line.len();
                }
            }
            Layout::Documents(ranges) => {
                starts.extend(ranges.iter().map(|range| (range.start, &segment.bytes[range.clone()])));
            }
        }
        let mut seen = seen.lock().unwrap();
        let (mut counted, mut newlines) = (0, 0);
        for (index, (at, text)) in starts.into_iter().enumerate() {
            newlines += count_newlines(&segment.bytes[counted..at]);
            counted = at;
            seen.push((segment.base, at as u64, newlines, text.to_vec(), index == 0));
        }
    };
    let advance = |bytes| {
        advanced.fetch_add(bytes, Ordering::Relaxed);
    };
    let mut reads = on_threads(threads, || read(&[source(path)], settings, &advance, &visit));
    let read = reads.remove(0);
    let mut pieces: Vec<Piece> = seen
        .into_inner()
        .unwrap()
        .into_iter()
        .map(|(base, at, newlines, text, first)| {
            let line = read.first_line(base) + newlines;
            Piece { offset: base + at, line, text, first }
        })
        .collect();
    pieces.sort();
    Outcome { pieces, read, advanced: advanced.into_inner() }
}

fn naive(text: &[u8]) -> Vec<(u64, u64, Vec<u8>)> {
    let mut offset = 0;
    text.split_inclusive(|byte| *byte == b'\n')
        .zip(1..)
        .map(|(line, number)| {
            let start = offset;
            offset += line.len() as u64;
            (start, number, line.strip_suffix(b"\n").unwrap_or(line).to_vec())
        })
        .collect()
}

fn lines(outcome: &Outcome) -> Vec<(u64, u64, Vec<u8>)> {
    outcome.pieces.iter().map(|piece| (piece.offset, piece.line, piece.text.clone())).collect()
}

fn codes(read: &SourceRead) -> Vec<&str> {
    codes_of(&read.notices)
}

fn codes_of(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.code.as_str()).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn xz(text: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    structured_zstd::encoding::compress_to_vec(text, structured_zstd::encoding::CompressionLevel::Fastest)
}

/// Checks one text over the matrix; `stored` is how it lies on disk.
fn check(text: &[u8], stored: &[u8], compression: Option<&str>) {
    let (_folder, path) = file(stored);
    let expected = naive(text);
    for size in SIZES {
        for threads in [1, 2] {
            let outcome = run(&path, &settings(size), threads);
            assert_eq!(lines(&outcome), expected, "segments of {size}, {threads} threads");
            assert_eq!(outcome.read.lines, expected.len() as u64, "segments of {size}");
            assert_eq!(outcome.read.bytes, text.len() as u64);
            assert_eq!(outcome.read.compression, compression);
            assert_eq!(outcome.advanced, stored.len() as u64);
            assert!(outcome.read.cuts.is_sorted());
            assert!(outcome.read.notices.is_empty(), "{:?}", outcome.read.notices);
        }
    }
}

type Encode = fn(&[u8]) -> Vec<u8>;

/// Checks one text as it is and in every compression, halved into two members.
fn check_everywhere(text: &[u8]) {
    check(text, text, None);
    let encoders: [(&str, Encode); 4] = [("gzip", gzip), ("bzip2", bzip2), ("xz", xz), ("zstd", zstd)];
    let half = text.len() / 2;
    for (name, encode) in encoders {
        check(text, &[encode(&text[..half]), encode(&text[half..])].concat(), Some(name));
    }
}

#[test]
fn every_line_comes_once_however_the_source_is_stored_and_cut() {
    for text in [
        "one\ntwo\nthree\n",
        "no final newline\nlast",
        "windows\r\nlines\r\n\r\nend\r\n",
        "\n\n\n",
        "x",
        "\u{feff}with a byte order mark\nsecond\n",
        "error: boom\n  at a\n  at b\nCaused by: c\nnext\n}\n]\nlast\n",
        "  begins with a continuation\n\tand another\n",
    ] {
        check_everywhere(text.as_bytes());
    }
    check_everywhere(b"torn\0\0\0 write\nbad \xff\xfe\xc3 bytes\n\xf0\x9f\nend");
    let long: Vec<String> = (0..3000).map(|number| format!("line {number} of a log that spans blocks\n")).collect();
    check_everywhere(long.concat().as_bytes());
}

#[test]
fn nothing_comes_of_an_empty_file() {
    check(b"", b"", None);
    check(b"", &gzip(b""), Some("gzip"));
    let (_folder, path) = file(b"");
    assert!(run(&path, &settings(0), 2).read.cuts.is_empty());
}

#[test]
fn utf16_is_transcoded_and_said() {
    let text = "erster Fehler ä𝄞\r\nzweiter\nlast".repeat(40);
    for big in [false, true] {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        let stored: Vec<u8> =
            units.flat_map(|unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
        let (_folder, path) = file(&stored);
        for size in SIZES {
            let outcome = run(&path, &settings(size), 2);
            assert_eq!(lines(&outcome), naive(text.as_bytes()));
            assert_eq!(codes(&outcome.read), ["utf16"]);
            assert_eq!(outcome.read.bytes, text.len() as u64);
        }
    }
}

#[test]
fn a_record_is_not_cut_off_its_continuation_lines() {
    let text: Vec<String> = (0..60)
        .map(|number| format!("record {number}\n{}", format!("    at frame {number}\n").repeat(number % 9)))
        .collect();
    let text = text.concat();
    for stored in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
        let (_folder, path) = file(&stored);
        for size in [1, 7, 64, 100, 333] {
            for piece in run(&path, &settings(size), 2).pieces.iter().filter(|piece| piece.first) {
                assert!(!is_continuation(&piece.text), "segments of {size} cut at line {}", piece.line);
            }
        }
    }
}

#[test]
fn a_run_of_continuation_lines_without_end_is_cut_but_never_lost_or_doubled() {
    let many = format!("dump\n{}next\n", "  0000: 00 00 00 00\n".repeat(2000));
    check(many.as_bytes(), many.as_bytes(), None);
    check(many.as_bytes(), &gzip(many.as_bytes()), Some("gzip"));
    let wide = format!("dump\n{}next\n", format!("  {}\n", "x".repeat(30_000)).repeat(9));
    check(wide.as_bytes(), &gzip(wide.as_bytes()), Some("gzip"));
    let (_folder, path) = file(wide.as_bytes());
    for size in [64, 4096, 70_000] {
        assert_eq!(lines(&run(&path, &settings(size), 2)), naive(wide.as_bytes()));
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_to_its_unterminated_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let found = discover(std::slice::from_ref(&path));
    assert_eq!((found.sources.len(), found.sources[0].size), (1, None));
    for threads in [1, 2] {
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| std::fs::write(&path, b"one\ntwo\nthe tail").unwrap());
            run(&path, &settings(4), threads)
        });
        assert_eq!(lines(&outcome), naive(b"one\ntwo\nthe tail"));
    }
}

#[test]
fn many_sources_keep_their_index() {
    let folder = tempfile::tempdir().unwrap();
    let sources: Vec<Source> = (0..40)
        .map(|number| {
            let path = folder.path().join(format!("{number:02}.log"));
            let text = format!("{number}\n").repeat(number);
            std::fs::write(&path, if number % 2 == 0 { text.into_bytes() } else { gzip(text.as_bytes()) }).unwrap();
            source(&path)
        })
        .collect();
    for threads in [1, 2] {
        let visit = |segment: &Segment<'_>| assert!(segment.bytes.starts_with(segment.source.to_string().as_bytes()));
        let reads = on_threads(threads, || read(&sources, &settings(9), &|_| (), &visit));
        for (number, read) in reads.iter().enumerate() {
            assert_eq!(read.lines, number as u64);
            assert!(read.notices.is_empty(), "{:?}", read.notices);
        }
    }
}

#[test]
fn a_panic_in_a_visit_costs_one_segment() {
    for stored in [b"aa\nbb\ncc\n".to_vec(), gzip(b"aa\nbb\ncc\n")] {
        let (_folder, path) = file(&stored);
        let seen = AtomicU64::new(0);
        let visit = |segment: &Segment<'_>| {
            assert!(!segment.bytes.starts_with(b"bb"), "a mistake");
            seen.fetch_add(1, Ordering::Relaxed);
        };
        let reads = on_threads(2, || read(&[source(&path)], &settings(3), &|_| (), &visit));
        assert_eq!(seen.into_inner(), 2);
        assert_eq!(reads[0].lines, 3);
        let notice = &reads[0].notices[0];
        assert_eq!((notice.code.as_str(), notice.trouble), ("internal-error", Trouble::Incomplete));
        assert!(notice.message.contains("bytes 3 to 6"), "{}", notice.message);
    }
}

/// Lines as logs have them: plain, empty, continued, with odd bytes.
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        "[a-z]{0,12}".prop_map(String::into_bytes),
        "( |\t|\\}|at |#1 )[a-z]{0,9}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>().prop_filter("text", |byte| *byte >= 0x20), 0..20),
        Just(b"\r".to_vec()),
    ];
    let text = (proptest::collection::vec(line, 0..60), any::<bool>()).prop_map(|(lines, ended)| {
        let mut text = b"head\n".to_vec();
        text.extend(lines.join(&b'\n'));
        if ended {
            text.push(b'\n');
        }
        text
    });
    // A few bytes of which many are control characters are skipped as binary data, and rightly.
    text.prop_filter("text", |text| crate::input::sniff::binary(text).is_none())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_text_in_any_segment_size_gives_the_same_lines(text in any_text(), size in 1_usize..200, threads in 1_usize..3) {
        let expected = naive(&text);
        for stored in [text.clone(), gzip(&text)] {
            let (_folder, path) = file(&stored);
            let outcome = run(&path, &settings(size), threads);
            prop_assert_eq!(lines(&outcome), expected.clone());
            for piece in outcome.pieces.iter().filter(|piece| piece.first) {
                prop_assert!(!is_continuation(&piece.text), "cut at line {}", piece.line);
            }
        }
    }
}
