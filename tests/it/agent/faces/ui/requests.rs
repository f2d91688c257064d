//! Requests of `useChat`.

use super::*;
use crate::support::mcp_tools::PIXEL;

/// The messages that Claude gets of these.
async fn asked(messages: Value) -> Value {
    let app = TestApp::with([Reply::text("ok")]).await;
    let request =
        json!({"id": "c1", "messages": messages, "trigger": "submit-message", "messageId": "x"});
    data(post(&app, "/chat/ui", "sam").body(request.to_string())).await;
    let mut body = app.claude.body()["messages"].clone();
    crate::support::fake_claude::remove_breakpoints(&mut body);
    body
}

fn user(parts: &Value) -> Value {
    json!({"id": "u", "role": "user", "parts": parts, "metadata": {"any": 1}})
}

fn assistant(parts: &Value) -> Value {
    json!({"id": "a", "role": "assistant", "parts": parts})
}

#[tokio::test]
async fn files_become_images_and_documents() {
    let url = format!("data:image/png;base64,{PIXEL}");
    let pdf = "data:application/pdf;base64,JVBERi0xLjQK";
    let parts = json!([
        {"type": "file", "mediaType": "image/png", "filename": "a.png", "url": url},
        {"type": "file", "mediaType": "image", "url": url},
        {"type": "file", "mediaType": "image/jpeg", "url": "https://example.com/a.jpg"},
        {"type": "file", "mediaType": "application/pdf", "url": pdf},
        {"type": "data-mood", "data": {"is": "good"}},
        {"type": "text", "text": "what is this?", "state": "done"},
    ]);
    let png = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}});
    assert_eq!(
        asked(json!([user(&parts)])).await,
        json!([{"role": "user", "content": [
            png, png,
            {"type": "image", "source": {"type": "url", "url": "https://example.com/a.jpg"}},
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"}},
            {"type": "text", "text": "what is this?"}]}])
    );
}

#[tokio::test]
async fn steps_become_messages_of_claude_and_results() {
    let call = |id: &str, state: &str| json!({"type": "dynamic-tool", "toolName": "list_workouts", "toolCallId": id, "state": state, "input": {"a": 1}});
    let with = |mut part: Value, field: &str, value: Value| {
        part[field] = value;
        part
    };
    let parts = json!([
        {"type": "step-start"},
        {"type": "reasoning", "text": "not signed"},
        {"type": "text", "text": "Look."},
        with(call("t1", "output-available"), "output", json!({"content": [{"type": "text", "text": "one"}]})),
        with(call("t2", "output-error"), "errorText", json!("no")),
        call("t3", "input-available"),
        call("t4", "input-streaming"),
        {"type": "tool-list_workouts", "toolCallId": "t5", "state": "output-available", "input": {}, "output": {"rows": [1]}},
        with(call("t6", "output-available"), "output", json!("plain")),
        {"type": "source-url", "sourceId": "s", "url": "https://example.com"},
        {"type": "step-start"},
        {"type": "text", "text": "There."},
    ]);
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    let tool_use = |id: &str, input: Value| json!({"type": "tool_use", "id": id, "name": "list_workouts", "input": input});
    let result = |id: &str, said: &str| json!({"type": "tool_result", "tool_use_id": id, "content": text(said)});
    let a = json!({"a": 1});
    let messages = json!([user(&text("go")), assistant(&parts), user(&text("and?"))]);
    assert_eq!(
        asked(messages).await,
        json!([
            {"role": "user", "content": text("go")},
            {"role": "assistant", "content": [{"type": "text", "text": "Look."}, tool_use("t1", a.clone()), tool_use("t2", a.clone()),
                tool_use("t5", json!({})), tool_use("t6", a)]},
            {"role": "user", "content": [result("t1", "one"),
                {"type": "tool_result", "tool_use_id": "t2", "content": text("no"), "is_error": true},
                result("t5", r#"{"rows":[1]}"#), result("t6", "plain")]},
            {"role": "assistant", "content": text("There.")},
            {"role": "user", "content": text("and?")},
        ])
    );
}

#[tokio::test]
async fn the_zone_and_the_name_of_the_user_are_options_of_the_body() {
    let app = TestApp::with([Reply::text("ok")]).await;
    let mut chat = UiChat {
        body: json!({"client_timezone": "Pacific/Kiritimati", "display_name": "Sam"}),
        ..UiChat::default()
    };
    chat.send(&app, "hi").await;
    let body = app.claude.body().to_string();
    assert!(
        body.contains("Kiritimati") && body.contains("Sam"),
        "{body}"
    );
}

#[tokio::test]
async fn what_is_no_request_is_refused_as_text_with_its_place() {
    let app = TestApp::start().await;
    let text = json!([{"type": "text", "text": "hi"}]);
    for (messages, expected) in [
        (json!(5), "messages: must be a list of messages"),
        (json!([]), "messages: must hold at least one message"),
        (
            json!([5]),
            "messages[0]: must be an object with `role` and `parts`",
        ),
        (
            json!([{"role": "system", "parts": []}]),
            "messages[0].role: must be `user` or `assistant`",
        ),
        (
            json!([{"role": "user", "content": "hi"}]),
            "messages[0].parts: must be a list of parts",
        ),
        (
            json!([user(&json!([{"text": "hi"}]))]),
            "messages[0].parts[0].type: is missing",
        ),
        (
            json!([user(&json!([{"type": "text"}]))]),
            "messages[0].parts[0].text: is missing",
        ),
        (
            json!([user(&text), assistant(&text)]),
            "messages[1]: the last message must be the user's",
        ),
        (
            json!([
                user(&text),
                assistant(&text),
                user(
                    &json!([{"type": "data-x"}, {"type": "file", "mediaType": "image/png", "url": "http://example.com/a.png"}])
                )
            ]),
            "messages[2].parts[1]: must be an https URL",
        ),
        (
            json!([user(
                &json!([{"type": "file", "mediaType": "text/plain", "url": "data:,a"}])
            )]),
            "messages[0].parts[0].mediaType: must be an image or application/pdf",
        ),
        (
            json!([user(
                &json!([{"type": "file", "mediaType": "image/png", "url": "data:image/png,a"}])
            )]),
            "messages[0].parts[0].url: must be a data URL in base64, or an https URL",
        ),
        (
            json!([user(
                &json!([{"type": "file", "mediaType": "image/png", "url": "data:image/png;base64,AAAA"}])
            )]),
            "messages[0].parts[0]: must be the bytes of image/png, image/jpeg, image/gif, image/webp",
        ),
    ] {
        let body = json!({"id": "c1", "messages": messages}).to_string();
        let answer = Answer::of(post(&app, "/chat/ui", "sam").body(body)).await;
        assert_eq!((answer.status.as_u16(), &*answer.text), (422, expected));
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
    }
}

#[tokio::test]
async fn a_last_step_that_has_failed_at_once_is_asked_for_again() {
    let call = json!({"type": "dynamic-tool", "toolName": "list_workouts", "toolCallId": "t1", "state": "output-available",
        "input": {}, "output": "one"});
    let parts = json!([{"type": "step-start"}, call, {"type": "step-start"}]);
    let question = json!([{"type": "text", "text": "go"}]);
    let messages = asked(json!([user(&question), assistant(&parts)])).await;
    assert_eq!(messages.as_array().unwrap().len(), 3, "{messages}");
    assert_eq!(messages[2]["content"][0]["tool_use_id"], "t1");
}
