//! `PROG_STRENGTH_MCP_AUTH=forward`: tool calls carry the caller's own token.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

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
        scripted_mcp::{ScriptedMcp, reply, result_of, text, typed, with_headers},
        test_app::{Answer, Builder, TestApp, user},
    },
};

/// The `Authorization` of a request.
fn authorization(request: &Request) -> Option<String> {
    let value = request.headers.get("authorization")?;
    Some(value.to_str().expect("text").to_owned())
}

/// The agent with this server, which gets the callers' tokens.
fn forwarding(server: &ScriptedMcp) -> Builder {
    let app = TestApp::builder().mcp_url(server.url());
    app.env("PROG_STRENGTH_MCP_AUTH", "forward")
}

#[tokio::test]
async fn calls_carry_the_callers_token_and_other_requests_the_services() {
    for service_token in [None, Some("tok-123")] {
        let server = ScriptedMcp::start(|_, _| None).await;
        let mut app = forwarding(&server);
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
    let app = forwarding(&server).start().await;
    obey(&app);
    assert_eq!(result(&app, "echo").await, good("ok"));
    let sent = server.requests("tools/call", |request, _| authorization(request));
    assert!(
        sent.len() > 1 && sent.iter().all(|it| it.is_some() && *it == sent[0]),
        "{sent:?}"
    );
}

/// The `sub` of a bearer token.
fn subject(authorization: &str) -> String {
    let claims = authorization.split('.').nth(1).expect("a token");
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    claims["sub"].as_str().expect("a subject").to_owned()
}

#[tokio::test]
async fn calls_that_are_made_again_in_the_next_session_carry_each_users_own_token() {
    let sessions = AtomicUsize::new(0);
    let server = ScriptedMcp::start(move |request, message| {
        let session = request.headers.get("mcp-session-id");
        match message["method"].as_str() {
            Some("initialize") => {
                let id = sessions.fetch_add(1, Relaxed).to_string();
                let result = json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "s", "version": "1"}});
                let headers = [
                    ("content-type", "application/json"),
                    ("mcp-session-id", id.as_str()),
                ];
                let body = reply(message, &result.to_string());
                Some(with_headers(200, &headers, body.as_bytes()))
            }
            Some("tools/call") if session.is_some_and(|id| id == "0") => {
                Some(typed(404, "text/plain", "no such session"))
            }
            _ => None,
        }
    });
    let server = server.await;
    let app = forwarding(&server).start().await;
    obey(&app);
    let users: Vec<String> = (0..20).map(|n| format!("user{n}")).collect();
    let request = user("echo");
    let turns = users.iter().map(|sub| app.chat(sub, &request));
    for answer in join_all(turns).await {
        let mut answer = answer.ok();
        assert_eq!(answer["messages"][1]["content"][0].take(), good("ok"));
    }
    let calls = server.requests("tools/call", |request, message| {
        let meta = &message["params"]["_meta"]["fitness.progstrength/user_id"];
        let user = meta.as_str().expect("a user").to_owned();
        let token = authorization(request).expect("a token");
        assert_eq!(subject(&token), user);
        (request.headers["mcp-session-id"] == "0", user)
    });
    let done = calls.iter().filter(|(is_lost, _)| !is_lost);
    assert_eq!(done.count(), users.len());
    assert!(calls.iter().any(|(is_lost, _)| *is_lost));
    assert!(
        users
            .iter()
            .all(|user| calls.contains(&(false, user.clone())))
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
        assert_eq!(subject(&call.authorization), sub);
    }
    assert_eq!(app.mcp.remembers(|memory| memory.sessions), 1);
}

#[tokio::test]
async fn a_call_that_is_resumed_carries_its_callers_token() {
    // Every stream breaks after an event of the same id, before its answer.
    let calls = Arc::new(Mutex::new(HashMap::new()));
    let server = ScriptedMcp::start(move |request, message| {
        let sub = || subject(&authorization(request).expect("a token"));
        let mut calls = calls.lock().expect("no panic");
        let stream = |text: &str| Some(typed(200, "text/event-stream", text));
        if message["method"] == "tools/call" {
            calls.insert(sub(), message.clone());
            return stream("id: 1:0\nretry: 10\ndata: \n\n");
        }
        if request.method != "GET" || !request.headers.contains_key("last-event-id") {
            return None;
        }
        assert_eq!(request.headers["last-event-id"], "1:0");
        let call = calls.get(&sub()).expect("the call of this user");
        let answer = reply(call, &text(&sub()).to_string());
        stream(&format!("id: 1:0\ndata: {answer}\n\n"))
    });
    let server = server.await;
    let app = forwarding(&server).env("PROG_STRENGTH_MCP_TOKEN", "tok-123");
    let app = app.start().await;
    obey(&app);
    let users: Vec<String> = (0..8).map(|n| format!("user{n}")).collect();
    let request = user("echo");
    let turns = users.iter().map(|sub| app.chat(sub, &request));
    for (answer, sub) in join_all(turns).await.into_iter().zip(&users) {
        let result = answer.ok()["messages"][1]["content"][0].take();
        assert_eq!(result, good(sub));
    }
}
