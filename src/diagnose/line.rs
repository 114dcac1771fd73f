//! One timeline as the verdicts see it: questions about its events, and nothing decided yet.

use std::sync::{Arc, OnceLock};

use hashbrown::HashSet;

use crate::model::{
    CauseClass, Confidence, EventKind, EventSet, Precision, ReusePolicy, RotationPolicy, Symbol, TokenEvent,
};
use crate::timeline::{Clock, Ledger, Principal, Tie, Timeline, Timelines, is_masked};

use super::chance::{self, Chances, Coincidences};
use super::clocks::Clocks;
use super::coverage::Rhythm;
use super::episode::Episode;
use super::limits::Limits;
use super::window::{Attempt, Identity, SKEW, Window};

/// What all timelines share.
pub(super) struct Scene<'a> {
    pub(super) set: &'a EventSet,
    pub(super) timelines: &'a Timelines,
    pub(super) window: Window,
    pub(super) limits: &'a Limits,
    /// The clients whose nameless failures lie beside successes by chance.
    pub(super) chances: &'a Chances,
    /// Which event issued, presented and spent each token.
    pub(super) ledger: &'a Ledger,
    pub(super) troubles: &'a Troubles,
    /// See [`Scene::clocks`].
    pub(super) clocks: &'a OnceLock<Clocks>,
}

/// What the logs say of stores; ids in order.
#[derive(Default)]
pub(super) struct Troubles {
    /// A stored credential could not be read.
    pub(super) corrupt: Vec<u32>,
    /// A credential could not be written.
    pub(super) unsaved: Vec<u32>,
}

impl Troubles {
    pub(super) fn of(kinds: &[EventKind]) -> Self {
        let mut troubles = Self::default();
        for (id, kind) in (0..).zip(kinds) {
            match kind {
                EventKind::StoreCorrupt => troubles.corrupt.push(id),
                EventKind::StoreFailed => troubles.unsaved.push(id),
                _ => {}
            }
        }
        troubles
    }
}

impl Scene<'_> {
    pub(super) fn text(&self, symbol: Option<Symbol>) -> &str {
        self.set.symbols.text(symbol).unwrap_or("")
    }

    /// Which hosts have clocks that agree; asked of the final timelines only.
    pub(super) fn clocks(&self) -> &Clocks {
        self.clocks.get_or_init(|| Clocks::of(self))
    }

    pub(super) fn event(&self, id: u32) -> &TokenEvent {
        &self.timelines.events[id as usize]
    }

    pub(super) fn kind(&self, id: u32) -> EventKind {
        self.timelines.kinds[id as usize]
    }

    /// Whether the text says that a user or an administrator ended the grant.
    pub(super) fn user_level(&self, event: &TokenEvent) -> bool {
        event.class == CauseClass::Revoked
            && [event.error_description, event.error, event.sub_code].into_iter().any(|symbol| {
                let text = self.text(symbol).to_ascii_lowercase();
                self.limits.user_level.iter().any(|phrase| text.contains(phrase.as_str()))
            })
    }

    /// A failure of which only the timeline tells whether it lost a race.
    pub(super) fn race_like(&self, event: &TokenEvent) -> bool {
        event.kind == EventKind::RefreshFailed
            && match event.class {
                CauseClass::Ambiguous | CauseClass::Concurrent | CauseClass::Reuse => true,
                CauseClass::Revoked => !self.user_level(event),
                _ => false,
            }
    }

    pub(super) fn identity(&self, event: &TokenEvent) -> Identity {
        let token = event.presented.map(|symbol| (symbol, self.set.symbols.get(symbol).len()));
        Identity { token, grant: event.grant_id }
    }
}

/// Whether its time is one of whole seconds.
pub(super) fn is_coarse(event: &TokenEvent) -> bool {
    event.time.is_some_and(|time| time.precision == Precision::Second)
}

/// A failure that says something about the grant, rather than about the client or the server.
pub(super) fn grant_like(event: &TokenEvent) -> bool {
    event.kind == EventKind::RefreshFailed
        && matches!(
            event.class,
            CauseClass::Ambiguous
                | CauseClass::Concurrent
                | CauseClass::Reuse
                | CauseClass::Revoked
                | CauseClass::Expired
        )
}

/// A thread: host, process, thread.
pub(super) type Worker = (Symbol, Symbol, Symbol);

/// Addresses and hosts.
#[derive(Default)]
pub(super) struct Places {
    pub(super) addresses: HashSet<Symbol>,
    pub(super) hosts: HashSet<Symbol>,
}

/// When a line got tokens, in order.
#[derive(Default)]
struct Times {
    good: Vec<i64>,
    fresh: Vec<i64>,
}

/// What is found out of a line when it is asked for.
#[derive(Default)]
pub(super) struct Asked {
    places: OnceLock<Places>,
    times: OnceLock<Times>,
    unauthorized: OnceLock<Vec<i64>>,
}

