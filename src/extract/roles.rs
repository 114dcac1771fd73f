//! Which value of a record is the client, the subject, the error: field aliases, best first.

use hashbrown::HashMap;

use super::rule_match::Matched;
use crate::format::{Field, Record, ValueKind, normal_key};
use crate::rules::FieldRole;

/// One level of wrapping is worth so many places in the list of aliases: what is nearer to the event wins.
const DEPTH_WORTH: i32 = 3;

/// Keys by role.
#[derive(Debug)]
pub(super) struct Aliases {
    keys: HashMap<String, Vec<(FieldRole, i32)>>,
}

/// A value in a role.
#[derive(Clone, Copy, Debug)]
struct Found<'a> {
    role: FieldRole,
    cost: i32,
    field: Field<'a>,
}

/// The values of a record by role, the best of each first.
#[derive(Debug, Default)]
pub(super) struct Roles<'a> {
    /// In one list, because a list for each role was an allocation for each.
    found: Vec<Found<'a>>,
}

impl Aliases {
    pub(super) fn new(fields: &[(FieldRole, Vec<String>)]) -> Self {
        let mut keys: HashMap<String, Vec<(FieldRole, i32)>> = HashMap::new();
        for (role, aliases) in fields {
            for (rank, alias) in (0..).zip(aliases) {
                for alias in alternatives(alias) {
                    let roles = keys.entry(normal_key(&alias).replace('.', "")).or_default();
                    if roles.iter().all(|(known, _)| known != role) {
                        roles.push((*role, rank));
                    }
                }
            }
        }
        Self { keys }
    }

    /// All keys, without dots.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// Sorts the fields of a record into roles.
    pub(super) fn collect<'a>(&self, record: &Record<'a>) -> Roles<'a> {
        let mut roles = Roles { found: Vec::with_capacity(2 * record.fields.len()) };
        let mut pair = String::new();
        for field in &record.fields {
            self.each(field, &mut pair, &mut |role, rank| {
                if accepts(role, field) {
                    let cost = rank - DEPTH_WORTH * i32::from(field.depth);
                    roles.found.push(Found { role, cost, field: *field });
                }
            });
        }
        roles.found.sort_by_key(|found| (found.role, found.cost));
        roles
    }

    /// Calls for each role that a field has by its key.
    pub(super) fn each_role(&self, field: &Field<'_>, found: &mut dyn FnMut(FieldRole)) {
        self.each(field, &mut String::new(), &mut |role, _| found(role));
    }

    /// The roles of the last part of a path, and of its last two parts; `pair` is room for those.
    fn each(&self, field: &Field<'_>, pair: &mut String, found: &mut impl FnMut(FieldRole, i32)) {
        let mut by_key = |key: &str| {
            self.keys.get(key).into_iter().flatten().for_each(|(role, rank)| found(*role, *rank));
        };
        let leaf = field.leaf();
        by_key(leaf);
        if let Some(head) = field.path.strip_suffix(leaf).and_then(|head| head.strip_suffix('.')) {
            pair.clear();
            pair.push_str(head.rsplit('.').next().unwrap_or(head));
            pair.push_str(leaf);
            by_key(pair);
        }
    }
}

