//! Records that differ in names, numbers and the time alone, read once and then compared.
//!
//! A program writes the same few objects over and over. Of the first one of a kind it is found out which of its values
//! are names at most: the rules look at none of them, and what they do to the event is to stand in it. From then on a
//! line that is the same everywhere else is known by comparing bytes, and its event is that of the first with other
//! names. Reading it in full would give the same, at fifteen times the price; whatever is in doubt is read in full.
//!
//! In an object a value is told by its key, and any name will do in its place. In a running text only numbers may differ,
//! and the digits of ids in hexadecimal: see `text`; of strings that were written with escapes see `sheets`.

mod lengths;
mod names;
mod part;
mod proof;
mod reach;
mod seen;
mod sense;
mod sheets;
mod sightings;
mod slots;
mod text;
mod tree;
mod when;

use std::borrow::Cow;

use bumpalo::Bump;

pub(super) use names::Names;
use names::Room;

use super::rule_set::RuleSet;
use crate::extract::{Copy, NameRole};
use crate::format::{Clock, Setting, Stamp};
use crate::model::{Position, Symbols, TokenEvent, without_kinds};
use part::Part;
use seen::{Other, Seen};
use sightings::{Attempt, Sightings};
use slots::{Learned, Slot};
use tree::{Span, Tree};
use when::When;

/// Longest record that is compared, in bytes.
const LONGEST: usize = 16 << 10;
/// Most templates at once; they are forgotten together, and those that are in use are soon learned again.
const MOST: usize = 512;
/// To learn a template costs what comparing so many lines saves.
const PRICE: u32 = 64;
/// All rules are held against a running text.
const PRICE_OF_TEXT: u32 = 2 * PRICE;
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
    names: Seen,
    sightings: Sightings,
}

/// What a template stands for.
#[derive(Debug)]
struct Known {
    /// How it came to be learned, until it is of use.
    attempt: Option<Attempt>,
    format: String,
    /// The event of the line that it was learned from.
    event: Option<TokenEvent>,
    /// The values that are names in the event, and their roles.
    names: Vec<(usize, NameRole)>,
    /// The other values.
    others: Vec<Other>,
    /// Which other parts of a line go where.
    copies: Vec<(Part, Copy)>,
    times: Vec<When>,
    of_text: Option<OfText>,
}

/// What is asked of a line with slots in a running text.
#[derive(Debug)]
struct OfText {
    /// Which of its values are names.
    names: Vec<usize>,
    /// Words that are long enough to hold encoded text.
    words: Vec<Part>,
    /// Which of its values are words of hexadecimal digits.
    hexadecimal: Vec<usize>,
    /// Whether its source has a day: without one some times are none.
    has_day: bool,
}

/// A record that was known by its template.
pub(super) struct Recognised<'t> {
    pub(super) format: &'t str,
    /// Its event, which was added to the others, and its time.
    pub(super) event: Option<(&'t mut TokenEvent, Option<Stamp>)>,
}

