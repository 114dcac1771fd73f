//! Leaks: token values readable in a log, as masked forms and digests.

use serde::{Deserialize, Serialize};

use super::{Assumed, Confidence, Position, PresentationOutcome, Scent, Severity, Timestamp, TokenDigest};

/// What kind of secret leaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum LeakKind {
    AccessToken,
    RefreshToken,
    IdToken,
    AuthorizationCode,
    ClientSecret,
    AuthorizationHeader,
    Jwt,
    SessionCookie,
    ApiKey,
    PrivateKey,
    Password,
}

impl LeakKind {
    /// All kinds, in the order of `design.md` §5.
    pub const ALL: [Self; 11] = [
        Self::AccessToken,
        Self::RefreshToken,
        Self::IdToken,
        Self::AuthorizationCode,
        Self::ClientSecret,
        Self::AuthorizationHeader,
        Self::Jwt,
        Self::SessionCookie,
        Self::ApiKey,
        Self::PrivateKey,
        Self::Password,
    ];

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
            Self::IdToken => "id_token",
            Self::AuthorizationCode => "authorization_code",
            Self::ClientSecret => "client_secret",
            Self::AuthorizationHeader => "authorization_header",
            Self::Jwt => "jwt",
            Self::SessionCookie => "session_cookie",
            Self::ApiKey => "api_key",
            Self::PrivateKey => "private_key",
            Self::Password => "password",
        }
    }
}

/// Whether an attacker could still use what leaked, as far as these logs tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LeakStatus {
    /// The newest of its family at the end of the logs.
    Live,
    /// The logs do not say.
    Unknown,
    /// A later refresh spent or replaced it.
    Superseded,
    /// Its own `exp` has passed by the end of the logs.
    Expired,
    /// The logs show its revocation.
    Revoked,
}

/// What became of a refresh token, as the timelines show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenLife {
    /// Whether it could still be used.
    pub status: LeakStatus,
    /// When the refresh that spent or replaced it was logged.
    pub superseded_at: Option<Timestamp>,
    /// Its uses from addresses that its principal had not used before, in time order; the first few.
    pub strange_uses: Vec<TokenUse>,
}

/// A use of a token at the token endpoint, from an address that was new to its principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    /// When, by the log.
    pub time: Option<Timestamp>,
    /// The address, as logged.
    pub address: String,
    /// What the server made of it.
    pub outcome: PresentationOutcome,
    /// The source of the record.
    pub path: String,
    /// The 1-based line of the record.
    pub line: u64,
}

/// One place where one value is readable, as a worker hands it on: masked and digested already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeakSighting {
    /// Id of the leak rule.
    pub rule: String,
    /// What leaked.
    pub kind: LeakKind,
    /// How grave the rule says it is.
    pub severity: Severity,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// The record (line) that holds it.
    pub position: Position,
    /// 1-based byte column of the value's first byte in its line.
    pub column: u64,
    /// 1-based byte column just past the value.
    pub end_column: u64,
    /// The key, header or parameter that held it, where there was one.
    pub field: Option<String>,
    /// What may be shown: the first few characters and the length.
    pub masked: String,
    /// The keyed digest of the decoded value.
    pub digest: TokenDigest,
    /// Whether the value could be found back from a digest by trying (a password): little may be written of it.
    pub guessable: bool,
    /// What the value is recognised by elsewhere: decoded, as written, in lower case, and the secret in it.
    pub scents: Vec<Scent>,
    /// Expiry that the value itself carries (`exp` of a JWT), seconds since the epoch.
    pub expires_at: Option<i64>,
    /// The time of the record that holds it.
    pub time: Option<Timestamp>,
    /// What of the time is the source's.
    pub assumed: Assumed,
    /// The client of that record.
    pub client: Option<String>,
    /// The subject of that record.
    pub subject: Option<String>,
}

/// One leaked value with all its occurrences; the fields are those of `design.md` §5.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of design.md §5")]
pub struct Leak {
    pub id: String,
    pub rule: String,
    pub kind: LeakKind,
    pub severity: Severity,
    pub path: String,
    pub line: u64,
    pub column: u64,
    pub end_column: u64,
    pub byte_start: u64,
    pub byte_end: u64,
    pub field: Option<String>,
    pub masked: String,
    pub digest: String,
    pub occurrences: u64,
    pub first_time: Option<Timestamp>,
    pub last_time: Option<Timestamp>,
    pub status: LeakStatus,
    pub client: Option<String>,
    pub subject: Option<String>,
    pub confidence: Confidence,
    /// How long after it was first readable a refresh spent or replaced it, in milliseconds; 0 where it was spent
    /// already. `None` where the logs do not show that.
    #[serde(default)]
    pub superseded_after_ms: Option<i64>,
    /// Its first use, after it was readable, from an address that its principal had not used before.
    #[serde(default)]
    pub used_from: Option<TokenUse>,
    /// Whether the value could be found back from a digest by trying; not written to reports.
    #[serde(skip)]
    pub guessable: bool,
}
