//! Lines that hold no trigger literal are never parsed: that must save time and lose nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokscan::report::render_events_jsonl;
use tokscan::scan::{ScanOptions, Unwatched, scan};

#[path = "../benches/support/mod.rs"]
#[allow(dead_code, reason = "shared with the benches")]
mod support;

use support::corpus::write_corpus;
use support::random::Random;
use support::truth::Kind;

/// Every event, and every leak with its place, a line each.
fn found(paths: &[PathBuf], unfiltered: bool) -> BTreeSet<String> {
    let options = ScanOptions { paths: paths.to_vec(), unfiltered, ..ScanOptions::default() };
    let outcome = scan(&options, &Unwatched).unwrap();
    let mut events = Vec::new();
    render_events_jsonl(&outcome.events, &mut events).unwrap();
    let mut found: BTreeSet<String> = String::from_utf8(events).unwrap().lines().map(str::to_owned).collect();
    found.extend(outcome.report.leaks.iter().map(|leak| serde_json::to_string(leak).unwrap()));
    found
}

/// Fails with what the prefilter lost, and what it found that is not there without it.
fn assert_nothing_lost(paths: &[PathBuf], at_least: usize) {
    let (slow, fast) = (found(paths, true), found(paths, false));
    let lost: Vec<&String> = slow.difference(&fast).take(20).collect();
    let more: Vec<&String> = fast.difference(&slow).take(20).collect();
    assert!(lost.is_empty() && more.is_empty(), "lost by the prefilter: {lost:#?}\nonly with it: {more:#?}");
    assert!(slow.len() >= at_least, "only {} events and leaks", slow.len());
}

#[test]
fn nothing_is_lost_in_samples_and_cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_nothing_lost(&[root.join("samples"), root.join("tests/cases")], 700);
}

#[test]
fn nothing_is_lost_in_generated_logs() {
    let place = TempDir::new().unwrap();
    let write = |kind: Kind| {
        let path = place.path().join(kind.name());
        write_corpus(kind, 1 << 20, 17, &mut File::create(&path).unwrap()).unwrap();
        path
    };
    assert_nothing_lost(&Kind::ALL.map(write), 1000);
}

