//! The recipes that people copy: every option that they name exists.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::Command;

const RECIPES: [&str; 6] =
    ["README.md", ".pre-commit-hooks.yaml", "action.yml", "packaging/gitlab-ci.yml", "Dockerfile", "pyproject.toml"];
const COMMANDS: [&str; 5] = ["scan", "leaks", "redact", "events", "explain"];

fn help(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tokscan")).args([command, "--help"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The command and the options of each call of the program in a text.
fn calls(text: &str) -> Vec<(String, Vec<String>)> {
    let mut calls = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        for (at, _) in line.match_indices("tokscan ") {
            let rest = &line[at + "tokscan ".len()..];
            let end = rest.find(['`', '|', '>', ';', '#', '&']).unwrap_or(rest.len());
            let words: Vec<&str> = rest[..end].split_whitespace().collect();
            let command = words.first().filter(|word| COMMANDS.contains(word)).copied().unwrap_or("scan");
            let options = words.iter().filter(|word| word.len() > 2 && word.starts_with("--"));
            calls.push((command.to_owned(), options.map(|word| (*word).to_owned()).collect()));
        }
    }
    calls
}

#[test]
fn every_option_of_a_recipe_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut checked = 0;
    for recipe in RECIPES {
        for (command, options) in calls(&fs::read_to_string(root.join(recipe)).unwrap()) {
            let help = help(&command);
            for option in options {
                let name = option.split('=').next().unwrap();
                assert!(help.contains(name), "{recipe}: `tokscan {command}` has no {name}");
                checked += 1;
            }
        }
    }
    assert!(checked > 10, "only {checked} options were looked at");
}

/// What the image is built from must be all that the build reads.
#[test]
fn the_image_copies_what_the_build_needs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = fs::read_to_string(root.join("Dockerfile")).unwrap();
    let copied: Vec<&str> = file
        .lines()
        .filter(|line| line.starts_with("COPY ") && !line.contains("--from"))
        .flat_map(|line| line.split_whitespace().skip(1))
        .collect();
    for needed in ["Cargo.toml", "Cargo.lock", "build.rs", "rules", "src", "benches"] {
        assert!(copied.contains(&needed), "{needed} is not copied");
    }
    assert!(file.contains("\nUSER nonroot"), "the image runs as root");
}
