//! What the headlines of a record say: all topics and outcome words in one search of each text.

use std::borrow::Cow;

use regex::RegexSet;

use crate::rules::{Topic, Vocabulary};

/// What a pattern of the vocabulary means where it is found.
#[derive(Clone, Copy, Debug)]
enum Meaning {
    Topic(Topic),
    Failure,
    Start,
    Success,
    WeakFailure,
    NoAttempt,
}

/// All patterns of topics and outcomes.
#[derive(Debug)]
pub(super) struct Words {
    patterns: RegexSet,
    meanings: Vec<Meaning>,
}

/// What was found in the headlines.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "one for each class of words; they are not states")]
pub(super) struct Heard {
    pub(super) topics: Vec<Topic>,
    pub(super) failure: bool,
    pub(super) start: bool,
    pub(super) success: bool,
    pub(super) weak_failure: bool,
    pub(super) no_attempt: bool,
}

impl Words {
    pub(super) fn new(vocabulary: &Vocabulary) -> Self {
        let (mut patterns, mut meanings) = (Vec::new(), Vec::new());
        let mut add = |set: &RegexSet, meaning| {
            for pattern in set.patterns() {
                patterns.push(pattern.clone());
                meanings.push(meaning);
            }
        };
        for (topic, set) in &vocabulary.topics {
            add(set, Meaning::Topic(*topic));
        }
        let outcome = &vocabulary.outcome;
        add(&outcome.failure, Meaning::Failure);
        add(&outcome.start, Meaning::Start);
        add(&outcome.success, Meaning::Success);
        add(&outcome.weak_failure, Meaning::WeakFailure);
        add(&vocabulary.no_attempt, Meaning::NoAttempt);
        // Each set was compiled when the vocabulary was read: together they compile, too.
        Self { patterns: RegexSet::new(&patterns).unwrap_or_default(), meanings }
    }

    pub(super) fn read(&self, headlines: &[Cow<'_, str>]) -> Heard {
        let mut heard = Heard::default();
        for pattern in headlines.iter().flat_map(|text| self.patterns.matches(text)) {
            match self.meanings[pattern] {
                Meaning::Topic(topic) if !heard.topics.contains(&topic) => heard.topics.push(topic),
                Meaning::Topic(_) => {}
                Meaning::Failure => heard.failure = true,
                Meaning::Start => heard.start = true,
                Meaning::Success => heard.success = true,
                Meaning::WeakFailure => heard.weak_failure = true,
                Meaning::NoAttempt => heard.no_attempt = true,
            }
        }
        heard
    }
}
