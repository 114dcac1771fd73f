//! The options of the gate: which leaks count, what is known, and what a run is forgiven.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use chrono::Utc;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::config::invalid;
use super::files;
use super::rulebook::Rulebook;
use crate::model::{Leak, LeakKind, Trouble};
use crate::scan::{ScanOptions, ScanOutcome};
use crate::triage::{Baseline, Gate, GateError, read_allow};

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
    /// Take the [[allow]] rules of this file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Input that could not be read whole is a notice, and does not make the exit code 2
    #[arg(long)]
    pub allow_incomplete: bool,
    /// Copy standard input to standard output, every secret masked as `redact` does; leaks go to standard error
    #[arg(long)]
    pub pass_through: bool,
}

impl GateArgs {
    /// The gate, its files read; a mistake in one of them is told before the work.
    pub(super) fn read(&self, options: &ScanOptions) -> Result<Gate> {
        let baseline = self.baseline.as_deref().map(|path| {
            let text = fs::read_to_string(path)
                .with_context(|| format!("cannot read the baseline {}; --write-baseline writes one", path.display()))?;
            Ok::<_, anyhow::Error>(Baseline::read(&path.to_string_lossy(), &text)?)
        });
        let mut allow = Vec::new();
        if let Some(path) = &self.config {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            allow = read_allow(&path.to_string_lossy(), &text).map_err(|errors| listed(&errors))?;
            check_names(&allow.iter().filter_map(crate::triage::Allow::named).collect::<Vec<_>>(), options)?;
        }
        let today = Utc::now().date_naive();
        Ok(Gate { kinds: self.kinds.clone(), allow, today, baseline: baseline.transpose()?, strict: true })
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

fn listed(errors: &[GateError]) -> anyhow::Error {
    anyhow!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// Rules that an allow rule names must exist: a typing mistake would allow nothing, and nobody would know why.
fn check_names(named: &[(&str, &str)], options: &ScanOptions) -> Result<()> {
    if named.is_empty() {
        return Ok(());
    }
    let book = Rulebook::load(&options.rule_paths)?;
    for (rule, place) in named {
        if let Err(hint) = book.check_reported(rule) {
            bail!("{place}: {}", invalid("rule", rule, &hint));
        }
    }
    Ok(())
}
