//! Bodies that are not chat requests.

mod places;

use super::*;

#[tokio::test]
async fn a_body_without_a_json_content_type_is_a_415() {
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
async fn a_json_content_type_is_accepted_with_parameters_and_in_any_case() {
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
    let bodies: [Vec<u8>; 8] = [
        Vec::new(),
        truncated.into(),
        [b"\xef\xbb\xbf".to_vec(), sound.clone().into()].concat(),
        b"{\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}".to_vec(),
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
async fn a_400_names_the_line_and_column() {
    let app = TestApp::start().await;
    let answer = Answer::of(app.post("sam").body("{\n  \"messages\": oops}")).await;
    let detail = "The body is not JSON in UTF-8 without a byte order mark (line 2, column 15).";
    assert_problem(
        &answer,
        &problem(400, "Bad Request", "invalid_json", detail),
    );
}

#[tokio::test]
async fn json_that_is_not_a_chat_request_is_a_422() {
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
async fn an_error_does_not_repeat_user_text() {
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
async fn a_failure_before_the_first_byte_is_a_problem_even_for_a_stream() {
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

#[tokio::test]
async fn half_a_surrogate_pair_is_read_as_a_replacement_character() {
    let app = TestApp::with([Reply::text("hi")]).await;
    let body = r#"{"messages":[
        {"role":"user","content":"a\ud83d"},
        {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"x","input":{"k\ude00":"\ud83d\ude00\ud800"}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"\\ud83d \udc00"},{"type":"text","text":"b"}]}],
        "display_name":"Sam \ud83d", "x\ud83d": "\ud83d"}"#;
    Answer::of(app.post("sam").body(body)).await.ok();
    let asked = app.claude.body();
    let messages = &asked["messages"];
    assert_eq!(messages[0]["content"][0]["text"], "a\u{fffd}");
    assert_eq!(
        messages[1]["content"][0]["input"],
        json!({"k\u{fffd}": "😀\u{fffd}"})
    );
    let result = &messages[2]["content"][0]["content"];
    assert!(
        result.to_string().contains("\\\\ud83d \u{fffd}"),
        "{result}"
    );
    assert!(asked.to_string().contains("Sam \u{fffd}"));
}
