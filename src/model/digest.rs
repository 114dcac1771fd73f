//! The keyed one-way digest that stands for a token value everywhere after the worker that saw it.

use std::fmt;
use std::sync::LazyLock;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Domain-separation key. Fixed, so that digests join across files, runs and machines: equality is
/// all that is asked of them. A token of the usual entropy cannot be found back from 64 bits of HMAC.
const KEY: [u8; 64] = *b"tokscan: the keyed digest that joins the occurrences of a token.";

static KEYED: LazyLock<Hmac<Sha256>> = LazyLock::new(|| Hmac::<Sha256>::new(&KEY.into()));

/// 64 bits of HMAC-SHA-256 over a token value; shown as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenDigest(u64);

impl TokenDigest {
    /// The digest of a decoded token value (no quotes, no escapes, no surrounding spaces).
    pub fn of(value: &[u8]) -> Self {
        let mut mac = KEYED.clone();
        mac.update(value);
        let bytes = mac.finalize().into_bytes();
        let mut head = [0; 8];
        head.copy_from_slice(&bytes[..8]);
        Self(u64::from_be_bytes(head))
    }
}

impl fmt::Display for TokenDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// What a leaked value is recognised by where nothing marks it: a few bits of how it begins, which make the
/// search fast, its length, and its digest, which decides. Never written anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scent {
    /// 32 bits of the first [`Scent::HEAD`] bytes.
    pub head: u32,
    /// Bytes.
    pub length: usize,
    /// Of the whole value.
    pub digest: TokenDigest,
}

impl Scent {
    /// How many bytes a head is made of. Shorter values have no scent: they would be found in ordinary words.
    pub const HEAD: usize = 12;
    /// Any odd number with well spread bits.
    const BASE: u32 = 0x9e37_79b1;

    /// The scent of a decoded value.
    pub fn of(value: &[u8]) -> Option<Self> {
        let (_, head) = Self::heads(value).next()?;
        Some(Self { head, length: value.len(), digest: TokenDigest::of(value) })
    }

    /// The head of whatever begins at each place of a text, in one pass.
    pub fn heads(text: &[u8]) -> impl Iterator<Item = (usize, u32)> + '_ {
        let step = |hash: u32, byte: u8| hash.wrapping_mul(Self::BASE).wrapping_add(u32::from(byte) + 1);
        let oldest = Self::BASE.wrapping_pow(Self::HEAD as u32);
        let mut hash = text.iter().take(Self::HEAD - 1).fold(0, |hash, byte| step(hash, *byte));
        (Self::HEAD - 1..text.len()).map(move |last| {
            hash = step(hash, text[last]);
            if let Some(left) = last.checked_sub(Self::HEAD) {
                hash = hash.wrapping_sub(oldest.wrapping_mul(u32::from(text[left]) + 1));
            }
            (last + 1 - Self::HEAD, hash)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Scent, TokenDigest};

    #[test]
    fn a_head_is_the_same_wherever_it_stands() {
        let value = b"Zx3kQ9vB7mN2pL5s";
        let scent = Scent::of(value).unwrap();
        let text = [b"before it ".as_slice(), value, b" and after it"].concat();
        let found: Vec<usize> = Scent::heads(&text).filter(|(_, head)| *head == scent.head).map(|(at, _)| at).collect();
        assert_eq!(found, [10]);
        assert_eq!(Scent::heads(&text).count(), text.len() - Scent::HEAD + 1);
        assert!(Scent::of(b"short value").is_none());
    }

    #[test]
    fn equal_values_join_and_others_do_not() {
        assert_eq!(TokenDigest::of(b"invented-1"), TokenDigest::of(b"invented-1"));
        assert_ne!(TokenDigest::of(b"invented-1"), TokenDigest::of(b"invented-2"));
        assert_eq!(TokenDigest::of(b"invented-1").to_string().len(), 16);
    }
}
