//! `tokscan leaks`: the pipeline's gate.

use anyhow::Result;

use super::args::LeaksArgs;
use super::fail_on::FailOn;
use super::output::{Kind, Outputs};
use super::scan::{exit, watched};
use super::settings::Settings;
use super::{Exit, config, explain_line, live};
use crate::report::{Format, Section};

pub(super) fn run(args: &LeaksArgs, settings: &Settings) -> Result<Exit> {
    if let Some(place) = &args.explain {
        return explain_line::run(place, args, settings);
    }
    let Some(mut options) = config::read(&args.input, &args.select, settings)? else { return Ok(Exit::NothingNamed) };
    config::rules(&mut options, &args.rules)?;
    options.diagnose = false;
    args.gate.add_to(&mut options.gate)?;
    let renewed = args.gate.renewed()?;
    let default = if renewed.is_some() { "never" } else { "any" };
    let fail_on = FailOn::read(&args.fail.fail_on, default, &options.rule_paths)?;
    let kinds: Vec<Kind> = Format::of(Section::Leaks).map(Kind::Report).collect();
    if live::is_asked(args, &options)? {
        return live::run(args, &options, &fail_on, settings);
    }
    let outputs = Outputs::create(&args.output, &kinds, args.format.map(Kind::Report), Section::Leaks, None)?;
    let outputs = outputs.for_reader(settings.pager, args.summary);
    options.digests = outputs.name_digests();
    options.keep_events = false;
    let mut outcome = watched(&options, &args.output, settings)?;
    args.gate.settle(&mut outcome, renewed)?;
    outputs.write(&outcome)?;
    Ok(exit(&outcome, &fail_on, args.gate.max_leaks))
}
