//! Why a place that a rule looked at holds no leak: for people who ask. No reason tells anything of the value but
//! what the rule held it against.

use std::fmt::{self, Display, Formatter};

/// Why a rule passed a place over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Refusal {
    /// A key or scheme without a value.
    Unassigned,
    /// No value, or one that was shortened on purpose.
    Cut,
    /// What would be the value is followed by an operator.
    Key,
    /// The literal stands in the middle of a longer word.
    Inside,
    /// The pattern of the rule does not match.
    Shape,
    /// A placeholder in the place of a value.
    Placeholder,
    /// A value out of documentation.
    Sample,
    /// A digest, an image, a URN.
    OtherKind,
    /// A variable or a template: `${TOKEN}`.
    Template,
    /// A URL or a path.
    Location,
    /// Words, or a number.
    Words,
    /// A UUID.
    Uuid,
    /// A trace context.
    Trace,
    /// Fewer bytes than the rule asks for.
    Short { found: usize, wanted: usize },
    /// Less mixed than the rule asks for.
    Entropy { found: f64, wanted: f64 },
    /// Not the base64 of `id:secret`.
    NoPair,
    /// The line lacks what the rule asks of it.
    Requires,
    /// An allowlist of the rule's own file holds.
    Allowed,
    /// A pseudonym that `redact` wrote.
    Pseudonym,
    /// The rule of this number names the place.
    Outranked(usize),
}

impl Display for Refusal {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Unassigned => "no value is assigned to it here",
            Self::Cut => "there is no value, or it was cut off or starred out",
            Self::Key => "what follows is itself a key with a value",
            Self::Inside => "it stands inside a longer word",
            Self::Shape => "what follows does not have the form that the rule asks for",
            Self::Placeholder => "a placeholder stands in the place of the value",
            Self::Sample => "the value is an example of a standard or of documentation",
            Self::OtherKind => "the value begins as digests, images or names do",
            Self::Template => "the value begins as a variable or a template does",
            Self::Location => "the value is a URL or a path",
            Self::Words => "the value is made of words or numbers, not of random text",
            Self::Uuid => "the value is a UUID, as ids are",
            Self::Trace => "the value is a trace id",
            Self::NoPair => "the value is not the base64 of an id and a secret",
            Self::Requires => "the line holds none of the texts that the rule asks for beside the key",
            Self::Allowed => "an allowlist of the rule's file allows it",
            Self::Pseudonym => "the value is a pseudonym that `tokscan redact` wrote",
            Self::Short { found, wanted } => {
                return write!(out, "the value is {found} bytes long, and the rule asks for {wanted}");
            }
            Self::Entropy { found, wanted } => {
                return write!(
                    out,
                    "the value has an entropy of {found:.1} bits a byte, and the rule asks for {wanted}"
                );
            }
            Self::Outranked(_) => "another rule names it",
        };
        out.write_str(text)
    }
}
