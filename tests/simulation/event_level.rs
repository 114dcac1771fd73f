//! (A) The diagnosis against the truth, on token events.

use std::sync::LazyLock;
use std::time::Duration;

use tokscan::diagnose::{Diagnosis, Policies, Settings};
use tokscan::model::{Confidence, EventSet, Finding, Outcome, Precision, ReusePolicy, RotationPolicy, Topology};
use tokscan::rules::{Catalogue, embedded, load_diagnoses};

use crate::events::{Knobs, Subjects, events};
use crate::rng::Rng;
use crate::scenarios::{Setup, Wording, world};
use crate::score::{Scores, assert_balance, causes};
use crate::server::{MS, Rotation, SECOND};
use crate::truth::{Tally, incidents, refreshed, refused, storms, tally};

const SEEDS: u64 = 40;
const ROTATIONS: [Rotation; 5] =
    [Rotation::Never, Rotation::Reject, Rotation::RevokeFamily, Rotation::Grace(30 * SECOND), Rotation::UntilUsed];

/// The policy that a rule file of the simulated provider would hold.
pub(crate) fn policies(rotation: Rotation) -> Policies {
    let (rotates, grace_ms, reuse) = match rotation {
        Rotation::Never => (false, None, ReusePolicy::Accept),
        Rotation::Reject | Rotation::UntilUsed => (true, None, ReusePolicy::Reject),
        Rotation::RevokeFamily => (true, None, ReusePolicy::RevokeFamily),
        Rotation::Grace(grace) => (true, Some(grace / MS), ReusePolicy::Reject),
    };
    Policies::from([("simulated".to_owned(), RotationPolicy { rotates: Some(rotates), grace_ms, reuse })])
}

pub(crate) fn diagnosed(events: &EventSet, policies: &Policies, window_ms: u64) -> Diagnosis {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| load_diagnoses(&embedded()).expect("the rules are sound"));
    let settings = Settings { window: Duration::from_millis(window_ms), evidence: usize::MAX };
    tokscan::diagnose::diagnose(&mut events.clone(), &CATALOGUE, policies, &settings)
}

pub(crate) fn setups() -> impl Iterator<Item = Setup> {
    (0..SEEDS).flat_map(|seed| {
        let wording = if seed % 2 == 0 { Wording::Ambiguous } else { Wording::Explicit };
        ROTATIONS.map(|rotation| Setup { seed, rotation, wording, neighbours: 40, unlucky: true })
    })
}

#[test]
fn with_subjects_and_exact_times_every_failure_gets_its_true_cause() {
    let (mut scores, mut habits) = (Scores::default(), Scores::default());
    for setup in setups() {
        let world = world(setup);
        let truth = tally(&world.entries);
        let behaviours = world.behaviours.iter().copied().chain(storms(&world.entries)).collect();
        let mut rng = Rng::new(setup.seed ^ 0xfeed);
        for knobs in [Knobs::plain(setup.wording), Knobs::telling(&mut rng, setup.wording)] {
            let context = format!("{setup:?} {knobs:?}");
            let diagnosis = diagnosed(&events(&world.entries, knobs), &policies(setup.rotation), 200);
            assert_balance(&diagnosis, &context);
            assert_eq!(diagnosis.refresh_failed, refused(&world.entries), "{context}");
            assert_eq!(diagnosis.refresh_ok, refreshed(&world.entries), "{context}");
            habits.add_behaviours(&behaviours, &diagnosis.findings);
            let healthy = diagnosis.findings.iter().all(|finding| finding.client.as_deref() != Some("good"));
            assert!(healthy, "{context}: nothing is wrong with the client that refreshes once");
            scores.add(&truth, &diagnosis.findings);
        }
    }
    println!("{}", scores.table("subjects and exact times"));
    println!("{}", habits.table("behaviours of clients, with subjects and exact times"));
    assert_eq!(scores.below(0.98), Vec::<String>::new());
    assert_eq!(habits.below(0.98), Vec::<String>::new());
}

/// Without subjects nobody can say whose sign-in ended a race, so both kinds are one here.
fn add_with_one_kind_of_race(scores: &mut Scores, truth: Tally, mut findings: Vec<Finding>) {
    let one = |rule: String| if rule.starts_with("refresh-race") { "refresh-race".to_owned() } else { rule };
    let mut merged = Tally::new();
    for ((client, subject, rule), count) in truth {
        *merged.entry((client, subject, one(rule))).or_default() += count;
    }
    for finding in &mut findings {
        finding.rule = one(std::mem::take(&mut finding.rule));
    }
    scores.add(&merged, &findings);
}

