//! Replies in a content coding, and halves of surrogate pairs and numbers out of range in Claude's events.

use serde_json::{Value, json};

use crate::support::{
    fake_claude::Reply,
    test_app::{TestApp, user},
};

fn coded(coding: &str, status: u16) -> Reply {
    Reply::status(status, b"\x1f\x8b\x08\x00\x00".to_vec()).header("content-encoding", coding)
}

#[tokio::test]
async fn a_compressed_reply_is_a_model_error_and_not_retried() {
    for coding in ["gzip", "br", "zstd", "deflate"] {
        for media_type in ["application/json", "text/event-stream"] {
            let app = TestApp::with([coded(coding, 200).header("content-type", media_type)]).await;
            assert_eq!(
                app.ask("hello").await.error(),
                (502, "model_error"),
                "{coding}"
            );
            let asked = app.claude.asked();
            assert_eq!(asked.len(), 1);
            assert_eq!(asked[0].headers["accept-encoding"], "identity");
        }
    }
}

#[tokio::test]
async fn a_compressed_error_counts_by_its_status() {
    let app = TestApp::with([
        coded("gzip", 529).header("retry-after-ms", "1"),
        Reply::text("hi"),
    ])
    .await;
    assert_eq!(app.ask("hello").await.ok()["content"][0]["text"], "hi");
    let app = TestApp::with([coded("br", 400)]).await;
    assert_eq!(app.ask("hello").await.error(), (502, "model_error"));
}

/// A reply of these blocks, each with its type and its deltas as JSON.
fn reply(blocks: &[(Value, &[&str])], stop: &str) -> Reply {
    preceded("", blocks, stop)
}

/// As [`reply`], with more events before the first block.
fn preceded(before: &str, blocks: &[(Value, &[&str])], stop: &str) -> Reply {
    let mut text = r#"data: {"type":"message_start","message":{"model":"claude","usage":{"input_tokens":1,"output_tokens":1}}}"#.to_owned();
    text.push_str("\n\n");
    text.push_str(before);
    for (index, (block, deltas)) in blocks.iter().enumerate() {
        let start = json!({"type": "content_block_start", "index": index, "content_block": block});
        text.extend([format!("data: {start}\n\n")]);
        for delta in *deltas {
            text.extend([format!(
                "data: {{\"type\":\"content_block_delta\",\"index\":{index},\"delta\":{delta}}}\n\n"
            )]);
        }
        text.extend([format!(
            "data: {{\"type\":\"content_block_stop\",\"index\":{index}}}\n\n"
        )]);
    }
    let end = json!({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 2}});
    text.extend([format!(
        "data: {end}\n\ndata: {{\"type\":\"message_stop\"}}\n\n"
    )]);
    Reply::raw(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    ))
}

#[tokio::test]
async fn an_emoji_that_is_split_over_two_deltas_arrives_whole() {
    let block = || json!({"type": "text", "text": ""});
    let deltas: &[&str] = &[
        r#"{"type":"text_delta","text":"a \ud83d"}"#,
        r#"{"type":"text_delta","text":"\ude00 b \ud83d"}"#,
        r#"{"type": "text_delta", "text": ""}"#,
        r#"{"type": "text_delta", "text": "\ude00 c \ud83d"}"#,
        r#"{"type":"text_delta","text":"d\ude00e\ud83d"}"#,
    ];
    let app = TestApp::start().await;
    app.claude.push(reply(&[(block(), deltas)], "end_turn"));
    let whole = "a 😀 b 😀 c \u{fffd}d\u{fffd}e\u{fffd}";
    assert_eq!(app.ask("hello").await.ok()["content"][0]["text"], whole);
    app.claude.push(reply(&[(block(), deltas)], "end_turn"));
    let events = app.stream("sam", &user("hello")).await.rest().await;
    let shown = events.iter().filter(|event| event.kind == "text_delta");
    let shown = shown.map(|event| event.data["text"].as_str().expect("text"));
    assert_eq!(shown.collect::<String>(), whole);
}

