//! Seeded logs whose truth is known: how many events, failures, races and leaks stand in them.
//!
//! A fast wrong answer must fail, so every bench compares what it found with [`Truth`] before it
//! is timed. The same kind, size and seed give the same bytes on every machine. `tests/corpus.rs`
//! holds the generator to its word.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};

use super::line::Line;
use super::random::Random;
use super::truth::{Kind, Truth};

/// 2026-03-14T10:00:00Z, in microseconds.
const START_US: u64 = 1_773_482_400_000_000;
/// Between two token events, on average: with [`SUBJECTS`], everybody comes round once an hour.
const TOKEN_GAP_US: u64 = 60_000;
/// Grants that are refreshed in turn and never fail.
const SUBJECTS: u64 = 60_000;
const CLIENTS: u64 = 400;
/// Incidents take subjects of their own, from here on.
const FIRST_INCIDENT_SUBJECT: u64 = 1_000_000;
/// One incident begins in so many token events.
const INCIDENT_EVERY: u64 = 86;
/// What the file buffer holds before it is handed on.
const FLUSH: usize = 1 << 20;

/// Writes at least `bytes` of log lines and says what stands in them.
pub(crate) fn write_corpus(kind: Kind, bytes: u64, seed: u64, out: &mut dyn Write) -> io::Result<Truth> {
    let mut writer = Writer::new(kind, seed);
    while writer.written() < bytes {
        writer.step();
        if writer.line.bytes.len() >= FLUSH {
            writer.flush(out)?;
        }
    }
    writer.drain();
    writer.flush(out)?;
    out.flush()?;
    writer.truth.bytes = writer.flushed;
    Ok(writer.truth)
}

/// Why a refresh failed, as the log spells it.
const REFUSED: &str = "The refresh token is invalid.";
const REVOKED: &str = "The user has revoked this grant.";

/// A refresh that is due at some time: heals, losers, retries. Ordered by time first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at_us: u64,
    client: u64,
    subject: u64,
    /// `None` is a success.
    failure: Option<&'static str>,
}

struct Writer {
    kind: Kind,
    line: Line,
    random: Random,
    now_us: u64,
    due: BinaryHeap<Reverse<Due>>,
    truth: Truth,
    flushed: u64,
    next_subject: u64,
    next_incident_subject: u64,
    incidents: u64,
}

impl Writer {
    fn new(kind: Kind, seed: u64) -> Self {
        Self {
            kind,
            line: Line::new(kind.style(), 2 * FLUSH),
            random: Random::new(seed),
            now_us: START_US,
            due: BinaryHeap::new(),
            truth: Truth::default(),
            flushed: 0,
            next_subject: 0,
            next_incident_subject: FIRST_INCIDENT_SUBJECT,
            incidents: 0,
        }
    }

    fn written(&self) -> u64 {
        self.flushed + self.line.bytes.len() as u64
    }

    fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.line.bytes)?;
        self.flushed += self.line.bytes.len() as u64;
        self.line.bytes.clear();
        Ok(())
    }

    /// Moves the clock, writes what has become due, then one line of its own.
    fn step(&mut self) {
        let share = self.kind.token_share();
        self.now_us += 1 + self.random.below(2 * TOKEN_GAP_US * share / 1000);
        while self.due.peek().is_some_and(|Reverse(due)| due.at_us <= self.now_us) {
            if let Some(Reverse(due)) = self.due.pop() {
                self.refresh(due);
            }
        }
        // Below its share a token event comes soon, but not like clockwork.
        let behind = self.truth.token_events * 1000 < self.truth.lines * share;
        if share == 1000 || (behind && self.random.below(4) == 0) {
            self.token_event();
        } else if self.kind == Kind::Rare && self.random.below(10_000) == 0 {
            self.leak();
        } else if self.kind == Kind::Long && self.random.below(50) == 0 {
            self.payload();
        } else {
            self.traffic();
        }
    }

    /// Writes what is still due, so that no incident lacks its end.
    fn drain(&mut self) {
        while let Some(Reverse(due)) = self.due.pop() {
            self.refresh(due);
        }
    }

    /// A good refresh of the next subject in turn, or the beginning of an incident.
    fn token_event(&mut self) {
        if self.random.below(INCIDENT_EVERY) == 0 {
            self.incident();
            self.traffic_unless_dense();
            return;
        }
        let subject = self.next_subject;
        self.next_subject = (subject + 1) % SUBJECTS;
        let due = Due { at_us: self.now_us, client: subject % CLIENTS, subject, failure: None };
        self.refresh(due);
    }

    fn traffic_unless_dense(&mut self) {
        if self.kind != Kind::Dense {
            self.traffic();
        }
    }

    /// One race for three decoys, in turn.
    fn incident(&mut self) {
        let client = self.random.below(CLIENTS);
        let subject = self.take_subject();
        match self.incidents % 4 {
            0 => self.race(client, subject),
            1 => self.slow_retry(client, subject),
            2 => self.neighbours(client, subject),
            _ => self.revocation(client, subject, 0),
        }
        self.incidents += 1;
    }

    fn take_subject(&mut self) -> u64 {
        self.next_incident_subject += 1;
        self.next_incident_subject
    }

    /// One success, two to four losers within 190 ms before or after it; heals a minute later.
    fn race(&mut self, client: u64, subject: u64) {
        self.truth.races += 1;
        self.plan(200, client, subject, None);
        for _ in 0..2 + self.random.below(3) {
            let before = self.random.below(4) == 0;
            let distance = 3 + self.random.below(187);
            self.plan(if before { 200 - distance } else { 200 + distance }, client, subject, Some(REFUSED));
        }
        let heal = 30_000 + self.random.below(60_000);
        self.plan(heal, client, subject, None);
    }

    /// A failure 1 to 5 s after a success: too late for a race, and it heals.
    fn slow_retry(&mut self, client: u64, subject: u64) {
        self.plan(1, client, subject, None);
        let late = 1_500 + self.random.below(3_500);
        self.plan(late, client, subject, Some(REFUSED));
        let heal = 30_000 + self.random.below(60_000);
        self.plan(heal, client, subject, None);
    }

    /// A success and two failures of one client in one instant, of three subjects.
    fn neighbours(&mut self, client: u64, subject: u64) {
        self.plan(100, client, subject, None);
        for _ in 0..2 {
            let other = self.take_subject();
            let start = 5 + self.random.below(190);
            self.revocation(client, other, start);
        }
    }

    /// Three or four failures of one subject, seconds apart; nothing heals it.
    fn revocation(&mut self, client: u64, subject: u64, start_ms: u64) {
        let mut at = start_ms;
        for _ in 0..3 + self.random.below(2) {
            self.plan(at, client, subject, Some(REVOKED));
            at += 5_000 + self.random.below(40_000);
        }
    }

    fn plan(&mut self, after_ms: u64, client: u64, subject: u64, failure: Option<&'static str>) {
        let at_us = self.now_us + 1 + after_ms * 1000;
        self.due.push(Reverse(Due { at_us, client, subject, failure }));
    }

    fn refresh(&mut self, due: Due) {
        let failed = due.failure.is_some();
        self.truth.token_events += 1;
        self.truth.failures += u64::from(failed);
        let thread = self.random.below(8);
        let took = 20 + self.random.below(160);
        self.open(due.at_us, if failed { "warn" } else { "info" }, "oauth.client");
        let line = &mut self.line;
        line.text("event", "token_refresh");
        line.text("outcome", if failed { "failure" } else { "success" });
        line.id("client_id", "client-", due.client, 4);
        line.id("user_id", "u-", due.subject, 7);
        line.text("grant_type", "refresh_token");
        line.text("endpoint", "https://id.example.com/oauth2/token");
        line.number("status", if failed { 400 } else { 200 });
        line.number("duration_ms", took);
        if let Some(description) = due.failure {
            line.text("error", "invalid_grant");
            line.text("error_description", description);
        } else {
            line.number("expires_in", 3600);
            line.text("token_type", "Bearer");
        }
        line.id("worker", "refresh-", thread, 1);
        self.close();
    }

    /// Time, level and logger of a line.
    fn open(&mut self, at_us: u64, level: &str, logger: &str) {
        self.line.begin(at_us);
        self.line.text("level", level);
        self.line.text("logger", logger);
    }

    /// Host, process and trace of a line, and its end.
    fn close(&mut self) {
        let (host, trace, span) = (self.random.below(12), self.random.next(), self.random.next());
        let line = &mut self.line;
        line.text("service", "integration-hub");
        line.text("version", "2026.3.2");
        line.id("host", "app-", host, 2);
        line.number("pid", 4000 + host * 7);
        line.hex("trace_id", &[trace, span]);
        line.hex("span_id", &[trace ^ span]);
        line.end();
        self.truth.lines += 1;
    }

    fn traffic(&mut self) {
        let pick = self.random.below(1000);
        match pick {
            0..=549 => self.request(),
            550..=749 => self.query(),
            750..=879 => self.cache(),
            880..=997 => self.job(),
            // Near misses: words and values beside the word token that are no leak and no event.
            _ => self.mention(),
        }
    }

    fn request(&mut self) {
        const PATHS: [&str; 6] =
            ["/api/v2/invoices/", "/api/v2/customers/", "/api/v2/orders/", "/api/v2/reports/", "/search/", "/uploads/"];
        const METHODS: [&str; 4] = ["GET", "GET", "POST", "PATCH"];
        const STATUS: [u64; 8] = [200, 200, 200, 200, 201, 204, 304, 404];
        const AGENTS: [&str; 3] = [
            "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
            "python-requests/2.32.3",
            "Go-http-client/2.0",
        ];
        let dice = self.random.next();
        self.open(self.now_us, "info", "http.access");
        let line = &mut self.line;
        line.text("event", "request");
        line.text("method", METHODS[(dice % 4) as usize]);
        line.id("path", PATHS[(dice >> 8) as usize % PATHS.len()], dice >> 48, 5);
        line.number("status", STATUS[(dice >> 16) as usize % STATUS.len()]);
        line.number("bytes", (dice >> 20) % 60_000);
        line.number("duration_ms", (dice >> 36) % 400);
        line.id("remote", "198.51.100.", (dice >> 24) % 255, 1);
        line.text("user_agent", AGENTS[(dice >> 32) as usize % AGENTS.len()]);
        self.close();
    }

    fn query(&mut self) {
        const STATEMENTS: [&str; 3] = [
            "SELECT id, state, total FROM invoices WHERE account_id = $1 AND updated_at > $2 ORDER BY id LIMIT 200",
            "UPDATE jobs SET state = $1, attempts = attempts + 1 WHERE id = $2 RETURNING id",
            "INSERT INTO audit (account_id, action, at) VALUES ($1, $2, now())",
        ];
        let dice = self.random.next();
        self.open(self.now_us, "debug", "db");
        let line = &mut self.line;
        line.text("event", "query");
        line.text("statement", STATEMENTS[(dice % 3) as usize]);
        line.number("rows", (dice >> 8) % 200);
        line.number("duration_us", (dice >> 16) % 90_000);
        self.close();
    }

    fn cache(&mut self) {
        let dice = self.random.next();
        self.open(self.now_us, "debug", "cache");
        let line = &mut self.line;
        line.text("event", if dice.is_multiple_of(4) { "miss" } else { "hit" });
        line.hex("key", &[dice]);
        line.number("size", (dice >> 40) % 9000);
        line.text("region", "catalog-of-prices-and-discounts");
        self.close();
    }

    fn job(&mut self) {
        let dice = self.random.next();
        self.open(self.now_us, if dice.is_multiple_of(32) { "warn" } else { "info" }, "jobs");
        let line = &mut self.line;
        line.text("event", "job_finished");
        line.id("job", "nightly-export-", dice >> 32 & 0xfff, 4);
        line.text("message", "the export was written to the bucket; next run in an hour unless the schedule changes");
        line.number("items", (dice >> 8) % 5000);
        line.number("duration_ms", (dice >> 20) % 60_000);
        self.close();
    }

    /// A body that somebody logged whole: digits and letters that are no token, since nothing says so.
    fn payload(&mut self) {
        let words = 1_250 + self.random.below(11_250);
        self.open(self.now_us, "debug", "http.body");
        let body: Vec<u64> = (0..words).map(|_| self.random.next()).collect();
        self.line.text("event", "response_body");
        self.line.hex("body", &body);
        self.close();
    }

    fn mention(&mut self) {
        let (a, b, c, d) = (self.random.next(), self.random.next(), self.random.next(), self.random.next());
        self.open(self.now_us, "debug", "ratelimit");
        let line = &mut self.line;
        line.text("event", "bucket");
        line.text("message", "token bucket refilled");
        line.hex("token_sha256", &[a, b, c, d]);
        line.id("token_count", "", a % 100, 1);
        line.text("authorization", "[REDACTED]");
        self.close();
    }

    /// One leaked value, in one of six carriers.
    fn leak(&mut self) {
        self.truth.leaks += 1;
        let carrier = self.truth.leaks % 6;
        let value = self.random.opaque(43);
        self.open(self.now_us, "debug", "http.client");
        let line = &mut self.line;
        line.text("event", "exchange");
        match carrier {
            0 => line.text("access_token", &value),
            1 => line.text("authorization", &format!("Bearer {value}")),
            2 => line.text("body", &format!("client=web&refresh_token={value}&scope=read")),
            3 => line.text("url", &format!("https://id.example.com/introspect?client_secret={value}&v=2")),
            4 => line.text("message", &format!("answer was {{\"access_token\":\"{value}\",\"expires_in\":3600}}")),
            _ => line.text("refresh_token", &value),
        }
        self.close();
    }
}
