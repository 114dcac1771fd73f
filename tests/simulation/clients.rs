//! The world: accounts with workers that drive the token endpoint, and the journal of what happened.
//!
//! Grants do not touch each other on the server, so each account is driven by itself and the
//! journal is put in order at the end.

use crate::rng::Rng;
use crate::server::{MINUTE, MS, Micros, Refusal, Rotation, SECOND, Server, Token};
use crate::truth::{Story, Truth, cause};

/// Where a worker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) host: u64,
    pub(crate) process: u64,
    pub(crate) thread: u64,
}

/// How far the workers of an account are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    Threads,
    Processes,
    Hosts,
    /// Two processes on each of several hosts.
    Mixed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Refreshed {
        presented: Token,
        issued: Token,
    },
    Refused {
        presented: Token,
        refusal: Refusal,
        truth: Truth,
    },
    SignedIn {
        issued: Token,
    },
    Revoked,
    /// The resource server answered 401, for reasons of its own.
    Unauthorized,
}

/// One thing that happened, as an all-knowing log would have it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) sent: Micros,
    /// When the client knew the answer, and logged it.
    pub(crate) at: Micros,
    pub(crate) client: &'static str,
    pub(crate) subject: String,
    pub(crate) place: Place,
    pub(crate) request: u64,
    pub(crate) kind: Kind,
}

/// One grant of one user, the shared store, and the workers that use it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) client: &'static str,
    pub(crate) subject: String,
    pub(crate) workers: Vec<Place>,
    /// What the shared store holds.
    pub(crate) stored: Token,
    /// When the access token in the store has to be refreshed.
    pub(crate) due: Micros,
}

/// A server's answer, seen from the worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    pub(crate) worker: usize,
    pub(crate) at: Micros,
    pub(crate) result: Result<Token, Refusal>,
}

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) rng: Rng,
    pub(crate) entries: Vec<Entry>,
    /// Behaviours that must be found: (client, rule).
    pub(crate) behaviours: Vec<(&'static str, &'static str)>,
    /// For what happens beside the refreshes and changes none of them.
    asides: Rng,
    incidents: usize,
    requests: u64,
}

impl World {
    pub(crate) fn new(seed: u64, rotation: Rotation) -> Self {
        Self {
            server: Server::new(rotation),
            rng: Rng::new(seed),
            entries: Vec::new(),
            behaviours: Vec::new(),
            asides: Rng::new(seed ^ 0xa51d),
            incidents: 0,
            requests: 0,
        }
    }

    pub(crate) fn incident(&mut self) -> usize {
        self.incidents += 1;
        self.incidents
    }

    pub(crate) fn expect(&mut self, client: &'static str, behaviour: &'static str) {
        if !self.behaviours.contains(&(client, behaviour)) {
            self.behaviours.push((client, behaviour));
        }
    }

    /// A user signs in: a new grant in the store.
    pub(crate) fn account(
        &mut self,
        client: &'static str,
        subject: &str,
        (workers, spread): (u64, Spread),
        at: Micros,
    ) -> Account {
        // The users of an integration share its processes: a process id names nobody.
        let base = 100 + client.bytes().fold(0, |sum, byte| sum * 31 % 900 + u64::from(byte)) % 900;
        let workers = (0..workers)
            .map(|number| match spread {
                Spread::Threads => Place { host: 1, process: base, thread: number + 1 },
                Spread::Processes => Place { host: 1, process: base + number, thread: 1 },
                Spread::Mixed => Place { host: number / 2 + 1, process: base + number % 2, thread: 1 },
                Spread::Hosts => Place { host: number + 1, process: base, thread: 1 },
            })
            .collect();
        let mut account = Account { client, subject: subject.into(), workers, stored: Token(0), due: at };
        self.sign_in(&mut account, at);
        account
    }

    /// The user signs in (again).
    pub(crate) fn sign_in(&mut self, account: &mut Account, at: Micros) {
        account.stored = self.server.sign_in(at);
        let at = at + self.rng.between(20, 80) * MS;
        self.note(account, 0, (at, at), Kind::SignedIn { issued: account.stored });
        self.schedule(account, at);
    }

    pub(crate) fn schedule(&self, account: &mut Account, refreshed: Micros) {
        account.due = refreshed + self.server.lifetime - MINUTE;
    }

    pub(crate) fn note(&mut self, account: &Account, worker: usize, (sent, at): (Micros, Micros), kind: Kind) {
        self.requests += 1;
        self.entries.push(Entry {
            sent,
            at,
            client: account.client,
            subject: account.subject.clone(),
            place: account.workers[worker],
            request: self.requests,
            kind,
        });
    }

    /// Requests that are under way together; answered in the order in which the server saw them.
    pub(crate) fn send(
        &mut self,
        account: &Account,
        calls: &[(Micros, usize)],
        token: Token,
        (story, incident): (Story, usize),
    ) -> Vec<Reply> {
        let mut under_way: Vec<(Micros, Micros, usize)> =
            calls.iter().map(|(sent, worker)| (sent + self.rng.between(5 * MS, 20 * MS), *sent, *worker)).collect();
        under_way.sort_unstable();
        let mut replies = Vec::new();
        for (seen, sent, worker) in under_way {
            let result = self.server.refresh(seen, account.client, token);
            let at = seen + self.rng.between(5 * MS, 20 * MS);
            let kind = match result {
                Ok(issued) => Kind::Refreshed { presented: token, issued },
                Err(refusal) => {
                    let truth = Truth { rule: cause(refusal, story), incident };
                    Kind::Refused { presented: token, refusal, truth }
                }
            };
            self.note(account, worker, (sent, at), kind);
            replies.push(Reply { worker, at, result });
        }
        replies
    }

    /// One worker refreshes with what the store holds, and stores what it gets.
    pub(crate) fn refresh(
        &mut self,
        account: &mut Account,
        at: Micros,
        worker: usize,
        story: (Story, usize),
    ) -> Option<Micros> {
        let reply = self.send(account, &[(at, worker)], account.stored, story)[0];
        let token = reply.result.ok()?;
        account.stored = token;
        self.schedule(account, reply.at);
        Some(reply.at)
    }

    /// A good cycle: one worker, when it is due.
    pub(crate) fn good_cycle(&mut self, account: &mut Account) -> Micros {
        let worker = self.any_worker(account);
        let at = account.due + self.rng.between(0, 5 * SECOND);
        if self.asides.chance(20) {
            let refused = at - self.asides.between(5 * MINUTE, 50 * MINUTE);
            self.note(account, worker, (refused, refused), Kind::Unauthorized);
        }
        self.refresh(account, at, worker, (Story::Plain, 0)).expect("a good cycle succeeds")
    }

    pub(crate) fn any_worker(&mut self, account: &Account) -> usize {
        let all: Vec<usize> = (0..account.workers.len()).collect();
        *self.rng.pick(&all)
    }

    /// Some retries with a token that fails, with back-off.
    pub(crate) fn retries(
        &mut self,
        account: &Account,
        (first, worker): (Micros, usize),
        token: Token,
        story: (Story, usize),
    ) -> Micros {
        let mut at = first;
        for attempt in 0..self.rng.between(1, 3) {
            at += SECOND * (1 << attempt) + self.rng.between(0, 900) * MS;
            at = self.send(account, &[(at, worker)], token, story)[0].at;
        }
        at
    }
}
