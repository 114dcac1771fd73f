//! What several workers decode is what one would: the same text, and the same trouble at the same byte.

use std::io::{self, Read, Write};
use std::sync::Arc;

use proptest::prelude::*;

use super::{check, codes, file, gzip, lines, on_threads, run, settings, zstd};
use crate::input::helpers::Helpers;
use crate::input::open::{Text, stop_notice};

/// A member of bgzip.
fn member(text: &[u8]) -> Vec<u8> {
    member_with(text, &[], 0)
}

/// The same, other fields before the one that tells its size, and the size told wrong by so many bytes.
fn member_with(text: &[u8], fields: &[u8], wrong: i16) -> Vec<u8> {
    let mut deflated = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    deflated.write_all(text).unwrap();
    let deflated = deflated.finish().unwrap();
    let extra = fields.len() + 6;
    let size = (12 + extra + deflated.len() + 8 - 1) as u16;
    let mut member = vec![0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff];
    member.extend((extra as u16).to_le_bytes());
    member.extend(fields);
    member.extend([b'B', b'C', 2, 0]);
    member.extend(size.wrapping_add_signed(wrong).to_le_bytes());
    member.extend(deflated);
    member.extend(crc32fast::hash(text).to_le_bytes());
    member.extend((text.len() as u32).to_le_bytes());
    member
}

/// What bgzip ends a file with.
fn end() -> Vec<u8> {
    member(b"")
}

/// A frame of blocks as they are given: kind, size, stored bytes.
fn frame(stated: Option<u32>, blocks: &[(u32, u32, &[u8])]) -> Vec<u8> {
    // A window of 1 MiB.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, if stated.is_some() { 0x80 } else { 0 }, 10 << 3];
    frame.extend(stated.iter().flat_map(|stated| stated.to_le_bytes()));
    for (index, (kind, size, stored)) in blocks.iter().enumerate() {
        let last = u32::from(index + 1 == blocks.len());
        frame.extend(&(last | kind << 1 | size << 3).to_le_bytes()[..3]);
        frame.extend(*stored);
    }
    frame
}

/// Lines that do not compress to nothing.
fn text(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut text = Vec::new();
    for number in 0..count {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.extend_from_slice(format!("{number} {:x}\n", state >> 40).as_bytes());
    }
    text
}

/// The text, and what is said of its end; read in steps of some bytes.
fn decoded(raw: impl Read + Send, helpers: Option<Arc<Helpers>>, step: usize) -> (Vec<u8>, Option<String>) {
    let mut reader = match Text::open_helped(Box::new(raw), &|_| (), 100, helpers) {
        Ok(text) => text.reader,
        Err(error) => return (Vec::new(), Some(error.to_string())),
    };
    let (mut text, mut buffer) = (Vec::new(), vec![0; step]);
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return (text, None),
            Ok(count) => text.extend(&buffer[..count]),
            Err(error) => {
                let notice = stop_notice("x", Some("packed"), &error, text.len() as u64);
                return (text, Some(notice.message));
            }
        }
    }
}

/// Both decoders on the same bytes; what they came to.
fn same(stored: &[u8], step: usize) -> (Vec<u8>, Option<String>) {
    let alone = decoded(stored, None, step);
    let helped = decoded(stored, Helpers::new(2), step);
    assert_eq!(alone.1, helped.1, "{} bytes in steps of {step}", stored.len());
    assert!(alone.0 == helped.0, "other text of {} bytes in steps of {step}", stored.len());
    alone
}

/// Small files of every kind.
fn files() -> Vec<Vec<u8>> {
    let parts: Vec<Vec<u8>> = (1..4).map(|seed| text(seed, 12)).collect();
    let skippable = b"\x53\x2a\x4d\x18\x05\0\0\0abcde".to_vec();
    let blocks = frame(None, &[(0, 5, b"some\n"), (1, 300, b"x"), (0, 6, b"\nlast\n")]);
    let stated = frame(Some(11), &[(0, 5, b"some\n"), (0, 6, b"lines\n")]);
    vec![
        [member(&parts[0]), member(&parts[1]), member(&parts[2]), end()].concat(),
        [member(&parts[0]), gzip(&parts[1]), member_with(&parts[2], b"AB\x03\0xyz", 0), end()].concat(),
        [zstd(&parts[0]), skippable, zstd(&parts[1]), blocks.clone()].concat(),
        [stated, blocks, zstd(&parts[2])].concat(),
    ]
}

