//! Secrets are planted everywhere, also where they do not belong, and looked for in everything that is written.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::Config;
use tempfile::TempDir;
use tokscan::report::{Format, Section, Style, render_events_csv, render_events_jsonl};
use tokscan::scan::{ScanOptions, Unwatched, scan};

/// The longest part of a secret that may be read anywhere.
const READABLE: usize = 8;

/// Where a secret stands so that its key gives it away.
const MARKED: [&str; 8] = [
    r#"{"time":"2026-01-02T03:04:05.100Z","msg":"token refreshed","grant_type":"refresh_token","client_id":"crm","user_id":"u1","refresh_token":"SECRET","status":200}"#,
    r#"{"time":"2026-01-02T03:04:05.110Z","msg":"token response","body":"{\"access_token\":\"SECRET\",\"expires_in\":3600}","client_id":"crm"}"#,
    "time=2026-01-02T03:04:05.120Z level=debug msg=\"token exchange\" client_id=crm client_secret=SECRET status=200",
    "2026-01-02 03:04:05,130 DEBUG [http] POST /oauth2/token Authorization: Bearer SECRET",
    "203.0.113.9 - - [02/Jan/2026:03:04:05 +0000] \"POST /oauth2/token?grant_type=refresh_token&refresh_token=SECRET HTTP/1.1\" 400 12",
    "2026-01-02 03:04:05,140 DEBUG token refreshed: {'refresh_token': 'SECRET', 'expires_in': 3600}",
    r#"{"log":"time=2026-01-02T03:04:05.150Z msg=\"token refreshed\" grant_type=refresh_token refresh_token=SECRET client_id=crm\n","stream":"stderr","time":"2026-01-02T03:04:05.151Z"}"#,
    "2026-01-02 03:04:05,160 ERROR token refresh failed: invalid_grant: Invalid refresh token: SECRET",
];

/// Where nothing gives it away. `PAD` is as much text as moves the secret to where an excerpt ends.
const UNMARKED: [&str; 22] = [
    r#"{"time":"2026-01-02T03:04:06.100Z","msg":"token refresh failed","error":"invalid_grant","client_id":"SECRET","user_id":"u1","status":400}"#,
    r#"{"time":"2026-01-02T03:04:06.110Z","msg":"token refresh failed","error":"invalid_grant","client_id":"crm","user_id":"SECRET","status":400}"#,
    r#"{"time":"2026-01-02T03:04:06.120Z","msg":"token refresh failed","error":"invalid_grant","error_description":"SECRET was not accepted","client_id":"crm"}"#,
    r#"{"time":"2026-01-02T03:04:06.130Z","msg":"token refresh failed (SECRET)","error":"invalid_grant","client_id":"crm"}"#,
    r#"{"time":"2026-01-02T03:04:06.140Z","msg":"token refresh failed","error":"SECRET","client_id":"crm","grant_type":"refresh_token","status":400}"#,
    r#"{"time":"2026-01-02T03:04:06.150Z","msg":"token refresh failed","error":"invalid_grant","client_id":"app-SECRET-v2","user_id":"x.SECRET@example.com"}"#,
    r#"{"time":"2026-01-02T03:04:06.160Z","msg":"token refresh failed","error":"invalid_grant","request_id":"SECRET","session_id":"SECRET","client_id":"crm"}"#,
    r#"{"time":"2026-01-02T03:04:06.170Z","msg":"token refresh failed","error":"invalid_grant","hostname":"SECRET","pid":"SECRET","thread":"SECRET","ip":"SECRET"}"#,
    r#"{"time":"2026-01-02T03:04:06.180Z","msg":"token refresh failed","error":"invalid_grant","provider":"SECRET","url":"https://id.example.com/SECRET/token"}"#,
    r#"{"time":"2026-01-02T03:04:06.190Z","msg":"token refresh failed","error":{"code":"invalid_grant","message":"bad SECRET","hint":"SECRET"},"suberror":"SECRET"}"#,
    r#"{"time":"2026-01-02T03:04:06.200Z","msg":"token refresh failed","note":"PAD SECRET","error":"invalid_grant","client_id":"crm","user_id":"u1"}"#,
    r#"{"time":"2026-01-02T03:04:06.210Z","msg":"token refresh failed","note":"PADSECRET","error":"invalid_grant","client_id":"crm","user_id":"u1"}"#,
    r#"{"time":"2026-01-02T03:04:06.220Z","SECRET":"key","msg":"token refresh failed","error":"invalid_grant","client_id":"crm"}"#,
    "time=2026-01-02T03:04:06.230Z level=error msg=\"token refresh failed for SECRET\" error=invalid_grant client_id=SECRET user=SECRET",
    "2026-01-02 03:04:06,240 ERROR token refresh failed: invalid_grant (SECRET) user=u1 PAD SECRET",
    "2026-01-02 03:04:06,250 INFO user SECRET signed in, token issued for client SECRET",
    "2026-01-02 03:04:06,260 ERROR refresh failed: oauth2: \"invalid_grant\" \"SECRET\" \"https://id.example.com/e/SECRET\"",
    "2026-01-02 03:04:06,270 ERROR refresh failed: invalid_grant a=SECRET;b=SECRET,c='SECRET'|SECRET|<SECRET>[SECRET]",
    "2026-01-02 03:04:06,280 ERROR refresh failed: invalid_grant %SECRET% _SECRET_ --SECRET-- ~SECRET~ SECRET.SECRET",
    "203.0.113.9 - SECRET [02/Jan/2026:03:04:06 +0000] \"POST /oauth2/token HTTP/1.1\" 400 12 \"-\" \"agent/SECRET\"",
    "SECRET token refresh failed: invalid_grant",
    "2026-01-02 03:04:06,290 ERROR token refresh failed: invalid_grant\n    at refresh (/srv/SECRET.js:1:1)\n    SECRET",
];

