//! The grants of one principal: one timeline while they follow each other, apart while they
//! live side by side (a phone and a laptop, or users whom the log does not name).

use hashbrown::HashMap;

use super::{Principal, Timelines};
use crate::model::{EventKind, MaybeU32};

/// The token family of each event, where ids tell it; numbers mean nothing but equality.
#[derive(Clone, Debug, Default)]
pub struct Families(Vec<MaybeU32>);

impl Families {
    /// The family of an event.
    pub fn of(&self, event: u32) -> Option<u32> {
        self.0.get(event as usize).and_then(|family| family.get())
    }

    /// Whether no event has one.
    pub(super) fn are_none(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Option<u32>> for Families {
    fn from_iter<T: IntoIterator<Item = Option<u32>>>(families: T) -> Self {
        Self(families.into_iter().map(MaybeU32::from).collect())
    }
}

/// A family with its members.
type Part = (Option<u32>, Vec<u32>);

/// Parts a principal's events by token family where its families overlap, and nowhere else: the good refresh of one
/// grant does not heal another. Families that follow each other are one timeline, because a new
/// sign-in begins a new family. Without a subject, families that outnumber the sign-ins are users.
pub(super) fn part(timelines: &Timelines, principal: Principal, members: &[u32]) -> Option<Vec<Part>> {
    if timelines.families.are_none() {
        return None;
    }
    let mut spans: Vec<(i64, i64)> = Vec::new();
    let mut known: HashMap<u32, usize> = HashMap::new();
    let mut grants = 0;
    for &member in members {
        let event = &timelines.events[member as usize];
        let good = matches!(event.kind, EventKind::RefreshSucceeded | EventKind::GrantIssued);
        let (Some(time), true) = (event.time, good) else { continue };
        grants += usize::from(event.kind == EventKind::GrantIssued);
        if let Some(family) = timelines.families.of(member) {
            let at = *known.entry(family).or_insert(spans.len());
            if at == spans.len() {
                spans.push((time.nanos, time.nanos));
            }
            spans[at].1 = time.nanos;
        }
    }
    // Members come in time order, so spans are ordered by their beginning.
    let overlap = spans.windows(2).any(|pair| pair[1].0 <= pair[0].1);
    let crowd = principal.subject.is_none() && spans.len() > grants + 1;
    if spans.len() < 2 || !(overlap || crowd) {
        return None;
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut places: HashMap<Option<u32>, usize> = HashMap::new();
    for &member in members {
        let family = timelines.families.of(member);
        let place = *places.entry(family).or_insert(parts.len());
        if place == parts.len() {
            parts.push((family, Vec::new()));
        }
        parts[place].1.push(member);
    }
    Some(parts)
}
