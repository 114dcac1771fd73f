//! (D) Logs that are not whole: lines lost one by one or in stretches, cut at either end, without one host's
//! file, without good refreshes, and with clocks that are apart. Fewer verdicts, no wrong ones, and a confidence that means something.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tokscan::model::{Confidence, Finding, Outcome};

use crate::clients::{Entry, Kind, World};
use crate::event_level::{diagnosed, policies, setups};
use crate::events::{Knobs, events};
use crate::rng::Rng;
use crate::scenarios::{Setup, world};
use crate::score::{Score, assert_balance, causes};
use crate::server::{EPOCH, HOUR, MINUTE};

const SEEDS: u64 = 12;
/// Of so many failures a rule's precision says something.
const ENOUGH: u64 = 40;

/// What happened to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Damage {
    None,
    /// So many lines of a hundred are gone.
    Lines(u64),
    /// For 25 minutes out of every 150 nothing was written.
    Stretches,
    /// It begins in hour 3 and ends in hour 6.
    Cut,
    /// The files of one host are not here.
    OneHost,
    /// Sign-ins are not logged.
    NoSignIns,
    /// Written at level `warn`.
    NoSuccesses,
    /// The clocks of hosts are so many milliseconds apart at most.
    Skew(u64),
}

const DAMAGES: [Damage; 11] = [
    Damage::None,
    Damage::Lines(3),
    Damage::Lines(10),
    Damage::Lines(30),
    Damage::Stretches,
    Damage::Cut,
    Damage::OneHost,
    Damage::NoSignIns,
    Damage::NoSuccesses,
    Damage::Skew(900),
    Damage::Skew(3_000),
];

impl Damage {
    fn done(self, entries: &mut Vec<Entry>, rng: &mut Rng) {
        let phase = rng.between(0, 149) * MINUTE;
        entries.retain(|entry| match self {
            Self::Lines(percent) => !rng.chance(percent),
            Self::Stretches => (entry.at - EPOCH + phase) % (150 * MINUTE) > 25 * MINUTE,
            Self::Cut => (EPOCH + 3 * HOUR..EPOCH + 6 * HOUR).contains(&entry.at),
            Self::OneHost => entry.place.host != 2,
            Self::NoSignIns => !matches!(entry.kind, Kind::SignedIn { .. }),
            Self::NoSuccesses => matches!(entry.kind, Kind::Refused { .. } | Kind::Revoked),
            Self::None | Self::Skew(_) => true,
        });
    }

    /// How much of what is called likely or proven must be right.
    fn least(self) -> f64 {
        if self == Self::Lines(30) { 0.9 } else { 0.95 }
    }

    fn skew_ms(self) -> u64 {
        if let Self::Skew(most) = self { most } else { 0 }
    }
}

/// Failures by rule and confidence: how many were given to it, and how many of these rightly.
#[derive(Default)]
struct Calibration(BTreeMap<(String, Confidence), Score>);

impl Calibration {
    /// Evidence is not capped here, so each failure is looked up by its place.
    fn add(&mut self, entries: &[Entry], findings: &[Finding]) {
        for finding in causes(findings) {
            // A race that says that its end is not shown does not say of which kind it was.
            let open = finding.outcome == Outcome::Unresolved && finding.rule.starts_with("refresh-race");
            for piece in finding.evidence.iter().filter(|piece| piece.event == "refresh_failed") {
                let place = usize::try_from(piece.line).expect("a small log") - 1;
                let Kind::Refused { truth, .. } = entries[place].kind else { panic!("{piece:?} is no failure") };
                let right = truth.rule == finding.rule || (open && truth.rule.starts_with("refresh-race"));
                let score = self.0.entry((finding.rule.clone(), finding.confidence)).or_default();
                score.found += 1;
                score.right += u64::from(right);
            }
        }
    }

    /// Of one rule, or of all that claim something.
    fn score(&self, rule: Option<&str>, confidences: &[Confidence]) -> Score {
        let fits = |name: &str| rule.map_or(name != "unexplained-failure", |rule| rule == name);
        let of = self.0.iter().filter(|((name, confidence), _)| fits(name) && confidences.contains(confidence));
        of.fold(Score::default(), |sum, (_, score)| Score {
            found: sum.found + score.found,
            right: sum.right + score.right,
            truth: 0,
        })
    }

    fn rules(&self) -> BTreeSet<&str> {
        self.0.keys().map(|(rule, _)| rule.as_str()).collect()
    }

    fn table(&self, title: &str) -> String {
        let mut table = format!("{title}\n{:<26}", "rule");
        for (name, _) in LEVELS {
            write!(table, "{name:>18}{:>11}", "precision").unwrap();
        }
        let rows = self.rules().into_iter().map(|rule| (rule, Some(rule))).chain([("all that claim", None)]);
        for (name, rule) in rows {
            write!(table, "\n{name:<26}").unwrap();
            for (_, confidences) in LEVELS {
                let score = self.score(rule, confidences);
                let precision = if score.found == 0 { "-".into() } else { format!("{:.4}", score.precision()) };
                write!(table, "{:>18}{precision:>11}", score.found).unwrap();
            }
        }
        table.push('\n');
        table
    }
}

const LEVELS: [(&str, &[Confidence]); 3] =
    [("proven", &[Confidence::Proven]), ("likely", &[Confidence::Likely]), ("possible", &[Confidence::Possible])];

fn damaged(setup: Setup, damage: Damage, digests: bool) -> (World, Knobs) {
    let mut world = world(setup);
    let mut rng = Rng::new(setup.seed ^ 0x1057);
    damage.done(&mut world.entries, &mut rng);
    let mut knobs = Knobs { twins: false, digests, ..Knobs::telling(&mut rng, setup.wording) };
    knobs.skew_ms = damage.skew_ms();
    // Who merges the logs of several clocks knows of which host each line is.
    knobs.places |= knobs.skew_ms > 0;
    knobs.addresses = knobs.skew_ms == 0 && rng.chance(30);
    knobs.lifetimes = rng.chance(70);
    (world, knobs)
}

/// What is said to be likely or proven is so, of each rule and after each damage, and the words order by
/// how often they are right.
#[test]
fn accuracy_of_incomplete_logs() {
    let (mut all, mut short) = (Calibration::default(), Vec::new());
    for damage in DAMAGES {
        let mut calibration = Calibration::default();
        for (setup, digests) in
            setups().filter(|setup| setup.seed < SEEDS).flat_map(|setup| [(setup, false), (setup, true)])
        {
            let (world, knobs) = damaged(setup, damage, digests);
            let diagnosis = diagnosed(&events(&world.entries, knobs), &policies(setup.rotation), 200);
            assert_balance(&diagnosis, &format!("{damage:?} {setup:?} {knobs:?}"));
            calibration.add(&world.entries, &diagnosis.findings);
            all.add(&world.entries, &diagnosis.findings);
        }
        println!("{}", calibration.table(&format!("{damage:?}")));
        for rule in calibration.rules() {
            let score = calibration.score(Some(rule), &[Confidence::Likely, Confidence::Proven]);
            if score.found >= ENOUGH && score.precision() < damage.least() {
                short.push(format!("{damage:?} {rule}: {score:?}"));
            }
        }
    }
    println!("{}", all.table("all of these logs"));
    assert_eq!(short, Vec::<String>::new(), "likely or better, and yet wrong");
    let [proven, likely, possible] = LEVELS.map(|(_, confidences)| all.score(None, confidences).precision());
    assert!(proven >= 0.98 && proven >= likely && likely >= 0.95 && likely >= possible, "{proven} {likely} {possible}");
}
