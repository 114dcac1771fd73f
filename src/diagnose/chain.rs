//! The chain of tokens around a finding: who presented which, and what came of it.

use hashbrown::HashSet;

use crate::model::{
    EventKind, FamilyToken, Presentation, PresentationOutcome, Symbol, Timestamp, TokenEvent, TokenFamily,
};

use super::draft::Draft;
use super::line::Scene;

/// How many tokens before and after those of the finding are shown.
const AROUND: usize = 2;
/// At most so many tokens a finding, and so many presentations a token.
const TOKENS: usize = 16;
const PRESENTED: usize = 8;
/// How far the chain is walked; more is never shown.
const WALK: usize = 64;

/// The family of a finding, where its attempts say which token they presented and these tokens are
/// seen again: as links of a chain, or presented more than once.
pub(super) fn family(scene: &Scene<'_>, draft: &Draft) -> Option<TokenFamily> {
    let own = own_tokens(scene, draft);
    let &(first, id) = own.first()?;
    let mut chain = chain(scene, first, id);
    let named: HashSet<Symbol> = own.iter().map(|(token, _)| *token).collect();
    let inside = |link: &(Symbol, u32)| named.contains(&link.0);
    let from = chain.iter().position(inside).unwrap_or(0).saturating_sub(AROUND);
    let to = chain.iter().rposition(inside).unwrap_or(0) + AROUND;
    chain.truncate(to + 1);
    chain.drain(..from);
    let known: HashSet<Symbol> = chain.iter().map(|(token, _)| *token).collect();
    chain.extend(own.iter().filter(|(token, _)| !known.contains(token)));
    chain.truncate(TOKENS);
    let tokens: Vec<FamilyToken> = chain.iter().map(|&(token, id)| link(scene, token, id)).collect();
    let shown = tokens.len() > 1 || tokens.iter().any(|token| token.presented.len() > 1);
    shown.then_some(TokenFamily { tokens })
}

/// The tokens that the attempts of a finding presented, each with an event that names it.
fn own_tokens(scene: &Scene<'_>, draft: &Draft) -> Vec<(Symbol, u32)> {
    let mut ids: Vec<u32> = [&draft.winners, &draft.failures, &draft.aftermath, &draft.context]
        .into_iter()
        .flat_map(|ids| ids.iter().take(WALK).copied())
        .collect();
    ids.sort_unstable();
    let mut seen = HashSet::new();
    let presented = |id: u32| Some((scene.event(id).presented?, id));
    ids.into_iter().filter_map(presented).filter(|(token, _)| seen.insert(*token)).take(TOKENS / 2).collect()
}

/// The tokens before and after one, oldest first; each with an event that names it.
fn chain(scene: &Scene<'_>, token: Symbol, id: u32) -> Vec<(Symbol, u32)> {
    let mut seen: HashSet<Symbol> = HashSet::from([token]);
    let mut chain = vec![(token, id)];
    while chain.len() < WALK
        && let Some(parent) = parent(scene, chain[0]).filter(|(token, _)| seen.insert(*token))
    {
        chain.insert(0, parent);
    }
    while chain.len() < 2 * WALK
        && let Some(next) = successor(scene, chain[chain.len() - 1]).filter(|(token, _)| seen.insert(*token))
    {
        chain.push(next);
    }
    chain
}

/// What the refresh that issued a token had presented.
fn parent(scene: &Scene<'_>, (token, id): (Symbol, u32)) -> Option<(Symbol, u32)> {
    let known = scene.ledger.get(scene.set, scene.event(id), token)?;
    let issued = *known.issued.iter().rfind(|&&issued| issued <= id).or(known.issued.first())?;
    let event = scene.event(issued);
    let parent = event.presented.filter(|parent| event.kind == EventKind::RefreshSucceeded && *parent != token)?;
    Some((parent, issued))
}

/// What the refresh that spent a token issued.
fn successor(scene: &Scene<'_>, (token, id): (Symbol, u32)) -> Option<(Symbol, u32)> {
    let spent = *scene.ledger.get(scene.set, scene.event(id), token)?.spent.first()?;
    Some((scene.event(spent).issued?, spent))
}

fn link(scene: &Scene<'_>, token: Symbol, id: u32) -> FamilyToken {
    let known = scene.ledger.get(scene.set, scene.event(id), token);
    let time = |id: u32| -> Option<Timestamp> { scene.event(id).time };
    let presented = known.map(|known| known.presented.as_slice()).unwrap_or_default();
    FamilyToken {
        token: scene.text(Some(token)).to_owned(),
        issued_at: known.and_then(|known| time(*known.issued.first()?)),
        presented: presented.iter().take(PRESENTED).map(|&id| presentation(scene, scene.event(id))).collect(),
    }
}

/// What the server made of a presented token.
pub(super) fn outcome(event: &TokenEvent) -> PresentationOutcome {
    if event.kind == EventKind::RefreshSucceeded { PresentationOutcome::Accepted } else { PresentationOutcome::Refused }
}

fn presentation(scene: &Scene<'_>, event: &TokenEvent) -> Presentation {
    Presentation {
        time: event.time,
        outcome: outcome(event),
        path: scene.set.path(event).to_owned(),
        line: event.position.line(),
    }
}
