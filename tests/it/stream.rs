//! A turn as a stream of events.

mod endings;
mod garbled;

use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    fake_claude::Reply,
    mcp_tools::bench_press,
    sse::{Event, Sse, shown, stable},
    test_app::{TestApp, user},
    wait::Gate,
};

#[tokio::test]
async fn the_bytes_of_a_stream_are_these() {
    let app = TestApp::with([Reply::texts(&["Hi, ", "Sam ☀\n"]).usage(3, 2, 0, 1)]).await;
    let mut stream = app.ask_streaming("hi").await;
    while stream.next_event().await.is_some() {}
    let id = stream.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    insta::assert_snapshot!(stream.raw.replace(&id, "<request_id>"), @r#"
    event: model_chosen
    data: {"type":"model_chosen","model":"claude-sonnet-4-6"}

    event: text_delta
    data: {"type":"text_delta","text":"Hi, "}

    event: text_delta
    data: {"type":"text_delta","text":"Sam ☀\n"}

    event: done
    data: {"type":"done","stop_reason":"end_turn","content":[{"type":"text","text":"Hi, Sam ☀\n"}],"model":"claude-sonnet-4-6","messages":[{"role":"assistant","content":[{"type":"text","text":"Hi, Sam ☀\n"}]}],"usage":{"input_tokens":3,"output_tokens":2,"cache_creation_input_tokens":0,"cache_read_input_tokens":1},"request_id":"<request_id>"}
    "#);
}

#[tokio::test]
async fn a_stream_is_neither_cached_nor_buffered() {
    let app = TestApp::with([Reply::text("hi")]).await;
    let stream = app.ask_streaming("hi").await;
    let header = |name: &str| stream.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        [header("cache-control"), header("x-accel-buffering")],
        ["no-cache", "no"]
    );
    stream.last("done").await;
}

#[tokio::test]
async fn a_turn_with_tools_is_these_events() {
    let app = TestApp::with([
        Reply::texts(&["Let me ", "look."])
            .and_tool("t1", "list_exercises", json!({"muscle_group": "chest"}))
            .usage(10, 4, 0, 0),
        Reply::empty()
            .and_tool("t2", "fail", json!({}))
            .usage(20, 3, 0, 0),
        Reply::text("No luck.").usage(30, 2, 0, 0),
    ])
    .await;
    let events = app.ask_streaming("chest?").await.rest().await;
    let look = [
        json!({"type": "text", "text": "Let me look."}),
        json!({"type": "tool_use", "id": "t1", "name": "list_exercises", "input": {"muscle_group": "chest"}}),
    ];
    assert_eq!(
        shown(&events),
        json!([
            {"type": "model_chosen", "model": "claude-sonnet-4-6"},
            {"type": "text_delta", "text": "Let me "},
            {"type": "text_delta", "text": "look."},
            {"type": "tool_use_start", "id": "t1", "name": "list_exercises"},
            {"type": "tool_use", "id": "t1", "name": "list_exercises", "input": {"muscle_group": "chest"}},
            {"type": "tool_result", "id": "t1", "name": "list_exercises", "is_error": false, "duration_ms": "<duration_ms>"},
            {"type": "tool_use_start", "id": "t2", "name": "fail"},
            {"type": "tool_use", "id": "t2", "name": "fail", "input": {}},
            {"type": "tool_result", "id": "t2", "name": "fail", "is_error": true, "duration_ms": "<duration_ms>"},
            {"type": "text_delta", "text": "No luck."},
            {"type": "done", "stop_reason": "end_turn", "content": [{"type": "text", "text": "No luck."}], "model": "claude-sonnet-4-6",
                "messages": [
                    {"role": "assistant", "content": look},
                    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1",
                        "content": [{"type": "text", "text": "[{\"id\":\"bench-press\",\"name\":\"Bench press\"}]"}]}]},
                    {"role": "assistant", "content": [{"type": "tool_use", "id": "t2", "name": "fail", "input": {}}]},
                    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t2",
                        "content": [{"type": "text", "text": "no such workout"}], "is_error": true}]},
                    {"role": "assistant", "content": [{"type": "text", "text": "No luck."}]}],
                "usage": {"input_tokens": 60, "output_tokens": 9, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0},
                "request_id": "<request_id>"},
        ])
    );
}

