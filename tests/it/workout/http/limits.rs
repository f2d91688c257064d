//! Messages at once, event streams, and requests per hour: of a user, of all users, and of the agent.

use std::time::Duration;

use http::Method;
use prog_strength_agent::workout::transport::Tuning;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::support::{
    answer::Answer,
    wait::within,
    workout::{AGENT_TOKEN, WorkoutServer, said, user_token},
};

fn two_messages_per_user_and_three_in_all() -> Tuning {
    let mut tuning = Tuning::default();
    tuning.users.requests_per_user = 2;
    tuning.users.requests = 3;
    tuning
}

fn slow(server: &WorkoutServer, token: &str, session: &str, id: u32) -> JoinHandle<Answer> {
    tokio::spawn(Answer::of(server.call_with_id(token, session, "slow", id)))
}

#[tokio::test]
async fn messages_at_once_are_limited_per_user_and_for_all_users_but_not_for_the_agent() {
    let server = WorkoutServer::with(&[], two_messages_per_user_and_three_in_all()).await;
    let (sam, eve) = (user_token("sam"), user_token("eve"));
    let (of_sam, of_eve) = (server.session(&sam).await, server.session(&eve).await);
    let of_the_agent = server.session(AGENT_TOKEN).await;
    let mut calls = vec![
        slow(&server, &sam, &of_sam, 1),
        slow(&server, &sam, &of_sam, 2),
    ];
    server.has_slow_calls(2).await;
    let third = Answer::of(server.call(&sam, &of_sam, "whoami")).await;
    assert_eq!(third.error(), (429, "rate_limited"));
    assert!(third.header("retry-after").is_some());
    // Another session is the same user.
    assert_eq!(server.initialize(&sam).await.error(), (429, "rate_limited"));
    calls.push(slow(&server, &eve, &of_eve, 1));
    server.has_slow_calls(3).await;
    let fourth = Answer::of(server.call(&eve, &of_eve, "whoami")).await;
    assert_eq!(fourth.error(), (503, "busy"));
    assert!(fourth.header("retry-after").is_some());
    let call = Answer::of(server.call(AGENT_TOKEN, &of_the_agent, "whoami")).await;
    assert_eq!(said(&call), "Agent");
    server.session(AGENT_TOKEN).await;
    server.gate.open_for_good();
    for call in calls {
        assert_eq!(call.await.expect("an answer").status, 200);
    }
    let later = Answer::of(server.call(&sam, &of_sam, "whoami")).await;
    assert_eq!(said(&later), "User(\"sam\")");
}

#[tokio::test]
async fn a_call_counts_until_its_handler_ends_though_the_client_is_gone() {
    let server = WorkoutServer::with(&[], two_messages_per_user_and_three_in_all()).await;
    let sam = user_token("sam");
    let session = server.session(&sam).await;
    for id in 1..=2 {
        let gone = slow(&server, &sam, &session, id);
        server.has_slow_calls(id as usize).await;
        gone.abort();
        assert!(gone.await.is_err());
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let call = || Answer::of(server.call(&sam, &session, "whoami"));
    assert_eq!(call().await.error(), (429, "rate_limited"));
    server.gate.open_for_good();
    let free = async { while call().await.status != 200 {} };
    within("a message", free).await;
}

#[tokio::test]
async fn a_session_takes_no_message_of_its_user() {
    let server = WorkoutServer::with(&[], two_messages_per_user_and_three_in_all()).await;
    let sam = user_token("sam");
    for _ in 0..5 {
        let session = server.session(&sam).await;
        let call = Answer::of(server.call(&sam, &session, "whoami")).await;
        assert_eq!(said(&call), "User(\"sam\")");
    }
}

#[tokio::test]
async fn streams_are_limited_to_two_per_session_of_a_user() {
    let tuning = Tuning {
        sessions_per_user: 1,
        ..Tuning::default()
    };
    let server = WorkoutServer::with(&[], tuning).await;
    let sam = user_token("sam");
    let session = server.session(&sam).await;
    let open = || async {
        let stream = server.stream(&sam, &session).send();
        within("a stream", stream).await.expect("an answer")
    };
    let (first, second) = (open().await, open().await);
    assert_eq!(
        (first.status().as_u16(), second.status().as_u16()),
        (200, 200)
    );
    let third = Answer::of(server.stream(&sam, &session)).await;
    assert_eq!(third.error(), (429, "rate_limited"));
    // Streams are no messages.
    let call = Answer::of(server.call(&sam, &session, "whoami")).await;
    assert_eq!(said(&call), "User(\"sam\")");
    let agents = server.session(AGENT_TOKEN).await;
    let stream = within("a stream", server.stream(AGENT_TOKEN, &agents).send());
    assert_eq!(stream.await.expect("an answer").status(), 200);
    drop(first);
    let free = async { while open().await.status() != 200 {} };
    within("a free stream", free).await;
}

#[tokio::test]
async fn every_request_of_a_user_counts_for_the_hour_and_none_of_the_agent() {
    let tuning = Tuning {
        min_requests_per_hour: 8,
        ..Tuning::default()
    };
    let server = WorkoutServer::with(&[("MCP_RATE_LIMIT_PER_HOUR", "1")], tuning).await;
    let sam = user_token("sam");
    // Two of ten.
    let session = server.session(&sam).await;
    let request = |method: &str| server.message(&sam, &session, 1, method, &json!({}));
    for method in [
        "ping",
        "tools/list",
        "unknown/method",
        "completion/complete",
    ] {
        assert_eq!(Answer::of(request(method)).await.status, 200, "{method}");
    }
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/unknown"});
    let notification = server
        .post(&sam, &notification)
        .header("mcp-session-id", &session);
    assert_eq!(Answer::of(notification).await.status, 202);
    let bad = server.post(&sam, &json!([]));
    assert_eq!(Answer::of(bad).await.status, 415);
    let stranger = server.message(&sam, "unknown", 1, "ping", &json!({}));
    assert_eq!(Answer::of(stranger).await.status, 404);
    let delete = server.request(Method::DELETE, "/mcp").bearer_auth(&sam);
    assert_eq!(Answer::of(delete).await.status, 400);
    let eleventh = Answer::of(request("ping")).await;
    assert_eq!(eleventh.error(), (429, "rate_limited"));
    assert!(eleventh.header("retry-after").is_some());
    let stream = Answer::of(server.stream(&sam, &session)).await;
    assert_eq!(stream.error(), (429, "rate_limited"));
    assert_eq!(server.whoami(&user_token("eve")).await, "User(\"eve\")");
    for _ in 0..10 {
        assert_eq!(server.whoami(AGENT_TOKEN).await, "Agent");
    }
}

#[tokio::test]
async fn an_hourly_limit_of_0_is_no_limit_of_requests() {
    let tuning = Tuning {
        min_requests_per_hour: 1,
        ..Tuning::default()
    };
    let server = WorkoutServer::with(&[("MCP_RATE_LIMIT_PER_HOUR", "0")], tuning).await;
    let sam = user_token("sam");
    for _ in 0..5 {
        assert_eq!(server.whoami(&sam).await, "User(\"sam\")");
    }
}
