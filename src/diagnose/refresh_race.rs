//! `refresh-race` and `refresh-race-revoked`: several attempts with one token at once, one winner.
//!
//! The two differ in what follows. A race heals: the principal refreshes again without a new
//! grant. In a revoked one the server took the reuse for theft: later attempts, the winner's own
//! too, fail until somebody signs in.

use hashbrown::HashSet;

use crate::model::{CauseClass, Confidence, Outcome, ReusePolicy, Symbol};
use crate::timeline::Tie;

use super::attribution::Race;
use super::draft::{Draft, Verdict};
use super::episode::{Before, Episode, Next};
use super::line::{Line, Worker};
use super::names::{PERMANENT, RACE, RACE_REVOKED};
use super::rotation_not_persisted::masked;
use super::window::Cluster;
use super::words;

/// Whether a cluster's members can have raced: the server rotates, or says itself that they did,
/// and, where nobody is named, chance does not put successes beside failures.
pub(super) fn competes(line: &Line<'_>, cluster: &Cluster) -> bool {
    let (Some(&winner), false) = (cluster.successes.first(), cluster.failures.is_empty()) else { return false };
    let class = |wanted: CauseClass| cluster.failures.iter().any(|&failure| line.event(failure).class == wanted);
    if !line.policy.can_race() && !class(CauseClass::Reuse) && !class(CauseClass::Concurrent) {
        return false;
    }
    if class(CauseClass::Concurrent) || shares_id(line, cluster) {
        return true;
    }
    line.by_chance.is_none() && !line.crowded(line.nanos(winner), cluster.successes.len())
}

/// Takes out of a cluster what only its neighbours made a racer: a token called expired was good a
/// moment ago only if it is the winner's, or that of the same subject.
pub(super) fn keep_losers(line: &Line<'_>, cluster: &mut Cluster) {
    let expired = |failure: usize| line.event(failure).class == CauseClass::Expired;
    if !cluster.failures.iter().any(|&failure| expired(failure)) {
        return;
    }
    let winners = &cluster.successes;
    let tokens: HashSet<Symbol> = winners.iter().filter_map(|&winner| line.event(winner).presented).collect();
    cluster.failures.retain(|&failure| {
        let same_token = line.event(failure).presented.is_some_and(|token| tokens.contains(&token));
        !expired(failure) || same_token || (!line.anonymous && !winners.is_empty())
    });
}

/// Whether a loser presented a winner's token or named its grant.
fn shares_id(line: &Line<'_>, cluster: &Cluster) -> bool {
    let grant = |position: &usize| line.identity(*position).grant;
    shares_token(line, cluster) || shared(&cluster.successes, &cluster.failures, grant)
}

/// Whether a loser presented a winner's token.
fn shares_token(line: &Line<'_>, cluster: &Cluster) -> bool {
    shared(&cluster.successes, &cluster.failures, |position| line.event(*position).presented)
}

/// Whether a value occurs on both sides; sets, because a hostile cluster has thousands of members.
fn shared(left: &[usize], right: &[usize], value: impl Fn(&usize) -> Option<Symbol>) -> bool {
    let known: HashSet<Symbol> = left.iter().filter_map(&value).collect();
    right.iter().filter_map(value).any(|value| known.contains(&value))
}

/// The finding of a race, and the episode of those later failures that have another cause.
pub(super) fn judge(line: &Line<'_>, mut race: Race, next: Next) -> (Draft, Option<Episode>) {
    let reuse = race.cluster.failures.iter().any(|&failure| line.event(failure).class == CauseClass::Reuse);
    let expired = |failure: &usize| line.event(*failure).class == CauseClass::Expired;
    let (retried, spent_expired) = (within_reach(line, &race), race.cluster.failures.iter().any(expired));
    let other = race.later.iter().enumerate().position(|(at, failure)| {
        line.scene.user_level(line.event(*failure))
            || (!reuse && race.revoked.is_some_and(|revoked| *failure > revoked))
            || (at >= retried && !spent_expired && expired(failure))
    });
    let mut rest = other.map(|cut| race.later.split_off(cut)).unwrap_or_default();
    let next = unseen_sign_in(line, &race, next);
    if next.healed() {
        let close = within_reach(line, &race);
        let mut late = race.later.split_off(close);
        late.append(&mut rest);
        rest = late;
    }
    let good = race.cluster.successes.last().copied();
    let before = Before { good, was_grant: false, revoked: race.revoked, refreshes: 2, ..race.before };
    let rest = (!rest.is_empty()).then_some(Episode { failures: rest, before, next, burst: false });
    // What follows with a cause of its own says nothing about how the race ended; nor does a refresh that works after the
    // winner's own next one had failed.
    let hidden = rest.as_ref().is_some_and(|rest| !next.healed() || rest.due(line) != Some(false));
    let next = if hidden { Next::End } else { next };
    if let Some(draft) = sequential(line, &race, next, reuse) {
        return (draft, rest);
    }
    let revoked = family_revoked(line, &race, next, reuse);
    let mut draft = draft(line, &race, next, revoked.as_deref());
    if hidden && revoked.is_none() {
        draft
            .notes
            .push("What failed next has a finding of its own: whether the race cost the grant is not shown.".into());
    } else if next == Next::End && revoked.is_none() {
        draft.notes.push("The logs end before they show whether the grant still works.".into());
    }
    (draft, rest)
}

