//! The normalised token events, for other tools.

use std::io::{self, Write};

use crate::model::EventSet;

/// Writes one JSON object per line and event, in the order of the set.
pub fn render_events_jsonl(events: &EventSet, out: &mut dyn Write) -> io::Result<()> {
    for event in &events.events {
        serde_json::to_writer(&mut *out, &events.row(event))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::render_events_jsonl;
    use crate::model::{EventKind, EventSet, Position, TokenEvent};

    #[test]
    fn one_object_a_line_in_schema_order_with_line_ends_escaped() {
        let mut events = EventSet { sources: vec!["a.log".into()], ..EventSet::default() };
        let rule = events.symbols.intern("generic");
        let position = Position { source: 0, byte_start: 0, byte_end: 9, line: 1 };
        let mut failed = TokenEvent::new(EventKind::RefreshFailed, rule, position);
        failed.error_description = Some(events.symbols.intern("two\nlines"));
        events.events = vec![failed, TokenEvent::new(EventKind::RefreshSucceeded, rule, position)];
        let mut out = Vec::new();
        render_events_jsonl(&events, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(
            text.starts_with(r#"{"time":null,"time_precision":null,"kind":"refresh_failed","error":null"#),
            "{text}"
        );
        assert!(text.ends_with("\"rule\":\"generic\"}\n"), "{text}");
    }
}
