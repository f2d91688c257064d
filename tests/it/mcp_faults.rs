//! The MCP server absent, dying, hanging, lying: what becomes of calls, chats and the session.

mod session;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::timeout};

use crate::{
    helpers::{
        bad, good, last_content, metric, metric_becomes, obey, ready_with_tools, result_of, said,
        unknown,
    },
    support::{
        bad_mcp::{BadMcp, MODES, Quirk},
        fake_claude::Reply,
        mcp_server::McpServer,
        mcp_tools::{PIXEL, owned, picture, read, tool},
        test_app::{Answer, TestApp, user},
        wait::{Gate, within},
    },
};

const BROKE: &str = "the connection to the tool server broke";
/// Far below the time a call may take.
const AT_ONCE: Duration = Duration::from_secs(5);
const LATE: &str = "the tool did not answer in time";

/// A ready service with an obedient Claude.
async fn obedient() -> TestApp {
    let app = TestApp::start().await;
    obey(&app);
    app
}

/// The same with a server that misbehaves.
async fn obedient_with(server: &BadMcp) -> TestApp {
    let app = TestApp::builder().mcp_url(server.url()).start().await;
    obey(&app);
    app
}

/// A turn of Sam's that goes on beside the test.
fn spawned(app: &TestApp, words: &str) -> JoinHandle<Answer> {
    tokio::spawn(Answer::of(app.post("sam").body(user(words).to_string())))
}

/// The answer of such a turn, which has to be a good one.
async fn answered(chat: JoinHandle<Answer>) -> Value {
    within("the chat's end", chat).await.expect("no panic").ok()
}

/// How often the server was asked for this tool.
fn times(server: &McpServer, tool: &str) -> usize {
    server.called().iter().filter(|name| *name == tool).count()
}

#[tokio::test]
async fn without_a_server_chats_are_refused_until_it_is_there() {
    let mut mcp = McpServer::start().await;
    mcp.stop().await;
    let mut app = TestApp::builder().unready().start_with(mcp).await;
    let mut streaming = user("list_exercises");
    streaming["stream"] = true.into();
    let question = user("list_exercises");
    let timed = async |question| {
        let began = Instant::now();
        (app.chat("sam", question).await, began.elapsed())
    };
    let (json, sse, ready) = tokio::join!(timed(&question), timed(&streaming), app.get("/ready"));
    for (refused, waited) in [json, sse] {
        assert_eq!(refused.error(), (503, "tools_unavailable"));
        assert!((2500..6000).contains(&waited.as_millis()), "{waited:?}");
        let wait: u64 = refused
            .header("retry-after")
            .expect("Retry-After")
            .parse()
            .expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
    }
    assert_eq!(ready.status, 503);
    assert_eq!(
        ready.body,
        json!({"status": "unavailable", "mcp": {"state": "connecting"}})
    );
    assert_eq!(app.get("/health").await.status, 200);
    assert_eq!(metric(&app, "mcp_session_up").await, 0);
    app.mcp.restart().await;
    app.ready().await;
    obey(&app);
    app.ask("list_exercises").await.ok();
    assert_eq!(app.mcp.called(), ["list_exercises"]);
    assert_eq!(metric(&app, "mcp_session_up").await, 1);
    assert_eq!(metric(&app, "mcp_reconnects_total").await, 0);
}

#[tokio::test]
async fn a_chat_waits_a_little_for_a_server_that_is_coming_back() {
    let mut mcp = McpServer::start().await;
    mcp.stop().await;
    let mut app = TestApp::builder()
        .unready()
        .env("AGENT_MAX_CONCURRENT_CHATS", "1")
        .start_with(mcp)
        .await;
    obey(&app);
    let chat = spawned(&app, "list_exercises");
    // The chat has come in when it has taken the only place.
    loop {
        let probe = app.post("ann").header("content-encoding", "gzip").body("x");
        let refused = Answer::of(probe).await;
        match refused.error() {
            (503, "busy") => break,
            other => assert_eq!(other, (415, "unsupported_media_type")),
        }
    }
    app.mcp.restart().await;
    answered(chat).await;
}

