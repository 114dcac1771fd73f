//! Records that differ in names, numbers and the time alone, read once and then compared.
//!
//! A program writes the same few objects over and over. Of the first one of a kind it is found out which of its values
//! are names at most: the rules look at none of them, and what they do to the event is to stand in it. From then on a
//! line that is the same everywhere else is known by comparing bytes, and its event is that of the first with other
//! names. Reading it in full would give the same, at fifteen times the price; whatever is in doubt is read in full.

mod names;
mod slots;
mod tree;

use std::borrow::Cow;

use bumpalo::Bump;

pub(super) use names::Names;
use names::Room;

use super::rule_set::RuleSet;
use crate::extract::Copy;
use crate::format::{Clock, Setting, Stamp, timestamp};
use crate::model::{Position, Symbols, TokenEvent, without_kinds};
use slots::Learned;
use tree::{Span, Tree};

/// Longest record that is compared, in bytes.
const LONGEST: usize = 16 << 10;
/// Most templates at once; they are forgotten together, and those that are in use are soon learned again.
const MOST: usize = 512;
/// To learn a template costs what comparing so many lines saves.
const PRICE: u32 = 64;
/// What may be spent before anything was saved, and most that is saved up: where every line is another, learning ends.
const CREDIT: u32 = 256 * PRICE;

/// The templates that one worker has learned.
#[derive(Debug)]
pub(super) struct Templates {
    tree: Tree,
    known: Vec<Known>,
    credit: u32,
    /// Where the values stand in the line that was compared last.
    spans: Vec<Span>,
    room: Room,
}

/// What a template stands for.
#[derive(Debug)]
struct Known {
    format: String,
    /// The event of the line that it was learned from.
    event: Option<TokenEvent>,
    /// Which of the values go where.
    copies: Vec<(usize, Copy)>,
    /// Which value is the time.
    time: Option<usize>,
}

/// A record that was known by its template.
pub(super) struct Recognised<'t> {
    pub(super) format: &'t str,
    /// Its event, which was added to the others, and its time.
    pub(super) event: Option<(&'t mut TokenEvent, Option<Stamp>)>,
}

impl Default for Templates {
    fn default() -> Self {
        Self { tree: Tree::default(), known: Vec::new(), credit: CREDIT, spans: Vec::new(), room: Room::default() }
    }
}

