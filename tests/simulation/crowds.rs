//! Clients with many users whose failures name none: what chance puts beside a success is no race.

use tokscan::diagnose::Policies;

use crate::clients::{Spread, World};
use crate::event_level::diagnosed;
use crate::events::{Knobs, Subjects, events};
use crate::scenarios::{Wording, neighbours, racing};
use crate::score::{Scores, assert_balance, causes};
use crate::server::Rotation;
use crate::truth::tally;

const SEEDS: u64 = 6;

/// Failures of a crowd that are called races, and all of its failures, over some seeds.
fn called_races(users: u64, subjects: Subjects) -> (u64, u64) {
    let (mut called, mut failures) = (0, 0);
    for seed in 0..SEEDS {
        let mut world = World::new(seed, Rotation::Reject);
        neighbours(&mut world, users, false);
        world.entries.sort_by_key(|entry| (entry.at, entry.request));
        let knobs = Knobs { subjects, ..Knobs::plain(Wording::Ambiguous) };
        let diagnosis = diagnosed(&events(&world.entries, knobs), &Policies::new(), 200);
        assert_balance(&diagnosis, "a crowd");
        failures += diagnosis.refresh_failed;
        called += causes(&diagnosis.findings)
            .filter(|finding| finding.rule.starts_with("refresh-race"))
            .map(|finding| finding.failures + finding.aftermath_failures)
            .sum::<u64>();
    }
    (called, failures)
}

#[test]
fn revoked_users_of_a_crowd_are_no_races_of_their_neighbours() {
    for subjects in [Subjects::NotOnFailures, Subjects::Nowhere] {
        for users in [40, 400, 1_000, 1_500] {
            let (called, failures) = called_races(users, subjects);
            println!("{users} users, subjects {subjects:?}: {called} of {failures} failures are called races");
            assert!(called * 20 <= failures || subjects == Subjects::Nowhere, "{users}: {called} of {failures}");
        }
    }
}

/// Races of two users inside a crowd of so many others that refresh well.
#[test]
fn races_inside_a_crowd() {
    for users in [0, 10, 40, 100, 400] {
        let (mut right, mut truth) = (0, 0);
        for seed in 0..SEEDS {
            let mut world = World::new(seed, Rotation::Reject);
            racing(&mut world, "neighbours", Spread::Threads);
            if users > 0 {
                neighbours(&mut world, users, false);
            }
            world.entries.sort_by_key(|entry| (entry.at, entry.request));
            let knobs = Knobs { subjects: Subjects::NotOnFailures, ..Knobs::plain(Wording::Ambiguous) };
            let diagnosis = diagnosed(&events(&world.entries, knobs), &Policies::new(), 200);
            let tally = tally(&world.entries);
            truth +=
                tally.iter().filter(|((_, _, rule), _)| rule == "refresh-race").map(|(_, count)| count).sum::<u64>();
            let mut found = Scores::default();
            found.add(&tally, &diagnosis.findings);
            right += found.0.get("refresh-race").map_or(0, |score| score.right);
        }
        println!("{users} others: {right} of {truth} race failures found");
        assert!(right * 10 >= truth * 8, "{users} others: {right} of {truth}");
    }
}