#[test]
fn members_and_frames_of_any_size_give_every_line_once() {
    let long: Vec<Vec<u8>> = (0..40).map(|seed| text(seed, 4000)).collect();
    let whole = long.concat();
    let members: Vec<u8> = whole.chunks(0xff00).flat_map(member).chain(end()).collect();
    check(&whole, &members, Some("gzip"));
    let frames: Vec<u8> = long.iter().flat_map(|part| zstd(part)).collect();
    check(&whole, &frames, Some("zstd"));
    let tiny: Vec<u8> = whole[..60_000].chunks(10).flat_map(member).collect();
    check(&whole[..60_000], &tiny, Some("gzip"));
    let mixed: Vec<u8> = long
        .iter()
        .enumerate()
        .flat_map(|(index, part)| match index % 3 {
            0 => part.chunks(5000).flat_map(member).collect(),
            1 => gzip(part),
            _ => [end(), end()].concat().into_iter().chain(part.chunks(40_000).flat_map(member)).collect(),
        })
        .collect();
    check(&whole, &mixed, Some("gzip"));
}

#[test]
fn a_file_cut_off_anywhere_is_read_as_far_by_many_as_by_one() {
    on_threads(2, || {
        for stored in files() {
            let (whole, trouble) = same(&stored, 64);
            assert_eq!(trouble, None);
            for length in 0..stored.len() {
                let (text, _) = same(&stored[..length], if length % 3 == 0 { 5000 } else { 1 + length % 90 });
                assert!(whole.starts_with(&text) || length < 10);
            }
            same(&[stored.as_slice(), b"garbage"].concat(), 50);
            same(&[stored.as_slice(), &[0; 30]].concat(), 50);
        }
    });
}

#[test]
fn a_flipped_byte_anywhere_is_the_same_damage_for_many_as_for_one() {
    on_threads(2, || {
        for stored in files() {
            for at in 0..stored.len() {
                for flip in [1, 0x10, 0x80, 0xff] {
                    let mut stored = stored.clone();
                    stored[at] ^= flip;
                    same(&stored, if at % 3 == 0 { 5000 } else { 1 + at % 300 });
                }
            }
        }
    });
}

#[test]
fn a_member_that_is_damaged_in_the_middle_of_many_is_said_at_its_byte() {
    let whole = text(1, 100_000);
    for kind in [|part: &[u8]| member(part), |part: &[u8]| zstd(part)] {
        let members: Vec<Vec<u8>> = whole.chunks(50_000).map(kind).collect();
        let mut stored = members.concat();
        let at: usize = members[..17].iter().map(Vec::len).sum::<usize>() + members[17].len() / 2;
        for byte in &mut stored[at..at + 8] {
            *byte ^= 0xa5;
        }
        let (_folder, path) = file(&stored);
        let alone = run(&path, &settings(4096), 1);
        assert_eq!(codes(&alone.read), ["damaged-input"]);
        assert!(alone.read.bytes >= 17 * 50_000 && alone.read.bytes < 18 * 50_000, "{}", alone.read.bytes);
        for threads in [2, 3] {
            let many = run(&path, &settings(4096), threads);
            assert_eq!(many.read.notices, alone.read.notices);
            assert_eq!((many.read.bytes, many.read.lines), (alone.read.bytes, alone.read.lines));
            assert!(lines(&many) == lines(&alone));
        }
    }
}

