//! Whom a record is about, whether it is a token event or not.

use super::Extractor;
use crate::format::Record;
use crate::rules::FieldRole;

/// A name in a record.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    /// The place of its key in the list of keys: less is better.
    pub rank: i32,
    /// The key, as paths are compared; empty where running text has the name.
    pub key: &'a str,
    /// The name.
    pub value: &'a str,
}

/// The names in a record.
#[derive(Debug)]
pub struct Identity<'a> {
    /// Its request, trace and correlation ids.
    pub requests: Vec<&'a str>,
    /// The client.
    pub client: Option<Name<'a>>,
    /// The subject.
    pub subject: Option<Name<'a>>,
    /// The host, process and thread that wrote it.
    pub worker: [Option<&'a str>; 3],
}

impl Extractor {
    /// Whom a record is about. Not masked.
    pub fn identity<'a>(&self, record: &Record<'a>) -> Identity<'a> {
        let rule = self.rules.find(record);
        let roles = self.roles_of(record, rule.as_ref());
        let name = |role| {
            let (rank, field) = roles.ranked(role)?;
            Some(Name { rank, key: field.path, value: field.value.trim().trim_matches(['"', '\'']) })
        };
        Identity {
            requests: roles.all(FieldRole::Request).map(|field| field.value).collect(),
            client: name(FieldRole::Client),
            subject: name(FieldRole::Subject),
            worker: [FieldRole::Host, FieldRole::Process, FieldRole::Thread]
                .map(|role| name(role).map(|name| name.value)),
        }
    }
}
