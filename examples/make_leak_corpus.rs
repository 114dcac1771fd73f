//! Writes the labelled corpus of leaks for comparisons: `logs/planted.log`, of whose lines each holds one secret,
//! `logs/ordinary.log`, in which nothing leaks, and `truth.json`, which says what stands on which planted line.
//!
//! `cargo run --release --example make_leak_corpus -- 1 7 10000 benches/corpus/leaks`

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::json;

#[path = "../benches/support/leaks/mod.rs"]
mod leaks;

use leaks::{FORMATS, Planted, Random, ordinary_line, planted};

const USAGE: &str =
    "usage: make_leak_corpus SEED EVERY ORDINARY FOLDER   (one of EVERY planted lines, so many ordinary ones)";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seed, every, ordinary, folder] = arguments.as_slice() else { bail!(USAGE) };
    let number = |text: &String| text.parse::<u64>().with_context(|| format!("{text} is no number; {USAGE}"));
    let (seed, every, ordinary) = (number(seed)?, number(every)?.max(1), number(ordinary)?);
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder.join("logs")).with_context(|| format!("{} cannot be made", folder.display()))?;
    let mut random = Random::new(seed);
    // Drawn, not counted off: every encoding, carrier and shape keeps its share.
    let drawn: Vec<Planted> = planted(seed).into_iter().filter(|_| random.below(every) == 0).collect();
    let lines = drawn.iter().map(|planted| planted.marked.text.clone());
    write_lines(&folder.join("logs/planted.log"), lines)?;
    let lines = (0..ordinary).map(|at| ordinary_line(at as usize % FORMATS.len(), &mut random));
    write_lines(&folder.join("logs/ordinary.log"), lines)?;
    let truth: Vec<_> = drawn
        .iter()
        .map(|planted| {
            let Planted { shape, carrier, encoding, marked } = planted;
            json!({"shape": shape, "carrier": carrier, "encoding": encoding, "start": marked.start, "end": marked.end})
        })
        .collect();
    let path = folder.join("truth.json");
    let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    serde_json::to_writer(BufWriter::new(file), &json!({"planted": truth, "ordinary": ordinary}))?;
    writeln!(io::stdout(), "{} planted, {ordinary} ordinary lines", drawn.len())?;
    Ok(())
}

fn write_lines(path: &Path, lines: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let file = File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    let mut out = BufWriter::new(file);
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush().with_context(|| format!("{} cannot be written", path.display()))
}