/// Where the server revokes a family on reuse and the winner's own next refresh failed, what works then is of a new
/// grant: its sign-in is not in these logs.
fn unseen_sign_in(line: &Line<'_>, race: &Race, next: Next) -> Next {
    match next {
        Next::Success(position) if line.revokes_family() && within_reach(line, race) < race.later.len() => {
            Next::Unsure(position)
        }
        _ => next,
    }
}

/// How many later failures follow one another closely enough to be the losers' retries.
fn within_reach(line: &Line<'_>, race: &Race) -> usize {
    let mut last = last_of(&race.cluster);
    let reach = retry_reach(line, &race.cluster);
    race.later
        .iter()
        .take_while(|&&failure| {
            let near = line.gap(last, failure) <= reach;
            last = failure;
            near
        })
        .count()
}

/// A loser's retry comes soon: within some minutes, and well before the winner's token is due.
fn retry_reach(line: &Line<'_>, cluster: &Cluster) -> i64 {
    let limits = &line.scene.limits;
    let lifetime = cluster.successes.last().and_then(|&winner| line.event(winner).expires_in.get());
    let due = lifetime.map_or(i64::MAX, |seconds| (f64::from(seconds) * 1e9 * limits.cycle.0) as i64);
    limits.retry.min(due)
}

fn last_of(cluster: &Cluster) -> usize {
    cluster.failures.iter().chain(&cluster.successes).copied().max().unwrap_or(0)
}

/// One thread cannot race with itself: a success, then nothing but failures of the same thread,
/// is a grant that ended right after.
fn sequential(line: &Line<'_>, race: &Race, next: Next, reuse: bool) -> Option<Draft> {
    let winner = *race.cluster.successes.last()?;
    let told = race.cluster.failures.iter().any(|&failure| line.event(failure).class == CauseClass::Concurrent);
    let alone = race.cluster.successes.len() == 1
        && race.cluster.failures.iter().all(|&failure| failure > winner && line.same_worker(winner, failure));
    if next.healed() || reuse || told || !alone || shares_id(line, &race.cluster) || race.later.is_empty() {
        return None;
    }
    let verdict = Verdict::new(
        PERMANENT,
        Confidence::Likely,
        "The failures follow the success in the same thread, so nothing competed, and no later attempt succeeds.",
    );
    let failures: Vec<usize> = race.cluster.failures.iter().chain(&race.later).copied().collect();
    let before = Before { good: Some(winner), ..race.before };
    Some(Episode { failures, before, next, burst: false }.draft(line, verdict))
}

/// Why the family is gone, if it is.
fn family_revoked(line: &Line<'_>, race: &Race, next: Next, reuse: bool) -> Option<String> {
    // Where lines are lost, the refreshes between may be among them.
    if next.healed() || (next.unsure().is_some() && line.lossy && !line.revokes_family()) {
        return None;
    }
    let ended = matches!(next, Next::Grant(_));
    let until = match next {
        Next::Grant(_) => "until a new grant",
        Next::Unsure(_) => "until another grant, as it seems",
        Next::Success(_) | Next::End => "to the end of the logs",
    };
    let told = reuse || race.cluster.failures.iter().any(|&failure| line.event(failure).class == CauseClass::Revoked);
    let racers = Racers::of(line, &race.cluster);
    let beyond = race.later.iter().filter(|&&failure| !racers.retries(line, failure, ended)).count();
    if beyond > 0 {
        let count = race.later.len();
        return Some(if told {
            format!("the server detected the reuse, and every later attempt ({count}) fails {until}")
        } else {
            format!("every later attempt ({count}) fails {until}")
        });
    }
    let policy = line.revokes_family();
    if policy && (told || ended || shares_token(line, &race.cluster)) {
        return Some("this server revokes the whole family on reuse, and no later refresh succeeds".into());
    }
    // Where this client's failures name nobody, those that followed the race may not be seen here.
    if ended && race.cluster.failures.iter().all(|&loser| line.tie(loser) == Tie::Adopted) {
        return Some("nothing succeeds until a new grant".into());
    }
    // A server that is known to refuse only the spent token leaves the winner's alive; and after
    // a long silence a sign-in may have other reasons.
    let soon = next.position().is_some_and(|grant| line.gap(last_of(&race.cluster), grant) < line.scene.limits.idle);
    if told && ended && (!race.later.is_empty() || (soon && line.policy.reuse == ReusePolicy::Unknown)) {
        return Some("the server detected the reuse, and nothing succeeds until a new grant".into());
    }
    None
}

