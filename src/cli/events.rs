//! `tokscan events`: the normalised token events, for other tools.

use anyhow::Result;
use clap::ValueEnum;

use super::args::EventsArgs;
use super::fail_on::FailOn;
use super::output::{Kind, Outputs, Rows};
use super::scan::{exit, watched};
use super::settings::Settings;
use super::{Exit, config};
use crate::report::Section;

pub(super) fn run(args: &EventsArgs, settings: &Settings) -> Result<Exit> {
    let Some(mut options) = config::read(&args.input, &args.select, settings)? else { return Ok(Exit::NothingNamed) };
    options.diagnose = false;
    let kinds: Vec<Kind> = Rows::value_variants().iter().copied().map(Kind::Events).collect();
    let asked = args.format.map(Kind::Events);
    let outputs = Outputs::create(&args.output, &kinds, asked, Section::Triage, None)?;
    let outcome = watched(&options, &args.output, settings)?;
    outputs.write(&outcome)?;
    Ok(exit(&outcome, &FailOn::default(), 0))
}
