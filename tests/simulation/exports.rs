//! The servers' own logs: Keycloak events, Auth0 tenant log, Okta System Log, an access log.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::clients::{Entry, Kind};
use crate::dialects::{clock, comma, error_of, iso};
use crate::scenarios::Wording;
use crate::server::{Micros, Refusal, Token};

/// The session of each account: a new one with each sign-in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions(BTreeMap<String, u64>);

impl Sessions {
    /// The session that an entry belongs to, as a UUID.
    fn of(&mut self, entry: &Entry) -> String {
        let count = self.0.entry(entry.subject.clone()).or_default();
        if matches!(entry.kind, Kind::SignedIn { .. }) {
            *count += 1;
        }
        let mut name = format!("{}#{count}", entry.subject)
            .bytes()
            .fold(7_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        name = name.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{:08x}-5555-4555-8555-{:012x}", name >> 32, name & 0xffff_ffff_ffff)
    }
}

/// The id of a token that may be shown (a `jti`).
fn jti(token: Token) -> String {
    let mixed = (token.0 as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{:08x}-1111-4111-8111-{:012x}", mixed >> 32, mixed & 0xffff_ffff_ffff)
}

pub(crate) fn keycloak(entry: &Entry, wording: Wording, sessions: &mut Sessions) -> Option<String> {
    let session = sessions.of(entry);
    let (level, kind, user, tail) = match entry.kind {
        Kind::Refreshed { presented, issued } => (
            "DEBUG",
            "REFRESH_TOKEN",
            entry.subject.as_str(),
            format!(
                "grant_type=\"refresh_token\", refresh_token_type=\"Refresh\", refresh_token_id=\"{}\", \
                 updated_refresh_token_id=\"{}\"",
                jti(presented),
                jti(issued)
            ),
        ),
        Kind::Refused { presented, refusal, .. } => (
            "WARN ",
            "REFRESH_TOKEN_ERROR",
            "null",
            format!(
                "error=\"invalid_token\", reason=\"{}\", grant_type=\"refresh_token\", refresh_token_type=\"Refresh\", \
                 refresh_token_id=\"{}\", refresh_token_sub=\"{}\"",
                error_of(refusal, wording).1,
                jti(presented),
                entry.subject
            ),
        ),
        Kind::SignedIn { issued } => (
            "DEBUG",
            "CODE_TO_TOKEN",
            entry.subject.as_str(),
            format!("grant_type=\"authorization_code\", refresh_token_id=\"{}\"", jti(issued)),
        ),
        Kind::Revoked | Kind::Unauthorized => return None,
    };
    Some(format!(
        "{} {level} [org.keycloak.events] (executor-thread-{}) type=\"{kind}\", realmId=\"5a1c\", realmName=\"sim\", \
         clientId=\"{}\", userId=\"{user}\", sessionId=\"{session}\", ipAddress=\"192.0.2.{}\", {tail}, \
         client_auth_method=\"client-secret\"",
        comma(entry.at),
        entry.place.thread,
        entry.client,
        entry.place.host,
    ))
}

pub(crate) fn auth0(entry: &Entry, wording: Wording, sessions: &mut Sessions) -> Option<String> {
    let family = sessions.of(entry);
    let mut record = json!({
        "date": iso(entry.at),
        "client_id": entry.client,
        "client_name": entry.client,
        "ip": format!("192.0.2.{}", entry.place.host),
        "user_id": format!("auth0|{}", entry.subject),
        "user_name": entry.subject,
        "hostname": "sim.eu.auth0.com",
        "user_agent": "sim/1.0",
        "log_id": format!("9002026{:012}", entry.request),
        "_id": format!("9002026{:012}", entry.request),
    });
    match entry.kind {
        Kind::Refreshed { .. } => {
            record["type"] = json!("sertft");
            record["details"] = json!({ "familyId": family });
        }
        Kind::Refused { refusal, .. } => {
            // The tenant log leaves the user out on failures.
            record["user_id"] = json!("");
            record["user_name"] = json!("");
            record["description"] = json!(error_of(refusal, wording).1);
            if matches!(refusal, Refusal::Spent | Refusal::ReuseDetected) {
                record["type"] = json!("ferrt");
                record["details"] = json!({ "familyId": family, "tokenCounter": 4, "latestCounter": 5 });
            } else {
                record["type"] = json!("fertft");
            }
        }
        Kind::SignedIn { .. } => record["type"] = json!("seacft"),
        Kind::Revoked | Kind::Unauthorized => return None,
    }
    Some(record.to_string())
}

pub(crate) fn okta(entry: &Entry, wording: Wording, sessions: &mut Sessions) -> Option<Value> {
    let session = sessions.of(entry);
    let (grant, outcome) = match entry.kind {
        Kind::Refreshed { .. } => ("refresh_token", json!({ "result": "SUCCESS" })),
        Kind::SignedIn { .. } => ("authorization_code", json!({ "result": "SUCCESS" })),
        Kind::Refused { refusal, .. } => {
            let reason = match wording {
                Wording::Ambiguous => "The refresh token is invalid or expired.",
                Wording::Explicit => error_of(refusal, wording).1,
            };
            ("refresh_token", json!({ "result": "FAILURE", "reason": reason }))
        }
        Kind::Revoked | Kind::Unauthorized => return None,
    };
    Some(json!({
        "uuid": format!("{:08x}-3333-4333-8333-000000000000", entry.request),
        "published": iso(entry.at),
        "eventType": "app.oauth2.as.token.grant",
        "displayMessage": "OAuth2 token request",
        "severity": "INFO",
        "outcome": outcome,
        "actor": { "id": entry.client, "type": "PublicClientApp", "alternateId": entry.client },
        "client": { "ipAddress": format!("192.0.2.{}", entry.place.host) },
        "authenticationContext": { "externalSessionId": session },
        "transaction": { "id": format!("tx-{}", entry.request) },
        "debugContext": { "debugData": {
            "requestUri": "/oauth2/default/v1/token", "grantType": grant, "requestId": format!("req-{}", entry.request),
        } },
        "target": [{ "id": entry.subject, "type": "User", "alternateId": entry.subject }],
    }))
}

pub(crate) fn access(entry: &Entry) -> Option<String> {
    let status = match entry.kind {
        Kind::Refreshed { .. } | Kind::SignedIn { .. } => 200,
        Kind::Refused { .. } => 400,
        Kind::Revoked | Kind::Unauthorized => return None,
    };
    Some(access_line(entry.at, &format!("192.0.2.{}", entry.place.host), "POST /oauth/token", status))
}

pub(crate) fn access_line(at: Micros, address: &str, request: &str, status: u16) -> String {
    let time = clock(at).format("%d/%b/%Y:%H:%M:%S +0000");
    format!("{address} - - [{time}] \"{request} HTTP/1.1\" {status} 97 \"-\" \"sim/1.0\"")
}
