//! Bodies that are no chat request.

use super::*;

#[tokio::test]
async fn a_body_that_does_not_say_it_is_plain_json_is_a_415() {
    let app = TestApp::start().await;
    let detail = "The body must be JSON: Content-Type: application/json, not compressed.";
    let expected = problem(
        415,
        "Unsupported Media Type",
        "unsupported_media_type",
        detail,
    );
    let request = || {
        app.request(Method::POST, "/chat")
            .bearer_auth(app.token("sam"))
    };
    let json = || request().header("content-type", "application/json");
    for request in [
        request(),
        request().header("content-type", ""),
        request().header("content-type", "text/plain"),
        request().header("content-type", "application/x-www-form-urlencoded"),
        json().header("content-encoding", "gzip"),
        json().header("content-encoding", "br"),
    ] {
        let request = request.body(user("hello").to_string());
        assert_problem(&Answer::of(request).await, &expected);
    }
}

#[tokio::test]
async fn json_is_taken_with_parameters_and_in_any_case() {
    let app = TestApp::start().await;
    for kind in ["application/json; charset=utf-8", "Application/JSON"] {
        let request = app
            .request(Method::POST, "/chat")
            .bearer_auth(app.token("sam"))
            .header("content-type", kind)
            .body("{}");
        assert_eq!(Answer::of(request).await.error(), (422, "invalid_request"));
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_a_400() {
    let app = TestApp::start().await;
    let sound = user("hello").to_string();
    let truncated = sound[..sound.len() - 1].to_owned();
    let bodies: [Vec<u8>; 10] = [
        Vec::new(),
        truncated.into(),
        [b"\xef\xbb\xbf".to_vec(), sound.clone().into()].concat(),
        b"{\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}".to_vec(),
        br#"{"messages":[{"role":"user","content":"\ud800"}]}"#.to_vec(),
        br#"{"messages":[{"role":"user","content":"\udc00\ud800"}]}"#.to_vec(),
        sound.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        [sound.clone(), sound.clone()].concat().into(),
        b"messages=hello".to_vec(),
        b"[".repeat(100_000),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let answer = Answer::of(app.post("sam").body(body)).await;
        assert_eq!(answer.error(), (400, "invalid_json"), "{shown}");
        let detail = answer.body["detail"].as_str().expect("text").to_owned();
        assert_problem(
            &answer,
            &problem(400, "Bad Request", "invalid_json", &detail),
        );
    }
}

#[tokio::test]
async fn a_400_says_where_the_json_ends_to_be_json() {
    let app = TestApp::start().await;
    let answer = Answer::of(app.post("sam").body("{\n  \"messages\": oops}")).await;
    let detail = "The body is not JSON in UTF-8 without a byte order mark (line 2, column 15).";
    assert_problem(
        &answer,
        &problem(400, "Bad Request", "invalid_json", detail),
    );
}

#[tokio::test]
async fn json_that_is_no_chat_request_is_a_422() {
    let app = TestApp::start().await;
    let history = json!({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"}, {"role": "assistant", "content": [{"type": "video"}]}, {"role": "user", "content": "d"}]});
    let answer = app.chat("sam", &history).await;
    let detail = "messages[3].content[0]: an assistant message may hold blocks of type text, tool_use, thinking and redacted_thinking";
    assert_problem(
        &answer,
        &problem(422, "Unprocessable Entity", "invalid_request", detail),
    );
}

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

#[tokio::test]
async fn an_optional_field_that_is_null_counts_as_absent() {
    let app = TestApp::with([Reply::text("hi")]).await;
    let mut request = user("hello");
    for field in ["stream", "client_timezone", "display_name"] {
        request[field] = Value::Null;
    }
    let answer = app.chat("sam", &request).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.ok()["content"],
        json!([{"type": "text", "text": "hi"}])
    );
}

#[tokio::test]
async fn an_error_never_repeats_what_the_user_wrote() {
    let app = TestApp::start().await;
    let secret = "my-deepest-secret";
    for body in [
        format!("{{\"messages\": {secret}"),
        format!("{{\"messages\": \"{secret}\"}}"),
        format!("{{\"messages\": [{{\"role\": \"{secret}\", \"content\": \"x\"}}]}}"),
        format!(
            "{{\"messages\": [{{\"role\": \"user\", \"content\": [{{\"type\": \"{secret}\"}}]}}]}}"
        ),
        format!("{{\"messages\": [{{\"role\": \"assistant\", \"content\": \"{secret}\"}}]}}"),
    ] {
        let answer = Answer::of(app.post("sam").body(body)).await;
        assert!(answer.status.is_client_error(), "{}", answer.text);
        assert!(!answer.text.contains(secret), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_failure_known_before_the_first_byte_is_a_problem_even_when_a_stream_was_asked_for() {
    let app = TestApp::start().await;
    let request = app
        .post("sam")
        .header("accept", "text/event-stream")
        .body(json!({"messages": [], "stream": true}).to_string());
    let answer = Answer::of(request).await;
    assert_eq!(answer.error(), (422, "invalid_request"));
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
}