#[tokio::test]
async fn a_dead_server_shows_in_ready_and_a_restarted_one_too() {
    let mut app = obedient().await;
    app.mcp.stop().await;
    assert_eq!(
        app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await.body,
        json!({"status": "unavailable", "mcp": {"state": "connecting"}})
    );
    metric_becomes(&app, "mcp_session_up", 0).await;
    app.mcp.restart().await;
    app.ready().await;
    app.ask("list_exercises").await.ok();
    assert_eq!(app.mcp.called(), ["list_exercises"]);
}

#[tokio::test]
async fn a_restart_between_two_chats_is_not_noticed_by_either() {
    let mut app = obedient().await;
    app.ask("whoami").await.ok();
    app.mcp.restart().await;
    let result = result_of(&app, "whoami").await;
    assert_eq!(result["is_error"], Value::Null, "{result}");
    assert_eq!(app.mcp.called(), ["whoami", "whoami"]);
}

#[tokio::test]
async fn a_lost_session_is_replaced_once_however_many_requests_notice() {
    let mut app = TestApp::start().await;
    let gate = Gate::new();
    let message_complete = gate.clone();
    app.claude.on(move |body| match said(body) {
        None => Reply::text("done"),
        Some(id) => Reply::tool(&id, "whoami", json!({})).gate_at(6, &message_complete),
    });
    let chats: Vec<_> = (0..20)
        .map(|n| spawned(&app, &format!("toolu_{n}")))
        .collect();
    app.claude.asked_times(20).await;
    app.mcp.restart().await;
    gate.open_for_good();
    for chat in chats {
        let answer = answered(chat).await;
        assert_eq!(
            answer["messages"][1]["content"][0]["is_error"],
            Value::Null,
            "{answer}"
        );
    }
    assert_eq!(times(&app.mcp, "whoami"), 20);
    assert_eq!(metric(&app, "mcp_reconnects_total").await, 1);
    assert_eq!(app.mcp.remembers(|memory| memory.sessions), 2);
}

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
    let app = TestApp::builder()
        .env("MCP_CALL_TIMEOUT_SECS", "1")
        .start()
        .await;
    obey(&app);
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
    let app = TestApp::builder()
        .mcp_url(server.url())
        .env("MCP_CALL_TIMEOUT_SECS", "2")
        .start()
        .await;
    obey(&app);
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

/// Answers that leave open whether the tool has run.
const UNREADABLE: [&str; 12] = [
    "http500",
    "http503",
    "bad_json",
    "html",
    "http202",
    "wrong_shape",
    "wrong_id",
    "cut",
    "partial",
    "sse_cut",
    "redirect",
    "input_required",
];

/// `(tool, how often it acted, the result)` for each of them, all called at once.
async fn outcomes(names: impl IntoIterator<Item = String>) -> Vec<(String, usize, Value)> {
    let server = BadMcp::start(Quirk::None).await;
    let app = obedient_with(&server).await;
    let calls = names.into_iter().map(async |name| {
        let result = result_of(&app, &name).await;
        (server.executions(&name), name, result)
    });
    let all = join_all(calls).await;
    all.into_iter()
        .map(|(n, name, result)| (name, n, result))
        .collect()
}

#[tokio::test]
async fn a_write_whose_answer_nobody_can_read_runs_once_and_its_outcome_is_unknown() {
    let expected: Vec<_> = UNREADABLE
        .iter()
        .map(|name| ((*name).to_owned(), 1, bad(&unknown(BROKE))))
        .collect();
    assert_eq!(outcomes(UNREADABLE.map(str::to_owned)).await, expected);
}

#[tokio::test]
async fn a_read_whose_answer_nobody_can_read_is_repeated() {
    let names = UNREADABLE.map(|name| format!("ro_{name}_once"));
    let expected: Vec<_> = names
        .iter()
        .map(|name| (name.clone(), 2, good("ok")))
        .collect();
    assert_eq!(outcomes(names).await, expected);
}

#[tokio::test]
async fn an_idempotent_write_whose_answer_nobody_can_read_is_repeated() {
    let names = UNREADABLE.map(|name| format!("idem_{name}_once"));
    let expected: Vec<_> = names
        .iter()
        .map(|name| (name.clone(), 2, good("ok")))
        .collect();
    assert_eq!(outcomes(names).await, expected);
}

#[tokio::test]
async fn a_read_that_never_succeeds_is_given_up() {
    let names = UNREADABLE.map(|name| format!("ro_{name}"));
    for (name, times, result) in outcomes(names).await {
        assert!(
            (2..=5).contains(&times),
            "{name} was repeated {times} times"
        );
        assert_eq!(result, bad(&unknown(BROKE)), "{name}");
    }
}

