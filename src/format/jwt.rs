//! Whom a JWT in a record is about. Its payload is decoded for identity only; that the token itself is readable
//! is for the leak rules to say.

use std::sync::LazyLock;

use bumpalo::Bump;
use memchr::memmem::Finder;
use serde_json::Value;

/// Claims that name somebody, and the keys under which they are taken: weaker than what the log itself says.
const CLAIMS: [(&str, &str); 8] = [
    ("sub", "token_sub"),
    ("azp", "token_client"),
    ("client_id", "token_client"),
    ("cid", "token_client"),
    ("appid", "token_client"),
    ("sid", "token_session"),
    ("session_state", "token_session"),
    ("iss", "token_iss"),
];

/// How every JWT begins; made once, because every record is searched for it.
static HEAD: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("eyJ"));

/// Most JWTs of one record that are decoded, and longest payload.
const TOKENS: usize = 4;
const PAYLOAD: usize = 8 << 10;

/// Hands key and value of each claim of the JWTs in a text to `sink`.
pub(super) fn claims<'a>(arena: &'a Bump, text: &str, sink: &mut dyn FnMut(&'static str, &'a str)) {
    for at in HEAD.find_iter(text.as_bytes()).take(TOKENS) {
        let mut parts = text[at..].splitn(3, '.');
        let (Some(_), Some(payload), Some(_)) = (parts.next(), parts.next(), parts.next()) else { return };
        let decoded = Some(payload).filter(|payload| payload.len() <= PAYLOAD).and_then(base64url);
        let Some(Value::Object(claims)) = decoded.and_then(|bytes| serde_json::from_slice(&bytes).ok()) else {
            continue;
        };
        for (claim, key) in CLAIMS {
            if let Some(value) = claims.get(claim).and_then(Value::as_str) {
                sink(key, arena.alloc_str(value));
            }
        }
    }
}

/// The bytes of unpadded base64url; `None` at any other sign.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::with_capacity(text.len() * 3 / 4));
    for sign in text.trim_end_matches('=').bytes() {
        let value = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'a'..=b'z' => sign - b'a' + 26,
            b'0'..=b'9' => sign - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::{base64url, claims};

    #[test]
    fn a_token_names_its_subject_and_client() {
        let arena = Bump::new();
        let mut found = Vec::new();
        // {"alg":"none"} . {"sub":"u1","azp":"app"}
        let text = "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSIsImF6cCI6ImFwcCJ9.c2ln tail";
        claims(&arena, text, &mut |key, value| found.push((key, value)));
        assert_eq!(found, [("token_sub", "u1"), ("token_client", "app")]);
        for broken in ["eyJ", "eyJ.eyJ.", "eyJhbGciOiJub25lIn0.!!.x", "eyJa.eyJhbGciOiJub25lIn0"] {
            claims(&arena, broken, &mut |key, _| panic!("{key} of {broken}"));
        }
        assert_eq!(base64url("aGk").as_deref(), Some(&b"hi"[..]));
    }
}