/// Of these the places where the secret is a part of a word.
const GLUED: [usize; 3] = [5, 11, 18];

const URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// So many characters, the first `of` of the alphabet of base64url. Never simplified: `AAAA…` is no secret.
fn text(length: usize, of: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(0..of, length).no_shrink().prop_map(|at| at.iter().map(|at| char::from(URL[*at])).collect())
}

/// An invented secret; `true` where its own shape tells what it is.
fn secret() -> impl Strategy<Value = (String, bool)> {
    prop_oneof![
        text(64, 62).prop_map(|tail| (format!("ya29.{tail}"), true)),
        text(76, 62).prop_map(|tail| (format!("ghr_{tail}"), true)),
        (text(43, 64), text(43, 62)).prop_map(|(claims, signature)| {
            (format!("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIs{claims}.{signature}"), true)
        }),
        (text(1, 62), text(41, 64), text(1, 62)).prop_map(|(first, rest, last)| (first + &rest + &last, false)),
    ]
}

/// A secret, the places that mark it, the others, and the length of the padding.
#[derive(Clone, Debug)]
struct Plant {
    secret: String,
    marked: Vec<usize>,
    unmarked: Vec<usize>,
    padding: usize,
    in_file_name: bool,
}

fn plant() -> impl Strategy<Value = Plant> {
    let marked = prop::collection::vec(0..MARKED.len(), 0..3);
    let unmarked = prop::collection::vec(0..UNMARKED.len(), 1..8);
    (secret(), marked, 0..MARKED.len(), unmarked, 0..180_usize, any::<bool>()).prop_map(
        |((secret, shaped), mut marked, one, unmarked, padding, in_file_name)| {
            // Of a value without a shape, or inside of another word, only its key can tell that it is a
            // secret, once at least.
            let glued = in_file_name || unmarked.iter().any(|at| GLUED.contains(at));
            if (!shaped || glued) && marked.is_empty() {
                marked.push(one);
            }
            Plant { secret, marked, unmarked, padding, in_file_name }
        },
    )
}

/// Writes the logs: the places that mark a secret in one file, the others in a second, as sorted by name.
fn write_logs(folder: &Path, plants: &[Plant], marked_first: bool) -> Vec<PathBuf> {
    let (mut marked, mut unmarked) = (String::new(), String::new());
    let mut name = String::from("app");
    for plant in plants {
        let fill =
            |line: &str| line.replace("PAD", &"pad ".repeat(plant.padding / 4)).replace("SECRET", &plant.secret) + "\n";
        marked.extend(plant.marked.iter().map(|at| fill(MARKED[*at])));
        unmarked.extend(plant.unmarked.iter().map(|at| fill(UNMARKED[*at])));
        if plant.in_file_name && name.len() + plant.secret.len() < 180 {
            name = format!("{name}-{}", plant.secret);
        }
    }
    let (first, second) = if marked_first { ("a", "b") } else { ("b", "a") };
    let paths = [folder.join(format!("{first}.log")), folder.join(format!("{second}.{name}.log"))];
    fs::write(&paths[0], marked).unwrap();
    fs::write(&paths[1], unmarked).unwrap();
    paths.into()
}

