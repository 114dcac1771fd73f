//! Hyperlinks from `path:line` to the file, for terminals that follow them.

use std::fmt::Write;

/// Named formats, as ripgrep has them, and what they stand for.
const FORMATS: [(&str, &str); 8] = [
    ("none", ""),
    ("file", "file://{host}{path}"),
    ("kitty", "file://{host}{path}#{line}"),
    ("vscode", "vscode://file{path}:{line}:{column}"),
    ("vscode-insiders", "vscode-insiders://file{path}:{line}:{column}"),
    ("vscodium", "vscodium://file{path}:{line}:{column}"),
    ("cursor", "cursor://file{path}:{line}:{column}"),
    ("textmate", "txmt://open?url=file://{path}&line={line}&column={column}"),
];

/// Where links lead: a format, and what makes a path of a report absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    format: String,
    host: String,
    folder: String,
}

impl Links {
    /// Links of a named format, or of one with `{path}` and, if wanted, `{line}`, `{column}` and `{host}`. Paths
    /// that are not absolute are taken from `folder`. `Ok(None)` is the format `none`.
    ///
    /// # Errors
    /// What a format looks like, where this is none.
    pub fn new(format: &str, host: &str, folder: &str) -> Result<Option<Self>, String> {
        let named = FORMATS.iter().find(|(name, _)| *name == format).map(|(_, format)| *format);
        let format = match named {
            Some("") => return Ok(None),
            Some(format) => format,
            None if format.contains("{path}") && !format.chars().any(|c| c.is_control() || c == ' ') => format,
            None => {
                let known: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
                return Err(format!("write auto, {}, or a format with {{path}} and {{line}} in it", known.join(", ")));
            }
        };
        Ok(Some(Self { format: format.into(), host: encoded(host), folder: folder.into() }))
    }

    /// The address of a place; `None` for what is no file of its own: a stream, or the inside of an archive.
    pub(super) fn address(&self, path: &str, line: u64, column: u64) -> Option<String> {
        if path == "-" || path.contains('!') {
            return None;
        }
        let slashed = path.replace('\\', "/");
        let absolute = if slashed.starts_with('/') || slashed.get(1..3) == Some(":/") {
            slashed
        } else {
            format!("{}/{slashed}", self.folder.replace('\\', "/").trim_end_matches('/'))
        };
        let absolute = if absolute.starts_with('/') { absolute } else { format!("/{absolute}") };
        let address = self.format.replace("{host}", &self.host).replace("{line}", &line.to_string());
        Some(address.replace("{column}", &column.to_string()).replace("{path}", &encoded(&absolute)))
    }
}

/// Percent-encoded: nothing of a path can end the escape sequence that the address stands in.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => out.push(byte.into()),
            // Writing into a String cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Links;

    fn links(format: &str) -> Links {
        Links::new(format, "box", "/srv/app").unwrap().unwrap()
    }

    #[test]
    fn paths_become_absolute_addresses() {
        let address = |format: &str, path: &str| links(format).address(path, 7, 3);
        assert_eq!(address("file", "logs/a b.log").unwrap(), "file://box/srv/app/logs/a%20b.log");
        assert_eq!(address("kitty", "/var/x.log").unwrap(), "file://box/var/x.log#7");
        assert_eq!(address("vscode", "x.log").unwrap(), "vscode://file/srv/app/x.log:7:3");
        assert_eq!(address("my://{path}?{line}", "C:\\x.log").unwrap(), "my:///C:/x.log?7");
        assert_eq!(address("file", "-"), None);
        assert_eq!(address("file", "logs.zip!a.log"), None);
    }

    #[test]
    fn a_format_has_a_name_or_a_path() {
        assert_eq!(Links::new("none", "", ""), Ok(None));
        for bad in ["", "fiel", "x://{line}", "x://{path}\x1b\\", "x:// {path}"] {
            assert!(Links::new(bad, "", "").unwrap_err().contains("vscode"), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_path_ends_the_sequence(path in any::<String>()) {
            if let Some(address) = links("kitty").address(&path, 1, 1) {
                prop_assert!(address.bytes().all(|byte| (0x21..0x7f).contains(&byte)), "{:?}", address);
            }
        }
    }
}