#[tokio::test]
async fn numbers_out_of_range_do_not_make_an_event_unreadable() {
    let block = json!({"type": "text", "text": ""});
    let deltas: &[&str] = &[
        r#"{"type":"text_delta","text":"NaN ","score":NaN}"#,
        r#"{"type":"surprise_delta","scores":[-Infinity,1e400]}"#,
        r#"{"type":"text_delta","text":"1e400","score":1e400}"#,
    ];
    let app = TestApp::start().await;
    app.claude.push(reply(&[(block, deltas)], "end_turn"));
    let answer = app.ask("hello").await.ok();
    assert_eq!(answer["content"][0]["text"], "NaN 1e400");
}

#[tokio::test]
async fn an_emoji_that_is_split_in_a_tools_input_arrives_whole() {
    let block = json!({"type": "tool_use", "id": "toolu_1", "name": "whoami", "input": {}});
    let deltas: &[&str] = &[
        r#"{"type":"input_json_delta","partial_json":"{\"note\": \"\ud83d"}"#,
        r#"{"type":"input_json_delta","partial_json":"\ude00 \\ud83d"}"#,
        r#"{"type":"input_json_delta","partial_json":"\\ude00 \\ud83d\"}"}"#,
    ];
    let app = TestApp::start().await;
    app.claude
        .push_all([reply(&[(block, deltas)], "tool_use"), Reply::text("done")]);
    app.ask("go").await.ok();
    assert_eq!(
        app.mcp.calls()[0].arguments,
        json!({"note": "😀 😀 \u{fffd}", "user_id": "sam"})
    );
}

