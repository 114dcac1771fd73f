//! A small builder of event sets for tests: `log.at(…).ok()` and so on.

use crate::model::{CauseClass, EventKind, EventSet, Position, Precision, Timestamp, TokenEvent};

/// An event set under construction; times are milliseconds after an invented start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) set: EventSet,
}

/// Milliseconds since the epoch of a log's time 0.
pub(crate) const START: i64 = 1_767_571_200_000;

impl Log {
    pub(crate) fn new() -> Self {
        let mut log = Self::default();
        log.set.sources.push("app.log".into());
        log
    }

    /// Adds an event of client `app` at a time, and lets `fill` say more.
    pub(crate) fn add(&mut self, at: i64, kind: EventKind, fill: impl FnOnce(&mut Says<'_>)) -> &mut Self {
        let line = self.set.events.len() as u64 + 1;
        let position = Position::new(0, line * 100..line * 100 + 99, line);
        let mut event = TokenEvent::new(kind, self.set.symbols.intern("test-rule"), position);
        event.time = Some(Timestamp::from_millis(START + at));
        event.client = Some(self.set.symbols.intern("app"));
        let mut says = Says { set: &mut self.set, event };
        fill(&mut says);
        let event = says.event;
        self.set.events.push(event);
        self
    }

    /// A good refresh by a subject.
    pub(crate) fn ok(&mut self, at: i64, subject: &str) -> &mut Self {
        self.add(at, EventKind::RefreshSucceeded, |event| event.subject(subject))
    }

    /// An ambiguous `invalid_grant` of a subject.
    pub(crate) fn fail(&mut self, at: i64, subject: &str) -> &mut Self {
        self.add(at, EventKind::RefreshFailed, |event| {
            event.subject(subject);
            event.error("invalid_grant");
        })
    }

    /// A failure with a class and a text.
    pub(crate) fn told(&mut self, at: i64, subject: &str, class: CauseClass, text: &str) -> &mut Self {
        self.add(at, EventKind::RefreshFailed, |event| {
            event.subject(subject);
            event.error("invalid_grant");
            event.text(text);
            event.event.class = class;
        })
    }

    /// A new grant.
    pub(crate) fn grant(&mut self, at: i64, subject: &str) -> &mut Self {
        self.add(at, EventKind::GrantIssued, |event| event.subject(subject))
    }
}

/// An event under construction.
pub(crate) struct Says<'a> {
    set: &'a mut EventSet,
    pub(crate) event: TokenEvent,
}

impl Says<'_> {
    pub(crate) fn subject(&mut self, text: &str) {
        self.event.subject = (!text.is_empty()).then(|| self.set.symbols.intern(text));
    }
    pub(crate) fn client(&mut self, text: &str) {
        self.event.client = (!text.is_empty()).then(|| self.set.symbols.intern(text));
    }
    pub(crate) fn provider(&mut self, text: &str) {
        self.event.provider = Some(self.set.symbols.intern(text));
    }
    pub(crate) fn error(&mut self, text: &str) {
        self.event.error = Some(self.set.symbols.intern(text));
    }
    pub(crate) fn text(&mut self, text: &str) {
        self.event.error_description = Some(self.set.symbols.intern(text));
    }
    pub(crate) fn grant_id(&mut self, text: &str) {
        self.event.grant_id = Some(self.set.symbols.intern(text));
    }
    pub(crate) fn request(&mut self, text: &str) {
        self.event.request_id = Some(self.set.symbols.intern(text));
    }
    pub(crate) fn presented(&mut self, text: &str) {
        self.event.presented = Some(self.set.symbols.intern(text));
    }
    pub(crate) fn issued(&mut self, text: &str) {
        self.event.issued = Some(self.set.symbols.intern(text));
    }
    pub(crate) fn address(&mut self, text: &str) {
        self.event.address = Some(self.set.symbols.intern(text));
    }
    pub(crate) fn rule(&mut self, text: &str) {
        self.event.rule = self.set.symbols.intern(text);
    }
    pub(crate) fn place(&mut self, host: &str, process: &str, thread: &str) {
        self.event.host = Some(self.set.symbols.intern(host));
        self.event.process = Some(self.set.symbols.intern(process));
        self.event.thread = Some(self.set.symbols.intern(thread));
    }
    pub(crate) fn seconds_only(&mut self) {
        self.event.time = self
            .event
            .time
            .map(|time| Timestamp::new(time.nanos.div_euclid(1_000_000_000) * 1_000_000_000, Precision::Second));
    }
}
