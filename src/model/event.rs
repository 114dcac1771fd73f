//! Token events: what a record says about a token, as plain, interned, mergeable data.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::symbol::Remap;
use super::{Assumed, MaybeU32, Position, Symbol, Symbols, Timestamp};

/// What happened to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The token endpoint answered a refresh with tokens.
    RefreshSucceeded,
    /// The token endpoint refused a refresh, or could not be reached.
    RefreshFailed,
    /// A new grant: `authorization_code`, `password`, `device_code`, … succeeded.
    GrantIssued,
    /// A token, consent or session was revoked, or the user signed out.
    TokenRevoked,
    /// An API answered 401 to an access token.
    ApiUnauthorized,
    /// A credential was written to a store.
    StoreWritten,
    /// A credential was read from a store.
    StoreRead,
    /// The application threw a credential away or asked the user to sign in again.
    CredentialDiscarded,
    /// The token endpoint gave an access token to the client itself: there is no refresh token and no user.
    TokenIssued,
    /// A stored credential could not be read: truncated, empty or unparsable.
    StoreCorrupt,
    /// A credential could not be written to a store.
    StoreFailed,
    /// A token endpoint was asked; how it answered is told by other records.
    EndpointSeen,
    /// A refresh begins: what it came to is told by another record.
    RefreshStarted,
}

impl EventKind {
    /// The name in the events export.
    pub fn name(self) -> &'static str {
        match self {
            Self::RefreshSucceeded => "refresh_succeeded",
            Self::RefreshFailed => "refresh_failed",
            Self::GrantIssued => "grant_issued",
            Self::TokenRevoked => "token_revoked",
            Self::ApiUnauthorized => "api_unauthorized",
            Self::StoreWritten => "store_written",
            Self::StoreRead => "store_read",
            Self::CredentialDiscarded => "credential_discarded",
            Self::TokenIssued => "token_issued",
            Self::StoreCorrupt => "store_corrupt",
            Self::StoreFailed => "store_failed",
            Self::EndpointSeen => "endpoint_seen",
            Self::RefreshStarted => "refresh_started",
        }
    }
}

/// What the error of a failed refresh says by itself, before any timeline is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CauseClass {
    /// `invalid_grant` or a like code whose text fits used, revoked, expired and unknown alike;
    /// or no error at all. Only the timeline can tell.
    #[default]
    Ambiguous,
    /// The server says that several requests used the token at once (Hydra, Supabase).
    Concurrent,
    /// The server says that the token was used before.
    Reuse,
    /// The server says that the grant, session, consent or user is gone.
    Revoked,
    /// The server says that the token or session expired.
    Expired,
    /// What was sent is no token, or none that the server knows the form of.
    Malformed,
    /// `invalid_client`, `unauthorized_client`, `invalid_scope`, `invalid_request`, …
    Misconfigured,
    /// 5xx, 429, time-outs, `temporarily_unavailable`.
    Transient,
    /// The server wants the user: MFA, consent, policy.
    InteractionRequired,
    /// Not yet valid, issued in the future.
    ClockSkew,
    /// The request had no refresh token, or an empty one.
    MissingToken,
}

impl CauseClass {
    /// The name in rule files and in the events export.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::Concurrent => "concurrent",
            Self::Reuse => "reuse",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Malformed => "malformed",
            Self::Misconfigured => "misconfigured",
            Self::Transient => "transient",
            Self::InteractionRequired => "interaction-required",
            Self::ClockSkew => "clock-skew",
            Self::MissingToken => "missing-token",
        }
    }
}

/// By what it is known whose an event is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NamedBy {
    /// Its own record, as far as at all.
    #[default]
    Record,
    /// Its record leaves out whose it is, and another line of the same request told it.
    Request,
    /// No record names anybody, and the logger stands for the client.
    Logger,
}

