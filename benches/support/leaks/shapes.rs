//! What secrets look like, and the key under which programs keep them. All values are invented.

use super::marked::base64;
use super::random::Random;

/// What tells that the value is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Its key alone.
    Key,
    /// Its own look, wherever it stands.
    Look,
}

/// A kind of secret.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
    pub(crate) hold: Hold,
    /// No cookie has such a name.
    pub(crate) key_is_private: bool,
    spec: &'static str,
}

const fn keyed(name: &'static str, key: &'static str, spec: &'static str) -> Shape {
    Shape { name, key, hold: Hold::Key, key_is_private: false, spec }
}

const fn looks(name: &'static str, key: &'static str, spec: &'static str) -> Shape {
    Shape { name, key, hold: Hold::Look, key_is_private: false, spec }
}

/// Every shape. `<class:length>` in a spec is random text; the rest stands as it is.
pub(crate) const SHAPES: &[Shape] = &[
    keyed("opaque access token", "access_token", "<url:43>"),
    keyed("opaque refresh token", "refresh_token", "<url:43>"),
    keyed("alphanumeric refresh token", "refresh_token", "<alnum:30>"),
    keyed("hex access token", "access_token", "<hex:64>"),
    keyed("short hex refresh token", "refresh_token", "<hex:32>"),
    keyed("base64 access token", "access_token", "<b64:64>"),
    keyed("long refresh token", "refresh_token", "<url:128>"),
    keyed("handle of IdentityServer", "refresh_token", "<HEX:64>-1"),
    keyed("uuid access token", "access_token", "<uuid>"),
    keyed("short refresh token of Supabase", "refresh_token", "<lower:12>"),
    keyed("refresh token of Supabase", "refresh_token", "A<url:55>"),
    keyed("refresh token of Auth0", "refresh_token", "v1.<url:60>"),
    keyed("client secret", "client_secret", "<alnum:32>"),
    keyed("client secret with signs", "client_secret", "<alnum:12>~<alnum:10>_<alnum:12>"),
    keyed("consumer secret", "consumer_secret", "<alnum:50>"),
    keyed("client assertion", "client_assertion", "<jwt>"),
    keyed("code verifier", "code_verifier", "<url:64>"),
    keyed("device code", "device_code", "<url:43>"),
    keyed("authorization code", "authorization_code", "<url:43>"),
    keyed("subject token", "subject_token", "<url:64>"),
    keyed("id token", "id_token", "<jwt>"),
    keyed("api key", "api_key", "<alnum:40>"),
    keyed("api key in hex", "api_key", "<hex:32>"),
    keyed("api secret", "api_secret", "<alnum:40>"),
    keyed("secret key", "secret_key", "<b64:40>"),
    keyed("auth token", "auth_token", "<hex:32>"),
    keyed("private token", "private_token", "<alnum:24>"),
    keyed("session token", "session_token", "<url:64>"),
    keyed("secret of AWS", "aws_secret_access_key", "<b64:40>"),
    keyed("session of AWS", "aws_session_token", "IQoJb3JpZ2luX2Vj<b64:300>"),
    keyed("registration token", "registration_access_token", "<url:48>"),
    keyed("webhook secret", "webhook_secret", "<alnum:36>"),
    keyed("password", "password", "<alnum:6>-<alnum:7>!9"),
    looks("jwt", "token", "<jwt>"),
    looks(
        "jwt with a pretty header",
        "token",
        "ewogICJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.ewogICJzdWIiOiJ1MSIs<url:40>.<url:86>",
    ),
    looks("jwe", "token", "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.<url:342>.<url:16>.<url:200>.<url:22>"),
    looks("jwe, direct", "token", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..<url:16>.<url:200>.<url:22>"),
    looks("paseto", "token", "v4.local.<url:120>"),
    looks("paseto, public", "token", "v2.public.<url:160>.<url:40>"),
    looks("google access token", "access_token", "ya29.<url:160>"),
    looks("google refresh token", "refresh_token", "1//0<url:98>"),
    looks("google client secret", "client_secret", "GOCSPX-<url:28>"),
    looks("google api key", "key", "AIza<url:35>"),
    keyed("entra refresh token", "refresh_token", "0.A<url:60>.Ag<url:300>"),
    looks("entra client secret", "client_secret", "<alnum:3>8Q~<alnum:34>"),
    looks("ory access token", "access_token", "ory_at_<url:43>.<url:43>"),
    looks("ory refresh token", "refresh_token", "ory_rt_<url:43>.<url:43>"),
    looks("ory code", "auth_code", "ory_ac_<url:43>.<url:43>"),
    looks("passport refresh token", "refresh_token", "def50200<hex:600>"),
    looks("openai key", "api_key", "sk-proj-<url:150>"),
    looks("anthropic access token", "access_token", "sk-ant-oat01-<url:95>"),
    looks("anthropic refresh token", "refresh_token", "sk-ant-ort01-<url:95>"),
    looks("anthropic key", "api_key", "sk-ant-api03-<url:93>AA"),
    keyed("salesforce access token", "access_token", "00D<alnum:12>!<alnum:96>"),
    looks("salesforce refresh token", "refresh_token", "5Aep861<alnum:80>"),
    looks("github token", "token", "ghp_<alnum:36>"),
    looks("github oauth token", "access_token", "gho_<alnum:36>"),
    looks("github refresh token", "refresh_token", "ghr_<alnum:76>"),
    looks("github fine-grained token", "token", "github_pat_<alnum:22>_<alnum:59>"),
    looks("gitlab token", "private_token", "glpat-<url:20>"),
    looks("gitlab runner token", "token", "glrt-<url:20>"),
    looks("slack bot token", "token", "xoxb-<digit:12>-<digit:13>-<alnum:24>"),
    looks("slack rotated token", "access_token", "xoxe.xoxp-1-<upper:163>"),
    looks("slack refresh token", "refresh_token", "xoxe-1-<upper:146>"),
    looks("hubspot token", "access_token", "pat-na1-<uuid>"),
    keyed("zoho token", "access_token", "1000.<hex:32>.<hex:32>"),
    looks("stripe key", "api_key", "sk_live_<alnum:99>"),
    looks("stripe restricted key", "api_key", "rk_live_<alnum:24>"),
    looks("shopify token", "access_token", "shpat_<hex:32>"),
    looks("square token", "access_token", "EAAA<url:60>"),
    looks("square secret", "client_secret", "sq0csp-<url:43>"),
    looks("notion token", "access_token", "ntn_<alnum:46>"),
    looks("linear key", "api_key", "lin_api_<alnum:40>"),
    looks("databricks token", "token", "dapi<hex:32>"),
    looks("digitalocean token", "access_token", "doo_v1_<hex:64>"),
    looks("digitalocean refresh token", "refresh_token", "dor_v1_<hex:64>"),
    looks("figma token", "token", "figd_<url:40>"),
    looks("facebook token", "access_token", "EAAM<alnum:160>"),
    keyed("dropbox token", "access_token", "sl.u.<url:150>"),
    looks("sendgrid key", "api_key", "SG.<url:22>.<url:43>"),
    looks("npm token", "auth_token", "npm_<alnum:36>"),
    looks("pypi token", "token", "pypi-AgEIcHlwaS5vcmc<url:120>"),
    looks("docker hub token", "token", "dckr_pat_<url:27>"),
    looks("hugging face token", "token", "hf_<alpha:34>"),
    looks("vault token", "token", "hvs.<url:95>"),
    looks("grafana token", "token", "glsa_<alnum:32>_<hex:8>"),
    looks("sentry token", "auth_token", "sntryu_<hex:64>"),
    looks("new relic key", "api_key", "NRAK-<upper:27>"),
    looks("atlassian token", "api_token", "ATATT3xFfGF0<url:180>"),
    looks("telegram bot token", "token", "<digit:10>:AA<url:33>"),
    looks("aws access key id", "access_key_id", "AKIA<base32:16>"),
    keyed("airtable token", "access_token", "pat<alnum:14>.<hex:64>"),
    keyed("linkedin token", "access_token", "AQ<url:340>"),
    keyed("okta refresh token", "refresh_token", "00<url:40>"),
];

impl Shape {
    /// A new value.
    pub(crate) fn make(&self, random: &mut Random) -> String {
        let (mut out, mut rest) = (String::new(), self.spec);
        while let Some((before, after)) = rest.split_once('<') {
            let (class, tail) = after.split_once('>').expect("a class ends");
            out.push_str(before);
            out.push_str(&piece(class, random));
            rest = tail;
        }
        out + rest
    }
}

/// Random text of a class.
pub(crate) fn piece(spec: &str, random: &mut Random) -> String {
    const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    match spec {
        "jwt" => return jwt(random),
        "uuid" => return uuid(random),
        _ => {}
    }
    let (class, length) = spec.split_once(':').expect("a class and a length");
    let length: usize = length.parse().expect("a length");
    let alphabet: &[u8] = match class {
        "alnum" => ALNUM,
        "alpha" => &ALNUM[..52],
        "digit" => b"123456789",
        "hex" => b"0123456789abcdef",
        "HEX" => b"0123456789ABCDEF",
        "lower" => b"abcdefghijklmnopqrstuvwxyz234567",
        "upper" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "base32" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "b64" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "url" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        _ => unreachable!("{class} is no class"),
    };
    let mut text: Vec<u8> = (0..length).map(|_| alphabet[random.below(alphabet.len() as u64) as usize]).collect();
    // Values of this length without a digit are too rare to be left to chance; and what ends in a sign is read
    // as punctuation, as a reader would.
    if matches!(class, "alnum" | "url" | "b64" | "lower") {
        text[length / 2] = b'2' + random.below(6) as u8;
        text[length / 3] = b'a' + random.below(26) as u8;
        for end in [0, length - 1] {
            if !text[end].is_ascii_alphanumeric() {
                text[end] = b'a' + random.below(26) as u8;
            }
        }
    }
    text.into_iter().map(char::from).collect()
}

fn uuid(random: &mut Random) -> String {
    let mut hex = |length: usize| piece(&format!("hex:{length}"), random);
    format!("{}-{}-4{}-a{}-{}", hex(8), hex(4), hex(3), hex(3), hex(12))
}

fn jwt(random: &mut Random) -> String {
    let claims = format!("{{\"sub\":\"{}\",\"iat\":1767323045,\"exp\":1767326645}}", uuid(random));
    let head = base64(b"{\"alg\":\"RS256\",\"typ\":\"JWT\"}", true);
    format!("{head}.{}.{}", base64(claims.as_bytes(), true), piece("url:86", random))
}
