//! Whom a record is about, whether it is a token event or not.

use super::Extractor;
use crate::format::Record;
use crate::rules::FieldRole;

/// The names in a record. Beside a name stands its place in the list of keys: less is better.
#[derive(Debug)]
pub struct Identity<'a> {
    /// Its request, trace and correlation ids.
    pub requests: Vec<&'a str>,
    /// The client.
    pub client: Option<(i32, &'a str)>,
    /// The subject.
    pub subject: Option<(i32, &'a str)>,
}

impl Extractor {
    /// Whom a record is about. Not masked.
    pub fn identity<'a>(&self, record: &Record<'a>) -> Identity<'a> {
        let rule = self.rules.find(record);
        let roles = self.roles_of(record, rule.as_ref());
        let name = |role| roles.ranked(role).map(|(rank, value)| (rank, value.trim().trim_matches(['"', '\''])));
        Identity {
            requests: roles.all(FieldRole::Request).map(|field| field.value).collect(),
            client: name(FieldRole::Client),
            subject: name(FieldRole::Subject),
        }
    }
}
