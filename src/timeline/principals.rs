//! The events of each principal, put together.

use hashbrown::HashMap;

use super::{Principal, Timeline, Timelines, families};

/// Gives every event to the timeline of its principal, or to that of one of the principal's grants.
pub(super) fn group(timelines: &mut Timelines) {
    let mut numbers: HashMap<Principal, u32> = HashMap::new();
    // Of each principal, how many events are its own or those of one before it.
    let (mut principals, mut ends): (Vec<Principal>, Vec<u32>) = Default::default();
    let mut owners = Vec::with_capacity(timelines.events.len());
    for event in &timelines.events {
        let principal = Principal::of(event);
        let number = *numbers.entry(principal).or_insert(principals.len() as u32);
        if number as usize == principals.len() {
            principals.push(principal);
            ends.push(0);
        }
        ends[number as usize] += 1;
        owners.push(number);
    }
    drop(numbers);
    let members = sorted(&owners, &mut ends);
    timelines.members.reserve_exact(members.len());
    timelines.timelines.reserve(principals.len());
    let mut from = 0;
    for (principal, end) in principals.into_iter().zip(ends) {
        let members = &members[from..end as usize];
        from = end as usize;
        match families::part(timelines, principal, members) {
            None => timelines.add(principal, None, members),
            Some(parts) => parts.iter().for_each(|(family, members)| timelines.add(principal, *family, members)),
        }
    }
}

/// The events by owner, those of each in order; the counts become the ends of their parts of the list.
fn sorted(owners: &[u32], ends: &mut [u32]) -> Vec<u32> {
    let mut before = 0;
    for end in ends.iter_mut() {
        before += std::mem::replace(end, before);
    }
    let mut members = vec![0; owners.len()];
    for (event, owner) in (0..).zip(owners) {
        let end = &mut ends[*owner as usize];
        members[*end as usize] = event;
        *end += 1;
    }
    members
}

impl Timelines {
    /// The events of a timeline that have a time, in time order: indices into [`Timelines::events`].
    pub fn timed(&self, line: &Timeline) -> &[u32] {
        &self.members[line.from as usize..line.untimed_from as usize]
    }

    /// Those without a time, in order of path and byte: kept out of timed verdicts.
    pub fn untimed(&self, line: &Timeline) -> &[u32] {
        &self.members[line.untimed_from as usize..line.to as usize]
    }

    /// All events of a timeline, those without a time last.
    pub fn members(&self, line: &Timeline) -> &[u32] {
        &self.members[line.from as usize..line.to as usize]
    }

    /// Parts timelines, or gives them other events: `change` gets the number and the events of each, and where it gives
    /// lists of events, one timeline of the same principal and family stands for each of them, if it is not empty.
    pub fn regroup(&mut self, mut change: impl FnMut(usize, &[u32]) -> Option<Vec<Vec<u32>>>) {
        let (members, lines) = (std::mem::take(&mut self.members), std::mem::take(&mut self.timelines));
        self.members.reserve_exact(members.len());
        for (number, line) in lines.into_iter().enumerate() {
            let whole = &members[line.from as usize..line.to as usize];
            match change(number, whole) {
                None => self.add(line.principal, line.family, whole),
                Some(parts) => {
                    parts
                        .iter()
                        .filter(|part| !part.is_empty())
                        .for_each(|part| self.add(line.principal, line.family, part));
                }
            }
        }
    }

    /// Adds a timeline of events in their total order, in which those without a time come last.
    fn add(&mut self, principal: Principal, family: Option<u32>, members: &[u32]) {
        let from = self.members.len() as u32;
        let timed = members.partition_point(|&id| self.events[id as usize].time.is_some()) as u32;
        self.members.extend_from_slice(members);
        let (untimed_from, to) = (from + timed, self.members.len() as u32);
        self.timelines.push(Timeline { principal, family, from, untimed_from, to });
    }
}

#[cfg(test)]
mod tests {
    use super::sorted;
    use crate::model::EventKind;
    use crate::timeline::build;
    use crate::timeline::sample::Log;

    #[test]
    fn events_of_one_owner_stand_together_and_in_order() {
        let mut ends = [2, 2, 1];
        assert_eq!(sorted(&[1, 0, 1, 2, 0], &mut ends), [1, 4, 0, 2, 3]);
        assert_eq!(ends, [2, 4, 5]);
    }

    #[test]
    fn a_timeline_keeps_its_order_when_it_is_parted() {
        let mut log = Log::new();
        log.ok(0, "u1").ok(1_000, "u2").fail(5_000, "u1").add(9_000, EventKind::RefreshSucceeded, |event| {
            event.subject("u1");
            event.event.time = None;
        });
        log.set.sort();
        let events = std::mem::take(&mut log.set.events);
        let mut timelines = build(&log.set, events);
        let members = |timelines: &super::Timelines| {
            let lists = timelines.timelines.iter().map(|line| {
                assert_eq!([timelines.timed(line), timelines.untimed(line)].concat(), timelines.members(line));
                (timelines.timed(line).to_vec(), timelines.untimed(line).to_vec())
            });
            lists.collect::<Vec<_>>()
        };
        assert_eq!(members(&timelines), [(vec![0, 2], vec![3]), (vec![1], vec![])]);
        timelines.regroup(|number, of_it| {
            (number == 0).then(|| of_it.iter().map(|id| vec![*id]).chain([Vec::new()]).collect())
        });
        let one = |id| (vec![id], vec![]);
        assert_eq!(members(&timelines), [one(0), one(2), (vec![], vec![3]), one(1)]);
        assert_eq!(timelines.timelines[2].principal, timelines.timelines[0].principal);
    }
}