/// A timeline with its policy. Many logs have as many of them as users: what few are asked for is found out then.
#[allow(clippy::struct_excessive_bools, reason = "independent facts about one timeline")]
pub(super) struct Line<'a> {
    pub(super) scene: &'a Scene<'a>,
    /// Index into [`Timelines::timelines`].
    pub(super) number: usize,
    /// Neither subject nor family is known, and the refreshes are those of several grants: the good one
    /// of one says nothing about another.
    pub(super) several: bool,
    /// Neither subject nor family is known: any user of the client may be in it.
    pub(super) anonymous: bool,
    /// The client has good refreshes, of any subject.
    pub(super) client_refreshes: bool,
    /// The client has subjects elsewhere.
    pub(super) client_has_subjects: bool,
    pub(super) policy: &'a RotationPolicy,
    /// The events with a time, in order; a position in this slice is what the verdicts use.
    pub(super) ids: &'a [u32],
    /// API calls were answered 401: see [`Line::unauthorized`].
    pub(super) has_unauthorized: bool,
    /// Some of its times have whole seconds only.
    pub(super) coarse: bool,
    /// Set where nobody is named and chance alone puts as many failures beside a success.
    pub(super) by_chance: Option<Arc<Coincidences>>,
    /// How often it refreshes, where the logs tell.
    pub(super) rhythm: Option<Rhythm>,
    /// The logs show themselves that they miss lines.
    pub(super) lossy: bool,
    pub(super) asked: OnceLock<Box<Asked>>,
}

