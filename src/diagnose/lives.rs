//! What became of each token that the timelines know by digest.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use crate::model::{EventKind, LeakStatus, Symbol, Timestamp, TokenEvent, TokenLife, TokenUse};
use crate::timeline::is_attempt;

use super::chain;
use super::draft::Draft;
use super::finish::is_final;
use super::line::Line;
use super::names::{EXPIRED, PERMANENT, RACE_REVOKED, REUSE};
use super::refresh_token_reuse::is_private;

/// Superseded is what a good refresh spent; live is what the newest one of a family issued;
/// revoked is what was alive when the grant ended.
pub(super) fn lives(lines: &[Line<'_>], drafts: &[Draft]) -> BTreeMap<String, TokenLife> {
    if !lines.iter().any(|line| line.scene.timelines.told.tokens) {
        return BTreeMap::new();
    }
    let mut deaths: Vec<Vec<(i64, &Draft)>> = vec![Vec::new(); lines.len()];
    for draft in drafts.iter().filter(|draft| is_final(draft)) {
        let line = &lines[draft.lines[0]];
        let kills = match draft.verdict.rule {
            PERMANENT | EXPIRED | RACE_REVOKED => true,
            REUSE => line.revokes_family(),
            _ => false,
        };
        let last = draft.failures.iter().chain(&draft.aftermath).filter_map(|&id| line.scene.event(id).time).max();
        if let (true, Some(last)) = (kills, last) {
            deaths[draft.lines[0]].push((last.nanos, draft));
        }
    }
    let mut all = BTreeMap::new();
    for (line, mut deaths) in lines.iter().zip(deaths) {
        deaths.sort_by_key(|(time, _)| *time);
        of_line(line, &deaths, &mut all);
    }
    all
}

fn of_line(line: &Line<'_>, deaths: &[(i64, &Draft)], all: &mut BTreeMap<String, TokenLife>) {
    let (mut lives, mut known) = (Lives::default(), Known::default());
    let mut deaths = deaths.iter().peekable();
    for position in 0..line.ids.len() {
        let event = line.event(position);
        while let Some((_, draft)) = deaths.next_if(|(time, _)| *time < line.nanos(position)) {
            lives.end(line, draft);
        }
        if is_attempt(event) && known.is_new(line, event) {
            lives.used(line, event);
        }
        match event.kind {
            EventKind::RefreshSucceeded => {
                let rotates = line.policy.rotates != Some(false);
                let family = line.scene.timelines.families.of(line.ids[position]);
                lives.refreshed(family, event, rotates);
                known.learn(line, event);
            }
            EventKind::GrantIssued => {
                let family = line.scene.timelines.families.of(line.ids[position]);
                lives.refreshed(family, &TokenEvent { presented: None, ..*event }, true);
                known.learn(line, event);
            }
            EventKind::TokenRevoked => lives.revoke_all(),
            _ => {}
        }
    }
    for (_, draft) in deaths {
        lives.end(line, draft);
    }
    for token in lives.order {
        let text = line.scene.text(Some(token));
        let (status, superseded_at) = lives.status[&token];
        let strange_uses = lives.uses.remove(&token).unwrap_or_default();
        let told = TokenLife { status, superseded_at, strange_uses };
        match all.get_mut(text) {
            None => drop(all.insert(text.to_owned(), told)),
            Some(known) => join(known, told),
        }
    }
}

/// A token that two clients share is as alive as the livelier says.
fn join(known: &mut TokenLife, other: TokenLife) {
    if other.status < known.status {
        (known.status, known.superseded_at) = (other.status, other.superseded_at);
    }
    known.strange_uses.extend(other.strange_uses);
    known.strange_uses.sort_by(|a, b| (a.time, &a.path, a.line).cmp(&(b.time, &b.path, b.line)));
    known.strange_uses.truncate(USES);
}

/// So many strange uses of a token are kept.
const USES: usize = 8;

/// The addresses that a principal has used so far.
#[derive(Default)]
struct Known {
    addresses: HashSet<Symbol>,
    public: bool,
}

impl Known {
    fn learn(&mut self, line: &Line<'_>, event: &TokenEvent) {
        if let Some(address) = event.address
            && self.addresses.insert(address)
        {
            self.public |= !is_private(line.scene.text(Some(address)));
        }
    }

    /// Whether an attempt comes from an address that none before it came from. Those of one's own network
    /// come and go with its machines.
    fn is_new(&self, line: &Line<'_>, event: &TokenEvent) -> bool {
        let own = |address: Symbol| !self.public && is_private(line.scene.text(Some(address)));
        let new = |address: Symbol| !self.addresses.contains(&address) && !own(address);
        !self.addresses.is_empty() && event.address.is_some_and(new)
    }
}

#[derive(Default)]
struct Lives {
    /// What became of each token, and when a refresh superseded it.
    status: HashMap<Symbol, (LeakStatus, Option<Timestamp>)>,
    /// Every token, as first seen.
    order: Vec<Symbol>,
    /// The live tokens of each family.
    live: HashMap<Option<u32>, Vec<Symbol>>,
    families: Vec<Option<u32>>,
    /// Uses of tokens from new addresses.
    uses: HashMap<Symbol, Vec<TokenUse>>,
}

impl Lives {
    fn set(&mut self, token: Symbol, status: LeakStatus, at: Option<Timestamp>) {
        // A spent token that is presented again was superseded the first time.
        let first = self.status.get(&token).filter(|(known, _)| *known == status).and_then(|(_, at)| *at);
        if self.status.insert(token, (status, first.or(at))).is_none() {
            self.order.push(token);
        }
    }

    fn used(&mut self, line: &Line<'_>, event: &TokenEvent) {
        let (Some(token), Some(address)) = (event.presented, event.address) else { return };
        let uses = self.uses.entry(token).or_default();
        if uses.len() < USES {
            uses.push(TokenUse {
                time: event.time,
                address: line.scene.text(Some(address)).to_owned(),
                outcome: chain::outcome(event),
                path: line.scene.set.path(event).to_owned(),
                line: event.position.line(),
            });
        }
    }

    fn refreshed(&mut self, family: Option<u32>, event: &TokenEvent, rotates: bool) {
        let (presented, issued) = (event.presented, event.issued);
        if !self.live.contains_key(&family) {
            self.families.push(family);
        }
        let live = self.live.entry(family).or_default();
        let newest = issued.or(presented.filter(|_| !rotates));
        let replaced = if rotates { std::mem::take(live) } else { Vec::new() };
        if let Some(newest) = newest
            && self.status.get(&newest).is_none_or(|(status, _)| *status != LeakStatus::Live)
        {
            live.push(newest);
        }
        for token in replaced.into_iter().chain(presented.filter(|_| rotates)) {
            self.set(token, LeakStatus::Superseded, event.time);
        }
        if let Some(newest) = newest {
            self.set(newest, LeakStatus::Live, None);
        }
    }

    fn revoke_all(&mut self) {
        for family in std::mem::take(&mut self.families) {
            for token in self.live.remove(&family).unwrap_or_default() {
                self.set(token, LeakStatus::Revoked, None);
            }
        }
    }

    /// The grant ended: what was alive is not, and what failed for good never will be.
    fn end(&mut self, line: &Line<'_>, draft: &Draft) {
        self.revoke_all();
        for &id in draft.failures.iter().chain(&draft.aftermath) {
            if let Some(token) = line.scene.event(id).presented
                && !self.status.contains_key(&token)
            {
                self.set(token, LeakStatus::Revoked, None);
            }
        }
    }
}
