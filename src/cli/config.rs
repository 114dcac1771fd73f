//! Arguments to validated options: the only place that asks the clock, the environment and the terminal.

use std::env;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use chrono::Utc;

use super::args::{DiagnosisArgs, InputArgs, OutputArgs, RuleArgs, SelectArgs, When};
use super::rulebook::Rulebook;
use super::values;
use crate::extract::Hints;
use crate::model::Zone;
use crate::report::Style;
use crate::rules::FieldRole;
use crate::scan::ScanOptions;

/// What to read: `None` where no path is given and standard input is nothing to read from.
pub(super) fn read(input: &InputArgs, select: &SelectArgs) -> Result<Option<ScanOptions>> {
    let paths = match input.paths.as_slice() {
        [] if stdin_has_data() => vec![PathBuf::from("-")],
        [] => return Ok(None),
        paths => paths.to_vec(),
    };
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
    Ok(Some(ScanOptions {
        paths,
        threads: input.threads.unwrap_or(0),
        zone,
        since,
        until,
        clients: select.clients.clone(),
        rule_paths: input.rule_paths.clone(),
        hints: hints(input)?,
        ..ScanOptions::default()
    }))
}

/// What the user says of the logs beforehand.
fn hints(input: &InputArgs) -> Result<Hints> {
    if let Some(id) = &input.provider {
        let book = Rulebook::load(&input.rule_paths)?;
        book.check_provider(id).map_err(|hint| invalid("--provider", id, &hint))?;
    }
    let field = |text: &String| {
        let (part, key) = text.split_once('=').filter(|(_, key)| !key.trim().is_empty())?;
        Some((FieldRole::from_name(part.trim())?, key.trim().to_owned()))
    };
    let fields = input.fields.iter().map(|text| {
        field(text)
            .ok_or_else(|| invalid("--field", text, "write PART=KEY, as in client=app.name; --help lists the parts"))
    });
    Ok(Hints { provider: input.provider.clone(), fields: fields.collect::<Result<_>>()? })
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
    if let Some(evidence) = args.evidence {
        options.evidence = evidence;
    }
    Ok(())
}

/// `invalid value 'x' for --tz: …`
pub(super) fn invalid(option: &str, value: &str, hint: &str) -> anyhow::Error {
    anyhow!("invalid value '{value}' for {option}: {hint}")
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
fn stdin_has_data() -> bool {
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
pub(super) fn stdout_style(args: &OutputArgs, evidence: Option<usize>) -> Style {
    let terminal = io::stdout().is_terminal();
    let columns = if terminal { terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)) } else { None };
    Style {
        width: args.width.or(columns).unwrap_or(100),
        color: color(args.color, terminal),
        unicode: !terminal || speaks_unicode(),
        ..file_style(args, evidence)
    }
}

/// How a page in a file looks.
pub(super) fn file_style(args: &OutputArgs, evidence: Option<usize>) -> Style {
    let plain = Style::default();
    Style { width: args.width.unwrap_or(100), evidence: evidence.unwrap_or(plain.evidence), ..plain }
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

/// The suffix of a file, in lower case.
pub(super) fn suffix(path: &Path) -> String {
    path.extension().map(|suffix| suffix.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}
