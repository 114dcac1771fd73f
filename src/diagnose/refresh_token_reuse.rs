//! `refresh-token-reuse`: a spent token came back, and nothing refreshed at that time. It may be theft.

use crate::model::{CauseClass, Confidence};

use super::draft::Verdict;
use super::episode::Episode;
use super::line::Line;
use super::names::REUSE;
use super::rotation_not_persisted::masked;
use super::words;

/// The server says that the token had been used, outside of any race.
pub(super) fn told(line: &Line<'_>, episode: &Episode) -> Option<Verdict> {
    if episode.told(line) != CauseClass::Reuse {
        return None;
    }
    let first = line.nanos(episode.first());
    Some(if !line.client_refreshes {
        let reason = "The server says that the token had been used; these logs hold no success of the client, so a race cannot be excluded.";
        Verdict::new(REUSE, Confidence::Possible, reason)
    } else if line.crowded(first, 0) {
        let reason = "The server says that the token had been used; no subject is named and successes are so frequent that a race can be neither shown nor excluded.";
        Verdict::new(REUSE, Confidence::Possible, reason)
    } else if line.anonymous && line.client_has_subjects {
        let reason = "The server itself says that the token had been used; the failure names no subject while the client has several, so that no refresh competed with it is not known.";
        Verdict::new(REUSE, Confidence::Likely, reason)
    } else {
        let reason =
            "The server itself says that the token had been used, and no refresh of the principal competed with it.";
        Verdict::new(REUSE, Confidence::Proven, reason)
    })
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

/// Whether an address is one of a private network.
fn is_private(address: &str) -> bool {
    address.parse::<std::net::IpAddr>().is_ok_and(|address| match address {
        std::net::IpAddr::V4(address) => address.is_private() || address.is_loopback(),
        std::net::IpAddr::V6(address) => address.is_unique_local() || address.is_loopback(),
    })
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
