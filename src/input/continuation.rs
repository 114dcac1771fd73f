//! Which lines continue the record above them. A pure function of the line, and of its neighbours where the one above is a
//! frame of a traceback or opens an object, or the line is empty, so that every worker decides alike whatever it has seen before.

/// No decision looks further into a line than this.
pub(super) const DECIDING_BYTES: usize = 128;

/// What a continuation line may begin with, besides white space, a closing bracket and the
/// numbered forms: stack traces of Java, Python and .NET, and the folded bodies of dumped errors.
const OPENINGS: [&[u8]; 14] = [
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
    b"During handling of the above exception",
    b"The above exception was ",
    b"--- End of ",
];
/// A line that is nothing but base64 is at least so long; shorter ones may be words.
const WRAPPED_BYTES: usize = 16;

/// Whether a line continues the record above it: it is indented, closes a bracket, is part of a
/// stack trace, or part of a wrapped value. An empty line is not one. `line` is without its line feed; its
/// first 128 bytes decide.
pub(super) fn is_continuation(line: &[u8]) -> bool {
    match line.first() {
        Some(b' ' | b'\t' | b'}' | b']' | b')') => true,
        // Most lines of most logs: none of what follows begins with one.
        Some(b'{') => false,
        Some(b'#') => after_number(&line[1..]).is_some_and(|rest| rest.starts_with(b" ")),
        Some(b'.') => {
            let number = line.strip_prefix(b"... ");
            let rest = number.and_then(after_number);
            rest.is_some_and(|rest| rest.starts_with(b" more") || rest.starts_with(b" common frames"))
        }
        Some(b'^' | b'~') => line.trim_ascii_end().iter().all(|byte| b"^~ ".contains(byte)),
        Some(b'F') if is_frame(line) => true,
        _ => OPENINGS.iter().any(|opening| line.starts_with(opening)) || names_exception(line) || is_wrapped(line),
    }
}

/// Whether a line is a frame of a Python traceback, `File "/app/sync.py", line 7, in refresh`: some shippers take the
/// indentation away. In a log that is JSON its quotes are escaped.
pub(super) fn is_frame(line: &[u8]) -> bool {
    let head = &line[..line.len().min(DECIDING_BYTES)];
    let Some(path) = head.trim_ascii_start().strip_prefix(b"File ") else { return false };
    let Some(path) = path.strip_prefix(b"\\").unwrap_or(path).strip_prefix(b"\"") else { return false };
    match memchr::memchr(b'"', path) {
        Some(end) => path[end + 1..].starts_with(b", line "),
        None => path.starts_with(b"/") && head.len() == DECIDING_BYTES,
    }
}

/// Whether a line is the source line that stands below such a frame. What begins with a time, a level or a pair is a
/// record of its own.
pub(super) fn is_below_frame(above: &[u8], line: &[u8]) -> bool {
    let head = &line[..line.len().min(DECIDING_BYTES)];
    let word = head.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(byte)).count();
    let begins = head.first().is_some_and(|byte| byte.is_ascii_lowercase() || *byte == b'_');
    begins && !matches!(head.get(word), Some(b'=' | b':')) && is_frame(above)
}

/// Whether a line is a member of the object that the line above opens, or goes on with: `"error" : "invalid_grant",`. A
/// row of a table begins with a quote, too, and has no colon behind what is quoted.
pub(super) fn is_member(above: &[u8], line: &[u8]) -> bool {
    let names_member = |line: &[u8]| {
        let name =
            line.trim_ascii_start().strip_prefix(b"\"").and_then(|rest| Some(&rest[memchr::memchr(b'"', rest)? + 1..]));
        name.is_some_and(|rest| rest.trim_ascii_start().starts_with(b":"))
    };
    line.first() == Some(&b'"')
        && names_member(&line[..line.len().min(DECIDING_BYTES)])
        && match above.trim_ascii_end().last() {
            Some(b'{') => true,
            Some(b',') => names_member(above),
            _ => false,
        }
}

/// Whether an empty line stands between an error and its exception: Spring Boot parts them so.
pub(super) fn parts_exception(above: &[u8], line: &[u8], below: &[u8]) -> bool {
    let grave =
        |above: &[u8]| [&b"ERROR"[..], b"SEVERE"].iter().any(|level| memchr::memmem::find(above, level).is_some());
    line.trim_ascii().is_empty() && names_exception(below) && grave(&above[..above.len().min(DECIDING_BYTES)])
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
    // Java's nested classes: `HttpServerErrorException$ServiceUnavailable: 503 …`.
    let outer = memchr::memchr(b'$', name).map_or(name, |end| &name[..end]);
    let kind = [&b"Error"[..], b"Exception", b"Fault"]
        .into_iter()
        .find_map(|suffix| name.strip_suffix(suffix).or_else(|| outer.strip_suffix(suffix)));
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
    use super::{DECIDING_BYTES, is_below_frame, is_continuation, is_member, parts_exception};

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
            "org.springframework.web.client.HttpServerErrorException$ServiceUnavailable: 503 x",
            "OAuth2::Error: invalid_grant",
            "ValueError: x",
            "---> System.Exception",
            "The server responded with: {'ok': False}",
            "File \"/app/sync.py\", line 7, in refresh",
            "File \\\"/app/sync.py\\\", line 7, in refresh",
            "^^^^^^^^~~",
            "During handling of the above exception, another exception occurred:",
            "--- End of stack trace from previous location ---",
            "... 12 common frames omitted",
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
            "File \"report.csv\" uploaded",
            "^ here",
        ] {
            assert!(!is_continuation(line.as_bytes()), "{line:?}");
        }
    }

    #[test]
    fn a_source_line_belongs_to_its_frame_and_a_record_does_not() {
        let frame = b"File \"/app/sync.py\", line 7, in refresh";
        for line in
            [&b"raise HTTPError(message, response=self)"[..], b"r.raise_for_status()", b"token = self.fetch(url)"]
        {
            assert!(is_below_frame(frame, line) && !is_below_frame(b"INFO next", line), "{line:?}");
        }
        for line in
            [&b"level=error msg=x"[..], b"2026-01-02 INFO x", b"INFO x", b"{\"a\":1}", b"error: x", b"", b"[x] y"]
        {
            assert!(!is_below_frame(frame, line), "{line:?}");
        }
    }

    #[test]
    fn members_belong_to_the_object_above_and_rows_of_a_table_do_not() {
        let member = b"\"error_description\" : \"Bad Request\"";
        assert!(is_member(b"Google_Auth_Exception: message: '{", member) && is_member(b"\"error\" : \"x\",", member));
        assert!(!is_member(b"}", member) && !is_member(b"2026-01-02,\"x\",", member));
        assert!(!is_member(b"\"2026-01-02\",\"x\",", b"\"2026-01-02\",\"y\",") && !is_member(b"a: {", b"error: x"));
    }

    #[test]
    fn an_empty_line_parts_no_error_from_its_exception() {
        let (above, below) =
            (b"2026-01-02 03:04:05 ERROR 1 --- [x] y : 500", b"a.b.ClientAuthorizationException: [invalid_grant] x");
        assert!(parts_exception(above, b"", below) && parts_exception(above, b"\r", below));
        assert!(!parts_exception(b"2026-01-02 03:04:05 INFO Token refreshed", b"", below));
        assert!(!parts_exception(above, b"", b"2026-01-02 03:04:05 INFO x") && !parts_exception(above, b"x", below));
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
