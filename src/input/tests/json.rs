//! JSON whose records are elements of arrays.

use proptest::prelude::*;

use super::{Outcome, ReadSettings, SIZES, codes, file, gzip, run, settings};
use crate::input::scanner::{Scanner, is_documents};

fn documents(outcome: &Outcome) -> Vec<(u64, String)> {
    outcome.pieces.iter().map(|piece| (piece.line, String::from_utf8_lossy(&piece.text).into_owned())).collect()
}

fn check(text: &str, expected: &[(u64, &str)]) {
    assert!(is_documents(text.as_bytes(), true));
    let expected: Vec<_> = expected.iter().map(|(line, text)| (*line, (*text).to_string())).collect();
    for stored in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
        let (_folder, path) = file(&stored);
        for size in SIZES {
            for threads in [1, 2] {
                let outcome = run(&path, &settings(size), threads);
                assert_eq!(documents(&outcome), expected, "segments of {size}");
                assert_eq!(outcome.read.lines, text.lines().count() as u64);
                assert_eq!(outcome.read.bytes, text.len() as u64);
                assert_eq!(outcome.advanced, stored.len() as u64);
                for piece in &outcome.pieces {
                    let at = piece.offset as usize;
                    assert_eq!(&text.as_bytes()[at..at + piece.text.len()], piece.text);
                }
            }
        }
    }
}

#[test]
fn the_elements_of_an_array_are_documents() {
    check(
        "[\n  {\"a\": \"}]\\\"\"},\n  {\n    \"b\": [1, {}]\n  }\n]\n",
        &[(2, "{\"a\": \"}]\\\"\"}"), (3, "{\n    \"b\": [1, {}]\n  }")],
    );
    check(
        "\u{feff} [{\"a\":1},2, \"s,]\" ,[3],null]",
        &[(1, "{\"a\":1}"), (1, "2"), (1, "\"s,]\""), (1, "[3]"), (1, "null")],
    );
    check("[]", &[]);
}

#[test]
fn the_records_of_an_envelope_are_documents_and_its_fields_are_not() {
    let text = "{\n \"n\": {\"Records\": [{}]}, \"Records\": [\n {\"a\":1},\n {\"b\":2}\n ],\n \"next\": \"]}\"\n}\n";
    check(text, &[(3, "{\"a\":1}"), (4, "{\"b\":2}")]);
    check(
        "{\"data\":\n[{\"a\":1}]}{\"data\":[{\"b\":2}]}\n{\"c\":3}",
        &[(2, "{\"a\":1}"), (2, "{\"b\":2}"), (3, "{\"c\":3}")],
    );
}

#[test]
fn several_values_and_text_in_a_row() {
    check(
        "[{\"a\":1}]\n[{\"b\":2},\n{\"c\":3}][]\nplain text {\n[2026-01-02] more\n{\"d\":4}\n",
        &[
            (1, "{\"a\":1}"),
            (2, "{\"b\":2}"),
            (3, "{\"c\":3}"),
            (4, "plain text {"),
            (5, "[2026-01-02] more"),
            (6, "{\"d\":4}"),
        ],
    );
}

#[test]
fn a_document_that_was_cut_off_comes_as_it_is() {
    check("[{\"a\":1},\n{\"b\": \"tor", &[(1, "{\"a\":1}"), (2, "{\"b\": \"tor")]);
    check("[{\"a\":\"torn\n},\n{\"b\":1}]", &[(1, "{\"a\":\"torn\n}"), (3, "{\"b\":1}")]);
}

#[test]
fn lines_stay_lines() {
    for text in [
        "{\"data\":[{\"a\":1}]}\n{\"data\":[{\"a\":2}]}\n",
        "{\"data\":[{\"a\":1}]}",
        "{\"data\":[{\"a\":1}]},\n{\n",
        "{\n  \"other\": [{\"a\":1}]\n}\n",
        "{\n  \"data\": [1, {\"a\":1}]\n}\n",
        "{\n  \"a\": {\"data\": [{\"a\":1}]}\n}\n",
        "[2026-01-02] text\n",
        "[[1]]\n",
        "text [{\n",
        "",
        "  \n",
    ] {
        assert!(!is_documents(text.as_bytes(), true), "{text:?}");
    }
    assert!(is_documents(b"{\"records\": [ {\"a\"", false));
    assert!(is_documents(b"{\"logEvents\":[{}]}{\"logEvents\":[{}]}", true));
}

#[test]
fn a_document_that_is_too_large_is_cut_and_the_next_is_right() {
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(600_000));
    let text = format!("[{{\"k\":1}},\n{large},\n{{\"b\":2}},{large}]");
    let (_folder, path) = file(text.as_bytes());
    for (segment_bytes, line_cap) in [(1, 1000), (1 << 20, 1000), (0, 300_000)] {
        let outcome = run(&path, &ReadSettings { segment_bytes, line_cap }, 2);
        let cut = large[..line_cap].to_string();
        let expected = [(1, "{\"k\":1}".to_string()), (2, cut.clone()), (3, "{\"b\":2}".to_string()), (3, cut)];
        assert_eq!(documents(&outcome), expected);
        assert_eq!(codes(&outcome.read), ["document-too-large"]);
        assert_eq!(outcome.read.notices[0].count, 2);
        assert!(outcome.read.notices[0].message.contains("at line 2;"));
        assert_eq!(outcome.read.bytes, text.len() as u64);
    }
}

#[test]
fn what_follows_the_last_document_is_not_kept() {
    let text = format!("{{\n\"data\":[{{\"a\":1}}],\n\"rest\": \"{}\"}}", "x".repeat(3 << 20));
    check(&text, &[(2, "{\"a\":1}")]);
}

proptest! {
    #[test]
    fn the_scan_does_not_depend_on_how_the_text_is_fed(
        text in r#"[\[{]([{}\[\],:"\\\n ax1]|"data":|"k":|\{"a":1\}){0,60}"#,
        steps in proptest::collection::vec(1_usize..9, 1..40),
    ) {
        let bytes = text.as_bytes();
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        let mut scanner = Scanner::new();
        scanner.feed(bytes, 0, &mut whole);
        scanner.finish(bytes.len() as u64, &mut whole);
        let mut scanner = Scanner::new();
        let (mut at, mut steps) = (0, steps.iter().cycle());
        while at < bytes.len() {
            let end = bytes.len().min(at + steps.next().unwrap());
            scanner.feed(&bytes[at..end], at as u64, &mut parts);
            at = end;
        }
        scanner.finish(at as u64, &mut parts);
        prop_assert!(whole.windows(2).all(|pair| pair[0].end <= pair[1].start), "documents overlap");
        prop_assert_eq!(parts, whole);
    }
}
