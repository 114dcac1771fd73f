//! `tokscan redact` over real files: the same logs without their secrets, and the same diagnosis.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::Value;
use tempfile::TempDir;
use tokscan::scan::{RedactOptions, RedactTo, ScanOptions, Unwatched, redact, scan};

/// The longest part of a secret that may be read anywhere.
const READABLE: usize = 8;

/// Places of a secret, and how it is written there: as it is, or percent-encoded once or twice.
const CARRIERS: [(&str, usize); 14] = [
    (
        r#"{"time":"2026-01-02T03:04:05.100Z","msg":"token refreshed","grant_type":"refresh_token","client_id":"crm","user_id":"u1","refresh_token":"SECRET","status":200}"#,
        0,
    ),
    (
        r#"{"time":"2026-01-02T03:04:05.110Z","msg":"token response","body":"{\"refresh_token\":\"SECRET\",\"expires_in\":3600}","client_id":"crm"}"#,
        0,
    ),
    (r#"{"time":"2026-01-02T03:04:05.115Z","msg":"x","body":"{\"b\":\"{\\\"refresh_token\\\":\\\"SECRET\\\"}\"}"}"#, 0),
    (
        "time=2026-01-02T03:04:05.120Z level=debug msg=\"token exchange\" client_id=crm refresh_token=SECRET status=200",
        0,
    ),
    ("2026-01-02 03:04:05,130 DEBUG [http] POST /oauth2/token Authorization: Bearer SECRET", 0),
    (
        "203.0.113.9 - - [02/Jan/2026:03:04:05 +0000] \"POST /oauth2/token?grant_type=refresh_token&refresh_token=SECRET HTTP/1.1\" 400 12",
        1,
    ),
    ("2026-01-02 03:04:05,140 DEBUG token refreshed: {'refresh_token': 'SECRET', 'expires_in': 3600}", 0),
    (
        r#"{"log":"time=2026-01-02T03:04:05.150Z msg=\"token refreshed\" grant_type=refresh_token refresh_token=SECRET client_id=crm\n","stream":"stderr","time":"2026-01-02T03:04:05.151Z"}"#,
        0,
    ),
    ("2026-01-02 03:04:05,160 ERROR token refresh failed: invalid_grant: Invalid refresh token: SECRET", 0),
    ("2026-01-02 03:04:05,170 DEBUG body=grant_type%3Drefresh_token%26refresh_token%3DSECRET%26client_id%3Dcrm", 2),
    ("2026-01-02 03:04:05,180 DEBUG q=%7B%22refresh_token%22%3A%22SECRET%22%2C%22x%22%3A1%7D", 1),
    ("2026-01-02 03:04:05,190 DEBUG &quot;refresh_token&quot;:&quot;SECRET&quot;,&quot;x&quot;:1", 0),
    ("2026-01-02 03:04:05,200 DEBUG got\n  refresh_token: SECRET\n  scope: a b", 0),
    ("2026-01-02 03:04:05,210 DEBUG <refresh_token>SECRET</refresh_token>", 0),
];

/// Where nothing marks it.
const UNMARKED: [&str; 4] = [
    r#"{"time":"2026-01-02T03:04:06.100Z","msg":"token refresh failed","error":"invalid_grant","client_id":"app-SECRET-v2","user_id":"u1","status":400}"#,
    "2026-01-02 03:04:06,240 ERROR token refresh failed: invalid_grant (SECRET) user=u1",
    "203.0.113.9 - SECRET [02/Jan/2026:03:04:06 +0000] \"GET /items/SECRET/x HTTP/1.1\" 400 12",
    "nothing but SECRET",
];

/// Lines without a secret: they must come out as they went in.
const QUIET: [&str; 4] = [
    "2026-01-02T03:04:05Z INFO listening on 8080 trace=4bf92f3577b34da6a3ce929d0e0e4736",
    r#"{"time":"2026-01-02T03:04:05Z","msg":"token refresh failed","error":"invalid_grant","client_id":"crm","user_id":"u2"}"#,
    "\u{1b}[32mInfo\u{1b}[0m Grüße 東京",
    "",
];

fn percent(text: &str, times: usize) -> String {
    (0..times).fold(text.to_owned(), |text, _| {
        let encoded = text.bytes().map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        });
        encoded.collect()
    })
}

