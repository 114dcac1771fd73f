//! The rows of the tables.

use crate::model::{ClientSummary, Finding, FindingClass, InputSummary, Leak, Notice, Timestamp, Trouble};
use crate::report::shown::{self, anchor, clip, maybe_time, name, path, short_place};
use crate::report::words::{bytes, fate, number, outcome, status};

/// Bytes that the rows of all tables may take: the page stays one that a browser opens at once.
const TABLE_BYTES: usize = 4_000_000;

/// What is left of the page for rows.
pub(super) struct Room(usize);

/// The rows that fit, and how many do not.
pub(super) struct Fitting<R> {
    pub(super) rows: Vec<R>,
    pub(super) left_out: usize,
}

impl Room {
    pub(super) fn new() -> Self {
        Self(TABLE_BYTES)
    }

    /// Takes rows while there is room, of which one table may have three quarters; `size` is what a row takes, about.
    fn fit<R>(&mut self, rows: impl Iterator<Item = R>, size: impl Fn(&R) -> usize) -> Fitting<R> {
        let mut fitting = Fitting { rows: Vec::new(), left_out: 0 };
        let mut room = self.0 / 4 * 3;
        for row in rows {
            match room.checked_sub(size(&row)) {
                Some(left) if fitting.left_out == 0 => {
                    room = left;
                    fitting.rows.push(row);
                }
                _ => fitting.left_out += 1,
            }
        }
        self.0 -= self.0 / 4 * 3 - room;
        fitting
    }
}

pub(super) struct ClientRow {
    pub(super) client: String,
    pub(super) provider: String,
    pub(super) subjects: u64,
    pub(super) ok: u64,
    pub(super) failed: u64,
    pub(super) causes: Vec<(&'static str, String, u64)>,
    pub(super) verdict: String,
}

pub(super) fn clients(room: &mut Room, clients: &[ClientSummary]) -> Fitting<ClientRow> {
    let row = |client: &ClientSummary| {
        let mut causes: Vec<_> = client
            .causes
            .iter()
            .map(|(rule, failures)| (shown::cause_class(rule), clip(rule, 40), *failures))
            .collect();
        causes.sort_by_key(|(_, _, failures)| std::cmp::Reverse(*failures));
        causes.truncate(6);
        ClientRow {
            client: shown::client(client.client.as_deref()),
            provider: name(client.provider.as_deref()),
            subjects: client.subjects,
            ok: client.refresh_ok,
            failed: client.refresh_failed,
            causes,
            verdict: clip(&client.verdict, 40),
        }
    };
    room.fit(clients.iter().map(row), |row| 200 + 2 * row.client.len() + 100 * row.causes.len())
}

/// A time where the head of the column names the zone.
fn in_column(moment: Option<Timestamp>) -> String {
    maybe_time(moment).trim_end_matches(" UTC").to_owned()
}

pub(super) struct FindingRow {
    /// Set where the finding has no card: then the row is where links lead.
    pub(super) own_anchor: Option<String>,
    pub(super) link: Option<String>,
    pub(super) severity: &'static str,
    pub(super) rank: u8,
    pub(super) rule: String,
    pub(super) client: String,
    pub(super) subject: String,
    pub(super) start: String,
    pub(super) failures: u64,
    pub(super) confidence: &'static str,
    pub(super) confidence_rank: u8,
    pub(super) outcome: &'static str,
    pub(super) place: String,
}

pub(super) fn findings(room: &mut Room, findings: &[Finding], cards: usize) -> Fitting<FindingRow> {
    let rows = findings.iter().enumerate().map(|(number, finding)| finding_row(number, finding, cards));
    room.fit(rows, |row| 180 + row.rule.len() + row.client.len() + row.subject.len() + row.place.len())
}

fn finding_row(number: usize, finding: &Finding, cards: usize) -> FindingRow {
    let anchor = anchor(&finding.id, number);
    let has_card = number < cards;
    let first = finding.evidence.first();
    FindingRow {
        link: has_card.then(|| anchor.clone()),
        own_anchor: (!has_card).then_some(anchor),
        severity: finding.severity.name(),
        rank: shown::severity_rank(finding.severity),
        rule: clip(&finding.rule, 40),
        client: shown::client(finding.client.as_deref()),
        subject: name(finding.subject.as_deref()),
        start: in_column(finding.start),
        failures: match finding.class {
            FindingClass::Cause => finding.failures + finding.aftermath_failures,
            FindingClass::Behaviour => finding.failures,
        },
        confidence: finding.confidence.name(),
        confidence_rank: shown::confidence_rank(finding.confidence),
        outcome: outcome(finding.outcome),
        place: first.map_or_else(String::new, |piece| short_place(&piece.path, piece.line)),
    }
}

pub(super) struct LeakRow {
    pub(super) severity: &'static str,
    pub(super) rank: u8,
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) fate: String,
    pub(super) field: String,
    pub(super) masked: String,
    pub(super) client: String,
    pub(super) occurrences: u64,
    pub(super) first: String,
    pub(super) place: String,
    pub(super) full_place: String,
    pub(super) digest: String,
}

