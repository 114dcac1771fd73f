//! Is it a secret, or does it only stand where one could: placeholders, words, hashes, paths, ids.

use super::fold;
use super::refusal::Refusal;
use crate::rules::Demand;

/// Texts that tools and people put where a secret was. None turns up in random text by chance.
const PLACEHOLDERS: [&[u8]; 12] = [
    b"redacted",
    b"filtered",
    b"placeholder",
    b"censored",
    b"scrubbed",
    b"truncated",
    b"omitted",
    b"changeme",
    b"your_",
    b"your-",
    b"not_set",
    b"undefined",
];
/// What hashes, certificates, images and URNs begin with.
const OTHER_KINDS: [&[u8]; 19] = [
    b"sha1",
    b"sha256",
    b"sha384",
    b"sha512",
    b"hmac",
    b"md5:",
    b"md5-",
    b"urn:",
    b"arn:",
    b"data:",
    b"iVBORw0KGgo",
    b"/9j/4AAQ",
    b"R0lGOD",
    b"H4sI",
    b"$2a$",
    b"$2b$",
    b"$2y$",
    b"$argon",
    b"$pbkdf2",
];
/// The sample of jwt.io, in thousands of documents and tests.
const SAMPLE_JWT: &[u8] = b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkw";

/// Values of RFC 6749, 6750, 7009, 7636 and 8628 and of vendors' documentation, in thousands of examples.
const SAMPLES: [&[u8]; 14] = [
    b"2YotnFZFEjr1zCsicMWpAA",
    b"tGzv3JOkF0XG5Qx2TlKWIA",
    b"SplxlOBeZQQYbYS6WxSbIA",
    b"gX1fBat3bV",
    b"7Fjfp0ZBr1KtDRbnfVdmIw",
    b"mF_9.B5f-4.1JqM",
    b"45ghiukldjahdnhzdauz",
    b"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    b"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
    b"SlAV32hkKG",
    b"8xLOxBtZp8",
    b"i1WsRn1uB1",
    b"ZJYCqe3GGRvdrudKyZS0XhGv_Z45DuKhCUk0gBR1vZk",
    b"7FjfP0ZBr1KtDRbnfVdmIw",
];

/// Whether a decoded value in a telling place is a secret, or why not.
pub(super) fn secret(value: &[u8], demand: Demand) -> Result<(), Refusal> {
    let &first = value.first().ok_or(Refusal::Unassigned)?;
    // That a short value is a placeholder says more than that it is short.
    no_placeholder(value)?;
    long_enough(value, demand)?;
    let starts = |start: &&[u8]| value.len() >= start.len() && value[..start.len()].eq_ignore_ascii_case(start);
    if OTHER_KINDS.iter().any(starts) || is_pointer(value) {
        return Err(Refusal::OtherKind);
    }
    if demand.printable {
        let template = matches!(first, b'$' | b'{' | b'%' | b'<' | b'[' | b'(') || value.starts_with(b"#{");
        refuse(template, Refusal::Template)?;
        refuse(is_location(value), Refusal::Location)?;
        refuse(!is_password(value), Refusal::Words)?;
    } else {
        refuse(matches!(first, b'$' | b'@'), Refusal::Template)?;
        refuse(is_location(value), Refusal::Location)?;
        refuse(is_wordy(value), Refusal::Words)?;
        refuse(!demand.uuid && is_uuid(value), Refusal::Uuid)?;
        refuse(is_trace_id(value), Refusal::Trace)?;
    }
    mixed_enough(value, demand)
}

fn refuse(when: bool, why: Refusal) -> Result<(), Refusal> {
    if when { Err(why) } else { Ok(()) }
}

/// Whether a value has the bytes that a rule asks for.
pub(super) fn long_enough(value: &[u8], demand: Demand) -> Result<(), Refusal> {
    refuse(value.len() < demand.min_length, Refusal::Short { found: value.len(), wanted: demand.min_length })
}

/// Whether a value has the entropy that a rule asks for.
pub(super) fn mixed_enough(value: &[u8], demand: Demand) -> Result<(), Refusal> {
    let found = entropy(value);
    refuse(found < demand.min_entropy, Refusal::Entropy { found, wanted: demand.min_entropy })
}

/// What Go prints of a pointer; a token may begin with the same two signs, and then holds others than these.
fn is_pointer(value: &[u8]) -> bool {
    value.len() > 2 && value[..2].eq_ignore_ascii_case(b"0x") && value[2..].iter().all(u8::is_ascii_hexdigit)
}

/// Neither starred out or cut off, nor a word that says so, nor a sample.
pub(super) fn no_placeholder(value: &[u8]) -> Result<(), Refusal> {
    no_sample(value)?;
    let starred = value.windows(2).any(|pair| pair == b"**") || value.ends_with(b"..");
    // Two dots stand in an encrypted JWT, three only where something was left out.
    let starred = starred || memchr::memmem::find(value, b"...").is_some();
    let said = || PLACEHOLDERS.iter().any(|word| contains_ignoring_case(value, word));
    refuse(starred || said(), Refusal::Placeholder)
}

/// Not out of documentation, as far as its beginning and end tell.
pub(super) fn no_sample(value: &[u8]) -> Result<(), Refusal> {
    let known = value.starts_with(SAMPLE_JWT)
        || value.ends_with(b"EXAMPLE")
        || value.ends_with(b"EXAMPLEKEY")
        || SAMPLES.contains(&value);
    refuse(known, Refusal::Sample)
}

