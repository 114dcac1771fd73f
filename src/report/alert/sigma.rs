//! Sigma: rules and a correlation. <https://sigmahq.io/sigma-specification/>

use sha2::{Digest, Sha256};

use super::comments;
use super::fields::Layout;
use super::quote::{sigma, yaml};
use super::watch::{Mark, Shape, Watch};

const COARSE: &str = "Sigma's shortest timespan is one second: two refreshes of one client that are further apart than the \
                      window can fire it, too.";

pub(super) fn write(watch: &Watch) -> String {
    let failed = rule(watch, &watch.failed, "failed");
    let group: String = if watch.layout == Layout::Text {
        String::new()
    } else {
        watch.by.iter().map(|field| format!("    - {}\n", yaml(field))).collect::<Vec<_>>().concat()
    };
    let group = if group.is_empty() { group } else { format!("  group-by:\n{group}") };
    let (rules, kind, notes): (String, String, &[&str]) = match (watch.shape, &watch.succeeded) {
        (Shape::Race { window_ms }, Some(succeeded)) => {
            let both = format!("{failed}---\n{}", rule(watch, succeeded, "succeeded"));
            let names = format!("    - {}\n    - {}\n", name(watch, "failed"), name(watch, "succeeded"));
            let seconds = window_ms.div_ceil(1000).max(1);
            (both, format!("  type: temporal\n  rules:\n{names}{group}  timespan: {seconds}s\n"), &[COARSE])
        }
        (Shape::Burst { at_least, minutes }, _) => (failed, counted(watch, &group, at_least, minutes), &[]),
        (Shape::Race { .. }, None) => (failed, counted(watch, &group, 1, 1), &[]),
    };
    let correlation = format!(
        "title: {}\nid: {}\nstatus: experimental\ncorrelation:\n{kind}level: {}\n",
        yaml(&watch.rule),
        id(watch, "correlation"),
        level(watch)
    );
    format!("{}{rules}---\n{correlation}", comments(watch, "#", notes))
}

fn counted(watch: &Watch, group: &str, at_least: u64, minutes: u64) -> String {
    format!(
        "  type: event_count\n  rules:\n    - {}\n{group}  timespan: {minutes}m\n  condition:\n    gte: {at_least}\n",
        name(watch, "failed")
    )
}

fn rule(watch: &Watch, mark: &Mark, which: &str) -> String {
    let values: Vec<String> = mark.values.iter().map(|value| sigma(value)).collect();
    let selection = match (&mark.field, values.as_slice()) {
        (Some(field), []) => format!("    {}: true\n", yaml(&format!("{field}|exists"))),
        (Some(field), _) => {
            let listed = values.iter().map(|value| format!("      - {value}\n")).collect::<Vec<_>>().concat();
            format!("    {}:\n{listed}", yaml(field))
        }
        // Keywords: any of them, anywhere in the line.
        (None, _) => values.iter().map(|value| format!("    - {value}\n")).collect::<Vec<_>>().concat(),
    };
    format!(
        "title: {}\nid: {}\nname: {}\nstatus: experimental\nlogsource:\n  category: application\ndetection:\n  \
         selection:\n{selection}  condition: selection\nlevel: informational\n",
        yaml(&format!("{}: {which}", watch.rule)),
        id(watch, which),
        name(watch, which),
    )
}

fn name(watch: &Watch, which: &str) -> String {
    format!("tokscan_{}_{which}", watch.rule.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_"))
}

fn level(watch: &Watch) -> &'static str {
    if watch.severity == "info" { "informational" } else { watch.severity }
}

/// A UUID that is the same for the same rule: version 8, whose bits are the maker's own (RFC 9562).
fn id(watch: &Watch, which: &str) -> String {
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&Sha256::digest(format!("tokscan alert {watch:?} {which}"))[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
