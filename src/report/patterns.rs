//! What a client's incidents have in common over time, in sentences: since when, and how regularly.

use super::shown::{self, second};
use super::words::{count, number, span};
use crate::model::{ClientSummary, Onset, Rate, Recurrence};

/// What is said of one client.
pub(super) struct Pattern {
    /// Its name as logged, to be escaped.
    pub(super) client: String,
    /// Of numbers and times only.
    pub(super) words: String,
}

/// The clients whose incidents show a beginning or a period.
pub(super) fn patterns(clients: &[ClientSummary]) -> Vec<Pattern> {
    told(clients, |client| vec![client.onset.as_ref().map(begun), client.recurrence.map(recurring)])
}

/// Those that show a beginning, where something else tells the period.
pub(super) fn onsets(clients: &[ClientSummary]) -> Vec<Pattern> {
    told(clients, |client| vec![client.onset.as_ref().map(begun)])
}

fn told(clients: &[ClientSummary], said: impl Fn(&ClientSummary) -> Vec<Option<String>>) -> Vec<Pattern> {
    let of_client = |client: &ClientSummary| {
        let words: Vec<String> = said(client).into_iter().flatten().collect();
        (!words.is_empty()).then(|| Pattern { client: shown::client(client.client.as_deref()), words: words.join(" ") })
    };
    clients.iter().filter_map(of_client).collect()
}

fn begun(onset: &Onset) -> String {
    let rate = |rate: Rate| {
        let (incidents, refreshes) = (count(rate.incidents, "incident"), number(rate.refreshes));
        let hourly = if rate.incidents > 0 { format!(" ({})", hourly(rate)) } else { String::new() };
        format!("{incidents} in {refreshes} refreshes over {}{hourly}", span(rate.span_ms))
    };
    format!("Since {}: {}; before that {}.", second(onset.since), rate(onset.after), rate(onset.before))
}

/// `1.6 an hour`, or by the day where that is less than one in ten hours.
fn hourly(rate: Rate) -> String {
    let hours = rate.span_ms.max(1) as f64 / 3_600_000.0;
    let an_hour = rate.incidents as f64 / hours;
    if an_hour < 0.1 { format!("{:.1} a day", an_hour * 24.0) } else { format!("{an_hour:.1} an hour") }
}

fn recurring(recurrence: Recurrence) -> String {
    let seconds = |seconds: u64| span(i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX));
    let lifetime =
        recurrence.expires_in.map(|lifetime| format!("; its access tokens live {}", seconds(lifetime.into())));
    format!(
        "{} keep to a period of {}{}.",
        count(recurrence.incidents, "incident"),
        seconds(recurrence.period_s),
        lifetime.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn rates_are_told_by_the_hour_or_the_day() {
        let rate = |incidents, hours: i64| Rate { incidents, refreshes: 40, span_ms: hours * 3_600_000 };
        let onset = Onset { since: Timestamp::from_millis(1_767_571_200_000), before: rate(1, 48), after: rate(12, 8) };
        assert_eq!(
            begun(&onset),
            "Since 2026-01-05 00:00:00 UTC: 12 incidents in 40 refreshes over 8 h (1.5 an hour); before that 1 incident in 40 refreshes over 2 d (0.5 a day)."
        );
        let recurrence = Recurrence { period_s: 3_300, incidents: 7, expires_in: Some(3_600) };
        assert_eq!(recurring(recurrence), "7 incidents keep to a period of 55 min; its access tokens live 1 h.");
    }
}
