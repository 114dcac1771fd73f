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

/// Every event, and every leak with its place, a line each. One worker reads all of it: what it learns early is asked of the
/// rest.
fn found(paths: &[PathBuf], unfiltered: bool) -> BTreeSet<String> {
    let options = ScanOptions { paths: paths.to_vec(), threads: 1, unfiltered, ..ScanOptions::default() };
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

/// The same for one log.
fn assert_nothing_lost_in(log: &str, at_least: usize) {
    let place = TempDir::new().unwrap();
    let path = place.path().join("some.log");
    std::fs::write(&path, log).unwrap();
    assert_nothing_lost(&[path], at_least);
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
    assert_nothing_lost_in(&log, 8000);
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
        "2026-03-02T12:00:00Z" "1772452800" "a b" "a\u0041b" "q7Zk%3D2Vx9" "basic" "signature" "failure" "success" "n-17" "client-9" "node-5" "req-88aa" "def50200aa11bb22cc33dd44ee55ff66" "9f8bdef50200aa11" "1000.9f8b3c2a7d6e5f4a" "1//09f8b3c2a7d6e5f4a" 1000.5 "2026.3.2" "401" "72c1e9b4-11d2-4a7e-9d1f-2b6a55c0e111""#;
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
    assert_nothing_lost_in(&log, 8000);
    assert_nothing_lost_in(&wrapped(&log), 8000);
}

/// Lines of text in a few layouts, whose values are now and then something that a rule would look at.
#[test]
fn nothing_is_lost_among_texts_alike() {
    // `#` is a digit, `~` a number of any length, `x` and `^` one of a hexadecimal number, `@` any value.
    const LAYOUTS: [&str; 36] = [
        "ts=2026-03-02T12:##:##.###Z level=info event=token_refresh outcome=success client_id=client-#### user_id=@ duration_ms=### trace_id=@",
        "ts=2026-03-02T12:##:##Z level=info msg=\"token refresh\" status=@ user=u-## expires_in=#### pid=@",
        "time=\"2026-03-02T12:##:##Z\" level=error msg=\"token refresh failed\" err=invalid_grant user=@ attempt=#",
        "2026-03-02 12:##:##,### INFO  [refresh-#] com.example.OAuthClient - Refreshed access token for user @ of client client-## in ### ms",
        "2026-03-02 12:##:##,### WARN  [pool-#-thread-##] com.example.OAuthClient - token refresh failed for user u-##: @ (attempt #)",
        "2026-03-02 12:##:##.### ERROR 4### --- [exec-#] c.e.Client : Failed to refresh token for client @: ### Bad Request",
        "2026-03-02 12:##:##,### - INFO - refresh - refreshed token for account @ (expires in #### s)",
        "10.0.0.# - - [02/Mar/2026:12:##:## +0000] \"POST /oauth2/token HTTP/1.1\" @ ### \"-\" \"python-requests/2.3#.#\" rid=@",
        "203.0.113.## - u-## [02/Mar/2026:12:##:## +0000] \"GET /api/items/@ HTTP/1.1\" 401 ##",
        "[02-Mar-2026 12:##:## UTC] local.INFO: token refresh success {\"user_id\":\"@\",\"client\":\"client-##\",\"error\":\"\"}",
        "[2026-03-02 12:##:##] production.ERROR: refresh token rejected {\"user\":##,\"code\":@}",
        "Mar  2 12:##:## app-0# refresher[####]: refreshed the access token of tenant @ in ##ms",
        "<14>Mar  2 12:##:## app-0# refresher[####]: refresh failed for user @: status ###",
        "<165>1 2026-03-02T12:##:##.###Z app-## refresher #### ID## - refresh token stored for user @",
        "2026-03-02T12:##:##.#########Z stdout F refreshed token for user @ request_id=xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        "refresher-# | 2026-03-02T12:##:##Z refresh of token for connection @ succeeded after ### ms",
        "17724528##.### refreshed token for user @ thread #",
        "I0302 12:##:##.######  ##### refresh.go:##] refreshed token for user @",
        "12:##:##.### INFO token refreshed for user @ took ##",
        "2026-03-02T12:##:##Z INFO if the refresh token is gone, error=\"\" status ### for user @ see documentation",
        r#"{"ts":"2026-03-02T12:##:##Z","level":"info","msg":"refreshed token for user @ in ## ms","host":"app-##"}"#,
        r#"{"ts":"2026-03-02T12:##:##Z","level":"error","msg":"token refresh failed: @ for client client-## (status ###)"}"#,
        "2026-03-02 12:##:##,### INFO  [exec-~] c.e.Client - refreshed token for user ~ of client app-~ after ~ms (page ~ of ~), expires_in=~",
        "2026-03-02 12:##:##,### WARN  [pool-~-thread-~] c.e.Client - token refresh failed for user u-~: ~ (attempt ~) @",
        "2026-03-02T12:##:##Z INFO token ~ and session ~ were refreshed, request_id=~ req ~ grant ~ took ~.~s status ~",
        "2026-03-02T12:##:##Z INFO view sales_~ refresh finished after ~ ms, token cache holds ~ entries [~] (~) #~ v~.~.~",
        "2026-03-02T12:##:##Z WARN GET /api/v~/users/~/tokens?page=~ -> ~ in ~ ms key=~-~ a|~ b=~|~ d=~-~-~ 12:00:00",
        "2026-03-02T12:##:##Z WARN GET https://api.example.com/v1/users/~/^^^^^^^^^^^^^^^^/~ ### in ~ms",
        "2026-03-02T12:##:##Z ERROR POST https://idp.example.com/oauth2/token ### in ~ ms for user ~ try ~ @",
        "~.~.~.~ - u-~ [02/Mar/2026:12:##:## +0000] \"GET /api/v~/items/~-~/x?refresh=~ HTTP/1.1\" @ ~ \"-\" \"Mozilla/~.~\" rt=~.~",
        "~.~.~.~ - - [02/Mar/2026:12:##:## +0000] \"POST /oauth2/token HTTP/1.1\" @ ~ \"-\" \"curl/~.~\" rid=~",
        "1000.~ refreshed token ~ of AADSTS~ 1~//0~ 00D~ at 2026-03-02T12:##:##Z by user@~ port ~:~",
        r#"{"ts":"2026-03-02T12:##:##Z","caller":"auth/client.go:~","msg":"refreshed token for user @ in ~ ms","version":"~.~","step":"page ~"}"#,
        r#"{"ts":"2026-03-02T12:##:##Z","caller":"oauth/x~.go:~","event":"token_refresh_~","path":"/v~/token/~","error":"code ~","status":###}"#,
        r#"{"ts":"2026-03-02T12:##:##Z","thread":"exec ~","msg":"GET /api/v~/x 401 in ~ ms","trace":"^^^^^^^^","user":"u ~","name":"job-~"}"#,
        r#"{"ts":"2026-03-02T12:##:##Z","msg":"redirect to /oauth/authorize for state ^^^^^^^^^^^^^^^^ (~)","url":"https://x.example/~","ip":"~.~.~.~"}"#,
    ];
    const VALUES: &str = "u-0001 u-12 null unknown invalid_grant alice@corp.example 203.0.113.7 203.0.113.7:443 ::1 401 400 200 500 503 0 \
        AADSTS70008 AADSTS50173 login.microsoftonline.com sk_live_4eC39HqLyjWDarjtT1zdp7dc Bearer refresh_token \
        eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImF6cCI6ImMyIn0.c2lnbg q7Zk2Vx9Lp4Rt8Wm3Ns6Yc1BHd5Jf0Ga \
        9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c 7b2272656672657368223a22613862376336643565346633227d def50200aa11bb22cc33 \
        72c1e9b4-11d2-4a7e-9d1f-2b6a55c0e111 2026-03-02T12:00:00Z 2026-03-02 12:00:00 1772452800 a:b a=b token=abc \"x\" 'y' [7] (8) {9} \
        id=401 status=401 http://127.0.0.1/x http://10.0.0.9/oauth2/token oauth2 00D5g000004CfcJ 1000.9f8b3c2a7d6e5f4a 127.0.0.1 \
        x 12345678901234567890123456789012345678901234567890 1e5 00000e11 deadbeef bad401 -1 1,2,3 4/5 v1 50% a%20b \\u0041 user-7 é";
    let values: Vec<&str> = VALUES.split_whitespace().filter(|value| *value != "\\").collect();
    let mut random = Random::new(23);
    let mut log = String::new();
    for number in 0..60_000u64 {
        // A few of each in a row, so that what is learned is used.
        let layout = LAYOUTS[(number / 40) as usize % LAYOUTS.len()];
        let kind = random.below(10);
        for sign in layout.chars() {
            match sign {
                '~' if kind == 0 => {
                    write!(log, "{}", [1, 12, 401, 400, 503, 1000, 50_173, 127][random.below(8) as usize]).unwrap();
                }
                '~' => {
                    let digits = 1 + random.below(9) as u32;
                    write!(log, "{}", random.below(10u64.pow(digits))).unwrap();
                }
                '#' => log.push(char::from(b'0' + random.below(if kind == 0 { 10 } else { 6 }) as u8)),
                '^' => write!(log, "{:x}", random.below(16)).unwrap(),
                'x' if layout.contains("xxxx-") => write!(log, "{:x}", random.below(16)).unwrap(),
                '@' => match random.below(16) {
                    0..=5 => write!(log, "u-{:04}", random.below(10_000)).unwrap(),
                    6..=8 => write!(log, "{:016x}{:016x}", random.next(), random.next()).unwrap(),
                    9..=11 => write!(log, "{}", random.below(1000)).unwrap(),
                    _ => log.push_str(values[random.below(values.len() as u64) as usize]),
                },
                sign => log.push(sign),
            }
        }
        log.push('\n');
    }
    assert_nothing_lost_in(&log, 20_000);
    assert_nothing_lost_in(&wrapped(&log), 20_000);
}

/// The lines of all samples and cases, each again and again with other digits: what a template is learned from must be
/// no accident of its digits.
#[test]
fn nothing_is_lost_where_digits_are_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut lines = BTreeSet::new();
    for entry in ["samples", "tests/cases"].iter().flat_map(|folder| walkdir::WalkDir::new(root.join(folder))) {
        let entry = entry.unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
        lines.extend(text.lines().filter(|line| (20..2000).contains(&line.len())).map(str::to_owned));
    }
    let lines: Vec<String> = lines.into_iter().step_by(2).collect();
    let mut random = Random::new(29);
    // What a worker learns is bounded, so it is asked of many.
    for some in lines.chunks(150) {
        // Nothing is learned of the first texts.
        let mut log = String::new();
        (0..300).for_each(|_| writeln!(log, "refreshed token {}", random.opaque(20)).unwrap());
        for (line, _) in some.iter().flat_map(|line| std::iter::repeat_n(line, 4).zip(0..)) {
            let varied = if random.below(4) == 0 { u64::MAX } else { random.next() & random.next() & random.next() };
            for round in 0..8 {
                push_varied(&mut log, line, if round == 0 { 0 } else { varied }, &mut random);
            }
        }
        assert_nothing_lost_in(&log, 0);
        assert_nothing_lost_in(&wrapped(&log), 0);
    }
}