impl Default for Templates {
    fn default() -> Self {
        Self {
            tree: Tree::default(),
            known: Vec::new(),
            credit: CREDIT,
            spans: Vec::new(),
            room: Room::default(),
            names: Seen::default(),
            sightings: Sightings::default(),
        }
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
        let (known, spans) = (&mut self.known[number], self.spans.as_slice());
        let silent = match &known.of_text {
            None => {
                self.names.look_up(text, spans, &known.names, symbols);
                self.names.look_at(text, spans, &mut known.others);
                let silent = names.are_silent(text, self.names.fresh(), &mut self.room);
                if !silent {
                    known.others.iter_mut().for_each(Other::forget);
                }
                silent
            }
            Some(of_text) => of_text.is_silent(names, text, spans, clock),
        };
        if !silent {
            return None;
        }
        let timed = !known.times.is_empty() && (known.event.is_some() || known.of_text.is_some());
        let stamp = if timed { Some(when::stamp(&known.times, text, spans, clock)?) } else { None };
        self.credit = CREDIT.min(self.credit + 1);
        if let Some(attempt) = known.attempt.take() {
            self.sightings.repay(attempt);
        }
        let Some(like) = &known.event else { return Some(Recognised { format: &known.format, event: None }) };
        // Made where it stays: an event is longer than what is moved in registers.
        events.push(TokenEvent { time: stamp.map(|stamp| stamp.time), position, silent: true, ..*like });
        let event = events.last_mut()?;
        self.names.keep(text, spans, &known.names, (event, symbols));
        for (part, copy) in &known.copies {
            // What stands in a line that is the same elsewhere is text as it was in the first one.
            copy.put(part.text(text, spans).unwrap_or_default(), event, symbols);
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
        let Some(attempt) = self.sightings.attempt(text, &names.unknown) else { return };
        let (mut learned, mut records, mut later, mut price) = (None, 0, false, PRICE);
        rules.reader.read(arena, text, &Setting { clock, columns: None }, &mut |record| {
            records += 1;
            later = !attempt.with_texts && !record.texts.is_empty();
            price = if record.texts.is_empty() { PRICE } else { PRICE_OF_TEXT };
            if !later {
                learned = slots::learn(rules, names, text, (record, clock, attempt.with_texts), symbols);
            }
        });
        if later {
            return;
        }
        self.credit = self.credit.saturating_sub(price);
        let known = learned
            .filter(|_| records == 1)
            .is_some_and(|learned| self.keep(rules, text, (learned, attempt), clock, (arena, symbols)));
        if !known {
            self.sightings.give_up(attempt);
        }
    }

    /// Keeps a template if it holds; whether it does.
    fn keep(
        &mut self,
        rules: &RuleSet,
        text: &[u8],
        (mut learned, attempt): (Learned, Attempt),
        clock: &Clock,
        (arena, symbols): (&Bump, &mut Symbols),
    ) -> bool {
        let mut of_text = OfText::of(&learned, text, clock);
        if of_text.is_some() && !proof::holds(rules, text, &learned, clock, (arena, symbols)) {
            if !lengths::fix(&mut learned.slots) || !proof::holds(rules, text, &learned, clock, (arena, symbols)) {
                return false;
            }
            of_text = OfText::of(&learned, text, clock);
        }
        if self.known.len() == MOST {
            (self.tree, self.known) = (Tree::default(), Vec::new());
        }
        let Learned { slots, event, mut copies, times, format } = learned;
        // The names of a running text are parts of words, and not asked about by themselves.
        let mut names = vec![None; slots.len()];
        if of_text.is_none() {
            copies.retain(|(part, copy)| !is_name(*part, copy, &mut names));
        }
        let new = self.tree.insert(text, &slots, self.known.len());
        if new {
            let mut known = Known {
                attempt: Some(attempt),
                format,
                event,
                names: Vec::new(),
                others: Vec::new(),
                copies,
                times,
                of_text,
            };
            for (value, (role, (slot, _))) in names.into_iter().zip(slots).enumerate() {
                match role {
                    Some(role) => known.names.push((value, role)),
                    None => known.others.push(Other::new(value, slot)),
                }
            }
            self.known.push(known);
        }
        new
    }
}

/// Whether a part is a value that is a name in the event, which is noted where none was.
fn is_name(part: Part, copy: &Copy, roles: &mut [Option<NameRole>]) -> bool {
    let (Some(value), Copy::Name(role)) = (part.value(), copy) else { return false };
    let free = roles[value].is_none();
    if free {
        roles[value] = Some(*role);
    }
    free
}

impl OfText {
    fn of(learned: &Learned, line: &[u8], clock: &Clock) -> Option<Self> {
        learned.slots.iter().any(|(slot, _)| slot.is_of_text()).then_some(())?;
        let names = (0..learned.slots.len()).filter(|place| !learned.slots[*place].0.is_of_text());
        let joins = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'+' | b'/' | b'-' | b'_');
        let spans = || learned.slots.iter().map(|(_, span)| *span);
        let words = spans().filter_map(|(start, end)| {
            let start = start - line[..start].iter().rev().take_while(joins).count();
            let end = end + line[end..].iter().take_while(joins).count();
            let growth = lengths::growth(learned.slots.iter().filter(|(_, span)| start <= span.0 && span.1 <= end));
            Part::of(spans(), (start, end)).filter(|_| end - start + growth >= names::ENCODED)
        });
        let mut words: Vec<Part> = words.collect();
        words.dedup();
        let is_word = |place: &usize| matches!(learned.slots[*place].0, Slot::Hexadecimal(_) | Slot::Group(_));
        let hexadecimal = (0..learned.slots.len()).filter(is_word).collect();
        Some(Self { names: names.collect(), words, hexadecimal, has_day: clock.day.is_some() })
    }

