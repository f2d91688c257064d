//! `RunAgentInput`s.

use super::*;
use crate::support::{fake_claude::remove_breakpoints, mcp_tools::PIXEL};

#[tokio::test]
async fn messages_of_all_roles_become_messages_of_claude() {
    let app = TestApp::with([Reply::text("ok")]).await;
    let call = |id: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": "list_workouts", "arguments": arguments}});
    let data = json!({"type": "data", "value": PIXEL, "mimeType": "image/png"});
    let pdf = json!({"type": "url", "value": "https://example.com/a.pdf"});
    let mut thread = Thread {
        messages: vec![
            json!({"id": "s", "role": "system", "content": "You are a pirate."}),
            json!({"id": "d", "role": "developer", "content": "Arr."}),
            json!({"id": "1", "role": "user", "content": "go", "name": null}),
            json!({"id": "2", "role": "reasoning", "content": "not signed"}),
            json!({"id": "3", "role": "assistant", "content": "Look.", "toolCalls": [call("t1", "{\"a\":1,\"b\":\"\\ud83d\"}"), call("t2", "")]}),
            json!({"id": "4", "role": "tool", "toolCallId": "t2", "content": [{"type": "text", "text": "two"}, {"type": "image", "source": data}]}),
            json!({"id": "5", "role": "tool", "toolCallId": "t1", "content": "no", "error": "no"}),
            json!({"id": "6", "role": "assistant", "toolCalls": [call("t3", "{}")]}),
            json!({"id": "7", "role": "activity", "activityType": "x", "content": {}}),
            json!({"id": "8", "role": "assistant", "content": "There."}),
        ],
        input: json!({"tools": [{"name": "frontend_tool", "description": "x", "parameters": {}}],
            "context": [{"description": "secret", "value": "secret"}],
            "forwardedProps": {"client_timezone": "Pacific/Kiritimati", "display_name": "Sam"}}),
        ..Thread::default()
    };
    let parts = json!([{"type": "image", "source": data}, {"type": "document", "source": pdf}, {"type": "text", "text": "and?"}]);
    thread.send(&app, parts).await;
    let mut body = app.claude.body();
    remove_breakpoints(&mut body);
    let text = |text: &str| json!({"type": "text", "text": text});
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}});
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [text("go")]},
            {"role": "assistant", "content": [text("Look."),
                {"type": "tool_use", "id": "t1", "name": "list_workouts", "input": {"a": 1, "b": "\u{fffd}"}},
                {"type": "tool_use", "id": "t2", "name": "list_workouts", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": [text("no")], "is_error": true},
                {"type": "tool_result", "tool_use_id": "t2", "content": [text("two"), image]}]},
            {"role": "assistant", "content": [text("There.")]},
            {"role": "user", "content": [image,
                {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}, text("and?")]},
        ])
    );
    let text = body.to_string();
    assert!(
        text.contains("Kiritimati") && text.contains("Sam"),
        "{text}"
    );
    for hidden in ["pirate", "Arr.", "frontend_tool", "secret", "not signed"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}

#[tokio::test]
async fn what_is_no_input_is_refused_with_its_place() {
    let app = TestApp::start().await;
    let user = json!({"id": "1", "role": "user", "content": "hi"});
    let with = |more: Value| {
        let mut input = json!({"threadId": "a", "runId": "b", "messages": [user]});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        input
    };
    let messages = |message: Value| with(json!({"messages": [user, message]}));
    let call = |function: Value| {
        messages(json!({"role": "assistant", "toolCalls": [{"id": "t1", "function": function}]}))
    };
    let resume = |entry: Value| with(json!({"resume": [entry]}));
    for (input, expected) in [
        (
            json!({"runId": "b", "messages": []}),
            "threadId: is missing",
        ),
        (
            json!({"threadId": "a", "messages": []}),
            "runId: is missing",
        ),
        (
            json!({"threadId": "a", "runId": "b"}),
            "messages: is missing",
        ),
        (
            with(json!({"messages": [5]})),
            "messages[0]: must be an object with `role`",
        ),
        (
            messages(json!({"role": "bot"})),
            "messages[1].role: must be `user`, `assistant`, `tool`, `reasoning`, `system`, `developer` or `activity`",
        ),
        (
            messages(json!({"role": "user"})),
            "messages[1].content: is missing",
        ),
        (
            messages(json!({"role": "user", "content": [{"type": "audio"}]})),
            "messages[1].content[0]: must be of type text, image or document",
        ),
        (
            messages(
                json!({"role": "user", "content": [{"type": "image", "source": {"type": "data", "value": "AAAA", "mimeType": "image/png"}}]}),
            ),
            "messages[1].content[0]: must be the bytes of image/png, image/jpeg, image/gif, image/webp",
        ),
        (
            messages(json!({"role": "assistant", "content": "hi"})),
            "messages[1]: the last message must be the user's",
        ),
        (
            call(json!({"name": "x", "arguments": "{"})),
            "messages[1].toolCalls[0].function.arguments: must be a JSON object",
        ),
        (
            call(json!({"arguments": "{}"})),
            "messages[1].toolCalls[0].function.name: is missing",
        ),
        (
            resume(json!({"status": "resolved"})),
            "resume[0].interruptId: is missing",
        ),
        (
            resume(json!({"interruptId": "x", "status": "done"})),
            "resume[0].status: must be `resolved` or `cancelled`",
        ),
        (
            resume(json!({"interruptId": "x", "status": "resolved"})),
            "resume[0].payload: is missing",
        ),
        (
            resume(json!({"interruptId": "x", "status": "resolved", "payload": {"approved": 1}})),
            "resume[0].payload.approved: must be a boolean",
        ),
    ] {
        let answer = Answer::of(post(&app, "/chat/agui", "sam").body(input.to_string())).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body["detail"].as_str()),
            (422, Some(expected)),
            "{input}"
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
    }
}
