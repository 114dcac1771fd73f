//! Failures over time in one line of bars.

use super::words::{number, span};
use crate::model::{Activity, Timestamp};

/// Bars, lowest first.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// No failure. It takes its column, so that the line shows the whole period.
const NONE: char = '·';
/// Bars at most: wider than this the eye does not compare.
const WIDEST: usize = 60;
/// Columns that the label and the words beside the bars take.
const WORDS: usize = 60;

/// The bars over the whole period of the logs, and in words how high the highest is: `··▂█··▁` and
/// `  at most 8 in 10 min, from 2026-01-02 03:04`. `None` where no failure has a time, or all fall into one
/// bucket.
pub(super) fn failures(activity: &Activity, columns: usize) -> Option<(String, String)> {
    let start = activity.start?;
    let buckets = usize::try_from(activity.buckets).ok().filter(|buckets| *buckets > 1)?;
    let room = columns.saturating_sub(WORDS).clamp(10, WIDEST);
    let together = buckets.div_ceil(room);
    let mut failed = vec![0_u64; buckets.div_ceil(together)];
    for (bucket, failures) in activity.lanes.iter().flat_map(|lane| lane.failed.values()).flatten() {
        let bar = failed.get_mut(usize::try_from(*bucket).ok()? / together)?;
        *bar = bar.saturating_add(*failures);
    }
    let most = failed.iter().copied().max().filter(|most| *most > 0)?;
    let at = failed.iter().position(|failures| *failures == most)?;
    let width = i64::try_from(activity.bucket_ms.checked_mul(together as u64)?).ok()?;
    let from = width.checked_mul(i64::try_from(at).ok()?)?.checked_add(start.nanos.div_euclid(1_000_000))?;
    let bars: String = failed.iter().map(|failures| bar(*failures, most)).collect();
    let from = minute(Timestamp::from_millis(from));
    Some((bars, format!("  at most {} in {}, from {from}", number(most), span(width))))
}

fn bar(failures: u64, most: u64) -> char {
    match failures {
        0 => NONE,
        failures => BARS[((u128::from(failures) * 8).div_ceil(u128::from(most)).clamp(1, 8) - 1) as usize],
    }
}

/// `2026-01-02 03:04`.
fn minute(time: Timestamp) -> String {
    time.to_string().chars().take(16).collect::<String>().replace('T', " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::failures;
    use crate::model::{Activity, Lane, Timestamp};

    fn activity(buckets: u32, failed: &[(u32, u64)]) -> Activity {
        let failed = BTreeMap::from([("refresh-race".to_owned(), failed.iter().copied().collect())]);
        Activity {
            start: Some(Timestamp::from_millis(1_767_323_040_000)),
            bucket_ms: 60_000,
            buckets,
            lanes: vec![Lane { failed, ..Lane::default() }],
            ..Activity::default()
        }
    }

    #[test]
    fn the_tallest_bar_is_the_worst_bucket() {
        let (bars, words) = failures(&activity(6, &[(1, 1), (3, 8), (4, 4)]), 80).unwrap();
        assert_eq!((bars.as_str(), words.as_str()), ("·▁·█▄·", "  at most 8 in 1 min, from 2026-01-02 03:07"));
    }

    #[test]
    fn buckets_share_a_bar_where_the_page_is_narrow() {
        let (bars, words) = failures(&activity(120, &[(0, 1), (119, 3)]), 80).unwrap();
        assert_eq!((bars.as_str(), bars.chars().count()), ("▃··················█", 20));
        assert!(words.starts_with("  at most 3 in 6 min, "), "{words}");
    }

    #[test]
    fn many_clients_add_up_and_nothing_overflows() {
        let mut many = activity(3, &[(2, u64::MAX)]);
        many.lanes.push(many.lanes[0].clone());
        assert!(failures(&many, 80).unwrap().0.ends_with('█'));
    }

    #[test]
    fn one_bucket_or_none_is_no_picture() {
        assert_eq!(failures(&activity(1, &[(0, 5)]), 80), None);
        assert_eq!(failures(&activity(9, &[]), 80), None);
        assert_eq!(failures(&Activity::default(), 80), None);
    }
}