    fn is_silent(&self, names: &Names, line: &[u8], spans: &[Span], clock: &Clock) -> bool {
        let name = |place: &usize| &line[spans[*place].0..spans[*place].1];
        let encoded = |word: &Part| word.text(line, spans).is_none_or(|word| names::is_long_encoded(word.as_bytes()));
        self.has_day == clock.day.is_some()
            && self.names.iter().all(|place| names.is_silent(name(place)))
            && !self.hexadecimal.iter().any(|place| names.is_spelled(name(place)))
            && !self.words.iter().any(encoded)
    }
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::{Names, RuleSet, Templates};
    use crate::extract::Hints;
    use crate::format::Clock;
    use crate::model::{Position, Symbols, TokenEvent, Zone};

    const FIRST: &str = r#"{"ts":"2026-03-02T12:00:00.001Z","event":"token_refresh","outcome":"success","client_id":"app-1","user_id":"u-0001","duration_ms":91,"refresh_token_id":"tok-0001"}"#;

    /// The client, the subject and the duration of a line, if it is known once the first one was learned.
    fn recognised(line: &str) -> Option<(String, String, Option<u32>)> {
        recognised_after(FIRST, line)
    }

    fn recognised_after(first: &str, line: &str) -> Option<(String, String, Option<u32>)> {
        let (_, event, symbols) = looked_up(first, line);
        let (event, _) = event.filter(|(event, timed)| *timed && event.time.is_some())?;
        let text = |symbol| symbols.text(symbol).unwrap_or_default().to_owned();
        Some((text(event.client), text(event.subject), event.duration_ms.get()))
    }

    /// Whether a line is known once the first one was learned, be it an event or not.
    fn is_known(first: &str, line: &str) -> bool {
        looked_up(first, line).0
    }

