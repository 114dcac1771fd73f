//! From sightings to leaks, and the orders and counts of the report.

mod allow;
mod baseline;
mod compare;
mod gate;
mod leaks;

use std::collections::BTreeMap;

pub use allow::{Allow, read_allow};
pub use baseline::Baseline;
pub use compare::compare;
pub use gate::{Gate, GateError};
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
    use crate::model::{Assumed, Confidence, LeakKind, LeakSighting, Notice, Position, Severity, TokenDigest, Trouble};

    /// A value under `access_token` in a source.
    pub(super) fn sighting(source: u32, value: &str) -> LeakSighting {
        LeakSighting {
            rule: "oauth-access-token".into(),
            kind: LeakKind::AccessToken,
            severity: Severity::High,
            confidence: Confidence::Likely,
            position: Position::new(source, 0..9, 1),
            column: 1,
            end_column: 9,
            field: Some("access_token".into()),
            masked: "…(len 16)".into(),
            digest: TokenDigest::of(value.as_bytes()),
            guessable: false,
            scents: Vec::new(),
            expires_at: None,
            time: None,
            assumed: Assumed::Nothing,
            client: None,
            subject: None,
        }
    }

    #[test]
    fn equal_notices_are_added_up_and_trouble_comes_first() {
        let note = |code: &str, trouble| Notice::new(code, Some("a.log"), "x", trouble);
        let merged =
            super::notices(vec![note("b", Trouble::Note), note("c", Trouble::Incomplete), note("b", Trouble::Note)]);
        let shown: Vec<(&str, u64)> = merged.iter().map(|notice| (notice.code.as_str(), notice.count)).collect();
        assert_eq!(shown, [("c", 1), ("b", 2)]);
    }
}
