//! The list of tools: in pages, malformed, changed.

use serde_json::{Value, json};

use super::{obedient, obedient_with};
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
async fn a_listing_that_repeats_itself_is_read_to_where_it_does() {
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
async fn a_hint_that_is_no_boolean_spoils_neither_the_tool_nor_the_list() {
    let server = BadMcp::start(Quirk::MalformedHint).await;
    let app = obedient_with(&server).await;
    assert_eq!(
        app.get("/ready").await.ok()["mcp"]["tools"],
        MODES.len() * 6 + 1
    );
    assert_eq!(result_of(&app, "odd_hint").await, good("ok"));
}

#[tokio::test]
async fn all_pages_of_the_listing_are_read_once_and_not_for_each_request() {
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
async fn a_changed_list_is_taken_up_when_the_server_announces_it() {
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
async fn a_turn_that_has_begun_keeps_the_catalogue_it_began_with() {
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
