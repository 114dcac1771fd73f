//! The simulation against itself: what the other tests take for granted.

use std::collections::BTreeSet;

use tokscan::model::{EventKind, EventSet};

use crate::clients::{Entry, Kind};
use crate::events::{Knobs, Subjects, events};
use crate::rng::Rng;
use crate::scenarios::{Setup, Wording, world};
use crate::server::{MS, Rotation, SECOND};
use crate::truth::{refreshed, refused, tally};

fn rules(rotation: Rotation, wording: Wording) -> BTreeSet<String> {
    let worlds = (0..4).map(|seed| world(Setup { seed, rotation, wording, neighbours: 10, unlucky: true }));
    worlds.flat_map(|world| tally(&world.entries).into_keys()).map(|(_, _, rule)| rule).collect()
}

#[test]
fn each_policy_gives_the_causes_that_it_can_give() {
    let always = ["client-misconfigured", "permanent-revocation", "provider-outage"];
    let with = |more: &[&str]| always.iter().chain(more).map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(rules(Rotation::Never, Wording::Ambiguous), with(&[]));
    assert_eq!(
        rules(Rotation::Reject, Wording::Ambiguous),
        with(&["refresh-race", "rotation-not-persisted", "stale-token-read"])
    );
    assert_eq!(
        rules(Rotation::RevokeFamily, Wording::Explicit),
        with(&["expired-refresh-token", "refresh-race-revoked", "refresh-token-reuse", "rotation-not-persisted"])
    );
    assert_eq!(rules(Rotation::UntilUsed, Wording::Ambiguous), with(&["rotation-overwritten"]));
    assert_eq!(
        rules(Rotation::Grace(30 * SECOND), Wording::Ambiguous),
        with(&["rotation-not-persisted", "rotation-overwritten", "stale-token-read"])
    );
}

#[test]
fn the_same_seed_gives_the_same_journal() {
    let setup =
        Setup { seed: 9, rotation: Rotation::Reject, wording: Wording::Explicit, neighbours: 10, unlucky: true };
    assert_eq!(format!("{:?}", world(setup).entries), format!("{:?}", world(setup).entries));
}

#[test]
fn every_race_has_a_winner_within_the_window_of_its_first_loser() {
    for seed in 0..40 {
        let world = world(Setup {
            seed,
            rotation: Rotation::Reject,
            wording: Wording::Ambiguous,
            neighbours: 10,
            unlucky: true,
        });
        let mut seen = BTreeSet::new();
        for entry in &world.entries {
            let Kind::Refused { truth, .. } = entry.kind else { continue };
            if truth.rule == "refresh-race" && seen.insert(truth.incident) {
                assert!(world.entries.iter().any(|other| wins(other, entry)), "seed {seed}: {entry:?}");
            }
        }
        assert!(seen.len() > 5, "seed {seed}");
    }
}

fn wins(other: &Entry, loser: &Entry) -> bool {
    let same = other.subject == loser.subject && matches!(other.kind, Kind::Refreshed { .. });
    same && other.at.abs_diff(loser.at) <= 200 * MS
}

#[test]
fn the_events_of_a_run_are_its_journal() {
    let world =
        world(Setup { seed: 2, rotation: Rotation::Reject, wording: Wording::Explicit, neighbours: 10, unlucky: true });
    let knobs = Knobs { twins: true, ..Knobs::telling(&mut Rng::new(1), Wording::Explicit) };
    let set = events(&world.entries, knobs);
    assert_eq!(set.events.len() as u64, world.entries.len() as u64 + refused(&world.entries));
    let failures = set.events.iter().filter(|event| event.kind == EventKind::RefreshFailed);
    assert_eq!(failures.count() as u64, 2 * refused(&world.entries));
    let nowhere = Knobs { subjects: Subjects::Nowhere, ..Knobs::plain(Wording::Explicit) };
    assert!(events(&world.entries, nowhere).events.iter().all(|event| event.subject.is_none()));
    let unsaid = Knobs { subjects: Subjects::NotOnFailures, ..Knobs::plain(Wording::Explicit) };
    for event in events(&world.entries, unsaid).events {
        assert_eq!(event.subject.is_none(), event.kind == EventKind::RefreshFailed);
    }
    let good = world.entries.iter().filter(|entry| entry.client == "good");
    let successes = refreshed(&good.cloned().collect::<Vec<_>>());
    assert_eq!(successes, 18, "three accounts, six cycles each");
}

#[test]
fn sorting_brings_shuffled_events_into_one_order() {
    let world = world(Setup {
        seed: 4,
        rotation: Rotation::Reject,
        wording: Wording::Ambiguous,
        neighbours: 10,
        unlucky: true,
    });
    let mut set = events(&world.entries, Knobs::plain(Wording::Ambiguous));
    let lines = |set: &EventSet| set.events.iter().map(|event| event.position.line()).collect::<Vec<_>>();
    set.sort();
    let first = lines(&set);
    Rng::new(6).shuffle(&mut set.events);
    assert_ne!(lines(&set), first);
    set.sort();
    assert_eq!(lines(&set), first);
}
