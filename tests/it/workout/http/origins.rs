//! Allowed hosts and origins.

use http::Method;
use prog_strength_agent::workout::transport::Tuning;

use super::DOCUMENT;
use crate::support::{
    answer::Answer,
    workout::{AGENT_TOKEN, WorkoutServer, initialize},
};

#[tokio::test]
async fn a_foreign_host_is_a_403_before_authentication() {
    let server = WorkoutServer::start().await;
    for (host, status) in [
        ("localhost", 200),
        ("LOCALHOST:1234", 200),
        ("mcp:8000", 200),
        ("evil.example", 403),
        ("evil.example:8000", 403),
        ("mcp.evil.example", 403),
        ("10.0.0.1", 403),
    ] {
        let good = server.post(AGENT_TOKEN, &initialize()).header("host", host);
        assert_eq!(Answer::of(good).await.status, status, "{host}");
        let document = server.request(Method::GET, DOCUMENT).header("host", host);
        assert_eq!(Answer::of(document).await.status, status, "{host}");
    }
    let anonymous = server
        .anonymous(&initialize())
        .header("host", "evil.example");
    let anonymous = Answer::of(anonymous).await;
    assert_eq!(anonymous.error(), (403, "host_not_allowed"));
    assert_eq!(anonymous.header("www-authenticate"), None);
    let health = server
        .request(Method::GET, "/health")
        .header("host", "evil.example");
    assert_eq!(Answer::of(health).await.status, 200);
}

#[tokio::test]
async fn a_foreign_origin_is_a_403() {
    let settings = [("MCP_ALLOWED_HOSTS", "127.0.0.1, app.example.com:443")];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    for (origin, status) in [
        ("http://127.0.0.1:3000", 200),
        ("https://app.example.com", 200),
        ("https://evil.example", 403),
        ("https://app.example.com.evil.example", 403),
        ("null", 403),
    ] {
        let request = server
            .post(AGENT_TOKEN, &initialize())
            .header("origin", origin);
        assert_eq!(Answer::of(request).await.status, status, "{origin}");
    }
    let localhost = server
        .post(AGENT_TOKEN, &initialize())
        .header("host", "localhost");
    assert_eq!(
        Answer::of(localhost).await.error(),
        (403, "host_not_allowed")
    );
}