/// What one record says about a token. Strings are symbols of the [`EventSet`] that holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenEvent {
    /// When, by the log; `None` where the record has no time. Never invented.
    pub time: Option<Timestamp>,
    /// What of the time is the source's.
    pub assumed: Assumed,
    /// By what it is known whose it is.
    pub named_by: NamedBy,
    /// What happened.
    pub kind: EventKind,
    /// For a failed refresh: what its error says by itself.
    pub class: CauseClass,
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// Lifetime of the issued access token, in seconds.
    pub expires_in: MaybeU32,
    /// How long the request took, in milliseconds; `time` is then its end.
    pub duration_ms: MaybeU32,
    /// The record shows the address of the token endpoint, and it is plain `http://` (loopback aside).
    pub insecure: bool,
    /// For a good refresh: the record shows that the answer had no refresh token.
    pub without_refresh_token: bool,
    /// Error code as in RFC 6749 §5.2 or as the provider spells it.
    pub error: Option<Symbol>,
    /// The server's own text, masked.
    pub error_description: Option<Symbol>,
    /// A provider's finer code: `AADSTS50173`, `ferrt`, `ID2012`.
    pub sub_code: Option<Symbol>,
    /// Id of the provider's rule file.
    pub provider: Option<Symbol>,
    /// `client_id`, or the integration's name where logs have no id.
    pub client: Option<Symbol>,
    /// User, account, tenant or connection that the grant belongs to.
    pub subject: Option<Symbol>,
    /// Session, grant or token-family id.
    pub grant_id: Option<Symbol>,
    /// Request, trace or correlation id.
    pub request_id: Option<Symbol>,
    /// Digest (or the log's own masked or hashed form) of the refresh token that was presented.
    pub presented: Option<Symbol>,
    /// The same of the refresh token that was issued.
    pub issued: Option<Symbol>,
    /// Client address as logged.
    pub address: Option<Symbol>,
    /// Host, pod or container that wrote the record.
    pub host: Option<Symbol>,
    /// Process id or instance.
    pub process: Option<Symbol>,
    /// Thread, task or worker id.
    pub thread: Option<Symbol>,
    /// The logger that wrote the record: a part of a program.
    pub logger: Option<Symbol>,
    /// Id of the rule that recognised the record.
    pub rule: Symbol,
    /// The number of the record's excerpt, for evidence; unknown where the record can be read again.
    pub excerpt: MaybeU32,
    /// Equal for records of the same bytes; 0 if unknown.
    pub likeness: u32,
    /// Equal for records of the same wording: two wordings in one source are two layers; 0 if unknown.
    pub wording: u32,
    /// Equal for records of the same level, which one line of code never changes; 0 if unknown.
    pub level: u8,
    /// No rule takes anything in the record for a secret, as far as it was asked.
    pub silent: bool,
    /// Where the record stands.
    pub position: Position,
}

/// Of a log of nothing but events they are half of the memory: what makes each of them longer is to be weighed.
const _: () = assert!(size_of::<TokenEvent>() <= 128);

impl TokenEvent {
    /// An event of which nothing but its kind, rule and position is known.
    pub fn new(kind: EventKind, rule: Symbol, position: Position) -> Self {
        Self {
            time: None,
            assumed: Assumed::Nothing,
            named_by: NamedBy::Record,
            kind,
            class: CauseClass::Ambiguous,
            status: None,
            expires_in: MaybeU32::UNKNOWN,
            duration_ms: MaybeU32::UNKNOWN,
            insecure: false,
            without_refresh_token: false,
            error: None,
            error_description: None,
            sub_code: None,
            provider: None,
            client: None,
            subject: None,
            grant_id: None,
            request_id: None,
            presented: None,
            issued: None,
            address: None,
            host: None,
            process: None,
            thread: None,
            logger: None,
            rule,
            excerpt: MaybeU32::UNKNOWN,
            likeness: 0,
            wording: 0,
            level: 0,
            silent: false,
            position,
        }
    }

    fn renamed(&self, remap: &Remap) -> Self {
        let mut event = *self;
        event.rule = remap.apply(event.rule);
        for symbol in event.symbols_mut() {
            *symbol = symbol.map(|symbol| remap.apply(symbol));
        }
        event
    }

    /// Every optional symbol of the event.
    pub fn symbols_mut(&mut self) -> [&mut Option<Symbol>; 15] {
        [
            &mut self.error,
            &mut self.error_description,
            &mut self.sub_code,
            &mut self.provider,
            &mut self.client,
            &mut self.subject,
            &mut self.grant_id,
            &mut self.request_id,
            &mut self.presented,
            &mut self.issued,
            &mut self.address,
            &mut self.host,
            &mut self.process,
            &mut self.thread,
            &mut self.logger,
        ]
    }
}