#[test]
fn without_subjects_a_race_verdict_is_still_right() {
    for subjects in [Subjects::NotOnFailures, Subjects::Nowhere] {
        let mut scores = Scores::default();
        for setup in setups() {
            let setup = Setup { unlucky: false, ..setup };
            let world = world(setup);
            let knobs = Knobs { subjects, ..Knobs::plain(setup.wording) };
            let diagnosis = diagnosed(&events(&world.entries, knobs), &policies(setup.rotation), 200);
            assert_balance(&diagnosis, &format!("{setup:?} {knobs:?}"));
            assert_eq!(diagnosis.refresh_failed, refused(&world.entries), "{setup:?}");
            add_with_one_kind_of_race(&mut scores, tally(&world.entries), diagnosis.findings);
        }
        println!("{}", scores.table(&format!("subjects: {subjects:?} (refresh-race of both kinds)")));
        let race = scores.0["refresh-race"];
        assert!(race.precision() >= 0.98, "{subjects:?}: {race:?}");
    }
}

#[test]
fn token_digests_stand_in_for_subjects() {
    let mut scores = Scores::default();
    for setup in setups().filter(|setup| setup.rotation != Rotation::Never) {
        let world = world(setup);
        let knobs = Knobs { subjects: Subjects::Nowhere, digests: true, ..Knobs::plain(setup.wording) };
        let diagnosis = diagnosed(&events(&world.entries, knobs), &policies(setup.rotation), 200);
        assert_balance(&diagnosis, &format!("{setup:?} {knobs:?}"));
        scores.add(&tally(&world.entries), &diagnosis.findings);
    }
    println!("{}", scores.table("no subjects, but token digests"));
    for rule in ["refresh-race", "refresh-race-revoked", "rotation-not-persisted"] {
        let score = scores.0[rule];
        assert!(score.precision() >= 0.98 && score.recall() >= 0.98, "{rule}: {score:?}");
    }
}

/// Clocks of hosts that are apart put losers before their winners and out of the window: fewer races are
/// found, and none that was none. Where tokens are known, a loser before its winner is still one.
#[test]
fn skewed_clocks_make_no_wrong_races() {
    for skew_ms in [150, 900, 3_000] {
        let mut scores = Scores::default();
        for setup in setups().filter(|setup| setup.rotation == Rotation::Reject) {
            let world = world(setup);
            let knobs = Knobs { digests: true, skew_ms, ..Knobs::plain(setup.wording) };
            let diagnosis = diagnosed(&events(&world.entries, knobs), &policies(setup.rotation), 200);
            assert_balance(&diagnosis, &format!("{setup:?} {knobs:?}"));
            scores.add(&tally(&world.entries), &diagnosis.findings);
        }
        println!("{}", scores.table(&format!("clocks up to {skew_ms} ms apart, token digests")));
        let race = scores.0["refresh-race"];
        assert!(race.precision() >= 0.98 && race.recall() >= 0.9, "{skew_ms}: {race:?}");
        let reuse = scores.0["refresh-token-reuse"];
        assert!(reuse.precision() >= 0.98, "{skew_ms}: no thief is as quick: {reuse:?}");
    }
}

/// One finding per incident, with the topology and the ending that it had.
#[test]
fn a_race_finding_says_how_it_was() {
    let topologies =
        [("threads", Topology::SameProcess), ("processes", Topology::SameHost), ("hosts", Topology::SeveralHosts)];
    for (rotation, rule) in [(Rotation::Reject, "refresh-race"), (Rotation::RevokeFamily, "refresh-race-revoked")] {
        for seed in 0..10 {
            let world = world(Setup { seed, rotation, wording: Wording::Ambiguous, neighbours: 10, unlucky: true });
            let diagnosis = diagnosed(&events(&world.entries, Knobs::plain(Wording::Ambiguous)), &Policies::new(), 200);
            for (client, topology) in topologies {
                let races: Vec<&Finding> =
                    causes(&diagnosis.findings).filter(|finding| finding.client.as_deref() == Some(client)).collect();
                assert_eq!(races.len(), incidents(&world.entries, client, rule), "{rotation:?} {seed} {client}");
                let healed = if rotation == Rotation::Reject { Outcome::SelfResolved } else { Outcome::Reauthorized };
                for race in races {
                    assert_eq!((race.rule.as_str(), race.topology, race.outcome), (rule, topology, healed), "{seed}");
                    assert!(race.span_ms <= 200, "{rotation:?} {seed}: {} ms", race.span_ms);
                    assert_eq!(race.impact.principals, 1);
                    assert_eq!(race.impact.forced_sign_ins, u64::from(rotation == Rotation::RevokeFamily));
                    assert!(race.impact.healed_after_ms.is_some());
                }
            }
        }
    }
}

