//! Values over several lines: wrapped by a program, or split by a transport.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine;
use serde_json::Value;

/// Invented, and shaped as such values are.
const REFRESH: &str = "Hn4tR8cV2xM6qP0zK3jW9bF7dL1gS5yAeUoIiTrEw_2Hn4tR8cV2xM6qP0zK3jW9bF7dL1gS5yA";
const QUIET: &str = "2026-01-02T03:04:06Z INFO listening on 8080\n";

/// A signed token of three lines.
fn jwt() -> String {
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!(
        "{}.{}.{REFRESH}",
        part(r#"{"alg":"RS256","kid":"k1"}"#),
        part(r#"{"sub":"u1","exp":1767326645,"jti":"4711"}"#)
    )
}

fn folded(text: &str, width: usize, between: &str) -> String {
    let pieces: Vec<&str> = text.as_bytes().chunks(width).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
    pieces.join(between)
}

fn body() -> String {
    let json =
        format!("{{\"token_type\":\"Bearer\",\"refresh_token\":\"{REFRESH}\",\"expires_in\":3600,\"x\":\"abcd\"}}");
    base64::engine::general_purpose::STANDARD.encode(json)
}

/// A key of so many lines.
fn private_key(between: &str) -> String {
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    let lines = [line; 4].join(between);
    format!("-----BEGIN PRIVATE KEY-----{between}{lines}{between}Yx3kQ9vB7mN2pL5s=={between}-----END PRIVATE KEY-----")
}

fn tokscan(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tokscan")).args(arguments).current_dir(folder).output().unwrap()
}

/// Every line behind the prefix of a transport.
fn transported(text: &str, transport: &str) -> String {
    let line = |line: &str| match transport {
        "cri" => format!("2026-01-02T03:04:05.5Z stderr F {line}\n"),
        "docker" => format!("{{\"log\":\"{line}\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-02T03:04:05.5Z\"}}\n"),
        "syslog" => format!("Jan  2 03:04:05 host api[42]: {line}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn a_wrapped_value_is_one_leak_and_is_redacted_whole() {
    let (jwt, body) = (jwt(), body());
    for transport in ["plain", "cri", "docker", "syslog"] {
        for (name, text) in [
            ("jwt at 64", format!("DEBUG got\n{}", folded(&jwt, 64, "\n"))),
            ("jwt under a key", format!("access_token: {}", folded(&jwt, 60, "\n    "))),
            ("token at 48", format!("refresh_token={}", folded(REFRESH, 48, "\n"))),
            ("base64 at 76", format!("DEBUG body:\n{}", folded(&body, 76, "\n"))),
            ("base64 at 76, indented", format!("DEBUG body:\n  {}", folded(&body, 76, "\n  "))),
            ("private key", format!("loaded key\n{}", private_key("\n"))),
        ] {
            let text = transported(&format!("started\n{text}\nnext line 7"), transport) + QUIET;
            let place = tempfile::tempdir().unwrap();
            fs::write(place.path().join("a.log"), &text).unwrap();
            let report = tokscan(place.path(), &["leaks", "-f", "json", "a.log"]);
            let report: Value = serde_json::from_slice(&report.stdout).unwrap();
            let leaks = report["leaks"].as_array().unwrap();
            assert_eq!(leaks.len(), 1, "{transport}, {name}: {leaks:?}");
            assert!(leaks[0]["line"].as_u64().unwrap() >= 2 && leaks[0]["line"].as_u64().unwrap() <= 4, "{name}");
            let redacted = tokscan(place.path(), &["redact", "-o", "out", "a.log"]);
            assert_eq!(redacted.status.code(), Some(0), "{transport}, {name}");
            let shown = fs::read_to_string(place.path().join("out/a.log")).unwrap();
            assert!(shown.contains("started") && shown.contains("next line 7") && shown.ends_with(QUIET), "{shown}");
            // Only in base64 does anything follow the pseudonym in its line.
            let left = shown.lines().filter(|line| line.contains("MIIEvQ") || line.contains(&REFRESH[50..])).count();
            assert_eq!(left, 0, "{transport}, {name}: {shown}");
            let clean = tokscan(place.path(), &["leaks", "out/a.log"]);
            assert_eq!(clean.status.code(), Some(0), "{transport}, {name}: {shown}");
        }
    }
}

#[test]
fn a_wrapped_value_has_the_digest_of_the_same_value_in_one_line() {
    let place = tempfile::tempdir().unwrap();
    let text = format!(
        "refresh_token={REFRESH}\nrefresh_token={}\n{{\"m\":\"refresh_token: {}\"}}\n",
        folded(REFRESH, 40, "\n"),
        folded(REFRESH, 40, "\\n")
    );
    fs::write(place.path().join("a.log"), text).unwrap();
    let report = tokscan(place.path(), &["leaks", "-f", "json", "a.log"]);
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    let leaks = report["leaks"].as_array().unwrap();
    assert_eq!((leaks.len(), &leaks[0]["occurrences"]), (1, &Value::from(3)), "{leaks:?}");
}

/// A value in a line that CRI split at every `width` bytes.
fn split(text: &str, width: usize) -> String {
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(width).collect();
    let line = |(at, piece): (usize, &&[u8])| {
        let flag = if at + 1 == pieces.len() { "F" } else { "P" };
        format!("2026-01-02T03:04:05.5Z stderr {flag} {}\n", std::str::from_utf8(piece).unwrap())
    };
    pieces.iter().enumerate().map(line).collect()
}

#[test]
fn a_split_may_go_through_what_a_value_is_known_by() {
    let place = tempfile::tempdir().unwrap();
    for width in 3..40 {
        let text = split(&format!("answer was refresh_token={REFRESH}&x=1"), width);
        fs::write(place.path().join("a.log"), text).unwrap();
        let report = tokscan(place.path(), &["leaks", "-f", "json", "a.log"]);
        let report: Value = serde_json::from_slice(&report.stdout).unwrap();
        let masked = report["leaks"][0]["masked"].as_str().unwrap_or_default();
        assert_eq!(masked, format!("…(len {})", REFRESH.len()), "{width}");
    }
}

#[test]
fn a_line_in_too_many_parts_is_said() {
    let place = tempfile::tempdir().unwrap();
    let filler = "x".repeat(9_000);
    let text = QUIET.replace('Z', ".5Z stderr F") + &split(&format!("{filler} refresh_token={REFRESH} {filler}"), 30);
    fs::write(place.path().join("a.log"), text).unwrap();
    let output = tokscan(place.path(), &["leaks", "a.log"]);
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("from line 2 on a line is split into more than 256 parts"), "{said}");
    let forgiven = tokscan(place.path(), &["leaks", "--allow-incomplete", "--max-leaks", "9", "a.log"]);
    assert_eq!(forgiven.status.code(), Some(0));
    let redacted = tokscan(place.path(), &["redact", "-o", "out", "a.log"]);
    assert_eq!(redacted.status.code(), Some(2));
    assert!(!place.path().join("out/a.log").exists());
}
