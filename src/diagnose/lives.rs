//! What became of each token that the timelines know by digest.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::model::{EventKind, LeakStatus, Symbol};

use super::draft::Draft;
use super::finish::is_final;
use super::line::Line;
use super::names::{EXPIRED, PERMANENT, RACE_REVOKED, REUSE};

/// Superseded is what a good refresh spent; live is what the newest one of a family issued;
/// revoked is what was alive when the grant ended.
pub(super) fn lives(lines: &[Line<'_>], drafts: &[Draft]) -> BTreeMap<String, LeakStatus> {
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

fn of_line(line: &Line<'_>, deaths: &[(i64, &Draft)], all: &mut BTreeMap<String, LeakStatus>) {
    let mut lives = Lives::default();
    let mut deaths = deaths.iter().peekable();
    for position in 0..line.ids.len() {
        let event = line.event(position);
        while let Some((_, draft)) = deaths.next_if(|(time, _)| *time < line.nanos(position)) {
            lives.end(line, draft);
        }
        match event.kind {
            EventKind::RefreshSucceeded => {
                let rotates = line.policy.rotates != Some(false);
                let family = line.scene.timelines.families[line.ids[position] as usize];
                lives.refreshed(family, event.presented, event.issued, rotates);
            }
            EventKind::GrantIssued => {
                let family = line.scene.timelines.families[line.ids[position] as usize];
                lives.refreshed(family, None, event.issued, true);
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
        let status = lives.status[&token];
        // A token that two clients share is as alive as the livelier says.
        let known = all.entry(text.to_owned()).or_insert(status);
        *known = (*known).min(status);
    }
}

#[derive(Default)]
struct Lives {
    status: HashMap<Symbol, LeakStatus>,
    /// Every token, as first seen.
    order: Vec<Symbol>,
    /// The live tokens of each family.
    live: HashMap<Option<u32>, Vec<Symbol>>,
    families: Vec<Option<u32>>,
}

impl Lives {
    fn set(&mut self, token: Symbol, status: LeakStatus) {
        if self.status.insert(token, status).is_none() {
            self.order.push(token);
        }
    }

    fn refreshed(&mut self, family: Option<u32>, presented: Option<Symbol>, issued: Option<Symbol>, rotates: bool) {
        if !self.live.contains_key(&family) {
            self.families.push(family);
        }
        let live = self.live.entry(family).or_default();
        let newest = issued.or(presented.filter(|_| !rotates));
        let replaced = if rotates { std::mem::take(live) } else { Vec::new() };
        if let Some(newest) = newest
            && self.status.get(&newest) != Some(&LeakStatus::Live)
        {
            live.push(newest);
        }
        for token in replaced.into_iter().chain(presented.filter(|_| rotates)) {
            self.set(token, LeakStatus::Superseded);
        }
        if let Some(newest) = newest {
            self.set(newest, LeakStatus::Live);
        }
    }

    fn revoke_all(&mut self) {
        for family in std::mem::take(&mut self.families) {
            for token in self.live.remove(&family).unwrap_or_default() {
                self.set(token, LeakStatus::Revoked);
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
                self.set(token, LeakStatus::Revoked);
            }
        }
    }
}
