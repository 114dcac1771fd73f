//! `shared-token`: one refresh token in the hands of several clients or subjects.
//!
//! Two names for one token need not be two holders. Two logs of one request may name the same client
//! or user differently, and so may the lines for successes and failures of one application. So a
//! finding needs both names in records of one kind and rule, and requests that the other name has no record of.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::{HashMap, HashSet};

use crate::model::{Confidence, EventKind, Symbol, TokenEvent};
use crate::timeline::Tie;

use super::draft::{Draft, Verdict};
use super::line::{Line, Scene};
use super::names::SHARED;

/// A shorter id may be a counter that others have, too.
const LONG: usize = 11;
/// How many uses of one token are looked at.
const REACH: usize = 256;

/// What a token belongs to: the client, and within one client the subject.
type Holder = (Option<Symbol>, Option<Symbol>);
/// Two names, in the order of their text.
type Pair = ((String, String), (String, String));

/// Uses of shared tokens by two holders.
#[derive(Default)]
struct Uses {
    tokens: HashSet<Symbol>,
    ids: BTreeSet<u32>,
    /// The kind and rule of the records of each.
    records: [HashSet<(EventKind, Symbol)>; 2],
    /// Requests of each that the other has no record of.
    alone: [usize; 2],
}

/// One finding for each two holders.
pub(super) fn judge(lines: &[Line<'_>]) -> Vec<Draft> {
    let Some(scene) = lines.first().map(|line| line.scene) else { return Vec::new() };
    let mut pairs: BTreeMap<Pair, Uses> = BTreeMap::new();
    for token in shared(scene) {
        let Some(known) = scene.ledger.anywhere(token) else { continue };
        let uses: Vec<(u32, Holder)> =
            known.presented.iter().take(REACH).filter_map(|&id| Some((id, holder(scene, id)?))).collect();
        for (at, (_, one)) in uses.iter().enumerate() {
            let Some((_, other)) = uses[..at].iter().find(|(_, other)| differ(*one, *other)) else { continue };
            add(scene, &mut pairs, token, &uses, (*other, *one));
        }
    }
    let mut number_of: HashMap<u32, usize> = HashMap::new();
    for (number, line) in lines.iter().enumerate().filter(|_| !pairs.is_empty()) {
        number_of.extend(line.members().iter().map(|&id| (id, number)));
    }
    pairs.into_values().filter_map(|uses| draft(scene, &uses, &number_of)).collect()
}

/// The tokens that records of different holders name, in the order of their first use.
fn shared(scene: &Scene<'_>) -> Vec<Symbol> {
    let mut holders: HashMap<Symbol, Holder> = HashMap::new();
    let (mut told, mut found) = (HashSet::new(), Vec::new());
    for (id, event) in (0..).zip(&scene.timelines.events) {
        let Some(token) = event.presented.filter(|token| is_own(scene, *token)) else { continue };
        let Some(this) = holder(scene, id) else { continue };
        let first = *holders.entry(token).or_insert(this);
        if differ(first, this) && told.insert(token) {
            found.push(token);
        }
    }
    found
}

/// Whether a form is that of one token and no other.
fn is_own(scene: &Scene<'_>, token: Symbol) -> bool {
    let text = scene.text(Some(token));
    text.len() >= LONG && !text.contains(['…', '*'])
}

/// Whom a record itself names as the holder of the token that it presents.
fn holder(scene: &Scene<'_>, id: u32) -> Option<Holder> {
    let event = scene.event(id);
    let named = scene.timelines.ties[id as usize] == Tie::Named;
    event.client.map(|client| (Some(client), event.subject.filter(|_| named)))
}

fn differ(a: Holder, b: Holder) -> bool {
    a.0 != b.0 || matches!((a.1, b.1), (Some(a), Some(b)) if a != b)
}

fn add(
    scene: &Scene<'_>,
    pairs: &mut BTreeMap<Pair, Uses>,
    token: Symbol,
    uses: &[(u32, Holder)],
    names: (Holder, Holder),
) {
    let text = |holder: Holder| (scene.text(holder.0).to_owned(), scene.text(holder.1).to_owned());
    let (first, second) = if text(names.0) <= text(names.1) { names } else { (names.1, names.0) };
    let pair = pairs.entry((text(first), text(second))).or_default();
    if !pair.tokens.insert(token) {
        return;
    }
    for &(id, user) in uses {
        let Some(side) = [first, second].iter().position(|name| *name == user) else { continue };
        let event = scene.event(id);
        pair.ids.insert(id);
        pair.records[side].insert((event.kind, event.rule));
        let twin = uses.iter().any(|&(other, name)| name != user && same_request(scene, event, scene.event(other)));
        pair.alone[side] += usize::from(!twin);
    }
}

/// Whether two records may be two logs of one request.
fn same_request(scene: &Scene<'_>, a: &TokenEvent, b: &TokenEvent) -> bool {
    let (Some(left), Some(right)) = (a.time, b.time) else { return true };
    a.kind == b.kind && left.nanos.abs_diff(right.nanos) <= scene.limits.shared_apart.unsigned_abs()
}

fn draft(scene: &Scene<'_>, uses: &Uses, number_of: &HashMap<u32, usize>) -> Option<Draft> {
    let like = uses.records[0].intersection(&uses.records[1]).next().is_some();
    let numbers: Vec<usize> = uses.ids.iter().filter_map(|id| number_of.get(id).copied()).collect();
    if !like || uses.alone.contains(&0) {
        return None;
    }
    let reason = "Records of one kind show the same refresh token presented under different names, at different times.";
    let mut draft = Draft::behaviour(Verdict::new(SHARED, Confidence::Proven, reason), *numbers.first()?);
    draft.lines = numbers;
    draft.lines.sort_unstable();
    draft.lines.dedup();
    draft.clusters = uses.tokens.len() as u64;
    for &id in &uses.ids {
        let good = scene.event(id).kind == EventKind::RefreshSucceeded;
        if good { draft.winners.push(id) } else { draft.failures.push(id) }
    }
    let mut names: Vec<&str> = uses.ids.iter().map(|&id| scene.text(scene.event(id).client)).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > 1 {
        draft.notes.push(format!("The clients are {}.", names.join(" and ")));
    } else {
        draft.notes.push("They are subjects of one client.".into());
    }
    Some(draft)
}
