//! Endpoints without authentication, and unknown paths.

use http::Method;
use prog_strength_agent::workout::transport::Tuning;
use serde_json::json;

use super::DOCUMENT;
use crate::support::{
    answer::Answer,
    workout::{AGENT_TOKEN, WorkoutServer, initialize},
};

#[tokio::test]
async fn the_resource_metadata_needs_no_token() {
    let issuer = "https://auth.example.com";
    let settings = [("OAUTH_ISSUER", issuer)];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    for path in [DOCUMENT, "/.well-known/oauth-protected-resource"] {
        let request = server.request(Method::GET, path).header("host", "mcp:8000");
        let forged = request.header("x-forwarded-host", "evil");
        assert_eq!(
            Answer::of(forged).await.ok(),
            json!({"resource": "http://mcp:8000/mcp", "authorization_servers": [issuer],
                "bearer_methods_supported": ["header"], "resource_name": "Prog Strength workouts"})
        );
    }
    let settings = [("MCP_PUBLIC_URL", "https://mcp.example.com/mcp/")];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    let document = Answer::of(server.request(Method::GET, DOCUMENT)).await.ok();
    assert_eq!(
        document,
        json!({"resource": "https://mcp.example.com/mcp",
            "bearer_methods_supported": ["header"], "resource_name": "Prog Strength workouts"})
    );
    let refused = Answer::of(server.anonymous(&initialize())).await;
    assert_eq!(
        refused.header("www-authenticate"),
        Some(
            "Bearer resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\""
        )
    );
}

#[tokio::test]
async fn behind_tls_no_http_url_is_announced_to_clients_of_an_oauth_issuer() {
    let issuer = ("OAUTH_ISSUER", "https://auth.example.com");
    let server = WorkoutServer::with(&[issuer], Tuning::default()).await;
    for (name, value) in [
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=192.0.2.1;proto=https"),
    ] {
        for path in [DOCUMENT, "/.well-known/oauth-protected-resource"] {
            let document = server.request(Method::GET, path).header(name, value);
            let document = Answer::of(document).await;
            assert_eq!(document.error(), (503, "no_public_url"), "{path}");
            assert!(document.text.contains("MCP_PUBLIC_URL"));
        }
        let unknown = Answer::of(server.anonymous(&initialize()).header(name, value)).await;
        assert_eq!(unknown.error(), (401, "unauthorized"));
        assert_eq!(unknown.header("www-authenticate"), Some("Bearer"));
        let wrong = server.post("wrong", &initialize()).header(name, value);
        let wrong = Answer::of(wrong).await;
        let challenge = wrong.header("www-authenticate");
        assert_eq!(challenge, Some("Bearer error=\"invalid_token\""));
        let agent = server.post(AGENT_TOKEN, &initialize()).header(name, value);
        assert_eq!(Answer::of(agent).await.status, 200);
    }
    let https = ("x-forwarded-proto", "https");
    let public = ("MCP_PUBLIC_URL", "https://mcp.example.com/mcp");
    for settings in [vec![issuer, public], vec![]] {
        let server = WorkoutServer::with(&settings, Tuning::default()).await;
        let document = server.request(Method::GET, DOCUMENT);
        let document = Answer::of(document.header(https.0, https.1)).await;
        assert_eq!(document.status, 200, "{settings:?}");
    }
}

#[tokio::test]
async fn health_names_the_service_and_every_response_has_the_common_headers() {
    let server = WorkoutServer::start().await;
    let health = server
        .request(Method::GET, "/health")
        .header("x-request-id", "req-1");
    let health = Answer::of(health).await;
    assert_eq!(
        health.body,
        json!({"service": "prog-strength-mcp", "version": env!("CARGO_PKG_VERSION"),
            "message": "service is healthy", "request_id": "req-1"})
    );
    let answers = [
        health,
        Answer::of(server.request(Method::GET, DOCUMENT)).await,
        server.initialize("wrong").await,
        server.initialize(AGENT_TOKEN).await,
    ];
    for answer in answers {
        assert!(answer.header("x-request-id").is_some());
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let cache = answer.header("cache-control").unwrap();
        assert!(["no-store", "no-cache"].contains(&cache), "{cache}");
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_problems() {
    let server = WorkoutServer::start().await;
    for path in ["/", "/mcp/", "/mcp/x", "/chat", "/.well-known/x"] {
        let answer = Answer::of(server.request(Method::POST, path)).await;
        assert_eq!(answer.error(), (404, "not_found"), "{path}");
    }
    for (method, path) in [
        (Method::PUT, "/mcp"),
        (Method::POST, "/health"),
        (Method::POST, DOCUMENT),
    ] {
        let answer = Answer::of(server.request(method, path)).await;
        assert_eq!(answer.error(), (405, "method_not_allowed"), "{path}");
    }
}
