//! The options of the gate: which leaks count, what is known, and what a run is forgiven.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::files;
use super::rulebook::Rulebook;
use super::settings::Settings;
use crate::model::{Leak, LeakKind, Trouble};
use crate::scan::ScanOutcome;
use crate::triage::{Allow, Baseline, Gate};

/// What the gate lets pass.
#[derive(Debug, Args)]
#[command(next_help_heading = "Gate")]
pub struct GateArgs {
    /// Only leaks of this kind (repeatable)
    #[arg(
        long = "only",
        value_name = "KIND",
        value_parser = PossibleValuesParser::new(LeakKind::ALL.map(LeakKind::name))
            .map(|name| LeakKind::from_name(&name).unwrap_or(LeakKind::AccessToken)),
    )]
    pub kinds: Vec<LeakKind>,
    /// Exit with 1 only on more than so many leaks of those that --fail-on counts
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub max_leaks: usize,
    /// Leaks that are known: only others are reported
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Take all leaks of this run for known: write (or renew) a baseline, and exit with 0
    ///
    /// The file holds no value, and nothing that a value could be guessed from. It may be that of --baseline.
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
    /// Input that could not be read whole is a notice, and does not make the exit code 2
    #[arg(long)]
    pub allow_incomplete: bool,
    /// Copy standard input to standard output, every secret masked as `redact` does; leaks go to standard error
    #[arg(long)]
    pub pass_through: bool,
}

impl GateArgs {
    /// Adds what the options ask for to the gate; a mistake in the baseline is told before the work.
    pub(super) fn add_to(&self, gate: &mut Gate) -> Result<()> {
        if let Some(path) = &self.baseline {
            let text = fs::read_to_string(path)
                .with_context(|| format!("cannot read the baseline {}; --write-baseline writes one", path.display()))?;
            gate.baseline = Some(Baseline::read(&path.to_string_lossy(), &text)?);
        }
        gate.kinds.clone_from(&self.kinds);
        gate.strict = true;
        Ok(())
    }

    /// The baseline that this run renews, if it is asked to: with the key that the file has, so that it must be one.
    pub(super) fn renewed(&self) -> Result<Option<Baseline>> {
        let Some(path) = &self.write_baseline else { return Ok(None) };
        let name = path.to_string_lossy();
        if path.exists() {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
            let old = Baseline::read(&name, &text).context("--write-baseline overwrites nothing but a baseline")?;
            return Ok(Some(old));
        }
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|error| anyhow!("no random key for the baseline: {error}"))?;
        Ok(Some(Baseline::new(&name, key)))
    }

    /// Does what is left to do once the leaks are known: forgives what is to be forgiven, and writes the baseline.
    pub(super) fn settle(&self, outcome: &mut ScanOutcome, renewed: Option<Baseline>) -> Result<()> {
        if self.allow_incomplete {
            outcome.complete = true;
            outcome.report.notices.iter_mut().for_each(|notice| notice.trouble = Trouble::Note);
        }
        if let (Some(path), Some(old)) = (&self.write_baseline, renewed) {
            let leaks: Vec<&Leak> = outcome.report.leaks.iter().chain(&outcome.known_leaks).collect();
            write(path, &old.with(&leaks).to_json())?;
        }
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    files::replace(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

/// The allow rules of all settings files. The rules that they name must exist: a typing mistake would allow nothing,
/// and nobody would know why.
pub(super) fn allow_rules(rule_paths: &[PathBuf], settings: &Settings) -> Result<Vec<Allow>> {
    let rules: Vec<Allow> = settings.files.iter().flat_map(|file| file.allow.iter().cloned()).collect();
    let named: Vec<(&str, &str)> = rules.iter().filter_map(Allow::named).collect();
    if !named.is_empty() {
        let book = Rulebook::load(rule_paths)?;
        for (rule, place) in named {
            if let Err(hint) = book.check_reported(rule) {
                bail!("{place}: unknown rule '{rule}': {hint}");
            }
        }
    }
    Ok(rules)
}
