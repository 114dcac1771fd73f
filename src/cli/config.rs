//! Arguments to validated options: the only place that asks the clock, the environment and the terminal.

use std::env;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};
use chrono::Utc;

use super::args::{DiagnosisArgs, InputArgs, OutputArgs, RuleArgs, SelectArgs, When};
use super::gate::allow_rules;
use super::hyperlinks;
use super::rulebook::{Rulebook, closest};
use super::settings::Settings;
use super::values;
use crate::extract::Hints;
use crate::model::{Precision, Timestamp, Zone};
use crate::report::{Run, Style};
use crate::rules::FieldRole;
use crate::scan::ScanOptions;
use crate::triage::Gate;

/// What to read: `None` where no path is given and standard input is nothing to read from.
pub(super) fn read(input: &InputArgs, select: &SelectArgs, settings: &Settings) -> Result<Option<ScanOptions>> {
    let paths = match input.paths.as_slice() {
        [] if stdin_has_data() => vec![PathBuf::from("-")],
        [] => return Ok(None),
        paths => paths.to_vec(),
    };
    read_paths(paths, input, select, settings).map(Some)
}

/// How to read these paths.
pub(super) fn read_paths(
    paths: Vec<PathBuf>,
    input: &InputArgs,
    select: &SelectArgs,
    settings: &Settings,
) -> Result<ScanOptions> {
    let zone = zone(&input.tz)?;
    let now = Utc::now();
    let moment = |option: &str, text: &Option<String>| {
        text.as_deref()
            .map(|text| values::moment(text, zone, now).map_err(|hint| invalid(option, text, &hint)))
            .transpose()
    };
    let (since, until) = (moment("--since", &select.since)?, moment("--until", &select.until)?);
    if let (Some(from), Some(to)) = (since, until)
        && from.nanos >= to.nanos
    {
        bail!("--since ({from}) is not before --until ({to}): no event can be between them");
    }
    Ok(ScanOptions {
        paths,
        threads: input.threads.unwrap_or(0),
        zone,
        since,
        until,
        clients: select.clients.clone(),
        rule_paths: input.rule_paths.clone(),
        hints: hints(input)?,
        thresholds: thresholds(&input.rule_paths, settings)?,
        gate: Gate { allow: allow_rules(&input.rule_paths, settings)?, today: now.date_naive(), ..Gate::default() },
        ..ScanOptions::default()
    })
}

/// What the user says of the logs beforehand.
fn hints(input: &InputArgs) -> Result<Hints> {
    if let Some(id) = &input.provider {
        let book = Rulebook::load(&input.rule_paths)?;
        book.check_provider(id).map_err(|hint| invalid("--provider", id, &hint))?;
    }
    let fields = input.fields.iter().map(|text| field(text).map_err(|hint| invalid("--field", text, &hint)));
    Ok(Hints { provider: input.provider.clone(), fields: fields.collect::<Result<_>>()? })
}

/// A part of an event and the key that it stands under, or what is wrong with the text.
fn field(text: &str) -> Result<(FieldRole, String), String> {
    let form = || "write PART=KEY, as in client=app.name; --help lists the parts".to_owned();
    let (part, key) = text.split_once('=').filter(|(_, key)| !key.trim().is_empty()).ok_or_else(form)?;
    let role = FieldRole::from_name(part.trim()).ok_or_else(|| {
        let near = closest(part.trim(), FieldRole::ALL.into_iter().map(FieldRole::name));
        near.map_or_else(form, |near| format!("no part '{}'; did you mean '{near}'?", part.trim()))
    })?;
    Ok((role, key.trim().to_owned()))
}

/// The numbers that settings put in the place of the rules' own.
fn thresholds(rule_paths: &[PathBuf], settings: &Settings) -> Result<Vec<(String, String, f64)>> {
    if settings.files.iter().all(|file| file.thresholds.is_empty()) {
        return Ok(Vec::new());
    }
    let set = settings.thresholds(&Rulebook::load(rule_paths)?)?;
    Ok(set.into_iter().map(|(threshold, _)| (threshold.rule, threshold.name, threshold.value)).collect())
}

/// Which findings and leaks are wanted.
pub(super) fn rules(options: &mut ScanOptions, args: &RuleArgs) -> Result<()> {
    if !args.rules.is_empty() {
        let book = Rulebook::load(&options.rule_paths)?;
        for rule in &args.rules {
            book.check_reported(rule).map_err(|hint| invalid("--rule", rule, &hint))?;
        }
    }
    options.rules.clone_from(&args.rules);
    options.min_confidence = args.min_confidence.into();
    Ok(())
}

