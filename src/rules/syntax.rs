//! What a pattern is made of.

use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use hashbrown::HashMap;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

use super::needed::{OneOf, needed_of};

/// A pattern that was parsed.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) hir: Hir,
    needed: OnceLock<Vec<OneOf>>,
}

impl Parsed {
    /// The sets of literals that it needs: one of each set is in every text that it matches.
    pub(super) fn needed(&self) -> &[OneOf] {
        self.needed.get_or_init(|| needed_of(&self.hir))
    }
}

/// The patterns that were asked for. Half a dozen parts of a run ask for the same ones, and to parse each time was an
/// eighth of the time of a run over 3 MB.
static PARSED: LazyLock<Mutex<HashMap<String, Option<Arc<Parsed>>>>> = LazyLock::new(Mutex::default);

/// A pattern as it is for texts of ASCII: classes and letter case of Unicode take most of the time, and are read only where it
/// has no other meaning. `None` where it does not parse.
pub(super) fn of_ascii(pattern: &str) -> Option<Arc<Parsed>> {
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = parsed.get(pattern) {
        return known.clone();
    }
    let new = parse(pattern).map(|hir| Arc::new(Parsed { hir, needed: OnceLock::new() }));
    parsed.insert(pattern.to_owned(), new.clone());
    new
}

fn parse(pattern: &str) -> Option<Hir> {
    let plain = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).ok();
    plain.or_else(|| regex_syntax::parse(pattern).ok())
}
