//! Going away, running out of time, shutting down: what ends at once, what is let finish, and what the client is told.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::timeout};

use crate::{
    helpers::{bad, good, last_content, metric, metric_becomes, obey, unknown},
    support::{
        fake_claude::Reply,
        test_app::{Answer, TestApp, user},
        wait::{Gate, within},
    },
};

const CUT: &str = "the turn was cut off before the tool answered";
/// Far below every limit that could have ended a thing otherwise.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A turn that goes on beside the test, read to its end. Aborting it hangs up.
fn turn(app: &TestApp, words: &str, streamed: bool) -> JoinHandle<Answer> {
    let mut body = user(words);
    body["stream"] = streamed.into();
    tokio::spawn(Answer::of(app.post("sam").body(body.to_string())))
}

/// The turn is over, and was counted once.
async fn over_and_counted(app: &TestApp) {
    metric_becomes(app, "chat_in_flight", 0).await;
    metric_becomes(app, "chat_requests_total", 1).await;
    assert_eq!(metric(app, "chat_duration_seconds_count").await, 1);
}

/// A message of two writes: `fail`, which is answered, and `slow_write`, which is not.
fn two_writes() -> Reply {
    Reply::text("One moment.")
        .and_tool("toolu_1", "fail", json!({}))
        .and_tool("toolu_2", "slow_write", json!({"key": "k"}))
}

/// What the client is told of [`two_writes`] when the turn is cut off.
fn two_writes_interrupted() -> Value {
    let mut pending = bad(&unknown(CUT));
    pending["tool_use_id"] = "toolu_2".into();
    json!([
        {"role": "assistant", "content": [
            {"type": "text", "text": "One moment."},
            {"type": "tool_use", "id": "toolu_1", "name": "fail", "input": {}},
            {"type": "tool_use", "id": "toolu_2", "name": "slow_write", "input": {"key": "k"}}]},
        {"role": "user", "content": [bad("no such workout"), pending]},
    ])
}

