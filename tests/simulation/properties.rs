//! What must hold of every diagnosis: it does not depend on names, on lines about other things or on where
//! the day begins, and more evidence never makes it less sure.

use std::collections::BTreeMap;

use tokscan::diagnose::{Diagnosis, Policies};
use tokscan::model::{Confidence, EventKind, EventSet, Finding, Position, Timestamp, TokenEvent};

use crate::clients::World;
use crate::event_level::diagnosed;
use crate::events::{Knobs, events};
use crate::rng::Rng;
use crate::scenarios::{Setup, Wording, world};
use crate::score::causes;
use crate::server::Rotation;

const ROTATIONS: [Rotation; 3] = [Rotation::Never, Rotation::Reject, Rotation::RevokeFamily];

fn worlds() -> impl Iterator<Item = (World, Wording)> {
    ROTATIONS.into_iter().zip(0..).map(|(rotation, seed)| {
        let wording = if seed % 2 == 0 { Wording::Ambiguous } else { Wording::Explicit };
        (world(Setup { seed, rotation, wording, neighbours: 20, unlucky: true }), wording)
    })
}

/// What a finding says, without its id, its places and its times.
fn said(finding: &Finding, client: &str) -> (String, String, Option<String>, Confidence, u64, u64) {
    (
        client.to_owned(),
        finding.rule.clone(),
        finding.subject.clone(),
        finding.confidence,
        finding.failures,
        finding.aftermath_failures,
    )
}

fn all(
    diagnosis: &Diagnosis,
    rename: impl Fn(&str) -> String,
) -> Vec<(String, String, Option<String>, Confidence, u64, u64)> {
    let name = |finding: &Finding| rename(finding.client.as_deref().unwrap_or_default());
    let mut said: Vec<_> = diagnosis.findings.iter().map(|finding| said(finding, &name(finding))).collect();
    said.sort();
    said
}

fn plain(set: &EventSet) -> Diagnosis {
    diagnosed(set, &Policies::new(), 200)
}

#[test]
fn the_name_of_a_client_says_nothing() {
    for (world, wording) in worlds() {
        let first = plain(&events(&world.entries, Knobs::plain(wording)));
        let mut renamed = events(&world.entries, Knobs::plain(wording));
        for event in &mut renamed.events {
            let name = event.client.map(|client| format!("zz-{}", renamed.symbols.get(client)));
            event.client = name.map(|name| renamed.symbols.intern(&name));
        }
        assert_eq!(all(&plain(&renamed), |name| name.trim_start_matches("zz-").to_owned()), all(&first, str::to_owned));
    }
}

#[test]
fn another_day_says_nothing() {
    for (world, wording) in worlds() {
        let first = plain(&events(&world.entries, Knobs::plain(wording)));
        let mut later = events(&world.entries, Knobs::plain(wording));
        for event in &mut later.events {
            event.time = event.time.map(|time| Timestamp::new(time.nanos + 37_800_000_000_000, time.precision));
        }
        assert_eq!(all(&plain(&later), str::to_owned), all(&first, str::to_owned));
    }
}

/// A client that has nothing to do with the others, in a file of its own.
#[test]
fn other_clients_say_nothing() {
    for (world, wording) in worlds() {
        let mut set = events(&world.entries, Knobs::plain(wording));
        let first = plain(&set);
        let mut rng = Rng::new(77);
        set.sources.push("unrelated.log".into());
        let (client, rule) = (set.symbols.intern("unrelated"), set.symbols.intern("simulation"));
        for number in 0..400_u64 {
            let place = &world.entries[usize::try_from(rng.between(0, world.entries.len() as u64 - 1)).unwrap()];
            let kind = *rng.pick(&[EventKind::RefreshSucceeded, EventKind::ApiUnauthorized, EventKind::StoreRead]);
            let position = Position::new(2, number * 100..number * 100 + 99, number + 1);
            let mut event = TokenEvent::new(kind, rule, position);
            event.time = Some(Timestamp::from_millis(i64::try_from(place.at / 1_000).unwrap() + 3));
            event.client = Some(client);
            event.subject = Some(set.symbols.intern(&format!("unrelated-{number}")));
            set.events.push(event);
        }
        let mut with = plain(&set);
        with.findings.retain(|finding| finding.client.as_deref() != Some("unrelated"));
        assert_eq!(all(&with, str::to_owned), all(&first, str::to_owned));
    }
}