#[tokio::test]
async fn a_refusal_before_execution_is_an_error_result_and_not_repeated() {
    let modes = [
        ("http400", 400),
        ("http401", 401),
        ("http401_plain", 401),
        ("http401_json", 401),
        ("http403", 403),
        ("http403_json", 403),
        ("http429", 429),
        ("http429_json", 429),
    ];
    let all = modes.iter().flat_map(|(mode, status)| {
        ["", "ro_", "idem_"].map(|kind| (format!("{kind}{mode}"), *status))
    });
    let (names, expected): (Vec<_>, Vec<_>) = all
        .map(|(name, status)| {
            let text = format!(
                "The tool server refused this call (HTTP {status}). Nothing was changed by it."
            );
            (name.clone(), (name, 1, bad(&text)))
        })
        .unzip();
    assert_eq!(outcomes(names).await, expected);
}

#[tokio::test]
async fn a_json_rpc_error_is_a_final_answer_whatever_its_status_and_id() {
    let modes = [
        "http400_json",
        "http500_json",
        "http500_no_id",
        "http500_other_id",
        "http400_other_id",
        "null_id",
        "other_id",
    ];
    let names: Vec<String> = modes
        .iter()
        .flat_map(|mode| ["", "ro_", "idem_"].map(|kind| format!("{kind}{mode}")))
        .collect();
    let text = "The tool server answered with error -32603: internal trouble";
    let expected: Vec<_> = names
        .iter()
        .map(|name| (name.clone(), 1, bad(text)))
        .collect();
    assert_eq!(outcomes(names).await, expected);
}

#[tokio::test]
async fn a_404_is_a_lost_session_and_the_call_is_made_in_the_next_one() {
    let server = BadMcp::start(Quirk::None).await;
    let app = obedient_with(&server).await;
    assert_eq!(result_of(&app, "http404_once").await, good("ok"));
    assert_eq!(server.executions("http404_once"), 2);
    assert_eq!(server.sessions(), 2);
    assert_eq!(metric(&app, "mcp_reconnects_total").await, 1);
}

