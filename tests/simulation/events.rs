//! The journal as token events, with as much or as little evidence as real logs have.

use tokscan::model::{CauseClass, EventKind, EventSet, Position, Precision, Timestamp, TokenDigest, TokenEvent};

use crate::clients::{Entry, Kind};
use crate::rng::Rng;
use crate::scenarios::Wording;
use crate::server::{Micros, Refusal, SECOND, Token};

/// Where the logs name the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subjects {
    Everywhere,
    /// As Auth0 and Keycloak do: the user is missing exactly where it is needed.
    NotOnFailures,
    Nowhere,
}

/// What the logs tell.
#[allow(clippy::struct_excessive_bools, reason = "independent knobs, each on or off")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Knobs {
    pub(crate) wording: Wording,
    pub(crate) subjects: Subjects,
    /// Digests of presented and issued tokens.
    pub(crate) digests: bool,
    pub(crate) durations: bool,
    pub(crate) precision: Precision,
    /// Host, process and thread.
    pub(crate) places: bool,
    /// The provider is known, and with it the rotation policy.
    pub(crate) provider: bool,
    /// Successes stand in a file of their own.
    pub(crate) two_files: bool,
    /// Each failure is logged by two layers, with one request id.
    pub(crate) twins: bool,
    /// Addresses in place of hosts, as a server logs them.
    pub(crate) addresses: bool,
    /// Answers name their lifetime.
    pub(crate) lifetimes: bool,
    /// So far the clocks of hosts may be apart, in milliseconds.
    pub(crate) skew_ms: u64,
}

impl Knobs {
    /// Subjects and exact times, and nothing else that helps.
    pub(crate) fn plain(wording: Wording) -> Self {
        Self {
            wording,
            subjects: Subjects::Everywhere,
            digests: false,
            durations: false,
            precision: Precision::Milli,
            places: true,
            provider: false,
            two_files: false,
            twins: false,
            addresses: false,
            lifetimes: true,
            skew_ms: 0,
        }
    }

    /// Any mixture that still has subjects and exact times.
    pub(crate) fn telling(rng: &mut Rng, wording: Wording) -> Self {
        Self {
            digests: rng.chance(50),
            durations: rng.chance(50),
            precision: *rng.pick(&[Precision::Milli, Precision::Micro]),
            places: rng.chance(70),
            provider: rng.chance(50),
            two_files: rng.chance(50),
            twins: rng.chance(30),
            ..Self::plain(wording)
        }
    }
}

/// What a server says when it refuses: class, error code, text, status.
pub(crate) fn answer(refusal: Refusal, wording: Wording) -> (CauseClass, &'static str, &'static str, u16) {
    let grant = "invalid_grant";
    match (refusal, wording) {
        (Refusal::Unavailable, _) => (CauseClass::Transient, "temporarily_unavailable", "Service Unavailable", 503),
        (Refusal::TimedOut, _) => (CauseClass::Transient, "timeout", "request timed out", 0),
        (Refusal::UnknownClient, _) => {
            (CauseClass::Misconfigured, "invalid_client", "Client authentication failed", 401)
        }
        (_, Wording::Ambiguous) => (CauseClass::Ambiguous, grant, "Unknown or invalid refresh token.", 403),
        (Refusal::Spent, _) => (CauseClass::Reuse, grant, "Refresh token has already been used", 400),
        (Refusal::ReuseDetected, _) => (CauseClass::Reuse, grant, "Maximum allowed refresh token reuse exceeded", 400),
        (Refusal::FamilyRevoked, _) => (CauseClass::Revoked, grant, "Session doesn't have required client", 400),
        (Refusal::GrantRevoked, _) => (CauseClass::Revoked, grant, "Session not active", 400),
        (Refusal::Expired, _) => (CauseClass::Expired, grant, "Refresh token expired", 400),
    }
}

const SUCCESSES: u32 = 1;

/// The events in the order of the journal.
pub(crate) fn events(entries: &[Entry], knobs: Knobs) -> EventSet {
    let mut set = EventSet { sources: vec!["app.log".into(), "audit.log".into()], ..EventSet::default() };
    for entry in entries {
        push(&mut set, entry, knobs, 0);
        if knobs.twins && matches!(entry.kind, Kind::Refused { .. }) {
            push(&mut set, entry, knobs, 1);
        }
    }
    set
}

