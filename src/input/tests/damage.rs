//! Damaged, truncated and changing inputs: what can be read is read, and the rest is said.

use proptest::prelude::*;

use super::{bzip2, codes, file, gzip, lines, naive, run, settings, xz, zstd};
use crate::model::Trouble;

/// Text that does not compress to nothing.
fn text() -> Vec<u8> {
    let mut state = 1_u64;
    let mut text = Vec::new();
    for number in 0..40_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.extend_from_slice(format!("{number} {state:016x}\n").as_bytes());
    }
    text
}

#[test]
fn what_precedes_the_end_of_a_cut_off_stream_is_delivered() {
    let text = text();
    // bzip2 decodes block by block, zstd too; the others come to within a few bytes of the cut.
    for (stored, least) in [(gzip(&text), 48), (bzip2(&text), 0), (xz(&text), 40), (zstd(&text), 30)] {
        let (_folder, path) = file(&stored[..stored.len() / 2]);
        let outcome = run(&path, &settings(4096), 2);
        let read: Vec<u8> = outcome.pieces.iter().flat_map(|piece| [piece.text.as_slice(), b"\n"].concat()).collect();
        assert!(text.starts_with(&read[..read.len() - usize::from(!read.is_empty())]));
        assert!(
            outcome.read.bytes as usize >= text.len() * least / 100,
            "{:?}: {}",
            outcome.read.compression,
            outcome.read.bytes
        );
        assert_eq!(codes(&outcome.read), ["truncated-input"]);
        let notice = &outcome.read.notices[0];
        assert_eq!(notice.trouble, Trouble::Incomplete);
        assert!(notice.message.contains(&format!("at decoded byte {}", outcome.read.bytes)), "{}", notice.message);
    }
}

#[test]
fn a_flipped_byte_is_damage() {
    let text = text();
    for mut stored in [gzip(&text), bzip2(&text), xz(&text)] {
        let middle = stored.len() / 2;
        stored[middle..middle + 8].copy_from_slice(&[0xff; 8]);
        let (_folder, path) = file(&stored);
        let outcome = run(&path, &settings(0), 1);
        assert_eq!(codes(&outcome.read), ["damaged-input"], "{:?}", outcome.read.compression);
        assert_eq!(outcome.read.notices[0].trouble, Trouble::Incomplete);
    }
}

#[test]
fn what_follows_a_whole_stream_is_ignored_with_a_note() {
    for (stored, tail) in [
        (gzip(b"one\ntwo\n"), b"\0\0\0\0\0".as_slice()),
        (gzip(b"one\ntwo\n"), b"garbage"),
        (zstd(b"one\ntwo\n"), b"garbage"),
        (bzip2(b"one\ntwo\n"), b"garbage"),
        (xz(b"one\ntwo\n"), b"garbage"),
    ] {
        let (_folder, path) = file(&[stored.as_slice(), tail].concat());
        let outcome = run(&path, &settings(0), 2);
        assert_eq!(lines(&outcome), naive(b"one\ntwo\n"));
        assert_eq!(codes(&outcome.read), ["trailing-bytes"], "{:?}", outcome.read.compression);
        assert_eq!(outcome.read.notices[0].trouble, Trouble::Note);
    }
}

#[test]
fn skippable_frames_and_padding_are_no_damage() {
    let skippable = [b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(), zstd(b"one\n"), b"\x5f\x2a\x4d\x18\0\0\0\0".to_vec()];
    super::check(b"one\ntwo\n", &[skippable.concat(), zstd(b"two\n")].concat(), Some("zstd"));
    super::check(b"one\ntwo\n", &[xz(b"one\n"), vec![0; 8], xz(b"two\n"), vec![0; 4]].concat(), Some("xz"));
}

#[test]
fn a_gzip_header_with_all_fields_is_read() {
    let mut encoder = flate2::GzBuilder::new()
        .filename("a.log")
        .comment("c")
        .extra(vec![1, 2, 3])
        .write(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, b"one\n").unwrap();
    super::check(b"one\n", &encoder.finish().unwrap(), Some("gzip"));
}

#[test]
fn a_file_that_shrinks_is_read_as_far_as_it_goes() {
    // The beginning was read before it shrank.
    let beginning = (64 << 10) / 7;
    let text = b"a line\n".repeat(2 * beginning);
    let (_folder, path) = file(&text);
    let handle = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let visit = |_: &super::Segment<'_>| handle.set_len(70).unwrap();
    let reads = super::on_threads(1, || super::read(&[super::source(&path)], &settings(700), &|_| (), &visit));
    assert_eq!(codes(&reads[0]), ["changed-while-read"]);
    assert_eq!(reads[0].notices[0].trouble, Trouble::Note);
    assert_eq!(reads[0].lines, beginning as u64 + 1, "the last one was cut");
}

#[test]
fn a_source_that_vanished_is_a_notice() {
    let (folder, path) = file(b"x\n");
    drop(folder);
    let outcome = run(&path, &settings(0), 1);
    assert_eq!(codes(&outcome.read), ["unreadable"]);
    assert_eq!(outcome.read.notices[0].trouble, Trouble::Incomplete);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_stops_the_run(which in 0_usize..4, at in any::<prop::sample::Index>(), noise in any::<[u8; 3]>()) {
        let text = "a line of a log\n".repeat(400);
        let mut stored = [gzip, bzip2, xz, zstd][which](text.as_bytes());
        let at = 10 + at.index(stored.len() - 13);
        stored[at..at + 3].copy_from_slice(&noise);
        let (_folder, path) = file(&stored);
        let outcome = run(&path, &settings(64), 1);
        prop_assert!(codes(&outcome.read).iter().all(|code| *code != "internal-error"), "{:?}", outcome.read.notices);
    }
}
