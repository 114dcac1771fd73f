//! Excerpts of records whose bytes cannot be had again (a pipe, a packed file), until it is known which are evidence.
//!
//! Nearly all of them are dropped in the end, and one in full is twice as long as its event. Lines of one log are alike:
//! LZ4 leaves two fifths of them in nineteen layouts of logs, a twelfth where all are token events in JSON, at 0.3 to 2 GB/s.

use rayon::prelude::*;

use crate::model::MaybeU32;

/// So many are packed at once: enough to be alike, and few to be unpacked for one of them.
const TOGETHER: u32 = 256;

/// Excerpts by their numbers. Each is one line.
#[derive(Debug, Default)]
pub(super) struct Kept {
    packed: Vec<Box<[u8]>>,
    /// Those that are not packed yet.
    open: String,
    /// The number of the next one.
    next: u32,
}

impl Kept {
    /// Keeps an excerpt; its number is unknown where there are more than can be numbered.
    pub(super) fn push(&mut self, excerpt: &str) -> MaybeU32 {
        let Some(next) = self.next.checked_add(1) else { return MaybeU32::UNKNOWN };
        self.open.push_str(excerpt);
        self.open.push('\n');
        let number = std::mem::replace(&mut self.next, next);
        if next.is_multiple_of(TOGETHER) {
            self.pack();
        }
        Some(number).into()
    }

    /// Adds those of another worker; what is to be added to their numbers.
    pub(super) fn absorb(&mut self, mut other: Self) -> u32 {
        self.close();
        other.close();
        let from = self.next;
        self.packed.append(&mut other.packed);
        self.next = from.saturating_add(other.next);
        from
    }

    /// Packs what is open; its numbers that no excerpt has stay so.
    fn close(&mut self) {
        if !self.open.is_empty() {
            self.pack();
            self.next = self.next.checked_next_multiple_of(TOGETHER).unwrap_or(u32::MAX);
        }
    }

    fn pack(&mut self) {
        self.packed.push(lz4_flex::block::compress_prepend_size(self.open.as_bytes()).into_boxed_slice());
        self.open.clear();
    }

    /// The excerpts of these numbers, which are in order, each with what it was asked with.
    pub(super) fn texts<K: Copy + Sync + Send>(&self, wanted: &[(u32, K)]) -> Vec<(K, String)> {
        let together: Vec<&[(u32, K)]> = wanted.chunk_by(|a, b| a.0 / TOGETHER == b.0 / TOGETHER).collect();
        let texts = together.par_iter().flat_map_iter(|wanted| {
            let texts = self.unpacked(wanted[0].0 / TOGETHER).unwrap_or_default();
            let lines: Vec<&str> = texts.split_terminator('\n').collect();
            let text = |number: u32| lines.get((number % TOGETHER) as usize).map(|line| (*line).to_owned());
            wanted.iter().filter_map(|&(number, key)| Some((key, text(number)?))).collect::<Vec<_>>()
        });
        texts.collect()
    }

    fn unpacked(&self, piece: u32) -> Option<String> {
        let Some(packed) = self.packed.get(piece as usize) else { return Some(self.open.clone()) };
        String::from_utf8(lz4_flex::block::decompress_size_prepended(packed).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Kept;

    fn kept(name: &str, count: u32) -> Kept {
        let mut kept = Kept::default();
        for number in 0..count {
            let text = format!("{{\"worker\":\"{name}\",\"count\":{number},\"message\":\"token refreshed\"}}");
            assert_eq!(kept.push(&text).get(), Some(number));
        }
        kept
    }

    fn of(kept: &Kept, numbers: &[u32]) -> Vec<String> {
        let wanted: Vec<(u32, ())> = numbers.iter().map(|number| (*number, ())).collect();
        kept.texts(&wanted).into_iter().map(|((), text)| text.replace("\"message\":\"token refreshed\"", "")).collect()
    }

    #[test]
    fn each_is_found_by_its_number_wherever_it_was_packed() {
        let mut all = kept("a", 600);
        assert_eq!(of(&all, &[0, 255, 256, 599, 600]).len(), 4);
        let from = all.absorb(kept("b", 256));
        assert_eq!(from, 768, "the rest of what is packed together stays empty");
        let late = all.absorb(kept("c", 1));
        assert_eq!(
            of(&all, &[599, from, from + 255, late]),
            [
                r#"{"worker":"a","count":599,}"#,
                r#"{"worker":"b","count":0,}"#,
                r#"{"worker":"b","count":255,}"#,
                r#"{"worker":"c","count":0,}"#
            ]
        );
        let more = all.push("more").get();
        assert_eq!(more.map(|more| of(&all, &[late, more])).unwrap_or_default()[1], "more");
    }

    #[test]
    fn what_is_packed_is_a_fraction_of_it() {
        let kept = kept("a", 256 * 8);
        let packed: usize = kept.packed.iter().map(|packed| packed.len()).sum();
        assert!(
            packed * 3 < 256 * 8 * "{\"worker\":\"a\",\"count\":0,\"message\":\"token refreshed\"}".len(),
            "{packed}"
        );
    }
}
