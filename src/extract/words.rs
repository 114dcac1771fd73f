//! What the headlines of a record say: all topics and outcome words in one search of each text.

use std::borrow::Cow;

use crate::rules::{Meaning, Topic, Vocabulary};

/// What was found in the headlines.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "one for each class of words; they are not states")]
pub(super) struct Heard {
    pub(super) topics: Vec<Topic>,
    pub(super) failure: bool,
    pub(super) start: bool,
    pub(super) begin: bool,
    pub(super) success: bool,
    pub(super) weak_failure: bool,
    pub(super) no_attempt: bool,
    pub(super) aside: bool,
}

/// Reads the headlines.
pub(super) fn read(vocabulary: &Vocabulary, headlines: &[Cow<'_, str>]) -> Heard {
    let mut heard = Heard::default();
    for pattern in headlines.iter().flat_map(|text| vocabulary.words.matches(text)) {
        match vocabulary.meanings[pattern] {
            Meaning::Topic(topic) if !heard.topics.contains(&topic) => heard.topics.push(topic),
            Meaning::Topic(_) => {}
            Meaning::Failure => heard.failure = true,
            Meaning::Start => heard.start = true,
            Meaning::Begin => heard.begin = true,
            Meaning::Success => heard.success = true,
            Meaning::WeakFailure => heard.weak_failure = true,
            Meaning::NoAttempt => heard.no_attempt = true,
            Meaning::Aside => heard.aside = true,
        }
    }
    heard
}
