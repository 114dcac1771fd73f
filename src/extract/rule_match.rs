//! Finds the first `[[event]]` rule that a record satisfies.

use hashbrown::HashMap;

use super::copies::NAMES;
use crate::format::{Field, Record, normal_key};
use crate::rules::{EventRule, FieldRole, Pattern, PatternSet};

/// A rule that matched, and what its patterns captured.
#[derive(Debug)]
pub(super) struct Matched<'r, 'a> {
    pub(super) rule: &'r EventRule,
    pub(super) captures: Vec<(FieldRole, &'a str)>,
}

/// The event rules in the order in which they are tried: those with field conditions first. A record
/// is held only against rules whose most telling key it has, or one of whose texts it holds: with
/// hundreds of rules, trying each was a fifth of the time of an event.
#[derive(Debug)]
pub(super) struct RuleIndex {
    rules: Vec<EventRule>,
    /// Rules by the last part of the path of their most telling condition.
    by_key: HashMap<String, Vec<usize>>,
    /// Patterns of the rules that have no condition, and the rule of each.
    by_text: PatternSet,
    text_rules: Vec<usize>,
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
        let (mut by_key, mut patterns, mut text_rules): (HashMap<String, Vec<usize>>, _, _) = Default::default();
        for (number, rule) in rules.iter().enumerate() {
            match telling(rule) {
                Some(path) => {
                    by_key.entry(path.rsplit('.').next().unwrap_or(path).to_owned()).or_default().push(number);
                }
                None => add_texts(rule, number, &mut patterns, &mut text_rules),
            }
        }
        let by_text = PatternSet::of(patterns);
        Self { rules, by_key, by_text, text_rules }
    }

    pub(super) fn find<'a>(&self, record: &Record<'a>) -> Option<Matched<'_, 'a>> {
        let mut numbers: Vec<usize> = Vec::new();
        for field in &record.fields {
            numbers.extend(self.by_key.get(field.leaf()).into_iter().flatten());
        }
        for text in texts_of(record) {
            numbers.extend(self.by_text.matches(text).into_iter().map(|pattern| self.text_rules[pattern]));
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().find_map(|number| {
            let rule = &self.rules[number];
            let exact = |number| rule.searched == Some(number);
            let mut conditions = rule.conditions.iter().enumerate();
            conditions.all(|(number, (path, wanted))| holds(record, path, wanted, exact(number))).then_some(())?;
            let captures = if rule.texts.is_empty() { Vec::new() } else { captures(rule, record)? };
            Some(Matched { rule, captures })
        })
    }
}

impl RuleIndex {
    /// The patterns of all rules.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().flat_map(|rule| &rule.texts).map(Pattern::text)
    }

    /// Whether a rule asks for a value of a field that holds digits, or may be made of them.
    pub(super) fn asks_for_digits(&self, field: &Field<'_>) -> bool {
        let numbered = |value: &String| {
            let digits = value.bytes().any(|byte| byte.is_ascii_digit());
            digits || (value != "*" && value.trim_end_matches('*').bytes().all(|byte| byte.is_ascii_hexdigit()))
        };
        let mut conditions = self.rules.iter().flat_map(|rule| &rule.conditions);
        conditions.any(|(path, wanted)| at_path(field, path) && wanted.iter().any(numbered))
    }

    /// The paths of all conditions and maps.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let mapped = self.rules.iter().flat_map(|rule| &rule.map).flat_map(|(_, paths)| paths);
        let asked = self.rules.iter().flat_map(|rule| &rule.conditions).map(|(path, _)| path);
        asked.chain(mapped).map(String::as_str)
    }

    /// Whether a rule asks what the value of a field is.
    pub(super) fn asks_for(&self, field: &Field<'_>) -> bool {
        let conditions = self.rules.iter().flat_map(|rule| &rule.conditions);
        // `*` asks whether the field is there at all.
        let mut asking = conditions.filter(|(_, wanted)| wanted.iter().all(|value| value != "*"));
        asking.any(|(path, _)| at_path(field, path))
    }

    /// Whether a rule maps a field to a part that is no name.
    pub(super) fn maps(&self, field: &Field<'_>) -> bool {
        let maps = self.rules.iter().flat_map(|rule| &rule.map).filter(|(role, _)| !NAMES.contains(role));
        maps.flat_map(|(_, paths)| paths).any(|path| at_path(field, path))
    }
}

/// The condition that the fewest records have: the one with the longest values; never one that asks for
/// a field's absence.
fn telling(rule: &EventRule) -> Option<&str> {
    let shortest = |values: &[String]| values.iter().map(String::len).min().unwrap_or(0);
    let present = rule.conditions.iter().filter(|(_, values)| values.iter().all(|value| value != "!"));
    present.max_by_key(|(_, values)| shortest(values)).map(|(path, _)| path.as_str())
}

fn add_texts<'r>(rule: &'r EventRule, number: usize, patterns: &mut Vec<&'r Pattern>, text_rules: &mut Vec<usize>) {
    for pattern in &rule.texts {
        patterns.push(pattern);
        text_rules.push(number);
    }
}

/// Whether a field stands at a path: the whole path, or its end. Most fields are told apart by the
/// last byte alone.
pub(super) fn at_path(field: &Field<'_>, path: &str) -> bool {
    field.path.as_bytes().last() == path.as_bytes().last()
        && field.path.strip_suffix(path).is_some_and(|head| head.is_empty() || head.ends_with('.'))
}

fn holds(record: &Record<'_>, path: &str, wanted: &[String], exact: bool) -> bool {
    let mut values = record.fields.iter().filter(|field| at_path(field, path)).map(|field| field.value);
    if wanted.iter().any(|value| value == "!") {
        return values.all(|value| value.is_empty() || value == "null");
    }
    values.any(|value| wanted.iter().any(|wanted| if exact { same(value, wanted) } else { equal(value, wanted) }))
}

fn same(value: &str, wanted: &str) -> bool {
    wanted.strip_suffix('*').map_or(value == wanted, |prefix| value.starts_with(prefix))
}

fn equal(value: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(prefix) => value.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix)),
        None => value.eq_ignore_ascii_case(wanted),
    }
}

/// What the patterns of a rule are tried on: running texts, and values that are texts.
fn texts_of<'a>(record: &Record<'a>) -> impl Iterator<Item = &'a str> {
    let values = record.fields.iter().filter(|field| field.value.contains(' ')).map(|field| field.value);
    record.texts.iter().copied().chain(values)
}

/// What the first pattern that is found in a text of the record captures.
fn captures<'a>(rule: &EventRule, record: &Record<'a>) -> Option<Vec<(FieldRole, &'a str)>> {
    texts_of(record).find_map(|text| {
        let groups = rule.texts.iter().find_map(|pattern| pattern.captures(text))?;
        let named = groups.named().filter_map(|(name, value)| {
            let field_role = serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()?;
            Some((field_role, value))
        });
        Some(named.collect())
    })
}
