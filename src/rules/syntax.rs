//! What a pattern is made of.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

/// A pattern as it is for texts of ASCII: classes and letter case of Unicode take most of the time, and are read only where it
/// has no other meaning. `None` where it does not parse.
pub(super) fn of_ascii(pattern: &str) -> Option<Hir> {
    let plain = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).ok();
    plain.or_else(|| regex_syntax::parse(pattern).ok())
}
