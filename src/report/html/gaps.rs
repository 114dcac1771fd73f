//! The histogram of distances between failed refreshes and the nearest good one, with the window marked:
//! whether 200 ms is the right window is seen, not believed.

use crate::model::{Activity, Counts, Gaps, Lane};
use crate::report::shown::{Percent, client};
use crate::report::words::{count, number, span};

/// Height of the highest bar, in pixels.
const HEIGHT: f64 = 114.0;

/// One histogram.
pub(super) struct Histogram {
    /// `None` for all clients.
    pub(super) client: Option<String>,
    pub(super) bins: Vec<Bin>,
    /// Labels at edges between bins; one that is hidden where the picture is narrow is `true`.
    pub(super) edges: Vec<(Percent, String, bool)>,
    pub(super) window: Option<Window>,
    pub(super) sentence: String,
    pub(super) description: String,
}

pub(super) struct Window {
    pub(super) x: Percent,
    pub(super) label: String,
}

/// One bar, heights in percent of the highest.
pub(super) struct Bin {
    pub(super) x: Percent,
    pub(super) width: Percent,
    racing: f64,
    other: f64,
    pub(super) middle: Percent,
    pub(super) total: u64,
    pub(super) range: String,
    pub(super) racing_count: String,
    pub(super) other_count: String,
}

impl Bin {
    pub(super) fn racing_height(&self) -> String {
        pixels(self.racing)
    }

    pub(super) fn other_height(&self) -> String {
        pixels(self.other)
    }

    pub(super) fn racing_y(&self) -> String {
        pixels(100.0 - self.racing)
    }

    pub(super) fn other_y(&self) -> String {
        pixels(100.0 - self.racing - self.other)
    }

    pub(super) fn label_y(&self) -> String {
        pixels(100.0 - self.racing - self.other - 4.0)
    }
}

/// Of a percentage of the bars' height.
fn pixels(percent: f64) -> String {
    format!("{:.1}", percent * HEIGHT / 100.0)
}

/// First that of all clients; then one for each of several. Empty where no distance was measured.
pub(super) fn histograms(activity: &Activity, window_ms: Option<u64>) -> Vec<Histogram> {
    let mut all = Gaps::default();
    for lane in &activity.lanes {
        add(&mut all.racing, &lane.gaps.racing);
        add(&mut all.other, &lane.gaps.other);
        all.unmeasured += lane.gaps.unmeasured;
    }
    if all.racing.is_empty() && all.other.is_empty() || activity.gap_edges_ms.is_empty() {
        return Vec::new();
    }
    let edges = &activity.gap_edges_ms;
    let mut made = vec![histogram(&all, None, edges, window_ms)];
    if activity.lanes.len() > 1 {
        let measured = |lane: &&Lane| lane.clients == 1 && !(lane.gaps.racing.is_empty() && lane.gaps.other.is_empty());
        made.extend(
            activity
                .lanes
                .iter()
                .filter(measured)
                .map(|lane| histogram(&lane.gaps, Some(client(lane.client.as_deref())), edges, window_ms)),
        );
    }
    made
}

fn add(sum: &mut Counts, counts: &Counts) {
    for (bin, count) in counts {
        *sum.entry(*bin).or_default() += count;
    }
}

fn histogram(gaps: &Gaps, client: Option<String>, edges: &[u64], window_ms: Option<u64>) -> Histogram {
    let bins = edges.len() + 1;
    let at = |counts: &Counts, bin: usize| counts.get(&(bin as u32)).copied().unwrap_or(0);
    let most = (0..bins).map(|bin| at(&gaps.racing, bin) + at(&gaps.other, bin)).max().unwrap_or(1).max(1);
    let across = |place: f64| Percent(place / bins as f64 * 100.0);
    let height = |count: u64| if count == 0 { 0.0 } else { (count as f64 / most as f64 * 100.0).max(2.0) };
    let bin = |bin: usize| {
        let (racing, other) = (at(&gaps.racing, bin), at(&gaps.other, bin));
        Bin {
            x: across(bin as f64 + 0.08),
            width: across(0.84),
            racing: height(racing),
            other: height(other),
            middle: across(bin as f64 + 0.5),
            total: racing + other,
            range: range(edges, bin),
            racing_count: number(racing),
            other_count: number(other),
        }
    };
    let window =
        window_ms.map(|window| Window { x: across(position(edges, window)), label: format!("window {}", ms(window)) });
    let label = |(edge, millis): (usize, &u64)| {
        let shown = matches!(millis, 1 | 10 | 100 | 1000 | 10_000 | 60_000 | 3_600_000);
        shown.then(|| (across(edge as f64 + 1.0), ms(*millis), matches!(millis, 10 | 1000 | 60_000)))
    };
    Histogram {
        client,
        bins: (0..bins).map(bin).collect(),
        edges: edges.iter().enumerate().filter_map(label).collect(),
        window,
        sentence: sentence(gaps, edges, window_ms),
        description: "How far failed refreshes lie from the nearest good refresh of the same grant".into(),
    }
}

