//! `refresh-token-reuse`: a spent token came back, and nothing refreshed at that time. It may be theft.

use crate::model::{CauseClass, Confidence, EventKind, Symbol};

use super::draft::Verdict;
use super::episode::Episode;
use super::line::Line;
use super::names::REUSE;
use super::rotation_not_persisted::{candidate, masked};
use super::words;

/// The server says that the token had been used, outside of any race: positive evidence of it is a refresh
/// that had spent the token long before, a moment at which nobody had to refresh, or a strange place. Where
/// none of these is shown, a line that is missing explains it as well as a thief.
pub(super) fn told(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    if episode.told(line) != CauseClass::Reuse {
        return None;
    }
    // A late copy, or a race that two clocks timed: the gravest of all verdicts is not for what both explain.
    if line.beside_another_clock(episode) && !spent_long_before(line, episode) {
        return None;
    }
    if let Some(verdict) = spent_in_sight(line, episode) {
        return Some(verdict);
    }
    if !line.client_refreshes {
        return None;
    }
    if line.crowded(line.nanos(episode.first()), 0) {
        let reason = "The server says that the token had been used; no subject is named and successes are so frequent that a race can be neither shown nor excluded.";
        return Some(Verdict::new(REUSE, Confidence::Possible, reason));
    }
    if line.anonymous && line.client_has_subjects {
        let reason = "The server itself says that the token had been used; the failure names no subject while the client has several, so that no refresh competed with it is not known.";
        return Some(Verdict::new(REUSE, Confidence::Likely, reason));
    }
    unseen(line, episode)
}

/// Whether these logs show that the token had been spent so long before that it is neither a clock nor a late copy.
fn spent_long_before(line: &Line<'_>, episode: &Episode) -> bool {
    let spent = |failure: usize| line.scene.event(line.spent_before(failure)?).time.map(|time| (failure, time.nanos));
    let times = episode.failures.iter().filter_map(|&failure| spent(failure));
    times.into_iter().any(|(failure, spent)| line.nanos(failure).saturating_sub(spent) > line.scene.limits.stale_soon)
}

/// These logs show the refresh that had spent the token.
fn spent_in_sight(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let spent = |failure: usize| Some((failure, line.spent_before(failure)?));
    let (failure, id) = episode.failures.iter().find_map(|&failure| spent(failure))?;
    let ago = line.nanos(failure).saturating_sub(line.scene.event(id).time?.nanos);
    let words = words::duration_ms(ago / 1_000_000);
    let reason = format!("The presented token had been spent {words} before, and the server itself says so.");
    let verdict = Verdict::new(REUSE, line.proof(failure), masked(line, failure, &reason));
    if ago <= line.scene.limits.stale_soon && open(line, episode) {
        let reason = format!("{} What followed is not in these logs: a late copy fits as well.", verdict.reason);
        return Some(Verdict::new(REUSE, Confidence::Possible, reason));
    }
    Some(verdict)
}

/// Whether the logs do not show what came after a failure from a place that is known.
fn open(line: &Line<'_>, episode: &Episode) -> bool {
    let seen = episode.next.position().is_some() || episode.span(line) > line.scene.limits.stale_soon;
    !seen && elsewhere(line, episode).is_none()
}

/// These logs do not show which refresh spent the token.
fn unseen(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let good = episode.before.good?;
    let strange = elsewhere(line, episode).is_some();
    let newest = line.event(good).issued;
    let gone = newest.is_some() && newest == line.event(episode.first()).presented;
    let soon = line.gap(good, episode.first()) <= line.scene.limits.stale_soon;
    let told = "The server itself says that the token had been used";
    let (confidence, reason) = match episode.due(line) {
        _ if gone && line.lossy => return None,
        _ if gone => (
            Confidence::Possible,
            "and the refresh that used it is not in these logs: a thief's, or that of a worker which is not logged.",
        ),
        _ if soon && open(line, episode) => (
            Confidence::Possible,
            "soon after a refresh; what followed is not in these logs, and a late copy fits as well.",
        ),
        Some(false) if episode.next.unsure().is_some() => {
            (Confidence::Possible, "at a time when no refresh was due; what followed is not wholly in these logs.")
        }
        Some(false) if line.lossy => (Confidence::Likely, "at a time when no refresh was due."),
        Some(false) => (Confidence::Proven, "and no refresh of the principal competed with it."),
        _ if line.lossy || episode.next.unsure().is_some() => return None,
        None if strange => (
            Confidence::Likely,
            "from a place where this principal never refreshed well, and no refresh competed with it.",
        ),
        // One cycle in which a rotation was not stored looks the same.
        _ if candidate(line, episode).is_some() => return None,
        _ => (
            Confidence::Possible,
            "when the next refresh was due or may have been: one that is not in these logs may have competed with it, or a thief.",
        ),
    };
    Some(Verdict::new(REUSE, confidence, format!("{told}, {reason}")))
}