/// Everything that a run writes, by name.
fn rendered(paths: &[PathBuf]) -> Vec<(&'static str, String)> {
    let outcome =
        scan(&ScanOptions { paths: paths.to_vec(), threads: 1, ..ScanOptions::default() }, &Unwatched).unwrap();
    let text = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    };
    let page = |format: Format, section: Section, width: usize| {
        let style = Style { width, evidence: 50, ..Style::default() };
        text(&|out| format.render(&outcome.report, section, &style, out).unwrap())
    };
    let mut all: Vec<_> = Format::ALL.map(|format| (format.name(), page(format, Section::Triage, 400))).into();
    all.push(("narrow page", page(Format::Terminal, Section::Triage, 60)));
    all.push(("page of leaks", page(Format::Terminal, Section::Leaks, 100)));
    all.push(("table of leaks", page(Format::Csv, Section::Leaks, 100)));
    all.push(("table of events", text(&|out| render_events_csv(&outcome.events, out).unwrap())));
    all.push(("events", text(&|out| render_events_jsonl(&outcome.events, out).unwrap())));
    all
}

/// The first part of a secret that can be read in a text, also across the lines that wrapping made.
fn readable<'s>(text: &str, secret: &'s str) -> Option<&'s str> {
    let joined: String = text.split_whitespace().collect();
    let parts = (0..secret.len() - READABLE).map(|at| &secret[at..=at + READABLE]);
    parts.into_iter().find(|part| text.contains(part) || joined.contains(part))
}

/// The line around a part, for the message.
fn around<'t>(text: &'t str, part: &str) -> &'t str {
    text.lines().find(|line| line.contains(part)).unwrap_or("(across lines)")
}

proptest! {
    #![proptest_config(Config { cases: 64, failure_persistence: None, ..Config::default() })]

    #[test]
    fn no_report_lets_a_secret_be_read(plants in prop::collection::vec(plant(), 1..4), marked_first in any::<bool>()) {
        let place = TempDir::new().unwrap();
        let paths = write_logs(place.path(), &plants, marked_first);
        for (name, text) in rendered(&paths) {
            for plant in &plants {
                let part = readable(&text, &plant.secret);
                prop_assert!(part.is_none(), "{name} shows {part:?} of {}:\n{}", plant.secret, around(&text, part.unwrap()));
            }
        }
    }
}

/// Every place at once, one kind of secret after the other: what the random choice might miss.
#[test]
fn no_place_lets_a_secret_be_read() {
    let opaque = "Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKb-7";
    let shaped = format!("ghr_{}", "Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKb7".repeat(2).get(..76).unwrap());
    let mut said = Vec::new();
    for secret in [opaque, &shaped] {
        for (at, line) in UNMARKED.iter().enumerate() {
            let known = secret == shaped && !GLUED.contains(&at);
            let marked = if known { vec![] } else { vec![at % MARKED.len()] };
            let plant = Plant { secret: secret.into(), marked, unmarked: vec![at], padding: 100, in_file_name: false };
            let place = TempDir::new().unwrap();
            let paths = write_logs(place.path(), &[plant], true);
            for (name, text) in rendered(&paths) {
                if let Some(part) = readable(&text, secret) {
                    said.push(format!("{name}: {line}\n    {}", around(&text, part)));
                }
            }
        }
    }
    assert!(said.is_empty(), "{}", said.join("\n"));
}

#[test]
fn what_is_said_on_standard_error_is_masked_too() {
    let place = TempDir::new().unwrap();
    let opaque = "Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKb-7";
    let shaped = format!("ghr_{}", "Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKb7".repeat(2).get(..76).unwrap());
    fs::write(place.path().join("a.log"), MARKED[0].replace("SECRET", opaque)).unwrap();
    let broken = format!("cut-{opaque}.gz");
    fs::write(place.path().join(&broken), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b]).unwrap();
    let missing = [format!("no-such-{opaque}.log"), format!("no-such/{shaped}.log"), shaped.clone()];
    for format in [&["-v", "-f", "json"][..], &["-v"], &["leaks", "-v"], &["events", "-v"], &["-v", "-o", "out.json"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
        let output =
            command.args(format).args(["a.log", &broken]).args(&missing).current_dir(place.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        for text in [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)) {
            for secret in [opaque, &shaped] {
                let part = readable(&text, secret);
                assert!(part.is_none(), "{format:?} shows {part:?}: {}", around(&text, part.unwrap()));
            }
        }
    }
}
