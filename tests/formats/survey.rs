//! The wrappers and access logs of the survey, by number: what shows that each is read, and what is missing.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::coverage::has_examples_of_both_kinds;
use super::run::events;
use super::wrappers::WRAPPERS;

/// How many wrappers and access logs the survey has.
const ENTRIES: usize = 58;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Survey {
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    number: String,
    name: String,
    /// Ids in the matrix of wrappers and payloads.
    #[serde(default)]
    wrappers: Vec<String>,
    /// Files in `rules/providers/`.
    #[serde(default)]
    providers: Vec<String>,
    /// A request that was refused; `PATH` is that of a token endpoint, or one that is none of our business.
    line: Option<String>,
    time: Option<String>,
}

fn survey() -> Vec<Entry> {
    toml::from_str::<Survey>(include_str!("survey.toml")).unwrap().entry
}

#[test]
fn every_wrapper_of_the_survey_is_shown_to_be_read() {
    let known: BTreeSet<&str> = WRAPPERS.iter().map(|wrapper| wrapper.id).collect();
    let (mut numbers, mut missing) = (BTreeSet::new(), Vec::new());
    for entry in survey() {
        let place = format!("{} {}", entry.number, entry.name);
        if entry.wrappers.is_empty() && entry.providers.is_empty() && entry.line.is_none() {
            missing.push(format!("{place}: nothing shows it"));
        }
        let unknown = entry.wrappers.iter().filter(|id| !known.contains(id.as_str()));
        missing.extend(unknown.map(|id| format!("{place}: the matrix has no wrapper {id}")));
        let unproved = entry.providers.iter().filter(|id| !has_examples_of_both_kinds(&format!("providers/{id}")));
        missing.extend(unproved.map(|id| format!("{place}: providers/{id}.toml has no examples of both kinds")));
        numbers.insert(entry.number);
    }
    let unlisted = (1..=ENTRIES).map(|number| format!("D.{number}")).filter(|number| !numbers.contains(number));
    missing.extend(unlisted.map(|number| format!("{number}: in no entry")));
    assert!(missing.is_empty(), "{} of {ENTRIES} wrappers:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn every_access_log_of_the_survey_tells_of_the_token_endpoint_and_of_no_other() {
    let lines: Vec<Entry> = survey().into_iter().filter(|entry| entry.line.is_some()).collect();
    let logs = lines.iter().flat_map(|entry| {
        let at = |path: &str| format!("{}\n", entry.line.as_deref().unwrap().replace("PATH", path)).into_bytes();
        [(entry.number.clone(), at("/oauth/token")), (format!("{} elsewhere", entry.number), at("/api/items"))]
    });
    let logs: Vec<(String, Vec<u8>)> = logs.collect();
    let found = events(&logs, 0);
    let mut wrong = Vec::new();
    for entry in &lines {
        let place = format!("{} {}", entry.number, entry.name);
        let times: Vec<_> = found[&entry.number].iter().map(|event| (&event["kind"], event["time"].as_str())).collect();
        match times.as_slice() {
            [(kind, time)] if *kind == "refresh_failed" => {
                if entry.time.as_deref().is_some_and(|wanted| !time.is_some_and(|time| time.starts_with(wanted))) {
                    wrong.push(format!("{place}: its time is {time:?}"));
                }
            }
            _ => wrong.push(format!("{place}: {times:?}")),
        }
        let elsewhere = &found[&format!("{} elsewhere", entry.number)];
        if !elsewhere.is_empty() {
            wrong.push(format!("{place}: {elsewhere:?} of another path"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} access logs:\n{}", wrong.len(), lines.len(), wrong.join("\n"));
}
