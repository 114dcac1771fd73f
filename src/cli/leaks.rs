//! `tokscan leaks`: the pipeline's gate.

use anyhow::Result;

use super::args::LeaksArgs;
use super::fail_on::FailOn;
use super::output::{Kind, Outputs};
use super::scan::{exit, watched};
use super::settings::Settings;
use super::{Exit, config};
use crate::report::{Format, Section};

pub(super) fn run(args: &LeaksArgs, settings: &Settings) -> Result<Exit> {
    let Some(mut options) = config::read(&args.input, &args.select, settings)? else { return Ok(Exit::NothingNamed) };
    config::rules(&mut options, &args.rules)?;
    options.diagnose = false;
    let fail_on = FailOn::read(&args.fail.fail_on, "any", &options.rule_paths)?;
    let kinds = [Kind::Report(Format::Terminal), Kind::Report(Format::Json)];
    let asked = args.format.format.map(Kind::Report);
    let outputs = Outputs::create(&args.output, &kinds, asked, Section::Leaks, None)?;
    let outputs = outputs.for_reader(settings.pager, args.format.summary);
    let outcome = watched(&options, &args.output, settings)?;
    outputs.write(&outcome)?;
    Ok(exit(&outcome, &fail_on))
}
