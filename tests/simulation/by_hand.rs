//! Small timelines written by hand.

use std::collections::BTreeMap;

use tokscan::diagnose::{Diagnosis, Policies};
use tokscan::model::{CauseClass, EventKind, EventSet, Position, Symbol, Timestamp, TokenEvent};

use crate::event_level::diagnosed;
use crate::score::{assert_balance, causes};

pub(crate) const HOUR: i64 = 3_600_000;

/// A log of one client, times in milliseconds after its begin.
pub(crate) struct Log(pub(crate) EventSet);

impl Log {
    pub(crate) fn new() -> Self {
        Self(EventSet { sources: vec!["app.log".into()], ..EventSet::default() })
    }

    pub(crate) fn symbol(&mut self, text: &str) -> Symbol {
        self.0.symbols.intern(text)
    }

    pub(crate) fn event(&mut self, kind: EventKind, at: i64, subject: &str) -> &mut TokenEvent {
        let line = self.0.events.len() as u64 + 1;
        let position = Position::new(0, line * 100..line * 100 + 99, line);
        let mut event = TokenEvent::new(kind, self.symbol("regression"), position);
        event.time = Some(Timestamp::from_millis(1_767_571_200_000 + at));
        event.client = Some(self.symbol("c1"));
        event.subject = (!subject.is_empty()).then(|| self.symbol(subject));
        self.0.events.push(event);
        self.0.events.last_mut().unwrap()
    }

    pub(crate) fn ok(&mut self, at: i64, subject: &str) -> &mut TokenEvent {
        let event = self.event(EventKind::RefreshSucceeded, at, subject);
        event.expires_in = Some(3_600).into();
        event
    }

    pub(crate) fn fail(&mut self, at: i64, subject: &str) -> &mut TokenEvent {
        self.fail_as(at, subject, CauseClass::Ambiguous)
    }

    pub(crate) fn fail_as(&mut self, at: i64, subject: &str, class: CauseClass) -> &mut TokenEvent {
        let error = self.symbol("invalid_grant");
        let event = self.event(EventKind::RefreshFailed, at, subject);
        event.error = Some(error);
        event.class = class;
        event
    }

    /// A good refresh each hour: a persisted rotation, so that what follows is not taken for a lost one.
    pub(crate) fn healthy(&mut self, hours: std::ops::Range<i64>, subject: &str) {
        for hour in hours {
            self.ok(hour * HOUR, subject);
        }
    }

    pub(crate) fn diagnose(&self) -> Diagnosis {
        self.diagnose_with(&Policies::new())
    }

    pub(crate) fn diagnose_with(&self, policies: &Policies) -> Diagnosis {
        let diagnosis = diagnosed(&self.0, policies, 200);
        assert_balance(&diagnosis, "regression");
        diagnosis
    }
}

pub(crate) fn rules(diagnosis: &Diagnosis) -> BTreeMap<&str, u64> {
    let mut rules = BTreeMap::new();
    for finding in causes(&diagnosis.findings) {
        *rules.entry(finding.rule.as_str()).or_default() += finding.failures + finding.aftermath_failures;
    }
    rules
}

pub(crate) fn only(rule: &'static str, count: u64) -> BTreeMap<&'static str, u64> {
    BTreeMap::from([(rule, count)])
}

pub(crate) fn raced(diagnosis: &Diagnosis) -> bool {
    rules(diagnosis).keys().any(|rule| rule.starts_with("refresh-race"))
}
