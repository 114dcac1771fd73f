//! Ordinary lines of twenty public log formats, with everything in them that looks like a secret and is none.

use super::marked::base64;
use super::random::Random;
use super::shapes::piece;

/// A log format: a name, and the line around a message.
pub(crate) const FORMATS: &[(&str, &str)] = &[
    (
        "json lines",
        "{\"time\":\"TIME.123Z\",\"level\":\"info\",\"logger\":\"app.http\",\"msg\":\"MSGJ\",\"trace_id\":\"<hex:32>\",\"span_id\":\"<hex:16>\"}",
    ),
    (
        "pino",
        "{\"level\":30,\"time\":1767323045123,\"pid\":71,\"hostname\":\"web-<hex:10>-<lower:5>\",\"reqId\":\"<uuid>\",\"msg\":\"MSGJ\"}",
    ),
    (
        "ecs",
        "{\"@timestamp\":\"TIME.123Z\",\"log.level\":\"info\",\"message\":\"MSGJ\",\"trace.id\":\"<hex:32>\",\"transaction.id\":\"<hex:16>\",\"ecs.version\":\"1.2.0\"}",
    ),
    ("logfmt", "time=TIME.123Z level=info msg=\"MSGJ\" request_id=<uuid> caller=main.go:41"),
    (
        "nginx access",
        "203.0.113.<digit:2> - - [02/Jan/2026:03:04:05 +0000] \"GET PATH HTTP/1.1\" 200 1532 \"https://app.example/home?ref=<alnum:16>\" \"Mozilla/5.0\"",
    ),
    (
        "apache error",
        "[Fri Jan 02 03:04:05.123456 2026] [proxy:error] [pid 71:tid 139] [client 203.0.113.9:40864] AH00957: MSG",
    ),
    (
        "envoy",
        "[TIME.123Z] \"GET PATH HTTP/2\" 200 - 0 1532 12 11 \"203.0.113.9\" \"curl/8.5\" \"<uuid>\" \"api.example\" \"10.0.0.7:8080\"",
    ),
    ("syslog", "Jan  2 03:04:05 web-1 app[71]: MSG"),
    ("syslog 5424", "<134>1 TIME.123Z web-1 app 71 ID47 [meta sequenceId=\"29\" digest=\"sha256:<hex:64>\"] MSG"),
    ("cri", "TIME.123456789Z stdout F MSG"),
    ("docker", "{\"log\":\"MSGJ\\n\",\"stream\":\"stdout\",\"time\":\"TIME.123456789Z\"}"),
    ("klog", "I0102 03:04:05.123456   57599 round_trippers.go:457] MSG"),
    ("logback", "2026-01-02 03:04:05,123 INFO  [http-nio-8080-exec-3] c.e.app.Handler - MSG"),
    (
        "spring boot",
        "2026-01-02T03:04:05.123Z  INFO 11 --- [io-8080-exec-13] [<hex:32>-<hex:16>] c.e.app.Handler : MSG",
    ),
    ("python", "2026-01-02 03:04:05,123 INFO app.handler: MSG"),
    ("rails", "I, [2026-01-02T03:04:05.123456 #42]  INFO -- : [<uuid>] MSG"),
    ("monolog", "[2026-01-02T03:04:05.123456+00:00] app.INFO: MSG {\"id\":\"<hex:24>\"} []"),
    (
        "serilog",
        "{\"@t\":\"TIME.1234567Z\",\"@mt\":\"MSGJ\",\"@i\":\"<hex:8>\",\"ConnectionId\":\"0HN<upper:10>\",\"RequestId\":\"0HN<upper:10>:00000003\"}",
    ),
    ("lambda", "TIME.123Z\t<uuid>\tINFO\tMSG"),
    (
        "cloudtrail",
        "{\"eventVersion\":\"1.08\",\"eventTime\":\"TIMEZ\",\"eventName\":\"AssumeRole\",\"requestID\":\"<uuid>\",\"eventID\":\"<uuid>\",\"sharedEventID\":\"<uuid>\",\"responseElements\":{\"note\":\"MSGJ\"}}",
    ),
];

