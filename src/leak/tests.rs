//! The rules' own examples, every shape in every carrier, and what must stay silent.

use super::{LeakHit, LeakScanner, check_examples};
use crate::rules::{embedded, load_leaks};

fn scanner() -> LeakScanner {
    LeakScanner::new(&load_leaks(&embedded()).unwrap())
}

fn find(scanner: &LeakScanner, line: &str) -> Vec<LeakHit> {
    let mut hits = Vec::new();
    scanner.find(line.as_bytes(), &mut hits);
    hits
}

#[test]
fn every_rule_proves_itself() {
    let rules = load_leaks(&embedded()).unwrap();
    let errors = check_examples(&rules);
    assert!(errors.is_empty(), "{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_one_rule_ignores_no_rule_reports() {
    let (scanner, rules) = (scanner(), load_leaks(&embedded()).unwrap());
    for rule in &rules {
        for line in &rule.examples.ignore {
            let names: Vec<_> = find(&scanner, line).iter().map(|hit| scanner.rule_id(hit.rule).to_owned()).collect();
            assert!(names.is_empty(), "{}: {line}: {names:?}", rule.id);
        }
    }
}

#[test]
fn what_is_explained_is_what_is_found_and_every_refusal_has_its_reason() {
    let scanner = scanner();
    for rule in scanner.rules() {
        for line in rule.examples.matching.iter().chain(&rule.examples.ignore) {
            let looks = scanner.explain(line.as_bytes());
            let kept: Vec<LeakHit> = looks.iter().filter_map(|look| look.outcome.clone().ok()).collect();
            assert_eq!(kept, find(&scanner, line), "{line}");
            assert!(looks.iter().all(|look| look.outcome.as_ref().err().is_none_or(|why| why.len() > 20)), "{looks:?}");
        }
    }
}

#[test]
fn refusals_name_what_the_value_was_held_against() {
    let scanner = scanner();
    let token = "Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKb";
    for (line, rule, part) in [
        ("refresh_token=xxxxxxxxxxxxxxxxxxxxxxxx".to_owned(), "oauth-refresh-token", "random text"),
        ("refresh_token=[REDACTED]".into(), "oauth-refresh-token", "placeholder"),
        ("refresh_token=abc".into(), "oauth-refresh-token", "is 3 bytes long, and the rule asks for 12"),
        ("refresh_token=a1a1a1a1a1a1a1a1a1a1b".into(), "oauth-refresh-token", "entropy of 1.2 bits a byte"),
        ("refresh_token=\"https://idp.example/t0ken/7\"".into(), "oauth-refresh-token", "a URL or a path"),
        (format!("refresh_token={token}..."), "oauth-refresh-token", "cut off or starred out"),
        (format!("the refresh_token was lost, digest sha256:{token}"), "oauth-refresh-token", "no value is assigned"),
        ("refresh_token=‹refresh_token:7f3a01c27f3a01c2›".into(), "oauth-refresh-token", "no value"),
        (format!("xghp_{}", &token[..36]), "github-token", "inside a longer word"),
        ("ghp_tooshort".into(), "github-token", "does not have the form"),
        ("access_token=2YotnFZFEjr1zCsicMWpAA".into(), "oauth-access-token", "example of a standard"),
    ] {
        let looks = scanner.explain(line.as_bytes());
        let of_rule = |look: &&super::Look| scanner.rule_id(look.rule) == rule;
        let said: Vec<String> =
            looks.iter().filter(of_rule).map(|look| look.outcome.clone().err().unwrap_or("leak".into())).collect();
        assert!(said.iter().any(|why| why.contains(part)), "{line}: {said:?}, {looks:?}");
    }
    let looks = scanner.explain(b"x=%72%65%66%72%65%73%68%5f%74%6f%6b%65%6e=[REDACTED]");
    assert!(looks.iter().any(|look| look.encoded && look.outcome.is_err() && look.at == 2), "{looks:?}");
}

#[test]
fn literals_are_few_and_bare() {
    let literals = scanner().literals();
    for literal in &literals {
        assert!(literal.len() >= 3 && literal[0] != b'"', "{}", String::from_utf8_lossy(literal));
    }
    let names: Vec<_> = literals.iter().map(|literal| String::from_utf8_lossy(literal).into_owned()).collect();
    assert!(literals.len() <= 250, "{} {names:?}", literals.len());
}

/// The key in the style of a carrier, the value as the carrier encodes it, and the line.
type Carrier = (&'static str, fn(&str) -> String, fn(&str) -> String);

fn plain(value: &str) -> String {
    value.to_owned()
}

fn percent(value: &str) -> String {
    value
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn twice(value: &str) -> String {
    percent(value).replace('%', "%25")
}

fn slashed(value: &str) -> String {
    value.replace('/', "\\/")
}

fn unicode(value: &str) -> String {
    value.replace('-', "\\u002d")
}

const CARRIERS: &[Carrier] = &[
    ("json", plain, |v| format!(r#"{{"a":1,"refresh_token":"{v}","b":2}}"#)),
    ("json after the word", plain, |v| format!(r#"{{"msg":"token response","refreshToken":"{v}"}}"#)),
    ("json spaced", plain, |v| format!(r#"{{ "refresh_token" : "{v}" }}"#)),
    ("json pretty", plain, |v| format!("{{\n  \"refresh_token\":\n    \"{v}\"\n}}")),
    ("json of php", slashed, |v| format!(r#"{{"refresh_token":"{v}"}}"#)),
    ("json of .net", unicode, |v| format!(r#"{{"refresh_token":"{v}"}}"#)),
    ("escaped json", plain, |v| format!(r#"{{"body":"{{\"refresh_token\":\"{v}\",\"x\":1}}"}}"#)),
    ("twice escaped json", plain, |v| format!(r#"{{"l":"{{\"body\":\"{{\\\"refresh_token\\\":\\\"{v}\\\"}}\"}}"}}"#)),
    ("unicode quotes", plain, |v| format!(r#"{{"b":"{{\u0022refresh_token\u0022:\u0022{v}\u0022}}"}}"#)),
    ("query", percent, |v| format!("GET /token?x=1&refresh_token={v}&client_id=app HTTP/1.1")),
    ("form", percent, |v| format!("data: 'grant_type=refresh_token&refresh_token={v}'")),
    ("form in form", twice, |v| format!("body=grant_type%3Drefresh_token%26refresh_token%3D{v}%26client_id%3Dapp")),
    ("encoded query", percent, |v| format!("refresh_token%3D{v}%26client_id%3Dapp")),
    ("encoded json", percent, |v| format!("b=%7B%22refresh_token%22%3A%22{v}%22%2C%22x%22%3A1%7D")),
    ("logfmt", plain, |v| format!("level=debug refresh_token={v} status=200")),
    ("logfmt quoted", plain, |v| format!("level=debug refresh_token=\"{v}\" status=200")),
    ("kebab", plain, |v| format!("refresh-token: {v}, other: 1")),
    ("environment", plain, |v| format!("export REFRESH_TOKEN={v}")),
    ("option", plain, |v| format!("tool --refresh-token {v} --verbose")),
    ("python dict", plain, |v| format!("{{'error': 1, 'refresh_token': '{v}'}}")),
    ("python items", plain, |v| format!("dict_items([('refresh_token', ['{v}']), ('x', ['y'])])")),
    ("python bytes", plain, |v| format!("b'refresh_token': b'{v}'")),
    ("ruby", plain, |v| format!("Parameters: {{\"refresh_token\"=>\"{v}\"}}")),
    ("ruby symbol", plain, |v| format!("{{:refresh_token=>\"{v}\", :x=>1}}")),
    ("ruby new hash", plain, |v| format!("{{refresh_token: \"{v}\"}}")),
    ("params of a form", plain, |v| format!("params[\"refresh_token\"] = \"{v}\"")),
    ("go", plain, |v| format!("&{{AccessToken: TokenType:Bearer RefreshToken:{v} Expiry:2026-01-02}}")),
    ("go header", plain, |v| format!("map[X-Refresh-Token:[{v}] Accept:[*/*]]")),
    ("java", plain, |v| format!("TokenResponse(refreshToken={v}, scope=openid)")),
    ("java snake", plain, |v| format!("{{grant_type=refresh_token, refresh_token={v}, x=1}}")),
    ("rust", plain, |v| format!("Token {{ refresh_token: Some(\"{v}\"), x: 1 }}")),
    (".net", plain, |v| format!("RefreshToken = {v}, Scope = openid")),
    ("plist", plain, |v| format!("    \"refresh_token\" = \"{v}\";")),
    ("html", plain, |v| format!("&quot;refresh_token&quot;:&quot;{v}&quot;,&quot;x&quot;:1")),
    ("html numeric", plain, |v| format!("&#34;refresh_token&#34;: &#34;{v}&#34;")),
    ("xml", plain, |v| format!("<refresh_token>{v}</refresh_token>")),
    ("colours", plain, |v| format!("\x1b[3mrefresh_token\x1b[0m\x1b[2m=\x1b[0m\x1b[32m{v}\x1b[0m done")),
    ("escaped colours", plain, |v| format!(r"refresh_token\u001b[0m=\u001b[32m{v}\u001b[0m")),
    ("text colon", plain, |v| format!("Invalid refresh token: {v}")),
    ("text", plain, |v| format!("Validating refresh token {v} for client app")),
    ("text is", plain, |v| format!("refresh token is {v}.")),
    ("text bracket", plain, |v| format!("Provided refresh token [{v}] isn't active")),
    ("text issued", plain, |v| format!("[VRB] Refresh token issued for app (no name set) / u1: {v}")),
];

const SHAPES: &[(&str, &str)] = &[
    ("opaque", "Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKb-_"),
    ("hex", "9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a"),
    ("base64", "mZ+kQ9vB7/N2pL5sD8fG1hJ4wE6rT0yUaScXiOqK"),
    (
        "google",
        "1//0gQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKbZx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKbZx3kQ9-vB7mN2pL5sD8fG",
    ),
    (
        "jwt",
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImV4cCI6MTc2NzMyMzA0NX0.Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6-rT0y",
    ),
    ("duende", "9F8B3C2A7D6E5F4A1B0C9D8E7F6A5B4C3D2E1F0A9B8C7D6E5F4A3B2C1D0E9F8A-1"),
    ("ory", "ory_rt_Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKb-_.aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3aB4c"),
    ("github", "ghr_Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKbZx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaSc"),
];

#[test]
fn every_shape_is_found_in_every_carrier_with_one_digest() {
    let scanner = scanner();
    let mut wrong = Vec::new();
    for (shape, value) in SHAPES {
        let expected = crate::model::TokenDigest::of(value.as_bytes());
        for (carrier, encode, write) in CARRIERS {
            let raw = encode(value);
            let line = write(&raw);
            let hits = find(&scanner, &line);
            let spans: Vec<&str> = hits.iter().map(|hit| &line[hit.start..hit.end]).collect();
            let right = spans == [raw.as_str()]
                && hits[0].digest == expected
                && hits[0].kind == crate::model::LeakKind::RefreshToken;
            if !right {
                wrong.push(format!(
                    "\n{shape} in {carrier}: {line}\n    {spans:?} {:?}",
                    hits.first().map(|hit| hit.kind)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:{}", wrong.len(), wrong.concat());
}

#[test]
fn headers_are_read_in_every_carrier() {
    let scanner = scanner();
    for (_, value) in SHAPES {
        for line in [
            format!("Authorization: Bearer {value}"),
            format!(r#"{{"authorization":"Bearer {value}"}}"#),
            format!(r#"{{\"Authorization\":[\"Bearer {value}\"]}}"#),
            format!("authorization=Bearer%20{value}&x=1"),
            format!("> AUTHORIZATION: BEARER {value}"),
            format!("-H 'authorization: bearer {value}' https://api.example/"),
            format!("authorization: DPoP {value}"),
        ] {
            let hits = find(&scanner, &line);
            assert_eq!(hits.len(), 1, "{line}");
            assert_eq!(&line[hits[0].start..hits[0].end], *value, "{line}");
        }
    }
}

const SILENT: &[&str] = &[
    r#"{"access_token":"***","refresh_token":"xxxxxxxxxxxxxxxxxxxxxxxx","id_token":"[REDACTED]"}"#,
    r#"{"access_token":"<redacted>","refresh_token":"[FILTERED]","client_secret":"REDACTED_BY_PROXY_1"}"#,
    "access_token=${TOKEN_1234567890abc} refresh_token=$TOKEN_1234567890abc id_token=%TOKEN%",
    "access_token: {{ token }} refresh_token: ${{ secrets.REFRESH_TOKEN_1 }}",
    "access_token=null refresh_token=undefined id_token=None client_secret=nil",
    "access_token=[object Object] refresh_token=true id_token=false",
    "access_token=%s refresh_token=%v client_secret=%d password=%q",
    "access_token=eyJhbG… refresh_token=eyJhbG... id_token=eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...",
    "refresh_token=abcd****wxyz access_token=****9f3a \"RefreshToken\": \"****9f3a\"",
    "access_token=ya29.…(len 187) refresh_token=…(len 43) Authorization: Bearer eyJ…(len 812)",
    "access_token=sha256:9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c refresh_token=hmac-sha256:9f8b3c2a7d6e5f4a1b0c9d8e",
    r#"{"token_id":"9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c","refresh_token_id":"550e8400-e29b-41d4-a716-446655440000"}"#,
    "access_token_hash=9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c refresh_token_sha256=9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c",
    "token_type=Bearer token_use=access expires_in=3600 jti=9f8b3c2a7d6e5f4a1b0c9d8e kid=Zx3kQ9vB7mN2pL5sD8fG1hJ4",
    "token_endpoint=https://idp.example/t0/oauth2/token token_url: https://idp.example/t0ken/a1b2c3d4e5f6g7h8",
    r#"{"csrf_token":"Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yU","xsrfToken":"Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yU"}"#,
    r#"{"next_page_token":"Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yU","continuationToken":"Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6r"}"#,
    r#"{"push_token":"Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yU","fcm_token":"Zx3kQ9vB7mN2pL5sD8fG","device_token":"Zx3kQ9vB7mN2pL5sD8fG1hJ4"}"#,
    "traceparent=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 refresh_token rotated",
    "refresh_token rotated etag=\"Zx3kQ9vB7mN2pL5sD8fG1hJ4\" id=01ARZ3NDEKTSV4RRFFQ69G5FAV session=9f8b3c2a7d6e5f4a",
    "id_token nonce checked; image=data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
    "refresh_token: expired, access_token is missing, refresh token invalid, password: required",
    "grant_type=refresh_token scope=openid profile offline_access response_type=code error=invalid_token",
    r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked.","refresh_token":"missing_or_invalid"}"#,
    "refresh_token=/var/run/secrets/9f8b3c2a/token access_token=~/.config/app1/token.json",
    r#"{"code":"refresh_token_already_used","error_code":"AADSTS70008212345","authorization_code":"invalid"}"#,
    "GET /oauth/callback?error=access_denied&code=200 state=af0ifjsldkj code=ECONNRESET code=invalid_grant",
    "GET /oauth/token?code=1767323045123456 redirect_uri=https://app.example/cb code=DE",
    "Bearer ... Bearer *** Bearer null Bearer undefined Bearer [object Object] Bearer <token>",
    "oauth2: \"invalid_grant\" \"refresh token expired for session 9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c\"",
    "Access token for request 01ARZ3NDEKTSV4RRFFQ69G5FAV trace: 4bf92f3577b34da6a3ce929d0e0e4736",
    "refresh token issued for app, trace id: 4bf92f3577b34da6a3ce929d0e0e4736",
    "ERROR {TokenIssuer} - Error occurred while validating refresh token for clientId: QfXHPzC3fR4U6y8k error: invalid_grant",
    "refresh token for client: QfXHPzC3fR4U6y8k not found, refresh token stored for tenant: 4bf92f3577b34da6a3ce929d0e0e4736",
    "Session{email:a@b user:u token:true id_token:true refresh_token:true}",
    "{AccessToken:0xc000123456789abc RefreshToken: Expiry:0001-01-01 00:00:00 +0000 UTC}",
    "found 1 RTs matching {home_account_id: 9f8b3c2a7d6e5f4a.1b0c9d8e7f6a5b4c} refresh_token",
    "access_token= user_id=550e8400-e29b-41d4-a716-446655440000",
    r#"{"access_token":"","token_id":"Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yU"}"#,
    "intuit_tid 1-5f9b3c2a-7d6e5f4a1b0c9d8e7f6a5b4c refresh_token Root=1-67891233-abcdef012345678912345678",
    "the code_verifier and client_assertion parameters; assertion `left == right` failed at src/a1b2c3.rs:22",
    "refresh_token_expires_in=15897600 access_token_expires_at=2026-01-02T03:04:05.123Z",
    "ClientSecretPost client_secret_basic ClientSecretCredential.GetToken failed for 9f8b3c2a7d6e5f4a1b0c9d8e",
];

#[test]
fn what_is_no_leak_stays_silent() {
    let scanner = scanner();
    let mut loud = Vec::new();
    for line in SILENT {
        for hit in find(&scanner, line) {
            loud.push(format!("\n{}: `{}` in {line}", scanner.rule_id(hit.rule), &line[hit.start..hit.end]));
        }
        assert!(!loud.is_empty() || scanner.mask(line) == *line, "masks but does not find: {line}");
    }
    assert!(loud.is_empty(), "{}", loud.concat());
}

#[test]
fn a_hit_says_what_leaked_and_shows_no_more_than_its_kind() {
    let scanner = scanner();
    let jwt = SHAPES[4].1;
    let hits = find(&scanner, &format!("{{\"access_token\":\"{jwt}\",\"client_secret\":\"q7Js92Kd\"}}"));
    assert_eq!((hits.len(), hits[0].expires_at), (2, Some(1_767_323_045)));
    assert_eq!(hits[0].masked, format!("eyJ…(len {})", jwt.len()));
    assert_eq!((hits[1].field.as_deref(), hits[1].masked.as_str()), (Some("client_secret"), "…(len 8)"));
    assert_eq!(
        scanner.mask("x ya29.a0AfQ9vB7mN2pL5sD8fG1hJ4wE6rT0yU y"),
        "x ya29.…(len 37) y",
        "the prefix is public, the rest is not"
    );
}

#[test]
fn the_secret_of_a_basic_header_joins_the_client_secret() {
    let scanner = scanner();
    // app-1:Q7js92Kdx0ZaPm3
    let header = find(&scanner, "Authorization: Basic YXBwLTE6UTdqczkyS2R4MFphUG0z");
    let form = find(&scanner, "client_id=app-1&client_secret=Q7js92Kdx0ZaPm3");
    assert_eq!((header.len(), form.len()), (1, 1));
    assert_eq!(header[0].digest, form[0].digest);
    assert_eq!(header[0].field.as_deref(), Some("authorization"));
}

#[test]
fn several_leaks_of_one_line_are_told_apart() {
    let scanner = scanner();
    let line = "POST /oauth/v2/token?refresh_token=1000.9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c.9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4d\
                &client_secret=9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c5d6e7f8091&grant_type=refresh_token HTTP/1.1";
    let kinds: Vec<_> = find(&scanner, line).iter().map(|hit| hit.kind.name()).collect();
    assert_eq!(kinds, ["refresh_token", "client_secret"]);
}

#[test]
fn hostile_lines_take_linear_time() {
    let scanner = scanner();
    for piece in [
        "\"",
        "\\",
        "%25",
        "&amp;",
        "eyJ",
        "eyJ.",
        ".eyJ",
        "/ya29.",
        "=ya29.%",
        "\"access_token\":\"",
        "access_token=",
        "access_token:",
        "access_token ",
        "refresh token issued for ",
        "Bearer ",
        "Bearer+",
        "/Bearer+",
        "code=",
        "code=Zx3kQ9vB7mN2pL5s&",
        "password:",
        "password=\"",
        "://a:",
        "-----BEGIN PRIVATE KEY-----",
        "[(",
        "1//0",
        "refresh_token%3A",
        "\x1b[",
        "s%3A",
        "a.",
        "eyJhbGciOiJSUzI1NiJ9.",
        "\"refresh_token\":\"x:refresh_token",
        " ",
    ] {
        let line = format!("x_token {}", piece.repeat(1_000_000 / piece.len()));
        let start = std::time::Instant::now();
        find(&scanner, &line);
        // Generous for a busy machine without optimisation; a quadratic step takes minutes.
        assert!(start.elapsed().as_secs() < 8, "{piece:?}: {:?}", start.elapsed());
    }
}

/// Pieces that meet each other in hostile ways, more often than random bytes would.
const PIECES: &[&str] = &[
    "access_token",
    "refresh_token",
    "RefreshToken",
    "refresh token",
    "client_secret",
    "password",
    "code",
    "state=",
    "cookie",
    "sid",
    "Authorization",
    ": ",
    ":",
    "=",
    "=>",
    "\"",
    "\\\"",
    "\\\\\\\"",
    "'",
    "&",
    "%26",
    "%3D",
    "%22",
    "%25",
    "%2",
    "\\u00",
    "\\u0022",
    "\\n",
    "&quot;",
    "&#34;",
    "\x1b[32m",
    "\x1b",
    "[",
    "(",
    "{",
    "<",
    ">",
    ",",
    " ",
    "Bearer ",
    "Basic ",
    "Bearer+",
    "token ",
    "issued for ",
    " is ",
    "…",
    "...",
    "***",
    "(len 43)",
    "é",
    "\u{10FFFF}",
    "eyJ",
    ".",
    "ya29.",
    "1//0",
    "1%2F%2F0",
    "://",
    "@host",
    "-----BEGIN PRIVATE KEY-----",
    "8Q~",
    "xoxb-",
    "AKIA",
    "Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKb",
    "9f8b3c2a7d6e5f4a1b0c9d8e7f6a5b4c",
    "Q7js92Kd!x",
    "s%3A",
    "b'",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1MSJ9.Zx3kQ9vB7mN2pL5sD8fG",
    "YXBwLTE6UTdqczkyS2R4MFphUG0z",
    "+",
    "/",
    "==",
    "ghp_Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScX",
    "AKIAQ7X2LMZ4TBDKWVR3",
    "1000.",
    "grant_type=authorization_code",
    "550e8400-e29b-41d4-a716-446655440000",
    "-",
    "_",
    "\n",
    "null",
];

fn check(scanner: &LeakScanner, line: &[u8]) {
    let mut hits = Vec::new();
    scanner.find(line, &mut hits);
    let mut last = 0;
    for hit in &hits {
        assert!(
            last <= hit.start && hit.start < hit.end && hit.end <= line.len(),
            "{:?}",
            String::from_utf8_lossy(line)
        );
        last = hit.end;
    }
    let brought = scanner.literals().iter().any(|literal| memchr::memmem::find(line, literal).is_some());
    assert!(hits.is_empty() || brought);
    if let Ok(text) = std::str::from_utf8(line) {
        let masked = scanner.mask(text).into_owned();
        for hit in &hits {
            assert_ne!(masked, text, "{:?}", &text[hit.start..hit.end]);
        }
        assert_eq!(scanner.mask(&masked), masked, "{text:?}");
        assert!(find(scanner, &masked).is_empty(), "{text:?} became {masked:?}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 1500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn random_bytes_never_break_it(line in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        check(&SCANNER, &line);
    }

    #[test]
    fn hostile_pieces_never_break_it(picks in proptest::collection::vec(0..PIECES.len(), 0..24)) {
        let line: String = picks.iter().map(|pick| PIECES[*pick]).collect();
        check(&SCANNER, line.as_bytes());
    }

    #[test]
    fn cut_anywhere_it_never_breaks(picks in proptest::collection::vec(0..PIECES.len(), 0..16), from in 0usize..60, to in 0usize..400) {
        let line: String = picks.iter().map(|pick| PIECES[*pick]).collect();
        let bytes = line.as_bytes();
        check(&SCANNER, &bytes[from.min(bytes.len())..to.clamp(from.min(bytes.len()), bytes.len())]);
    }
}

static SCANNER: std::sync::LazyLock<LeakScanner> = std::sync::LazyLock::new(scanner);
