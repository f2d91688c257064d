//! The history that a client of a face keeps gives the same requests to Claude as that of a client of `/chat`.

use serde_json::{Value, json};

use crate::support::{
    faces::{Thread, UiChat},
    fake_claude::{Reply, remove_breakpoints},
    mcp_tools::PIXEL,
    test_app::TestApp,
};

/// A model that binds thinking to everything before it.
const MODEL: &str = "claude-sonnet-5-5";

async fn app() -> TestApp {
    TestApp::builder().env("CLAUDE_MODEL", MODEL).start().await
}

/// Two turns, with all kinds of blocks and results.
fn replies() -> Vec<Reply> {
    let fallback = json!({"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}});
    vec![
        Reply::empty()
            .thinking("I look.", "")
            .thinking("", "")
            .and_block(json!({"type": "redacted_thinking", "data": ""}))
            .and_text("Let me ")
            .and_text("see. ☀")
            .and_tool("t1", "picture", json!({}))
            .and_tool("t2", "fail", json!({}))
            .and_tool("t3", "mixed", json!({"key": "\"<é>"}))
            .and_tool(
                "t4",
                "create_workout",
                json!({"exercises": [], "note": null}),
            ),
        Reply::empty()
            .thinking("And now.", "")
            .and_block(fallback)
            .and_text("So:")
            .and_tool("t5", "empty", json!({}))
            .and_text("and")
            .and_tool("t6", "drawn", json!({"bytes": 9})),
        Reply::empty().thinking("Done.", "").and_text("There."),
        Reply::empty().thinking("Hm.", "").and_text("Sure."),
    ]
}

/// The messages of all requests.
fn requests(app: &TestApp) -> Vec<Value> {
    let bodies = app.claude.bodies().into_iter();
    let requests = bodies.map(|mut body| {
        remove_breakpoints(&mut body);
        body["messages"].take()
    });
    requests.collect()
}

fn image() -> Value {
    json!({"type": "base64", "media_type": "image/png", "data": PIXEL})
}

async fn through_chat() -> Vec<Value> {
    let app = app().await;
    app.claude.push_all(replies());
    let content = json!([{"type": "image", "source": image()}, {"type": "text", "text": "look"}]);
    let mut request = json!({"messages": [{"role": "user", "content": content}]});
    for next in [Some("sure?"), None] {
        let done = app.stream("sam", &request).await.last("done").await;
        let messages = request["messages"].as_array_mut().unwrap();
        messages.extend(done["messages"].as_array().unwrap().clone());
        messages.extend(next.map(|text| json!({"role": "user", "content": text})));
    }
    requests(&app)
}

pub(super) fn assert_same(requests: &[Value], expected: &[Value]) {
    assert_eq!(requests.len(), expected.len());
    for (request, expected) in requests.iter().zip(expected) {
        assert_eq!(*request, *expected);
    }
}

#[tokio::test]
async fn a_chat_of_the_ai_sdk_gives_the_same_requests() {
    let expected = through_chat().await;
    let app = app().await;
    app.claude.push_all(replies());
    let mut chat = UiChat::default();
    let url = format!("data:image/png;base64,{PIXEL}");
    let image = json!({"type": "file", "mediaType": "image/png", "url": url});
    chat.send_parts(&app, json!([image, {"type": "text", "text": "look"}]))
        .await;
    chat.send(&app, "sure?").await;
    assert_same(&requests(&app), &expected);
}

#[tokio::test]
async fn a_thread_of_ag_ui_gives_the_same_requests() {
    let expected = through_chat().await;
    for ignores_snapshots in [false, true] {
        let app = app().await;
        app.claude.push_all(replies());
        let mut thread = Thread {
            ignores_snapshots,
            ..Thread::default()
        };
        let source = json!({"type": "data", "value": PIXEL, "mimeType": "image/png"});
        let parts = json!([{"type": "image", "source": source}, {"type": "text", "text": "look"}]);
        thread.send(&app, parts).await;
        thread.send(&app, "sure?").await;
        assert_same(&requests(&app), &expected);
    }
}