/// What programs say. The first group is of every day; the others hold look-alikes.
const MESSAGES: &[&str] = &[
    "request completed status=200 bytes=<digit:5> duration_ms=12",
    "user u<digit:4> signed in from 203.0.113.<digit:2>",
    "cache miss for key user:<digit:6>:profile",
    "cache key session:<hex:32> evicted",
    "worker 3 picked up job <uuid>",
    "connected to postgres at db.internal:5432 as app",
    "connecting to https://idp.example:8443/realms/main/protocol/openid-connect/token",
    "pulled image registry.example/app@sha256:<hex:64> in 1.2s",
    "checked out commit <hex:40> of main",
    "object s3://bucket-7/2026/01/<hex:32>/part-0001.gz written, etag=\"<hex:32>\"",
    "uploaded <alnum:32>.png (integrity sha512-<b64:86>==)",
    "integrity sha384-<b64:64> of app.<hex:20>.js",
    "GET /static/js/main.<hex:20>.chunk.js 304",
    "correlation id <uuid> request id <alnum:22> trace <hex:32>",
    "traceparent=00-<hex:32>-<hex:16>-01 tracestate=dd=s:1;o:rum",
    "X-Amzn-Trace-Id: Root=1-<hex:8>-<hex:24>;Parent=<hex:16>;Sampled=1",
    "order 01ARZ3NDEKTSV4RRFF<upper:8> of account <hex:24> paid",
    "signing key kid=<url:43> loaded, 2 keys in the set",
    "{\\\"keys\\\":[{\\\"kty\\\":\\\"RSA\\\",\\\"kid\\\":\\\"<url:32>\\\",\\\"n\\\":\\\"<url:342>\\\",\\\"e\\\":\\\"AQAB\\\",\\\"x5t\\\":\\\"<url:27>\\\"}]}",
    "access token for client app-7 issued, expires_in=3600 token_type=Bearer scope=openid",
    "access_token expired, refreshing for client app-7",
    "refresh token rotated for session <uuid> of user <uuid>",
    "refresh_token_id=<uuid> updated_refresh_token_id=<uuid>",
    "type=\\\"REFRESH_TOKEN\\\", clientId=\\\"app-7\\\", token_id=\\\"<uuid>\\\", refresh_token_type=\\\"Refresh\\\", code_id=\\\"<uuid>\\\"",
    "token_hash=<hex:64> access_token_sha256=<hex:64> at_hash=<url:22>",
    "stored digest of refresh token: sha256:<hex:64>",
    "refresh token fingerprint <hex:40> already seen",
    "validating token with jti <uuid> and kid <url:43>",
    "token jti=<url:43> sub=<uuid> aud=https://api.example",
    "access_token=[REDACTED] refresh_token=[FILTERED] client_secret=********",
    "Parameters: {\\\"grant_type\\\"=>\\\"refresh_token\\\", \\\"refresh_token\\\"=>\\\"[FILTERED]\\\"}",
    "Authorization: Bearer <redacted> X-Api-Key: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "Authorization: Bearer ***",
    "token eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9... for app-7",
    "token eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.<url:40>.*** (signature removed)",
    "refresh_token=<alnum:4>****<alnum:4> access_token=ya29.<alnum:6>...",
    "token ending in …<alnum:6> presented, length 43",
    "using token gho_<alnum:4>… of user u1",
    "Bearer eyJ…(len 812) accepted",
    "env GITHUB_TOKEN=*** NPM_TOKEN=${NPM_TOKEN} API_KEY=$API_KEY PASSWORD={{ vault.pw }}",
    "curl -H 'Authorization: Bearer $ACCESS_TOKEN' https://api.example/v1/me",
    "curl -u client_id:client_secret https://idp.example/oauth/token",
    "expected header Authorization: Bearer <access_token>, got none",
    "password=null token=undefined secret=None api_key=",
    "password reset requested for u<digit:4>, token sent by mail",
    "invalid password for user admin from 203.0.113.<digit:2> port 40864 ssh2",
    "Failed password for invalid user oracle from 203.0.113.9 port 40864 ssh2",
    "Accepted publickey for deploy from 10.0.0.7 port 22 ssh2: ED25519 SHA256:<b64:43>",
    "next_page_token=<b64:60> page=7",
    "nextToken: <b64:120>== items=100",
    "{\\\"nextPageToken\\\":\\\"<url:80>\\\",\\\"continuationToken\\\":\\\"<b64:64>\\\"}",
    "GET /items?cursor=<CURSOR>&limit=50 200",
    "pagination cursor <CURSOR>",
    "csrf_token=<url:43> verified; xsrf-token=<url:43>",
    "authenticity_token=<b64:86>== commit=Save utf8=yes",
    "__RequestVerificationToken=<url:92> accepted",
    "push token fcm_token=<url:22>:APA91b<url:134> registered device_token=<hex:64>",
    "sync_token=<b64:40> channel <uuid> resource <url:27>",
    "idempotency key <uuid> replayed",
    "idempotency_key=<uuid> public_key=<b64:64> cache_key=<hex:40>",
    "primary_key=<digit:8> foreign_key=<digit:6> partition_key=user#<digit:6> sort_key=2026-01-02",
    "api_key_id=<uuid> key_id=<alnum:20> access_key_last_used=2026-01-02",
    "stripe event evt_<alnum:24> for cus_<alnum:14>, price_<alnum:24>, pi_<alnum:24>, req_<alnum:14>",
    "test mode: sk_test_<alnum:24> pk_test_<alnum:24> pk_live_<alnum:24>",
    "AKIAIOSFODNN7EXAMPLE is the example of the documentation, wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY its secret",
    "see https://jwt.io eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    "example of RFC 6749: access_token=2YotnFZFEjr1zCsicMWpAA refresh_token=tGzv3JOkF0XG5Qx2TlKWIA code=SplxlOBeZQQYbYS6WxSbIA state=xyz",
    "Authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW is the example of RFC 6749",
    "grant_type=authorization_code redirect_uri=https://app.example/cb code_challenge=<url:43> code_challenge_method=S256",
    "GET /oauth/authorize?response_type=code&client_id=<alnum:32>&state=<url:43>&nonce=<url:43>&code_challenge=<url:43> 302",
    "GET /oauth/callback?error=access_denied&state=<url:43> 400",
    "session_state=<uuid> client_session=<uuid> sid=<uuid>",
    "session <hex:32> expired after 30m",
    "Set-Cookie: lang=en; Path=/; SameSite=Lax; csrftoken=<alnum:64>",
    "cookie consent id <uuid>, _ga=GA1.2.<digit:9>.<digit:10>; _gid=GA1.2.<digit:9>.<digit:10>",
    "image data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA<b64:200>",
    "thumbnail /9j/4AAQSkZJRgABAQ<b64:160>",
    "compressed payload H4sIAAAAAAAAA<b64:120> of 1532 bytes",
    "protobuf CgwI<b64:80>== decoded",
    "certificate MIID<b64:300>",
    "-----BEGIN CERTIFICATE----- MII<b64:60> -----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ<b64:372> deploy@web-1",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI<b64:43> deploy@web-1",
    "password hash $2b$12$<alnum:53> upgraded to $argon2id$v=19$m=65536,t=3,p=4$<b64:22>$<b64:43>",
    "hashed_token=<hex:64> token_digest=<b64:43>= secret_hash=<b64:43>=",
    "secret arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/app/db-<alnum:6> read",
    "secretRef app-secrets/client-secret not found; using secret name prod/app/client_secret",
    "mounted /var/run/secrets/kubernetes.io/serviceaccount/token",
    "reading token from /etc/app/token-<hex:8>.json",
    "vault lease auth/token/create/h<hex:40> renewed, accessor <alnum:24>",
    "ClientSecretCredential.get_token failed: AADSTS7000215: Invalid client secret provided. Trace ID: <uuid> Correlation ID: <uuid>",
    "oauth2: \\\"invalid_grant\\\" \\\"Token has been expired or revoked.\\\"",
    "com.example.auth.RefreshTokenExpiredException: refresh token expired at com.example.auth.TokenService.refresh(TokenService.java:141)",
    "at refreshAccessToken (/srv/app/node_modules/openid-client/lib/helpers/process_response.js:45:13)",
    "npm http fetch GET 200 https://registry.example/@scope%2fpkg/-/pkg-1.2.3.tgz 61ms (cache hit)",
    "added lodash@4.17.21 resolved sha1-<b64:27>= integrity sha512-<b64:86>==",
    "docker push app:<hex:40> digest: sha256:<hex:64> size: 1573",
    "terraform: random_password.db: Creation complete [id=none]",
    "aws_access_key_id and aws_secret_access_key must be set",
    "github.com/acme/app v0.0.0-20260102030405-<hex:12> h1:<b64:43>=",
    "[112, 114, 111, 99, 101, 115, 115, 32, 115, 116, 97, 114, 116, 101, 100, 32, 111, 107, 101, 100]",
    "histogram [12, 7, 111, 107, 101, 3, 9, 250, 31, 8, 77, 91, 2, 0, 0, 1, 4, 18, 19]",
    "recv <hex:128>",
    "frame 7b 22 6f 6b 65 64 22 3a 31 7d 0a 00 00 01",
    "payload \\\\u006f\\\\u006b \\\\u0061ccepted",
    "GET /search?q=%6f%6b%65%64+%E2%9C%93&lang=en 200",
    "body eyJzdGF0dXMiOiJvayIsImNvdW50IjozLCJpZHMiOlsxLDIsM119 accepted",
    "state eyJyZXR1cm5UbyI6Ii9ob21lIiwibm9uY2UiOiI3In0 restored",
    "feature flag token-rotation-v2 enabled; token_endpoint=https://idp.example/oauth2/token",
    "token_endpoint_auth_method=client_secret_post grant_types=authorization_code,refresh_token",
    "tokens used: prompt_tokens=1532 completion_tokens=211 total_tokens=1743 max_tokens=4096",
    "tokenizer loaded from tokenizer-<hex:12>.json, 50257 tokens, bos_token=<s> eos_token=</s> pad_token_id=50256",
    "unexpected token < in JSON at position 0",
    "SyntaxError: Unexpected token 'export' in /srv/app/lib/tokenStore.mjs:12",
    "secret santa list sent; the password is required and must be 8 characters",
    "code=ECONNRESET errno=-104 syscall=read",
    "exit code=137 status_code=502 error_code=AADSTS70008 country_code=DE zip_code=10115",
    "auth_method=client_secret_basic auth_time=1767323045 auth_provider=okta",
    "license key check ok, product_key_hash=<hex:32>",
    "metric oauth_token_refresh_total{client=\\\"app-7\\\",result=\\\"ok\\\"} <digit:4>",
    "build <hex:40> artifact app-<hex:12>.tar.gz md5=<hex:32> sha1=<hex:40>",
    "mac 0x<hex:40> nonce 0x<hex:64> block <digit:8>",
    "passing 12 tests, pass_rate=99.1 bypass=false passthrough=on",
    "Session{email:a@b.example user:u1 token:true id_token:true created:2026-01-02 03:04:05 refresh_token:true}",
    "{AccessToken:0xc000<hex:6> RefreshToken:<nil> Expiry:0001-01-01 00:00:00 +0000 UTC}",
    "key rotation: old key <uuid> new key <uuid> keyring v7",
    "apikey usage: 12 of 1000 calls by key 7",
    "ETag: W/\\\"<hex:32>\\\" If-None-Match: \\\"<b64:27>=\\\"",
    "Sec-WebSocket-Key: <b64:22>== Sec-WebSocket-Accept: <b64:27>=",
    "X-Goog-Hash: crc32c=AAAAAA==,md5=<b64:22>== x-goog-generation=1767323045123456",
    "x-request-id: <uuid> x-ms-request-id: <uuid> cf-ray: <hex:16>-FRA x-vercel-id: fra1::<lower:5>-1767323045123-<hex:12>",
    "x-amz-id-2: <b64:75>= x-amz-request-id: <upper:16>",
    "lock token opaquelocktoken:<uuid> released; fencing token 34821",
    "resume token 82<HEX:60> stored for change stream",
    "consumer group app-7, member consumer-app-7-1-<uuid>, generation 12",
    "message id <upper:12>.<b64:27>@mail.example queued as <HEX:11>",
];

