//! Loki: a rule file for its ruler. <https://grafana.com/docs/loki/latest/alert/>

use super::fields::Layout;
use super::quote::{double, loki_path, yaml};
use super::watch::{Mark, Shape, Watch};
use super::{camel, comments, label, literal};

const SELECTOR: &str = "Narrow the selector {job=~\".+\"} to the streams of these logs.";
const COARSE: &str = "LogQL counts in windows and compares no two lines: this fires where a client has both within a \
                      minute; `tokscan` on the logs then says whether it was a race.";

pub(super) fn write(watch: &Watch) -> String {
    let by: Vec<String> = watch.by.iter().map(|field| label(field)).collect();
    let by =
        if by.is_empty() || watch.layout == Layout::Text { String::new() } else { format!(" by ({})", by.join(", ")) };
    let count =
        |mark: &Mark, minutes: u64| format!("sum{by} (count_over_time({} [{minutes}m]))", selection(watch, mark));
    let (expression, notes): (String, &[&str]) = match (watch.shape, &watch.succeeded) {
        (Shape::Race { .. }, Some(succeeded)) => {
            (format!("{} > 0\nand\n{} > 0", count(&watch.failed, 1), count(succeeded, 1)), &[SELECTOR, COARSE])
        }
        (Shape::Burst { at_least, minutes }, _) => {
            (format!("{} >= {at_least}", count(&watch.failed, minutes)), &[SELECTOR])
        }
        (Shape::Race { .. }, None) => (format!("{} > 0", count(&watch.failed, 1)), &[SELECTOR, COARSE]),
    };
    let expression = expression.lines().map(|line| format!("          {line}\n")).collect::<Vec<_>>().concat();
    format!(
        "{}groups:\n  - name: tokscan\n    rules:\n      - alert: {}\n        expr: |\n{expression}        labels:\n          \
         severity: {}\n        annotations:\n          summary: {}\n",
        comments(watch, "#", notes),
        camel(&watch.rule),
        watch.severity,
        yaml(&format!("{}; tokscan explain {}", watch.rule, watch.rule)),
    )
}

/// A log pipeline: words first, which is fast, then the fields.
fn selection(watch: &Watch, mark: &Mark) -> String {
    let mut stages = vec!["{job=~\".+\"}".to_owned()];
    match mark.values.as_slice() {
        [] => {}
        [only] => stages.push(format!("|= {}", double(only))),
        several => {
            let any: Vec<String> = several.iter().map(|value| literal(value)).collect();
            stages.push(format!("|~ {}", double(&any.join("|"))));
        }
    }
    let Some(field) = mark.field.as_ref().filter(|_| watch.layout != Layout::Text) else {
        return stages.join(" ");
    };
    let mut fields = vec![field];
    fields.extend(watch.by.iter().filter(|by| *by != field));
    let wanted = fields.iter().map(|field| match watch.layout {
        Layout::Logfmt => format!("{}={}", label(field), double(field)),
        _ => format!("{}={}", label(field), loki_path(field)),
    });
    let parser = if watch.layout == Layout::Logfmt { "logfmt" } else { "json" };
    stages.push(format!("| {parser} {}", wanted.collect::<Vec<_>>().join(", ")));
    let name = label(field);
    stages.push(match mark.values.as_slice() {
        [] => format!("| {name} != \"\""),
        [only] => format!("| {name} = {}", double(only)),
        several => {
            let any: Vec<String> = several.iter().map(|value| literal(value)).collect();
            format!("| {name} =~ {}", double(&any.join("|")))
        }
    });
    stages.join(" ")
}
