//! What is covered, by number: servers, client libraries and wrappers that people have, each with the rule
//! file that reads it. The numbers are those of the survey that the rules were written from.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use toml::Table;

use super::wrappers::WRAPPERS;

/// Servers: number in the survey, id of the file in `rules/providers/`.
const SERVERS: &[(&str, &[&str])] = &[
    ("A.1", &["auth0"]),
    ("A.2", &["okta"]),
    ("A.3", &["entra"]),
    ("A.4", &["keycloak"]),
    ("A.5", &["hydra"]),
    ("A.6", &["duende"]),
    ("A.7", &["spring-authorization-server"]),
    ("A.8", &["authentik"]),
    ("A.9", &["openiddict"]),
    ("A.10", &["doorkeeper"]),
    ("A.11", &["django-oauth-toolkit"]),
    ("A.12", &["node-oidc-provider"]),
    ("A.13", &["wso2"]),
    ("A.14", &["supabase"]),
    ("A.15", &["passport"]),
    ("A.16", &["cognito"]),
    ("A.17", &["openai"]),
    ("A.18", &["anthropic"]),
    ("A.19", &["google"]),
    ("A.20", &["salesforce"]),
    ("A.21", &["zitadel"]),
    ("A.22", &["github"]),
    ("A.23", &["slack"]),
    ("A.24", &["atlassian"]),
    ("A.25", &["hubspot"]),
    ("A.26", &["xero"]),
    ("A.27", &["intuit"]),
    ("A.28", &["zoho"]),
    ("A.29", &["box"]),
    ("A.30", &["dropbox"]),
    ("A.31", &["linkedin"]),
    ("A.32", &["stripe"]),
    ("A.33", &["shopify"]),
    ("A.33b", &["dex"]),
    // NetDocuments is left out: nothing public is known of it.
    (
        "A.34",
        &[
            "clerk",
            "fusionauth",
            "pingfederate",
            "netsuite",
            "curity",
            "airlock",
            "square",
            "wise",
            "cybersource",
            "planning-center",
        ],
    ),
];

/// Client libraries: file in `rules/events/` (or `rules/providers/`), and for each number a text that one of the
/// file's lines holds.
const LIBRARIES: &[(&str, &[(u32, &str)])] = &[
    (
        "events/go",
        &[
            (1, "\"https://idp.example/err\""),
            (2, "Response: {\n"),
            (4, "Unable to refresh session"),
            (5, "removing session. error refreshing"),
            (6, "[AuthSuccess]"),
            (7, "updated oauth info for user"),
            (8, "EROR[10-11|"),
            (9, "DEBUG : box: Token refresh failed"),
            (10, "memcache.go:265"),
            (11, "failed to refresh identity"),
            (12, "round_trippers.go"),
            (13, "Ory Hydra"),
            (14, "\"component\":\"api\""),
        ],
    ),
    (
        "events/python",
        &[
            (15, "google.auth.exceptions.RefreshError: ('invalid_grant: Token"),
            (16, "InvalidGrantError: (invalid_grant)"),
            (17, "authlib.integrations.base_client.errors.OAuthError: invalid_grant"),
            (18, "config_entry_oauth2_flow"),
            (19, "PyTado"),
            (20, "intuitlib.exceptions.AuthClientError"),
            (21, "msal.application: Refresh failed"),
            (22, "\"type\":\"LOG\""),
            (23, "\"POST /token HTTP/1.1\" 401"),
            (24, "The server responded with:"),
            (25, "SalesforceAuthenticationFailed"),
        ],
    ),
    (
        "events/javascript",
        &[
            (26, "OPError: invalid_grant (Session not active)"),
            (27, "[AccessTokenError]"),
            (28, "[auth][cause]"),
            (29, "Failed to refresh. Deleting cookie."),
            (30, "BAD_REFRESH_TOKEN"),
            (31, "NotAuthorizedException"),
            (32, "InteractionRequiredAuthError"),
            (33, "InvalidGrant: invalid_grant"),
            (34, "error_code=refresh_token_reused"),
            (35, "reconnect_required"),
            (36, "refresh_token_external_error"),
        ],
    ),
    (
        "events/jvm",
        &[
            (38, "ClientAuthorizationException: [invalid_grant]"),
            (39, "KEYCLOAK-01012"),
            (43, "Error Code: NotAuthorizedException;"),
            (44, "RefreshGrantHandler"),
        ],
    ),
    ("providers/keycloak", &[(41, "REFRESH_TOKEN_ERROR")]),
    (
        "events/dotnet",
        &[
            (45, "Refreshing the RT failed"),
            (46, "MsalUiRequiredException\n, ErrorCode: invalid_grant"),
            (47, "[VRB] Refresh token issued"),
            (48, "16 May 2016"),
            (49, "Amazon.CognitoIdentityProvider.Model.NotAuthorizedException"),
        ],
    ),
    (
        "events/others",
        &[
            (50, "IdentityProviderException"),
            (51, "Client error: `POST"),
            (52, "Refresh OAuth 2 Access token with Refresh Token failed"),
            (53, "OAuth2::Error (invalid_grant"),
            (54, "Server returned error response"),
            (55, "org.openid.appauth.oauth_token"),
            (56, "PlatformException(token_failed"),
            (57, "openidc.lua"),
            (58, "POST /oauth/v2/token?refresh_token="),
        ],
    ),
];

