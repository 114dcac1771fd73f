//! Lines longer than the cap.

use proptest::prelude::*;

use super::{ReadSettings, any_text, file, gzip, naive, run};
use crate::input::KEPT_OF_LONG;
use crate::model::Trouble;

/// What is expected of a text under a cap: long lines cut, everything else as it is.
fn expected(text: &[u8], cap: usize) -> Vec<(u64, u64, Vec<u8>)> {
    let mut lines = naive(text);
    for line in &mut lines {
        if line.2.len() > cap {
            line.2.truncate(cap.min(KEPT_OF_LONG));
        }
    }
    lines
}

fn check(text: &[u8], cap: usize, sizes: &[usize], count: u64, first: u64) {
    let expected = expected(text, cap);
    for stored in [text.to_vec(), gzip(text)] {
        let (_folder, path) = file(&stored);
        for size in sizes {
            for threads in [1, 2] {
                let outcome = run(&path, &ReadSettings { segment_bytes: *size, line_cap: cap }, threads);
                assert_eq!(super::lines(&outcome), expected, "segments of {size}");
                assert_eq!(outcome.read.lines, expected.len() as u64);
                assert_eq!(outcome.read.bytes, text.len() as u64);
                let notice = &outcome.read.notices[0];
                assert_eq!((notice.code.as_str(), notice.trouble), ("line-too-long", Trouble::Incomplete));
                assert_eq!(notice.count, count);
                assert!(notice.message.contains(&format!("at line {first};")), "{}", notice.message);
            }
        }
    }
}

#[test]
fn a_long_line_is_cut_and_what_follows_is_right() {
    let x = "x".repeat(100);
    let sizes = [1, 7, 33, 64, 300, 4096, 0];
    check(format!("one\n{x}\ntwo\n").as_bytes(), 20, &sizes, 1, 2);
    check(format!("one\n{x}\n{x}\n  more\ntwo\n{x}").as_bytes(), 20, &sizes, 3, 2);
    check(format!("{x}\n").as_bytes(), 99, &sizes, 1, 1);
    check(format!("one\n  {x}\n  b\n  {x}\nc\n").as_bytes(), 30, &sizes, 2, 2);
}

#[test]
fn a_line_of_exactly_the_cap_is_whole() {
    let (_folder, path) = file(b"aaaa\nbbbbb\ncccc");
    let outcome = run(&path, &ReadSettings { segment_bytes: 3, line_cap: 4 }, 1);
    assert_eq!(outcome.read.notices[0].count, 1);
    assert_eq!(super::lines(&outcome).iter().map(|line| line.2.len()).collect::<Vec<_>>(), [4, 4, 4]);
}

#[test]
fn a_huge_line_is_skipped_without_being_kept() {
    let mut text = b"one\n".to_vec();
    text.resize(12 << 20, b'x');
    text.extend_from_slice(b"\ntwo\n  three\nfour");
    check(&text, 2 << 20, &[1 << 20, 0], 1, 2);
}

proptest! {
    #[test]
    fn any_text_under_any_cap_is_right(text in any_text(), size in 1_usize..80, cap in 1_usize..16, threads in 1_usize..3) {
        let expected = expected(&text, cap);
        for stored in [text.clone(), gzip(&text)] {
            let (_folder, path) = file(&stored);
            let outcome = run(&path, &ReadSettings { segment_bytes: size, line_cap: cap }, threads);
            prop_assert_eq!(super::lines(&outcome), expected.clone());
            prop_assert_eq!(outcome.read.lines, expected.len() as u64);
            let long = naive(&text).iter().filter(|line| line.2.len() > cap).count() as u64;
            prop_assert_eq!(outcome.read.notices.first().map_or(0, |notice| notice.count), long);
        }
    }
}