impl<'a> Roles<'a> {
    /// The best value of a role.
    pub(super) fn get(&self, role: FieldRole) -> Option<&'a str> {
        self.all(role).next().map(|field| field.value)
    }

    /// The best value of a role, and its place in the list of aliases: less is better.
    pub(super) fn ranked(&self, role: FieldRole) -> Option<(i32, &Field<'a>)> {
        let found = self.found.get(self.found.partition_point(|found| found.role < role))?;
        (found.role == role).then_some((found.cost, &found.field))
    }

    /// All values of a role, best first.
    pub(super) fn all(&self, role: FieldRole) -> impl Iterator<Item = &Field<'a>> {
        let tail = &self.found[self.found.partition_point(|found| found.role < role)..];
        tail.iter().take_while(move |found| found.role == role).map(|found| &found.field)
    }

    /// Puts a value in front of a role.
    pub(super) fn set(&mut self, role: FieldRole, value: &'a str) {
        let field = Field::new("", value, ValueKind::Word, 0);
        if accepts(role, &field) {
            let first = self.found.partition_point(|found| found.role < role);
            self.found.insert(first, Found { role, cost: i32::MIN, field });
        }
    }

    /// What a rule says about where parts stand takes the place of every alias: a part that the rule
    /// names and the record leaves empty is not there.
    pub(super) fn apply(&mut self, matched: &Matched<'_, 'a>, record: &Record<'a>) {
        for (role, paths) in &matched.rule.map {
            self.found.retain(|found| found.role != *role);
            let first = self.found.partition_point(|found| found.role < *role);
            let at_paths = paths
                .iter()
                .flat_map(|path| record.fields.iter().filter(|field| super::rule_match::at_path(field, path)))
                .filter(|field| accepts(*role, field))
                .map(|field| Found { role: *role, cost: 0, field: *field });
            self.found.splice(first..first, at_paths);
        }
        for (role, value) in &matched.captures {
            self.set(*role, value);
        }
    }
}

/// A number, with or without its unit.
pub(super) fn number(value: &str) -> Option<f64> {
    value.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()).trim().parse().ok()
}

/// `{old,new}_rt` is `old_rt` and `new_rt`.
fn alternatives(alias: &str) -> Vec<String> {
    let inner = alias.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?)));
    let Some((head, (choices, tail))) = inner else { return vec![alias.to_owned()] };
    choices.split(',').flat_map(|choice| alternatives(&format!("{head}{choice}{tail}"))).collect()
}

/// An address, with or without a port.
fn is_address(value: &str) -> bool {
    let host = value
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(value, |(host, _)| host);
    host.parse::<std::net::IpAddr>().is_ok() || value.trim_matches(['[', ']']).parse::<std::net::Ipv6Addr>().is_ok()
}

/// Words that stand where nobody is named.
pub fn names_nobody(value: &[u8]) -> bool {
    let word = matches!(
        value,
        b"null" | b"none" | b"None" | b"undefined" | b"nil" | b"unknown" | b"n/a" | b"N/A" | b"(null)" | b"<nil>"
    );
    word || value.iter().all(|byte| *byte == b'-')
}

/// A request id of fewer signs tells requests apart only next to each other.
const COUNT: usize = 4;

/// Whether an id of a request is a count of few signs: `7`, `b2`. A zero stands where none was given.
pub fn is_count(id: &str) -> bool {
    id.len() < COUNT
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && id.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

/// Whether a value can play a role at all.
fn accepts(role: FieldRole, field: &Field<'_>) -> bool {
    let value = field.value.trim();
    if value.is_empty() || field.kind == ValueKind::Null || names_nobody(value.as_bytes()) {
        return false;
    }
    match role {
        FieldRole::Status => {
            value.len() == 3
                && matches!(value.as_bytes()[0], b'1'..=b'5')
                && value.bytes().all(|byte| byte.is_ascii_digit())
        }
        FieldRole::ExpiresIn | FieldRole::Duration => value.as_bytes()[0].is_ascii_digit(),
        FieldRole::Error | FieldRole::SubCode if field.kind == ValueKind::Prose => value.contains('_'),
        FieldRole::Error => {
            field.kind != ValueKind::Number && !matches!(value, "false" | "true" | "ok" | "OK") && value.len() <= 4096
        }
        // The address of a peer stands under `client` in many server logs.
        FieldRole::Client if is_address(value) => false,
        // `auth.client: Token refresh failed` is a logger and its message.
        FieldRole::Client | FieldRole::Subject if field.kind == ValueKind::Prose && field.path.contains('.') => false,
        FieldRole::Client | FieldRole::Subject | FieldRole::Host | FieldRole::Thread | FieldRole::Address => {
            value.len() <= 256 && !value.starts_with(['{', '[']) && !matches!(value, "true" | "false")
        }
        FieldRole::Request => {
            is_count(value) || (COUNT..=128).contains(&value.len()) && !value.contains([' ', '/', '{'])
        }
        _ => value.len() <= 64 * 1024,
    }
}
