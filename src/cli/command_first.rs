//! Where the command stands among the words: options may precede it.

use std::ffi::OsString;

use super::args::Cli;

/// Puts the name of a command before the options that precede it, where clap looks for it:
/// `tokscan --window 1s scan logs` is `tokscan scan --window 1s logs`. Only the first word that is
/// neither an option nor an option's value can be a command; whatever else it is, it is a path.
pub(super) fn command_first(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let root = <Cli as clap::CommandFactory>::command();
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut index = 1;
    while let Some(word) = arguments.get(index).map(|word| word.to_string_lossy().into_owned()) {
        if word == "--" {
            break;
        }
        if word.len() > 1 && word.starts_with('-') {
            index += if takes_next(&root, &word) { 2 } else { 1 };
            continue;
        }
        if root.find_subcommand(&word).is_some() {
            let command = arguments.remove(index);
            arguments.insert(1, command);
        }
        break;
    }
    arguments
}

/// Whether the value of an option is the next word.
fn takes_next(root: &clap::Command, word: &str) -> bool {
    let takes_value = |option: &clap::Arg| option.get_action().takes_values();
    if let Some(long) = word.strip_prefix("--") {
        return root.get_arguments().any(|option| option.get_long() == Some(long) && takes_value(option));
    }
    // In `-qj4` the value follows at once, in `-qj 4` it is the next word.
    let mut letters = word[1..].chars();
    while let Some(letter) = letters.next() {
        if root.get_arguments().any(|option| option.get_short() == Some(letter) && takes_value(option)) {
            return letters.next().is_none();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::{CommandFactory, Parser};

    use super::command_first;
    use crate::cli::args::{Cli, Command};

    fn moved(line: &str) -> String {
        let words = command_first(line.split(' ').map(OsString::from));
        words.into_iter().map(|word| word.into_string().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_command_may_follow_options_but_not_paths() {
        assert_eq!(moved("tokscan --window 1s leaks a"), "tokscan leaks --window 1s a");
        assert_eq!(moved("tokscan --window=1s -qj 4 scan a"), "tokscan scan --window=1s -qj 4 a");
        assert_eq!(moved("tokscan -j4 scan"), "tokscan scan -j4");
        assert_eq!(moved("tokscan --since -3h events a"), "tokscan events --since -3h a");
        assert_eq!(moved("tokscan --client scan a"), "tokscan --client scan a");
        for same in ["tokscan a scan", "tokscan -- scan", "tokscan ./scan", "tokscan explain.log", "tokscan - scan"] {
            assert_eq!(moved(same), same);
        }
    }

    #[test]
    fn a_path_that_is_no_command_is_scanned() {
        let cli = Cli::try_parse_from(["tokscan", "--window", "1s", "explain.log", "scan"]).unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.scan.input.paths.len(), 2);
        let cli = Cli::try_parse_from(["tokscan", "scan", "--since", "-3h", "--tz", "-05:00", "x"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Scan(scan)) if scan.select.since.as_deref() == Some("-3h")));
    }
}
