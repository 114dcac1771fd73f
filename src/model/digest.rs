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

#[cfg(test)]
mod tests {
    use super::TokenDigest;

    #[test]
    fn equal_values_join_and_others_do_not() {
        assert_eq!(TokenDigest::of(b"invented-1"), TokenDigest::of(b"invented-1"));
        assert_ne!(TokenDigest::of(b"invented-1"), TokenDigest::of(b"invented-2"));
        assert_eq!(TokenDigest::of(b"invented-1").to_string().len(), 16);
    }
}
