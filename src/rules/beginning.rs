//! With which bytes a match can begin.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// The bytes that the first one of a text must be among, if the text is to match.
#[derive(Clone, Debug)]
pub(super) struct Beginning([bool; 256]);

impl Beginning {
    /// Of a pattern: every byte where it is not held to the start of the text.
    pub(super) fn of(pattern: &str) -> Self {
        let anchored = |hir: &Hir| hir.properties().look_set_prefix().contains(Look::Start);
        let mut bytes = [false; 256];
        match regex_syntax::parse(pattern) {
            Ok(hir) if anchored(&hir) && !follow(&hir, &mut bytes) => Self(bytes),
            _ => Self([true; 256]),
        }
    }

    pub(super) fn allows(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }
}

/// Notes the bytes that a part can begin with; whether it can be empty, so that what follows it may come first.
fn follow(hir: &Hir, bytes: &mut [bool; 256]) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => literal.0.first().is_none_or(|byte| {
            bytes[usize::from(*byte)] = true;
            false
        }),
        HirKind::Class(class) => {
            note_class(class, bytes);
            false
        }
        HirKind::Repetition(repetition) => follow(&repetition.sub, bytes) || repetition.min == 0,
        HirKind::Capture(group) => follow(&group.sub, bytes),
        HirKind::Concat(parts) => parts.iter().all(|part| follow(part, bytes)),
        HirKind::Alternation(branches) => branches.iter().fold(false, |empty, branch| follow(branch, bytes) | empty),
    }
}

fn note_class(class: &Class, bytes: &mut [bool; 256]) {
    match class {
        Class::Bytes(class) => {
            for range in class.iter() {
                bytes[usize::from(range.start())..=usize::from(range.end())].fill(true);
            }
        }
        Class::Unicode(class) => {
            for range in class.iter() {
                let last = |letter: char| if letter.is_ascii() { letter as usize } else { bytes.len() - 1 };
                let first = if range.start().is_ascii() { range.start() as usize } else { 0x80 };
                let last = last(range.end());
                bytes[first..=last].fill(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Beginning;

    fn allowed(pattern: &str) -> String {
        let beginning = Beginning::of(pattern);
        (0..=u8::MAX).filter(|byte| beginning.allows(*byte)).map(char::from).collect()
    }

    #[test]
    fn the_first_byte_of_each_way_counts() {
        assert_eq!(allowed(r"(?s)^(?P<time>[0-3]\w+) (?P<message>.*)$"), "0123");
        assert_eq!(allowed(r"^(?:\[pod/(?P<pod>\S+)\]|[ab]+)? ?(?P<stream>x|-)"), " -[abx");
        assert_eq!(allowed("^(?:<1>)?(?-u:\\b)[IW]x"), "<IW");
    }

    #[test]
    fn what_may_be_empty_or_stand_anywhere_allows_every_byte() {
        for pattern in ["a", "^a*", "^(?:a|)", "(?m)^a", "a|^b"] {
            assert_eq!(allowed(pattern).chars().count(), 256, "{pattern}");
        }
        assert_eq!(allowed("^é").chars().count(), 1);
        assert!(Beginning::of(r"^\w").allows("é".as_bytes()[0]));
    }
}
