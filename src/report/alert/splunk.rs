//! Splunk: a search, to be saved as an alert that fires on any result.

use super::comments;
use super::fields::Layout;
use super::quote::{double, spl_field};
use super::watch::{Mark, Shape, Watch};

pub(super) fn write(watch: &Watch) -> String {
    let owners: Vec<String> =
        if watch.layout == Layout::Text { Vec::new() } else { watch.by.iter().map(|field| double(field)).collect() };
    let by = if owners.is_empty() { String::new() } else { format!(" by {}", owners.join(" ")) };
    let mut words: Vec<&str> = watch.failed.values.iter().map(String::as_str).collect();
    words.extend(watch.succeeded.iter().flat_map(|mark| &mark.values).map(String::as_str));
    let words: Vec<String> = words.into_iter().map(double).collect();
    let search = if words.is_empty() { "index=*".to_owned() } else { format!("index=* ({})", words.join(" OR ")) };
    let lines = match (watch.shape, &watch.succeeded) {
        (Shape::Race { window_ms }, Some(succeeded)) => vec![
            search,
            format!("| eval outcome=case({}, \"failed\", {}, \"ok\")", condition(&watch.failed), condition(succeeded)),
            "| where isnotnull(outcome)".into(),
            format!("| sort 0 {} _time", owners.join(" ")),
            format!("| streamstats current=f window=1 last(_time) as before last(outcome) as other{by}"),
            format!("| where other!=outcome AND _time-before<={}", seconds(window_ms)),
        ],
        (Shape::Burst { at_least, minutes }, _) => vec![
            search,
            format!("| where {}", condition(&watch.failed)),
            format!("| bin _time span={minutes}m"),
            format!("| stats count as failed by _time {}", owners.join(" ")).trim_end().to_owned(),
            format!("| where failed>={at_least}"),
        ],
        (Shape::Race { .. }, None) => vec![search, format!("| where {}", condition(&watch.failed))],
    };
    let notes = ["Narrow index=* to the index of these logs, and save the search as an alert on any result."];
    // Splunk's comments stand between three backticks, before the search.
    let comments = comments(watch, "```", &notes);
    let comments = comments
        .lines()
        .map(|line| format!("{} ```\n", line.replace('`', "'").replacen("'''", "```", 1)))
        .collect::<Vec<_>>()
        .concat();
    format!("{comments}{}\n", lines.join("\n"))
}

fn condition(mark: &Mark) -> String {
    let Some(field) = &mark.field else {
        let texts: Vec<String> = mark.values.iter().map(|value| format!("like(_raw, {})", like(value))).collect();
        return format!("({})", texts.join(" OR "));
    };
    if mark.values.is_empty() {
        return format!("isnotnull({})", spl_field(field));
    }
    let values: Vec<String> =
        mark.values.iter().map(|value| format!("{}={}", spl_field(field), double(value))).collect();
    if values.len() == 1 { values.concat() } else { format!("({})", values.join(" OR ")) }
}

/// A pattern of `like` that holds a text: `%` and `_` are its wildcards.
fn like(text: &str) -> String {
    // They have no escape in SPL: `_` for both is one letter, whichever.
    double(&format!("%{}%", text.replace('%', "_")))
}

fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}