fn secret() -> impl Strategy<Value = String> {
    const URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/";
    let text = |length: usize, of: usize| {
        prop::collection::vec(0..of, length)
            .no_shrink()
            .prop_map(|at| at.iter().map(|at| char::from(URL[*at])).collect::<String>())
    };
    prop_oneof![
        text(64, 62).prop_map(|tail| format!("ya29.{tail}")),
        (text(43, 64), text(43, 62)).prop_map(|(claims, signature)| {
            format!("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIs{claims}.{signature}")
        }),
        (text(1, 62), text(41, 65), text(1, 62)).prop_map(|(first, rest, last)| first + &rest + &last),
    ]
}

/// A log: its lines, each with the secret in it and the text around it.
fn log() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    let line = (0..3_usize, 0..CARRIERS.len(), 0..UNMARKED.len(), 0..QUIET.len(), 0..2_usize);
    (prop::collection::vec(secret(), 2), prop::collection::vec(line, 1..12)).prop_map(|(secrets, lines)| {
        let mut text: Vec<String> = secrets.iter().map(|secret| CARRIERS[0].0.replace("SECRET", secret)).collect();
        text.extend(lines.iter().map(|(kind, carrier, unmarked, quiet, which)| match kind {
            0 => CARRIERS[*carrier].0.replace("SECRET", &percent(&secrets[*which], CARRIERS[*carrier].1)),
            // One alone: two clients whose names hold two secrets are masked alike, and so are one client in a report of
            // the original, but not in one of the redacted log.
            1 => UNMARKED[*unmarked].replace("SECRET", &secrets[0]),
            _ => QUIET[*quiet].to_owned(),
        }));
        (text, secrets)
    })
}

/// Every path of a folder with its bytes.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files =
        walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| (entry.path().strip_prefix(folder).unwrap().to_owned(), fs::read(entry.path()).unwrap()))
        .collect()
}

fn run_redact(
    paths: Vec<PathBuf>,
    to: RedactTo,
    threads: usize,
    segment_bytes: usize,
) -> (Vec<u8>, tokscan::scan::Redacted) {
    let mut out = Vec::new();
    let options = RedactOptions { paths, threads, segment_bytes, rule_paths: Vec::new(), to };
    let done = redact(&options, &mut out, &Unwatched).unwrap();
    (out, done)
}

/// Takes out what names a place or a digest.
fn without_places(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields
                .retain(|key, _| !["id", "path", "byte_start", "byte_end", "excerpt", "token"].contains(&key.as_str()));
            fields.values_mut().for_each(without_places);
        }
        Value::Array(items) => items.iter_mut().for_each(without_places),
        _ => {}
    }
}

/// The findings without what a pseudonym moves: places, excerpts, and the ids that are made of them.
fn diagnosis(folder: &Path) -> Vec<Value> {
    let options = ScanOptions { paths: vec![folder.to_owned()], threads: 1, ..ScanOptions::default() };
    let report = serde_json::to_value(scan(&options, &Unwatched).unwrap().report).unwrap();
    let mut findings: Vec<Value> = report["findings"].as_array().unwrap().clone();
    for finding in &mut findings {
        without_places(finding);
    }
    // A name that holds a secret is masked in the one report, and has its pseudonym in the other.
    let masked = regex::Regex::new("[A-Za-z0-9.]*…\\(len [0-9]+\\)|‹[0-9a-f]+›").unwrap();
    for finding in &mut findings {
        *finding = serde_json::from_str(&masked.replace_all(&finding.to_string(), "·")).unwrap();
    }
    findings.push(report["summary"]["findings"].clone());
    findings.push(report["summary"]["refresh_failed"].clone());
    findings.push(report["clients"].as_array().unwrap().len().into());
    findings.sort_by_key(ToString::to_string);
    findings
}