/// Who raced, and with what.
struct Racers {
    tokens: HashSet<Symbol>,
    /// Whether the winners' records say which token they presented.
    winners_told: bool,
    losers: HashSet<Worker>,
    last: usize,
    reach: i64,
}

impl Racers {
    fn of(line: &Line<'_>, cluster: &Cluster) -> Self {
        let presented = |position: &usize| line.event(*position).presented;
        Self {
            tokens: cluster.successes.iter().chain(&cluster.failures).filter_map(presented).collect(),
            winners_told: cluster.successes.iter().any(|winner| presented(winner).is_some()),
            losers: cluster.failures.iter().filter_map(|&loser| line.worker(loser)).collect(),
            last: last_of(cluster),
            reach: retry_reach(line, cluster),
        }
    }

    /// A loser that tries its spent token again proves nothing about the winner's. Where no worker is
    /// known, what fails soon may be a loser again, unless nothing worked until somebody signed in.
    fn retries(&self, line: &Line<'_>, failure: usize, ended: bool) -> bool {
        match line.event(failure).presented {
            Some(token) if self.tokens.contains(&token) => true,
            Some(_) if self.winners_told => false,
            _ => {
                let soon = line.gap(self.last, failure) <= self.reach;
                soon && line.worker(failure).map_or(!ended, |worker| self.losers.contains(&worker))
            }
        }
    }
}

fn draft(line: &Line<'_>, race: &Race, next: Next, revoked: Option<&str>) -> Draft {
    let (mut confidence, mut reason) = confidence(line, &race.cluster);
    if let Some(ahead) = clocks_apart(line, &race.cluster) {
        let words = words::duration_ms(ahead / 1_000_000);
        reason = format!(
            "{reason} These logs show that the clock of one host is {words} ahead, and the times are corrected for it."
        );
        if !shares_token(line, &race.cluster) {
            confidence = confidence.min(Confidence::Likely);
        }
    }
    let rule = if revoked.is_some() { RACE_REVOKED } else { RACE };
    let reason = match revoked {
        Some(why) => format!("{}; {why}.", reason.trim_end_matches('.')),
        None => reason,
    };
    let mut draft =
        Draft::cause(Verdict { rule, confidence, reason }, line.number, line.ids_of(&race.cluster.failures));
    draft.winners = line.ids_of(&race.cluster.successes);
    draft.aftermath = line.ids_of(&race.later);
    draft.heal = next.position().map(|position| line.ids[position]);
    draft.outcome = match (revoked, next) {
        (Some(_), Next::End) => Outcome::FamilyRevoked,
        _ => next.outcome(),
    };
    draft.sign_ins = u64::from(matches!(next, Next::Grant(_)));
    draft.goes_on_unseen(line, next);
    draft
}

/// By how much the clocks of winners and losers are apart, where these logs show it; nanoseconds.
fn clocks_apart(line: &Line<'_>, cluster: &Cluster) -> Option<i64> {
    let shifts = cluster.successes.iter().chain(&cluster.failures).map(|&position| line.shift(position));
    let (least, most) = shifts.fold((i64::MAX, i64::MIN), |(least, most), shift| (least.min(shift), most.max(shift)));
    (most > least).then(|| most - least)
}

/// How sure it is that these attempts competed for one token.
fn confidence(line: &Line<'_>, cluster: &Cluster) -> (Confidence, String) {
    let losers = || cluster.failures.iter().copied();
    let told = |class: CauseClass| losers().any(|loser| line.event(loser).class == class);
    if shares_token(line, cluster) {
        let reason = "A loser presented the same refresh token as the winner.";
        let winner = cluster.successes[0];
        return (line.proof(winner), masked(line, winner, reason));
    }
    if told(CauseClass::Concurrent) {
        return (Confidence::Proven, "The server itself says that several requests used the token at once.".into());
    }
    if cluster.successes.iter().all(|&winner| line.is_coarse(winner)) || losers().all(|loser| line.is_coarse(loser)) {
        let reason = "The times have whole seconds only, so the attempts lie in the same or the next second.";
        return (Confidence::Possible, reason.into());
    }
    if told(CauseClass::Reuse) {
        return (Confidence::Proven, "The server itself says that the token had been used, inside the window.".into());
    }
    if shares_id(line, cluster) {
        return (Confidence::Likely, "Winner and loser name the same grant, inside the window.".into());
    }
    let named = !line.anonymous;
    if named && losers().any(|loser| line.tie(loser) != Tie::Adopted) {
        return (Confidence::Likely, "Winner and loser name the same subject, inside the window.".into());
    }
    let reason = if named {
        "The losers name no subject; only one subject of the client succeeded inside the window."
    } else {
        "Only the client is known, not the subject; the attempts lie inside the window."
    };
    (Confidence::Possible, reason.into())
}
