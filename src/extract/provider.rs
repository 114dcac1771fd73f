//! Which server a record is about.

use aho_corasick::AhoCorasick;

use super::roles::Roles;
use crate::format::{Record, normal_key};
use crate::rules::{FieldRole, Provider};

/// The signs of all providers in one automaton.
#[derive(Debug)]
pub(super) struct Recogniser {
    signs: AhoCorasick,
    /// The text of each, and the provider.
    texts: Vec<String>,
    owners: Vec<usize>,
    fields: Vec<(usize, Vec<String>)>,
    ids: Vec<String>,
}

impl Recogniser {
    pub(super) fn new(providers: &[Provider]) -> Self {
        let (mut signs, mut owners, mut fields) = (Vec::new(), Vec::new(), Vec::new());
        for (index, provider) in providers.iter().enumerate() {
            for sign in provider.recognise.hosts.iter().chain(&provider.recognise.texts) {
                signs.push(sign.as_str());
                owners.push(index);
            }
            for set in &provider.recognise.fields {
                fields.push((index, set.iter().map(|path| normal_key(path)).collect()));
            }
        }
        let texts = signs.iter().map(|sign| (*sign).to_owned()).collect();
        let signs = AhoCorasick::builder().ascii_case_insensitive(true).build(&signs);
        let signs = signs.unwrap_or_else(|_| super::signals::empty());
        Self { signs, texts, owners, fields, ids: providers.iter().map(|provider| provider.id.clone()).collect() }
    }

    /// The provider that the matched rule, a provider field, a host, a text or a set of fields names.
    pub(super) fn recognise(&self, record: &Record<'_>, roles: &Roles<'_>, rule: Option<&str>) -> Option<String> {
        if let Some(rule) = rule.filter(|id| *id != "generic") {
            return Some(rule.to_owned());
        }
        self.named(roles).or_else(|| self.by_fields(record)).or_else(|| self.by_sign(record))
    }

    /// The signs: texts that name a provider, in any case.
    pub(super) fn telling(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(String::as_str)
    }

    /// A field such as `provider: "keycloak"`; an unknown name stands for itself.
    fn named(&self, roles: &Roles<'_>) -> Option<String> {
        let mut values = roles.all(FieldRole::Issuer).filter(|field| names_provider(field.leaf()));
        let name = values
            .find(|field| field.value.len() <= 48 && !field.value.contains(['/', ' ', '{']))?
            .value
            .to_ascii_lowercase();
        let known = self
            .ids
            .iter()
            .find(|id| name == **id || name.starts_with(&format!("{id}-")) || name.starts_with(&format!("{id}_")));
        Some(known.cloned().unwrap_or(name))
    }

    fn by_fields(&self, record: &Record<'_>) -> Option<String> {
        let has = |path: &String| record.fields.iter().any(|field| super::rule_match::at_path(field, path));
        self.fields.iter().find(|(_, set)| set.iter().all(has)).map(|(index, _)| self.ids[*index].clone())
    }

    fn by_sign(&self, record: &Record<'_>) -> Option<String> {
        // Hosts hold a dot or a slash, texts a space; most values hold none of them.
        let telling = |value: &&str| value.len() > 5 && memchr::memchr3(b'.', b' ', b'/', value.as_bytes()).is_some();
        let values = record.fields.iter().map(|field| field.value).filter(telling);
        let found = values.chain(record.texts.iter().copied()).find_map(|text| self.signs.find(text));
        found.map(|found| self.ids[self.owners[found.pattern().as_usize()]].clone())
    }
}

/// Whether a key names a provider; other keys of an issuer hold addresses, and nothing else is read off them.
pub(super) fn names_provider(leaf: &str) -> bool {
    matches!(leaf, "provider" | "idp" | "vendor" | "providerid" | "oauthprovider")
}
