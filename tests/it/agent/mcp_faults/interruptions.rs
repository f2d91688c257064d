//! Calls that the server cuts off by dying, and calls it never answers.

use http::StatusCode;
use serde_json::json;

use super::{BROKE, answered, obedient, obeying, spawned, times};
use crate::{
    support::helpers::{bad, good, last_content, metric, result_of, unknown},
    support::{
        bad_mcp::{BadMcp, Quirk},
        fake_claude::Reply,
        test_app::TestApp,
        wait::Gate,
    },
};

const LATE: &str = "the tool did not answer in time";

#[tokio::test]
async fn a_write_cut_off_by_the_servers_death_is_not_repeated_and_its_outcome_is_unknown() {
    let mut app = obedient().await;
    let chat = spawned(&app, "slow_write");
    app.mcp.called_tool("slow_write").await;
    app.mcp.restart().await;
    app.mcp.gate.open_for_good();
    answered(chat).await;
    assert_eq!(
        last_content(&app.claude.bodies()[1]),
        [bad(&unknown(BROKE))]
    );
    app.ready().await;
    result_of(&app, "list_exercises").await;
    assert_eq!(app.mcp.called(), ["slow_write", "list_exercises"]);
    assert_eq!(
        app.mcp.remembers(|memory| memory.executions["toolu_1"]),
        1,
        "executed once"
    );
}

#[tokio::test]
async fn reads_and_idempotent_writes_cut_off_by_the_servers_death_are_repeated() {
    for tool in ["slow_read", "slow_idempotent"] {
        let mut app = obedient().await;
        let chat = spawned(&app, tool);
        app.mcp.called_tool(tool).await;
        app.mcp.restart().await;
        app.mcp.gate.open_for_good();
        answered(chat).await;
        assert_eq!(
            last_content(&app.claude.bodies()[1]),
            [good(&format!("{tool} is done"))]
        );
        assert_eq!(app.mcp.called(), [tool, tool]);
    }
}

#[tokio::test]
async fn a_call_in_flight_is_answered_though_its_session_is_given_up() {
    let app = obedient().await;
    let chat = spawned(&app, "slow_write");
    app.mcp.called_tool("slow_write").await;
    // From now on the server takes nothing, not even a listing.
    app.mcp.require_token("another");
    app.mcp.announce().await;
    app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await;
    app.mcp.gate.open(1);
    answered(chat).await;
    assert_eq!(
        last_content(&app.claude.bodies()[1]),
        [good("slow_write is done")]
    );
}

#[tokio::test]
async fn a_call_that_never_reached_the_server_is_made_after_the_reconnect_whatever_it_does() {
    for loss_noticed_before in [false, true] {
        let mut app = TestApp::start().await;
        let gate = Gate::new();
        app.claude.push_all([
            Reply::tool("toolu_1", "whoami", json!({})).gate_at(6, &gate),
            Reply::text("done"),
        ]);
        let mut stream = app.ask_streaming("who am I?").await;
        for kind in ["model_chosen", "tool_use_start", "tool_use"] {
            stream.expect(kind).await;
        }
        app.mcp.stop().await;
        if loss_noticed_before {
            app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await;
        }
        gate.open(1);
        app.claude.no_open_streams().await;
        app.mcp.restart().await;
        assert_eq!(stream.expect("tool_result").await["is_error"], false);
        stream.last("done").await;
        assert_eq!(app.mcp.called(), ["whoami"]);
    }
}

#[tokio::test]
async fn a_call_that_finds_no_server_in_time_is_not_run_and_the_turn_goes_on() {
    let mut app = TestApp::builder()
        .env("MCP_CALL_TIMEOUT_SECS", "1")
        .start()
        .await;
    let gate = Gate::new();
    app.claude.push_all([
        Reply::tool("toolu_1", "whoami", json!({})).gate_at(6, &gate),
        Reply::text("done"),
    ]);
    let mut stream = app.ask_streaming("who am I?").await;
    for kind in ["model_chosen", "tool_use_start", "tool_use"] {
        stream.expect(kind).await;
    }
    app.mcp.stop().await;
    app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await;
    gate.open(1);
    assert_eq!(stream.expect("tool_result").await["is_error"], true);
    stream.last("done").await;
    let not_run = "not run: the tool server is not reachable. Nothing was changed by this call.";
    assert_eq!(last_content(&app.claude.bodies()[1]), [bad(not_run)]);
}

#[tokio::test]
async fn a_tool_that_hangs_becomes_an_error_result_and_is_cancelled() {
    let app = obeying(TestApp::builder().env("MCP_CALL_TIMEOUT_SECS", "1")).await;
    for tool in ["slow_write", "slow_idempotent", "slow_read"] {
        assert_eq!(result_of(&app, tool).await, bad(&unknown(LATE)), "{tool}");
        app.mcp
            .until("the server is told", |memory| {
                memory.cancelled.last().is_some_and(|name| name == tool)
            })
            .await;
        assert_eq!(times(&app.mcp, tool), 1);
    }
    assert_eq!(metric(&app, "mcp_reconnects_total").await, 0);
}

#[tokio::test]
async fn a_server_that_hangs_while_answering_calls_does_not_hold_up_others() {
    let server = BadMcp::start(Quirk::None).await;
    let app = obeying(
        TestApp::builder()
            .mcp_url(server.url())
            .env("MCP_CALL_TIMEOUT_SECS", "2"),
    )
    .await;
    let hanging = result_of(&app, "hang");
    let quick = async {
        for _ in 0..5 {
            assert_eq!(result_of(&app, "ok").await, good("ok"));
        }
        "quick"
    };
    let first = tokio::select! {
        _ = hanging => "hanging",
        quick = quick => quick,
    };
    assert_eq!(first, "quick");
}
