//! Pictures as SVG files beside the page, for readers that draw no Mermaid.

use std::io;

use super::{DIAGRAMS, line};
use crate::model::Report;
use crate::report::escape::markdown;
use crate::report::html::{self, PERIOD, PictureFile, finding_file};

/// The files that a page shows which is asked for pictures beside it.
pub fn markdown_pictures(report: &Report) -> io::Result<Vec<PictureFile>> {
    html::pictures(report, DIAGRAMS).map_err(io::Error::other)
}

/// The pictures that there are, and the folder that they lie in, as a link from the page leads there.
pub(super) struct Beside {
    folder: String,
    files: Vec<PictureFile>,
}

impl Beside {
    pub(super) fn of(report: &Report, folder: &str) -> io::Result<Self> {
        Ok(Self { folder: linked(folder), files: markdown_pictures(report)? })
    }

    pub(super) fn period(&self, page: &mut String) {
        if self.files.iter().any(|file| file.name == PERIOD) {
            line(page, "## The whole period\n");
            self.show(page, PERIOD);
        }
    }

    /// The picture of the finding at a place of the report, if it has one.
    pub(super) fn incident(&self, page: &mut String, place: usize) {
        self.show(page, &finding_file(place));
    }

    fn show(&self, page: &mut String, name: &str) {
        if let Some(file) = self.files.iter().find(|file| file.name == name) {
            line(page, &format!("![{}]({}/{name})\n", markdown(&file.description), self.folder));
        }
    }
}

/// A folder's name inside a link: what could end the link is percent-encoded.
fn linked(folder: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    folder.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::linked;

    #[test]
    fn a_folder_ends_no_link() {
        assert_eq!(linked("night (2) ü-pictures"), "night%20%282%29%20%C3%BC-pictures");
    }
}
