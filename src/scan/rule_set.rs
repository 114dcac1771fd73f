//! All rules of a run: the built-in packs, and what `--rules` adds or replaces.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::check;
use crate::diagnose::Policies;
use crate::extract::{Extractor, Hints};
use crate::format::Reader;
use crate::leak::LeakScanner;
use crate::model::Notice;
use crate::rules::{
    Catalogue, EventRule, Proof, RuleError, RuleSource, TextFormat, embedded, is_gitleaks, load_diagnoses, load_events,
    load_formats, load_gitleaks, load_leaks, load_providers, load_vocabulary, read_path, triggers,
};

/// The compiled rules of a run.
#[derive(Debug)]
pub(super) struct RuleSet {
    pub(super) reader: Reader,
    pub(super) extractor: Extractor,
    pub(super) leaks: LeakScanner,
    pub(super) catalogue: Catalogue,
    pub(super) policies: Policies,
    /// Literals of which at least one is in every record worth parsing.
    pub(super) triggers: Vec<String>,
    /// The examples of everything that makes token events.
    pub(super) proofs: Vec<Proof>,
    /// The text layouts, with theirs.
    pub(super) layouts: Vec<TextFormat>,
    sizes: RuleSizes,
    /// What rule files of other programs ask for and is not honoured.
    pub(super) notices: Vec<Notice>,
    /// See [`crate::model::RunInfo::rules_digest`].
    pub(super) digest: String,
}

/// How much `tokscan rules check` looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleSizes {
    /// Rule files, the built-in ones included.
    pub files: usize,
    /// Rules of every kind in them.
    pub rules: usize,
    /// Lines and logs that must be recognised, or must not.
    pub examples: usize,
}

impl RuleSet {
    /// Loads the built-in rules and those of `paths`; all mistakes are told at once.
    pub(super) fn load(paths: &[PathBuf], hints: Hints) -> Result<Self, Vec<RuleError>> {
        let mut sources = embedded();
        let mut errors = Vec::new();
        for path in paths {
            match read_path(path) {
                Ok(more) => sources.extend(more),
                Err(error) => errors.push(error),
            }
        }
        errors.extend(misplaced(&sources));
        if !errors.is_empty() {
            return Err(errors);
        }
        Self::compile(&sources, hints)
    }

    fn compile(sources: &[RuleSource], hints: Hints) -> Result<Self, Vec<RuleError>> {
        let mut errors = Vec::new();
        // Compiling patterns is most of the start-up of a run over small logs: it is spread over the cores.
        let ((formats, vocabulary), (leaks, (providers, (events, catalogue)))) = rayon::join(
            || rayon::join(|| load_formats(sources), || load_vocabulary(sources).map_err(|error| vec![error])),
            || (load_leaks(sources), (load_providers(sources), (load_events(sources), load_diagnoses(sources)))),
        );
        let formats = taken(formats, &mut errors);
        let providers = taken(providers, &mut errors);
        let events = taken(events, &mut errors);
        let leaks = taken(leaks, &mut errors);
        let foreign = taken(load_gitleaks(sources), &mut errors);
        let catalogue = taken(catalogue, &mut errors);
        let vocabulary = taken(vocabulary, &mut errors);
        let (
            Some(formats),
            Some(mut providers),
            Some((mut events, mut proofs)),
            Some(mut leaks),
            Some(foreign),
            Some(catalogue),
            Some(vocabulary),
        ) = (formats, providers, events, leaks, foreign, catalogue, vocabulary)
        else {
            return Err(errors);
        };
        errors.extend(duplicates(&events, &providers.events));
        if !errors.is_empty() {
            return Err(errors);
        }
        providers.without_replaced(&mut proofs);
        // A rule of the user's takes the place of the built-in one of its name.
        leaks.retain(|rule| foreign.rules.iter().all(|other| other.id != rule.id));
        leaks.extend(foreign.rules);
        proofs.extend(providers.proofs.iter().chain(&formats.proofs).cloned());
        proofs.push(vocabulary.proof.clone());
        let sizes = RuleSizes {
            files: sources.len(),
            rules: formats.texts.len()
                + providers.list.len()
                + providers.events.len()
                + events.len()
                + leaks.len()
                + catalogue.iter().count(),
            examples: formats.texts.iter().map(|text| text.examples.count()).sum::<usize>()
                + proofs.iter().map(|proof| proof.examples.count()).sum::<usize>()
                + leaks.iter().map(|rule| rule.examples.count()).sum::<usize>()
                + catalogue.iter().map(|rule| rule.examples.count()).sum::<usize>(),
        };
        let triggers = triggers(&vocabulary, events.iter_mut().chain(&mut providers.events))?;
        let policies = providers.list.iter().map(|provider| (provider.id.clone(), provider.rotation)).collect();
        let ((extractor, reader), leaks) = rayon::join(
            || (Extractor::new(&events, &providers, vocabulary, hints), Reader::new(&formats)),
            || LeakScanner::new(&leaks),
        );
        let layouts = formats.texts;
        let digest = digest(sources);
        Ok(Self {
            reader,
            extractor,
            leaks,
            catalogue,
            policies,
            triggers,
            proofs,
            layouts,
            sizes,
            notices: foreign.notices,
            digest,
        })
    }

    /// Runs every rule's own examples.
    pub(super) fn prove(&self) -> Vec<RuleError> {
        check::prove(self)
    }

    /// How much there is.
    pub(super) fn sizes(&self) -> RuleSizes {
        self.sizes
    }
}

/// One digest over the texts of all rules, whatever the folders that users keep theirs in.
fn digest(sources: &[RuleSource]) -> String {
    let mut texts: Vec<&str> = sources.iter().map(|source| source.text.as_ref()).collect();
    texts.sort_unstable();
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let whole = hash.finalize();
    let head = whole.iter().take(6).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{head:012x}")
}

fn taken<T>(loaded: Result<T, Vec<RuleError>>, errors: &mut Vec<RuleError>) -> Option<T> {
    loaded.map_err(|more| errors.extend(more)).ok()
}

/// Rule files in a folder that means nothing: silently ignored rules would be worse than an error.
fn misplaced(sources: &[RuleSource]) -> impl Iterator<Item = RuleError> + '_ {
    const FOLDERS: [&str; 5] = ["diagnoses", "events", "formats", "leaks", "providers"];
    let ours = sources.iter().filter(|source| !is_gitleaks(source));
    ours.filter(|source| !FOLDERS.contains(&source.folder())).map(|source| RuleError {
        path: source.path.clone(),
        line: 1,
        message: format!("the folder of a rule file decides what it is; put it into one named {}", FOLDERS.join(", ")),
    })
}

/// Two event rules with one id in different files.
fn duplicates(events: &[EventRule], of_providers: &[EventRule]) -> Vec<RuleError> {
    let mut seen = std::collections::BTreeSet::new();
    let repeated = events.iter().chain(of_providers).filter(|rule| !seen.insert(rule.id.clone()));
    repeated
        .map(|rule| RuleError {
            path: rule.path.clone(),
            line: rule.line,
            message: format!("the id `{}` is taken by another event rule", rule.id),
        })
        .collect()
}