fn contains_ignoring_case(text: &[u8], word: &[u8]) -> bool {
    let (low, high) = (word[0], word[0].to_ascii_uppercase());
    memchr::memchr2_iter(low, high, text)
        .any(|at| text.get(at..at + word.len()).is_some_and(|piece| piece.eq_ignore_ascii_case(word)))
}

/// A URL or a file path.
fn is_location(value: &[u8]) -> bool {
    let slashes = || memchr::memchr_iter(b'/', value).count();
    memchr::memmem::find(value, b"://").is_some()
        || (matches!(value[0], b'/' | b'.' | b'~') && slashes() >= 2 && !is_base64(value))
        || [&b".json"[..], b".txt", b".pem", b".key", b".log"].iter().any(|end| value.ends_with(end))
}

/// Base64 in which slashes happen to stand as in a path: no name in one is such a mix.
fn is_base64(value: &[u8]) -> bool {
    let end = value.len() - value.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mixed = |name: &[u8]| fold::is_random(name);
    value.len().is_multiple_of(4)
        && value[..end].iter().all(plain)
        && value[..end].split(|byte| *byte == b'/').any(mixed)
}

/// Words, whatever joins them: `refresh-token-v2`, `InvalidRefreshToken`, `ERR_JWT_EXPIRED`.
fn is_wordy(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let upper = value.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let lower = value.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    if digits == 0 {
        // Random text of that length nearly always has a digit; without one only a good mix of cases will do.
        return upper * 4 < value.len() || lower * 4 < value.len() || value.len() < 20;
    }
    if upper + lower == 0 {
        return true;
    }
    value.split(|byte| !byte.is_ascii_alphanumeric()).all(is_word)
}

/// Letters of one case (or capitalised), perhaps with a number behind, or a number.
fn is_word(segment: &[u8]) -> bool {
    let letters = segment.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, number) = segment.split_at(letters);
    let rest = word.get(1..).unwrap_or_default();
    let plain = rest.iter().all(u8::is_ascii_lowercase) || word.iter().all(u8::is_ascii_uppercase);
    plain && number.len() <= 6 && letters <= 14 && number.iter().all(u8::is_ascii_digit)
}

/// `550e8400-e29b-41d4-a716-446655440000`
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A W3C `traceparent` or an X-Ray root.
fn is_trace_id(value: &[u8]) -> bool {
    (value.len() == 55 && value.starts_with(b"00-") && value[35] == b'-') || value.starts_with(b"Root=1-")
}

/// Passwords are short, so that only mixed text is told from words.
fn is_password(value: &[u8]) -> bool {
    let classes = [
        value.iter().any(u8::is_ascii_digit),
        value.iter().any(u8::is_ascii_lowercase),
        value.iter().any(u8::is_ascii_uppercase),
        value.iter().any(u8::is_ascii_punctuation),
    ];
    // Random letters: in words and names the one case is rare.
    let letters = |case: fn(&u8) -> bool| 4 * value.iter().filter(|byte| case(byte)).count() >= value.len();
    let random = value.len() >= 20 && letters(u8::is_ascii_uppercase) && letters(u8::is_ascii_lowercase);
    let plain =
        value.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/' | b'#'));
    value.len() <= 128
        && !plain
        && !value.iter().any(|byte| !byte.is_ascii_graphic())
        && (classes[0] || classes[3] || random)
        && classes.iter().filter(|has| **has).count() >= 2
        && (random || !value.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.' | b':')))
}

/// Bits of a value below which somebody who tries long enough could find it back from a digest.
const GUESSABLE_BITS: f64 = 48.0;

/// Whether a value is so short or so uniform that it could be guessed. The estimate takes the characters for
/// independent, which those of a token are; a password of words is told by its rule instead.
pub(super) fn is_guessable(value: &[u8]) -> bool {
    entropy(value) * (value.len() as f64) < GUESSABLE_BITS
}

/// Shannon entropy, bits a byte.
pub(super) fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    for byte in value {
        counts[usize::from(*byte)] += 1;
    }
    let total = value.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / total)
        .map(|share| share * share.log2())
        .sum::<f64>()
        .abs()
}

#[cfg(test)]
mod tests {
    use super::{is_uuid, secret};
    use crate::rules::Demand;

    const TOKEN: Demand = Demand { min_length: 16, min_entropy: 3.0, uuid: false, printable: false };

    #[test]
    fn random_text_is_a_secret() {
        for value in
            ["9f8b3c2a7d6e5f4a1b0c", "QmFzZTY0VG9rZW5WYWx1ZQ8x", "aZbYcXdWeVfUgThSiRjQ", "a1b2c3d4-e5f6.g7h8_i9"]
        {
            assert!(secret(value.as_bytes(), TOKEN).is_ok(), "{value}");
        }
    }

    #[test]
    fn words_places_and_placeholders_are_not() {
        for value in [
            "invalid_refresh_token",
            "InvalidRefreshTokenError",
            "ERR_OAUTH_TOKEN_401",
            "my-service-client-v2",
            "/var/run/secrets/a1/token",
            "https://idp.example/t0ken",
            "abcd****wxyz9f3a1234",
            "eyJhbG...9f8b3c2a..",
            "xxxxxxxxxxxxxxxxxxxxxxxx",
            "550e8400-e29b-41d4-a716-446655440000",
            "sha256:9f8b3c2a7d6e5f4a",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "12345678901234567890",
            "[REDACTED]9f8b3c2a7d6e",
        ] {
            assert!(secret(value.as_bytes(), TOKEN).is_err(), "{value}");
        }
        assert!(is_uuid(b"550e8400-e29b-41d4-a716-446655440000"));
    }
}
