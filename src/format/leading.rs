//! The time of a line in an unknown layout: at its beginning, or near to it.

use super::epoch;
use super::time_choice::SHIPPING_NANOS;
use super::timestamp::{self, Clock, Stamp};

/// What stands between a time and what it is the time of.
pub(super) const BETWEEN: [char; 6] = [']', ')', ' ', '\t', '|', '-'];

/// A time near the beginning of a text.
#[derive(Clone, Copy, Debug)]
pub struct LeadingTime {
    /// The time.
    pub stamp: Stamp,
    /// Where it begins in the text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The time of the program, where the first is that of who passed the line on.
    pub second: Option<Stamp>,
    /// Whether words lead to it: `token refreshed, expires at 2026-…`.
    pub spoken: bool,
}

impl LeadingTime {
    /// Whether another one stands at the same place, in the same way.
    pub fn stands_like(&self, other: &Self) -> bool {
        (self.start, self.end, self.spoken) == (other.start, other.end, other.spoken)
    }
}

/// The time at or near the beginning of a text.
pub fn leading_time(text: &str, clock: &Clock) -> Option<LeadingTime> {
    let bytes = text.as_bytes();
    let mut starts = (0..bytes.len().min(96))
        .filter(|at| (*at == 0 || !bytes[at - 1].is_ascii_alphanumeric()) && bytes[*at].is_ascii_alphanumeric());
    let found = starts.find_map(|at| {
        let (stamp, used) = timestamp::leading(text.get(at..)?, clock)?;
        Some((stamp, at, at + used))
    });
    let since_1970 = || {
        let at = usize::from(text.starts_with('['));
        epoch::leading_epoch(&text[at..]).map(|(stamp, used)| (stamp, at, at + used))
    };
    // A time of day at the beginning is the record's; a whole date that follows is one that it speaks of.
    let of_record =
        |(_, start, _): &(Stamp, usize, usize)| *start <= 2 || timestamp::time_of_day(text, clock).is_none();
    let (stamp, start, end) = found.filter(of_record).or_else(since_1970)?;
    Some(LeadingTime {
        stamp,
        start,
        end,
        second: second_time(&text[end..], stamp, clock),
        spoken: speaks(&text[..start]),
    })
}

/// Whether a text is a beginning of a sentence: of levels, threads and loggers no two are words in small letters.
fn speaks(before: &str) -> bool {
    let is_word = |word: &&str| {
        let word = word.trim_end_matches([',', '.', ':', ';']);
        word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    before.split_ascii_whitespace().filter(is_word).count() > 1
}

/// The two follow each other, or a tag stands between them. A text begins with many a time, so they must be of one
/// moment.
fn second_time(rest: &str, first: Stamp, clock: &Clock) -> Option<Stamp> {
    let rest = rest.trim_start_matches(BETWEEN);
    let behind_tag =
        rest.split_once(": ").filter(|(tag, _)| tag.len() < 40 && !tag.contains(' ')).map(|(_, rest)| rest);
    let stamps = [Some(rest), behind_tag].into_iter().flatten().map(|text| text.trim_start_matches('['));
    let same_moment = |stamp: &Stamp| stamp.time.nanos.abs_diff(first.time.nanos) <= SHIPPING_NANOS;
    stamps.filter_map(|text| Some(timestamp::leading(text, clock)?.0)).find(same_moment)
}
