//! The settings that a file or the environment may give. Each is an option of the command line, of the triage or of
//! the gate: its name is
//! the key, and its help says what it does.
//!
//! Where output goes (`--output`) and what is read are not among them: a repository's file must not decide
//! which files a run writes or opens.

/// What a value looks like in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Kind {
    /// One text; a whole number will do where the option takes one.
    Text,
    /// A whole number.
    Number,
    /// A list of texts, or one.
    List,
    /// A path, from the folder of the file.
    Path,
    /// A list of paths, from the folder of the file.
    Paths,
    /// `true` or `false`; the option is `--no-KEY`.
    Switch,
}

/// One setting.
#[derive(Debug)]
pub(in crate::cli) struct Setting {
    /// The key, and the option's long name.
    pub(in crate::cli) key: &'static str,
    /// What a value looks like.
    pub(in crate::cli) kind: Kind,
    /// Whether it can keep a finding or a leak from being seen, or a run from failing: a project's file that
    /// does that is named in the report.
    pub(in crate::cli) narrows: bool,
    /// A value, as TOML, that shows how it is written.
    pub(in crate::cli) example: &'static str,
    /// What holds where nothing is set and the option has no default value.
    pub(in crate::cli) unset: &'static str,
}

const fn plain(key: &'static str, kind: Kind, example: &'static str, unset: &'static str) -> Setting {
    Setting { key, kind, narrows: false, example, unset }
}

const fn narrowing(key: &'static str, kind: Kind, example: &'static str, unset: &'static str) -> Setting {
    Setting { key, kind, narrows: true, example, unset }
}

/// All settings, in the order in which they are shown.
pub(in crate::cli) const SETTINGS: &[Setting] = &[
    plain("window", Kind::Text, "\"200ms\"", ""),
    plain("evidence", Kind::Number, "12", "12, on a page 5"),
    plain("tz", Kind::Text, "\"UTC\"", ""),
    plain("threads", Kind::Number, "4", "one per core"),
    narrowing("rules", Kind::Paths, "[\"rules/\"]", "the built-in ones alone"),
    narrowing("provider", Kind::Text, "\"keycloak\"", "recognised"),
    narrowing("field", Kind::List, "[\"client=app.name\"]", "none"),
    narrowing("rule", Kind::List, "[\"refresh-race\", \"refresh-race-revoked\"]", "all"),
    narrowing("client", Kind::List, "[\"crm-sync\"]", "all"),
    narrowing("min-confidence", Kind::Text, "\"likely\"", ""),
    narrowing("fail-on", Kind::List, "[\"high\"]", "never; `leaks`: any"),
    narrowing("only", Kind::List, "[\"refresh_token\"]", "all kinds"),
    narrowing("max-leaks", Kind::Number, "0", ""),
    narrowing("baseline", Kind::Path, "\"tokscan-baseline.json\"", "none"),
    plain("format", Kind::Text, "\"json\"", "terminal"),
    plain("color", Kind::Text, "\"auto\"", ""),
    plain("progress", Kind::Switch, "false", "true"),
    plain("pager", Kind::Switch, "false", "true"),
    plain("hyperlink-format", Kind::Text, "\"vscode\"", ""),
];

impl Setting {
    /// Whether a project's file may give this value: a format of its own could lead a click anywhere.
    pub(in crate::cli) fn is_for_projects(&self, value: &str) -> bool {
        self.key != "hyperlink-format" || !value.contains(':')
    }

    /// The setting of a key.
    pub(in crate::cli) fn of(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// The variable that gives it: `TOKSCAN_MIN_CONFIDENCE`.
    pub(in crate::cli) fn variable(&self) -> String {
        format!("{VARIABLES}{}", self.key.to_uppercase().replace('-', "_"))
    }

    /// The long name of the option.
    pub(in crate::cli) fn option(&self) -> String {
        if self.kind == Kind::Switch { format!("no-{}", self.key) } else { self.key.to_owned() }
    }

    /// How a value is written, for messages.
    pub(in crate::cli) fn form(&self) -> String {
        let form = match self.kind {
            Kind::Text => "a text",
            Kind::Number => "a whole number",
            Kind::List => "a list of texts",
            Kind::Path => "a path, \"like this\"",
            Kind::Paths => "a list of paths",
            Kind::Switch => "true or false",
        };
        format!("{} is {form}, as in `{} = {}`", self.key, self.key, self.example)
    }
}

/// What the names of our variables begin with.
pub(in crate::cli) const VARIABLES: &str = "TOKSCAN_";
/// The variable that names a file, as `--config` does.
pub(in crate::cli) const CONFIG_VARIABLE: &str = "TOKSCAN_CONFIG";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::SETTINGS;
    use crate::cli::args::Cli;

    #[test]
    fn every_setting_is_an_option_of_the_default_command_or_of_the_gate() {
        let cli = Cli::command();
        let gate = cli.find_subcommand("leaks").unwrap();
        for setting in SETTINGS {
            let option = setting.option();
            let mut known = cli.get_arguments().chain(gate.get_arguments());
            assert!(known.any(|known| known.get_long() == Some(option.as_str())), "--{option}");
        }
    }
}
