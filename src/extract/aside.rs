//! Parts of a text that state nothing of what happened: what a condition supposes, a quotation quotes, or a pointer
//! points at.

use std::borrow::Cow;
use std::ops::Range;

use super::signals::head;
use crate::rules::Vocabulary;

/// An aside stands at the beginning of an entry; a dump behind it is read as it is.
const BEGINNING: usize = 4 << 10;

/// Stands in the place of each: what stood on both sides must not read as one sentence.
pub(super) const BETWEEN: &str = " … ";

/// The asides of a record's texts, where it has any.
#[derive(Debug, Default)]
pub(super) struct Asides {
    places: Vec<Range<*const u8>>,
}

impl Asides {
    /// Finds the asides in texts of a record.
    pub(super) fn find<'t>(vocabulary: &Vocabulary, texts: impl Iterator<Item = &'t str>) -> Self {
        let spans = |text: &'t str| spans(vocabulary, head(text, BEGINNING)).map(|part| part.as_bytes().as_ptr_range());
        Self { places: texts.flat_map(spans).collect() }
    }

    /// Whether what begins here stands in an aside. The values of a record are slices of its texts: one that was cut out of an
    /// aside is known by its place.
    pub(super) fn hold(&self, tail: &str) -> bool {
        self.places.iter().any(|place| place.contains(&tail.as_ptr()))
    }
}

/// The text without its asides.
pub(super) fn without<'t>(vocabulary: &Vocabulary, text: &'t str) -> Cow<'t, str> {
    let parts: Vec<&str> = stated(vocabulary, text).into_iter().map(|part| &text[part]).collect();
    match parts.as_slice() {
        [whole] => Cow::Borrowed(whole),
        _ => Cow::Owned(parts.join(BETWEEN)),
    }
}

/// What is left of a text without its asides; the last part may be empty.
pub(super) fn stated(vocabulary: &Vocabulary, text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = vocabulary.asides.iter().flat_map(|aside| aside.find_iter(text)).collect();
    ranges.sort_by_key(|range| range.start);
    let (mut left, mut from) = (Vec::new(), 0);
    for range in ranges {
        if range.start > from {
            left.push(from..range.start);
        }
        from = from.max(range.end);
    }
    left.push(from..text.len());
    left
}

fn spans<'t>(vocabulary: &Vocabulary, text: &'t str) -> impl Iterator<Item = &'t str> {
    vocabulary.asides.iter().flat_map(move |aside| aside.find_iter(text).map(|found| &text[found]))
}
