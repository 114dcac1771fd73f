//! `tokscan redact` over what holds text in another form: archives, UTF-16, base64 and lists of bytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use tempfile::TempDir;

/// Invented, and shaped as such a value is.
const REFRESH: &str = "Hn4tR8cV2xM6qP0zK3jW9bF7dL1gS5yAeUoIiTrEw_2";
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01";

fn line() -> String {
    format!("2026-01-02T03:04:06Z DEBUG refresh_token={REFRESH} status=200\n")
}

fn tokscan(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tokscan")).args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_directory("logs/", zip::write::SimpleFileOptions::default()).unwrap();
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default().unix_permissions(0o640)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.set_comment("nightly").unwrap();
    writer.finish().unwrap().into_inner()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o640);
        header.set_mtime(1_700_000_000);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

#[test]
fn archives_are_packed_again_as_they_were() {
    let place = TempDir::new().unwrap();
    let at = |name: &str| place.path().join(name);
    let long = format!("logs/{}/a.log", "deep".repeat(40));
    let packed = gzip(line().as_bytes());
    let text = line();
    let members: [(&str, &[u8]); 4] =
        [(&long, b"quiet\n"), ("logs/b.log", text.as_bytes()), ("logs/c.log.gz", &packed), ("logo.png", PICTURE)];
    fs::write(at("run.zip"), zip(&members)).unwrap();
    fs::write(at("run.tar"), tar(&members)).unwrap();
    fs::write(at("run.tgz"), gzip(&tar(&members))).unwrap();
    fs::write(at("plain.log"), format!("nothing but {REFRESH}\n")).unwrap();
    let output = tokscan(place.path(), &["redact", "-o", "out", "."]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("7 values replaced in 4 inputs"), "{}", said(&output));
    for name in ["run.zip", "run.tar", "run.tgz"] {
        let bytes = fs::read(at("out").join(name)).unwrap();
        let found = if name == "run.zip" {
            unzip(&bytes)
        } else {
            untar(&if name == "run.tgz" { gunzip(&bytes) } else { bytes })
        };
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, members.map(|(name, _)| name), "{name}");
        assert_eq!((found[0].1.as_slice(), found[3].1.as_slice()), (&b"quiet\n"[..], PICTURE));
        for text in [&found[1].1, &gunzip(&found[2].1)] {
            let text = std::str::from_utf8(text).unwrap();
            assert!(
                text.contains("refresh_token=‹refresh_token:") && text.ends_with("› status=200\n"),
                "{name}: {text}"
            );
        }
    }
    assert_eq!(tokscan(&at("out"), &["leaks", "."]).status.code(), Some(0));
    // A second time nothing changes, and in place a file without a secret is not written at all.
    let before = fs::read(at("out/run.tgz")).unwrap();
    assert_eq!(tokscan(&at("out"), &["redact", "--in-place", "run.tgz"]).status.code(), Some(0));
    assert_eq!(before, fs::read(at("out/run.tgz")).unwrap());
    // To standard output, and in place.
    let output = tokscan(place.path(), &["redact", "run.zip"]);
    assert!(output.status.success() && unzip(&output.stdout).len() == 4);
    assert_eq!(tokscan(place.path(), &["redact", "--in-place", "run.zip"]).status.code(), Some(0));
    assert_eq!(tokscan(place.path(), &["leaks", "run.zip"]).status.code(), Some(0));
}

fn unzip(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert_eq!(archive.comment(), b"nightly");
    let mut found = Vec::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).unwrap();
        if member.is_file() {
            assert_eq!(member.unix_mode().unwrap() & 0o777, 0o640);
            let (name, mut bytes) = (member.name().unwrap().into_owned(), Vec::new());
            member.read_to_end(&mut bytes).unwrap();
            found.push((name, bytes));
        }
    }
    found
}

fn untar(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in tar::Archive::new(bytes).entries().unwrap() {
        let mut entry = entry.unwrap();
        assert_eq!((entry.header().mode().unwrap(), entry.header().mtime().unwrap()), (0o640, 1_700_000_000));
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        found.push((entry.path().unwrap().to_string_lossy().into_owned(), bytes));
    }
    found
}

