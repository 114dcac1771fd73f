//! From sightings to leaks, and the orders and counts of the report.

mod compare;
mod leaks;

use std::collections::BTreeMap;

pub use compare::compare;
pub use leaks::leaks;

use crate::model::Notice;

/// How often each name occurs.
pub fn count<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name.to_owned()).or_default() += 1;
    }
    counts
}

/// Notices in one order, those that say the same of one input as one with their counts added.
pub fn notices(mut notices: Vec<Notice>) -> Vec<Notice> {
    notices.sort_by(|a, b| (b.trouble, &a.code, &a.path, &a.message).cmp(&(a.trouble, &b.code, &b.path, &b.message)));
    notices.dedup_by(|later, kept| {
        let same = (&later.code, &later.path, &later.message) == (&kept.code, &kept.path, &kept.message);
        kept.count += if same { later.count } else { 0 };
        same
    });
    notices
}

#[cfg(test)]
mod tests {
    use crate::model::{Notice, Trouble};

    #[test]
    fn equal_notices_are_added_up_and_trouble_comes_first() {
        let note = |code: &str, trouble| Notice::new(code, Some("a.log"), "x", trouble);
        let merged =
            super::notices(vec![note("b", Trouble::Note), note("c", Trouble::Incomplete), note("b", Trouble::Note)]);
        let shown: Vec<(&str, u64)> = merged.iter().map(|notice| (notice.code.as_str(), notice.count)).collect();
        assert_eq!(shown, [("c", 1), ("b", 2)]);
    }
}
