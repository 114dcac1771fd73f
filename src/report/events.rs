//! The normalised token events, for other tools: JSON lines, and a table of the same columns.

use std::borrow::Cow;
use std::io::{self, Write};

use super::buffered;
use super::sheet::{Sheet, if_known, number, text, time};
use crate::model::{EventRow, EventSet};

/// The names of the fields of an [`EventRow`], in their order.
const COLUMNS: [&str; 26] = [
    "time",
    "time_precision",
    "kind",
    "error",
    "error_description",
    "sub_code",
    "status",
    "cause_class",
    "provider",
    "client",
    "subject",
    "grant_id",
    "request_id",
    "presented",
    "issued",
    "expires_in",
    "duration_ms",
    "address",
    "host",
    "process",
    "thread",
    "path",
    "line",
    "byte_start",
    "byte_end",
    "rule",
];

/// Writes one JSON object per line and event, in the order of the set.
pub fn render_events_jsonl(events: &EventSet, out: &mut dyn Write) -> io::Result<()> {
    let mut out = buffered(out);
    for event in &events.events {
        serde_json::to_writer(&mut out, &events.row(event))?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// Writes the same as a table, one row per event; what an event does not say is an empty cell.
pub fn render_events_csv(events: &EventSet, out: &mut dyn Write) -> io::Result<()> {
    let mut sheet = Sheet::new(out, &COLUMNS)?;
    events.events.iter().try_for_each(|event| sheet.row(cells(&events.row(event))))?;
    sheet.finish()
}

fn cells<'e>(row: &EventRow<'e>) -> [Cow<'e, str>; COLUMNS.len()] {
    [
        time(row.time),
        text(row.time_precision),
        row.kind.into(),
        text(row.error),
        text(row.error_description),
        text(row.sub_code),
        if_known(row.status),
        text(row.cause_class),
        text(row.provider),
        text(row.client),
        text(row.subject),
        text(row.grant_id),
        text(row.request_id),
        text(row.presented),
        text(row.issued),
        if_known(row.expires_in),
        if_known(row.duration_ms),
        text(row.address),
        text(row.host),
        text(row.process),
        text(row.thread),
        row.path.into(),
        number(row.line),
        number(row.byte_start),
        number(row.byte_end),
        row.rule.into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, render_events_csv, render_events_jsonl};
    use crate::model::{EventKind, EventSet, Position, Timestamp, TokenEvent};

    fn two_events() -> EventSet {
        let mut events = EventSet { sources: vec!["a.log".into()], ..EventSet::default() };
        let rule = events.symbols.intern("generic");
        let position = Position::new(0, 0..9, 1);
        let mut failed = TokenEvent::new(EventKind::RefreshFailed, rule, position);
        failed.error_description = Some(events.symbols.intern("two\nlines, \"quoted\""));
        failed.client = Some(events.symbols.intern("=cmd|' /C calc'!A0"));
        let time = Some(Timestamp::from_millis(1_767_323_045_120));
        events.events =
            vec![failed, TokenEvent { time, ..TokenEvent::new(EventKind::RefreshSucceeded, rule, position) }];
        events
    }

    #[test]
    fn one_object_a_line_in_schema_order_with_line_ends_escaped() {
        let mut out = Vec::new();
        render_events_jsonl(&two_events(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(
            text.starts_with(r#"{"time":null,"time_precision":null,"kind":"refresh_failed","error":null"#),
            "{text}"
        );
        assert!(text.ends_with("\"rule\":\"generic\"}\n"), "{text}");
    }

    #[test]
    fn the_table_has_the_fields_of_the_objects_in_their_order() {
        let events = two_events();
        let object = serde_json::to_string(&events.row(&events.events[0])).unwrap();
        let places = COLUMNS.map(|column| object.find(&format!("\"{column}\":")).unwrap());
        assert!(places.is_sorted() && object.matches("\":").count() == COLUMNS.len(), "{object}");
    }

    #[test]
    fn what_a_log_wrote_stays_in_its_cell_and_is_no_formula() {
        let mut out = Vec::new();
        render_events_csv(&two_events(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines[0], COLUMNS.join(","));
        assert_eq!(
            lines[1],
            ",,refresh_failed,,\"two⏎lines, \"\"quoted\"\"\",,,ambiguous,,'=cmd|' /C calc'!A0,,,,,,,,,,,,a.log,1,0,9,generic"
        );
        assert_eq!(lines[2], "2026-01-02T03:04:05.120Z,ms,refresh_succeeded,,,,,,,,,,,,,,,,,,,a.log,1,0,9,generic");
        assert_eq!(lines.len(), 3);
    }
}
