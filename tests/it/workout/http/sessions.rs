//! Sessions: owners, limits, and clients without one.

use http::Method;
use prog_strength_agent::workout::transport::Tuning;
use rmcp::{
    ServiceExt,
    model::CallToolRequestParams,
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::json;

use crate::support::{
    answer::{Answer, now, token},
    test_app::JWT_KEY,
    wait::within,
    workout::{AGENT_TOKEN, WorkoutServer, said, user_token},
};

#[tokio::test]
async fn a_session_can_be_used_only_by_its_owner() {
    let server = WorkoutServer::start().await;
    let (sam, eve) = (user_token("sam"), user_token("eve"));
    let session = server.session(&sam).await;
    let unknown = "00000000-0000-4000-8000-000000000000";
    for thief in [&*eve, AGENT_TOKEN] {
        let stolen = Answer::of(server.call(thief, &session, "whoami")).await;
        let never = Answer::of(server.call(thief, unknown, "whoami")).await;
        assert_eq!(stolen.error(), (404, "session_not_found"));
        assert_eq!(
            (stolen.status, &stolen.body["detail"]),
            (never.status, &never.body["detail"])
        );
        for method in [Method::GET, Method::DELETE] {
            let request = server
                .request(method, "/mcp")
                .bearer_auth(thief)
                .header("accept", "text/event-stream")
                .header("mcp-session-id", &session);
            assert_eq!(
                Answer::of(request).await.error(),
                (404, "session_not_found")
            );
        }
    }
    let of_the_agent = server.session(AGENT_TOKEN).await;
    let call = server.call(&sam, &of_the_agent, "whoami");
    assert_eq!(Answer::of(call).await.error(), (404, "session_not_found"));
    let two = server
        .call(&sam, &session, "whoami")
        .header("mcp-session-id", &of_the_agent);
    assert_eq!(Answer::of(two).await.error(), (404, "session_not_found"));
    // It still exists, also for another token of the same user.
    let later = token(JWT_KEY, &json!({"sub": "sam", "exp": now() + 1200}));
    let own = Answer::of(server.call(&later, &session, "whoami")).await;
    assert_eq!(said(&own), "User(\"sam\")");
}

#[tokio::test]
async fn a_closed_session_is_a_404() {
    let server = WorkoutServer::start().await;
    let session = server.session(AGENT_TOKEN).await;
    let end = server
        .request(Method::DELETE, "/mcp")
        .bearer_auth(AGENT_TOKEN)
        .header("mcp-session-id", &session);
    assert!(Answer::of(end).await.status.is_success());
    let call = server.call(AGENT_TOKEN, &session, "whoami");
    assert_eq!(Answer::of(call).await.status, 404);
}

#[tokio::test]
async fn sessions_are_limited_per_user_for_all_users_and_for_the_agent() {
    let tuning = Tuning {
        sessions: 3,
        sessions_per_user: 2,
        agent_sessions: 2,
        ..Tuning::default()
    };
    let server = WorkoutServer::with(&[], tuning).await;
    let sam = user_token("sam");
    let first = server.session(&sam).await;
    server.session(&sam).await;
    let third = server.initialize(&sam).await;
    assert_eq!(third.error(), (429, "too_many_sessions"));
    assert!(third.header("retry-after").is_some());
    server.session(&user_token("eve")).await;
    let fourth = server.initialize(&user_token("joe")).await;
    assert_eq!(fourth.error(), (503, "too_many_sessions"));
    assert!(fourth.header("retry-after").is_some());
    // Users cannot keep the agent out.
    server.session(AGENT_TOKEN).await;
    server.session(AGENT_TOKEN).await;
    let third = server.initialize(AGENT_TOKEN).await;
    assert_eq!(third.error(), (503, "too_many_sessions"));
    assert!(third.header("retry-after").is_some());
    // Open sessions still work, and an ended one frees a place.
    assert_eq!(
        said(&Answer::of(server.call(&sam, &first, "whoami")).await),
        "User(\"sam\")"
    );
    let end = server.request(Method::DELETE, "/mcp").bearer_auth(&sam);
    Answer::of(end.header("mcp-session-id", &first)).await;
    server.session(&sam).await;
}

#[tokio::test]
async fn a_request_of_2026_07_28_needs_no_session() {
    let server = WorkoutServer::start().await;
    let version = "2026-07-28";
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami", "_meta": {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}}}});
    let call = server
        .post(&user_token("sam"), &call)
        .header("mcp-protocol-version", version)
        .header("mcp-method", "tools/call")
        .header("mcp-name", "whoami");
    assert_eq!(said(&Answer::of(call).await), "User(\"sam\")");
}

#[tokio::test]
async fn a_standard_client_lists_and_calls_tools() {
    let server = WorkoutServer::start().await;
    let config =
        StreamableHttpClientTransportConfig::with_uri(server.mcp()).auth_header(AGENT_TOKEN);
    let http = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let transport = StreamableHttpClientTransport::with_client(http, config);
    let client = within("a session", ().serve(transport))
        .await
        .expect("a session");
    let tools = within("the tools", client.list_tools(None))
        .await
        .expect("tools");
    assert_eq!(tools.tools.len(), 1);
    let call = client
        .peer()
        .call_tool(CallToolRequestParams::new("whoami"));
    let result = within("a result", call).await.expect("a result");
    let result = serde_json::to_value(result).expect("JSON");
    assert_eq!(result["content"][0]["text"], "Agent");
}