#[tokio::test]
async fn what_a_tool_gave_as_structure_is_shown_up_to_64_kib_and_not_told_to_claude() {
    let app = TestApp::with([
        Reply::tool("t1", "drawn", json!({"bytes": 65_536}))
            .and_tool("t2", "drawn", json!({"bytes": 65_537}))
            .and_tool("t3", "drawn", json!({"bytes": 9, "fails": true}))
            .and_tool("t4", "structured", json!({}))
            .and_tool("t5", "empty", json!({})),
        Reply::text("There."),
    ])
    .await;
    let events = app.ask_streaming("draw").await.rest().await;
    let results = events.iter().filter(|event| event.kind == "tool_result");
    let mut structures: Vec<(String, Value)> = results
        .map(|event| {
            let data = event.data.as_object().unwrap();
            let structured = data.get("structured").map_or("none".into(), Value::clone);
            (data["id"].as_str().unwrap().to_owned(), structured)
        })
        .collect();
    structures.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("t1", json!({"x": "y".repeat(65_528)})),
        ("t2", json!("none")),
        ("t3", json!({"x": "y"})),
        ("t4", json!({"workouts": 3, "last": "w1"})),
        ("t5", json!("none")),
    ];
    assert_eq!(
        structures,
        expected.map(|(id, value)| (id.to_owned(), value))
    );
    let told = app.claude.bodies()[1]["messages"][2]["content"][0]["content"].clone();
    assert_eq!(told, json!([{"type": "text", "text": "see the picture"}]));
}

#[tokio::test]
async fn done_says_what_the_json_answer_says() {
    let replies = || {
        [
            Reply::text("Look:")
                .and_tool("t1", "list_workouts", json!({}))
                .usage(1, 2, 3, 4),
            Reply::texts(&["One", "."]).usage(5, 6, 7, 8),
        ]
    };
    let app = TestApp::with(replies().into_iter().chain(replies())).await;
    let answer = stable(app.ask("go").await.ok());
    let mut done = stable(app.ask_streaming("go").await.last("done").await);
    done.as_object_mut().unwrap().shift_remove("type");
    assert_eq!(done, answer);
}

#[tokio::test]
async fn text_comes_through_piece_by_piece_as_claude_writes() {
    let gate = Gate::new();
    let app = TestApp::with([Reply::texts(&["a", "b", "c"]).gate_each(&gate)]).await;
    let mut stream = app.ask_streaming("abc").await;
    stream.expect("model_chosen").await;
    gate.open(2); // message_start, content_block_start
    for piece in ["a", "b", "c"] {
        gate.open(1); // nothing behind this delta has been written when it arrives
        assert_eq!(stream.expect("text_delta").await["text"], piece);
    }
    gate.open_for_good();
    stream.expect("done").await;
}

#[tokio::test]
async fn model_chosen_comes_before_claude_says_a_word() {
    let app = TestApp::with([Reply::hang_before_headers()]).await;
    let mut stream = app.ask_streaming("hi").await;
    assert_eq!(
        stream.expect("model_chosen").await,
        json!({"type": "model_chosen", "model": "claude-sonnet-4-6"})
    );
    app.claude.asked_times(1).await;
    drop(stream);
    app.claude.hung_up().await;
}

#[tokio::test]
async fn a_tool_call_is_announced_before_its_input_is_complete() {
    let gate = Gate::new();
    let app = TestApp::with([
        Reply::tool("t1", "list_exercises", json!({"muscle_group": "chest"})).gate_at(2, &gate),
        Reply::text("ok"),
    ])
    .await;
    let mut stream = app.ask_streaming("hi").await;
    stream.expect("model_chosen").await;
    assert_eq!(
        stream.expect("tool_use_start").await,
        json!({"type": "tool_use_start", "id": "t1", "name": "list_exercises"})
    );
    gate.open_for_good();
    assert_eq!(
        stream.expect("tool_use").await["input"],
        json!({"muscle_group": "chest"})
    );
    stream.last("done").await;
}

#[tokio::test]
async fn a_read_only_tool_runs_and_answers_while_claude_still_writes() {
    let gate = Gate::new();
    let reply = Reply::tool("t1", "list_workouts", json!({})).and_text("meanwhile");
    let app = TestApp::with([reply.gate_at(6, &gate), Reply::text("ok")]).await;
    let mut stream = app.ask_streaming("hi").await;
    for kind in ["model_chosen", "tool_use_start", "tool_use", "tool_result"] {
        stream.expect(kind).await;
    }
    assert_eq!(app.claude.open_streams(), 1);
    gate.open_for_good();
    stream.expect("text_delta").await;
    stream.last("done").await;
    assert_eq!(app.mcp.called(), ["list_workouts"]);
}

