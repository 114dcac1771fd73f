//! A labelled corpus of leaks in logs: every shape of secret in every carrier under every encoding, and ordinary
//! lines in which nothing leaks. Seeded: the same bytes on every machine.

mod carriers;
mod encodings;
mod marked;
mod ordinary;
#[path = "../random.rs"]
mod random;
mod shapes;

use carriers::CARRIERS;
use encodings::ENCODINGS;
use shapes::{Hold, SHAPES, Shape};

pub(crate) use marked::Marked;
pub(crate) use ordinary::{FORMATS, ordinary_line};
pub(crate) use random::Random;

/// A line (of one or more physical lines) with one secret in it.
pub(crate) struct Planted {
    /// Shape, carrier and encoding, for people.
    pub(crate) shape: &'static str,
    pub(crate) carrier: &'static str,
    pub(crate) encoding: &'static str,
    /// The text and the place of the secret in it.
    pub(crate) marked: Marked,
}

/// How a value stands in a sentence or alone, where its own look has to tell.
const BARE: &[(&str, &str)] = &[
    ("bare, alone", "{}"),
    ("bare, in a sentence", "now using {} for upload"),
    ("bare, under any key", "{\"data\":\"{}\"}"),
    ("bare, in a list", "args=[deploy, {}, --force]"),
    ("bearer", "Authorization: Bearer {}"),
    ("bearer of a map", "map[Authorization:[Bearer {}] Accept:[*/*]]"),
    ("bearer in json", "{\"headers\":{\"authorization\":\"Bearer {}\"}}"),
    ("bearer of curl", "curl -H 'Authorization: Bearer {}' https://api.example/v1/me"),
];

/// Secrets whose key or scheme is a carrier of its own kind.
const SPECIAL: &[(&str, &str, &str)] = &[
    ("id and secret", "basic header", "Authorization: Basic {}"),
    ("id and secret", "basic header in json", "{\"authorization\":\"Basic {}\"}"),
    ("session", "session cookie", "Cookie: theme=dark; sessionid={}; lang=en"),
    ("session", "cookie of express", "set-cookie: connect.sid=s%3A{}; Path=/; HttpOnly"),
    ("session", "cookie of java", "GET /app/home;jsessionid={}?x=1 200"),
    ("session", "cookie of php", "Cookie: PHPSESSID={}"),
    ("password", "url", "cloning https://ci-bot:{}@git.example/o/r.git"),
    ("password", "url of any kind", "remote amqps://svc:{}@mq.internal:5671/vhost"),
    ("password", "user of curl", "+ curl -s -u my-client:{} https://idp.example/token"),
    ("opaque", "bare authorization header", "{\"Authorization\":\"{}\"}"),
    ("session", "cookie of asp.net", "set-cookie: .AspNetCore.Cookies=CfDJ8{}; path=/; httponly"),
    ("password", "database url", "connecting to postgres://app:{}@db.internal:5432/app"),
    ("code", "redirect", "\"GET /oauth/callback?state=af0ifjsldkj&code={}&scope=openid HTTP/1.1\" 302"),
    ("opaque", "token header", "Authorization: Token {}"),
    ("opaque", "bearer", "Authorization: Bearer {}"),
    ("opaque", "bearer of a map", "map[Authorization:[Bearer {}] Accept:[*/*]]"),
    ("opaque", "dpop", "authorization: DPoP {}"),
];

/// Every shape × carrier × encoding that programs write; each value is a new one.
pub(crate) fn planted(seed: u64) -> Vec<Planted> {
    let mut random = Random::new(seed);
    let mut all = Vec::new();
    for shape in SHAPES {
        for carrier in CARRIERS {
            for encoding in ENCODINGS {
                if let Some(fragment) = carrier.carry(shape, &shape.make(&mut random)) {
                    let marked = (encoding.apply)(&fragment);
                    all.push(Planted { shape: shape.name, carrier: carrier.name, encoding: encoding.name, marked });
                }
            }
        }
        for (name, template) in BARE {
            bare(shape, name, template, &mut random, &mut all);
        }
    }
    for (shape, name, template) in SPECIAL {
        for encoding in ENCODINGS {
            let value = special(shape, &mut random);
            let marked = (encoding.apply)(&Marked::value(&value).within(template));
            all.push(Planted { shape, carrier: name, encoding: encoding.name, marked });
        }
    }
    all
}

fn bare(shape: &Shape, name: &'static str, template: &str, random: &mut Random, all: &mut Vec<Planted>) {
    let scheme = name.starts_with("bearer");
    if shape.hold == Hold::Key && !(scheme && shape.key.ends_with("access_token")) {
        return;
    }
    for encoding in ENCODINGS {
        let marked = (encoding.apply)(&Marked::value(&shape.make(random)).within(template));
        all.push(Planted { shape: shape.name, carrier: name, encoding: encoding.name, marked });
    }
}

fn special(shape: &str, random: &mut Random) -> String {
    match shape {
        "id and secret" => {
            let pair = format!("app-7:{}", shapes::piece("alnum:32", random));
            marked::base64(pair.as_bytes(), false)
        }
        "password" => shapes::piece("alnum:20", random),
        "session" => shapes::piece("lower:32", random),
        _ => format!("{}7x", random.opaque(41).trim_start_matches(['-', '_'])),
    }
}
