//! What logs do to a piece of text before they write it.

use super::marked::Marked;

/// How a fragment becomes (a part of) a line.
pub(crate) struct Encoding {
    pub(crate) name: &'static str,
    pub(crate) apply: fn(&Marked) -> Marked,
}

fn in_json(marked: &Marked) -> Marked {
    marked.json().within("{\"level\":\"debug\",\"msg\":\"{}\",\"n\":1}")
}

fn unicode(letter: char) -> String {
    format!("\\u{:04x}", u32::from(letter))
}

fn html(letter: char) -> String {
    match letter {
        '"' => "&quot;".into(),
        '\'' => "&#39;".into(),
        '&' => "&amp;".into(),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        other => other.into(),
    }
}

/// All of them; each text stays on one line.
pub(crate) const ENCODINGS: &[Encoding] = &[
    Encoding { name: "plain", apply: |m| m.within("2026-03-02 12:00:00,041 DEBUG [worker-3] {}") },
    Encoding { name: "json", apply: in_json },
    Encoding { name: "json in json", apply: |m| in_json(&in_json(m)) },
    Encoding { name: "json in json in json", apply: |m| in_json(&in_json(&in_json(m))) },
    Encoding {
        // As `encoding/json` of Go and `System.Text.Json` do with what could be HTML.
        name: "unicode escapes of signs",
        apply: |m| {
            m.each(|letter| if "\"'&<>+=-/".contains(letter) { unicode(letter) } else { letter.into() })
                .within("{\"msg\":\"{}\",\"level\":\"info\"}")
        },
    },
    Encoding { name: "unicode escapes of all", apply: |m| m.each(unicode).within("{\"msg\":\"{}\"}") },
    Encoding {
        name: "hex escapes of all",
        apply: |m| m.each(|letter| format!("\\x{:02x}", u32::from(letter))).within("payload b'{}'"),
    },
    Encoding { name: "percent", apply: |m| m.percent().within("GET /debug?payload={}&v=2 HTTP/1.1 200") },
    Encoding {
        name: "percent twice",
        apply: |m| m.percent().percent().within("GET /debug?payload={}&v=2 HTTP/1.1 200"),
    },
    Encoding {
        name: "percent of all",
        apply: |m| {
            m.each(|letter| format!("%{:02x}", u32::from(letter))).within("GET /debug?payload={}&v=2 HTTP/1.1 200")
        },
    },
    Encoding { name: "percent in json", apply: |m| in_json(&m.percent().within("payload={}&v=2")) },
    Encoding { name: "json in percent", apply: |m| in_json(m).percent().within("POST /ingest body={}&v=1") },
    Encoding { name: "html", apply: |m| m.each(html).within("<pre>{}</pre>") },
    Encoding { name: "html in json", apply: |m| in_json(&m.each(html)) },
    Encoding {
        name: "html numbers of all",
        apply: |m| m.each(|letter| format!("&#{};", u32::from(letter))).within("<td>{}</td>"),
    },
    Encoding {
        name: "base64 of json",
        apply: |m| in_json(m).base64(false).within("INFO received body={} from 10.0.0.7"),
    },
    Encoding { name: "base64url of json", apply: |m| in_json(m).base64(true).within("/v1/ingest/{}/ack 200") },
    Encoding { name: "base64 twice", apply: |m| in_json(m).base64(false).base64(false).within("##[group]dump {}") },
    Encoding {
        name: "base64 of json in json",
        apply: |m| in_json(&in_json(m).base64(false).within("{\"isBase64Encoded\":true,\"body\":\"{}\"}")),
    },
    Encoding {
        name: "folded base64 of json",
        apply: |m| in_json(&in_json(m).base64(false).folded(76, "\n").within("{\"body\":\"{}\"}")),
    },
    Encoding {
        name: "encoded form of forms",
        apply: |m| m.percent().within("level=debug body=grant_type%3Dpassword%26x%3D{}%26v%3D2"),
    },
    Encoding {
        name: "bytes of rust",
        apply: |m| in_json(m).numbers(", ", |byte| byte.to_string()).within("body: [{}] })"),
    },
    Encoding {
        name: "bytes of go",
        apply: |m| in_json(m).numbers(" ", |byte| byte.to_string()).within("body=[{}] err=<nil>"),
    },
    Encoding {
        name: "bytes of node",
        apply: |m| in_json(m).numbers(",", |byte| byte.to_string()).within("{\"type\":\"Buffer\",\"data\":[{}]}"),
    },
    Encoding {
        name: "buffer of node",
        apply: |m| in_json(m).numbers(" ", |byte| format!("{byte:02x}")).within("<Buffer {}>"),
    },
    Encoding {
        name: "hex of all",
        apply: |m| in_json(m).numbers("", |byte| format!("{byte:02x}")).within("recv {} end"),
    },
    Encoding { name: "colour in the value", apply: |m| m.broken_by("\x1b[1;31m").within("12:00:00 debug {}\x1b[0m") },
    Encoding { name: "colour in the value, in json", apply: |m| in_json(&m.broken_by("\x1b[1;31m")) },
];
