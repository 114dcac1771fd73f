//! Names of months: English ones of three letters at once, all others from a list.

/// A line for each month: its names in English, German, French, Italian, Spanish, Portuguese and Dutch.
const NAMES: &str = include_str!("months.txt");
/// The names that nearly every log has.
const ENGLISH: [&[u8]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
/// Bytes of the longest name.
const LONGEST: usize = 10;

/// The month whose name a text begins with, and how long that is, the point of an abbreviation included. The word must
/// be the name and nothing more.
pub(super) fn named(text: &[u8]) -> Option<(u32, usize)> {
    let length =
        text.iter().take(LONGEST + 1).take_while(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii()).count();
    let word = &text[..length];
    let english = || {
        let name = <[u8; 3]>::try_from(word).ok()?.to_ascii_lowercase();
        (1..).zip(ENGLISH).find(|(_, known)| *known == name)
    };
    if let Some((month, _)) = english() {
        let point = text.get(3) == Some(&b'.');
        return Some((month, 3 + usize::from(point)));
    }
    if !(3..=LONGEST).contains(&length) {
        return None;
    }
    let is_name = |name: &str| name.as_bytes().eq_ignore_ascii_case(word);
    let (month, _) = (1..).zip(NAMES.lines()).find(|(_, names)| names.split(' ').any(is_name))?;
    Some((month, length + usize::from(text.get(length) == Some(&b'.'))))
}

/// Whether a text may begin with a name in small letters and a day: `nov 29`, `déc. 29`.
pub(super) fn may_begin(text: &[u8]) -> bool {
    let head = &text[..text.len().min(LONGEST + 2)];
    let space = memchr::memchr(b' ', head).filter(|at| *at >= 3);
    space.is_some_and(|at| text.get(at + 1).is_some_and(|byte| byte.is_ascii_digit() || *byte == b' '))
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, NAMES, may_begin, named};

    #[test]
    fn every_name_is_told_from_the_others_and_from_longer_words() {
        assert_eq!(NAMES.lines().count(), 12);
        let all: Vec<&str> = NAMES.split_ascii_whitespace().collect();
        for name in &all {
            assert_eq!(all.iter().filter(|other| *other == name).count(), 1, "{name}");
            assert!(name.len() <= LONGEST && named(name.as_bytes()).is_some(), "{name}");
        }
        assert_eq!(named("Gennaio 2026".as_bytes()), Some((1, 7)));
        assert_eq!(named("déc. 29".as_bytes()), Some((12, 5)));
        assert_eq!(
            (named(b"Nov 29"), named(b"nov. 29"), named(b"November 29")),
            (Some((11, 3)), Some((11, 4)), Some((11, 8)))
        );
        for text in ["", "no", "novel 29", "Mayor", "settings 1"] {
            assert_eq!(named(text.as_bytes()), None, "{text}");
        }
        assert!(
            may_begin(b"nov 29 10:00:00") && may_begin(b"ott  3") && !may_begin(b"level=info x") && !may_begin(b"no 3")
        );
    }
}
