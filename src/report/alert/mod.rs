//! An alert on what was found, in the language of a monitoring system and with the names of these logs.
//!
//! What it looks for ([`Watch`]) is read off a report; each language has one file that writes it. A query says
//! in its comments what it cannot express: most systems do not compare single lines by milliseconds.

mod datadog;
mod elastic;
mod fields;
mod loki;
mod prometheus;
mod quote;
mod sigma;
mod splunk;
#[cfg(test)]
mod tests;
mod watch;

pub use fields::Layout;
pub use watch::{Mark, Shape, Watch, findings_of};

/// Monitoring systems. To add one: its file, its line here and in the matches below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// A rule file of Loki's ruler.
    Loki,
    /// A search of Splunk.
    Splunk,
    /// Elastic: EQL for a race, ES|QL for a burst.
    Elastic,
    /// A monitor of Datadog, as its API takes it.
    Datadog,
    /// Sigma rules with a correlation.
    Sigma,
    /// A rule file of Prometheus, and what counts the lines for it.
    Prometheus,
}

impl System {
    /// All systems, in the order in which help names them.
    pub const ALL: [Self; 6] = [Self::Loki, Self::Splunk, Self::Elastic, Self::Datadog, Self::Sigma, Self::Prometheus];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loki => "loki",
            Self::Splunk => "splunk",
            Self::Elastic => "elastic",
            Self::Datadog => "datadog",
            Self::Sigma => "sigma",
            Self::Prometheus => "prometheus",
        }
    }

    /// The system of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.name() == name)
    }

    /// The query or rule, ending in a line end.
    pub fn write(self, watch: &Watch) -> String {
        match self {
            Self::Loki => loki::write(watch),
            Self::Splunk => splunk::write(watch),
            Self::Elastic => elastic::write(watch),
            Self::Datadog => datadog::write(watch),
            Self::Sigma => sigma::write(watch),
            Self::Prometheus => prometheus::write(watch),
        }
    }
}

/// The notes of a watch and those of a language, each a comment of its own.
fn comments(watch: &Watch, mark: &str, of_language: &[&str]) -> String {
    let head = format!("{}: made by tokscan", watch.rule);
    let notes = watch.notes.iter().map(String::as_str).chain(of_language.iter().copied());
    std::iter::once(head.as_str())
        .chain(notes)
        .flat_map(|note| super::terminal::wrap(note, 96))
        .map(|line| format!("{mark} {line}\n"))
        .collect::<Vec<_>>()
        .concat()
}

/// `RefreshRace`.
fn camel(rule: &str) -> String {
    let upper = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    rule.split(|letter: char| !letter.is_ascii_alphanumeric()).map(upper).collect()
}

/// `client_id` of `auth.client-id`, for languages that name what they extract.
fn label(field: &str) -> String {
    let name: String = field.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    let name = name.trim_matches('_').to_owned();
    if name.starts_with(|letter: char| letter.is_ascii_digit()) || name.is_empty() { format!("f_{name}") } else { name }
}

/// A text as a regular expression that means it (RE2).
fn literal(text: &str) -> String {
    let special = |letter: &char| r"\.+*?()|[]{}^$".contains(*letter);
    text.chars().flat_map(|letter| special(&letter).then_some('\\').into_iter().chain([letter])).collect()
}
