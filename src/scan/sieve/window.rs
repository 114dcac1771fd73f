//! By which of its bytes a literal is looked for.

use hashbrown::HashMap;

/// Bytes of a window.
pub(super) const LENGTH: usize = 4;
/// Shortest literal: the byte behind it may be any.
pub(in crate::scan) const SHORTEST: usize = LENGTH - 1;
/// Of a letter the bit that tells its case. Signs that it changes as well are told apart when a literal is compared.
pub(super) const CASE: u8 = 0x20;
/// So many windows of a literal are considered.
const CONSIDERED: usize = 3;
/// What ordinary log lines are made of: windows that stand here tell little.
const ORDINARY: &str = include_str!("ordinary.txt");

/// A window of a literal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// How far into the literal it begins.
    pub(super) offset: usize,
    /// Its bytes, in one case where any will do; of a literal of three bytes the fourth is 0.
    pub(super) key: u32,
    /// Whether it has a fourth byte.
    pub(super) whole: bool,
    /// At which part of the places of ordinary text it stands: there the literal is compared in vain.
    pub(super) common: f64,
}

/// The keys of windows that four bytes may be.
pub(super) fn keys(bytes: [u8; LENGTH], any_case: bool) -> [u32; 2] {
    let key = u32::from_le_bytes(bytes) | if any_case { u32::from_le_bytes([CASE; LENGTH]) } else { 0 };
    [key, key & 0x00FF_FFFF]
}

/// The windows of a literal that the fewest texts have, best first: those that ordinary text does not hold, of rare
/// letters.
pub(super) fn rarest(literal: &[u8], any_case: bool, ordinary: &HashMap<&[u8], usize>) -> Vec<Window> {
    let cost = |at: &usize| {
        let window = &literal[*at..literal.len().min(at + LENGTH)];
        let letters = window.iter().map(|byte| commonness(*byte)).sum::<usize>();
        64 * ordinary.get(window).copied().unwrap_or(0) + letters
    };
    let mut places: Vec<usize> = (0..=literal.len().saturating_sub(LENGTH)).collect();
    places.sort_by_key(cost);
    let window = |offset: usize| {
        let mut bytes = [0; LENGTH];
        let length = (literal.len() - offset).min(LENGTH);
        bytes[..length].copy_from_slice(&literal[offset..offset + length]);
        let [whole, short] = keys(bytes, any_case);
        let count = ordinary.get(&literal[offset..offset + length]).copied().unwrap_or(0);
        let (key, common) = (if length == LENGTH { whole } else { short }, count as f64 / ORDINARY.len() as f64);
        Window { offset, key, whole: length == LENGTH, common }
    };
    places.into_iter().take(CONSIDERED).map(window).collect()
}

/// The bytes of each window of ordinary text.
pub(super) fn ordinary_bytes() -> impl Iterator<Item = [u8; LENGTH]> + Clone {
    ORDINARY.as_bytes().windows(LENGTH).filter_map(|window| window.first_chunk().copied())
}

/// How often each window stands in ordinary text, those of short literals as well.
pub(super) fn ordinary() -> HashMap<&'static [u8], usize> {
    let mut counts = HashMap::new();
    for length in [SHORTEST, LENGTH] {
        for window in ORDINARY.as_bytes().windows(length) {
            *counts.entry(window).or_default() += 1;
        }
    }
    counts
}

/// How common a byte is in logs: English text, then digits and signs, then capitals.
fn commonness(byte: u8) -> usize {
    const LETTERS: &[u8] = b"zqjxkvbywgpfmucdlhrsnioate";
    match byte {
        b'a'..=b'z' => 10 + LETTERS.iter().position(|letter| *letter == byte).unwrap_or(0),
        b'0'..=b'9' | b' ' | b'"' | b':' | b',' | b'.' | b'-' | b'/' | b'_' => 20,
        _ => 8,
    }
}