/// Many logs have nearly as many lines as events: what makes each of them longer is to be weighed.
const _: () = assert!(size_of::<Line<'_>>() <= 88);

impl<'a> Line<'a> {
    pub(super) fn event(&self, position: usize) -> &'a TokenEvent {
        self.scene.event(self.ids[position])
    }

    pub(super) fn tie(&self, position: usize) -> Tie {
        self.scene.timelines.ties[self.ids[position] as usize]
    }

    pub(super) fn nanos(&self, position: usize) -> i64 {
        self.event(position).time.map_or(0, |time| time.nanos)
    }

    pub(super) fn gap(&self, from: usize, to: usize) -> i64 {
        self.nanos(to).saturating_sub(self.nanos(from))
    }

    pub(super) fn identity(&self, position: usize) -> Identity {
        self.scene.identity(self.event(position))
    }

    pub(super) fn same_token(&self, a: usize, b: usize) -> bool {
        self.identity(a).same_token(self.identity(b))
    }

    /// Whether a failure presented the token that a good refresh had spent. Where the log does not
    /// show that the refresh gave a new one, the server must be known to rotate.
    pub(super) fn presents_spent(&self, good: usize, failure: usize) -> bool {
        let event = self.event(good);
        let rotated = match event.issued {
            Some(issued) => Some(issued) != event.presented,
            None => self.policy.rotates == Some(true),
        };
        rotated && self.same_token(good, failure)
    }

    /// The last refresh before a failure that had spent the token which it presents; an id.
    pub(super) fn spent_before(&self, failure: usize) -> Option<u32> {
        let event = self.event(failure);
        let token = self.scene.ledger.get(self.scene.set, event, event.presented?)?;
        token.spent.iter().copied().rfind(|&id| id < self.ids[failure])
    }

    /// What the same token on both sides proves: one that the log masks may be another one of the same form.
    pub(super) fn proof(&self, position: usize) -> Confidence {
        let masked = self.event(position).presented.is_some_and(|form| is_masked(self.scene.set, form));
        if masked { Confidence::Likely } else { Confidence::Proven }
    }

    /// The first refresh that fails after a time; a position.
    pub(super) fn failed_after(&self, time: i64) -> Option<usize> {
        let from = self.ids.partition_point(|&id| self.scene.event(id).time.is_none_or(|at| at.nanos <= time));
        (from..self.ids.len()).find(|&position| self.event(position).kind == EventKind::RefreshFailed)
    }

    pub(super) fn attempt(&self, position: usize, success: bool) -> Option<Attempt> {
        let attempt = Attempt::of(self.event(position), success, self.identity(position))?;
        Some(attempt.shifted(self.shift(position)))
    }

    /// What is taken from the time of an event, because its clock is shown to be ahead of others.
    pub(super) fn shift(&self, position: usize) -> i64 {
        self.scene.clocks().shift(Clock::of(self.event(position)))
    }

    pub(super) fn ids_of(&self, positions: &[usize]) -> Vec<u32> {
        positions.iter().map(|&position| self.ids[position]).collect()
    }

    pub(super) fn revokes_family(&self) -> bool {
        self.policy.reuse == ReusePolicy::RevokeFamily
    }

    /// A failure that can have lost a race, if a success is beside it: what the scene says, and a
    /// token that a server calls expired a moment before or after it was good. That takes an
    /// identity, because an expired token of somebody else is just that.
    pub(super) fn race_like(&self, position: usize) -> bool {
        let event = self.event(position);
        let expired = event.kind == EventKind::RefreshFailed && event.class == CauseClass::Expired;
        self.scene.race_like(event) || (expired && (!self.anonymous || event.presented.is_some()))
    }

    /// Whether two events were written by one thread, which cannot compete with itself.
    pub(super) fn same_worker(&self, a: usize, b: usize) -> bool {
        self.worker(a).is_some() && self.worker(a) == self.worker(b)
    }

    /// The thread that wrote an event, where its host and process are known too.
    pub(super) fn worker(&self, position: usize) -> Option<Worker> {
        let event = self.event(position);
        Some((event.host?, event.process?, event.thread?))
    }

    /// Whether two events may have been timed by clocks that are apart: their hosts differ, or only their files do, and
    /// nothing shows that the clocks agree.
    pub(super) fn other_clock(&self, a: usize, b: usize) -> bool {
        !self.scene.clocks().agree(Clock::of(self.event(a)), Clock::of(self.event(b)))
    }

    /// Whether a good refresh by another clock lies within seconds of an episode: it may have competed.
    pub(super) fn beside_another_clock(&self, episode: &Episode) -> bool {
        // Clocks that agree do so to within the window, and a request takes its time.
        let soon = self.scene.window.nanos.saturating_mul(5);
        let hosts = |a: usize, b: usize| Clock::of(self.event(a)) != Clock::of(self.event(b));
        let near = |a: usize, b: usize| {
            let gap = self.gap(a, b);
            gap <= SKEW && (self.other_clock(a, b) || (gap <= soon && hosts(a, b)))
        };
        episode.before.good.is_some_and(|good| near(good, episode.first()))
            || episode.next.position().is_some_and(|heal| near(episode.last(), heal))
    }

    /// Whether an event's time has whole seconds only.
    pub(super) fn is_coarse(&self, position: usize) -> bool {
        is_coarse(self.event(position))
    }

    /// Times of the good refreshes, in order.
    pub(super) fn good(&self) -> &[i64] {
        &self.times().good
    }

    /// Times of the good refreshes and of new grants, in order.
    pub(super) fn fresh(&self) -> &[i64] {
        &self.times().fresh
    }

    /// Whose it is.
    pub(super) fn principal(&self) -> Principal {
        self.timeline().principal
    }

    /// The events without a time.
    pub(super) fn untimed(&self) -> &'a [u32] {
        self.scene.timelines.untimed(self.timeline())
    }

    /// All events, those without a time last.
    pub(super) fn members(&self) -> &'a [u32] {
        self.scene.timelines.members(self.timeline())
    }

    fn timeline(&self) -> &'a Timeline {
        &self.scene.timelines.timelines[self.number]
    }

    /// Times at which an API call was answered 401, in order.
    pub(super) fn unauthorized(&self) -> &[i64] {
        if !self.has_unauthorized {
            return &[];
        }
        self.asked.get_or_init(Box::default).unauthorized.get_or_init(|| {
            let ids = self.ids.iter().filter(|id| self.scene.kind(**id) == EventKind::ApiUnauthorized);
            ids.filter_map(|id| self.scene.event(*id).time).map(|time| time.nanos).collect()
        })
    }

    fn times(&self) -> &Times {
        self.asked.get_or_init(Box::default).times.get_or_init(|| {
            let mut times = Times::default();
            for &id in self.ids {
                let event = self.scene.event(id);
                let Some(time) = event.time else { continue };
                match event.kind {
                    EventKind::RefreshSucceeded => times.good.push(time.nanos),
                    EventKind::GrantIssued => {}
                    _ => continue,
                }
                times.fresh.push(time.nanos);
            }
            times
        })
    }

    /// Where the good refreshes came from.
    pub(super) fn good_places(&self) -> &Places {
        self.asked.get_or_init(Box::default).places.get_or_init(|| {
            let mut places = Places::default();
            let events = (0..self.ids.len()).map(|position| self.event(position));
            for event in events.filter(|event| event.kind == EventKind::RefreshSucceeded) {
                places.addresses.extend(event.address);
                places.hosts.extend(event.host);
            }
            places
        })
    }

    /// How many good refreshes chance puts into the window around a time: the higher of the
    /// client's overall rate and its rate in the minute around, `members` excluded. Below ten
    /// other successes there is no rate to speak of.
    pub(super) fn chance(&self, around: i64, members: usize) -> f64 {
        chance::expected(self.good(), self.scene.window.reach(self.coarse), around, members)
    }

    /// Whether a cluster at this time proves nothing, because nobody is named and many are there.
    pub(super) fn crowded(&self, around: i64, members: usize) -> bool {
        self.anonymous && self.chance(around, members) > self.scene.limits.chance
    }
}