    /// Whether a line is known, and the event that it then has, if it has one, with whether that has a time.
    fn looked_up(first: &str, line: &str) -> (bool, Option<(TokenEvent, bool)>, Symbols) {
        let rules = RuleSet::load(&[], Hints::default()).unwrap();
        let mut names = Names::new(&rules).unwrap();
        names.unknown = super::sightings::Unknown::many();
        let (mut templates, mut symbols, clock) =
            (Templates::default(), Symbols::default(), Clock { zone: Zone::UTC, day: None });
        for _ in 0..super::sightings::OFTEN {
            templates.learn(&rules, &names, first.as_bytes(), &clock, (&Bump::new(), &mut symbols));
        }
        let position = Position::new(0, 0..line.len() as u64, 1);
        let mut events = Vec::new();
        let found = templates.recognise(&names, (line.as_bytes(), position), &clock, (&mut events, &mut symbols));
        let (known, event) = (found.is_some(), found.and_then(|found| found.event));
        (known, event.map(|(event, stamp)| (*event, stamp.is_some())), symbols)
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
    fn a_count_may_be_another() {
        let first = FIRST.replace(r#""duration_ms""#, r#""retries":"2","status":"200","duration_ms""#);
        for (old, new, known) in
            [("2", "17", true), ("2", "401", true), ("2", "1234", false), ("2", "x", false), ("200", "204", false)]
        {
            let line = first.replace(&format!(r#":"{old}""#), &format!(r#":"{new}""#));
            assert_eq!(recognised_after(&first, &line).is_some(), known, "{new}");
        }
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

    const TEXTS: [&str; 7] = [
        "ts=2026-03-02T12:00:00.001Z level=info event=token_refresh outcome=success client_id=app-1 user_id=u-0001 status=200 duration_ms=091 trace_id=9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c",
        "2026-03-02 12:00:00,001 INFO  [refresh-7] com.example.OAuthClient - Refreshed token for user u-0001 of client app-1, duration_ms=091 status=200",
        "Mar  2 2026 12:00:00 refreshed token for user u-0001 of client app-1, took_ms=091 (trace 72c1e9b4-11d2-4a7e-9d1f-2b6a55c0e111)",
        r#"[02-Mar-2026 12:00:00 UTC] local.INFO: token refresh success {"user_id":"u-0001","client":"app-1","ms":091,"error":""}"#,
        r#"{"ts":"2026-03-02T12:00:00.001Z","msg":"refreshed token for user u-0001 of client app-1","duration_ms":91}"#,
        "2026-03-02T12:00:00.123456789Z stdout F 2026-03-02 12:00:00,001 INFO  [refresh-7] com.example.OAuthClient - Refreshed token for user u-0001 of client app-1, took_ms=091",
        r#"2026-03-02T12:00:00.123456789Z stdout F {"ts":"2026-03-02T12:00:00.001Z","event":"token_refresh","outcome":"success","client_id":"app-1","user_id":"u-0001","duration_ms":91}"#,
    ];

    #[test]
    fn a_response_time_may_be_another() {
        let first = r#"203.0.113.7 - - [02/Mar/2026:12:00:00 +0000] "POST /oauth2/token HTTP/1.1" 200 1180 "-" "okhttp/4.9" rt=0.095"#;
        assert!(recognised_after(first, &first.replace("0.095", "0.041")).is_some());
        assert_eq!(recognised_after(first, &first.replace("0.095", "0x95f")), None);
    }

    #[test]
    fn a_text_with_other_digits_is_known() {
        for first in TEXTS {
            let line = first.replace("app-1", "app-2").replace("u-0001", "u-4567").replace("91", "42");
            let line = line.replace("12:00:00", "23:59:58").replace("9f8b3c2a7d6e5f4a", "0123456789abcdef");
            let line = line.replace("72c1e9b4-11d2", "12345678-9999");
            assert_eq!(recognised_after(first, &line), Some(("app-2".into(), "u-4567".into(), Some(42))), "{line}");
        }
    }

    #[test]
    fn a_number_of_a_text_may_be_longer_or_shorter() {
        for first in TEXTS {
            for (user, client, took) in [("u-7", "app-123456", 5), ("u-123456789", "app-12", 12_345)] {
                let line = first.replace("u-0001", user).replace("app-1", client);
                let line = line.replace("091", &took.to_string()).replace(":91", &format!(":{took}"));
                assert_eq!(recognised_after(first, &line), Some((client.into(), user.into(), Some(took))), "{line}");
            }
        }
    }

    #[test]
    fn a_value_of_an_object_may_hold_other_numbers() {
        let first = r#"{"ts":"2026-03-02T12:00:00.001Z","caller":"web/x.go:31","thread":{"name":"exec-1"},"msg":"GET /a/v2 401 in 9 ms"}"#;
        assert!(is_known(first, &first.replace("go:31", "go:7").replace(" 9 ms", " 1234 ms")));
        for (old, new) in [("401", "200"), ("go:31", "go:x"), ("web", "app"), ("exec-1", "exec+1")] {
            assert!(!is_known(first, &first.replace(old, new)), "{old} {new}");
        }
    }

    #[test]
    fn an_object_in_a_string_of_an_object_is_known() {
        let inner = FIRST.replace(r#","refresh_token_id":"tok-0001""#, "");
        let docker = |line: &str| {
            let log = serde_json::to_string(&format!("{line}\n")).unwrap();
            format!(r#"{{"log":{log},"stream":"stdout","time":"2026-03-02T12:00:00.123456789Z"}}"#)
        };
        let line = inner.replace("app-1", "app-23").replace("u-0001", "u-7").replace(":91", ":4711");
        for wrap in [&docker as &dyn Fn(&str) -> String, &|line| docker(&docker(line))] {
            let expected = Some(("app-23".into(), "u-7".into(), Some(4711)));
            assert_eq!(recognised_after(&wrap(&inner), &wrap(&line)), expected);
            assert_eq!(recognised_after(&wrap(&inner), &wrap(&line.replace("success", "failure"))), None);
            assert_eq!(recognised_after(&wrap(&inner), &wrap(&line.replace("u-7", "u-\\u0037"))), None);
        }
    }

    #[test]
    fn a_date_that_was_none_may_be_one() {
        let line = r#"{"log":"2026-02-03 09:00:00,100 INFO refreshed token for user u-17 of client crm\n","time":"2026-03-02T12:51:00Z"}"#;
        let first = line.replace("02-03 09", "87-03 09");
        assert!(is_known(line, line) && is_known(line, &line.replace("u-17", "u-18")));
        assert!(!is_known(&first, line), "the time of the line is another one");
    }

    #[test]
    fn digits_that_are_counted_stay_as_many() {
        for (first, old, new) in [
            ("2026-03-02T12:00:00Z INFO view 12 refreshed for 34 (token)", "12", "123456789"),
            ("2026-03-02T12:00:00Z INFO token refresh for user u-1 sent 50 bytes", "50", "5000000000"),
            ("2026-03-02T12:00:00Z INFO token refresh for user u-1 req 123456 done", "123456", "1234"),
            ("2026-03-02T12:00:00Z INFO token refresh for user auth0|12 done", "12", "12345"),
            ("2026-03-02T12:00:00Z INFO token refresh for day=2026-03-02 10:00 done", "-02 10", "-2 10"),
            ("2026-03-02T12:00:00Z INFO token refresh for user u-1 line12: done", "line12", "line123"),
        ] {
            assert!(is_known(first, first), "{first}");
            assert!(!is_known(first, &first.replace(old, new)), "{first} {old} {new}");
        }
    }

    #[test]
    fn a_text_that_says_something_else_is_read_in_full() {
        for (old, new) in [
            ("status=200", "status=401"),
            ("u-0001", "v-0001"),
            ("u-0001", "401"),
            ("u-0001", "u-"),
            ("u-0001", "u-0123456789"),
            ("12:00:00", "25:00:00"),
            ("2026", "2026-"),
            ("token", "grant"),
            ("9f8b3c2a7d6e5f4a", "9f8b3c2a7d6e5f4g"),
            ("9f8b3c2a7d6e5f4a", "def502007d6e5f4a"),
            ("9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c", "99999999999999999999999999999999"),
            ("72c1e9b4-11d2", "def50200-11d2"),
            ("success", "failure"),
        ] {
            for first in TEXTS.into_iter().filter(|first| first.contains(old)) {
                assert_eq!(recognised_after(first, &first.replace(old, new)), None, "{first} {old} {new}");
            }
        }
    }

    #[test]
    fn digits_that_mean_something_stay() {
        for (first, old, new) in [
            ("2026-03-02T12:00:00Z INFO refresh of token for user u-01: status 200", "200", "401"),
            ("2026-03-02T12:00:00Z INFO token refresh for user u-01 -> 200", "200", "401"),
            ("2026-03-02T12:00:00Z ERROR token refresh failed for user u-01: AADSTS70008", "70008", "50173"),
            (
                "2026-03-02T12:00:00Z INFO token refresh for user u-01 at http://10.0.0.1/oauth2/token",
                "10.0.0",
                "127.0.0",
            ),
            ("2026-03-02T12:00:00Z INFO token refresh for user u-01 at /oauth2/token ok", "oauth2", "oauth3"),
            ("2026-03-02T12:00:00Z INFO token refreshed for user u-01 refresh_token_id=1234", "1234", "5678"),
            ("2026-03-02T12:00:00Z INFO token refreshed for user u-01 access_token=123456789012", "1234", "5678"),
            ("2026-03-02T12:00:00Z INFO token refreshed for user u-01 client=10.0.0.1", "10", "99"),
            ("2026-03-02T12:00:00Z INFO token refreshed for user u-01 thread1=pool", "thread1", "thread7"),
        ] {
            assert_eq!(recognised_after(first, &first.replace(old, new)), None, "{first}");
        }
    }
}
