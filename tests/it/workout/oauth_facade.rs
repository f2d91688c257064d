//! The OAuth issuer's metadata and endpoints at the workout server's origin.

use std::time::Duration;

use http::Method;
use prog_strength_agent::workout::transport::Tuning;
use serde_json::{Value, json};

use crate::support::{answer::Answer, issuer::Issuer, wait::pass, workout::WorkoutServer};

const METADATA: &str = "/.well-known/oauth-authorization-server";
const ORIGIN: &str = "https://mcp.example.com";

async fn facade(issuer: &Issuer) -> WorkoutServer {
    let settings = [
        ("OAUTH_ISSUER", &*issuer.url()),
        ("MCP_OAUTH_FACADE", "on"),
        ("MCP_PUBLIC_URL", "https://mcp.example.com/mcp"),
    ];
    WorkoutServer::with(&settings, Tuning::default()).await
}

async fn announcing() -> Issuer {
    let issuer = Issuer::start(vec![]).await;
    issuer.announce_endpoints();
    issuer
}

async fn get(server: &WorkoutServer, path: &str) -> Answer {
    Answer::of(server.request(Method::GET, path)).await
}

fn post(server: &WorkoutServer, path: &str, body: impl Into<String>) -> reqwest::RequestBuilder {
    let request = server.request(Method::POST, path).body(body.into());
    request.header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn the_issuers_metadata_is_served_with_the_endpoints_at_this_origin() {
    let issuer = announcing().await;
    let server = facade(&issuer).await;
    for (path, named) in [
        (METADATA, ORIGIN),
        ("/.well-known/openid-configuration", ORIGIN),
        (
            "/.well-known/oauth-authorization-server/mcp",
            "https://mcp.example.com/mcp",
        ),
        (
            "/.well-known/openid-configuration/mcp",
            "https://mcp.example.com/mcp",
        ),
    ] {
        let jwks = issuer.url().replace("/auth/v1", "/jwks");
        assert_eq!(
            get(&server, path).await.ok(),
            json!({"issuer": named, "jwks_uri": jwks,
                "authorization_endpoint": "https://mcp.example.com/authorize",
                "token_endpoint": "https://mcp.example.com/token",
                "registration_endpoint": "https://mcp.example.com/register",
                "code_challenge_methods_supported": ["S256"]})
        );
    }
    assert_eq!(issuer.asked().len(), 1, "fetched once");
    let other = get(&server, "/.well-known/oauth-authorization-server/other").await;
    assert_eq!(other.error(), (404, "not_found"));
}

#[tokio::test]
async fn an_issuer_that_names_itself_in_redirects_keeps_its_name() {
    let issuer = Issuer::start(vec![]).await;
    let at = |path: &str| issuer.url().replace("/auth/v1", path);
    issuer.announce(json!({
        "authorization_endpoint": at("/a"), "token_endpoint": at("/t"),
        "authorization_response_iss_parameter_supported": true,
        "dpop_signing_alg_values_supported": ["ES256"],
    }));
    let server = facade(&issuer).await;
    let metadata = get(&server, METADATA).await.ok();
    assert_eq!(metadata["issuer"], issuer.url());
    assert_eq!(metadata["token_endpoint"], "https://mcp.example.com/token");
    // Proofs name the URL of an endpoint.
    assert_eq!(metadata.get("dpop_signing_alg_values_supported"), None);
    assert_eq!(metadata.get("registration_endpoint"), None);
    let registered = Answer::of(post(&server, "/register", "{}")).await;
    assert_eq!(registered.error(), (404, "not_found"));
    assert_eq!(issuer.posted().len(), 0);
}

#[tokio::test]
async fn authorize_redirects_to_the_issuer_with_all_parameters() {
    let issuer = announcing().await;
    let server = facade(&issuer).await;
    let endpoint = issuer
        .url()
        .replace("/auth/v1", "/oauth/authorize?tenant=1");
    let query = "client_id=c%20d&state=a%26b&redirect_uri=http%3A%2F%2Flocalhost%2Fcb";
    for (path, expected) in [
        (format!("/authorize?{query}"), format!("{endpoint}&{query}")),
        ("/authorize".to_owned(), endpoint.clone()),
        ("/authorize?".to_owned(), endpoint.clone()),
    ] {
        let answer = get(&server, &path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (302, Some(&*expected))
        );
    }
    let posted = Answer::of(post(&server, "/authorize", "")).await;
    assert_eq!(posted.error(), (405, "method_not_allowed"));
}

#[tokio::test]
async fn token_and_registration_requests_are_passed_on_and_the_answers_back() {
    let issuer = announcing().await;
    let server = facade(&issuer).await;
    for (path, status, reply) in [
        ("/token", 200, r#"{"access_token": "t"}"#),
        ("/token", 400, r#"{"error": "invalid_grant"}"#),
        ("/token", 401, r#"{"error": "invalid_client"}"#),
        ("/register", 201, r#"{"client_id": "c"}"#),
    ] {
        issuer.reply(status, reply);
        let request = post(&server, path, "grant_type=x&code=%20")
            .header("authorization", "Basic Yzpz")
            .header("cookie", "ours=1")
            .header("x-forwarded-for", "192.0.2.1");
        let answer = Answer::of(request).await;
        assert_eq!((answer.status.as_u16(), &*answer.text), (status, reply));
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Basic realm=\"issuer\"")
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(
            (answer.header("set-cookie"), answer.header("location")),
            (None, None)
        );
        let posted = issuer.posted().pop().expect("a request");
        assert_eq!(
            (posted.path, &*posted.body),
            (format!("/oauth{path}"), "grant_type=x&code=%20")
        );
        let given = |name| {
            posted
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        assert_eq!(
            given("content-type"),
            Some("application/x-www-form-urlencoded")
        );
        assert_eq!(given("authorization"), Some("Basic Yzpz"));
        assert_eq!((given("cookie"), given("x-forwarded-for")), (None, None));
    }
}

#[tokio::test]
async fn bodies_and_answers_are_bounded_and_redirects_are_not_followed() {
    let issuer = announcing().await;
    let server = facade(&issuer).await;
    let long = "a".repeat(64 * 1024 + 1);
    let refused = Answer::of(post(&server, "/token", long.clone())).await;
    assert_eq!(refused.error(), (413, "payload_too_large"));
    assert_eq!(issuer.posted().len(), 0);
    let allowed = Answer::of(post(&server, "/token", &long[1..])).await;
    assert_eq!(allowed.status, 200);
    for (status, reply) in [(200, "a".repeat(256 * 1024 + 1)), (307, String::new())] {
        issuer.reply(status, reply);
        let answer = Answer::of(post(&server, "/token", "x")).await;
        assert_eq!(answer.error(), (502, "issuer_error"), "{status}");
    }
    assert_eq!(issuer.posted().len(), 3);
}

#[tokio::test]
async fn a_request_that_is_passed_on_is_answered_while_the_server_stops() {
    let issuer = announcing().await;
    issuer.delay(Duration::from_millis(500));
    let mut server = facade(&issuer).await;
    let answer = tokio::spawn(Answer::of(post(&server, "/token", "code=x")));
    while issuer.posted().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.stop();
    assert_eq!(answer.await.expect("no panic").status, 200);
    server.stopped().await;
}

#[tokio::test]
async fn only_announced_endpoints_at_the_issuers_origin_or_a_public_address_are_asked() {
    let victim = Issuer::start(vec![]).await;
    let private = victim.url().replace("/auth/v1", "/token");
    for (endpoint, expected) in [
        (json!(private), (502, "issuer_error")),
        (
            json!("http://169.254.169.254/latest"),
            (502, "issuer_error"),
        ),
        (json!("https://10.0.0.1/token"), (502, "issuer_error")),
        (json!("https://localhost/token"), (502, "issuer_error")),
        (json!("file:///etc/passwd"), (404, "not_found")),
        (
            json!("https://me:secret@127.0.0.1/token"),
            (404, "not_found"),
        ),
        (json!(["https://a.example"]), (404, "not_found")),
        (Value::Null, (404, "not_found")),
    ] {
        let issuer = Issuer::start(vec![]).await;
        issuer.announce(json!({"token_endpoint": endpoint}));
        let server = facade(&issuer).await;
        let answer = Answer::of(post(&server, "/token", "x")).await;
        assert_eq!(answer.error(), expected, "{endpoint}");
        assert_eq!(get(&server, "/authorize").await.error(), (404, "not_found"));
    }
    assert_eq!(victim.posted().len(), 0);
}

#[tokio::test]
async fn an_issuer_that_is_down_is_a_502_and_asked_again_after_a_pause() {
    let issuer = announcing().await;
    issuer.set_up(false);
    let server = facade(&issuer).await;
    for path in [METADATA, "/authorize", METADATA] {
        assert_eq!(
            get(&server, path).await.error(),
            (502, "issuer_error"),
            "{path}"
        );
    }
    assert_eq!(issuer.asked().len(), 1);
    issuer.set_up(true);
    pass(Duration::from_secs(5)).await;
    assert_eq!(get(&server, METADATA).await.status, 200);
    // What is known stays in use.
    issuer.set_up(false);
    pass(Duration::from_secs(301)).await;
    assert_eq!(get(&server, METADATA).await.status, 200);
    assert_eq!(issuer.asked().len(), 3);
}

#[tokio::test]
async fn metadata_of_another_issuer_is_not_served() {
    let issuer = announcing().await;
    issuer.announce(
        json!({"issuer": "https://evil.example", "token_endpoint": "https://evil.example/t"}),
    );
    let server = facade(&issuer).await;
    assert_eq!(get(&server, METADATA).await.error(), (502, "issuer_error"));
}

#[tokio::test]
async fn without_the_setting_there_is_no_facade() {
    let issuer = announcing().await;
    let server = WorkoutServer::with(&[("OAUTH_ISSUER", &issuer.url())], Tuning::default()).await;
    for path in [METADATA, "/authorize", "/token", "/register"] {
        assert_eq!(
            get(&server, path).await.error(),
            (404, "not_found"),
            "{path}"
        );
    }
    assert_eq!(issuer.asked().len(), 0);
}

#[tokio::test]
async fn behind_tls_a_facade_without_a_public_url_announces_nothing() {
    let issuer = announcing().await;
    let settings = [("OAUTH_ISSUER", &*issuer.url()), ("MCP_OAUTH_FACADE", "on")];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    let plain = get(&server, METADATA).await.ok();
    assert_eq!(plain["token_endpoint"], format!("{}/token", server.url));
    let secure = server.request(Method::GET, METADATA);
    let secure = Answer::of(secure.header("x-forwarded-proto", "https")).await;
    assert_eq!(secure.error(), (503, "no_public_url"));
}
