//! Finds the first `[[event]]` rule that a record satisfies.

use crate::format::{Field, Record, normal_key};
use crate::rules::{EventRule, FieldRole};

/// A rule that matched, and what its patterns captured.
#[derive(Debug)]
pub(super) struct Matched<'r, 'a> {
    pub(super) rule: &'r EventRule,
    pub(super) captures: Vec<(FieldRole, &'a str)>,
}

/// The event rules in the order in which they are tried: those with field conditions first.
#[derive(Debug)]
pub(super) struct RuleIndex {
    rules: Vec<EventRule>,
}

impl RuleIndex {
    pub(super) fn new<'r>(rules: impl Iterator<Item = &'r EventRule>) -> Self {
        let mut rules: Vec<EventRule> = rules.cloned().collect();
        for rule in &mut rules {
            for (path, _) in &mut rule.conditions {
                *path = normal_key(path);
            }
            for path in rule.map.iter_mut().flat_map(|(_, paths)| paths) {
                *path = normal_key(path);
            }
        }
        // More conditions are more specific; the sort is stable, so files keep their order.
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.conditions.len()));
        Self { rules }
    }

    pub(super) fn find<'a>(&self, record: &Record<'a>) -> Option<Matched<'_, 'a>> {
        self.rules.iter().find_map(|rule| {
            rule.conditions.iter().all(|(path, wanted)| holds(record, path, wanted)).then_some(())?;
            let captures = if rule.texts.is_empty() { Vec::new() } else { texts(rule, record)? };
            Some(Matched { rule, captures })
        })
    }
}

/// Whether a field stands at a path: the whole path, or its end. Most fields are told apart by the
/// last byte alone.
pub(super) fn at_path(field: &Field<'_>, path: &str) -> bool {
    field.path.as_bytes().last() == path.as_bytes().last()
        && field.path.strip_suffix(path).is_some_and(|head| head.is_empty() || head.ends_with('.'))
}

fn holds(record: &Record<'_>, path: &str, wanted: &[String]) -> bool {
    let mut values = record.fields.iter().filter(|field| at_path(field, path)).map(|field| field.value);
    if wanted.iter().any(|value| value == "!") {
        return values.all(|value| value.is_empty() || value == "null");
    }
    values.any(|value| wanted.iter().any(|wanted| equal(value, wanted)))
}

fn equal(value: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(prefix) => value.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix)),
        None => value.eq_ignore_ascii_case(wanted),
    }
}

/// What the first pattern that is found in a text of the record captures.
fn texts<'a>(rule: &EventRule, record: &Record<'a>) -> Option<Vec<(FieldRole, &'a str)>> {
    let values = record.fields.iter().filter(|field| field.value.contains(' ')).map(|field| field.value);
    record.texts.iter().copied().chain(values).find_map(|text| {
        let (pattern, groups) = rule.texts.iter().find_map(|pattern| Some((pattern, pattern.captures(text)?)))?;
        let named = pattern.capture_names().flatten().filter_map(|name| {
            let field_role = serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()?;
            Some((field_role, &text[groups.name(name)?.range()]))
        });
        Some(named.collect())
    })
}