#[tokio::test]
async fn a_tool_that_writes_waits_until_the_message_is_complete() {
    let gate = Gate::new();
    let reply = Reply::tool("t1", "create_workout", bench_press()).and_tool(
        "t2",
        "list_workouts",
        json!({}),
    );
    let app = TestApp::with([reply.gate_at(11, &gate), Reply::text("ok")]).await;
    let mut stream = app.ask_streaming("hi").await;
    for kind in [
        "model_chosen",
        "tool_use_start",
        "tool_use",
        "tool_use_start",
        "tool_use",
        "tool_result",
    ] {
        stream.expect(kind).await;
    }
    // The later read has answered; the earlier write has not begun.
    assert_eq!(app.mcp.called(), ["list_workouts"]);
    gate.open_for_good();
    assert_eq!(stream.expect("tool_result").await["id"], "t1");
    stream.last("done").await;
}

#[tokio::test]
async fn the_users_id_stands_in_no_event() {
    let app = TestApp::with([
        Reply::tool(
            "t1",
            "whoami",
            json!({"user_id": "admin", "deep": [{"user_id": "admin", "x": 1}]}),
        ),
        Reply::text("ok"),
    ])
    .await;
    let events = app.stream("sam", &user("go")).await.rest().await;
    let call = events
        .iter()
        .find(|event| event.kind == "tool_use")
        .unwrap();
    assert_eq!(call.data["input"], json!({"deep": [{"x": 1}]}));
    let done = &events.last().unwrap().data;
    assert_eq!(
        done["messages"][0]["content"][0]["input"],
        json!({"deep": [{"x": 1}]})
    );
}

#[tokio::test]
async fn calls_that_may_not_be_made_are_not_shown() {
    let app = TestApp::builder()
        .env("AGENT_MAX_TOOL_ROUNDS", "1")
        .start()
        .await;
    app.claude.push_all([
        Reply::tool("t1", "list_workouts", json!({})),
        Reply::text("More:").and_tool("t2", "list_workouts", json!({})),
    ]);
    let events = app.ask_streaming("go").await.rest().await;
    assert_eq!(
        kinds(&events),
        [
            "model_chosen",
            "tool_use_start",
            "tool_use",
            "tool_result",
            "text_delta",
            "done"
        ]
    );
    assert_eq!(
        events.last().unwrap().data["stop_reason"],
        "max_tool_rounds"
    );
}

#[tokio::test]
async fn a_comment_comes_after_fifteen_seconds_of_silence() {
    let gate = Gate::new();
    let app = TestApp::with([Reply::text("hi").gate_at(0, &gate)]).await;
    let mut stream = app.ask_streaming("hi").await;
    stream.expect("model_chosen").await;
    let quiet = std::time::Instant::now();
    assert_eq!(stream.next_comment().await, "keep-alive");
    assert!(
        (14..18).contains(&quiet.elapsed().as_secs()),
        "{:?}",
        quiet.elapsed()
    );
    gate.open_for_good();
    stream.expect("text_delta").await;
    stream.last("done").await;
}

#[tokio::test]
async fn two_turns_stream_at_the_same_time() {
    let gates = [Gate::new(), Gate::new()];
    let app = TestApp::with(
        gates
            .each_ref()
            .map(|gate| Reply::texts(&["a", "b"]).gate_at(3, gate)),
    )
    .await;
    let mut streams: Vec<Sse> = Vec::new();
    for sub in ["sam", "kim"] {
        let mut stream = app.stream(sub, &user("go")).await;
        stream.expect("model_chosen").await;
        assert_eq!(stream.expect("text_delta").await["text"], "a");
        streams.push(stream);
    }
    assert_eq!(app.claude.open_streams(), 2);
    gates.iter().for_each(Gate::open_for_good);
    for stream in streams {
        stream.last("done").await;
    }
}

#[tokio::test]
async fn the_callers_request_id_is_in_the_header_the_events_and_the_tool_calls() {
    let app = TestApp::with([Reply::tool("t1", "whoami", json!({})), Reply::text("ok")]).await;
    let mut body = user("go");
    body["stream"] = true.into();
    let response = app
        .post("sam")
        .header("x-request-id", "mine-1.a_B")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.status(), &response.headers()["x-request-id"]),
        (StatusCode::OK, &"mine-1.a_B".parse().unwrap())
    );
    assert_eq!(
        Sse::new(response).last("done").await["request_id"],
        "mine-1.a_B"
    );
    assert_eq!(
        app.mcp.calls()[0].meta["fitness.progstrength/request_id"],
        "mine-1.a_B"
    );
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}
