//! Unusual replies of Claude: fragmented, unknown and missing parts.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    fake_claude::Reply,
    sse::{Event, shown},
    test_app::TestApp,
};

/// A reply with everything in it, to be garbled.
fn rich() -> Reply {
    Reply::empty()
        .thinking("hm ☀", "c2ln")
        .and_texts(&["Schön, ", "💪 los", " geht's"])
        .and_tool("t1", "list_exercises", json!({"muscle_group": "Rücken 🏋"}))
        .and_tool_without_deltas("t2", "list_workouts")
        .usage(11, 12, 13, 14)
}

async fn told(first: Reply) -> Value {
    let app = TestApp::with([first, Reply::text("ok").usage(1, 1, 1, 1)]).await;
    let events = app.ask_streaming("go").await.rest().await;
    // Reads end when they end: their results are listed apart.
    let (mut results, others): (Vec<Event>, Vec<Event>) = events
        .into_iter()
        .partition(|event| event.kind == "tool_result");
    results.sort_by_key(|event| event.data["id"].to_string());
    json!([shown(&others), shown(&results)])
}

#[tokio::test]
async fn events_do_not_depend_on_how_the_bytes_arrive() {
    let plain = told(rich()).await;
    for size in [1, 2, 3, 7, 50, 1000] {
        assert_eq!(
            told(rich().chunked_by(size)).await,
            plain,
            "in pieces of {size}"
        );
        assert_eq!(
            told(rich().chunked_by(size).crlf()).await,
            plain,
            "in pieces of {size}, with CRLF"
        );
    }
    assert_eq!(told(rich().crlf()).await, plain, "with CRLF");
    assert_eq!(
        told(rich().without_event_names()).await,
        plain,
        "without event names"
    );
}

#[tokio::test]
async fn unknown_events_and_deltas_are_ignored() {
    let plain = told(rich()).await;
    let later = json!({"type": "telemetry", "value": {"type": "message_stop"}});
    let delta = json!({"type": "content_block_delta", "index": 1, "delta": {"type": "sparkle_delta", "text": "x"}});
    let mut noisy = rich().two_message_deltas();
    for n in 1..15 {
        noisy = noisy
            .unknown_event_at(n, "telemetry", later.clone())
            .comment_at(n)
            .pings_at(n, 1, Duration::ZERO);
    }
    assert_eq!(
        told(noisy.unknown_event_at(7, "content_block_delta", delta)).await,
        plain
    );
}

#[tokio::test]
async fn an_unknown_block_is_kept_in_place() {
    let block = json!({"type": "hologram", "data": {"x": 1}});
    let app = TestApp::with([Reply::text("a").and_block(block.clone()).and_text("b")]).await;
    let done = app.ask_streaming("go").await.last("done").await;
    assert_eq!(
        done["messages"],
        json!([{"role": "assistant", "content": [{"type": "text", "text": "a"}, block, {"type": "text", "text": "b"}]}])
    );
}

#[tokio::test]
async fn missing_usage_counts_as_zero_and_late_usage_replaces_early() {
    let usage = async |reply: Reply| {
        let app = TestApp::with([reply]).await;
        app.ask_streaming("hi").await.last("done").await["usage"].clone()
    };
    assert_eq!(
        usage(Reply::text("hi").no_usage()).await,
        json!({"input_tokens": 0, "output_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0})
    );
    let late = json!({"input_tokens": 9, "output_tokens": 8, "cache_creation_input_tokens": 7, "cache_read_input_tokens": 6});
    assert_eq!(
        usage(
            Reply::text("hi")
                .usage_at_end(late.clone())
                .two_message_deltas()
        )
        .await,
        late
    );
    let some = usage(Reply::text("hi").usage(5, 4, 3, 2).two_message_deltas()).await;
    assert_eq!(
        some,
        json!({"input_tokens": 5, "output_tokens": 4, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 2})
    );
}
