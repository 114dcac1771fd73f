//! Every wrapper around every payload, and wrappers around wrappers to four levels.

use serde_json::Value;

use super::payloads::{CLIENT, ERROR, PAYLOADS, SUBJECT};
use super::run::events;
use super::wrappers::{WRAPPERS, Wrapper};

/// What is wrong with the events of one log, if anything.
fn complaint(name: &str, found: &[Value], time: Option<&str>) -> Option<String> {
    let [event] = found else { return Some(format!("{name}: {} events", found.len())) };
    let text = |key: &str| event[key].as_str().unwrap_or("none").to_owned();
    let mut wrong = Vec::new();
    for (key, wanted) in [
        ("kind", "refresh_failed"),
        ("error", ERROR),
        ("client", CLIENT),
        ("subject", SUBJECT),
        ("time", time.unwrap_or("none")),
    ] {
        if text(key) != wanted {
            wrong.push(format!("{key} is {}, not {wanted}", text(key)));
        }
    }
    (!wrong.is_empty()).then(|| format!("{name}: {}", wrong.join("; ")))
}

fn fail_on(complaints: &[String], of: usize) {
    assert!(complaints.is_empty(), "\n{}\n{} of {of} are not read", complaints.join("\n"), complaints.len());
}

#[test]
fn every_wrapper_around_every_payload() {
    let cells: Vec<(&Wrapper, String, Vec<u8>)> = WRAPPERS
        .iter()
        .flat_map(|wrapper| {
            let payloads = PAYLOADS.iter().filter(|payload| wrapper.holds(payload.text));
            payloads.map(move |payload| {
                (wrapper, format!("{} around {}", wrapper.id, payload.id), (wrapper.wrap)(payload.text).into_bytes())
            })
        })
        .collect();
    let logs: Vec<(String, Vec<u8>)> = cells.iter().map(|(_, name, log)| (name.clone(), log.clone())).collect();
    let found = events(&logs, 0);
    let complaints: Vec<String> =
        cells.iter().filter_map(|(wrapper, name, _)| complaint(name, &found[name], wrapper.time)).collect();
    fail_on(&complaints, cells.len());
}

/// Wrappers that can hold another wrapper's line, in any order.
#[test]
fn wrappers_around_wrappers_to_four_levels() {
    let nesting: Vec<&Wrapper> = WRAPPERS.iter().filter(|wrapper| wrapper.nests).collect();
    assert!(nesting.len() >= 8, "only {} wrappers nest", nesting.len());
    let mut logs = Vec::new();
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    for round in 0..600 {
        let depth = 2 + round % 3;
        let mut log = PAYLOADS[round % (PAYLOADS.len() - 1)].text.to_owned();
        let mut name = PAYLOADS[round % (PAYLOADS.len() - 1)].id.to_owned();
        for _ in 0..depth {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let wrapper = nesting[(state >> 33) as usize % nesting.len()];
            log = (wrapper.wrap)(&log).trim_end().to_owned();
            name = format!("{} > {name}", wrapper.id);
        }
        logs.push((format!("{name} #{round}"), log.into_bytes()));
    }
    let found = events(&logs, 0);
    let complaints: Vec<String> = logs
        .iter()
        .filter_map(|(name, _)| {
            let time = found[name].first().and_then(|event| event["time"].as_str());
            let timed = time.is_some_and(|time| time.starts_with("2026-01-02T03:04:05"));
            complaint(name, &found[name], time).or_else(|| (!timed).then(|| format!("{name}: time {time:?}")))
        })
        .collect();
    fail_on(&complaints, logs.len());
}