/// Shapes that look like failed refreshes and are none: they must stand among the lines to ignore.
const LOOK_ALIKES: &[(&str, &[(u32, &str)])] = &[
    ("events/javascript", &[(37, "GitHub failure: Bad credentials")]),
    ("events/jvm", &[(40, "Provided token ["), (42, "io.quarkus.oidc.runtime")]),
];

/// What needs no rule of its own: 3 and 60 are about twins and clusters, which timelines judge, 59 has no text.
const NO_SHAPE: [u32; 3] = [3, 59, 60];

/// Wrappers: how many of the matrix there are at least. One that is dropped is noticed here.
const WRAPPER_COUNT: usize = 100;

fn rule_file(name: &str) -> Option<Table> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(format!("{name}.toml"));
    fs::read_to_string(path).ok().map(|text| text.parse().unwrap())
}

/// The lines of a rule file that must be events, and those that must not.
fn examples(file: &Table) -> (Vec<String>, Vec<String>) {
    let examples = &file["examples"];
    let lines = |list: Option<&toml::Value>, line: fn(&toml::Value) -> String| -> Vec<String> {
        list.and_then(toml::Value::as_array).into_iter().flatten().map(line).collect()
    };
    let matching = lines(examples.get("match"), |example| example["line"].as_str().unwrap().to_owned());
    let ignored = lines(examples.get("ignore"), |line| line.as_str().unwrap().to_owned());
    (matching, ignored)
}

/// Whether a rule file is proved by lines that are events and by lines that are none.
pub(crate) fn has_examples_of_both_kinds(name: &str) -> bool {
    let proof = rule_file(name).map(|file| examples(&file));
    proof.is_some_and(|(matching, ignored)| !matching.is_empty() && !ignored.is_empty())
}

#[test]
fn every_server_has_a_rule_file_with_examples_of_both_kinds() {
    let mut missing = Vec::new();
    for (number, ids) in SERVERS {
        for id in *ids {
            match rule_file(&format!("providers/{id}")).map(|file| examples(&file)) {
                Some((matching, ignored)) if !matching.is_empty() && !ignored.is_empty() => {}
                Some(_) => missing.push(format!("{number}: providers/{id}.toml has no examples of both kinds")),
                None => missing.push(format!("{number}: there is no providers/{id}.toml")),
            }
        }
    }
    assert!(missing.is_empty(), "{} of {} servers:\n{}", missing.len(), SERVERS.len(), missing.join("\n"));
}

#[test]
fn every_library_has_lines_that_are_read_and_its_file_lines_that_are_not() {
    let mut missing = Vec::new();
    let mut numbers: BTreeSet<u32> = NO_SHAPE.into();
    for (kind, table) in [(0, LIBRARIES), (1, LOOK_ALIKES)] {
        for (name, shapes) in table {
            let (matching, ignored) = rule_file(name).map(|file| examples(&file)).unwrap_or_default();
            if matching.is_empty() || ignored.is_empty() {
                missing.push(format!("{name}.toml has no examples of both kinds"));
            }
            for (number, text) in *shapes {
                numbers.insert(*number);
                let lines = if kind == 0 { &matching } else { &ignored };
                if !lines.iter().any(|line| line.contains(text)) {
                    missing.push(format!("B.{number}: no line of {name}.toml holds {text:?}"));
                }
            }
        }
    }
    missing
        .extend((1..=60).filter(|number| !numbers.contains(number)).map(|number| format!("B.{number}: in no table")));
    assert!(missing.is_empty(), "{} of 60 shapes:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn the_wrappers_are_all_there() {
    let ids: BTreeSet<&str> = WRAPPERS.iter().map(|wrapper| wrapper.id).collect();
    assert_eq!(ids.len(), WRAPPERS.len(), "two wrappers share an id");
    assert!(ids.len() >= WRAPPER_COUNT, "{} wrappers of {WRAPPER_COUNT}", ids.len());
}