fn push(set: &mut EventSet, entry: &Entry, knobs: Knobs, delay_ms: Micros) {
    let kind = match entry.kind {
        Kind::Refreshed { .. } => EventKind::RefreshSucceeded,
        Kind::Refused { .. } => EventKind::RefreshFailed,
        Kind::SignedIn { .. } => EventKind::GrantIssued,
        Kind::Revoked => EventKind::TokenRevoked,
        Kind::Unauthorized => EventKind::ApiUnauthorized,
    };
    let line = set.events.len() as u64 + 1;
    let source = if knobs.two_files && kind == EventKind::RefreshSucceeded { SUCCESSES } else { 0 };
    let position = Position::new(source, line * 100..line * 100 + 99, line);
    let mut event = TokenEvent::new(kind, set.symbols.intern("simulation"), position);
    let skew = entry.place.host.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (knobs.skew_ms + 1);
    event.time = Some(stamp(entry.at + (delay_ms + skew) * 1_000, knobs.precision));
    event.client = Some(set.symbols.intern(entry.client));
    if names_subject(kind, knobs.subjects) {
        event.subject = Some(set.symbols.intern(&entry.subject));
    }
    event.request_id = Some(set.symbols.intern(&format!("req-{}", entry.request)));
    if knobs.provider {
        event.provider = Some(set.symbols.intern("simulated"));
    }
    if knobs.durations && entry.at > entry.sent {
        event.duration_ms = u32::try_from((entry.at - entry.sent) / 1_000).ok().into();
    }
    if knobs.addresses {
        event.address = Some(set.symbols.intern(&format!("198.51.100.{}", entry.place.host)));
    } else if knobs.places {
        event.host = Some(set.symbols.intern(&format!("host-{}", entry.place.host)));
        event.process = Some(set.symbols.intern(&entry.place.process.to_string()));
        event.thread = Some(set.symbols.intern(&format!("worker-{}", entry.place.thread)));
    }
    say(set, &mut event, entry, knobs);
    set.events.push(event);
}

fn names_subject(kind: EventKind, subjects: Subjects) -> bool {
    match subjects {
        Subjects::Everywhere => true,
        Subjects::NotOnFailures => kind != EventKind::RefreshFailed,
        Subjects::Nowhere => false,
    }
}

/// What the kind of entry adds: tokens and errors.
fn say(set: &mut EventSet, event: &mut TokenEvent, entry: &Entry, knobs: Knobs) {
    let (presented, issued) = match entry.kind {
        Kind::Refreshed { presented, issued } => (Some(presented), Some(issued)),
        Kind::Refused { presented, .. } => (Some(presented), None),
        Kind::SignedIn { issued } => (None, Some(issued)),
        Kind::Revoked | Kind::Unauthorized => (None, None),
    };
    if knobs.digests {
        event.presented = presented.map(|token| set.symbols.intern(&digest(token)));
        event.issued = issued.map(|token| set.symbols.intern(&digest(token)));
    }
    match entry.kind {
        Kind::Refreshed { .. } | Kind::SignedIn { .. } => {
            event.status = Some(200);
            event.expires_in = knobs.lifetimes.then_some(3_600).into();
        }
        Kind::Refused { refusal, .. } => {
            let (class, error, description, status) = answer(refusal, knobs.wording);
            event.class = class;
            event.error = Some(set.symbols.intern(error));
            event.error_description = Some(set.symbols.intern(description));
            event.status = (status != 0).then_some(status);
        }
        Kind::Unauthorized => event.status = Some(401),
        Kind::Revoked => {}
    }
}

fn digest(token: Token) -> String {
    TokenDigest::of(value(token).as_bytes()).to_string()
}

/// An invented token value that no scheme of a real provider has.
pub(crate) fn value(token: Token) -> String {
    format!("sim-rt-{:016x}", (token.0 as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn stamp(at: Micros, precision: Precision) -> Timestamp {
    let step = match precision {
        Precision::Second => SECOND,
        Precision::Milli => 1_000,
        Precision::Micro | Precision::Nano => 1,
    };
    Timestamp::new(i64::try_from((at - at % step) * 1_000).expect("a time in this century"), precision)
}