#[test]
fn an_archive_that_cannot_be_written_whole_is_left_as_it_is() {
    let place = TempDir::new().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::write(
        at("nested.zip"),
        zip(&[("a.log", line().as_bytes()), ("inner.tar", &tar(&[("b.log", line().as_bytes())]))]),
    )
    .unwrap();
    let whole = gzip(&tar(&[("a.log", line().as_bytes()), ("b.log", &vec![b'x'; 9000])]));
    fs::write(at("cut.tgz"), &whole[..whole.len() - 20]).unwrap();
    for (name, why) in [
        ("nested.zip", "inner.tar is an archive inside of it: unpack it and redact what is inside"),
        ("cut.tgz", "not all of it could be read, and nothing was written for it"),
    ] {
        let before = fs::read(at(name)).unwrap();
        for arguments in [&["redact", "--in-place", name][..], &["redact", "-o", "out", name]] {
            let output = tokscan(place.path(), arguments);
            assert_eq!(output.status.code(), Some(2), "{name}");
            assert!(said(&output).contains(&format!("{name}: ")) && said(&output).contains(why), "{}", said(&output));
        }
        assert_eq!(fs::read(at(name)).unwrap(), before);
        assert!(!at("out").join(name).exists());
    }
    let names: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("tokscan-")), "{names:?}");
}

#[test]
fn utf_16_stays_utf_16() {
    let place = TempDir::new().unwrap();
    let text = format!("quiet é 𝄞\r\n{}", line());
    let encode = |text: &str, little: bool, marked: bool| -> Vec<u8> {
        let mark = if marked { "\u{feff}" } else { "" };
        let units: Vec<u16> = format!("{mark}{text}").encode_utf16().collect();
        units.into_iter().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    for (little, marked) in [(true, true), (false, true), (true, false), (false, false)] {
        let text = if marked { text.clone() } else { line() + &text };
        fs::write(place.path().join("a.log"), encode(&text, little, marked)).unwrap();
        let output = tokscan(place.path(), &["redact", "-o", "out", "a.log"]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let written = fs::read(place.path().join("out/a.log")).unwrap();
        let units: Vec<u16> = written
            .chunks(2)
            .map(|pair| [pair[0], pair[1]])
            .map(|pair| if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
            .collect();
        let shown = String::from_utf16(&units).unwrap();
        assert_eq!(shown.starts_with('\u{feff}'), marked);
        let pseudonym = &shown[shown.find('‹').unwrap()..shown.find('›').unwrap() + '›'.len_utf8()];
        assert_eq!(shown.trim_start_matches('\u{feff}').replace(pseudonym, REFRESH), text);
        assert_eq!(tokscan(place.path(), &["leaks", "out/a.log"]).status.code(), Some(0));
    }
    let mut broken = encode(&line(), true, true);
    broken.extend([0x34, 0xd8, b'x', 0]);
    fs::write(place.path().join("a.log"), broken).unwrap();
    let output = tokscan(place.path(), &["redact", "--in-place", "a.log"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("half a character of UTF-16"), "{}", said(&output));
}

#[test]
fn what_was_encoded_can_still_be_decoded() {
    let json = format!("{{\"user\":\"u1\",\"refresh_token\":\"{REFRESH}\",\"n\":1}}");
    let list = |between: &str, write: &dyn Fn(u8) -> String| json.bytes().map(write).collect::<Vec<_>>().join(between);
    let lines = [
        format!("{{\"msg\":\"x\",\"body\":\"{}\"}}", STANDARD.encode(&json)),
        format!("GET /v1/ingest/{}/ack 200", URL_SAFE_NO_PAD.encode(&json)),
        format!("{{\"body\":\"{}\"}}", STANDARD.encode(STANDARD.encode(&json))),
        format!("{{\"type\":\"Buffer\",\"data\":[{}]}}", list(",", &|byte| byte.to_string())),
        format!("<Buffer {}>", list(" ", &|byte| format!("{byte:02x}"))),
    ];
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("a.log"), lines.join("\n") + "\n").unwrap();
    let output = tokscan(place.path(), &["redact", "a.log"]);
    assert!(output.status.success());
    let shown = String::from_utf8(output.stdout).unwrap();
    let shown: Vec<&str> = shown.lines().collect();
    let field = |line: &str, name: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()[name].clone();
    let body = |line: &str| field(line, "body").as_str().unwrap().to_owned();
    let numbers =
        |line: &str| field(line, "data").as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as u8).collect();
    let hex =
        |line: &str| line[8..line.len() - 1].split(' ').map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    let said: [Vec<u8>; 5] = [
        STANDARD.decode(body(shown[0])).unwrap(),
        URL_SAFE_NO_PAD.decode(shown[1].split('/').nth(3).unwrap()).unwrap(),
        STANDARD.decode(STANDARD.decode(body(shown[2])).unwrap()).unwrap(),
        numbers(shown[3]),
        hex(shown[4]),
    ];
    let wanted = field(&String::from_utf8(said[0].clone()).unwrap(), "refresh_token");
    assert!(wanted.as_str().unwrap().starts_with("‹refresh_token:"), "{wanted}");
    for (text, line) in said.into_iter().zip(lines) {
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text, json.replace(REFRESH, wanted.as_str().unwrap()), "{line}");
    }
}
