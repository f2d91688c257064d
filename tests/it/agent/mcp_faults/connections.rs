//! Connection pooling of tool calls.

use futures_util::future::join_all;

use super::{obedient_with, obeying};
use crate::{
    support::helpers::{good, result_of},
    support::{
        bad_mcp::{BadMcp, Quirk},
        test_app::TestApp,
    },
};

#[tokio::test]
async fn reads_share_connections_and_writes_never_do() {
    let server = BadMcp::start(Quirk::None).await;
    let app = obedient_with(&server).await;
    for _ in 0..10 {
        assert_eq!(result_of(&app, "ro_ok").await, good("ok"));
        assert_eq!(result_of(&app, "ok").await, good("ok"));
    }
    let connections = server.connections();
    assert!(connections.len() < 20, "{connections:?}");
    let write_shares = |tools: &&Vec<String>| tools.len() > 1 && tools.contains(&"ok".to_owned());
    assert_eq!(connections.iter().find(write_shares), None);
}

#[tokio::test]
async fn all_calls_have_the_same_headers() {
    let server = BadMcp::start(Quirk::None).await;
    let app = obeying(
        TestApp::builder()
            .mcp_url(server.url())
            .env("PROG_STRENGTH_MCP_TOKEN", "tok-123"),
    )
    .await;
    for tool in ["ro_ok", "ok"] {
        assert_eq!(result_of(&app, tool).await, good("ok"));
    }
    let of = |tool| {
        let mut headers = server.headers(tool);
        headers.remove("content-length");
        headers
    };
    assert_eq!(of("ro_ok"), of("ok"));
    let told = |name| of("ro_ok")[name].to_str().unwrap().to_owned();
    assert_eq!(told("authorization"), "Bearer tok-123");
    assert_eq!(told("mcp-session-id"), "s-1");
    assert_eq!(told("mcp-protocol-version"), "2025-11-25");
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let server = BadMcp::start(Quirk::None).await;
    let app = obedient_with(&server).await;
    assert_eq!(result_of(&app, "ro_ok").await, good("ok"));
    server.all_connections_ended().await;
}

#[tokio::test]
async fn the_url_of_a_server_may_have_a_query_of_any_length() {
    for length in [20, 95, 150, 4000] {
        let server = BadMcp::start(Quirk::None).await;
        let url = format!("{}?key={}", server.url(), "k".repeat(length));
        let app = obeying(TestApp::builder().mcp_url(&url)).await;
        for _ in 0..3 {
            assert_eq!(result_of(&app, "ro_ok").await, good("ok"));
        }
        assert_eq!(server.connections(), [vec!["ro_ok".to_owned(); 3]]);
        assert_eq!(server.sessions(), 1);
    }
}

#[tokio::test]
async fn reads_that_are_answered_with_event_streams_share_connections_too() {
    let server = BadMcp::start(Quirk::Streams).await;
    let app = obedient_with(&server).await;
    for _ in 0..5 {
        assert_eq!(result_of(&app, "ro_ok").await, good("ok"));
    }
    assert_eq!(server.connections(), [vec!["ro_ok".to_owned(); 5]]);
}

#[tokio::test]
async fn a_read_on_a_connection_that_the_server_closes_is_repeated_on_a_new_one() {
    let server = BadMcp::start(Quirk::HangsUp).await;
    let app = obedient_with(&server).await;
    // Leaves as many stale connections in the pool as possible.
    for _ in 0..3 {
        let eight = (0..8).map(async |_| assert_eq!(result_of(&app, "ro_ok").await, good("ok")));
        join_all(eight).await;
    }
    assert_eq!(server.executions("ro_ok"), 24);
    assert_eq!(server.sessions(), 1);
}

#[tokio::test]
async fn what_follows_an_ambiguous_answer_is_not_the_answer_to_the_next_request() {
    for mode in [
        "extra_bytes",
        "both_lengths",
        "two_lengths",
        "close_ignored",
        "reset_after_100",
    ] {
        let server = BadMcp::start(Quirk::None).await;
        let app = obedient_with(&server).await;
        for times in 1..=3 {
            result_of(&app, &format!("ro_{mode}")).await;
            assert_eq!(result_of(&app, "ro_ok").await, good("ok"), "{mode}");
            // A leftover would be unreadable, and the call be made again.
            assert_eq!(server.executions("ro_ok"), times, "{mode}");
        }
        let reused = |tools: &Vec<String>| tools.len() > 1 && tools[0] != "ro_ok";
        let connections = server.connections();
        assert_eq!(connections.iter().find(|it| reused(it)), None, "{mode}");
    }
}
