//! An option that the command does not have: what its message suggests.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

/// The message, which names the commands that do have the option, and no option that help hides.
pub(super) fn helpful(mut error: clap::Error, program: &Command) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let named = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let (option, near) = (named(ContextKind::InvalidArg), named(ContextKind::SuggestedArg));
    let owners = owners(program, &option);
    if !owners.is_empty() || is_hidden(program, &near) {
        error.remove(ContextKind::SuggestedArg);
    }
    if !owners.is_empty() {
        let tip = StyledStr::from(format!("'{option}' is an option of {}", owners.join(", ")));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

/// The commands that have an option, as they are typed.
fn owners(program: &Command, option: &str) -> Vec<String> {
    let of = program.get_subcommands().filter(|command| shown(command).any(|known| is(known, option)));
    of.map(|command| format!("`{} {}`", program.get_name(), command.get_name())).collect()
}

fn shown(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|known| !known.is_hide_set())
}

fn is_hidden(program: &Command, option: &str) -> bool {
    let all = std::iter::once(program).chain(program.get_subcommands());
    let mut known = all.flat_map(Command::get_arguments).filter(|known| is(known, option)).peekable();
    known.peek().is_some() && known.all(Arg::is_hide_set)
}

/// Whether an option is written so: `--window`, also with a value behind it.
fn is(known: &Arg, option: &str) -> bool {
    let name = option.strip_prefix("--").map(|name| name.split('=').next().unwrap_or_default());
    name.is_some() && known.get_long() == name
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::helpful;
    use crate::cli::args::Cli;

    fn said(line: &str) -> String {
        let error = Cli::command().try_get_matches_from(line.split(' ')).unwrap_err();
        helpful(error, &Cli::command()).render().to_string()
    }

    #[test]
    fn an_option_of_another_command_is_told_by_its_command() {
        let message = said("tokscan leaks --window 1s x");
        assert!(message.contains("tip: '--window' is an option of `tokscan scan`"), "{message}");
        assert!(!message.contains("--width"), "{message}");
        assert!(said("tokscan events --baseline=x").contains("is an option of `tokscan leaks`"));
    }

    #[test]
    fn a_misspelt_option_is_mended_but_not_to_a_hidden_one() {
        let message = said("tokscan --wimdow 1s x");
        assert!(message.contains("a similar argument exists: '--window'"), "{message}");
        let message = said("tokscan leaks --widht 80 x");
        assert!(!message.contains("--width") && message.contains("'--widht'"), "{message}");
    }
}
