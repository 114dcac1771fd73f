//! `tokscan formats`: what was recognised in each source, and what was not.

use anyhow::Result;

use super::args::FormatsArgs;
use super::output::{complain, to_stdout};
use super::progress::Bar;
use super::settings::Settings;
use super::{Exit, config};
use crate::model::Trouble;
use crate::report::{escape, render_survey, render_survey_json};
use crate::scan::survey;

pub(super) fn run(args: &FormatsArgs, settings: &Settings) -> Result<Exit> {
    let Some(options) = config::read(&args.input, &args.select, settings)? else { return Ok(Exit::NothingNamed) };
    let bar = Bar::new(!args.output.no_progress && !args.output.quiet);
    let outcome = survey(&options, &bar);
    bar.clear();
    let outcome = outcome?;
    match args.format.as_deref() {
        Some("json") => to_stdout(|out| render_survey_json(&outcome.survey, out))?,
        _ => to_stdout(|out| render_survey(&outcome.survey, out))?,
    }
    let troubles = outcome.notices.iter().filter(|notice| notice.trouble != Trouble::Note || !args.output.quiet);
    for notice in troubles {
        let path = notice.path.as_deref().map_or(String::new(), |path| format!("{path}: "));
        complain(&escape::terminal(&format!("{path}{}", notice.message)));
    }
    Ok(if outcome.complete { Exit::Clean } else { Exit::Trouble })
}