fn ms(millis: u64) -> String {
    span(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn range(edges: &[u64], bin: usize) -> String {
    match (bin.checked_sub(1).and_then(|at| edges.get(at)), edges.get(bin)) {
        (None, Some(high)) => format!("up to {}", ms(*high)),
        (Some(low), Some(high)) => format!("{} to {}", ms(*low), ms(*high)),
        (Some(low), None) => format!("more than {}", ms(*low)),
        (None, None) => String::new(),
    }
}

/// Where a distance lies among the bins: their widths grow as its logarithm does.
fn position(edges: &[u64], millis: u64) -> f64 {
    let bin = edges.partition_point(|edge| *edge < millis);
    let low = bin.checked_sub(1).map_or(0, |at| edges[at]) as f64;
    let Some(high) = edges.get(bin).map(|high| *high as f64) else { return edges.len() as f64 + 0.5 };
    let share = if low > 0.0 { (millis as f64 / low).ln() / (high / low).ln() } else { millis as f64 / high };
    bin as f64 + share.clamp(0.0, 1.0)
}

/// What the picture says about the window.
fn sentence(gaps: &Gaps, edges: &[u64], window_ms: Option<u64>) -> String {
    let all = || gaps.racing.iter().chain(&gaps.other);
    let total: u64 = all().map(|(_, count)| count).sum();
    let mut text = format!("{} with a good refresh of the same grant to compare with.", count(total, "failure"));
    if let Some(window) = window_ms {
        let within = |millis: u64| -> u64 {
            let inside = |bin: u32| edges.get(bin as usize).is_some_and(|edge| *edge <= millis);
            all().filter(|(bin, _)| inside(**bin)).map(|(_, count)| count).sum()
        };
        let wide = window.saturating_mul(5);
        let (inside, near) = (within(window), within(wide));
        text = format!(
            "{text} {} within {}; a window of {} would have taken in {} more.",
            if inside == 1 { "1 lies".into() } else { format!("{} lie", number(inside)) },
            ms(window),
            ms(wide),
            number(near - inside),
        );
    }
    if gaps.unmeasured > 0 {
        let unmeasured = count(gaps.unmeasured, "failure");
        text = format!("{text} {unmeasured} not measured: their times have whole seconds, or nobody is named.");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{histograms, position};
    use crate::model::{Activity, Gaps, Lane};

    #[test]
    fn the_window_stands_at_its_edge_or_between_two() {
        let edges = [1, 10, 100, 1000];
        assert!((position(&edges, 100) - 3.0).abs() < 1e-9);
        assert!((position(&edges, 1) - 1.0).abs() < 1e-9);
        assert!(position(&edges, 200) > 3.0 && position(&edges, 200) < 3.5);
        assert!(position(&edges, 5000) > 4.0);
    }

    #[test]
    fn bars_are_stacked_to_at_most_the_full_height_and_the_sentence_counts() {
        let gaps =
            Gaps { racing: BTreeMap::from([(2, 6)]), other: BTreeMap::from([(2, 2), (3, 1), (4, 5)]), unmeasured: 1 };
        let lane = Lane { clients: 1, gaps, ..Lane::default() };
        let activity = Activity { gap_edges_ms: vec![1, 10, 100, 500], lanes: vec![lane], ..Activity::default() };
        let [all] = &histograms(&activity, Some(100))[..] else { panic!("one client needs one picture") };
        assert_eq!((all.bins.len(), all.bins[2].total), (5, 8));
        assert!(all.bins.iter().all(|bin| bin.racing + bin.other <= 100.01));
        assert!(
            all.sentence.contains("8 lie within 100 ms; a window of 500 ms would have taken in 1 more"),
            "{}",
            all.sentence
        );
    }
}
