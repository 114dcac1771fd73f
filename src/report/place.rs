//! Where a report's paths lie, and the sentence that says of a leak what every format of a pipeline says.

use crate::model::{Leak, LeakStatus, Timestamp};

/// What a renderer cannot know by itself about the run; all of it may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The folder that paths are shown relative to: that of the repository in a pipeline. Without a slash at its end.
    pub root: Option<String>,
    /// When the run began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
}

/// The path of a file for tools that look it up: relative to the root where it lies below it, without `./`.
pub(super) fn file(path: &str, run: &Run) -> String {
    let below = run.root.as_deref().and_then(|root| path.strip_prefix(root)?.strip_prefix('/'));
    let path = below.unwrap_or(path);
    let path = path.strip_prefix("./").unwrap_or(path);
    if path == "-" { "stdin".into() } else { path.into() }
}

/// `A refresh token is readable in a log (field refresh_token, 3 times, still live): ya29.…(len 187)`
pub fn leak_sentence(leak: &Leak) -> String {
    let kind = leak.kind.name().replace('_', " ");
    let article = if kind.starts_with(['a', 'i']) { "An" } else { "A" };
    let field = leak.field.as_ref().map(|field| format!("field {field}"));
    let times = (leak.occurrences > 1).then(|| format!("{} times", leak.occurrences));
    let status = match leak.status {
        LeakStatus::Live => Some("still live"),
        LeakStatus::Superseded => Some("superseded since"),
        LeakStatus::Expired => Some("expired since"),
        LeakStatus::Revoked => Some("revoked since"),
        LeakStatus::Unknown => None,
    };
    let used = leak.used_from.as_ref().map(|one| format!("then sent from the new address {}", one.address));
    let more: Vec<String> = [field, times, status.map(str::to_owned), used].into_iter().flatten().collect();
    let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join(", ")) };
    format!("{article} {kind} is readable in a log{more}: {}", leak.masked)
}

/// `tokscan explain NAME`, as advice at the end of a message.
pub(super) fn advice(rule: &str) -> String {
    format!(
        "Revoke it if it is alive, and mask it where it is logged. Rule {rule}; `tokscan explain {rule}` says more."
    )
}

#[cfg(test)]
mod tests {
    use super::{Run, file};

    #[test]
    fn paths_below_the_root_are_relative_to_it() {
        let run = Run { root: Some("/home/me/repo".into()), ..Run::default() };
        for (path, shown) in [
            ("/home/me/repo/logs/a.log", "logs/a.log"),
            ("/home/me/repository/a.log", "/home/me/repository/a.log"),
            ("./logs/a.log", "logs/a.log"),
            ("logs/a.zip!b.log", "logs/a.zip!b.log"),
            ("-", "stdin"),
        ] {
            assert_eq!(file(path, &run), shown);
        }
    }
}