proptest! {
    #![proptest_config(Config { cases: 48, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_redacted_log_is_the_log_without_its_secrets((lines, secrets) in log(), segment in 1..400_usize) {
        let place = TempDir::new().unwrap();
        let folder = place.path().join("in");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("a.log"), lines.join("\n") + "\n").unwrap();
        let out = place.path().join("out");
        let done = run_redact(vec![folder.clone()], RedactTo::Folder(out.clone()), 2, segment).1;
        prop_assert!(done.complete, "{:?}", done.notices);
        let text = fs::read_to_string(out.join("a.log")).unwrap();

        for secret in &secrets {
            for encoded in [secret.clone(), percent(secret, 1), percent(secret, 2)] {
                let part = (0..encoded.len() - READABLE).map(|at| &encoded[at..=at + READABLE]).find(|part| {
                    // What every percent-encoded text holds is no part of a secret.
                    !part.contains("%2") && !part.starts_with("eyJhbGci") && !part.contains("IsInR5c") && text.contains(part)
                        && !"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIs".contains(part)
                });
                prop_assert!(part.is_none(), "{part:?} of {secret} in\n{text}");
            }
        }
        let original: Vec<String> = (lines.join("\n") + "\n").lines().map(str::to_owned).collect();
        prop_assert_eq!(text.lines().count(), original.len());
        for (before, after) in original.iter().zip(text.lines()) {
            let blank = |line: &str| {
                let forms = secrets.iter().flat_map(|secret| [2, 1, 0].map(|times| percent(secret, times)));
                forms.fold(line.to_owned(), |line, form| line.replace(&form, "·"))
            };
            prop_assert_eq!(blank(before), without_pseudonyms(after), "{}", before);
            if before.starts_with('{') {
                prop_assert!(serde_json::from_str::<Value>(after).is_ok(), "{after}");
            }
        }
        prop_assert_eq!(diagnosis(&folder), diagnosis(&out));

        let leaks = ScanOptions { paths: vec![out.clone()], diagnose: false, ..ScanOptions::default() };
        let leaks = scan(&leaks, &Unwatched).unwrap().report.leaks;
        prop_assert!(leaks.is_empty(), "{leaks:?}\n{text}");
        let again = place.path().join("again");
        run_redact(vec![out.clone()], RedactTo::Folder(again.clone()), 1, 0);
        prop_assert_eq!(contents(&out), contents(&again));
        let other = place.path().join("other");
        run_redact(vec![folder], RedactTo::Folder(other.clone()), 1, 0);
        prop_assert_eq!(contents(&out), contents(&other), "the segment size shows");
    }
}