#[test]
fn a_revoked_user_among_thousands_is_no_race_of_the_neighbours() {
    for rotation in [Rotation::Reject, Rotation::RevokeFamily] {
        let world = world(Setup { seed: 7, rotation, wording: Wording::Ambiguous, neighbours: 3_000, unlucky: true });
        let diagnosis = diagnosed(&events(&world.entries, Knobs::plain(Wording::Ambiguous)), &Policies::new(), 200);
        let wrong: Vec<_> = causes(&diagnosis.findings)
            .filter(|finding| finding.client.as_deref() == Some("neighbours"))
            .filter(|finding| finding.rule != "permanent-revocation")
            .map(|finding| (&finding.rule, &finding.subject, finding.failures))
            .collect();
        assert!(wrong.is_empty(), "{rotation:?}: {wrong:?}");
    }
}

#[test]
fn the_order_of_events_never_changes_the_diagnosis() {
    for rotation in ROTATIONS {
        let world = world(Setup { seed: 3, rotation, wording: Wording::Explicit, neighbours: 40, unlucky: true });
        let mut set = events(&world.entries, Knobs::telling(&mut Rng::new(5), Wording::Explicit));
        let first = diagnosed(&set, &policies(rotation), 200);
        for seed in 0..4 {
            Rng::new(seed).shuffle(&mut set.events);
            let again = diagnosed(&set, &policies(rotation), 200);
            assert_eq!(again.findings, first.findings, "{rotation:?} {seed}");
            assert_eq!(again.clients, first.clients, "{rotation:?} {seed}");
            assert_eq!(again.token_lives, first.token_lives, "{rotation:?} {seed}");
        }
    }
}

#[test]
fn a_window_of_zero_finds_no_uncorroborated_race() {
    for seed in 0..8 {
        let world = world(Setup {
            seed,
            rotation: Rotation::Reject,
            wording: Wording::Ambiguous,
            neighbours: 40,
            unlucky: true,
        });
        let knobs = Knobs { precision: Precision::Micro, ..Knobs::plain(Wording::Ambiguous) };
        let diagnosis = diagnosed(&events(&world.entries, knobs), &Policies::new(), 0);
        assert_balance(&diagnosis, &format!("seed {seed}"));
        let races: Vec<_> = causes(&diagnosis.findings)
            .filter(|finding| finding.rule.starts_with("refresh-race"))
            .map(|finding| (&finding.client, &finding.subject, finding.start))
            .collect();
        assert!(races.is_empty(), "seed {seed}: {races:?}");
    }
}

#[test]
fn whole_seconds_alone_prove_no_race() {
    for seed in 0..8 {
        let world = world(Setup {
            seed,
            rotation: Rotation::Reject,
            wording: Wording::Ambiguous,
            neighbours: 40,
            unlucky: true,
        });
        let knobs = Knobs { precision: Precision::Second, ..Knobs::plain(Wording::Ambiguous) };
        let diagnosis = diagnosed(&events(&world.entries, knobs), &Policies::new(), 200);
        assert_balance(&diagnosis, &format!("seed {seed}"));
        for finding in causes(&diagnosis.findings).filter(|finding| finding.rule.starts_with("refresh-race")) {
            assert_eq!(finding.confidence, Confidence::Possible, "seed {seed}: {}", finding.title);
        }
    }
}

/// Without a name on the failure, a token or a server that says so, nothing is more than possible.
#[test]
fn nameless_failures_with_one_text_give_possible_verdicts_at_most() {
    for setup in setups().filter(|setup| setup.wording == Wording::Ambiguous && setup.seed < 10) {
        let world = world(Setup { unlucky: false, ..setup });
        let knobs = Knobs { subjects: Subjects::NotOnFailures, ..Knobs::plain(setup.wording) };
        let diagnosis = diagnosed(&events(&world.entries, knobs), &policies(setup.rotation), 200);
        let bold: Vec<_> = causes(&diagnosis.findings)
            .filter(|finding| finding.errors.contains_key("invalid_grant"))
            .filter(|finding| finding.confidence > Confidence::Possible)
            .map(|finding| (&finding.rule, &finding.client, &finding.start, &finding.confidence_reason))
            .collect();
        assert!(bold.is_empty(), "{setup:?}: {} of them: {:?}", bold.len(), &bold[..bold.len().min(3)]);
    }
}
