//! Elastic: EQL sequences for a race, which know milliseconds and an order; ES|QL for a burst.

use super::comments;
use super::fields::Layout;
use super::quote::{double, elastic_field};
use super::watch::{Mark, Shape, Watch};

const SEQUENCES: &str = "EQL. Save both as rules, or run them with the EQL search API: a sequence has an order, and either \
                         may come first. Needs @timestamp in milliseconds.";
const STATISTICS: &str = "ES|QL. Narrow logs-* to the index of these logs.";

pub(super) fn write(watch: &Watch) -> String {
    match (watch.shape, &watch.succeeded) {
        (Shape::Race { window_ms }, Some(succeeded)) => {
            let by: Vec<String> = watch.by.iter().map(|field| elastic_field(field)).collect();
            let sequence = |first: &Mark, second: &Mark| {
                format!(
                    "sequence by {} with maxspan={window_ms}ms\n  [any where {}]\n  [any where {}]\n",
                    by.join(", "),
                    eql(first),
                    eql(second)
                )
            };
            format!(
                "{}{}\n{}",
                comments(watch, "//", &[SEQUENCES]),
                sequence(succeeded, &watch.failed),
                sequence(&watch.failed, succeeded)
            )
        }
        (Shape::Burst { at_least, minutes }, _) => statistics(watch, at_least, minutes),
        (Shape::Race { .. }, None) => statistics(watch, 1, 1),
    }
}

fn statistics(watch: &Watch, at_least: u64, minutes: u64) -> String {
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    let mut by: Vec<String> = if watch.layout == Layout::Text {
        Vec::new()
    } else {
        watch.by.iter().map(|field| elastic_field(field)).collect()
    };
    by.push(format!("period = BUCKET(@timestamp, {minutes} {unit})"));
    format!(
        "{}FROM logs-*\n| WHERE {}\n| STATS failed = COUNT(*) BY {}\n| WHERE failed >= {at_least}\n",
        comments(watch, "//", &[STATISTICS]),
        esql(&watch.failed),
        by.join(", ")
    )
}

fn eql(mark: &Mark) -> String {
    let values: Vec<String> = mark.values.iter().map(|value| double(value)).collect();
    match (&mark.field, values.as_slice()) {
        (Some(field), []) => format!("{} != null", elastic_field(field)),
        (Some(field), [only]) => format!("{} == {only}", elastic_field(field)),
        (Some(field), _) => format!("{} in ({})", elastic_field(field), values.join(", ")),
        (None, _) => {
            values.iter().map(|value| format!("stringContains(message, {value})")).collect::<Vec<_>>().join(" or ")
        }
    }
}

fn esql(mark: &Mark) -> String {
    let values: Vec<String> = mark.values.iter().map(|value| double(value)).collect();
    match (&mark.field, values.as_slice()) {
        (Some(field), []) => format!("{} IS NOT NULL", elastic_field(field)),
        (Some(field), [only]) => format!("{} == {only}", elastic_field(field)),
        (Some(field), _) => format!("{} IN ({})", elastic_field(field), values.join(", ")),
        (None, _) => {
            values.iter().map(|value| format!("LOCATE(message, {value}) > 0")).collect::<Vec<_>>().join(" OR ")
        }
    }
}