/// The first of the two has been answered, the second has begun.
async fn under_way(app: &TestApp) {
    app.mcp.called_tool("slow_write").await;
    metric_becomes(
        app,
        r#"mcp_tool_calls_total{tool="fail",outcome="error"}"#,
        1,
    )
    .await;
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_text_has_claudes_reply_closed_at_once() {
    for streamed in [true, false] {
        let gate = Gate::new();
        let app = TestApp::with([Reply::texts(&["Hel", "lo"]).gate_at(3, &gate)]).await;
        let turn = turn(&app, "hi", streamed);
        app.claude.asked_times(1).await;
        assert_eq!(app.claude.hang_ups(), 0);
        turn.abort();
        timeout(AT_ONCE, app.claude.hung_up())
            .await
            .expect("Claude's reply is closed at once");
        over_and_counted(&app).await;
        assert_eq!(app.claude.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_client_that_leaves_after_text_was_shown_has_claudes_reply_closed_at_once() {
    let gate = Gate::new();
    let app = TestApp::with([Reply::texts(&["Hel", "lo"]).gate_at(3, &gate)]).await;
    let mut stream = app.ask_streaming("hi").await;
    stream.expect("model_chosen").await;
    assert_eq!(stream.expect("text_delta").await["text"], "Hel");
    assert_eq!(metric(&app, "chat_in_flight").await, 1);
    drop(stream);
    timeout(AT_ONCE, app.claude.hung_up())
        .await
        .expect("Claude's reply is closed at once");
    over_and_counted(&app).await;
}

#[tokio::test]
async fn a_client_that_leaves_while_claude_has_not_answered_has_the_request_closed_at_once() {
    for streamed in [true, false] {
        let app = TestApp::with([Reply::hang_before_headers()]).await;
        let turn = turn(&app, "hi", streamed);
        app.claude.asked_times(1).await;
        turn.abort();
        timeout(AT_ONCE, app.claude.hung_up())
            .await
            .expect("Claude's reply is closed at once");
        over_and_counted(&app).await;
    }
}

#[tokio::test]
async fn a_read_is_cancelled_when_the_client_leaves() {
    for streamed in [true, false] {
        let app = TestApp::with([Reply::tool("toolu_1", "slow_read", json!({}))]).await;
        let turn = turn(&app, "read", streamed);
        app.mcp.called_tool("slow_read").await;
        turn.abort();
        app.mcp
            .until("the read is cancelled", |memory| {
                memory.cancelled == ["slow_read"]
            })
            .await;
        over_and_counted(&app).await;
        assert_eq!(app.claude.asked().len(), 1);
        assert_eq!(app.mcp.called(), ["slow_read"]);
    }
}

#[tokio::test]
async fn a_write_finishes_though_the_client_leaves() {
    for streamed in [true, false] {
        for tool in ["slow_write", "slow_idempotent"] {
            let app = TestApp::with([Reply::tool("toolu_1", tool, json!({}))]).await;
            let turn = turn(&app, "write", streamed);
            app.mcp.called_tool(tool).await;
            turn.abort();
            over_and_counted(&app).await;
            app.mcp.gate.open(1);
            app.mcp
                .until("the write ends", |memory| memory.finished == [tool])
                .await;
            let ok = format!(r#"mcp_tool_calls_total{{tool="{tool}",outcome="ok"}}"#);
            metric_becomes(&app, &ok, 1).await;
            assert!(app.mcp.remembers(|memory| memory.cancelled.is_empty()));
            assert_eq!(app.claude.asked().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_write_left_behind_has_no_more_than_its_own_time() {
    let app = TestApp::builder()
        .env("MCP_CALL_TIMEOUT_SECS", "1")
        .start()
        .await;
    app.claude
        .push(Reply::tool("toolu_1", "slow_write", json!({})));
    let turn = turn(&app, "write", true);
    app.mcp.called_tool("slow_write").await;
    turn.abort();
    let given_up = r#"mcp_tool_calls_total{tool="slow_write",outcome="unknown"}"#;
    metric_becomes(&app, given_up, 1).await;
}

#[tokio::test]
async fn no_further_tool_starts_when_the_client_has_left() {
    for streamed in [true, false] {
        let gate = Gate::new();
        let app = TestApp::with([
            // Complete but for the message's end, for which the writes wait.
            Reply::tool("toolu_1", "whoami", json!({}))
                .and_tool("toolu_2", "slow_read", json!({}))
                .gate_at(11, &gate),
            Reply::tool("toolu_3", "list_exercises", json!({})),
            Reply::text("done"),
        ])
        .await;
        let turn = turn(&app, "go", streamed);
        app.mcp.called_tool("slow_read").await;
        turn.abort();
        app.claude.hung_up().await;
        over_and_counted(&app).await;
        gate.open_for_good();
        app.ask("is anything left over?").await.ok();
        assert_eq!(app.mcp.called(), ["slow_read", "list_exercises"]);
    }
}

#[tokio::test]
async fn a_write_that_still_waits_for_a_session_does_not_start_once_the_client_has_left() {
    let gate = Gate::new();
    let mut app = TestApp::with([
        Reply::tool("toolu_1", "whoami", json!({})).gate_at(6, &gate),
        Reply::tool("toolu_2", "list_exercises", json!({})),
        Reply::text("done"),
    ])
    .await;
    let mut stream = app.ask_streaming("go").await;
    for kind in ["model_chosen", "tool_use_start", "tool_use"] {
        stream.expect(kind).await;
    }
    app.mcp.stop().await;
    app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await;
    gate.open(1);
    app.claude.no_open_streams().await;
    drop(stream);
    over_and_counted(&app).await;
    app.mcp.restart().await;
    app.ready().await;
    app.ask("is anything left over?").await.ok();
    assert_eq!(app.mcp.called(), ["list_exercises"]);
}

#[tokio::test]
async fn a_shutdown_refuses_new_chats_at_once_and_lets_running_ones_finish() {
    let gate = Gate::new();
    let mut app = TestApp::with([
        Reply::tool("toolu_1", "whoami", json!({})).gate_at(6, &gate),
        Reply::texts(&["Good", "bye"]).gate_at(3, &gate),
    ])
    .await;
    let mut stream = app.ask_streaming("hi").await;
    stream.expect("model_chosen").await;
    app.stop();
    let ready = app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(ready.body["status"], "unavailable");
    for streamed in [true, false] {
        let mut body = user("me too");
        body["stream"] = streamed.into();
        let refused = app.chat("ann", &body).await;
        assert_eq!(refused.error(), (503, "shutting_down"));
        let wait: u64 = refused
            .header("retry-after")
            .expect("Retry-After")
            .parse()
            .expect("seconds");
        assert!((1..=60).contains(&wait), "{wait}");
    }
    assert_eq!(app.get("/health").await.status, 200);
    gate.open_for_good();
    let done = stream.last("done").await;
    assert_eq!(
        done["content"],
        json!([{"type": "text", "text": "Goodbye"}])
    );
    app.stopped().await;
    assert_eq!(app.mcp.called(), ["whoami"]);
    assert_eq!(app.mcp.remembers(|memory| memory.sessions_closed), 1);
}

#[tokio::test]
async fn an_idle_service_ends_at_once_and_closes_its_session() {
    let mut app = TestApp::start().await;
    app.stop();
    timeout(AT_ONCE, app.stopped())
        .await
        .expect("the service ends at once");
    assert_eq!(app.mcp.remembers(|memory| memory.sessions_closed), 1);
}

#[tokio::test]
async fn a_service_without_a_session_ends_too() {
    let mut mcp = crate::support::mcp_server::McpServer::start().await;
    mcp.stop().await;
    let mut app = TestApp::builder().unready().start_with(mcp).await;
    app.stop();
    timeout(AT_ONCE, app.stopped())
        .await
        .expect("the service ends at once");
}

/// A service whose grace is over soon.
async fn impatient() -> TestApp {
    let app = TestApp::builder()
        .env("AGENT_SHUTDOWN_GRACE_SECS", "1")
        .start()
        .await;
    app.claude.push(two_writes());
    app
}

#[tokio::test]
async fn after_the_grace_a_stream_ends_with_an_error_that_tells_what_was_done_and_the_write_finishes()
 {
    let mut app = impatient().await;
    let stream = app.ask_streaming("go").await;
    under_way(&app).await;
    app.stop();
    let error = stream.last("error").await;
    let told = (&error["code"], &error["retryable"], &error["messages"]);
    assert_eq!(
        told,
        (
            &json!("shutting_down"),
            &json!(true),
            &two_writes_interrupted()
        )
    );
    assert_eq!(
        error["usage"],
        json!({"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0})
    );
    assert_eq!(app.mcp.remembers(|memory| memory.sessions_closed), 0);
    app.mcp.gate.open(1);
    app.stopped().await;
    let (finished, cancelled, closed) = app.mcp.remembers(|memory| {
        (
            memory.finished.clone(),
            memory.cancelled.clone(),
            memory.sessions_closed,
        )
    });
    assert_eq!((finished, closed), (vec!["slow_write".to_owned()], 1));
    assert_eq!(cancelled, Vec::<String>::new());
}

#[tokio::test]
async fn after_the_grace_a_json_answer_says_the_same() {
    let mut app = impatient().await;
    let turn = turn(&app, "go", false);
    under_way(&app).await;
    app.stop();
    let answer = within("the answer", turn).await.expect("no panic");
    assert_eq!(answer.error(), (503, "shutting_down"));
    assert_eq!(answer.body["messages"], two_writes_interrupted());
    app.mcp.gate.open(1);
    app.stopped().await;
    assert_eq!(
        app.mcp.remembers(|memory| memory.finished.clone()),
        ["slow_write"]
    );
}

#[tokio::test]
async fn after_the_grace_a_read_in_flight_is_not_waited_for() {
    let mut app = TestApp::builder()
        .env("AGENT_SHUTDOWN_GRACE_SECS", "1")
        .start()
        .await;
    app.claude
        .push(Reply::tool("toolu_1", "slow_read", json!({})));
    let stream = app.ask_streaming("read").await;
    app.mcp.called_tool("slow_read").await;
    app.stop();
    let error = stream.last("error").await;
    assert_eq!(error["code"], "shutting_down");
    timeout(AT_ONCE, app.stopped())
        .await
        .expect("the service ends at once");
}

#[tokio::test]
async fn after_the_grace_a_turn_that_has_run_no_tool_ends_without_messages() {
    let mut app = TestApp::builder()
        .env("AGENT_SHUTDOWN_GRACE_SECS", "1")
        .start()
        .await;
    app.claude.push(Reply::text("Hello").silence_after(3));
    let stream = app.ask_streaming("hi").await;
    app.claude.asked_times(1).await;
    app.stop();
    let error = stream.last("error").await;
    assert_eq!(
        (&error["code"], &error["retryable"], &error["messages"]),
        (&json!("shutting_down"), &json!(true), &json!([]))
    );
    app.stopped().await;
    app.claude.hung_up().await;
}

#[tokio::test]
async fn a_write_that_does_not_end_holds_up_the_shutdown_no_longer_than_a_call_may_take() {
    let mut app = TestApp::builder()
        .env("AGENT_SHUTDOWN_GRACE_SECS", "1")
        .env("MCP_CALL_TIMEOUT_SECS", "3")
        .start()
        .await;
    app.claude.push(two_writes());
    let stream = app.ask_streaming("go").await;
    under_way(&app).await;
    app.stop();
    assert_eq!(stream.last("error").await["code"], "shutting_down");
    timeout(Duration::from_secs(10), app.stopped())
        .await
        .expect("the service ends");
    assert_eq!(app.mcp.remembers(|memory| memory.sessions_closed), 1);
}

/// A service whose turns are over soon, with [`two_writes`] under way.
async fn hurried() -> TestApp {
    let app = TestApp::builder()
        .env("AGENT_TURN_TIMEOUT_SECS", "3")
        .start()
        .await;
    app.claude.push(two_writes());
    app
}

#[tokio::test]
async fn a_turn_out_of_time_ends_with_an_error_that_tells_what_was_done_and_the_write_finishes() {
    let app = hurried().await;
    let stream = app.ask_streaming("go").await;
    under_way(&app).await;
    let error = stream.last("error").await;
    let told = (&error["code"], &error["retryable"], &error["messages"]);
    assert_eq!(
        told,
        (&json!("timeout"), &json!(true), &two_writes_interrupted())
    );
    over_and_counted(&app).await;
    app.mcp.gate.open(1);
    app.mcp
        .until("the write ends", |memory| memory.finished == ["slow_write"])
        .await;
}

#[tokio::test]
async fn a_turn_out_of_time_is_a_504_with_the_same_messages_in_json() {
    let app = hurried().await;
    let turn = turn(&app, "go", false);
    under_way(&app).await;
    let answer = within("the answer", turn).await.expect("no panic");
    assert_eq!(answer.error(), (504, "timeout"));
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(answer.body["messages"], two_writes_interrupted());
}

#[tokio::test]
async fn rounds_before_the_one_that_was_cut_off_are_told_too() {
    let app = TestApp::builder()
        .env("AGENT_TURN_TIMEOUT_SECS", "3")
        .start()
        .await;
    app.claude.push_all([
        Reply::tool("toolu_0", "list_exercises", json!({})),
        two_writes(),
    ]);
    let stream = app.ask_streaming("go").await;
    under_way(&app).await;
    let error = stream.last("error").await;
    let messages = error["messages"].as_array().expect("a list");
    let mut first = good(r#"[{"id":"bench-press","name":"Bench press"}]"#);
    first["tool_use_id"] = "toolu_0".into();
    assert_eq!(
        messages[..2],
        [
            json!({"role": "assistant",
                "content": [{"type": "tool_use", "id": "toolu_0", "name": "list_exercises", "input": {}}]}),
            json!({"role": "user", "content": [first]})
        ]
    );
    assert_eq!(json!(messages[2..]), two_writes_interrupted());
}

#[tokio::test]
async fn a_cut_off_turn_may_be_sent_again_with_its_messages_appended() {
    for streamed in [true, false] {
        let app = hurried().await;
        let turn = turn(&app, "go", streamed);
        under_way(&app).await;
        let answer = within("the answer", turn).await.expect("no panic");
        let told = if streamed {
            let last = answer
                .text
                .trim_end()
                .rsplit_once("data: ")
                .expect("data")
                .1;
            serde_json::from_str::<Value>(last).expect("JSON")
        } else {
            answer.body
        };
        let mut history = user("go")["messages"].as_array().expect("a list").clone();
        history.extend(
            told["messages"]
                .as_array()
                .expect("the interrupted round")
                .clone(),
        );
        app.claude.push(Reply::text("Let me check."));
        app.chat("sam", &json!({"messages": history})).await.ok();
        assert_eq!(
            json!(last_content(&app.claude.bodies()[1])),
            two_writes_interrupted()[1]["content"]
        );
        app.claude.push(Reply::text("Sure."));
        history.push(json!({"role": "user", "content": "well?"}));
        app.chat("sam", &json!({"messages": history})).await.ok();
        assert_eq!(app.mcp.called().len(), 2, "nothing was done again");
    }
}

#[tokio::test]
async fn time_that_runs_out_while_claude_writes_is_a_timeout_too() {
    let app = TestApp::builder()
        .env("AGENT_TURN_TIMEOUT_SECS", "1")
        .start()
        .await;
    for streamed in [true, false] {
        app.claude.push(Reply::text("Hello").silence_after(3));
        let answer = within("the answer", turn(&app, "hi", streamed))
            .await
            .expect("no panic");
        if streamed {
            assert!(
                answer.text.contains(r#""code":"timeout""#),
                "{}",
                answer.text
            );
        } else {
            assert_eq!(answer.error(), (504, "timeout"));
            assert_eq!(answer.body["messages"], Value::Null);
        }
        app.claude.hung_up().await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_makes_room_for_the_next_one() {
    let app = TestApp::builder()
        .env("AGENT_MAX_CONCURRENT_CHATS", "1")
        .start()
        .await;
    app.claude.push(Reply::hang_before_headers());
    let turn = turn(&app, "hi", false);
    app.claude.asked_times(1).await;
    assert_eq!(app.ask("me too").await.error(), (503, "busy"));
    turn.abort();
    metric_becomes(&app, "chat_in_flight", 0).await;
    obey(&app);
    app.ask("list_exercises").await.ok();
}
