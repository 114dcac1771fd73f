//! How programs write a key and its value.

use super::marked::Marked;
use super::shapes::{Hold, Shape};

/// How a value is written with its key. In a template `{}` is the value, `KEY` the key in snake form, `Key` in
/// Pascal, `kEY` in camel, `Key-` in the form of headers.
pub(crate) struct Carrier {
    pub(crate) name: &'static str,
    template: &'static str,
    /// The value is percent-encoded where it stands.
    percent: bool,
    /// A sentence: its words are no names of fields.
    prose: bool,
}

const fn carrier(name: &'static str, template: &'static str) -> Carrier {
    Carrier { name, template, percent: false, prose: false }
}

const fn form(name: &'static str, template: &'static str) -> Carrier {
    Carrier { name, template, percent: true, prose: false }
}

const fn prose(name: &'static str, template: &'static str) -> Carrier {
    Carrier { name, template, percent: false, prose: true }
}

pub(crate) const CARRIERS: &[Carrier] = &[
    carrier("json field", "{\"id\":7,\"KEY\":\"{}\",\"expires_in\":3600}"),
    carrier("json field, spaced", "{ \"kEY\" : \"{}\", \"ok\": true }"),
    carrier("json list", "{\"KEY\":[\"{}\"],\"n\":1}"),
    carrier("header", "> X-Key-: {}"),
    carrier("headers of node", "{ 'x-KEY-': '{}', accept: '*/*' }"),
    form("query", "GET /callback?x=1&KEY={}&v=2 HTTP/1.1"),
    form("first of a query", "\"GET https://api.example/me?KEY={} HTTP/2\" 200"),
    form("form body", "body: grant_type=refresh_token&KEY={}&client_id=app-7"),
    form("end of a form body", "data='client_id=app-7&KEY={}'"),
    carrier("cookie", "Cookie: theme=dark; KEY={}; lang=en"),
    carrier("logfmt", "level=debug KEY={} status=200"),
    carrier("logfmt, quoted", "level=debug kEY=\"{}\" status=200"),
    carrier("go struct", "&{TokenType:Bearer Key:{} Expiry:2026-01-02 03:04:05 +0000 UTC}"),
    carrier("go syntax", "oauth2.Token{TokenType:\"Bearer\", Key:\"{}\", raw:nil}"),
    carrier("go map", "map[expires_in:3600 KEY:{} token_type:Bearer]"),
    carrier("go header", "map[Accept:[*/*] X-Key-:[{}]]"),
    carrier("go-spew", "(oauth2.Token) { Key: (string) (len=43) \"{}\", Expiry: (time.Time) 2026-01-02 }"),
    carrier("values of go", "url.Values{\"scope\":[]string{\"a\"}, \"KEY\":[]string{\"{}\"}}"),
    carrier("python dict", "{'expires_in': 3600, 'KEY': '{}', 'scope': None}"),
    carrier("python dataclass", "Credentials(KEY='{}', scopes=['a'])"),
    carrier("python items", "dict_items([('KEY', ['{}']), ('x', ['y'])])"),
    carrier("python bytes", "b'{\"KEY\": \"{}\"}'"),
    carrier("ruby hash", "Parameters: {\"KEY\"=>\"{}\", \"x\"=>\"y\"}"),
    carrier("ruby symbols", "{:KEY=>\"{}\", :x=>1}"),
    carrier("ruby object", "#<OAuth2::Client:0x000071 @KEY=\"{}\", @x=1>"),
    carrier("java record", "TokenResponse[kEY={}, scope=openid]"),
    carrier("java class", "TokenResponse{kEY='{}', scope='openid'}"),
    carrier("java map", "{scope=openid, KEY={}, x=1}"),
    carrier("kotlin class", "Tokens(kEY={}, scope=openid)"),
    carrier(".net record", "TokenResponse { Key = {}, Scope = openid }"),
    carrier(".net pairs", "form: [scope, openid],[KEY, {}],[x, y]"),
    carrier("php array", "array ( 'KEY' => '{}', 'x' => 1, )"),
    carrier("php print_r", "Array ( [KEY] => {} [x] => 1 )"),
    carrier("php var_dump", "array(2) { [\"KEY\"]=> string(43) \"{}\" [\"x\"]=> int(1) }"),
    carrier("php object", "object(App\\Token)#5 (1) { [\"kEY\":protected]=> string(43) \"{}\" }"),
    carrier("php print_r of an object", "App\\Token Object ( [kEY:App\\Token:private] => {} [x] => 1 )"),
    carrier("php serialize", "a:1:{s:13:\"KEY\";s:43:\"{}\";}"),
    carrier("rust debug", "Token { KEY: \"{}\", x: 1 }"),
    carrier("rust option", "Token { KEY: Some(\"{}\"), x: None }"),
    carrier("rust newtype", "Response { KEY: Some(Key(\"{}\")), x: None }"),
    carrier("node inspect", "{ kEY: '{}', scope: 'openid' }"),
    carrier("node map", "Map(2) { 'KEY' => '{}', 'x' => 1 }"),
    carrier("yaml", "  KEY: {}"),
    carrier("environment", "export KEY_UPPER={}"),
    carrier("option", "run tool --KEY- {} --verbose"),
    carrier("option with =", "run tool --KEY-={} --verbose"),
    carrier("erlang", "[{<<\"scope\">>,<<\"openid\">>},{<<\"KEY\">>,<<\"{}\">>}]"),
    carrier("elixir", "%{\"scope\" => \"openid\", \"KEY\" => \"{}\"}"),
    carrier("xml", "<KEY>{}</KEY>"),
    carrier("xml of a namespace", "<ns2:kEY>{}</ns2:kEY>"),
    carrier("xml attributes", "<add key=\"Key\" value=\"{}\" />"),
    carrier("field of html", "<input type=\"hidden\" name=\"KEY\" value=\"{}\"/>"),
    carrier("pair of a har", "{\"params\":[{\"name\":\"KEY\",\"value\":\"{}\"}]}"),
    carrier("attribute of otlp", "{\"key\":\"KEY\",\"value\":{\"stringValue\":\"{}\"}}"),
    carrier("cell of a csv", "7,info,\"{\"\"KEY\"\":\"\"{}\"\",\"\"n\"\":1}\""),
    carrier("part of a form", "--x\\r\\nContent-Disposition: form-data; name=\"KEY\"\\r\\n\\r\\n{}\\r\\n--x--"),
    carrier("redis", "1767323045.1 [0 10.0.0.7:4711] \"HSET\" \"oauth:1\" \"KEY\" \"{}\""),
    carrier("psql", " KEY | {}"),
    carrier("plist", "    \"KEY\" = \"{}\";"),
    prose("colon", "using KEY WORDS: {}"),
    prose("bracket", "stored new KEY WORDS [{}] for app"),
];

