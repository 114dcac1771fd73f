//! `tokscan diff`: did the fix help?

use std::fs::File;
use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result};

use super::args::{DiffArgs, DiffFormat};
use super::output::to_stdout;
use super::{Exit, saved};
use crate::model::{Change, Comparison};
use crate::report::{render_comparison_json, render_comparison_markdown, render_comparison_text};
use crate::triage::compare;

pub(super) fn run(args: &DiffArgs) -> Result<Exit> {
    let comparison = compare(&saved::read(&args.before)?, &saved::read(&args.after)?);
    match &args.output {
        Some(path) => {
            let context = || format!("cannot write {}", path.display());
            let mut out = BufWriter::new(File::create(path).with_context(context)?);
            write(args.format, &comparison, &mut out).and_then(|()| out.flush()).with_context(context)?;
        }
        None => to_stdout(|out| write(args.format, &comparison, out))?,
    }
    let worse = comparison.verdict == Change::Worse || comparison.leaks.new > 0;
    Ok(if args.fail_if_worse && worse { Exit::Found } else { Exit::Clean })
}

fn write(format: DiffFormat, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    match format {
        DiffFormat::Terminal => render_comparison_text(comparison, out),
        DiffFormat::Markdown => render_comparison_markdown(comparison, out),
        DiffFormat::Json => render_comparison_json(comparison, out),
    }
}
