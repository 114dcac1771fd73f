//! Clocks of hosts that are apart: what is said of them, and what is done.

use super::ScanOptions;
use crate::model::{EventSet, Notice, Trouble};
use crate::timeline::{self, Skew};

/// Finds the clocks that requests of two hosts show to be apart; where it is asked for, their times are corrected.
pub(super) fn align(options: &ScanOptions, events: &mut EventSet) -> Vec<Notice> {
    let least = i64::try_from(options.window.as_nanos()).unwrap_or(i64::MAX);
    let skews = timeline::skews(events, least);
    let done = if options.align_clocks {
        "its times were corrected by that"
    } else {
        "--align-clocks corrects its times before windows are applied"
    };
    let notices = skews.iter().map(|skew| {
        let by = format!("by {} requests that both logged under one id; {done}", skew.requests);
        notice(skew, events, &by)
    });
    let notices = notices.collect();
    if options.align_clocks {
        timeline::align(events, &skews);
    }
    notices
}

/// The clocks that the timelines show to be apart.
pub(super) fn shown(skews: &[Skew], events: &EventSet) -> Vec<Notice> {
    let by = "as the attempts at both show that were for one token; they were compared with that in mind";
    skews.iter().map(|skew| notice(skew, events, by)).collect()
}

fn notice(skew: &Skew, events: &EventSet, by: &str) -> Notice {
    let (ahead, behind) = (skew.ahead.name(events), skew.behind.name(events));
    let millis = skew.nanos / 1_000_000;
    let message = format!("the clock of {ahead} is {millis} ms ahead of that of {behind}, {by}");
    Notice::new("clock-skew", None, message, Trouble::Note)
}
