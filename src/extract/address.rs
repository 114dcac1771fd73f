//! Whether an address is plain `http://`.

/// Whether a text tells of an HTTP request: `GET /items`, `"POST https://api.example.com/items HTTP/1.1"`.
pub(super) fn is_request(text: &str) -> bool {
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "request"];
    let words = || text.split_ascii_whitespace();
    let method = |word: &str| METHODS.contains(&word.trim_start_matches(['"', '\'', '(', '[']));
    words().zip(words().skip(1)).any(|(word, next)| method(word) && (next.starts_with('/') || next.starts_with("http")))
}

/// What ends an address in running text.
const ENDS: [char; 12] = [' ', '"', '\'', '<', '>', '\\', ',', ';', ')', ']', '}', '\n'];

/// Whether a text holds the address of an endpoint over plain HTTP. Loopback is no network (RFC 8252 §8.3).
pub(super) fn is_plain_http(text: &str, is_endpoint: impl Fn(&str) -> bool) -> bool {
    text.match_indices("http://").any(|(at, scheme)| {
        let address = text[at..].split(ENDS).next().unwrap_or_default();
        let authority = address[scheme.len()..].split(['/', '?', '#']).next().unwrap_or_default();
        !authority.is_empty() && !is_loopback(authority) && is_endpoint(address)
    })
}

fn is_loopback(authority: &str) -> bool {
    let host = authority.rsplit('@').next().unwrap_or(authority).to_ascii_lowercase();
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    host.starts_with("[::1]")
        || host == "::1"
        || name == "localhost"
        || name.ends_with(".localhost")
        || name.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::is_plain_http;

    #[test]
    fn loopback_and_other_addresses_are_no_plain_endpoint() {
        let plain = |text: &str| is_plain_http(text, |address| address.contains("/oauth/token"));
        assert!(plain("POST http://idp.example.net/oauth/token -> 200"));
        assert!(plain("http://10.0.0.7:8080/oauth/token"));
        for sound in [
            "https://idp.example.net/oauth/token",
            "http://localhost:8080/oauth/token",
            "http://127.0.0.1/oauth/token",
            "http://[::1]:3000/oauth/token",
            "http://auth.localhost/oauth/token",
            "/oauth/token",
            "POST https://idp.example.net/oauth/token for http://app.example.net/callback",
        ] {
            assert!(!plain(sound), "{sound}");
        }
    }
}
