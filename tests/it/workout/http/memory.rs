//! The memory of messages and sessions.

use futures_util::future::join_all;
use prog_strength_agent::workout::transport::Tuning;
use serde_json::{Value, json};

use crate::support::{
    answer::Answer,
    workout::{AGENT_TOKEN, WorkoutServer, initialize, said, user_token},
};

/// A call of a tool with `values` JSON values in all.
fn call_of(
    server: &WorkoutServer,
    token: &str,
    session: &str,
    values: usize,
) -> reqwest::RequestBuilder {
    let list = vec![0; values - 8];
    let params = json!({"name": "whoami", "arguments": {"list": list}});
    server.message(token, session, 7, "tools/call", &params)
}

#[tokio::test]
async fn a_message_has_at_most_20_000_values() {
    let server = WorkoutServer::start().await;
    for token in [&*user_token("sam"), AGENT_TOKEN] {
        let session = server.session(token).await;
        let call = |values| Answer::of(call_of(&server, token, &session, values));
        assert_eq!(call(20_000).await.status, 200);
        for values in [20_001, 100_001, 400_000] {
            assert_eq!(
                call(values).await.error(),
                (422, "invalid_request"),
                "{values}"
            );
        }
    }
    // Without a session, and as something other than a message.
    for body in [
        json!({"a": vec![json!({}); 20_000]}),
        json!(vec![0; 20_000]),
    ] {
        let refused = Answer::of(server.post(AGENT_TOKEN, &body)).await;
        assert_eq!(refused.error(), (422, "invalid_request"));
    }
}

#[tokio::test]
async fn memory_is_limited_per_user_and_for_all_users_but_not_for_the_agent() {
    let mut tuning = Tuning::default();
    // 900 for each value, and 6 for each byte.
    tuning.users.bytes_per_user = 1_000_000;
    tuning.users.bytes = 1_500_000;
    let server = WorkoutServer::with(&[], tuning).await;
    let (sam, eve) = (user_token("sam"), user_token("eve"));
    let (of_sam, of_eve) = (server.session(&sam).await, server.session(&eve).await);
    let of_the_agent = server.session(AGENT_TOKEN).await;
    let alone = Answer::of(call_of(&server, &sam, &of_sam, 1_000)).await;
    assert_eq!(alone.status, 200);
    let large = Answer::of(call_of(&server, &sam, &of_sam, 2_000)).await;
    assert_eq!(large.error(), (429, "rate_limited"));
    let params = json!({"name": "slow", "arguments": {"list": vec![0; 950]}});
    let slow = server.message(&sam, &of_sam, 1, "tools/call", &params);
    let slow = tokio::spawn(Answer::of(slow));
    server.is_slow().await;
    let second = Answer::of(call_of(&server, &sam, &of_sam, 1_000)).await;
    assert_eq!(second.error(), (429, "rate_limited"));
    let other = Answer::of(call_of(&server, &eve, &of_eve, 1_000)).await;
    assert_eq!(other.error(), (503, "busy"));
    assert!(other.header("retry-after").is_some());
    let small = Answer::of(server.call(&eve, &of_eve, "whoami")).await;
    assert_eq!(said(&small), "User(\"eve\")");
    let agents = Answer::of(call_of(&server, AGENT_TOKEN, &of_the_agent, 2_000)).await;
    assert_eq!(said(&agents), "Agent");
    server.gate.open_for_good();
    assert_eq!(slow.await.expect("an answer").status, 200);
    let again = Answer::of(call_of(&server, &sam, &of_sam, 1_000)).await;
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn the_agent_sends_16_workouts_of_500_sets_at_once() {
    let server = WorkoutServer::start().await;
    let session = server.session(AGENT_TOKEN).await;
    let set = json!({"reps": 5, "weight": 102.5, "unit": "kg", "rpe": 8.5, "is_warmup": false, "rest_seconds": 180});
    let exercise = json!({"exercise_id": "squat", "notes": "n".repeat(800), "sets": vec![set; 50]});
    let params =
        json!({"name": "slow", "arguments": {"user_id": "sam", "exercises": vec![exercise; 10]}});
    let calls = (0..16).map(|id| {
        let call = server.message(AGENT_TOKEN, &session, id, "tools/call", &params);
        tokio::spawn(Answer::of(call))
    });
    let calls: Vec<_> = calls.collect();
    server.has_slow_calls(16).await;
    server.gate.open_for_good();
    for answer in join_all(calls).await {
        assert_eq!(said(&answer.expect("an answer")), "Agent");
    }
}

fn with_client(capabilities: Value, client: Value) -> Value {
    let mut message = initialize();
    message["params"]["capabilities"] = capabilities;
    message["params"]["clientInfo"] = client;
    message
}

#[tokio::test]
async fn the_information_about_a_client_is_limited_and_real_clients_fit() {
    let server = WorkoutServer::start().await;
    let client = json!({"name": "test", "version": "1"});
    let experimental = |value: Value| json!({"experimental": {"a": {"b": value}}});
    let many = with_client(
        experimental(json!(vec![json!({"a": 0}); 200])),
        client.clone(),
    );
    let long = with_client(experimental(json!("x".repeat(66_000))), client.clone());
    for token in [&*user_token("sam"), AGENT_TOKEN] {
        let refused = Answer::of(server.post(token, &many)).await;
        assert_eq!(refused.error(), (422, "invalid_request"));
        let refused = Answer::of(server.post(token, &long)).await;
        assert_eq!(refused.error(), (413, "payload_too_large"));
        // A session may not take more later.
        let session = server.session(token).await;
        let later = server.post(token, &many).header("mcp-session-id", &session);
        assert_eq!(Answer::of(later).await.error(), (422, "invalid_request"));
    }
    let icon = format!("data:image/png;base64,{}", "A".repeat(30_000));
    let extensions =
        json!({"io.modelcontextprotocol/ui": {"mimeTypes": ["text/html;profile=mcp-app"]}});
    for real in [
        with_client(json!({}), json!({"name": "claude-ai", "version": "0.1.0"})),
        with_client(
            json!({"roots": {"listChanged": true}, "sampling": {"tools": {}, "context": {}},
                "elicitation": {"form": {}, "url": {}}, "extensions": extensions,
                "tasks": {"list": {}, "cancel": {}, "requests": {"sampling": {"createMessage": {}}, "elicitation": {"create": {}}}}}),
            json!({"name": "Visual Studio Code", "title": "Visual Studio Code", "version": "1.118.0",
                "websiteUrl": "https://code.visualstudio.com", "icons": [{"src": icon, "mimeType": "image/png", "sizes": ["48x48"]}]}),
        ),
        with_client(
            experimental(json!(vec![json!({"name": "feature", "on": true}); 60])),
            client,
        ),
    ] {
        let opened = Answer::of(server.post(&user_token("eve"), &real)).await;
        assert_eq!(opened.status, 200, "{}", opened.text);
    }
}