impl Carrier {
    /// The fragment, or nothing where no program would write this value so.
    pub(crate) fn carry(&self, shape: &Shape, value: &str) -> Option<Marked> {
        // A key that is one bare word says little in a sentence; and a header name has its own rules.
        if self.prose && !shape.key.contains('_') && shape.hold == Hold::Key {
            return None;
        }
        if shape.key_is_private && self.name == "cookie" {
            return None;
        }
        let words = shape.key.split('_').collect::<Vec<_>>();
        let dashed = words.join("-");
        let headed = words.iter().map(|word| capitalised(word)).collect::<Vec<_>>().join("-");
        let pascal = words.iter().map(|word| capitalised(word)).collect::<String>();
        let camel = words[0].to_owned() + &words[1..].iter().map(|word| capitalised(word)).collect::<String>();
        let template = self
            .template
            .replace("KEY WORDS", &words.join(" "))
            .replace("KEY_UPPER", &shape.key.to_ascii_uppercase())
            .replace("KEY-", &dashed)
            .replace("Key-", &headed)
            .replace("kEY", &camel)
            .replace("KEY", shape.key)
            .replace("Key", &pascal);
        let value = Marked::value(value);
        let written = if self.percent { value.percent() } else { value };
        Some(written.within(&template))
    }
}

fn capitalised(word: &str) -> String {
    word.get(..1).map_or_else(String::new, str::to_ascii_uppercase) + word.get(1..).unwrap_or_default()
}
