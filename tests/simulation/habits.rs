//! (C) Stores, lifetimes, names and habits: clients as log text, each with its known cause or
//! behaviour, beside look-alikes that have none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use tokscan::model::{FindingClass, Report};
use tokscan::scan::{ScanOptions, Unwatched, scan};

use crate::dialects::{comma, iso};
use crate::rng::Rng;
use crate::score::{Score, Scores, owned};
use crate::server::{DAY, EPOCH, HOUR, MINUTE, MS, Micros, SECOND};
use crate::truth::Tally;

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Json,
    Logfmt,
    Text,
    /// JSON inside the records of a container runtime.
    Docker,
    /// As Python's logging writes it, with the logger's name.
    Python,
}

const STYLES: [Style; 5] = [Style::Json, Style::Logfmt, Style::Text, Style::Docker, Style::Python];

/// One line before it is written.
struct Said {
    at: Micros,
    level: &'static str,
    message: String,
    fields: Vec<(&'static str, String)>,
}

/// The lines of all clients of a run, and what must be found.
struct Book {
    rng: Rng,
    said: Vec<Said>,
    causes: Tally,
    behaviours: BTreeSet<(String, &'static str)>,
    tokens: u64,
}

/// Who speaks, from where.
#[derive(Clone)]
struct Who {
    client: String,
    user: String,
    host: &'static str,
}

impl Book {
    fn say(&mut self, at: Micros, who: &Who, level: &'static str, message: impl Into<String>) -> &mut Said {
        let fields = vec![("client_id", who.client.clone()), ("user_id", who.user.clone()), ("host", who.host.into())];
        self.said.push(Said { at, level, message: message.into(), fields });
        self.said.last_mut().expect("it was pushed")
    }

    fn good(&mut self, at: Micros, who: &Who) -> &mut Said {
        self.say(at, who, "info", "token refreshed").with("expires_in", "3600")
    }

    fn signed_in(&mut self, at: Micros, who: &Who) {
        self.say(at, who, "info", "user signed in, consent granted");
    }

    fn failed(&mut self, at: Micros, who: &Who, why: &str, cause: &'static str) -> &mut Said {
        *self.causes.entry((who.client.clone(), who.user.clone(), cause.into())).or_default() += 1;
        self.say(at, who, "warn", format!("token refresh failed: {why}"))
    }

    /// Failures some minutes apart that nothing heals.
    fn dead(&mut self, at: Micros, who: &Who, why: &str, cause: &'static str) -> Micros {
        let mut at = at;
        for _ in 0..self.rng.between(2, 4) {
            self.failed(at, who, why, cause);
            at += self.rng.between(2, 9) * MINUTE;
        }
        at
    }

    /// Good refreshes once a lifetime; the time at which the next one is due.
    fn cycles(&mut self, from: Micros, who: &Who, count: u64) -> Micros {
        let mut at = from;
        for _ in 0..count {
            self.good(at, who);
            at += 55 * MINUTE + self.rng.between(0, 90) * SECOND;
        }
        at
    }

    fn habit(&mut self, who: &Who, behaviour: &'static str) {
        self.behaviours.insert((who.client.clone(), behaviour));
    }

    fn refused_call(&mut self, at: Micros, who: &Who) {
        self.say(at, who, "warn", "GET /api/items").with("path", "/api/items").with("status", "401");
    }