/// How timelines are judged.
pub(super) fn diagnosis(options: &mut ScanOptions, args: &DiagnosisArgs) -> Result<()> {
    options.window = values::window(&args.window).map_err(|hint| invalid("--window", &args.window, &hint))?;
    options.align_clocks = args.align_clocks;
    if let Some(evidence) = args.evidence {
        options.evidence = evidence;
    }
    Ok(())
}

/// A value that an option does not take; who shows it adds where it was set.
#[derive(Debug, thiserror::Error)]
#[error("invalid value '{value}' for {option}: {hint}")]
pub(super) struct Invalid {
    pub(super) option: String,
    pub(super) value: String,
    hint: String,
}

/// `invalid value 'x' for --tz: …`
pub(super) fn invalid(option: &str, value: &str, hint: &str) -> anyhow::Error {
    Invalid { option: option.into(), value: value.into(), hint: hint.into() }.into()
}

fn zone(text: &str) -> Result<Zone> {
    if text.eq_ignore_ascii_case("local") {
        return local_zone().context("--tz local: the zone of this machine is not known; name it, as in Europe/Berlin");
    }
    values::zone(text).map_err(|hint| invalid("--tz", text, &hint))
}

/// The machine's zone: `TZ`, else the name that `/etc/localtime` points to.
fn local_zone() -> Result<Zone> {
    if let Some(zone) = env::var_os("TZ") {
        let zone = zone.to_string_lossy();
        let name = zone.trim_start_matches(':');
        // POSIX: an empty TZ is UTC.
        let name = name.split_once("zoneinfo/").map_or(name, |(_, name)| name);
        return values::zone(if name.is_empty() { "UTC" } else { name }).map_err(|_| anyhow!("TZ is '{zone}'"));
    }
    let target = std::fs::read_link("/etc/localtime").context("/etc/localtime names no zone")?;
    let target = target.to_string_lossy();
    let name = target.split_once("zoneinfo/").map(|(_, name)| name);
    name.and_then(|name| values::zone(name).ok()).ok_or_else(|| anyhow!("/etc/localtime points to '{target}'"))
}

/// Whether standard input is a pipe, a socket or a file. Of a terminal nobody expects to be read, and
/// `/dev/null` is what a scheduler gives: a gate that forgot its path must not pass.
pub(super) fn stdin_has_data() -> bool {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        use std::os::unix::fs::FileTypeExt;
        let Ok(handle) = io::stdin().as_fd().try_clone_to_owned() else { return false };
        std::fs::File::from(handle).metadata().is_ok_and(|meta| {
            let kind = meta.file_type();
            kind.is_fifo() || kind.is_socket() || kind.is_file()
        })
    }
    #[cfg(not(unix))]
    !io::stdin().is_terminal()
}

/// How a page on standard output looks.
pub(super) fn stdout_style(args: &OutputArgs, evidence: Option<usize>) -> Result<Style> {
    let terminal = io::stdout().is_terminal();
    let columns = if terminal { terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)) } else { None };
    let color = color(args.color, terminal);
    Ok(Style {
        width: args.width.or(columns).unwrap_or(100),
        color,
        unicode: !terminal || speaks_unicode(),
        links: hyperlinks::links(&args.hyperlink_format, terminal, color)?,
        ..file_style(args, evidence)
    })
}

/// How a page in a file looks.
pub(super) fn file_style(args: &OutputArgs, evidence: Option<usize>) -> Style {
    let plain = Style::default();
    // A folder that is no text cannot be the beginning of a path that is shown.
    let root = env::current_dir().ok().and_then(|folder| folder.into_os_string().into_string().ok());
    let run = Run { root, started: now(), finished: None };
    Style { width: args.width.unwrap_or(100), evidence: evidence.unwrap_or(plain.evidence), run, ..plain }
}

/// The present second, or that of `SOURCE_DATE_EPOCH` (<https://reproducible-builds.org/specs/source-date-epoch>).
pub(super) fn now() -> Option<Timestamp> {
    let fixed = env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse::<i64>().ok());
    fixed
        .unwrap_or_else(|| Utc::now().timestamp())
        .checked_mul(1_000_000_000)
        .map(|nanos| Timestamp::new(nanos, Precision::Second))
}

/// Whether to colour standard output.
pub(super) fn color(when: When, terminal: bool) -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    match when {
        When::Always => true,
        When::Never => false,
        // https://no-color.org, https://bixense.com/clicolors
        When::Auto if set("NO_COLOR") => false,
        When::Auto if set("CLICOLOR_FORCE") && env::var_os("CLICOLOR_FORCE").is_none_or(|value| value != "0") => true,
        When::Auto => terminal && env::var_os("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// Whether the terminal can show more than ASCII. Where no locale is set, as in a container, it most likely can.
fn speaks_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
