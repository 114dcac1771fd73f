//! Prometheus: a rule file over a counter, and the Vector configuration that makes the counter of the log.

use super::fields::Layout;
use super::quote::{double, yaml};
use super::watch::{Mark, Shape, Watch};
use super::{camel, comments, label};

const COUNTED: &str = "Prometheus reads no logs. Something must count the lines; with Vector:";
const COARSE: &str = "A counter knows no milliseconds: this fires where a client has both within a minute; tokscan on the \
                      logs says whether it was a race.";

pub(super) fn write(watch: &Watch) -> String {
    let by: Vec<String> =
        if watch.layout == Layout::Text { Vec::new() } else { watch.by.iter().map(|field| label(field)).collect() };
    let sum = if by.is_empty() { "sum".to_owned() } else { format!("sum by ({})", by.join(", ")) };
    let increase = |outcome: &str, minutes: u64| {
        format!("{sum} (increase(oauth_refreshes_total{{outcome=\"{outcome}\"}}[{minutes}m]))")
    };
    let expression = match watch.shape {
        Shape::Race { .. } if watch.succeeded.is_some() => {
            format!("{} > 0\n          and\n          {} > 0", increase("failed", 1), increase("ok", 1))
        }
        Shape::Race { .. } => format!("{} > 0", increase("failed", 1)),
        Shape::Burst { at_least, minutes } => format!("{} >= {at_least}", increase("failed", minutes)),
    };
    let notes: &[&str] = if matches!(watch.shape, Shape::Race { .. }) { &[COARSE, COUNTED] } else { &[COUNTED] };
    let vector: String = vector(watch).lines().map(|line| format!("#   {line}").trim_end().to_owned() + "\n").collect();
    format!(
        "{}{vector}groups:\n  - name: tokscan\n    rules:\n      - alert: {}\n        expr: |\n          {expression}\n        \
         labels:\n          severity: {}\n        annotations:\n          summary: {}\n",
        comments(watch, "#", notes),
        camel(&watch.rule),
        watch.severity,
        yaml(&format!("{}; tokscan explain {}", watch.rule, watch.rule)),
    )
}

/// Two transforms: which lines count, and by what.
fn vector(watch: &Watch) -> String {
    let mut branches = vec![format!("if {} {{ .outcome = \"failed\" }}", condition(&watch.failed))];
    branches
        .extend(watch.succeeded.as_ref().map(|mark| format!("else if {} {{ .outcome = \"ok\" }}", condition(mark))));
    branches.push("else { abort }".into());
    let parse = match watch.layout {
        Layout::Json => "line = object(parse_json(.message) ?? {}) ?? {}",
        Layout::Logfmt => "line = parse_logfmt(.message) ?? {}",
        Layout::Text => "line = {}",
    };
    let owners: &[String] = if watch.layout == Layout::Text { &[] } else { &watch.by };
    let kept = owners
        .iter()
        .map(|field| format!("      .{} = {}\n", label(field), access(field)))
        .collect::<Vec<_>>()
        .concat();
    let tags = owners
        .iter()
        .map(|field| format!("          {0}: \"{{{{ {0} }}}}\"\n", label(field)))
        .collect::<Vec<_>>()
        .concat();
    format!(
        "transforms:\n  refreshes:\n    type: remap\n    inputs: [your_logs]\n    drop_on_abort: true\n    source: |\n      {parse}\n      {}\n{kept}  \
         refresh_counter:\n    type: log_to_metric\n    inputs: [refreshes]\n    metrics:\n      - type: counter\n        field: outcome\n        \
         name: oauth_refreshes_total\n        tags:\n          outcome: \"{{{{ outcome }}}}\"\n{tags}",
        branches.join(" "),
    )
}

fn condition(mark: &Mark) -> String {
    let any = |tests: Vec<String>| tests.join(" || ");
    match &mark.field {
        Some(field) if mark.values.is_empty() => format!("exists({})", access(field)),
        Some(field) => any(mark.values.iter().map(|value| format!("{} == {}", access(field), double(value))).collect()),
        None => {
            let held = |value: &String| format!("contains(string!(.message), {})", double(value));
            any(mark.values.iter().map(held).collect())
        }
    }
}

/// `line."auth".err`, every part quoted: VRL then takes any name.
fn access(field: &str) -> String {
    field.split('.').fold("line".to_owned(), |path, part| format!("{path}.{}", double(part)))
}
