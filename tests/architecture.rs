//! The walls of the house: layers import only what lies below them, files stay short, `main.rs`
//! stays thin. Reads `src/` as text; the code in `#[cfg(test)]` modules is free.
#![allow(clippy::unwrap_used, reason = "a test may fail that way")]

use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a file may have outside of its tests.
const LONGEST_FILE: usize = 400;
/// Lines of `main.rs`: parse, call, map to an exit code.
const LONGEST_MAIN: usize = 60;

/// Every layer and what it may import, from the bottom up. A new layer needs a row here; no row
/// may name a layer below its own place in the table.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("rules", &["model"]),
    ("input", &["model"]),
    ("format", &["model", "rules"]),
    ("leak", &["model", "rules", "format"]),
    ("extract", &["model", "rules", "format"]),
    ("timeline", &["model"]),
    ("diagnose", &["model", "rules", "timeline"]),
    ("triage", &["model"]),
    ("report", &["model"]),
    ("scan", &["model", "rules", "input", "format", "leak", "extract", "timeline", "diagnose", "triage"]),
    (
        "cli",
        &["model", "rules", "input", "format", "leak", "extract", "timeline", "diagnose", "triage", "report", "scan"],
    ),
];

const CLOCK: &[&str] = &["SystemTime::now", "Instant::now", "Utc::now", "Local::now"];
const FILES: &[&str] = &["std::fs", "File::open", "fs::read"];
const ENVIRONMENT: &[&str] = &["std::env::", "env::var"];
const PRINTING: &[&str] = &["println!", "print!(", "eprint", "io::stdout", "io::stderr"];

/// What a layer never touches, whatever it imports.
const NEVER: &[(&str, &[&[&str]])] = &[
    ("model", &[CLOCK, FILES, ENVIRONMENT, PRINTING, &["regex::"]]),
    ("rules", &[CLOCK, ENVIRONMENT, PRINTING]),
    ("input", &[ENVIRONMENT, &["println!", "print!(", "eprint"]]),
    ("format", &[CLOCK, FILES, ENVIRONMENT, PRINTING]),
    ("leak", &[CLOCK, FILES, ENVIRONMENT, PRINTING]),
    ("extract", &[CLOCK, FILES, ENVIRONMENT, PRINTING]),
    ("timeline", &[CLOCK, FILES, ENVIRONMENT, PRINTING]),
    ("diagnose", &[CLOCK, FILES, ENVIRONMENT, PRINTING]),
    ("triage", &[CLOCK, ENVIRONMENT, PRINTING]),
    ("report", &[CLOCK, FILES, ENVIRONMENT, PRINTING]),
    ("scan", &[ENVIRONMENT, PRINTING]),
];

/// A source file without its comments and tests.
struct Source {
    /// Relative to `src/`.
    path: PathBuf,
    code: String,
    /// Lines outside of tests, comments included.
    lines: usize,
}

impl Source {
    fn read(root: &Path, path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let kept = without_tests(&text);
        let lines = kept.len();
        let code = kept.into_iter().map(without_comment).collect::<Vec<_>>().join("\n");
        Self { path: path.strip_prefix(root).unwrap().to_owned(), code, lines }
    }

    /// The layer: the first folder, or the name of a file that lies in `src/` itself.
    fn layer(&self) -> String {
        let first = self.path.components().next().unwrap();
        first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
    }

    /// Whether `super` is the crate root here.
    fn is_layer_root(&self) -> bool {
        let depth = self.path.components().count();
        depth == 1 || (depth == 2 && self.path.ends_with("mod.rs"))
    }

    /// The other layers that this file names.
    fn imports(&self) -> Vec<String> {
        let mut names = named_after(&self.code, "crate::");
        names.extend(named_after(&self.code, "tokscan::"));
        if self.is_layer_root() {
            names.extend(named_after(&self.code, "super::"));
        }
        let own = self.layer();
        names.retain(|name| *name != own && LAYERS.iter().any(|(layer, _)| layer == name));
        names.sort();
        names.dedup();
        names
    }
}

/// The lines of a file without its test modules: from `#[cfg(test)]` before a `mod` to its end.
fn without_tests(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let item = lines[at..].iter().find(|line| !line.starts_with("#[")).copied().unwrap_or_default();
        let is_module = item.starts_with("mod ") || item.starts_with("pub mod ") || item.starts_with("pub(crate) mod ");
        if lines[at] == "#[cfg(test)]" && is_module {
            let last = |line: &&str| *line == "}" || (line.contains("mod ") && line.ends_with(';'));
            at += lines[at..].iter().position(last).map_or(lines.len(), |end| end + 1);
        } else {
            kept.push(lines[at]);
            at += 1;
        }
    }
    kept
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") { "" } else { line.split(" // ").next().unwrap_or_default() }
}

/// The first path segments after a prefix: `a` of `crate::a::B`; `a` and `b` of `crate::{a::C, b}`.
fn named_after(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (start, _) in code.match_indices(prefix) {
        if code[..start].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':') {
            continue;
        }
        let rest = &code[start + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group_heads(group)),
            None => names.extend(head(rest)),
        }
    }
    names
}