/// Token events with the strings and sources that they refer to. Merging sets is associative and
/// commutative up to the order of events, which [`EventSet::sort`] makes total.
#[derive(Clone, Debug, Default)]
pub struct EventSet {
    /// Paths as given on the command line, masked; inner names after `!`, `-` for stdin.
    pub sources: Vec<String>,
    /// The interned strings.
    pub symbols: Symbols,
    /// The events.
    pub events: Vec<TokenEvent>,
}

/// How many events are copied before the room that they had is given back.
const ABSORBED: usize = 1 << 16;

impl EventSet {
    /// Adds the events of another set that has the same sources.
    pub fn absorb(&mut self, other: Self) {
        let Self { symbols, mut events, .. } = other;
        // Each of the two is a good part of the memory of a log of nothing but events, and is given back as it is copied.
        let remap = self.symbols.absorb(symbols);
        self.events.reserve_exact(events.len());
        while !events.is_empty() {
            let from = events.len().saturating_sub(ABSORBED);
            self.events.extend(events[from..].iter().map(|event| event.renamed(&remap)));
            events.truncate(from);
            events.shrink_to_fit();
        }
    }

    /// Changes every string of the set: what scrubbing does to a secret that was found out late.
    pub fn rewrite(&mut self, change: impl Fn(&str) -> Cow<'_, str>) {
        let (symbols, remap) = self.symbols.map(change);
        self.symbols = symbols;
        for event in &mut self.events {
            *event = event.renamed(&remap);
        }
    }

    /// The path of an event's source.
    pub fn path(&self, event: &TokenEvent) -> &str {
        &self.sources[event.position.source as usize]
    }

    /// One event as the events export writes it (`design.md` §5).
    pub fn row<'a>(&'a self, event: &TokenEvent) -> EventRow<'a> {
        let text = |symbol: Option<Symbol>| self.symbols.text(symbol);
        EventRow {
            time: event.time,
            time_precision: event.time.map(|time| time.precision.name()),
            kind: event.kind.name(),
            error: text(event.error),
            error_description: text(event.error_description),
            sub_code: text(event.sub_code),
            status: event.status,
            cause_class: (event.kind == EventKind::RefreshFailed).then(|| event.class.name()),
            provider: text(event.provider),
            client: text(event.client),
            subject: text(event.subject),
            grant_id: text(event.grant_id),
            request_id: text(event.request_id),
            presented: text(event.presented),
            issued: text(event.issued),
            expires_in: event.expires_in.get(),
            duration_ms: event.duration_ms.get(),
            address: text(event.address),
            host: text(event.host),
            process: text(event.process),
            thread: text(event.thread),
            path: &self.sources[event.position.source as usize],
            line: event.position.line(),
            byte_start: event.position.byte_start(),
            byte_end: event.position.byte_end(),
            rule: self.symbols.get(event.rule),
        }
    }
}

/// A token event with its strings, in the order of the events schema.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the fields are those of TokenEvent, spelled out")]
pub struct EventRow<'a> {
    pub time: Option<Timestamp>,
    pub time_precision: Option<&'static str>,
    pub kind: &'static str,
    pub error: Option<&'a str>,
    pub error_description: Option<&'a str>,
    pub sub_code: Option<&'a str>,
    pub status: Option<u16>,
    pub cause_class: Option<&'static str>,
    pub provider: Option<&'a str>,
    pub client: Option<&'a str>,
    pub subject: Option<&'a str>,
    pub grant_id: Option<&'a str>,
    pub request_id: Option<&'a str>,
    pub presented: Option<&'a str>,
    pub issued: Option<&'a str>,
    pub expires_in: Option<u32>,
    pub duration_ms: Option<u32>,
    pub address: Option<&'a str>,
    pub host: Option<&'a str>,
    pub process: Option<&'a str>,
    pub thread: Option<&'a str>,
    pub path: &'a str,
    pub line: u64,
    pub byte_start: u64,
    pub byte_end: u64,
    pub rule: &'a str,
}
