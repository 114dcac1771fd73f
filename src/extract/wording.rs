//! The wording and the level of a message: what every record that one line of code writes has in common.

use std::hash::{DefaultHasher, Hasher};

/// So many words tell one line of code from another.
const WORDS: usize = 4;
/// Before a name these say who speaks, not what is said.
const SPEAKERS: [&str; 9] = ["worker", "thread", "task", "job", "host", "pod", "node", "process", "instance"];

/// Levels from the least grave on, each with its other names.
const LEVELS: [&[&str]; 6] = [
    &["trace", "verbose"],
    &["debug"],
    &["info", "information", "notice"],
    &["warn", "warning"],
    &["error", "err"],
    &["fatal", "critical", "crit", "severe"],
];

/// The level of `debug`.
pub(super) const DEBUG: u8 = 2;

/// The level of a record, or the one at the beginning of its message, as a number; 0 where neither is known.
pub(super) fn level(of_record: Option<&str>, message: Option<&str>) -> u8 {
    let number = |name: &str| {
        let same = |names: &&[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        (1..).zip(&LEVELS).find(|(_, names)| same(names)).map(|(number, _)| number)
    };
    let first = message.and_then(|message| message.split_ascii_whitespace().next()).unwrap_or_default();
    let bare = first.trim_matches(['[', ']', '(', ')', '<', '>', ':']);
    of_record.and_then(number).or_else(|| number(bare)).unwrap_or(0)
}

/// The first words of a message, up to the first that is no word of the language (a name, a number, a pair), as a
/// number; 0 where there are fewer than two.
pub(super) fn of(message: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    let mut count = 0;
    for word in message.split_ascii_whitespace().take(WORDS) {
        let bare = word.trim_end_matches([',', ';', '.', ':']);
        if bare.is_empty() {
            continue;
        }
        if !bare.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            break;
        }
        if count == 0 && SPEAKERS.iter().any(|speaker| bare.eq_ignore_ascii_case(speaker)) {
            return 0;
        }
        bare.bytes().for_each(|byte| hasher.write_u8(byte.to_ascii_lowercase()));
        hasher.write_u8(b' ');
        count += 1;
        if bare.len() < word.len() {
            break;
        }
    }
    if count < 2 { 0 } else { (hasher.finish() as u32).max(1) }
}

#[cfg(test)]
mod tests {
    use super::{level, of};

    #[test]
    fn names_and_numbers_are_no_wording() {
        assert_eq!(of("Token refresh failed for user=alice"), of("token refresh failed for user=bob: invalid_grant"));
        assert_eq!(of("refresh failed (attempt 1)"), of("refresh failed (attempt 2)"));
        assert_ne!(of("ERROR : : error listing"), 0);
        assert_ne!(of("Token refresh failed for"), of("refresh failed user=alice"));
    }

    #[test]
    fn a_level_stands_in_the_record_or_before_the_message() {
        assert_eq!(level(Some("warn"), Some("[ERROR] x")), level(None, Some("WARNING: x")));
        assert_ne!(level(None, Some("[INFO ] x")), level(None, Some("DEBUG: x")));
        assert_eq!((level(None, Some("refresh failed")), level(None, None)), (0, 0));
    }

    #[test]
    fn who_speaks_is_no_wording() {
        for text in ["worker alpha failed to refresh", "u1: refresh failed", "web-1 refresh failed", "failed", ""] {
            assert_eq!(of(text), 0, "{text}");
        }
    }
}
