//! Cross-origin requests of browsers.

use http::Method;
use prog_strength_agent::workout::transport::Tuning;

use super::DOCUMENT;
use crate::support::{
    answer::Answer,
    workout::{AGENT_TOKEN, WorkoutServer, initialize},
};

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

fn preflight(server: &WorkoutServer, origin: &str, path: &str) -> reqwest::RequestBuilder {
    server
        .request(Method::OPTIONS, path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type,mcp-protocol-version,mcp-session-id",
        )
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_call_and_read_every_answer() {
    let settings = [
        ("CORS_ALLOWED_ORIGINS", "https://app.example.com"),
        ("OAUTH_ISSUER", "https://auth.example.com"),
        ("MCP_PUBLIC_URL", "https://mcp.example.com/mcp"),
    ];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    for origin in [
        "https://app.example.com",
        "http://localhost:6274",
        "https://mcp.example.com",
    ] {
        for path in ["/mcp", DOCUMENT] {
            let answer = Answer::of(preflight(&server, origin, path)).await;
            assert_eq!(answer.status, 200, "{origin} {path}");
            assert_eq!(answer.header(ALLOW_ORIGIN), Some(origin));
            let methods = answer.header("access-control-allow-methods").unwrap();
            assert!(
                methods.contains("POST") && methods.contains("DELETE"),
                "{methods}"
            );
            let headers = answer.header("access-control-allow-headers").unwrap();
            for name in [
                "authorization",
                "content-type",
                "mcp-session-id",
                "mcp-protocol-version",
                "mcp-method",
                "mcp-name",
                "last-event-id",
            ] {
                assert!(headers.contains(name), "{name} in {headers}");
            }
        }
        let called = server.post(AGENT_TOKEN, &initialize());
        let called = Answer::of(called.header("origin", origin)).await;
        assert_eq!(
            (called.status.as_u16(), called.header(ALLOW_ORIGIN)),
            (200, Some(origin))
        );
        let exposed = called.header("access-control-expose-headers").unwrap();
        assert!(exposed.contains("mcp-session-id") && exposed.contains("www-authenticate"));
        // A 401 too: it tells where to log in.
        let unknown = server.anonymous(&initialize()).header("origin", origin);
        let unknown = Answer::of(unknown).await;
        assert_eq!(
            (unknown.status.as_u16(), unknown.header(ALLOW_ORIGIN)),
            (401, Some(origin))
        );
        let document = server
            .request(Method::GET, DOCUMENT)
            .header("origin", origin);
        assert_eq!(
            Answer::of(document).await.header(ALLOW_ORIGIN),
            Some(origin)
        );
    }
}

#[tokio::test]
async fn a_page_of_another_origin_may_not() {
    let settings = [("CORS_ALLOWED_ORIGINS", "https://app.example.com")];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    for origin in [
        "https://evil.example",
        "https://app.example.com:444",
        "http://app.example.com",
        "null",
    ] {
        let answer = Answer::of(preflight(&server, origin, "/mcp")).await;
        assert_eq!(answer.header(ALLOW_ORIGIN), None, "{origin}");
        let called = server.post(AGENT_TOKEN, &initialize());
        let called = Answer::of(called.header("origin", origin)).await;
        assert_eq!(called.error(), (403, "origin_not_allowed"), "{origin}");
        assert_eq!(called.header(ALLOW_ORIGIN), None, "{origin}");
    }
}

#[tokio::test]
async fn a_star_allows_every_origin_and_no_other_host() {
    let server = WorkoutServer::with(&[("CORS_ALLOWED_ORIGINS", "*")], Tuning::default()).await;
    let origin = "https://anything.example";
    let called = server.post(AGENT_TOKEN, &initialize());
    let called = Answer::of(called.header("origin", origin)).await;
    assert_eq!(
        (called.status.as_u16(), called.header(ALLOW_ORIGIN)),
        (200, Some(origin))
    );
    let rebound = server
        .post(AGENT_TOKEN, &initialize())
        .header("origin", origin);
    let rebound = Answer::of(rebound.header("host", "evil.example")).await;
    assert_eq!(rebound.error(), (403, "host_not_allowed"));
}