#[tokio::test]
async fn reads_share_connections_to_a_server_that_answers_in_json_and_writes_never_do() {
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
async fn to_a_server_that_answers_in_event_streams_each_call_has_its_own_connection() {
    let server = BadMcp::start(Quirk::Streams).await;
    let app = obedient_with(&server).await;
    for _ in 0..5 {
        assert_eq!(result_of(&app, "ro_ok").await, good("ok"));
    }
    assert_eq!(server.connections(), vec![vec!["ro_ok".to_owned()]; 5]);
}

#[tokio::test]
async fn a_read_over_a_connection_that_the_server_closes_is_made_again_over_a_new_one() {
    let server = BadMcp::start(Quirk::HangsUp).await;
    let app = obedient_with(&server).await;
    // As many connections as possible that are kept and dead.
    for _ in 0..3 {
        let eight = (0..8).map(async |_| assert_eq!(result_of(&app, "ro_ok").await, good("ok")));
        join_all(eight).await;
    }
    assert_eq!(server.executions("ro_ok"), 24);
    assert_eq!(server.sessions(), 1);
}

#[tokio::test]
async fn an_error_of_the_tool_or_the_protocol_is_told_to_claude_and_final() {
    let app = obedient().await;
    assert_eq!(result_of(&app, "fail").await, bad("no such workout"));
    assert_eq!(
        result_of(&app, "rpc_error").await,
        bad("The tool server answered with error -32603: the database is away")
    );
    assert_eq!(app.mcp.called(), ["fail", "rpc_error"]);
}

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
async fn a_server_of_an_older_protocol_is_accepted() {
    let server = BadMcp::start(Quirk::OldVersion).await;
    let app = obedient_with(&server).await;
    assert_eq!(result_of(&app, "ok").await, good("ok"));
}

#[tokio::test]
async fn a_server_with_which_no_session_can_be_had_is_asked_again_and_chats_are_refused() {
    let quirks = [
        Quirk::FutureVersion,
        Quirk::NewerVersion,
        Quirk::InitializeFails,
        Quirk::InitializeIsHtml,
        Quirk::InitializeHangs,
        Quirk::ListFails,
    ];
    join_all(quirks.map(|quirk| async move {
        let server = BadMcp::start(quirk).await;
        let app = TestApp::builder()
            .mcp_url(server.url())
            .unready()
            .start()
            .await;
        server.tried_to_initialize(2).await;
        let ready = app.get("/ready").await;
        assert_eq!(
            (ready.status.as_u16(), ready.body),
            (
                503,
                json!({"status": "unavailable", "mcp": {"state": "connecting"}})
            ),
            "{quirk:?}"
        );
        let refused = app.ask("ok").await;
        assert_eq!(refused.error(), (503, "tools_unavailable"), "{quirk:?}");
        assert_eq!(app.get("/health").await.status, 200);
    }))
    .await;
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

#[tokio::test]
async fn tools_of_one_message_run_concurrently_and_results_go_back_in_the_order_asked() {
    let app = TestApp::start().await;
    app.claude.push_all([
        Reply::tool("toolu_1", "slow_write", json!({}))
            .and_tool("toolu_2", "slow_idempotent", json!({}))
            .and_tool("toolu_3", "fail", json!({})),
        Reply::text("done"),
    ]);
    let stream = app.ask_streaming("go").await;
    app.mcp.called_tool("slow_write").await;
    app.mcp.called_tool("slow_idempotent").await;
    app.mcp.called_tool("fail").await;
    // The last one asked for is answered while the others still run.
    metric_becomes(
        &app,
        r#"mcp_tool_calls_total{tool="fail",outcome="error"}"#,
        1,
    )
    .await;
    app.mcp.gate.open(2);
    let events = stream.rest().await;
    let first = events
        .iter()
        .find(|event| event.kind == "tool_result")
        .expect("a tool_result event");
    assert_eq!(first.data["id"], "toolu_3");
    let result = |id: &str, text: &str| {
        let mut result = good(text);
        result["tool_use_id"] = id.into();
        result
    };
    let mut failed = result("toolu_3", "no such workout");
    failed["is_error"] = true.into();
    assert_eq!(
        last_content(&app.claude.bodies()[1]),
        [
            result("toolu_1", "slow_write is done"),
            result("toolu_2", "slow_idempotent is done"),
            failed
        ]
    );
}

#[tokio::test]
async fn a_read_starts_while_claude_still_writes_and_a_write_does_not() {
    let app = TestApp::start().await;
    let gate = Gate::new();
    app.claude.push_all([
        // Both inputs are complete when the reply waits for the gate.
        Reply::tool("toolu_1", "whoami", json!({}))
            .and_tool("toolu_2", "slow_idempotent", json!({}))
            .and_tool("toolu_3", "list_exercises", json!({}))
            .gate_at(16, &gate),
        Reply::text("done"),
    ]);
    let mut stream = app.ask_streaming("go").await;
    for kind in [
        "model_chosen",
        "tool_use_start",
        "tool_use",
        "tool_use_start",
        "tool_use",
        "tool_use_start",
        "tool_use",
    ] {
        stream.expect(kind).await;
    }
    assert_eq!(stream.expect("tool_result").await["id"], "toolu_3");
    assert_eq!(app.mcp.called(), ["list_exercises"]);
    app.mcp.gate.open(1);
    gate.open(1);
    stream.last("done").await;
    let mut called = app.mcp.called();
    called.sort();
    assert_eq!(called, ["list_exercises", "slow_idempotent", "whoami"]);
}

#[tokio::test]
async fn results_of_early_reads_are_thrown_away_when_the_reply_asks_for_no_tools() {
    for reason in ["max_tokens", "end_turn", "refusal"] {
        let app = TestApp::start().await;
        let gate = Gate::new();
        app.claude.push(
            Reply::text("Let me see.")
                .and_tool("toolu_1", "list_exercises", json!({}))
                .and_tool("toolu_2", "slow_read", json!({}))
                .and_tool("toolu_3", "whoami", json!({}))
                .stop(reason)
                .gate_at(19, &gate),
        );
        let mut stream = app.ask_streaming("go").await;
        while stream
            .next_event()
            .await
            .is_some_and(|event| event.kind != "tool_result")
        {}
        app.mcp.called_tool("slow_read").await;
        gate.open(1);
        let done = timeout(AT_ONCE, stream.last("done"))
            .await
            .expect("the read in flight is not waited for");
        let content = json!([{"type": "text", "text": "Let me see."}]);
        assert_eq!(done["stop_reason"], reason);
        assert_eq!(done["content"], content);
        assert_eq!(
            done["messages"],
            json!([{"role": "assistant", "content": content}])
        );
        app.mcp
            .until("the read in flight is cancelled", |memory| {
                memory.cancelled == ["slow_read"]
            })
            .await;
        let mut called = app.mcp.called();
        called.sort();
        assert_eq!(called, ["list_exercises", "slow_read"]);
    }
}

/// The result with these content blocks.
fn with(content: Value) -> Value {
    let mut result = good("");
    result["content"] = content;
    result
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[tokio::test]
async fn an_image_becomes_an_image_block() {
    let app = obedient().await;
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}});
    assert_eq!(result_of(&app, "picture").await, with(json!([image])));
    assert_eq!(
        last_content(&app.claude.bodies()[1]),
        [with(json!([image]))]
    );
}