/// Words that events are told by, in lines that nobody wrote: joined and cased as logs do it.
#[test]
fn nothing_is_lost_in_random_wording() {
    const WORDS: &str = "refresh token rotated renewed failed grant issued consent granted authorization code exchanged redeemed \
        user session account signed in out logged login logout complete succeeded password changed reset clearing removed \
        stored saved loaded credential credentials from cache connection established reconnected please again required \
        reauthorized revoked revoking expired new access family marked broken unauthorized invalid_grant invalid_client \
        password implicit 401 400 200 /api/items /oauth2/logout /connect/token /token status=401 grant_type=password reuse";
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut random = Random::new(5);
    let mut log = String::new();
    for number in 0..20_000 {
        let (case, joint) = (random.below(4), [" ", " ", "_", "-", "."][random.below(5) as usize]);
        let chosen: Vec<String> = (0..2 + random.below(5))
            .map(|place| cased(words[random.below(words.len() as u64) as usize], case, place))
            .collect();
        let text = chosen.join(if case == 3 { "" } else { joint });
        match number % 3 {
            0 => writeln!(log, "2026-03-02T12:00:00.123Z INFO {text} client=app-{number}").unwrap(),
            1 => writeln!(log, r#"{{"time":"2026-03-02T12:00:00Z","event":"{text}","user_id":"u{number}"}}"#).unwrap(),
            _ => writeln!(log, r#"{{"ts":1772452800,"path":"/v1/x","status":401,"sub":"u1","msg":"{text}"}}"#).unwrap(),
        }
    }
    let place = TempDir::new().unwrap();
    let path = place.path().join("random.log");
    std::fs::write(&path, log).unwrap();
    assert_nothing_lost(&[path], 8000);
}

/// Objects of a few shapes, whose values are now and then something that a rule would look at: a line that is like
/// others must not be taken for one of them.
#[test]
fn nothing_is_lost_among_records_alike() {
    const KEYS: &str = "user_id client_id session_id request_id trace_id host pid worker thread service version duration_ms \
        expires_in status error error_description message path url provider issuer name value scope code refresh_token_id \
        access_token grant_type token_type outcome level date time exp sub jti remote_addr state api_key password x";
    const VALUES: &str = r#""u-0001" "null" "unknown" "true" "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImF6cCI6ImMyIn0.c2lnbg" "invalid_grant" \
        "alice@corp.example" "203.0.113.7" "203.0.113.7:443" "::1" "sk_live_4eC39HqLyjWDarjtT1zdp7dc" "refresh_token" "Bearer" "login.microsoftonline.com" "AADSTS70008" \
        "eyJyZWZyZXNoX3Rva2VuIjoiOGE3ZjZlNWQ0YzNiMmExMDllOGQ3YzZiNWE0In0" "q7Zk2Vx9Lp4Rt8Wm3Ns6Yc1BHd5Jf0Ga" "9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c" "7b2272656672657368223a22613862376336643565346633227d" "a:b" "token" \
        "my-secret" "keycloak" "x" "" "----" "00D5g000004CfcJ" 200 400 401 0 91 3600 1772452800 12.5 -1 1e9 true null [1,"u-0001"] {"id":"u-0001"} \
        "2026-03-02T12:00:00Z" "1772452800" "a b" "a\u0041b" "q7Zk%3D2Vx9" "basic" "signature" "failure" "success" "n-17" "client-9" "node-5" "req-88aa" "72c1e9b4-11d2-4a7e-9d1f-2b6a55c0e111""#;
    let keys: Vec<&str> = KEYS.split_whitespace().collect();
    let values: Vec<&str> = VALUES.split_whitespace().filter(|value| *value != "\\").collect();
    let events = [
        r#""event":"token_refresh","outcome":"success""#,
        r#""msg":"token refresh failed","error":"invalid_grant""#,
        r#""event":"oauth_grant","grant_type":"authorization_code""#,
        r#""msg":"POST /oauth2/token","status":200"#,
        r#""msg":"token cache""#,
    ];
    let mut random = Random::new(11);
    let shapes: Vec<(usize, Vec<(&str, &str)>)> = (0..40)
        .map(|number| {
            let mut pick =
                || (keys[random.below(keys.len() as u64) as usize], values[random.below(values.len() as u64) as usize]);
            (number % events.len(), (0..7).map(|_| pick()).collect())
        })
        .collect();
    let mut log = String::new();
    for number in 0..20_000u64 {
        let (event, fields) = &shapes[random.below(40) as usize];
        let mut line = format!(
            r#"{{"ts":"2026-03-02T12:{:02}:{:02}.{:03}Z",{}"#,
            number / 60 % 60,
            number % 60,
            number % 1000,
            events[*event]
        );
        for (key, value) in fields {
            let value = match random.below(12) {
                0 => values[random.below(values.len() as u64) as usize].to_owned(),
                1..=5 if value.starts_with('"') => format!(r#""id-{}""#, random.below(5000)),
                _ => (*value).to_owned(),
            };
            write!(line, r#","{key}":{value}"#).unwrap();
        }
        writeln!(log, "{line}}}").unwrap();
    }
    let place = TempDir::new().unwrap();
    let path = place.path().join("alike.jsonl");
    std::fs::write(&path, log).unwrap();
    assert_nothing_lost(&[path], 8000);
}

/// All lower, all upper, the first word with a capital, or each with one (`TokenRefresh`).
fn cased(word: &str, case: u64, place: u64) -> String {
    let capital = || word[..1].to_uppercase() + &word[1..];
    match case {
        1 => word.to_uppercase(),
        2 if place == 0 => capital(),
        3 => capital(),
        _ => word.to_owned(),
    }
}
