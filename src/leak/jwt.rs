//! What a JWT says about itself, and the base64 that it and the Basic scheme are written in.

use serde::Deserialize;

/// Decodes base64 of either alphabet, padded or not; `None` when anything else is in it.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii_end();
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let text = &text[..text.len() - padding];
    if padding > 2 || text.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.chunks(4) {
        let mut bits = 0u32;
        for byte in chunk {
            let six = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(six);
        }
        bits <<= 6 * (4 - chunk.len());
        out.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    Some(out)
}

#[derive(Deserialize)]
struct Claims {
    exp: Option<f64>,
}

/// The `exp` of a JWT, seconds since the epoch.
pub(super) fn expiry(token: &[u8]) -> Option<i64> {
    let mut parts = token.split(|byte| *byte == b'.');
    parts.next().filter(|header| header.starts_with(b"ey"))?;
    let claims: Claims = serde_json::from_slice(&base64(parts.next()?)?).ok()?;
    // Beyond the year 9999 it is no expiry.
    claims.exp.filter(|exp| (0.0..253_402_300_800.0).contains(exp)).map(|exp| exp as i64)
}

/// The secret of an `id:secret` pair as the Basic scheme writes it.
pub(super) fn basic_secret(encoded: &[u8]) -> Option<Vec<u8>> {
    let pair = base64(encoded)?;
    let colon = memchr::memchr(b':', &pair)?;
    let (id, secret) = (&pair[..colon], &pair[colon + 1..]);
    let readable = pair.iter().all(u8::is_ascii_graphic);
    (readable && !id.is_empty() && secret.len() >= 4).then(|| secret.to_vec())
}

#[cfg(test)]
mod tests {
    use super::{base64, basic_secret, expiry};

    #[test]
    fn a_jwt_tells_its_expiry() {
        // {"alg":"RS256"} . {"sub":"u1","exp":1767323045}
        let token = b"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1MSIsImV4cCI6MTc2NzMyMzA0NX0.c2ln";
        assert_eq!(expiry(token), Some(1_767_323_045));
        assert_eq!(expiry(b"eyJhbGciOiJSUzI1NiJ9.!!.c2ln"), None);
        assert_eq!(expiry(b""), None);
    }

    #[test]
    fn basic_holds_a_pair_or_nothing() {
        assert_eq!(base64(b"YTpiYw=="), Some(b"a:bc".to_vec()));
        assert_eq!(basic_secret(b"YXBwOnMzY3JldC12YWx1ZQ=="), Some(b"s3cret-value".to_vec()));
        assert_eq!(basic_secret(b"authentication"), None);
    }
}
