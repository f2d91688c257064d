//! `PROG_STRENGTH_MCP_AUTH=forward`: tool calls carry the caller's own token.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{
    support::helpers::{good, obey, result_of as result, said},
    support::{
        fake_claude::Reply,
        mcp_server::McpServer,
        mcp_tools::bench_press,
        raw_http::Request,
        scripted_mcp::{ScriptedMcp, result_of, typed},
        test_app::{Answer, TestApp, user},
    },
};

/// The `Authorization` of a request.
fn authorization(request: &Request) -> Option<String> {
    let value = request.headers.get("authorization")?;
    Some(value.to_str().expect("text").to_owned())
}

#[tokio::test]
async fn calls_carry_the_callers_token_and_other_requests_the_services() {
    for service_token in [None, Some("tok-123")] {
        let server = ScriptedMcp::start(|_, _| None).await;
        let mut app = TestApp::builder()
            .mcp_url(server.url())
            .env("PROG_STRENGTH_MCP_AUTH", "forward");
        if let Some(token) = service_token {
            app = app.env("PROG_STRENGTH_MCP_TOKEN", token);
        }
        let app = app.start().await;
        obey(&app);
        let token = app.token("sam");
        let request = app
            .request(http::Method::POST, "/chat")
            .header("authorization", format!("bearer  {token}"))
            .header("content-type", "application/json");
        Answer::of(request.body(user("echo").to_string()))
            .await
            .ok();
        let of = |method: &str| server.requests(method, |request, _| authorization(request));
        assert_eq!(of("tools/call"), [Some(format!("Bearer {token}"))]);
        let service = service_token.map(|token| format!("Bearer {token}"));
        for method in ["initialize", "notifications/initialized", "tools/list"] {
            let sent = of(method);
            assert!(
                !sent.is_empty() && sent.iter().all(|it| *it == service),
                "{method}"
            );
        }
        // Claude gets neither.
        assert!(
            !app.claude
                .bodies()
                .iter()
                .any(|body| body.to_string().contains(&token))
        );
    }
}

#[tokio::test]
async fn with_service_authorization_no_call_carries_the_callers_token() {
    let server = ScriptedMcp::start(|_, _| None).await;
    let app = TestApp::builder()
        .mcp_url(server.url())
        .env("PROG_STRENGTH_MCP_AUTH", "service")
        .env("PROG_STRENGTH_MCP_TOKEN", "tok-123");
    let app = app.start().await;
    obey(&app);
    assert_eq!(result(&app, "echo").await, good("ok"));
    let sent = server.requests("tools/call", |request, _| authorization(request));
    assert_eq!(sent, [Some("Bearer tok-123".to_owned())]);
}

#[tokio::test]
async fn a_repeated_call_carries_the_same_token() {
    let server = ScriptedMcp::start(|request, message| {
        let tool = json!({"name": "echo", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}});
        match message["method"].as_str() {
            Some("tools/list") => Some(result_of(message, &json!({"tools": [tool]}))),
            // The pooled connection of the first attempt.
            Some("tools/call") if message["id"].as_u64() < Some(3) => {
                Some(typed(500, "text/plain", &request.path))
            }
            _ => None,
        }
    });
    let server = server.await;
    let app = TestApp::builder()
        .mcp_url(server.url())
        .env("PROG_STRENGTH_MCP_AUTH", "forward");
    let app = app.start().await;
    obey(&app);
    assert_eq!(result(&app, "echo").await, good("ok"));
    let sent = server.requests("tools/call", |request, _| authorization(request));
    assert!(
        sent.len() > 1 && sent.iter().all(|it| it.is_some() && *it == sent[0]),
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_thousand_interleaved_calls_of_two_users_carry_each_users_own_token() {
    let mcp = McpServer::start().await;
    let app = TestApp::builder()
        .env("PROG_STRENGTH_MCP_AUTH", "forward")
        .env("AGENT_MAX_CHATS_PER_USER", "1000")
        .start_with(mcp)
        .await;
    app.claude.on(|body| match said(body) {
        None => Reply::text("done"),
        // Reads start while the reply streams, writes after it.
        Some(_) => Reply::tool("toolu_1", "list_exercises", json!({}))
            .and_tool("toolu_2", "whoami", json!({}))
            .and_tool("toolu_3", "create_workout", bench_press()),
    });
    let turn = async |n: usize| {
        let sub = if (n * 7919 % 13).is_multiple_of(2) {
            "ann"
        } else {
            "bea"
        };
        app.chat(sub, &user("go")).await.ok();
    };
    for tens in 0..17 {
        join_all((0..20).map(|n| turn(tens * 20 + n))).await;
    }
    let calls = app.mcp.calls();
    assert!(calls.len() >= 1000, "{}", calls.len());
    for call in &calls {
        let sub = call.meta["fitness.progstrength/user_id"]
            .as_str()
            .expect("a user");
        let claims = call.authorization.split('.').nth(1).expect("a token");
        let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("base64");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        assert_eq!(claims["sub"], sub);
    }
    assert_eq!(app.mcp.remembers(|memory| memory.sessions), 1);
}
