//! What a user says of logs that no rule knows: `--provider` and `--field`.

use super::roles::Roles;
use super::rule_match::at_path;
use crate::format::{Record, normal_key};
use crate::rules::FieldRole;

/// What is known beforehand.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// The provider of every record.
    pub provider: Option<String>,
    /// Roles, and the keys that hold them: `client` and `app.name`.
    pub fields: Vec<(FieldRole, String)>,
}

impl Hints {
    /// The same, with keys as paths are compared.
    pub(super) fn normal(mut self) -> Self {
        for (_, path) in &mut self.fields {
            *path = normal_key(path);
        }
        self
    }

    /// Puts the values of mapped keys in front of everything else; of several mappings of a role, the first wins.
    pub(super) fn apply<'a>(&self, record: &Record<'a>, roles: &mut Roles<'a>) {
        for (role, path) in self.fields.iter().rev() {
            if let Some(field) = record.fields.iter().find(|field| at_path(field, path)) {
                roles.set(*role, field.value);
            }
        }
    }
}