#[test]
fn sizes_that_lie_change_nothing() {
    let parts: Vec<Vec<u8>> = (1..5).map(|seed| text(seed, 50)).collect();
    on_threads(2, || {
        for wrong in [-30_000, -400, -9, -8, -1, 1, 8, 28, 300, 30_000] {
            let stored =
                [member(&parts[0]), member_with(&parts[1], b"", wrong), member(&parts[2]), member(&parts[3]), end()];
            assert_eq!(same(&stored.concat(), 77), (parts.concat(), None), "{wrong}");
        }
        // Longer than any member of bgzip is, and one whose trailer is right only because lengths are 32 bits.
        let bomb = vec![b'\n'; 3 << 20];
        let stored = [member(&parts[0]), member(&bomb), member(&parts[1]), end()].concat();
        assert_eq!(same(&stored, 5000), ([&parts[0], &bomb, &parts[1]].map(Vec::as_slice).concat(), None));
        let mut short = member(&bomb[..60_000]);
        let trailer = short.len() - 4;
        for length in [0_u32, 1, 59_999, 60_001, 65_536, u32::MAX] {
            short[trailer..].copy_from_slice(&length.to_le_bytes());
            let (text, trouble) = same(&[member(&parts[0]), short.clone(), end()].concat(), 900);
            assert_eq!(text.len(), parts[0].len() + 60_000);
            assert!(trouble.unwrap().contains("checksum mismatch"));
        }
        for stated in [None, Some(0), Some(1), Some(10), Some(12), Some(17 << 20), Some(u32::MAX)] {
            let lying = frame(stated, &[(0, 5, b"some\n"), (0, 6, b"lines\n")]);
            let (text, trouble) = same(&[zstd(&parts[0]), lying, zstd(&parts[1])].concat(), 33);
            assert_eq!((text, trouble), ([&parts[0], b"some\nlines\n".as_slice(), &parts[1]].concat(), None));
        }
    });
}

#[test]
fn frames_that_unpack_to_very_much_are_left_to_the_decoder_that_needs_no_room_for_it() {
    let block = (1, 128 << 10, b"\n".as_slice());
    for stated in [None, Some(5), Some(64 << 20)] {
        let bomb = frame(stated, &vec![block; 512]);
        let stored = [zstd(b"one\n"), bomb, zstd(b"two\n")].concat();
        let (text, trouble) = on_threads(2, || same(&stored, 1 << 20));
        assert_eq!((text.len(), trouble), (8 + (64 << 20), None));
    }
    // Not one that is too large, but many.
    let bombs = frame(None, &vec![block; 100]).repeat(12);
    let (text, trouble) = on_threads(3, || same(&bombs, 1 << 20));
    assert_eq!((text.len(), trouble), (12 * (100 * (128 << 10)), None));
}

/// A disk that fails behind some bytes; each read gives few.
struct Failing<'a>(&'a [u8], usize);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::Error::other("no such sector"));
        }
        let room = buffer.len().min(self.1);
        self.0.read(&mut buffer[..room])
    }
}

#[test]
fn a_disk_that_fails_does_so_at_the_same_byte() {
    on_threads(2, || {
        for stored in files() {
            for length in (20..=stored.len()).step_by(7) {
                for piece in [1, 13, 10_000] {
                    let alone = decoded(Failing(&stored[..length], piece), None, 40);
                    let helped = decoded(Failing(&stored[..length], piece), Helpers::new(2), 40);
                    assert!(alone.1.as_ref().unwrap().contains("no such sector") || length < stored.len(), "{alone:?}");
                    assert_eq!(alone, helped);
                }
            }
        }
    });
}

#[test]
fn many_files_share_what_may_be_held() {
    let parts: Vec<Vec<u8>> = (0..6).map(|seed| text(seed, 3000)).collect();
    let folder = tempfile::tempdir().unwrap();
    let sources: Vec<super::Source> = (0..30)
        .map(|number| {
            let path = folder.path().join(format!("{number:02}.log"));
            let stored: Vec<u8> =
                parts.iter().flat_map(|part| if number % 2 == 0 { member(part) } else { zstd(part) }).collect();
            std::fs::write(&path, stored).unwrap();
            super::source(&path)
        })
        .collect();
    for threads in [2, 4] {
        let reads = on_threads(threads, || super::read(&sources, &settings(5000), &|_| (), &|_| ()));
        for read in reads {
            assert_eq!((read.lines, read.notices.len()), (18_000, 0), "{:?}", read.notices);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn noise_is_the_same_damage_for_many_as_for_one(
        which in 0_usize..2,
        part in 500_usize..70_000,
        at in any::<prop::sample::Index>(),
        noise in proptest::collection::vec(any::<u8>(), 0..6),
        cut in any::<Option<prop::sample::Index>>(),
        step in 1_usize..100_000,
    ) {
        let part = part.min(0xff00);
        let mut stored: Vec<u8> =
            text(part as u64, 30_000).chunks(part).flat_map(|text| if which == 0 { member(text) } else { zstd(text) }).collect();
        let at = at.index(stored.len() - 6);
        stored[at..at + noise.len()].copy_from_slice(&noise);
        if let Some(cut) = cut {
            stored.truncate(cut.index(stored.len()));
        }
        on_threads(2, || same(&stored, step));
    }
}
