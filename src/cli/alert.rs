//! `tokscan alert WHAT --for SYSTEM`: what would have told of it.

use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow, bail};

use super::args::AlertArgs;
use super::output::to_stdout;
use super::progress::Bar;
use super::rulebook::{Rulebook, closest};
use super::scan::behind;
use super::settings::Settings;
use super::{Exit, config, values};
use crate::model::{Report, SCHEMA_VERSION};
use crate::report::alert::{Watch, findings_of};

pub(super) fn run(args: &AlertArgs, settings: &Settings) -> Result<Exit> {
    let (watch, complete) = match args.input.paths.as_slice() {
        [] => (usual(args)?, true),
        [only] if is_report(only) => (of_report(&saved(only)?, args)?, true),
        _ => {
            let Some(mut options) = config::read(&args.input, &args.select, settings)? else {
                return Ok(Exit::NothingNamed);
            };
            config::diagnosis(&mut options, &args.diagnosis)?;
            let outcome = behind(&Bar::new(!args.no_progress), &options, settings)?;
            (of_report(&outcome.report, args)?, outcome.complete)
        }
    };
    let text = args.system.write(&watch);
    to_stdout(|out| out.write_all(text.as_bytes()))?;
    Ok(if complete { Exit::Clean } else { Exit::Trouble })
}

/// Without logs: the rule must exist, and the names are usual ones.
fn usual(args: &AlertArgs) -> Result<Watch> {
    let book = Rulebook::load(&args.input.rule_paths)?;
    book.check_reported(&args.what).map_err(|hint| anyhow!("{hint}"))?;
    if book.find(&args.what).is_ok_and(|rule| rule.kind == "leaks") {
        bail!(
            "an alert on {} needs the field that it stands in: give the logs, or a saved report, as a path",
            args.what
        );
    }
    Ok(Watch::usual(&args.what, window_ms(args)?))
}

fn window_ms(args: &AlertArgs) -> Result<u64> {
    let text = &args.diagnosis.window;
    let window = values::window(text).map_err(|hint| config::invalid("--window", text, &hint))?;
    Ok(u64::try_from(window.as_millis()).unwrap_or(u64::MAX))
}

/// An alert on what a report holds under this name.
fn of_report(report: &Report, args: &AlertArgs) -> Result<Watch> {
    if let Some(watch) = Watch::of_findings(&findings_of(report, &args.what), window_ms(args)?) {
        return Ok(watch);
    }
    let leaks: Vec<_> = report.leaks.iter().filter(|leak| leak.rule == args.what || leak.id == args.what).collect();
    if !leaks.is_empty() {
        let text = "these tokens stand in running text, in no field that an alert could name; `tokscan leaks` in the \
                    pipeline finds them";
        return Watch::of_leaks(&leaks).ok_or_else(|| anyhow!("{text}"));
    }
    let names = || {
        report
            .findings
            .iter()
            .map(|finding| finding.rule.as_str())
            .chain(report.leaks.iter().map(|leak| leak.rule.as_str()))
    };
    let mut found: Vec<&str> = names().collect();
    found.sort_unstable();
    found.dedup();
    match (closest(&args.what, names()), found.is_empty()) {
        (Some(near), _) => bail!("no finding '{}' in these logs; did you mean '{near}'?", args.what),
        (None, true) => bail!("no finding '{}' in these logs: they hold none at all", args.what),
        (None, false) => bail!("no finding '{}' in these logs; they hold {}", args.what, found.join(", ")),
    }
}

/// Whether a path is a report that we saved: a JSON object that says so at its beginning.
fn is_report(path: &Path) -> bool {
    let head = || {
        let mut head = [0_u8; 256];
        let read = std::io::Read::read(&mut fs::File::open(path).ok()?, &mut head).ok()?;
        Some(String::from_utf8_lossy(&head[..read]).split_whitespace().collect::<String>())
    };
    path.is_file()
        && head().is_some_and(|head| {
            head.starts_with("{\"schema_version\":") && head.contains("\"tool\":{\"name\":\"tokscan\"")
        })
}

fn saved(path: &Path) -> Result<Report> {
    let text = fs::read_to_string(path)?;
    let report: Report = serde_json::from_str(&text)
        .map_err(|error| anyhow!("{}:{}: no report of tokscan: {error}", path.display(), error.line()))?;
    if report.schema_version != SCHEMA_VERSION {
        bail!(
            "{}: schema_version {} is not {SCHEMA_VERSION}; make the report anew",
            path.display(),
            report.schema_version
        );
    }
    Ok(report)
}
