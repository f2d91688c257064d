//! `POST /webhook` without `async`: the answer when the run has ended.

use serde_json::json;
use tokio::time::Instant;

use super::{RunsApp, busy, on_both, waiting};
use crate::support::{answer::Answer, fake_claude::Reply, wait::within};

on_both!(
    the_answer_has_the_response_and_the_trace,
    async |app: RunsApp| {
        app.claude
            .push(Reply::text("Hello, Sam.").usage(7, 3, 0, 0));
        let body = json!({"prompt": "hello", "requestId": "one"});
        let mut answer = app.prompt("sam", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let id = answer.body["executionId"].take();
        let trace = answer.body["trace"].take();
        let expected = json!({
            "response": "Hello, Sam.", "files": [], "requestId": "one", "executionId": null, "trace": null,
            "usage": {"inputTokens": 7, "outputTokens": 3, "cacheCreationInputTokens": 0, "cacheReadInputTokens": 0},
            "status": "completed",
        });
        assert_eq!(answer.body, expected);
        let types: Vec<_> = trace
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["type"].as_str().unwrap())
            .collect();
        assert_eq!(types, ["started", "text", "usage", "completed"]);
        // The same again, in either form, without asking Claude.
        let again = app.prompt("sam", &body).await;
        assert_eq!(
            (again.status.as_u16(), &again.body["executionId"]),
            (200, &id)
        );
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        let again = app
            .prompt(
                "sam",
                &json!({"prompt": "hello", "requestId": "one", "async": true}),
            )
            .await;
        assert_eq!(
            (again.status.as_u16(), &again.body["executionId"]),
            (202, &id)
        );
    }
);

#[tokio::test]
async fn a_failed_run_is_502_with_the_code_of_its_cause() {
    let app = RunsApp::with([Reply::error(400, "invalid_request_error", "no")]).await;
    let answer = app.prompt("sam", &json!({"prompt": "hello"})).await;
    assert_eq!(answer.error(), (502, "run_failed"));
    assert_eq!(answer.body["cause"], "model_error");
    let id = answer.body["executionId"].as_str().unwrap();
    let run = app.get("sam", &format!("/runs/{id}")).await.ok();
    assert_eq!(
        (&run["status"], &run["error"]["code"]),
        (&json!("failed"), &json!("model_error"))
    );
}

#[tokio::test]
async fn the_silence_of_claude_is_a_failure_and_no_timeout_of_the_run() {
    let app = RunsApp::builder()
        .env("CLAUDE_IDLE_TIMEOUT_SECS", "1")
        .env("CLAUDE_MAX_RETRIES", "0")
        .start()
        .await;
    app.claude.push(Reply::hang_before_headers());
    let answer = app.prompt("sam", &json!({"prompt": "hello"})).await;
    assert_eq!(answer.error(), (502, "run_failed"), "{}", answer.text);
    assert_eq!(answer.body["cause"], "timeout");
}

#[tokio::test]
async fn a_caller_who_has_waited_for_long_enough_is_told_the_id() {
    let app = RunsApp::builder()
        .env("AGENT_TIMEOUT_MS", "1500")
        .start()
        .await;
    app.claude.on(|_| Reply::hang_before_headers());
    let began = Instant::now();
    let answer = app.prompt("sam", &json!({"prompt": "hello"})).await;
    assert_eq!(answer.error(), (504, "timeout"));
    assert!(began.elapsed().as_millis() >= 1400);
    let id = answer.body["executionId"].as_str().unwrap();
    let run = app.run_is("sam", id, "failed").await;
    assert_eq!(run["error"]["code"], "timeout");
    // Who asks for it later is told so too.
    let path = format!("/runs/{id}?wait=30");
    assert_eq!(app.get("sam", &path).await.ok()["status"], "failed");
}

#[tokio::test]
async fn a_caller_whose_wait_is_over_before_the_run_is_told_the_id() {
    let app = RunsApp::builder()
        .env("AGENT_TIMEOUT_MS", "2000")
        .env("RUNS_CONCURRENCY", "1")
        .start()
        .await;
    app.claude.on(|_| Reply::hang_before_headers());
    app.begin("works").await;
    app.claude.asked_times(1).await;
    // It begins when the other has used up its time.
    let answer = app.prompt("sam", &json!({"prompt": "waits"})).await;
    assert_eq!(answer.error(), (504, "timeout"));
    let id = answer.body["executionId"].as_str().unwrap();
    let run = app.get("sam", &format!("/runs/{id}")).await.ok();
    let status = run["status"].as_str().unwrap();
    assert!(["queued", "running"].contains(&status), "{status}");
}

#[tokio::test]
async fn a_caller_who_leaves_stops_nothing() {
    let app = RunsApp::start().await;
    app.claude
        .on(|body| match body["messages"].as_array().map(Vec::len) {
            Some(1) => Reply::tool("toolu_1", "list_files", json!({})),
            _ => Reply::text("done"),
        });
    let leaving = tokio::spawn(waiting(&app).send());
    app.claude.asked_times(1).await;
    leaving.abort();
    let run = app.get("sam", "/runs/by-request/one?wait=30").await.ok();
    assert_eq!(
        (&run["status"], &run["response"]),
        (&json!("completed"), &json!("done"))
    );
}

#[tokio::test]
async fn a_waiting_caller_of_a_run_that_expires_is_told_so() {
    let app = busy(RunsApp::builder().env("RUNS_QUEUE_TTL_SECS", "1")).await;
    let answer = within("the caller", app.prompt("sam", &json!({"prompt": "waits"}))).await;
    assert_eq!(answer.error(), (503, "expired"));
    let id = answer.body["executionId"].as_str().unwrap();
    let run = app.run_is("sam", id, "expired").await;
    assert_eq!(run["trace"][0]["type"], "expired");
}

on_both!(
    what_is_journalled_reaches_a_reader_as_it_happens,
    async |app: RunsApp| {
        app.claude
            .push(Reply::text("Looking.").and_tool("toolu_1", "list_files", json!({})));
        app.claude.push(Reply::text("Done."));
        let id = app.begin("hello").await;
        let events = app.events(&id).await.rest().await;
        let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
        let expected = [
            "run",
            "started",
            "text",
            "tool_call",
            "usage",
            "tool_result",
            "text",
            "usage",
            "completed",
        ];
        let mut sorted = (kinds.clone(), expected.to_vec());
        sorted.0.sort_unstable();
        sorted.1.sort_unstable();
        assert_eq!(sorted.0, sorted.1, "{kinds:?}");
        let run = app.completed(&id).await;
        let told: Vec<_> = events[1..].iter().map(|event| event.data.clone()).collect();
        assert_eq!(json!(told), run["trace"]);
    }
);

#[tokio::test]
async fn a_connection_that_cannot_be_reached_is_checked_as_such() {
    let app = RunsApp::start().await;
    // The address of a name is judged when it is dialled.
    let stored = json!({"name": "mine", "url": "https://localhost/"});
    assert_eq!(app.post("sam", "/connections", &stored).await.status, 201);
    let checked: Answer = app.act("sam", "/connections/mine/check").await;
    let checked = checked.ok();
    assert_eq!(
        (&checked["ok"], &checked["tools"]),
        (&json!(false), &json!([]))
    );
    assert!(checked["error"].is_string());
}
