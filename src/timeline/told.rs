//! What a set of events tells at all. An event is as long as two cache lines: to look at all of them once more, for what
//! they do not have, costs as much as a step on those that have it.

use crate::model::{Precision, TokenEvent};

/// Which parts there are, and which are left out.
#[allow(clippy::struct_excessive_bools, reason = "independent facts about one log")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    /// Some event names a token or a grant.
    pub tokens: bool,
    /// Some event has a time of whole seconds.
    pub coarse: bool,
    /// Some event shows a token endpoint without encryption.
    pub insecure: bool,
    /// Some event names its provider.
    pub(super) providers: bool,
    /// Some event does not.
    pub(super) no_provider: bool,
    /// Some event names no client.
    pub(super) no_client: bool,
    /// Some event names no subject.
    pub(super) no_subject: bool,
}

impl Told {
    /// What these events tell.
    pub(super) fn of(events: &[TokenEvent]) -> Self {
        let mut told = Self::default();
        for event in events {
            told.tokens |= event.presented.is_some() | event.issued.is_some() | event.grant_id.is_some();
            told.coarse |= event.time.is_some_and(|time| time.precision == Precision::Second);
            told.insecure |= event.insecure;
            told.providers |= event.provider.is_some();
            told.no_provider |= event.provider.is_none();
            told.no_client |= event.client.is_none();
            told.no_subject |= event.subject.is_none();
        }
        told
    }
}
