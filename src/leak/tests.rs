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
    assert!(errors.is_empty(), "{}", errors.iter().map(|error| format!("\n{error}")).collect::<String>());
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
fn literals_are_few_and_bare() {
    let literals = scanner().literals();
    for literal in &literals {
        assert!(literal.len() >= 3 && literal[0] != b'"', "{}", String::from_utf8_lossy(literal));
    }
    let names: Vec<_> = literals.iter().map(|literal| String::from_utf8_lossy(literal).into_owned()).collect();
    assert!(literals.len() <= 60, "{} {names:?}", literals.len());
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
    ("google", "1//0gQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKbZx3kQ9vB7mN2pL5sD8fG1hJ4wE6rT0yUaScXiOqKbZx3kQ9-vB7mN2pL5sD8fG"),
    ("jwt", "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImV4cCI6MTc2NzMyMzA0NX0.Zx3kQ9vB7mN2pL5sD8fG1hJ4wE6-rT0y"),
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
                wrong.push(format!("\n{shape} in {carrier}: {line}\n    {spans:?} {:?}", hits.first().map(|hit| hit.kind)));
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
