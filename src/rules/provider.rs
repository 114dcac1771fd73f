//! `rules/providers/*.toml`: how a server is recognised, what its errors mean, how it rotates.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::event::{EventExample, EventExamples, EventSpec};
use super::{EventRule, Proof, RuleError, RuleSource, parse};
use crate::model::{CauseClass, RotationPolicy};

/// One server or service.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its id: `keycloak`.
    pub id: String,
    /// How it is recognised.
    pub recognise: Recognise,
    /// What its errors mean.
    pub errors: Vec<ErrorMeaning>,
    /// What it does with refresh tokens.
    pub rotation: RotationPolicy,
}

/// Signs of a server in a record; one is enough.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recognise {
    /// Host names, or the ends of them, in URLs, issuers and messages.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Texts that only this server writes.
    #[serde(default)]
    pub texts: Vec<String>,
    /// Sets of field paths that only its log export has.
    #[serde(default)]
    pub fields: Vec<Vec<String>>,
}

/// An error code or text, and what it says by itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorMeaning {
    /// The code, whole.
    pub code: Option<String>,
    /// A part of the description, in any case.
    pub text: Option<String>,
    /// What it means.
    pub class: CauseClass,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderFile {
    id: String,
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    title: String,
    #[serde(default)]
    #[allow(dead_code, reason = "shown by `tokscan rules show`")]
    references: Vec<String>,
    #[serde(default)]
    recognise: Recognise,
    #[serde(default)]
    rotation: RotationPolicy,
    #[serde(default)]
    error: Vec<ErrorMeaning>,
    #[serde(default)]
    event: Vec<EventSpec>,
    #[serde(default)]
    examples: EventExamples,
}

/// What the provider files hold.
#[derive(Clone, Debug, Default)]
pub struct Providers {
    /// The servers, by id.
    pub list: Vec<Provider>,
    /// The event rules of their log exports.
    pub events: Vec<EventRule>,
    /// Their examples.
    pub proofs: Vec<Proof>,
    /// The built-in ones whose place a file of the user took.
    pub replaced: BTreeSet<String>,
}

impl Providers {
    /// Takes away the examples of other files that only a replaced provider would read as they say.
    pub fn without_replaced(&self, proofs: &mut [Proof]) {
        let stands = |example: &EventExample| {
            example.columns.get("provider").is_none_or(|provider| !self.replaced.contains(provider))
        };
        for proof in proofs.iter_mut().filter(|proof| proof.source.is_built_in()) {
            proof.examples.matches.retain(stands);
        }
    }
}

/// Loads `rules/providers/`; a later file with the same id replaces an earlier one.
pub fn load_providers(sources: &[RuleSource]) -> Result<Providers, Vec<RuleError>> {
    let (mut found, mut errors) = (Providers::default(), Vec::new());
    let mut proofs: Vec<(String, Proof)> = Vec::new();
    for source in sources.iter().filter(|source| source.folder() == "providers") {
        let file: ProviderFile = match parse(source) {
            Ok(file) => file,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        if file.examples.matches.is_empty() || file.examples.ignore.is_empty() {
            errors.push(source.error_at("id", "a provider needs examples: [[examples.match]] and examples.ignore"));
        }
        errors.extend(
            file.error
                .iter()
                .filter(|error| error.code.is_none() && error.text.is_none())
                .map(|_| source.error_at("[[error]]", "an error needs `code` or `text`")),
        );
        found.list.retain(|known| known.id != file.id);
        found.events.retain(|known| known.provider.as_deref() != Some(file.id.as_str()));
        for spec in file.event {
            match spec.compile(source, Some(&file.id)) {
                Ok(rule) => found.events.push(rule),
                Err(error) => errors.push(error),
            }
        }
        // A replaced file takes its examples with it: they prove rules that are gone.
        if proofs.iter().any(|(known, _)| *known == file.id) {
            found.replaced.insert(file.id.clone());
        }
        proofs.retain(|(known, _)| *known != file.id);
        proofs.push((file.id.clone(), Proof { source: source.clone(), examples: file.examples }));
        let (recognise, errors, rotation) = (file.recognise, file.error, file.rotation);
        found.list.push(Provider { id: file.id, recognise, errors, rotation });
    }
    found.proofs = proofs.into_iter().map(|(_, proof)| proof).collect();
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}
