//! What the rules could make of the digits in a running text.

use super::RuleSet;
use crate::format::normal_key;
use crate::rules::Discerner;

/// What is looked for in texts, by all rules.
#[derive(Debug)]
pub(super) struct Sense {
    pub(super) discerner: Discerner,
    /// The keys that hold digits, in their shapes.
    keys: Vec<String>,
}

impl Sense {
    /// Of the rules; `None` where that is too much.
    pub(super) fn of(rules: &RuleSet) -> Option<Self> {
        let texts = rules.extractor.spellings().map(|text| (text.as_bytes(), false));
        let texts = texts.chain(rules.leaks.spellings());
        let patterns = rules.reader.patterns().chain(rules.extractor.patterns()).chain(rules.leaks.common_shapes());
        let discerner = Discerner::of(patterns, texts)?;
        let keys = rules.reader.keys().chain(rules.extractor.keys());
        let numbered = keys.filter(|key| key.bytes().any(|byte| byte.is_ascii_digit()));
        let mut keys: Vec<String> = numbered.map(shape).collect();
        keys.sort_unstable();
        keys.dedup();
        Some(Self { discerner, keys })
    }

    /// Whether a key could be one that values are known by, if its digits were others.
    pub(super) fn may_be_key(&self, key: &str) -> bool {
        let shape = shape(key);
        self.keys.iter().any(|known| shape.ends_with(known) || known.ends_with(&shape))
    }
}

/// A key as it is compared, without dots, all digits alike.
fn shape(key: &str) -> String {
    let sign = |letter: char| if letter.is_ascii_digit() { '0' } else { letter };
    normal_key(key).chars().filter(|letter| *letter != '.').map(sign).collect()
}
