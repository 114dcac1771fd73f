//! Who competed, where nothing but the name of a log tells: the last resort.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::line::Scene;
use super::names::{DUPLICATE, RACE, RACE_REVOKED};

/// At most so many callers are named.
const NAMED: usize = 4;
/// What compression and logging add to a name.
const ENDINGS: [&str; 8] = ["gz", "zst", "bz2", "xz", "log", "jsonl", "json", "txt"];

/// Between whom a race was, if each caller wrote a log of its own and no record says more.
pub(super) fn told_by_files(scene: &Scene<'_>, draft: &Draft) -> Option<String> {
    if ![RACE, RACE_REVOKED, DUPLICATE].contains(&draft.verdict.rule) {
        return None;
    }
    let mut callers = BTreeSet::new();
    for &id in draft.winners.iter().chain(&draft.failures) {
        let event = scene.event(id);
        if [event.host, event.process, event.thread, event.address].iter().any(Option::is_some) {
            return None;
        }
        callers.insert(stem(scene.set.path(event)));
    }
    if callers.len() < 2 {
        return None;
    }
    let more = callers.len().saturating_sub(NAMED);
    let named: Vec<&str> = callers.iter().take(NAMED).map(String::as_str).collect();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("Only the names of their logs tell the callers apart: {}{rest}.", named.join(", ")))
}

/// The name of a log without what rotation and deployment add: numbers, dates, the hashes of pods.
fn stem(path: &str) -> String {
    let name = path.rsplit(['/', '\\', '!']).next().unwrap_or(path);
    let parts: Vec<&str> = name.split(['.', '-', '_']).filter(|part| !is_added(part)).collect();
    if parts.is_empty() { name.to_owned() } else { parts.join("-") }
}

fn is_added(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let lower = part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    // As Kubernetes names replica sets and pods.
    let hash = matches!(part.len(), 5 | 8..=10) && lower && digits > 0;
    part.is_empty() || digits == part.len() || hash || ENDINGS.contains(&part)
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn rotation_and_deployment_leave_no_trace_in_a_name() {
        for path in ["logs/api.log", "logs/api.log.1", "b/api-20260131.log.gz", "x.zip!in/api.2026-01-31.log"] {
            assert_eq!(stem(path), "api", "{path}");
        }
        assert_eq!(stem("sync-worker-7d9f8b6c5d-x2x4z.log"), "sync-worker");
        assert_eq!(stem("20260131.log"), "20260131.log");
    }
}