/// The line with a dot for every pseudonym, in whatever encoding.
fn without_pseudonyms(line: &str) -> String {
    let forms = [("‹", ":", "›"), ("%E2%80%B9", "%3A", "%E2%80%BA"), ("%25E2%2580%25B9", "%253A", "%25E2%2580%25BA")];
    forms.iter().fold(line.to_owned(), |mut line, (open, colon, close)| {
        while let Some(start) = line.find(open) {
            let end = start + line[start..].find(close).unwrap() + close.len();
            let inner = &line[start + open.len()..end - close.len()];
            let (kind, digits) = inner.split_once(colon).unwrap();
            assert!(kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{inner}");
            assert!(digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{inner}");
            line.replace_range(start..end, "·");
        }
        line
    })
}

/// Invented, and shaped as such values are.
const REFRESH: &str = "Hn4tR8cV2xM6qP0zK3jW9bF7dL1gS5yAeUoIiTrEw_2";

fn line() -> String {
    format!("2026-01-02T03:04:07Z DEBUG refresh_token={REFRESH}\n")
}

fn tokscan(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tokscan")).args(arguments).current_dir(folder).output().unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn samples_give_the_same_diagnosis_when_they_are_redacted() {
    for sample in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/samples")).unwrap() {
        let sample = sample.unwrap().path();
        if !sample.is_dir() {
            continue;
        }
        let place = TempDir::new().unwrap();
        let done = run_redact(vec![sample.clone()], RedactTo::Folder(place.path().to_owned()), 0, 0).1;
        assert!(done.complete, "{:?}", done.notices);
        assert_eq!(diagnosis(&sample), diagnosis(place.path()), "{}", sample.display());
        let leaks = ScanOptions { paths: vec![place.path().to_owned()], diagnose: false, ..ScanOptions::default() };
        assert_eq!(scan(&leaks, &Unwatched).unwrap().report.leaks, [], "{}", sample.display());
    }
}

#[test]
fn what_was_compressed_is_compressed_again() {
    let place = TempDir::new().unwrap();
    let text = line().repeat(2000) + "the end\n";
    let at = |name: &str| place.path().join(name);
    let mut gzip =
        flate2::write::GzEncoder::new(fs::File::create(at("a.log.gz")).unwrap(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap();
    fs::write(
        at("b.zst"),
        structured_zstd::encoding::compress_to_vec(
            text.as_bytes(),
            structured_zstd::encoding::CompressionLevel::Fastest,
        ),
    )
    .unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(fs::File::create(at("c.bz2")).unwrap(), bzip2::Compression::fast());
    bzip2.write_all(text.as_bytes()).unwrap();
    bzip2.finish().unwrap();
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut xz = lzma_rust2::XzWriter::new(fs::File::create(at("d.xz")).unwrap(), options).unwrap();
    xz.write_all(text.as_bytes()).unwrap();
    xz.finish().unwrap();

    let names = ["a.log.gz", "b.zst", "c.bz2", "d.xz"];
    let originals = names.map(|name| fs::read(at(name)).unwrap());
    let output = tokscan(place.path(), &["redact", "--in-place", "-v", "."]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(err(&output).contains("8000 values replaced in 4 inputs (8000 refresh_token)"), "{}", err(&output));
    let mut texts = Vec::new();
    for (name, original) in names.iter().zip(originals) {
        let bytes = fs::read(at(name)).unwrap();
        assert_eq!(bytes[..3], original[..3], "{name}: another compression");
        let mut read = String::new();
        let mut out: Box<dyn Read> = match *name {
            "a.log.gz" => Box::new(flate2::read::GzDecoder::new(&bytes[..])),
            "c.bz2" => Box::new(bzip2::read::BzDecoder::new(&bytes[..])),
            "d.xz" => Box::new(lzma_rust2::XzReader::new(&bytes[..], true)),
            _ => Box::new(structured_zstd::decoding::StreamingDecoder::new(&bytes[..])),
        };
        out.read_to_string(&mut read).unwrap();
        assert!(read.ends_with("the end\n") && !read.contains(REFRESH) && read.contains("‹refresh_token:"), "{name}");
        texts.push(read);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1);
    // A second time nothing changes, to the byte.
    let before = contents(place.path());
    assert_eq!(tokscan(place.path(), &["redact", "--in-place", "."]).status.code(), Some(0));
    assert_eq!(before, contents(place.path()));
}

#[cfg(unix)]
#[test]
fn in_place_keeps_mode_time_and_links_and_refuses_what_it_cannot_keep() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = TempDir::new().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::write(at("a.log"), line()).unwrap();
    fs::set_permissions(at("a.log"), fs::Permissions::from_mode(0o640)).unwrap();
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    fs::File::options().write(true).open(at("a.log")).unwrap().set_modified(time).unwrap();
    symlink("a.log", at("link.log")).unwrap();
    assert_eq!(tokscan(place.path(), &["redact", "--in-place", "link.log"]).status.code(), Some(0));
    let metadata = fs::metadata(at("a.log")).unwrap();
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.modified().unwrap()), (0o640, time));
    assert!(fs::symlink_metadata(at("link.log")).unwrap().is_symlink());
    assert!(!fs::read_to_string(at("a.log")).unwrap().contains(REFRESH));

    fs::write(at("twin.log"), line()).unwrap();
    fs::hard_link(at("twin.log"), at("other.log")).unwrap();
    let output = tokscan(place.path(), &["redact", "--in-place", "twin.log"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("2 hard links, and the others would keep its secrets"), "{}", err(&output));
    assert_eq!(fs::read_to_string(at("twin.log")).unwrap(), line());
    let names: Vec<_> = contents(place.path()).into_keys().collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn what_is_not_read_whole_is_not_written() {
    let place = TempDir::new().unwrap();
    let at = |name: &str| place.path().join(name);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(line().repeat(50).as_bytes()).unwrap();
    let bytes = gzip.finish().unwrap();
    fs::write(at("cut.gz"), &bytes[..bytes.len() - 12]).unwrap();
    fs::write(at("tail.gz"), [bytes.as_slice(), line().as_bytes()].concat()).unwrap();
    fs::write(at("whole.log"), line()).unwrap();
    let before = contents(place.path());
    let output = tokscan(place.path(), &["redact", "--in-place", "cut.gz", "tail.gz", "missing.log"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("it could not be read whole; nothing was written for it"), "{}", err(&output));
    assert_eq!(before, contents(place.path()));
    let output = tokscan(place.path(), &["redact", "-o", "out", "."]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(contents(&at("out")).into_keys().collect::<Vec<_>>(), [Path::new("whole.log")]);
}

#[test]
fn results_have_the_names_of_their_inputs() {
    let place = TempDir::new().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::create_dir_all(at("logs/deep")).unwrap();
    fs::write(at("logs/deep/a.log"), line()).unwrap();
    fs::write(at(&format!("logs/by-{REFRESH}.log")), line()).unwrap();
    fs::write(at("b.log"), line()).unwrap();
    let output = tokscan(place.path(), &["redact", "-o", "out", "logs", "b.log"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let names: Vec<String> = contents(&at("out")).into_keys().map(|name| name.to_string_lossy().into_owned()).collect();
    assert_eq!(names.len(), 3);
    assert!(names.contains(&"b.log".into()) && names.contains(&"deep/a.log".into()), "{names:?}");
    assert!(names.iter().any(|name| name.starts_with("by-‹refresh_token:")), "{names:?}");
    // The results of an earlier run are no inputs.
    let output = tokscan(place.path(), &["redact", "-o", "out", "."]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(err(&output).contains("it lies in the folder that the results go to"));
    for (line, part) in [
        (&["redact", "b.log", "logs/deep/a.log"][..], "standard output takes one input"),
        (&["redact", "-o", ".", "b.log"], "would overwrite an input"),
        (&["redact", "-o", "out", "--in-place", "b.log"], "cannot be used with"),
    ] {
        let output = tokscan(place.path(), line);
        assert_eq!(output.status.code(), Some(2), "{line:?}");
        assert!(err(&output).contains(part), "{line:?}: {}", err(&output));
    }
}

fn fed(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    let mut child =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

#[test]
fn a_stream_is_redacted_to_standard_output() {
    let text = format!("one\n{}two {REFRESH}\nno line end", line());
    let output = fed(&["redact"], text.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(without_pseudonyms(&shown), text.replace(REFRESH, "·"));
    assert_eq!(fed(&["redact", "-q", "-"], shown.as_bytes()).stdout, shown.as_bytes());
}

#[test]
fn leaks_of_a_stream_are_told_while_it_goes_on() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    let mut child = command
        .args(["leaks", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(format!("a quiet line\n{}", line()).as_bytes()).unwrap();
    stdin.flush().unwrap();
    // The stream is open: what is read here was told before its end.
    let mut told = vec![0; 40];
    child.stdout.as_mut().unwrap().read_exact(&mut told).unwrap();
    assert!(
        String::from_utf8_lossy(&told).starts_with("-:2:42: critical oauth-refresh-token"),
        "{}",
        String::from_utf8_lossy(&told)
    );
    stdin.write_all(line().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let rest = String::from_utf8(output.stdout).unwrap();
    assert!(rest.ends_with("\n1 leak in 3 lines: 1 refresh_token.\n"), "{rest}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_stream_passes_through_masked() {
    let text = format!("one\n{}two {REFRESH}\nthe end", line());
    let output = fed(&["leaks", "--pass-through", "-"], text.as_bytes());
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert_eq!(without_pseudonyms(&String::from_utf8(output.stdout.clone()).unwrap()), text.replace(REFRESH, "·"));
    assert!(err(&output).contains("-:2:42: critical") && !err(&output).contains(REFRESH), "{}", err(&output));
    let output = fed(&["leaks", "-f", "jsonl", "-"], text.as_bytes());
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(serde_json::from_str::<Value>(shown.lines().next().unwrap()).unwrap()["line"], 2);
    let refused = fed(&["leaks", "--pass-through", "-f", "sarif", "-"], b"x\n");
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(fed(&["leaks", "-"], b"PK\x03\x04 an archive").status.code(), Some(2));
    let output = fed(&["leaks", "-"], b"quiet\n");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"No leaks in 1 line.\n"[..]));
}

/// Killed at any moment, a run leaves the file as it was or as it should be, and nothing beside it.
#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_killed_leaves_nothing_half_done() {
    let place = TempDir::new().unwrap();
    let at = place.path().join("a.log");
    let text = line().repeat(60_000);
    let whole = {
        fs::write(&at, &text).unwrap();
        assert_eq!(tokscan(place.path(), &["redact", "-q", "--in-place", "a.log"]).status.code(), Some(0));
        fs::read(&at).unwrap()
    };
    let mut killed = 0;
    for delay in [0, 20, 60, 120, 200, 300, 450] {
        fs::write(&at, &text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
        let mut child =
            command.args(["redact", "-q", "--in-place", "a.log"]).current_dir(place.path()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(delay));
        child.kill().unwrap();
        killed += usize::from(child.wait().unwrap().code().is_none());
        let all = contents(place.path());
        let bytes = &all[Path::new("a.log")];
        assert!(*bytes == text.as_bytes() || *bytes == whole, "half written after {delay} ms");
        for (name, bytes) in all {
            let draft = name != Path::new("a.log");
            assert!(!draft || bytes == whole, "{} is left behind after {delay} ms", name.display());
        }
    }
    assert!(killed > 0, "every run was done before it was killed");
}

/// A log in which a transport split a value.
fn split(transport: &str, head: &str, tail: &str) -> String {
    let (before, after) = ("POST /oauth2/token grant_type=refresh_token&refresh_token=", "&client_id=crm");
    let line = |number: u32, name: &str, flag: &str, text: &str| {
        if transport == "cri" {
            return format!("2026-01-02T03:04:{number:02}.5Z {name} {flag} {text}\n");
        }
        let end = if flag == "P" { "" } else { "\\n" };
        format!("{{\"log\":\"{text}{end}\",\"stream\":\"{name}\",\"time\":\"2026-01-02T03:04:{number:02}.5Z\"}}\n")
    };
    let quiet: String = (0..12).map(|number| line(number, "stdout", "F", "listening")).collect();
    [
        quiet.clone(),
        line(20, "stderr", "P", &format!("{before}{head}")),
        line(21, "stdout", "F", "in between"),
        line(22, "stderr", "P", tail),
        line(23, "stderr", "F", after),
        quiet,
    ]
    .concat()
}

#[test]
fn a_value_that_a_transport_split_is_gone_from_both_lines() {
    for transport in ["cri", "docker"] {
        for at in [0, 1, 9, 22, REFRESH.len() - 1] {
            let (head, tail) = REFRESH.split_at(at);
            let text = split(transport, head, tail);
            let place = TempDir::new().unwrap();
            fs::write(place.path().join("a.log"), &text).unwrap();
            let mut results = vec![
                fed(&["redact"], text.as_bytes()).stdout,
                fed(&["leaks", "-q", "--pass-through", "-"], text.as_bytes()).stdout,
            ];
            for segment in [1, 300, 0] {
                let out = place.path().join(format!("out-{segment}"));
                let done = run_redact(vec![place.path().join("a.log")], RedactTo::Folder(out.clone()), 2, segment).1;
                assert_eq!((done.complete, done.inputs[0].replaced), (true, 1), "{transport} {at} {segment}");
                results.push(fs::read(out.join("a.log")).unwrap());
            }
            let shown = String::from_utf8(results[0].clone()).unwrap();
            // The value has one pseudonym, where it begins; the other part is gone, and all else is as it was.
            let wanted = if at == 0 { split(transport, "", "·") } else { split(transport, "·", "") };
            assert_eq!(without_pseudonyms(&shown), wanted, "{transport} {at}");
            assert!(results.iter().all(|result| *result == results[0]), "{transport} {at}");
            assert_eq!(fed(&["redact"], shown.as_bytes()).stdout, shown.as_bytes());
        }
    }
}

#[test]
fn a_value_over_many_lines_of_syslog_is_one_value() {
    let key: Vec<String> = (0..6).map(|number| format!("  {}{number}", &REFRESH[..40])).collect();
    let lines =
        ["loaded -----BEGIN PRIVATE KEY-----".to_owned(), key.join("\n"), "  -----END PRIVATE KEY-----".to_owned()];
    let prefixed = |line: &str| format!("Jan  2 03:04:05 host api[42]: {line}\n");
    let text: String = lines.join("\n").lines().map(prefixed).collect::<String>() + &prefixed("next");
    let output = fed(&["redact"], text.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(!shown.contains(&REFRESH[..9]) && shown.lines().count() == text.lines().count(), "{shown}");
    assert!(shown.ends_with(&prefixed("next")), "{shown}");
}