/// Each line as a string in an object, as Docker writes it, and now and then once more in another.
fn wrapped(log: &str) -> String {
    let mut wrapped = String::new();
    for (number, line) in log.lines().enumerate() {
        let time = format!("2026-03-02T12:{:02}:{:02}.123456789Z", number / 60 % 60, number % 60);
        let line = serde_json::to_string(&format!("{line}\n")).unwrap();
        let docker = format!(r#"{{"log":{line},"stream":"stdout","time":"{time}"}}"#);
        // Many in a row are alike, so that what is learned is used.
        if number / 400 % 3 == 0 {
            let message = serde_json::to_string(&docker).unwrap();
            writeln!(wrapped, r#"{{"@timestamp":"{time}","message":{message}}}"#).unwrap();
        } else {
            writeln!(wrapped, "{docker}").unwrap();
        }
    }
    wrapped
}

/// A line with other digits, and now and then another number of them, in those of its numbers and words of hexadecimal digits
/// whose bits are set.
fn push_varied(log: &mut String, line: &str, varied: u64, random: &mut Random) {
    const NUMBERS: [&str; 12] = ["401", "400", "200", "403", "500", "50173", "0", "1", "3600", "127", "2026", "000"];
    let (mut rest, mut number) = (line, 0);
    while let Some(at) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let word = rest[at..].bytes().take_while(u8::is_ascii_hexdigit).count();
        let digits = rest[at..].bytes().take_while(u8::is_ascii_digit).count();
        let length = if word >= 8 { word } else { digits };
        log.push_str(&rest[..at]);
        let old = &rest[at..at + length];
        // A day of another century is a time as well, and the span of such a log beyond all measure.
        let is_time = length >= 4 && ["20", "19", "17"].iter().any(|start| old.starts_with(start));
        let fits: Vec<&&str> = NUMBERS.iter().filter(|number| number.len() == length).collect();
        match random.below(11) {
            _ if varied >> (number % 64) & 1 == 0 || is_time => log.push_str(old),
            // A moment that is none is soon found out.
            0..=6 if digits == 2 && length == 2 => write!(log, "{:02}", 1 + random.below(12)).unwrap(),
            8 if word < 8 => log.push_str(NUMBERS[random.below(NUMBERS.len() as u64) as usize]),
            9..=10 if word < 8 => (0..=random.below(9)).for_each(|_| write!(log, "{}", random.below(10)).unwrap()),
            0..=2 if !fits.is_empty() => log.push_str(fits[random.below(fits.len() as u64) as usize]),
            0..=4 if word >= 8 => (0..length).for_each(|_| write!(log, "{:x}", random.below(16)).unwrap()),
            _ => (0..length).for_each(|_| write!(log, "{}", random.below(10)).unwrap()),
        }
        (rest, number) = (&rest[at + length..], number + 1);
    }
    log.push_str(rest);
    log.push('\n');
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