impl Templates {
    /// The record of a text, if it has a template. It holds no leak.
    pub(super) fn recognise<'t>(
        &'t mut self,
        names: &Names,
        (text, position): (&[u8], Position),
        clock: &Clock,
        (events, symbols): (&'t mut Vec<TokenEvent>, &mut Symbols),
    ) -> Option<Recognised<'t>> {
        let number = self.tree.find(text, &mut self.spans)?;
        let values = self.spans.iter().map(|span| &text[span.0..span.1]);
        if !names.are_silent(values, &mut self.room) {
            return None;
        }
        self.credit = CREDIT.min(self.credit + 1);
        let known = &self.known[number];
        let Some(like) = &known.event else { return Some(Recognised { format: &known.format, event: None }) };
        // Values are ASCII, and there are as many as the template has.
        let value =
            |place: usize| self.spans.get(place).and_then(|span| std::str::from_utf8(&text[span.0..span.1]).ok());
        let stamp = match known.time {
            Some(place) => Some(timestamp::parse(value(place)?, clock)?),
            None => None,
        };
        // Made where it stays: an event is longer than what is moved in registers.
        events.push(TokenEvent { time: stamp.map(|stamp| stamp.time), position, silent: true, ..*like });
        let event = events.last_mut()?;
        for (place, copy) in &known.copies {
            copy.put(value(*place).unwrap_or_default(), event, symbols);
        }
        Some(Recognised { format: &known.format, event: Some((event, stamp)) })
    }

    /// Learns the template of a record that had none, if it can have one.
    pub(super) fn learn(
        &mut self,
        rules: &RuleSet,
        names: &Names,
        text: &[u8],
        clock: &Clock,
        (arena, symbols): (&Bump, &mut Symbols),
    ) {
        // A pseudonym is read without its kind, so the text would not be that of the log.
        if text.len() > LONGEST || self.credit < PRICE || matches!(without_kinds(text), Cow::Owned(_)) {
            return;
        }
        self.credit -= PRICE;
        let (mut learned, mut records) = (None, 0);
        rules.reader.read(arena, text, &Setting { clock, columns: None }, &mut |record| {
            records += 1;
            learned = slots::learn(rules, names, text, record, symbols);
        });
        let Some(learned) = learned.filter(|_| records == 1) else { return };
        if self.known.len() == MOST {
            (self.tree, self.known) = (Tree::default(), Vec::new());
        }
        let Learned { slots, event, copies, time, format } = learned;
        if self.tree.insert(text, &slots, self.known.len()) {
            self.known.push(Known { format, event, copies, time });
        }
    }
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::{Names, RuleSet, Templates};
    use crate::extract::Hints;
    use crate::format::Clock;
    use crate::model::{Position, Symbols, Zone};

    const FIRST: &str = r#"{"ts":"2026-03-02T12:00:00.001Z","event":"token_refresh","outcome":"success","client_id":"app-1","user_id":"u-0001","duration_ms":91,"refresh_token_id":"tok-0001"}"#;

    /// The client, the subject and the duration of a line, if it is known once the first one was learned.
    fn recognised(line: &str) -> Option<(String, String, Option<u32>)> {
        recognised_after(FIRST, line)
    }

    fn recognised_after(first: &str, line: &str) -> Option<(String, String, Option<u32>)> {
        let rules = RuleSet::load(&[], Hints::default()).unwrap();
        let names = Names::new(&rules).unwrap();
        let (mut templates, mut symbols, clock) =
            (Templates::default(), Symbols::default(), Clock { zone: Zone::UTC, day: None });
        templates.learn(&rules, &names, first.as_bytes(), &clock, (&Bump::new(), &mut symbols));
        let position = Position { source: 0, byte_start: 0, byte_end: line.len() as u64, line: 1 };
        let mut events = Vec::new();
        let found = templates.recognise(&names, (line.as_bytes(), position), &clock, (&mut events, &mut symbols))?;
        let (event, stamp) = found.event.unwrap();
        assert!(stamp.is_some() && event.time.is_some());
        let text = |symbol| symbols.text(symbol).unwrap_or_default().to_owned();
        Some((text(event.client), text(event.subject), event.duration_ms))
    }

    #[test]
    fn a_line_with_other_names_is_known() {
        let line = FIRST.replace("app-1", "app-2").replace("u-0001", "carla@corp").replace(":91,", ":4.2,");
        assert_eq!(recognised(&line), Some(("app-2".into(), "carla@corp".into(), Some(4))));
    }

    #[test]
    fn a_pseudonym_is_read_in_full() {
        let first = FIRST.replace("success", "‹client_secret:0a1b2c3d›");
        assert_eq!(recognised_after(&first, &first), None);
    }

    #[test]
    fn a_time_may_be_a_number() {
        let first = FIRST.replace(r#""2026-03-02T12:00:00.001Z""#, "1772452800123");
        let line = first.replace("1772452800123", "1772452800456").replace("u-0001", "u-0002");
        assert_eq!(recognised_after(&first, &line), Some(("app-1".into(), "u-0002".into(), Some(91))));
    }

    #[test]
    fn a_line_that_says_something_else_is_read() {
        for (old, new) in [
            ("success", "failure"),
            ("app-1", "203.0.113.7"),
            ("app-1", "null"),
            ("u-0001", "AKIAIOSFODNN7EXAMPLE"),
            ("u-0001", "eyJzdWIiOiJhbGljZSJ9"),
            ("u-0001", "u 0001"),
            ("u-0001", "invalid_grant"),
            ("2026-03-02T12:00:00.001Z", "2026-13-02T12:00:00.001Z"),
            (":91,", ":-91,"),
            ("tok-0001", "tok-0002"),
        ] {
            assert_eq!(recognised(&FIRST.replace(old, new)), None, "{old} {new}");
        }
    }
}
