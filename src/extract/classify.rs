//! What the error of a failed refresh says by itself.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;

use super::draft::Draft;
use super::signals::Signals;
use crate::model::CauseClass;
use crate::rules::{KnownCode, Provider};

/// Error texts and codes of all providers, and of the standards.
#[derive(Debug)]
pub(super) struct Classifier {
    texts: AhoCorasick,
    meanings: Vec<Meaning>,
    codes: HashMap<String, Vec<(Option<String>, CauseClass)>>,
}

#[derive(Debug)]
struct Meaning {
    provider: String,
    text: String,
    class: CauseClass,
}

/// Length from which a provider's text is taken for its own, whoever the server is.
const DISTINCTIVE: usize = 24;
/// The provider whose texts hold for every server.
const GENERIC: &str = "generic";

impl Classifier {
    pub(super) fn new(providers: &[Provider], known: &[KnownCode]) -> Self {
        let mut codes: HashMap<String, Vec<(Option<String>, CauseClass)>> = HashMap::new();
        let (mut patterns, mut meanings) = (Vec::new(), Vec::new());
        for (provider, error) in
            providers.iter().flat_map(|provider| provider.errors.iter().map(move |error| (provider, error)))
        {
            if let Some(text) = &error.text {
                patterns.push(text.as_str());
                meanings.push(Meaning { provider: provider.id.clone(), text: text.clone(), class: error.class });
            } else if let Some(code) = &error.code {
                codes.entry(code.clone()).or_default().push((Some(provider.id.clone()), error.class));
            }
        }
        for code in known {
            codes.entry(code.code.clone()).or_default().push((None, code.class));
        }
        let texts = AhoCorasick::builder().ascii_case_insensitive(true).build(&patterns);
        let texts = texts.unwrap_or_else(|_| super::signals::empty());
        Self { texts, meanings, codes }
    }

    /// The texts that are looked for.
    pub(super) fn telling(&self) -> impl Iterator<Item = &str> {
        self.meanings.iter().map(|meaning| meaning.text.as_str())
    }

    /// The class of a failure: its text (the provider's own meaning before the general one, the
    /// longer text before the shorter), its sub-code, its code, its status.
    pub(super) fn class(&self, draft: &Draft<'_>, signals: &Signals<'_, '_>) -> CauseClass {
        let by_text =
            draft.texts().filter_map(|text| self.of_text(text, draft.provider.as_deref())).max_by_key(|found| found.0);
        if let Some((_, class)) = by_text {
            return class;
        }
        let coded = draft.sub_codes().chain(draft.error).find_map(|code| self.of_code(code, draft.provider.as_deref()));
        let status = signals.status.or(draft.status);
        match (coded, status) {
            (Some(class), _) if class != CauseClass::Ambiguous => class,
            (None | Some(_), Some(429 | 500..)) if draft.error.is_none_or(|error| !error.contains("grant")) => {
                CauseClass::Transient
            }
            (Some(class), _) => class,
            (None, _) => CauseClass::Ambiguous,
        }
    }

    fn of_text(&self, text: &str, provider: Option<&str>) -> Option<((bool, usize), CauseClass)> {
        let meanings = self.texts.find_overlapping_iter(text).map(|found| &self.meanings[found.pattern().as_usize()]);
        // A provider's text serves elsewhere only where it is long enough to be nobody else's.
        let foreign = provider.is_none_or(|id| !self.knows(id));
        let fits = |meaning: &&Meaning| {
            let own = provider == Some(meaning.provider.as_str());
            own || meaning.provider == GENERIC || (foreign && meaning.text.len() >= DISTINCTIVE)
        };
        meanings
            .filter(fits)
            .map(|meaning| ((Some(meaning.provider.as_str()) == provider, meaning.text.len()), meaning.class))
            .max_by_key(|found| found.0)
    }

    fn knows(&self, provider: &str) -> bool {
        self.meanings.iter().any(|meaning| meaning.provider == provider)
    }

    fn of_code(&self, code: &str, provider: Option<&str>) -> Option<CauseClass> {
        let meanings = self.codes.get(code)?;
        let own = meanings.iter().find(|(id, _)| id.as_deref() == provider && provider.is_some());
        let general = |id: &Option<String>| id.as_deref().is_none_or(|id| id == GENERIC);
        own.or_else(|| meanings.iter().find(|(id, _)| general(id))).map(|(_, class)| *class)
    }
}
