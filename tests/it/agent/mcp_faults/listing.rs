//! Tool listing: pages, malformed tools, changes.

use serde_json::{Value, json};

use super::{obedient, obedient_with, unready_with};
use crate::{
    support::helpers::{good, obey, ready_with_tools, result_of},
    support::{
        bad_mcp::{BadMcp, MODES, Quirk},
        fake_claude::Reply,
        mcp_server::McpServer,
        mcp_tools::{owned, read, tool},
        test_app::TestApp,
    },
};

#[tokio::test]
async fn a_listing_with_a_repeated_cursor_is_read_once() {
    let server = BadMcp::start(Quirk::LoopingCursor).await;
    let app = obedient_with(&server).await;
    assert_eq!(result_of(&app, "ok").await, good("ok"));
    assert!(server.lists() <= 100, "{} pages were read", server.lists());
}

#[tokio::test]
async fn a_malformed_tool_is_left_out_and_the_others_work() {
    let server = BadMcp::start(Quirk::MalformedTool).await;
    let app = obedient_with(&server).await;
    let whole = json!({"state": "connected", "server": {"name": "bad", "version": "1"},
        "tools": MODES.len() * 6, "tools_left_out": 1});
    assert_eq!(app.get("/ready").await.ok()["mcp"], whole);
    assert_eq!(result_of(&app, "ok").await, good("ok"));
}

#[tokio::test]
async fn a_hint_that_is_not_a_boolean_is_ignored() {
    let server = BadMcp::start(Quirk::MalformedHint).await;
    let app = obedient_with(&server).await;
    assert_eq!(
        app.get("/ready").await.ok()["mcp"]["tools"],
        MODES.len() * 6 + 1
    );
    assert_eq!(result_of(&app, "odd_hint").await, good("ok"));
}

#[tokio::test]
async fn all_pages_of_the_listing_are_read_once_per_session() {
    let mcp = McpServer::start().await;
    mcp.page_by(4);
    let app = TestApp::builder().start_with(mcp).await;
    obey(&app);
    assert_eq!(app.get("/ready").await.ok()["mcp"]["tools"], 19);
    for _ in 0..5 {
        app.ask("whoami").await.ok();
    }
    assert_eq!(app.mcp.remembers(|memory| memory.lists), 5);
}

#[tokio::test]
async fn a_changed_list_is_used_after_list_changed() {
    let app = obedient().await;
    app.mcp.set_tools(vec![
        tool("whoami", &owned(), &json!({})),
        tool("empty", &json!({"type": "object"}), &read()),
    ]);
    app.mcp.announce().await;
    ready_with_tools(&app, 2).await;
    app.ask("whoami").await.ok();
    let tools = app.claude.bodies()[0]["tools"].clone();
    let names: Vec<&Value> = tools
        .as_array()
        .expect("a list")
        .iter()
        .map(|tool| &tool["name"])
        .collect();
    assert_eq!(names, ["empty", "whoami"]);
    assert_eq!(app.mcp.remembers(|memory| memory.sessions), 1);
}

#[tokio::test]
async fn a_running_turn_keeps_its_catalogue() {
    let app = TestApp::start().await;
    app.claude.push_all([
        Reply::tool("toolu_1", "slow_write", json!({})),
        Reply::tool("toolu_2", "list_exercises", json!({})),
        Reply::text("done"),
    ]);
    let stream = app.ask_streaming("go").await;
    app.mcp.called_tool("slow_write").await;
    app.mcp
        .set_tools(vec![tool("whoami", &owned(), &json!({}))]);
    app.mcp.announce().await;
    ready_with_tools(&app, 1).await;
    app.mcp.gate.open_for_good();
    stream.last("done").await;
    let bodies = app.claude.bodies();
    assert_eq!(bodies[1]["tools"], bodies[0]["tools"]);
    assert_eq!(bodies[2]["tools"], bodies[0]["tools"]);
    assert_eq!(app.mcp.called(), ["slow_write", "list_exercises"]);
}

/// Lists the tools of such a server and calls one; returns the part of `/ready` about it.
async fn listed_by(quirk: Quirk) -> Value {
    let server = BadMcp::start(quirk).await;
    let app = obedient_with(&server).await;
    assert_eq!(result_of(&app, "ok").await, good("ok"));
    app.get("/ready").await.ok()["mcp"].take()
}

#[tokio::test]
async fn of_a_listing_without_end_8_mb_are_used() {
    let mcp = listed_by(Quirk::EndlessPages).await;
    let pages = mcp["tools"].as_u64().expect("a count") - (MODES.len() * 6) as u64;
    assert!((35..=42).contains(&pages), "{pages} pages");
}

#[tokio::test]
async fn of_a_listing_of_10_000_tools_1000_are_used() {
    assert_eq!(listed_by(Quirk::ManyTools).await["tools"], 1000);
}

#[tokio::test]
async fn hostile_schemas_are_left_out_and_the_other_tools_work() {
    let mcp = listed_by(Quirk::HostileSchemas).await;
    let (tools, left_out) = (&mcp["tools"], &mcp["tools_left_out"]);
    let tools = tools.as_u64().expect("a count") - (MODES.len() * 6) as u64;
    // Of the 100 with 4,000 values each, those that fit into the limit on all values.
    assert!((4..=6).contains(&tools), "{tools}");
    assert_eq!(left_out.as_u64(), Some(103 - tools));
}

#[tokio::test]
async fn a_page_of_more_than_8_mb_is_no_listing() {
    let server = BadMcp::start(Quirk::LongPage).await;
    let app = unready_with(&server).await;
    server.tried_to_initialize(2).await;
    assert_eq!(app.get("/ready").await.status, 503);
}
