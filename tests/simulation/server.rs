//! The simulated token endpoint: token families, rotation, revocation, expiry, outages.
//!
//! Time is virtual. Nothing here knows why a client sends what it sends; that is `clients.rs`.

use std::ops::Range;

/// Microseconds since the Unix epoch.
pub(crate) type Micros = u64;
pub(crate) const MS: Micros = 1_000;
pub(crate) const SECOND: Micros = 1_000 * MS;
pub(crate) const MINUTE: Micros = 60 * SECOND;
pub(crate) const HOUR: Micros = 60 * MINUTE;
pub(crate) const DAY: Micros = 24 * HOUR;
/// Monday 2026-01-05T00:00:00Z: where every run begins.
pub(crate) const EPOCH: Micros = 1_767_571_200 * SECOND;

/// What the server does with a refresh token that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// The token stays as it is.
    Never,
    /// The spent token is refused; its successor goes on working.
    Reject,
    /// The spent token is refused and its whole family dies.
    RevokeFamily,
    /// For so long the spent token still gives a successor, which supersedes the one before.
    Grace(Micros),
    /// The spent token still gives a successor until one of them is used.
    UntilUsed,
}

/// Why a refresh was refused, as the server itself knows it (logs may say less).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Spent,
    /// A spent token, on which the server revoked the family.
    ReuseDetected,
    /// The family died of reuse earlier.
    FamilyRevoked,
    /// A user or an administrator took the grant away.
    GrantRevoked,
    Expired,
    UnknownClient,
    Unavailable,
    TimedOut,
}

/// What is wrong between the endpoint and one client for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// 503 and time-outs.
    Outage,
    /// The client's secret was changed on one side only.
    WrongSecret,
}

/// A token value's number; equality is all there is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Token(pub(crate) usize);

#[derive(Clone, Debug)]
struct Issued {
    family: usize,
    at: Micros,
    spent: Option<Micros>,
    /// A sibling issued under grace replaced it: no grace applies any more.
    superseded: bool,
    /// What was presented for it.
    parent: Option<Token>,
}

#[derive(Clone, Debug)]
struct Family {
    killed_by_reuse: bool,
    revoked_at: Option<Micros>,
    newest: Token,
}

#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) rotation: Rotation,
    /// Lifetime of an access token.
    pub(crate) lifetime: Micros,
    /// A refresh token unused for so long is dead.
    pub(crate) idle_limit: Micros,
    /// When the endpoint fails a client, and how.
    pub(crate) troubles: Vec<(&'static str, Range<Micros>, Trouble)>,
    tokens: Vec<Issued>,
    families: Vec<Family>,
}

impl Server {
    pub(crate) fn new(rotation: Rotation) -> Self {
        Self {
            rotation,
            lifetime: HOUR,
            idle_limit: 14 * DAY,
            troubles: Vec::new(),
            tokens: Vec::new(),
            families: Vec::new(),
        }
    }

    /// A new grant: the first token of a new family.
    pub(crate) fn sign_in(&mut self, at: Micros) -> Token {
        let family = self.families.len();
        let token = Token(self.tokens.len());
        self.tokens.push(Issued { family, at, spent: None, superseded: false, parent: None });
        self.families.push(Family { killed_by_reuse: false, revoked_at: None, newest: token });
        token
    }

    /// A user or an administrator takes away the grant that a token belongs to.
    pub(crate) fn revoke(&mut self, token: Token, at: Micros) {
        let family = self.tokens[token.0].family;
        self.families[family].revoked_at = Some(at);
    }

    /// One refresh request, at the moment it reaches the server. Calls for one family come in the
    /// order of their time.
    pub(crate) fn refresh(&mut self, at: Micros, client: &str, token: Token) -> Result<Token, Refusal> {
        let trouble = self.troubles.iter().find(|(hit, when, _)| *hit == client && when.contains(&at));
        if let Some((_, _, trouble)) = trouble {
            return Err(match trouble {
                Trouble::WrongSecret => Refusal::UnknownClient,
                Trouble::Outage if at.is_multiple_of(3) => Refusal::TimedOut,
                Trouble::Outage => Refusal::Unavailable,
            });
        }
        let issued = self.tokens[token.0].clone();
        let family = &self.families[issued.family];
        if family.killed_by_reuse {
            return Err(Refusal::FamilyRevoked);
        }
        if family.revoked_at.is_some_and(|revoked| revoked <= at) {
            return Err(Refusal::GrantRevoked);
        }
        if at.saturating_sub(issued.at) > self.idle_limit {
            return Err(Refusal::Expired);
        }
        if issued.superseded {
            return Err(Refusal::Spent);
        }
        match (issued.spent, self.rotation) {
            (_, Rotation::Never) => Ok(token),
            (None, _) => Ok(self.rotate(at, token, issued.family)),
            (Some(spent), Rotation::Grace(grace)) if at.saturating_sub(spent) <= grace => {
                let sibling = self.families[issued.family].newest;
                self.tokens[sibling.0].superseded = true;
                Ok(self.rotate(spent, token, issued.family))
            }
            (Some(spent), Rotation::UntilUsed) => {
                let sibling = self.families[issued.family].newest;
                if self.tokens[sibling.0].spent.is_some() || self.tokens[sibling.0].parent != Some(token) {
                    return Err(Refusal::Spent);
                }
                self.tokens[sibling.0].superseded = true;
                Ok(self.rotate(spent, token, issued.family))
            }
            (Some(_), Rotation::RevokeFamily) => {
                self.families[issued.family].killed_by_reuse = true;
                Err(Refusal::ReuseDetected)
            }
            (Some(_), Rotation::Reject | Rotation::Grace(_)) => Err(Refusal::Spent),
        }
    }

    fn rotate(&mut self, at: Micros, token: Token, family: usize) -> Token {
        let successor = Token(self.tokens.len());
        self.tokens.push(Issued { family, at, spent: None, superseded: false, parent: Some(token) });
        self.tokens[token.0].spent = Some(at);
        self.families[family].newest = successor;
        successor
    }
}
