//! Writes a seeded log for benches and comparisons, and prints what stands in it.
//!
//! `cargo run --release --example make_corpus -- traffic 1GiB 1 benches/corpus/traffic-1g.jsonl`

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, bail};

#[path = "../benches/support/mod.rs"]
mod support;

use support::corpus::write_corpus;
use support::truth::Kind;

const USAGE: &str =
    "usage: make_corpus traffic|rare|dense|logfmt|long SIZE SEED PATH   (SIZE like 64MiB, 1GiB; PATH - is stdout)";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, size, seed, path] = arguments.as_slice() else { bail!(USAGE) };
    let kind = Kind::ALL
        .into_iter()
        .find(|known| known.name() == kind)
        .with_context(|| format!("{kind} is no kind of corpus; {USAGE}"))?;
    let bytes = bytes_of(size).with_context(|| format!("{size} is no size; {USAGE}"))?;
    let seed = seed.parse().with_context(|| format!("{seed} is no seed; {USAGE}"))?;
    if path == "-" {
        let truth = write_corpus(kind, bytes, seed, &mut io::stdout().lock())?;
        writeln!(io::stderr(), "{}", serde_json::to_string(&truth)?)?;
        return Ok(());
    }
    if let Some(folder) = Path::new(path).parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut file = File::create(path).with_context(|| format!("{path} cannot be written"))?;
    let truth = write_corpus(kind, bytes, seed, &mut file).with_context(|| format!("{path} cannot be written"))?;
    writeln!(io::stdout(), "{}", serde_json::to_string(&truth)?)?;
    Ok(())
}

/// `64MiB`, `1GiB`, `200MB`, `4096`.
fn bytes_of(size: &str) -> Option<u64> {
    let digits = size.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(size.len());
    let unit = match &size[digits..] {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    size[..digits].parse::<u64>().ok()?.checked_mul(unit)
}
