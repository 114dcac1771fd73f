//! `wrong-expiry`: the client takes its token to last longer, or much shorter, than the server says.

use crate::model::Confidence;

use super::cadence::{Round, one_grant};
use super::draft::{Draft, Verdict};
use super::line::Line;
use super::names::WRONG_EXPIRY;
use super::words;

/// A token is used up so long after its end at least: clocks differ by some seconds.
const SLACK: i64 = 5_000_000_000;
/// Intervals of a fixed period differ by so much of it at most.
const EVEN: i64 = 50;

/// One finding for a timeline: calls with a token that had run out, or a period that does not fit.
pub(super) fn judge(line: &Line<'_>, rounds: &[Round]) -> Option<Draft> {
    if !one_grant(line) {
        return None;
    }
    let (cycles, calls) = overdue(line, rounds);
    if cycles.len() > 1 {
        let reason =
            "API calls are answered 401 after the token's lifetime, again and again, and no refresh follows at once.";
        let confidence = if line.anonymous { Confidence::Possible } else { Confidence::Likely };
        let mut draft = Draft::behaviour(Verdict::new(WRONG_EXPIRY, confidence, reason), line.number);
        draft.winners = cycles.iter().map(|round| line.ids[round.first]).collect();
        draft.notes.push(format!("{calls} calls were made with a token that had run out, in {} cycles.", cycles.len()));
        return Some(draft);
    }
    by_period(line, rounds)
}

/// The rounds whose token was used after its end while no refresh was tried, and how many calls that were.
/// A refresh that follows at once was set off by the 401: that is another habit.
fn overdue<'r>(line: &Line<'_>, rounds: &'r [Round]) -> (Vec<&'r Round>, usize) {
    let (mut cycles, mut calls) = (Vec::new(), 0);
    for (at, round) in rounds.iter().enumerate() {
        let Some(lifetime) = round.lifetime else { continue };
        let next = rounds.get(at + 1);
        if next.is_some_and(|next| next.disturbed) {
            continue;
        }
        let over = round.end.saturating_add(lifetime).saturating_add(SLACK);
        let until = next.map_or(i64::MAX, |next| next.sent.saturating_sub(line.scene.limits.reactive));
        let from = line.unauthorized().partition_point(|&time| time < over);
        let to = line.unauthorized().partition_point(|&time| time < until);
        // After the last refresh the reason may be that nothing works any more.
        if to > from && (next.is_some() || line.failed_after(round.end).is_none()) {
            cycles.push(round);
            calls += to - from;
        }
    }
    (cycles, calls)
}

/// A fixed period that is no part of the lifetime. One that is much longer is that of a job that refreshes when it runs.
fn by_period(line: &Line<'_>, rounds: &[Round]) -> Option<Draft> {
    let limits = line.scene.limits;
    let pairs = || rounds.windows(2).filter(|pair| !pair[1].disturbed);
    let mut intervals: Vec<i64> = pairs().map(|pair| pair[1].sent.saturating_sub(pair[0].sent)).collect();
    let mut lifetimes: Vec<i64> = pairs().filter_map(|pair| pair[0].lifetime).collect();
    if intervals.len() < limits.expiry_intervals || lifetimes.len() != intervals.len() {
        return None;
    }
    lifetimes.sort_unstable();
    intervals.sort_unstable();
    let (period, lifetime) = (intervals[intervals.len() / 2], lifetimes[lifetimes.len() / 2]);
    let even = intervals.iter().filter(|&&interval| (interval - period).abs() <= period / EVEN).count();
    let of_lifetime = period as f64 / lifetime.max(1) as f64;
    let (early, late, unrelated) = limits.expiry;
    let per_call = of_lifetime <= 1.0 / limits.uncached.0;
    let wrong = (late < of_lifetime && of_lifetime <= unrelated) || (of_lifetime < early && !per_call);
    if even * 10 < intervals.len() * 9 || lifetimes[0] != lifetimes[lifetimes.len() - 1] || !wrong {
        return None;
    }
    let reason = if of_lifetime > 1.0 {
        "The refreshes keep a fixed period that is longer than the token lasts; a job that runs so often looks the same, and answers of the API would tell."
    } else {
        "The refreshes keep a fixed period that is a small part of the token's lifetime."
    };
    let mut draft = Draft::behaviour(Verdict::new(WRONG_EXPIRY, Confidence::Possible, reason), line.number);
    draft.winners = rounds.iter().map(|round| line.ids[round.first]).collect();
    let (period, lifetime) = (words::duration_ms(period / 1_000_000), words::duration_ms(lifetime / 1_000_000));
    draft.notes.push(format!("It refreshes every {period}, and the server says that a token lasts {lifetime}."));
    Some(draft)
}
