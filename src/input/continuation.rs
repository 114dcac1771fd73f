//! Which lines continue the record above them. A pure function of the line, so that every worker
//! decides alike whatever it has seen before.

/// No decision looks further into a line than this.
pub(super) const DECIDING_BYTES: usize = 128;

/// What a continuation line may begin with, besides white space, a closing bracket and the
/// numbered forms: stack traces of Java, Python and .NET, and the folded bodies of dumped errors.
const OPENINGS: [&[u8]; 11] = [
    b"at ",
    b"Caused by",
    b"Traceback ",
    b"Response:",
    b", ErrorCode",
    b"---> ",
    b"The server responded with: ",
    b"HTTP StatusCode ",
    b"Error Description: ",
    b"CorrelationId ",
    b"-----END ",
];
/// A line that is nothing but base64 is at least so long; shorter ones may be words.
const WRAPPED_BYTES: usize = 16;

/// Whether a line continues the record above it: it is indented, closes a bracket, is part of a
/// stack trace, or part of a wrapped value. An empty line is not one. `line` is without its line feed; its
/// first 128 bytes decide.
pub(super) fn is_continuation(line: &[u8]) -> bool {
    match line.first() {
        Some(b' ' | b'\t' | b'}' | b']' | b')') => true,
        Some(b'#') => after_number(&line[1..]).is_some_and(|rest| rest.starts_with(b" ")),
        Some(b'.') => {
            let number = line.strip_prefix(b"... ");
            number.and_then(after_number).is_some_and(|rest| rest.starts_with(b" more"))
        }
        _ => OPENINGS.iter().any(|opening| line.starts_with(opening)) || names_exception(line) || is_wrapped(line),
    }
}

/// Whether a line is nothing but a piece of base64, or of a token: PEM, MIME and terminals wrap long ones.
fn is_wrapped(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // Docker writes the line feed, and a shell goes on behind a backslash.
    let line = line.strip_suffix(b"\\n").or(line.strip_suffix(b"\\")).unwrap_or(line);
    let head = &line[..line.len().min(DECIDING_BYTES)];
    let part = head.strip_suffix(b"=").map_or(head, |head| head.strip_suffix(b"=").unwrap_or(head));
    let any = |test: fn(&u8) -> bool| part.iter().any(test);
    let mixed = any(u8::is_ascii_digit) && any(u8::is_ascii_lowercase) && any(u8::is_ascii_uppercase);
    let padded = part.len() < head.len() && part.len() > 1 && head.len().is_multiple_of(4);
    // The check sum of PGP.
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/_-.~".contains(byte);
    let sum = head.len() == 5 && head[0] == b'=' && head[1..].iter().all(is_digit);
    let digits = part.iter().all(is_digit);
    sum || digits && (padded || (mixed && part.len() >= WRAPPED_BYTES))
}

/// Whether a line begins with the qualified name of an exception, as the last line of a Python
/// traceback and the first of a Java one do: `google.auth.exceptions.RefreshError: …`. A bare
/// `Error: …` is not enough: programs print that as a line of its own.
fn names_exception(line: &[u8]) -> bool {
    let head = &line[..line.len().min(DECIDING_BYTES)];
    let name = head.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"._$:\\".contains(byte)).count();
    let name = head[..name].strip_suffix(b":").unwrap_or(&head[..name]);
    let kind = [&b"Error"[..], b"Exception", b"Fault"].into_iter().find_map(|suffix| name.strip_suffix(suffix));
    // Where a module stands before it, what went wrong may be the whole name: `api.errors.InvalidGrant: …`.
    let qualified = name.contains(&b'.') && !name.starts_with(b".");
    let trouble =
        [&b"InvalidGrant"[..], b"InvalidToken", b"InvalidClient", b"TokenExpired", b"Unauthorized", b"Failure"];
    let kind = kind.or_else(|| trouble.into_iter().find_map(|suffix| name.strip_suffix(suffix)).filter(|_| qualified));
    let followed = matches!(head.get(name.len()), None | Some(b':' | b' ' | b'(' | b'\r'));
    followed && kind.is_some_and(|rest| rest.len() > 1 && rest[0].is_ascii_alphabetic())
}

/// What follows a decimal number of up to ten digits.
fn after_number(text: &[u8]) -> Option<&[u8]> {
    let digits = text.iter().take(11).take_while(|byte| byte.is_ascii_digit()).count();
    (1..=10).contains(&digits).then(|| &text[digits..])
}

#[cfg(test)]
mod tests {
    use super::{DECIDING_BYTES, is_continuation};

    #[test]
    fn stack_traces_and_dumps_continue_and_records_do_not() {
        for line in [
            "  at foo",
            "\tat foo",
            "at foo (bar.js:1)",
            "Caused by: java.io",
            "Traceback (most",
            "#0 /a.php",
            "#12 x",
            "... 23 more",
            "Response: {",
            ", ErrorCode: 12",
            "google.auth.exceptions.RefreshError: ('invalid_grant",
            "pysmartthings.errors.APIInvalidGrant: Invalid refresh token",
            "org.springframework.security.oauth2.client.ClientAuthorizationException: [invalid_grant] x",
            "OAuth2::Error: invalid_grant",
            "ValueError: x",
            "---> System.Exception",
            "The server responded with: {'ok': False}",
            "HTTP StatusCode 400",
            "}",
            "]);",
            ")",
            "  ",
            "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7",
            "aB3dE5gH7jK9mN1pQ2sT4vW6\\n",
            "Zg==",
            "=a7Xq",
            "-----END PRIVATE KEY-----",
        ] {
            assert!(is_continuation(line.as_bytes()), "{line:?}");
        }
        for line in [
            "",
            "\r",
            "{\"a\":1}",
            "2026-01-02 at",
            "attempt 3",
            "#",
            "#1",
            "#x ",
            "...",
            "... more",
            "[2026] x",
            "\u{feff}{",
            "#12345678901 x",
            "\"key\": 1",
            "Done",
            "Zg=",
            "==",
            "RefreshTokenWasIssued",
            "TokenExpired: x",
            "-----BEGIN PRIVATE KEY-----",
            "access_token=aB3dE5gH7jK9mN1pQ2sT4vW6",
            "9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c",
        ] {
            assert!(!is_continuation(line.as_bytes()), "{line:?}");
        }
    }

    #[test]
    fn the_first_bytes_decide() {
        let line = [&b"... 1234567890 more "[..], &[b'x'; 2 * DECIDING_BYTES]].concat();
        assert!(is_continuation(&line[..DECIDING_BYTES]));
        assert!(is_continuation(&line));
        let long_name = [&[b'a'; DECIDING_BYTES][..], b".SomeError: x"].concat();
        assert!(!is_continuation(&long_name));
    }
}