pub(super) fn leaks(room: &mut Room, leaks: &[Leak]) -> Fitting<LeakRow> {
    let row = |leak: &Leak| LeakRow {
        severity: leak.severity.name(),
        rank: shown::severity_rank(leak.severity),
        kind: leak.kind.name(),
        status: status(leak.status),
        fate: fate(leak, |address| clip(address, 60)),
        field: name(leak.field.as_deref()),
        masked: clip(&leak.masked, 60),
        client: leak.client.as_deref().map_or_else(|| "–".into(), |client| clip(client, 80)),
        occurrences: leak.occurrences,
        first: in_column(leak.first_time),
        place: short_place(&leak.path, leak.line),
        full_place: format!("{}:{}:{}", clip(&leak.path, 400), leak.line, leak.column),
        digest: clip(&leak.digest, 16),
    };
    let size = |row: &LeakRow| 330 + row.field.len() + row.client.len() + row.place.len() + row.full_place.len();
    room.fit(leaks.iter().map(row), size)
}

pub(super) struct NoticeRow {
    pub(super) error: bool,
    pub(super) code: String,
    pub(super) path: String,
    pub(super) message: String,
    pub(super) count: String,
}

pub(super) fn notices(room: &mut Room, notices: &[Notice]) -> Fitting<NoticeRow> {
    let row = |notice: &Notice| NoticeRow {
        error: notice.trouble == Trouble::Incomplete,
        code: clip(&notice.code, 60),
        path: notice.path.as_deref().map_or_else(|| "the whole run".into(), path),
        message: clip(&notice.message, 600),
        count: number(notice.count),
    };
    room.fit(notices.iter().map(row), |row| 80 + row.code.len() + row.path.len() + row.message.len())
}

pub(super) struct InputRow {
    pub(super) path: String,
    pub(super) format: String,
    pub(super) size: String,
    pub(super) size_bytes: u64,
    pub(super) lines: String,
    pub(super) events: String,
    pub(super) sha256: String,
}

pub(super) fn inputs(room: &mut Room, inputs: &[InputSummary]) -> Fitting<InputRow> {
    let row = |input: &InputSummary| {
        let packed = input.compression.as_ref().map_or_else(String::new, |packed| format!(" in {packed}"));
        let format = input.format.as_deref().unwrap_or("nothing recognised");
        InputRow {
            path: path(&input.path),
            format: clip(&format!("{format}{packed}"), 60),
            size: bytes(input.size.unwrap_or(input.bytes)),
            size_bytes: input.size.unwrap_or(input.bytes),
            lines: number(input.lines),
            events: number(input.token_events),
            sha256: input.sha256.as_deref().map_or_else(|| "not recorded".into(), |digest| clip(digest, 64)),
        }
    };
    room.fit(inputs.iter().map(row), |row| 180 + row.path.len() + row.format.len() + row.sha256.len())
}