/// The identifier at the beginning of a text.
fn head(text: &str) -> Option<String> {
    let name: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// The identifiers that the members of an import group begin with, up to its closing brace.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let (mut depth, mut member) = (0, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads.extend(head(&group[member..at]));
                member = at + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    heads
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name() {
        let entry = entry.unwrap();
        let is_rust = entry.path().extension().is_some_and(|suffix| suffix == "rs");
        let is_test =
            entry.path().components().any(|part| part.as_os_str() == "tests") || entry.file_name() == "tests.rs";
        if is_rust && !is_test {
            found.push(Source::read(&root, entry.path()));
        }
    }
    assert!(!found.is_empty(), "no sources in {}", root.display());
    found
}

/// Sources of layers: not `main.rs`, not `lib.rs`.
fn layer_sources() -> impl Iterator<Item = Source> {
    sources().into_iter().filter(|source| !matches!(source.layer().as_str(), "main" | "lib"))
}

fn fail_on(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn layers_import_only_what_the_table_allows() {
    let mut complaints = Vec::new();
    for source in layer_sources() {
        let layer = source.layer();
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            complaints.push(format!("{}: layer {layer} has no row in the table of this test", source.path.display()));
            continue;
        };
        for import in source.imports().into_iter().filter(|import| !allowed.contains(&import.as_str())) {
            complaints.push(format!("{}: {layer} must not import {import}", source.path.display()));
        }
    }
    fail_on(&complaints);
}

#[test]
fn the_table_has_no_cycle() {
    for (place, (layer, allowed)) in LAYERS.iter().enumerate() {
        for import in *allowed {
            let below = LAYERS[..place].iter().any(|(name, _)| name == import);
            assert!(below, "{layer} imports {import}, which does not lie below it");
        }
    }
}

#[test]
fn layers_keep_off_clock_files_environment_and_terminal() {
    let mut complaints = Vec::new();
    for source in layer_sources() {
        let layer = source.layer();
        let never =
            NEVER.iter().filter(|(name, _)| *name == layer).flat_map(|(_, groups)| groups.iter().copied().flatten());
        for word in never.filter(|word| source.code.contains(**word)) {
            complaints.push(format!("{}: {layer} must not use {word}", source.path.display()));
        }
    }
    fail_on(&complaints);
}

#[test]
fn files_stay_short() {
    let long = sources().into_iter().filter(|source| source.lines > LONGEST_FILE);
    fail_on(
        &long
            .map(|source| {
                format!("{}: {} lines without tests, {LONGEST_FILE} at most", source.path.display(), source.lines)
            })
            .collect::<Vec<_>>(),
    );
}

#[test]
fn nobody_climbs_two_modules_at_once() {
    let climbing = sources().into_iter().filter(|source| source.code.contains("super::super"));
    fail_on(
        &climbing
            .map(|source| format!("{}: super::super; name the module from the crate root", source.path.display()))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn main_is_thin() {
    let sources = sources();
    let main = sources.iter().find(|source| source.path == Path::new("main.rs")).unwrap();
    assert!(main.lines <= LONGEST_MAIN, "main.rs has {} lines; {LONGEST_MAIN} at most", main.lines);
    let others: Vec<String> = main.imports().into_iter().filter(|import| import != "cli").collect();
    assert!(others.is_empty(), "main.rs imports {others:?}; it parses, calls cli and maps to an exit code");
}

#[test]
fn lib_only_declares() {
    let sources = sources();
    let lib = sources.iter().find(|source| source.path == Path::new("lib.rs")).unwrap();
    let logic: Vec<&str> =
        ["fn ", "struct ", "enum ", "impl "].into_iter().filter(|word| lib.code.contains(word)).collect();
    assert!(logic.is_empty(), "lib.rs holds {logic:?}; it declares the layers and says what they are for");
}

/// The reader of this test itself: it must see what it is there to see.
mod reader {
    use super::{Source, named_after, without_tests};

    #[test]
    fn an_import_is_seen_however_it_is_spelled() {
        let code =
            "use crate::report::Report;\nuse crate::{\n    model::{A, B},\n    scan,\n};\nfn f() -> crate::cli::X {}";
        assert_eq!(named_after(code, "crate::"), ["report", "model", "scan", "cli"]);
        assert!(named_after("use my_crate::report; a::super::b", "crate::").is_empty());
    }

    #[test]
    fn super_is_the_crate_root_only_in_the_root_of_a_layer() {
        let imports =
            |path: &str| Source { path: path.into(), code: "use super::report::Report;".into(), lines: 1 }.imports();
        assert_eq!(imports("diagnose/mod.rs"), ["report"]);
        assert_eq!(imports("scan.rs"), ["report"]);
        assert!(imports("diagnose/window.rs").is_empty());
    }

    #[test]
    fn tests_are_not_counted_and_what_follows_them_is() {
        let text = "a\n#[cfg(test)]\n#[path = \"x\"]\nmod tests {\n    b\n}\nc\n#[cfg(test)]\nmod more;\nd\n#[cfg(test)]\nfn e() {}\n";
        assert_eq!(without_tests(text), ["a", "c", "d", "#[cfg(test)]", "fn e() {}"]);
    }
}
