//! The shapes in which an application tells of a failed refresh. None of them has a time of its own.

/// One shape.
pub(crate) struct Payload {
    pub(crate) id: &'static str,
    pub(crate) text: &'static str,
}

/// What every payload tells.
pub(crate) const CLIENT: &str = "app-7";
pub(crate) const SUBJECT: &str = "u-81";
pub(crate) const ERROR: &str = "invalid_grant";

pub(crate) const PAYLOADS: &[Payload] = &[
    Payload {
        id: "json",
        text: r#"{"level":"warn","msg":"refresh failed","error":"invalid_grant","error_description":"Token is not active","client_id":"app-7","user_id":"u-81"}"#,
    },
    Payload {
        id: "logfmt",
        text: r#"level=warn msg="refresh failed" err="oauth2: \"invalid_grant\" \"Token is not active\"" client_id=app-7 user_id=u-81"#,
    },
    Payload {
        id: "prose",
        text: "Token refresh failed for user u-81 client app-7: invalid_grant (Token is not active)",
    },
    Payload {
        id: "body-in-text",
        text: r#"POST /oauth/token answered 400 Bad Request: {"error":"invalid_grant","error_description":"Token is not active"} client_id=app-7 user_id=u-81"#,
    },
    Payload {
        id: "python-repr",
        text: "refresh failed {'client_id': 'app-7', 'user_id': 'u-81', 'body': {'error': 'invalid_grant', 'error_description': 'Token is not active', 'status': None}}",
    },
    Payload {
        id: "several-lines",
        text: "token refresh failed client_id=app-7 user_id=u-81: oauth2: cannot fetch token: 400 Bad Request\nResponse: {\n  \"error\": \"invalid_grant\",\n  \"error_description\": \"Token is not active\"\n}",
    },
];