/// Failures of proven verdicts, by client and rule.
fn proven(diagnosis: &Diagnosis) -> BTreeMap<(String, String), u64> {
    let mut proven = BTreeMap::new();
    for finding in causes(&diagnosis.findings).filter(|finding| finding.confidence == Confidence::Proven) {
        let key = (finding.client.clone().unwrap_or_default(), finding.rule.clone());
        *proven.entry(key).or_default() += finding.failures + finding.aftermath_failures;
    }
    proven
}

#[test]
fn more_evidence_never_makes_a_proven_verdict_another_one() {
    for (world, wording) in worlds() {
        let digests = Knobs { digests: true, ..Knobs::plain(wording) };
        let durations = Knobs { durations: true, ..digests };
        let sets = [Knobs { places: false, ..Knobs::plain(wording) }, Knobs::plain(wording), digests, durations];
        let steps: Vec<_> = sets.map(|knobs| proven(&plain(&events(&world.entries, knobs)))).into_iter().collect();
        for pair in steps.windows(2) {
            for (key, failures) in &pair[0] {
                assert!(
                    pair[1].get(key).is_some_and(|more| more >= failures),
                    "{key:?}: {failures} in {:?}",
                    pair[1].get(key)
                );
            }
        }
    }
}

/// The replay agrees with what the simulated workers could have shared.
#[test]
fn what_would_have_helped_depends_on_where_the_workers_were() {
    for seed in 0..6 {
        let wording = Wording::Ambiguous;
        let world = world(Setup { seed, rotation: Rotation::Reject, wording, neighbours: 10, unlucky: false });
        let diagnosis = plain(&events(&world.entries, Knobs::plain(wording)));
        for (client, reach) in [("threads", 3), ("processes", 2), ("hosts", 1)] {
            let row = diagnosis.clients.iter().find(|row| row.client.as_deref() == Some(client)).unwrap();
            let gain = |fix: &str| {
                let gain = row.would_have_helped.iter().find(|gain| gain.fix == fix);
                gain.map_or(0, |gain| gain.failures_prevented)
            };
            let locks = ["distributed-lock", "cross-process-lock", "in-process-single-flight"].map(gain);
            let expected = [0, 1, 2].map(|lock| if lock < reach { row.refresh_failed } else { 0 });
            assert_eq!(locks, expected, "{seed} {client}");
            assert!(
                gain("re-read-before-fail") <= row.refresh_failed && gain("rotation-merge") == 0,
                "{seed} {client}"
            );
        }
        for client in ["good", "revoked", "outage"] {
            let row = diagnosis.clients.iter().find(|row| row.client.as_deref() == Some(client)).unwrap();
            assert!(row.would_have_helped.is_empty(), "{client}: {:?}", row.would_have_helped);
        }
        let forgetful = diagnosis.clients.iter().find(|row| row.client.as_deref() == Some("forgetful")).unwrap();
        let merged = forgetful.would_have_helped.iter().find(|gain| gain.fix == "rotation-merge").unwrap();
        assert_eq!(merged.failures_prevented, forgetful.refresh_failed);
    }
}

#[test]
fn races_of_every_cycle_have_the_period_of_the_lifetime() {
    let mut known = 0;
    for seed in 0..12 {
        let wording = Wording::Ambiguous;
        let world = world(Setup { seed, rotation: Rotation::Reject, wording, neighbours: 10, unlucky: false });
        let diagnosis = plain(&events(&world.entries, Knobs::plain(wording)));
        for row in &diagnosis.clients {
            let Some(recurrence) = row.recurrence else { continue };
            known += 1;
            // A cycle is the lifetime but a minute, and up to some seconds more; stale reads come in every other one.
            let cycle = 59 * 60;
            let cycles = (recurrence.period_s + cycle / 2) / cycle;
            let off = recurrence.period_s.abs_diff(cycles * cycle);
            assert!((1..=2).contains(&cycles) && off <= cycles * 10, "{seed}: {recurrence:?} of {:?}", row.client);
            assert_eq!(recurrence.expires_in, Some(3_600), "{seed}: {:?}", row.client);
        }
    }
    assert!(known > 10, "{known}");
}