    fn token(&mut self) -> String {
        self.tokens += 1;
        format!("sha256:{:016x}", self.tokens.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

impl Said {
    fn with(&mut self, key: &'static str, value: impl Into<String>) -> &mut Self {
        let value = value.into();
        match self.fields.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.fields.push((key, value)),
        }
        self
    }

    fn line(&self, style: Style) -> String {
        let pairs = || self.fields.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ");
        match style {
            Style::Logfmt => {
                format!("time={} level={} msg={:?} {}", iso(self.at), self.level, self.message, pairs())
            }
            Style::Text => {
                format!("{} {} {} {}", iso(self.at), self.level.to_uppercase(), self.message, pairs())
            }
            Style::Json => self.json(),
            Style::Docker => {
                let line = format!("{}\n", self.json());
                json!({ "log": line, "stream": "stdout", "time": iso(self.at) }).to_string()
            }
            Style::Python => {
                format!("{} {} auth.client: {} {}", comma(self.at), self.level.to_uppercase(), self.message, pairs())
            }
        }
    }

    fn json(&self) -> String {
        let mut record = Map::new();
        record.insert("time".into(), iso(self.at).into());
        record.insert("level".into(), self.level.into());
        record.insert("msg".into(), self.message.clone().into());
        for (key, value) in &self.fields {
            let number = value.parse::<u64>().map(Value::from);
            record.insert((*key).into(), number.unwrap_or_else(|_| value.clone().into()));
        }
        Value::Object(record).to_string()
    }
}

type Tale = fn(&mut Book, &Who, Micros);

/// Every client of a run, by name.
const TALES: [(&str, Tale); 27] = [
    ("dropped", dropped),
    ("never-had", never_had),
    ("corrupt", corrupt),
    ("corrupt-mended", corrupt_mended),
    ("corrupt-elsewhere", corrupt_elsewhere),
    ("unwritten", unwritten),
    ("malformed", |book, who, at| told(book, who, at, "invalid_grant: malformed refresh token", "malformed-token")),
    ("asked", |book, who, at| told(book, who, at, "interaction_required", "interaction-required")),
    ("skewed", |book, who, at| told(book, who, at, "invalid_grant: token is not yet valid (nbf)", "clock-skew")),
    ("revoked", |book, who, at| {
        told(book, who, at, "invalid_grant: consent was revoked by the user", "permanent-revocation");
    }),
    ("grandparent", grandparent),
    ("thief", thief),
    ("uncached", uncached),
    ("uncached-client", uncached_client),
    ("batch", batch),
    ("short-lived", short_lived),
    ("late", late),
    ("nightly", nightly),
    ("reactive", reactive),
    ("proactive", proactive),
    ("discarding", discarding),
    ("discarding-dead", discarding_dead),
    ("sharing", sharing),
    ("two-logs", two_logs),
    ("plain-http", plain_http),
    ("loopback", loopback),
    ("healthy", |book, who, at| {
        book.cycles(at, who, 9);
    }),
];

fn dropped(book: &mut Book, who: &Who, at: Micros) {
    let shown = book.rng.chance(50);
    let mut at = at;
    for _ in 0..book.rng.between(1, 4) {
        let good = book.good(at, who);
        if shown {
            good.with("has_refresh_token", "false");
        }
        at += 56 * MINUTE;
    }
    let texts = ["Missing required parameter: refresh_token", "The refresh_token parameter is required"];
    let why = format!("invalid_request: {}", book.rng.pick(&texts));
    let at = book.dead(at, who, &why, "dropped-refresh-token");
    book.signed_in(at + HOUR, who);
}

/// No offline access: the client never got a refresh token.
fn never_had(book: &mut Book, who: &Who, at: Micros) {
    book.signed_in(at, who);
    book.dead(at + HOUR, who, "invalid_request: Missing required parameter: refresh_token", "client-misconfigured");
}

fn corrupt(book: &mut Book, who: &Who, at: Micros) {
    let due = book.cycles(at, who, 3);
    let texts = [
        "failed to parse token file: unexpected end of JSON input",
        "token cache /var/lib/app/tokens.json is truncated",
        "token file is empty",
        "could not decrypt credential record",
    ];
    let text = *book.rng.pick(&texts);
    let early = book.rng.between(1, 40) * MINUTE;
    book.say(due - early, who, "error", text);
    let why = *book.rng.pick(&["invalid_grant", "invalid_grant: malformed refresh token"]);
    let at = book.dead(due, who, why, "corrupt-token-store");
    book.signed_in(at + HOUR, who);
}

/// The store broke, was mended, and hours later the user took the grant away.
fn corrupt_mended(book: &mut Book, who: &Who, at: Micros) {
    book.say(at, who, "error", "failed to parse token file: unexpected end of JSON input");
    let due = book.cycles(at + MINUTE, who, 4);
    let at = book.dead(due, who, "invalid_grant", "permanent-revocation");
    book.signed_in(at + HOUR, who);
}

/// The store of another host broke.
fn corrupt_elsewhere(book: &mut Book, who: &Who, at: Micros) {
    let due = book.cycles(at, who, 4);
    let other = Who { user: format!("{}-other", who.user), host: "h9", ..who.clone() };
    book.say(due - MINUTE, &other, "error", "failed to parse token file: unexpected end of JSON input");
    let at = book.dead(due, who, "invalid_grant", "permanent-revocation");
    book.signed_in(at + HOUR, who);
}

fn unwritten(book: &mut Book, who: &Who, at: Micros) {
    let due = book.cycles(at, who, 3);
    book.say(due - 54 * MINUTE, who, "error", "failed to save refresh token: no space left on device");
    let at = book.dead(due, who, "invalid_grant", "rotation-not-persisted");
    book.signed_in(at + HOUR, who);
}

fn told(book: &mut Book, who: &Who, at: Micros, why: &str, cause: &'static str) {
    let due = book.cycles(at, who, 3);
    let at = book.dead(due, who, why, cause);
    book.signed_in(at + HOUR, who);
}

/// A chain of rotations; returns the tokens and when the next refresh is due.
fn chain(book: &mut Book, who: &Who, at: Micros, address: &'static str) -> (Vec<String>, Micros) {
    let mut tokens = vec![book.token()];
    let mut at = at;
    for _ in 0..4 {
        let (old, new) = (tokens[tokens.len() - 1].clone(), book.token());
        book.good(at, who).with("presented_token", old).with("new_token", new.clone()).with("ip", address);
        tokens.push(new);
        at += 55 * MINUTE;
    }
    (tokens, at)
}

fn grandparent(book: &mut Book, who: &Who, at: Micros) {
    let address = "198.51.100.7";
    let (tokens, due) = chain(book, who, at, address);
    let stale = due - book.rng.between(10, 40) * MINUTE;
    let old = tokens[1].clone();
    book.failed(stale, who, "invalid_grant", "stale-token-read").with("presented_token", old).with("ip", address);
    let next = book.token();
    let newest = tokens[tokens.len() - 1].clone();
    book.good(due, who).with("presented_token", newest).with("new_token", next).with("ip", address);
}

fn thief(book: &mut Book, who: &Who, at: Micros) {
    let address = "198.51.100.7";
    let (tokens, due) = chain(book, who, at, address);
    let strange = due - book.rng.between(10, 40) * MINUTE;
    let old = tokens[1].clone();
    book.failed(strange, who, "invalid_grant", "refresh-token-reuse")
        .with("presented_token", old)
        .with("ip", "203.0.113.66")
        .with("host", "edge");
    let next = book.token();
    let newest = tokens[tokens.len() - 1].clone();
    book.good(due, who).with("presented_token", newest).with("new_token", next).with("ip", address);
}

fn uncached(book: &mut Book, who: &Who, at: Micros) {
    book.habit(who, "uncached-token");
    let mut at = at;
    for _ in 0..book.rng.between(14, 40) {
        book.good(at, who);
        at += book.rng.between(2, 200) * SECOND;
    }
}

fn uncached_client(book: &mut Book, who: &Who, at: Micros) {
    book.habit(who, "uncached-token");
    let mut at = at;
    for _ in 0..book.rng.between(14, 40) {
        book.say(at, who, "info", "token issued")
            .with("grant_type", "client_credentials")
            .with("status", "200")
            .with("expires_in", "3600")
            .with("pid", "7")
            .fields
            .retain(|(key, _)| *key != "user_id");
        at += book.rng.between(2, 200) * SECOND;
    }
}

/// A job that refreshes many users, one after the other, twice.
fn batch(book: &mut Book, who: &Who, at: Micros) {
    for round in 0..2 {
        for user in 0..30 {
            let one = Who { user: format!("{}-{user}", who.user), ..who.clone() };
            book.good(at + round * 55 * MINUTE + user * 400 * MS, &one);
        }
    }
}

fn short_lived(book: &mut Book, who: &Who, at: Micros) {
    for round in 0..30 {
        book.good(at + round * 50 * SECOND, who).with("expires_in", "60");
    }
}

fn late(book: &mut Book, who: &Who, at: Micros) {
    book.habit(who, "wrong-expiry");
    let late = book.rng.between(20, 50) * MINUTE;
    for cycle in 0..book.rng.between(4, 7) {
        let refreshed = at + cycle * (HOUR + late);
        book.good(refreshed, who);
        for call in 1..4 {
            let after = HOUR + call * (late - 2 * MINUTE) / 4;
            book.refused_call(refreshed + after, who);
        }
    }
    book.good(at + 7 * (HOUR + late), who);
}

fn nightly(book: &mut Book, who: &Who, at: Micros) {
    for night in 0..9 {
        book.good(at + night * DAY, who);
    }
}

fn reactive(book: &mut Book, who: &Who, at: Micros) {
    book.habit(who, "reactive-refresh");
    let mut at = at;
    for _ in 0..book.rng.between(4, 8) {
        for call in 0..book.rng.between(1, 3) {
            book.refused_call(at + call * 200 * MS, who);
        }
        let soon = book.rng.between(1, 20) * SECOND;
        book.good(at + soon, who);
        at += HOUR + book.rng.between(1, 9) * MINUTE;
    }
}

/// Refreshes early; some calls are refused for other reasons.
fn proactive(book: &mut Book, who: &Who, at: Micros) {
    for cycle in 0..7 {
        book.good(at + cycle * 55 * MINUTE, who);
        if book.rng.chance(40) {
            let later = book.rng.between(5, 50) * MINUTE;
            book.refused_call(at + cycle * 55 * MINUTE + later, who);
        }
    }
}

/// A lost race in a cycle.
fn lost(book: &mut Book, who: &Who, at: Micros) -> Micros {
    let due = book.cycles(at, who, 3);
    book.good(due, who);
    let after = book.rng.between(5, 150) * MS;
    book.failed(due + after, &Who { host: "h2", ..who.clone() }, "invalid_grant", "refresh-race");
    due + after
}

fn discarding(book: &mut Book, who: &Who, at: Micros) {
    book.habit(who, "credential-discarded");
    let lost = lost(book, who, at);
    let texts = ["clearing stored credentials", "asking the user to sign in again", "reauthentication required"];
    let text = *book.rng.pick(&texts);
    book.say(lost + 30 * MS, &Who { host: "h2", ..who.clone() }, "warn", text);
    if book.rng.chance(50) {
        book.signed_in(lost + 10 * MINUTE, who);
    }
    book.cycles(lost + 50 * MINUTE, who, 3);
}

/// The grant is gone, and the credential with it.
fn discarding_dead(book: &mut Book, who: &Who, at: Micros) {
    let due = book.cycles(at, who, 4);
    let at = book.dead(due, who, "invalid_grant: consent was revoked by the user", "permanent-revocation");
    book.say(at, who, "warn", "clearing stored credentials");
    book.signed_in(at + HOUR, who);
}

/// Two services with one token that the server does not rotate.
fn sharing(book: &mut Book, who: &Who, at: Micros) {
    book.habit(who, "shared-token");
    let other = Who { user: format!("{}-tenant-2", who.user), ..who.clone() };
    let token = book.token();
    for cycle in 0..4 {
        let at = at + cycle * 57 * MINUTE;
        book.good(at, who).with("presented_token", token.clone());
        book.good(at + 20 * MINUTE, &other).with("presented_token", token.clone());
    }
}

/// The application and its gateway write about the same requests, and name the user differently.
fn two_logs(book: &mut Book, who: &Who, at: Micros) {
    let other = Who { user: format!("mail+{}", who.user), host: "gateway", ..who.clone() };
    for cycle in 0..4 {
        let (at, token) = (at + cycle * 57 * MINUTE, book.token());
        book.good(at, who).with("presented_token", token.clone());
        book.good(at + 300 * MS, &other).with("presented_token", token);
    }
}

fn plain_http(book: &mut Book, who: &Who, at: Micros) {
    book.habit(who, "insecure-endpoint");
    for cycle in 0..4 {
        book.good(at + cycle * 57 * MINUTE, who).with("url", "http://idp.corp.example/oauth/token");
    }
}

fn loopback(book: &mut Book, who: &Who, at: Micros) {
    for (cycle, url) in (0..).zip(["http://localhost:8080/oauth/token", "https://idp.corp.example/oauth/token"]) {
        book.good(at + cycle * 57 * MINUTE, who).with("url", url);
    }
}

fn book(seed: u64) -> Book {
    let mut book = Book {
        rng: Rng::new(seed),
        said: Vec::new(),
        causes: Tally::new(),
        behaviours: BTreeSet::new(),
        tokens: seed << 32,
    };
    for (name, tale) in TALES {
        let who = Who { client: name.into(), user: format!("{name}-user"), host: "h1" };
        let at = EPOCH + book.rng.between(0, 50 * 60) * SECOND;
        tale(&mut book, &who, at);
    }
    book.said.sort_by_key(|said| said.at);
    book
}

fn report(book: &Book, style: Style) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> = book.said.iter().map(|said| said.line(style)).collect();
    std::fs::write(folder.path().join("app.log"), lines.join("\n") + "\n").unwrap();
    let options = ScanOptions { paths: vec![folder.path().to_owned()], threads: 1, ..ScanOptions::default() };
    scan(&options, &Unwatched).expect("the scan starts").report
}

/// Behaviours that are not of this simulation: races and retries are those of the others.
const OTHERS: [&str; 2] = ["duplicate-refresh", "retry-storm"];

#[test]
fn accuracy_of_stores_lifetimes_names_and_habits() {
    let (mut causes, mut habits) = (Scores::default(), BTreeMap::<String, Score>::new());
    for seed in 0..15 {
        let style = STYLES[usize::try_from(seed).unwrap() % STYLES.len()];
        let book = book(seed);
        let report = report(&book, style);
        let failures: u64 = book.causes.values().sum();
        assert_eq!(report.summary.refresh_failed, failures, "{style:?} {seed}: failures");
        assert_eq!(owned(&report.findings), failures, "{style:?} {seed}: one cause each");
        causes.add(&book.causes, &report.findings);
        let found: BTreeSet<(String, &str)> = report
            .findings
            .iter()
            .filter(|finding| finding.class == FindingClass::Behaviour && !OTHERS.contains(&finding.rule.as_str()))
            .map(|finding| (finding.client.clone().unwrap_or_default(), finding.rule.as_str()))
            .collect();
        for (client, rule) in &found {
            let score = habits.entry((*rule).to_owned()).or_default();
            score.found += 1;
            score.right += u64::from(book.behaviours.contains(&(client.clone(), rule)));
            assert!(book.behaviours.contains(&(client.clone(), rule)), "{style:?} {seed}: {rule} of {client}");
        }
        for (client, rule) in &book.behaviours {
            habits.entry((*rule).to_owned()).or_default().truth += 1;
            assert!(found.contains(&(client.clone(), rule)), "{style:?} {seed}: {rule} of {client} is missing");
        }
    }
    println!("{}", causes.table("causes, from log text"));
    println!("{}", Scores(habits.clone()).table("behaviours, from log text"));
    assert_eq!(causes.below(0.98), Vec::<String>::new());
    assert_eq!(Scores(habits).below(0.98), Vec::<String>::new());
}
