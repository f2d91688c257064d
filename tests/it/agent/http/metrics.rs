//! `/metrics`.

use super::*;

/// The samples of `/metrics` that depend neither on how long anything took nor on what else runs.
fn counted(metrics: &str) -> String {
    const NO_COUNTS: [&str; 4] = ["#", "_bucket{", "_sum", "runtime_tasks"];
    let counts = |line: &&str| !NO_COUNTS.iter().any(|no_count| line.contains(no_count));
    let mut lines: Vec<&str> = metrics.lines().filter(counts).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// Waits until `/metrics` has the line.
async fn metrics_with(app: &TestApp, line: &str) -> String {
    let started = tokio::time::Instant::now();
    loop {
        let text = app.get("/metrics").await.text;
        if text.lines().any(|found| found == line) {
            return text;
        }
        assert!(started.elapsed() < DEADLINE, "no {line} in\n{text}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn metrics_are_openmetrics_text_whatever_is_accepted() {
    let app = TestApp::start().await;
    for accept in [
        "*/*",
        "application/openmetrics-text;version=1.0.0,*/*;q=0.1",
    ] {
        let request = app.request(Method::GET, "/metrics");
        let answer = Answer::of(request.header("accept", accept)).await;
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, Some(kind))
        );
        let counter = "# TYPE mcp_reconnects counter";
        assert!(
            answer.text.lines().any(|line| line == counter),
            "{}",
            answer.text
        );
        assert!(answer.text.ends_with("\n# EOF\n"), "{}", answer.text);
    }
}

#[tokio::test]
async fn metrics_count_every_chat_including_rejected_ones() {
    let app = TestApp::with([
        Reply::error(529, "overloaded_error", "later").header("retry-after-ms", "1"),
        Reply::tool("t1", "list_workouts", json!({})).usage(10, 5, 3, 2),
        Reply::text("one").usage(20, 6, 0, 4),
        Reply::tool("t2", "fail", json!({})).usage(1, 1, 0, 0),
        Reply::text("two").usage(1, 1, 0, 0),
    ])
    .await;
    app.ask("what did I do?").await.ok();
    app.ask_streaming("and now?").await.last("done").await;
    let anonymous = app.request(Method::POST, "/chat");
    assert_eq!(Answer::of(anonymous).await.error(), (401, "unauthorized"));
    let streamed = app
        .post("sam")
        .header("accept", "text/event-stream")
        .body("{}");
    assert_eq!(Answer::of(streamed).await.error(), (422, "invalid_request"));
    assert_eq!(
        Answer::of(app.post("sam").body("{")).await.error(),
        (400, "invalid_json")
    );
    metrics_with(&app, r#"chat_requests_total{mode="sse",code="ok"} 1"#).await;
    let metrics = metrics_with(&app, "chat_in_flight 0").await;
    let types = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    insta::assert_snapshot!(types.collect::<Vec<_>>().join("\n"), @r"
    chat_requests counter
    chat_duration_seconds histogram
    chat_in_flight gauge
    claude_requests counter
    claude_request_duration_seconds histogram
    claude_time_to_first_token_seconds histogram
    claude_retries counter
    claude_fallbacks counter
    claude_tokens counter
    mcp_session_up gauge
    mcp_reconnects counter
    mcp_tool_calls counter
    mcp_tool_call_duration_seconds histogram
    runtime_tasks gauge
    ");
    insta::assert_snapshot!(counted(&metrics), @r#"
    chat_duration_seconds_count 5
    chat_in_flight 0
    chat_requests_total{mode="json",code="invalid_json"} 1
    chat_requests_total{mode="json",code="ok"} 1
    chat_requests_total{mode="json",code="unauthorized"} 1
    chat_requests_total{mode="sse",code="invalid_request"} 1
    chat_requests_total{mode="sse",code="ok"} 1
    claude_fallbacks_total 0
    claude_request_duration_seconds_count 5
    claude_requests_total{status="200"} 4
    claude_requests_total{status="529"} 1
    claude_retries_total{reason="529"} 1
    claude_time_to_first_token_seconds_count 4
    claude_tokens_total{kind="cache_creation"} 3
    claude_tokens_total{kind="cache_read"} 6
    claude_tokens_total{kind="input"} 32
    claude_tokens_total{kind="output"} 13
    mcp_reconnects_total 0
    mcp_session_up 1
    mcp_tool_call_duration_seconds_count{tool="fail"} 1
    mcp_tool_call_duration_seconds_count{tool="list_workouts"} 1
    mcp_tool_calls_total{tool="fail",outcome="error"} 1
    mcp_tool_calls_total{tool="list_workouts",outcome="ok"} 1
    "#);
}

#[tokio::test]
async fn metrics_show_a_chat_in_flight_for_as_long_as_it_runs() {
    let (app, gate) = (TestApp::start().await, Gate::new());
    app.claude.push(Reply::text("late").gate_at(1, &gate));
    let mut running = app.ask_streaming("hello").await;
    running.expect("model_chosen").await;
    metrics_with(&app, "chat_in_flight 1").await;
    gate.open_for_good();
    running.last("done").await;
    metrics_with(&app, "chat_in_flight 0").await;
}

/// Waits until the number of tasks satisfies the condition.
async fn tasks_are(app: &TestApp, right: impl Fn(u64) -> bool) {
    let look = async {
        while !right(metric(app, "runtime_tasks").await) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    within("the number of tasks", look).await;
}

#[tokio::test]
async fn the_tasks_of_closed_connections_end() {
    let app = TestApp::start().await;
    let before = metric(&app, "runtime_tasks").await;
    let mut idle = Vec::new();
    for _ in 0..50 {
        idle.push(connection(&app).await);
    }
    tasks_are(&app, |tasks| tasks >= before + 50).await;
    drop(idle);
    // The servers of this test have tasks too, which come and go.
    tasks_are(&app, |tasks| tasks < before + 25).await;
}

#[tokio::test]
async fn metrics_show_a_lost_session_and_its_replacement() {
    let mut app = TestApp::start().await;
    metrics_with(&app, "mcp_session_up 1").await;
    app.mcp.stop().await;
    app.claude.push_all([
        Reply::tool("t1", "list_workouts", json!({})),
        Reply::text("sorry"),
    ]);
    let metrics = {
        // A tool call detects the lost session.
        let asked = app.ask("what did I do?");
        let down = metrics_with(&app, "mcp_session_up 0");
        tokio::pin!(asked, down);
        tokio::select! {
            metrics = &mut down => metrics,
            _ = &mut asked => down.await,
        }
    };
    assert!(metrics.contains("mcp_reconnects_total 0"), "{metrics}");
    app.claude.allow_unplayed();
    app.mcp.restart().await;
    app.ready().await;
    metrics_with(&app, "mcp_session_up 1").await;
    metrics_with(&app, "mcp_reconnects_total 1").await;
}
