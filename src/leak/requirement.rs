//! Texts that a rule asks for beside its key, anywhere in the line.

use aho_corasick::AhoCorasick;

use crate::rules::{Detect, Keys, LeakRule};

/// What a rule asks of the line around its key.
#[derive(Debug)]
pub(super) struct Requirement {
    pub(super) texts: AhoCorasick,
    /// Where a pass notes the answer; beyond 64 rules there is no place, and it is looked up each time.
    pub(super) bit: u64,
}

/// The requirements of all rules, at their places.
pub(super) fn requirements(rules: &[LeakRule]) -> Vec<Option<Requirement>> {
    let mut bit = 1u64;
    let mut of_rule = |rule: &LeakRule| {
        let Detect::Keys(Keys { requires, .. }) = &rule.detect else { return None };
        let texts = AhoCorasick::builder().ascii_case_insensitive(true).build(requires).ok();
        let own = bit;
        let texts = texts.filter(|_| !requires.is_empty())?;
        bit <<= 1;
        Some(Requirement { texts, bit: own })
    };
    rules.iter().map(&mut of_rule).collect()
}