/// The chain shows it, whatever the server says: a token that had been spent long before came from an
/// address where the principal never refreshed well. Addresses of one's own network come and go with its machines.
pub(super) fn by_chain(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    let known = &line.good_places().addresses;
    let private = known.iter().all(|address| is_private(line.scene.text(Some(*address))));
    let old = |failure: usize| {
        let address = line.event(failure).address?;
        let spent = line.scene.event(line.spent_before(failure)?).time?;
        let ago = line.nanos(failure).saturating_sub(spent.nanos);
        let own = private && is_private(line.scene.text(Some(address)));
        let strange = !known.contains(&address) && !own;
        (strange && ago > line.scene.limits.stale_soon).then_some((failure, ago))
    };
    if known.is_empty() {
        return None;
    }
    let (failure, ago) = episode.failures.iter().find_map(|&failure| old(failure))?;
    let ago = words::duration_ms(ago / 1_000_000);
    let reason = format!(
        "The presented token had been spent {ago} before, and it came from an address where this principal never refreshed well."
    );
    Some(Verdict::new(REUSE, line.proof(failure), masked(line, failure, &reason)))
}

/// Somebody else spent the token: its refresh came from an address that was new to this principal after
/// several good ones, and what failed later comes from an address that it had used before.
pub(super) fn by_another(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    const KNOWN: usize = 3;
    let failure = episode.first();
    let id = line.spent_before(failure)?;
    let spender = line.scene.event(id);
    let (strange, own) = (spender.address?, line.event(failure).address?);
    let before = line.ids[..line.ids.partition_point(|&other| other < id)].iter().map(|&id| line.scene.event(id));
    let good = before.filter(|event| event.kind == EventKind::RefreshSucceeded);
    let known: Vec<Symbol> = good.filter_map(|event| event.address).collect();
    let private = |address: Symbol| is_private(line.scene.text(Some(address)));
    let fleet = private(strange) && known.iter().all(|&address| private(address));
    if known.len() < KNOWN || known.contains(&strange) || !known.contains(&own) || fleet {
        return None;
    }
    let ago = words::duration_ms(line.nanos(failure).saturating_sub(spender.time?.nanos) / 1_000_000);
    let place = line.scene.text(Some(strange));
    let reason = format!(
        "The presented token had been spent {ago} before from {place}, where this principal had never refreshed; the failure comes from an address that it had used."
    );
    Some(Verdict::new(REUSE, Confidence::Likely, masked(line, failure, &reason)))
}

/// Whether an address is one of a private network.
pub(super) fn is_private(address: &str) -> bool {
    address.parse::<std::net::IpAddr>().is_ok_and(|address| match address {
        std::net::IpAddr::V4(address) => address.is_private() || address.is_loopback(),
        std::net::IpAddr::V6(address) => address.is_unique_local() || address.is_loopback(),
    })
}

/// The public address of a failure, where the principal's good refreshes all came from others.
pub(super) fn stranger<'a>(line: &Line<'a>, episode: &Episode) -> Option<&'a str> {
    let known = &line.good_places().addresses;
    let strange = |address: &Symbol| !known.contains(address) && !is_private(line.scene.text(Some(*address)));
    let addresses = episode.failures.iter().filter_map(|&failure| line.event(failure).address);
    let strange = addresses.into_iter().find(strange).filter(|_| !known.is_empty())?;
    Some(line.scene.text(Some(strange)))
}

/// The place of the reuse, where the log names it and the principal's good refreshes came from others.
pub(super) fn elsewhere<'a>(line: &Line<'a>, episode: &Episode) -> Option<&'a str> {
    let reused = episode.failures.iter().find(|&&failure| line.event(failure).class == CauseClass::Reuse)?;
    let (event, good) = (line.event(*reused), line.good_places());
    let places = [(event.address, &good.addresses), (event.host, &good.hosts)];
    places.into_iter().find_map(|(place, known)| {
        let place = place.filter(|place| !known.is_empty() && !known.contains(place))?;
        Some(line.scene.text(Some(place)))
    })
}
