//! The wording of a message: what every record that one line of code writes has in common.

use std::hash::{DefaultHasher, Hasher};

/// So many words tell one line of code from another.
const WORDS: usize = 4;
/// Before a name these say who speaks, not what is said.
const SPEAKERS: [&str; 9] = ["worker", "thread", "task", "job", "host", "pod", "node", "process", "instance"];

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
    use super::of;

    #[test]
    fn names_and_numbers_are_no_wording() {
        assert_eq!(of("Token refresh failed for user=alice"), of("token refresh failed for user=bob: invalid_grant"));
        assert_eq!(of("refresh failed (attempt 1)"), of("refresh failed (attempt 2)"));
        assert_eq!(of("ERROR : : error listing"), of("ERROR error listing"));
        assert_ne!(of("Token refresh failed for"), of("refresh failed user=alice"));
    }

    #[test]
    fn who_speaks_is_no_wording() {
        for text in ["worker alpha failed to refresh", "u1: refresh failed", "web-1 refresh failed", "failed", ""] {
            assert_eq!(of(text), 0, "{text}");
        }
    }
}
