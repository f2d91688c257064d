//! The place that a 422 names.

use serde_json::{Value, json};

use crate::support::test_app::TestApp;

/// The place that the 422 for this request names.
async fn place(app: &TestApp, request: &Value) -> String {
    let answer = app.chat("sam", request).await;
    assert_eq!(answer.error(), (422, "invalid_request"), "{request}");
    let detail = answer.body["detail"].as_str().expect("text");
    let (place, why) = detail.split_once(": ").expect("a place and a reason");
    assert!(!why.is_empty(), "{detail}");
    place.to_owned()
}

#[tokio::test]
async fn a_422_names_the_place_in_the_request() {
    let app = TestApp::start().await;
    let said = |role: &str, content: Value| json!({"role": role, "content": content});
    let hello = said("user", json!("hello"));
    for (request, expected) in [
        (json!([]), "body"),
        (json!("hello"), "body"),
        (json!({}), "messages"),
        (json!({"messages": null}), "messages"),
        (json!({"messages": []}), "messages"),
        (json!({"messages": {"0": hello}}), "messages"),
        (json!({"messages": ["hello"]}), "messages[0]"),
        (json!({"messages": [hello, 5, hello]}), "messages[1]"),
        (json!({"messages": [hello], "stream": "yes"}), "stream"),
        (
            json!({"messages": [hello], "client_timezone": 1}),
            "client_timezone",
        ),
        (
            json!({"messages": [hello], "display_name": {}}),
            "display_name",
        ),
        (
            json!({"messages": [said("system", json!("x")), hello]}),
            "messages[0].role",
        ),
        (json!({"messages": [{"content": "x"}]}), "messages[0].role"),
        (
            json!({"messages": [{"role": "user"}]}),
            "messages[0].content",
        ),
        (
            json!({"messages": [said("user", json!(5)), hello]}),
            "messages[0].content",
        ),
        (
            json!({"messages": [hello, said("assistant", json!("hi"))]}),
            "messages[1]",
        ),
        (
            json!({"messages": [said("user", json!(" \n"))]}),
            "messages[0]",
        ),
        (
            json!({"messages": [said("user", json!([]))]}),
            "messages[0]",
        ),
    ] {
        assert_eq!(place(&app, &request).await, expected, "{request}");
    }
}

#[tokio::test]
async fn a_422_names_the_place_in_a_block() {
    let app = TestApp::start().await;
    let image = |media_type: &str, data: &str| json!({"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}});
    let call =
        |id: &str, input: Value| json!({"type": "tool_use", "id": id, "name": "x", "input": input});
    for (role, block, expected) in [
        ("user", json!("words"), ""),
        ("user", json!({"text": "no type"}), ".type"),
        ("user", json!({"type": "text"}), ".text"),
        ("user", json!({"type": "text", "text": 5}), ".text"),
        ("user", call("t1", json!({})), ""),
        (
            "user",
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            "",
        ),
        ("user", image("image/png", "not base64!"), ".source.data"),
        ("user", image("image/png", ""), ".source.data"),
        ("user", image("image/bmp", "QUJD"), ".source.media_type"),
        // The beginning of a HEIC, and of a PDF.
        (
            "user",
            image("image/jpeg", "AAAAGGZ0eXBoZWljAAAAAA=="),
            ".source.data",
        ),
        ("user", image("image/png", "JVBERi0xLjc="), ".source.data"),
        (
            "user",
            json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}, "title": "x".repeat(501)}),
            ".title",
        ),
        (
            "user",
            image("application/pdf", "QUJD"),
            ".source.media_type",
        ),
        ("user", json!({"type": "image"}), ".source"),
        (
            "user",
            json!({"type": "document", "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}}),
            ".source.media_type",
        ),
        (
            "user",
            json!({"type": "tool_result", "tool_use_id": "a b"}),
            ".tool_use_id",
        ),
        (
            "user",
            json!({"type": "tool_result", "tool_use_id": "t1", "is_error": "no"}),
            ".is_error",
        ),
        ("assistant", image("image/png", "QUJD"), ""),
        (
            "assistant",
            json!({"type": "server_tool_use", "id": "s1", "name": "x", "input": {}}),
            "",
        ),
        ("assistant", call("a.b", json!({})), ".id"),
        ("assistant", call("", json!({})), ".id"),
        ("assistant", call("t1", json!([])), ".input"),
        ("assistant", call("t1", json!("{}")), ".input"),
    ] {
        let sound = json!({"type": "text", "text": "words"});
        let request = json!({"messages": [{"role": "user", "content": "hello"},
            {"role": role, "content": [sound, block]}, {"role": "user", "content": "and?"}]});
        let expected = format!("messages[1].content[1]{expected}");
        assert_eq!(place(&app, &request).await, expected, "{block}");
    }
}