#[tokio::test]
async fn an_image_of_more_than_5_mb_becomes_a_note() {
    let app = obedient().await;
    let note = "[an image, left out: larger than 5 MB]";
    assert_eq!(
        result_of(&app, r#"picture {"bytes": 5300000}"#).await,
        good(note)
    );
}

#[tokio::test]
async fn the_limit_of_a_results_text_is_none_of_its_images() {
    let app = obedient().await;
    let source = json!({"type": "base64", "media_type": "image/png", "data": picture(3_000_000)});
    let whole = with(json!([{"type": "image", "source": source}]));
    let result = result_of(&app, r#"picture {"bytes": 3000000}"#).await;
    // Not `assert_eq!`: nobody reads megabytes.
    assert!(result == whole, "{} blocks", result["content"]);
    assert!(last_content(&app.claude.bodies()[1]) == [whole]);
}

#[tokio::test]
async fn text_and_embedded_text_are_passed_on_and_the_rest_is_described() {
    let app = obedient().await;
    assert_eq!(
        result_of(&app, "mixed").await,
        with(json!([
            text("first"),
            text("embedded text"),
            text("[a link to a resource: all workouts workout://all]"),
            text("[audio: audio/wav]")
        ]))
    );
}

#[tokio::test]
async fn content_of_a_type_nobody_knows_is_described() {
    let server = BadMcp::start(Quirk::None).await;
    let app = obedient_with(&server).await;
    assert_eq!(
        result_of(&app, "unknown_content").await,
        with(json!([
            text("[content of type video]"),
            text("beside a video")
        ]))
    );
}

#[tokio::test]
async fn a_result_without_content_is_its_structure_or_says_that_it_is_empty() {
    let app = obedient().await;
    assert_eq!(
        result_of(&app, "structured").await,
        good(r#"{"workouts":3,"last":"w1"}"#)
    );
    assert_eq!(
        result_of(&app, "empty").await,
        good("The tool answered with nothing.")
    );
}

#[tokio::test]
async fn an_error_result_is_text_alone_and_never_empty() {
    let app = obedient().await;
    assert_eq!(
        result_of(&app, "fail_empty").await,
        bad("The tool failed without saying why.")
    );
    let mut both = with(json!([text("see for yourself"), text("[an image]")]));
    both["is_error"] = true.into();
    assert_eq!(result_of(&app, "fail_with_picture").await, both);
}

#[tokio::test]
async fn a_long_result_is_cut_at_a_character_and_says_so() {
    let app = TestApp::builder()
        .env("AGENT_MAX_TOOL_RESULT_BYTES", "1001")
        .start()
        .await;
    obey(&app);
    assert_eq!(
        result_of(&app, r#"big {"letter": "é", "bytes": 600}"#).await,
        with(json!([
            text(&"é".repeat(500)),
            text("[This result was too long: 200 bytes were cut off.]")
        ]))
    );
    assert_eq!(
        result_of(&app, r#"big {"letter": "é", "bytes": 500}"#).await,
        good(&"é".repeat(500))
    );
}

#[tokio::test]
async fn a_result_may_have_100_000_bytes_when_nothing_else_is_said() {
    let app = obedient().await;
    assert_eq!(
        result_of(&app, r#"big {"bytes": 100000}"#).await,
        good(&"a".repeat(100_000))
    );
    assert_eq!(
        result_of(&app, "big").await,
        with(json!([
            text(&"a".repeat(100_000)),
            text("[This result was too long: 100000 bytes were cut off.]")
        ]))
    );
}