const PATHS: &[&str] = &[
    "/api/v1/users/<digit:6>?fields=name,mail",
    "/static/css/app.<hex:20>.css?v=<hex:8>",
    "/oauth/authorize?response_type=code&client_id=<alnum:32>&state=<url:32>&redirect_uri=https%3A%2F%2Fapp.example%2Fcb",
    "/api/items?page_token=<url:64>&page_size=50",
    "/search?q=refresh+token+rotation&utm_source=<alnum:12>",
    "/files/<uuid>/download?sv=2024&name=report.pdf",
    "/socket.io/?EIO=4&transport=websocket&t=<alnum:7>",
    "/avatar/<hex:32>?s=80&d=identicon",
    "/v1/projects/<hex:24>/builds/<digit:5>/log?cursor=<CURSOR>",
    "/.well-known/openid-configuration",
    "/realms/main/protocol/openid-connect/token",
    "/login?returnTo=%2Fhome%3Ftab%3Dtokens",
];

/// One line of a format, by its index.
pub(crate) fn ordinary_line(format: usize, random: &mut Random) -> String {
    let pick = |texts: &[&str], random: &mut Random| texts[random.below(texts.len() as u64) as usize].to_owned();
    let message = pick(MESSAGES, random);
    let path = pick(PATHS, random);
    let time = format!("2026-01-02T{:02}:{:02}:{:02}", random.below(24), random.below(60), random.below(60));
    let line = FORMATS[format]
        .1
        .replace("MSGJ", &message)
        .replace("MSG", &message.replace("\\\"", "\"").replace("\\\\", "\\"))
        .replace("PATH", &path)
        .replace("TIME", &time);
    fill(&line, random)
}

/// Fills in `<class:length>`, `<uuid>` and `<CURSOR>`; other angle brackets stay.
fn fill(line: &str, random: &mut Random) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let class = after.split_once('>').filter(|(class, _)| is_class(class));
        match class {
            Some(("CURSOR", tail)) => {
                let id = piece("digit:9", random);
                let cursor = format!("{{\"id\":{id},\"after\":\"2026-01-02T03:04:05Z\",\"dir\":\"next\"}}");
                out.push_str(&base64(cursor.as_bytes(), true));
                rest = tail;
            }
            Some((class, tail)) => {
                out.push_str(&piece(class, random));
                rest = tail;
            }
            None => {
                out.push('<');
                rest = after;
            }
        }
    }
    out + rest
}

fn is_class(text: &str) -> bool {
    matches!(text, "uuid" | "CURSOR")
        || text.split_once(':').is_some_and(|(class, length)| {
            class.bytes().all(|byte| byte.is_ascii_alphanumeric()) && length.parse::<usize>().is_ok()
        })
}