#[tokio::test]
async fn an_emoji_that_is_split_in_thinking_arrives_whole() {
    let block = json!({"type": "thinking", "thinking": "", "signature": ""});
    let deltas: &[&str] = &[
        r#"{"type":"thinking_delta","thinking":"a \ud83d"}"#,
        r#"{"type":"thinking_delta","thinking":"\ude00 b \ud83d"}"#,
        r#"{"type":"signature_delta","signature":"c2ln"}"#,
    ];
    let text = json!({"type": "text", "text": ""});
    let hi: &[&str] = &[r#"{"type":"text_delta","text":"hi"}"#];
    let app = TestApp::start().await;
    app.claude
        .push(reply(&[(block, deltas), (text, hi)], "end_turn"));
    let events = app.stream("sam", &user("hello")).await.rest().await;
    let shown = events.iter().filter(|event| event.kind == "thinking_delta");
    let shown = shown.map(|event| event.data["text"].as_str().expect("text"));
    let whole = "a \u{1f600} b \u{fffd}";
    assert_eq!(shown.collect::<String>(), whole);
    let done = events.last().expect("an event");
    assert_eq!(
        done.data["content"][0],
        json!({"type": "thinking", "thinking": whole, "signature": "c2ln"})
    );
}

#[tokio::test]
async fn half_a_pair_beside_a_deltas_text_does_not_change_the_text() {
    let block = json!({"type": "text", "text": ""});
    let deltas: &[&str] = &[
        r#"{"type":"text_delta","text":"hi","x":"\ud83d"}"#,
        r#"{"type":"text_delta","text":" there","k\ud83d":"\ude00"}"#,
        r#"{"\ude00":1,"type":"text_delta","text":", \ud83d","thinking":"\ud83d"}"#,
        r#"{"type":"text_delta","partial_json":"\ude00","x":NaN,"text":"\ude00!"}"#,
        r#"{"type":"citations_delta","citation":{"type":"char_location","cited_text":"q \ud83d","document_title":"\ude00t"}}"#,
    ];
    let app = TestApp::with([reply(&[(block, deltas)], "end_turn")]).await;
    let answer = app.ask("hello").await.ok();
    let citation =
        json!({"type": "char_location", "cited_text": "q \u{fffd}", "document_title": "\u{fffd}t"});
    assert_eq!(
        answer["content"],
        json!([{"type": "text", "text": "hi there, 😀!", "citations": [citation]}])
    );
}

#[tokio::test]
async fn what_is_unknown_may_be_deep() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let text = || json!({"type": "text", "text": ""});
    let hi = format!(r#"{{"type": "text_delta","x":{deep},"text":"hi"}}"#);
    let hi: &[&str] = &[&hi, r#"{"type":"text_delta","text":" there"}"#];
    let event = |data: String| format!("data: {data}\n\n");
    let before = [
        event(format!(r#"{{"type":"surprise","x":{deep}}}"#)),
        event(format!(
            r#"{{"type":"content_block_start","index":7,"content_block":{{"type":"surprise","x":{deep}}}}}"#
        )),
        event(r#"{"type":"content_block_stop","index":7}"#.to_owned()),
        event(format!(
            r#"{{"type":"message_delta","delta":{{"x":{deep}}},"usage":{{"x":{deep}}}}}"#
        )),
    ]
    .concat();
    let app = TestApp::with([preceded(&before, &[(text(), hi)], "end_turn")]).await;
    let answer = app.ask("hello").await.ok();
    assert_eq!(
        answer["content"],
        json!([{"type": "text", "text": "hi there"}])
    );

    // The input of a tool call is not changed: it is refused.
    let call = format!(
        r#"{{"type":"content_block_start","index":7,"content_block":{{"type":"tool_use","id":"toolu_1","name":"whoami","input":{{"x":{deep}}}}}}}"#
    );
    let call = [
        event(call),
        event(r#"{"type":"content_block_stop","index":7}"#.to_owned()),
    ]
    .concat();
    app.claude
        .push_all([preceded(&call, &[], "tool_use"), Reply::text("done")]);
    app.ask("go").await.ok();
    assert!(app.mcp.calls().is_empty());
    let bodies = app.claude.bodies();
    let result = &bodies.last().expect("a request")["messages"][2]["content"][0];
    assert_eq!(result["is_error"], true, "{result}");
}

#[tokio::test]
async fn half_a_surrogate_pair_is_read_in_every_text_of_claudes_events() {
    let raw = |events: &[&str]| {
        let events = events.iter().map(|data| format!("data: {data}\n\n"));
        let body = events.collect::<Vec<_>>().concat();
        Reply::raw(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
    };
    let call = raw(&[
        r#"{"type":"message_start","message":{"id":"\ud83d","model":"claude\ude00","usage":{"input_tokens":1,"output_tokens":1,"\ud83d":1}}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu\ud83d","name":"whoami\ude00","input":{}}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"\ud83d"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"\ude00\": 1}"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_2","name":"whoami","input":{}}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"\ud83d"}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\ude00\": \"\\ud83d"}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\"}"}}"#,
        r#"{"type":"content_block_stop","index":1}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"tool_use","x":"\ud83d"},"usage":{"output_tokens":2}}"#,
        r#"{"type":"message_stop"}"#,
    ]);
    let refused = raw(&[
        r#"{"type":"message_start","message":{"model":"claude","usage":{"input_tokens":1,"output_tokens":1}}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"refusal","stop_details":{"explanation":"\ude00\ud83d"}},"usage":{"output_tokens":2}}"#,
        r#"{"type":"message_stop"}"#,
    ]);
    let app = TestApp::with([call, refused]).await;
    let answer = app.ask("hello").await.ok();
    assert_eq!(
        answer["stop_details"],
        json!({"explanation": "\u{fffd}\u{fffd}"})
    );
    // The name of the first call is none of the catalogue's.
    let calls = app.mcp.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(
        calls[0].arguments,
        json!({"😀": "\u{fffd}", "user_id": "sam"})
    );
    let call = &answer["messages"][0]["content"][0];
    assert_eq!(
        (&call["name"], &call["input"]),
        (&json!("whoami_"), &json!({"😀": 1}))
    );

    let broken = raw(&[
        r#"{"type":"error","error":{"type":"overloaded_error","message":"content_block_delta \ud83d","\ude00":1}}"#,
    ]);
    let coded = Reply::status(
        529,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"\ud83d"}}"#,
    );
    let app = TestApp::with([
        broken,
        coded.header("retry-after-ms", "1"),
        Reply::text("hi"),
    ])
    .await;
    assert_eq!(app.ask("hello").await.ok()["content"][0]["text"], "hi");
    let spent = r#"{"type":"error","error":{"type":"rate_limit_error","message":"\ud83d","details":{"error_code":"organization_on_hold"}}}"#;
    let app = TestApp::with([Reply::status(429, spent)]).await;
    assert_eq!(app.ask("hello").await.error(), (502, "model_error"));
}
