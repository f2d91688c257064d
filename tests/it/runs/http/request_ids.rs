//! `requestId` and `Idempotency-Key`.

use ::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{RunsApp, on_both, refusal};
use crate::{runs::support::with_json, support::answer::Answer};

fn body(fields: Value) -> Value {
    let mut body = json!({"prompt": "hello", "async": true});
    let Value::Object(fields) = fields else {
        panic!("an object")
    };
    body.as_object_mut().unwrap().extend(fields);
    body
}

async fn with_key(app: &RunsApp, key: &str, body: &Value) -> Answer {
    let request = app.by("sam", Method::POST, "/webhook");
    Answer::of(with_json(request, body).header("Idempotency-Key", key)).await
}

on_both!(
    the_same_request_again_answers_for_the_same_run,
    async |app: RunsApp| {
        let first = app.prompt("sam", &body(json!({"requestId": "one"}))).await;
        assert_eq!(first.status, 202);
        assert_eq!(first.body["requestId"], "one");
        // Defaults and the order of fields do not matter, nor does where the id is.
        let same = [
            body(json!({"requestId": "one", "metadata": null, "connections": null})),
            json!({"requestId": "one", "async": true, "prompt": "hello", "model": "claude-sonnet-4-6"}),
        ];
        for body in same {
            let again = app.prompt("sam", &body).await;
            assert_eq!((again.status.as_u16(), &again.body), (202, &first.body));
            assert_eq!(again.header("idempotency-replayed"), Some("true"));
        }
        let again = with_key(&app, "one", &body(json!({}))).await;
        assert_eq!(again.body, first.body);
        // Another user's is another.
        let other = app.prompt("eve", &body(json!({"requestId": "one"}))).await;
        assert_eq!(other.status, 202);
        assert_ne!(other.body["executionId"], first.body["executionId"]);
        let runs = app.get("sam", "/runs").await.ok();
        assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
    }
);

on_both!(
    another_body_with_the_same_id_is_refused,
    async |app: RunsApp| {
        let first = app
            .prompt(
                "sam",
                &body(json!({"requestId": "one", "metadata": {"a": 1}})),
            )
            .await;
        assert_eq!(first.status, 202);
        for other in [
            json!({"requestId": "one"}),
            json!({"requestId": "one", "metadata": {"a": 2}}),
            json!({"requestId": "one", "metadata": {"a": 1}, "maxTokens": 5}),
            json!({"requestId": "one", "metadata": {"a": 1}, "systemPrompt": "x"}),
        ] {
            let answer = app.prompt("sam", &body(other)).await;
            assert_eq!(answer.error(), (409, "request_id_reused"));
        }
        let same = app
            .prompt(
                "sam",
                &body(json!({"requestId": "one", "metadata": {"a": 1.0}})),
            )
            .await;
        assert_eq!(same.body, first.body);
    }
);

#[tokio::test]
async fn a_fresh_token_in_the_headers_of_an_inline_connection_is_no_other_request() {
    let app = RunsApp::builder()
        .env("RUNS_INLINE_CONNECTIONS", "http")
        .start()
        .await;
    let ask = async |url: &str, headers: Value| {
        let inline = json!({"mine": {"url": url, "headers": headers}});
        let fields = json!({"requestId": "one", "inlineConnections": inline});
        app.prompt("sam", &body(fields)).await
    };
    let url = "https://mcp.example.com/";
    let first = ask(url, json!({"authorization": "Bearer one"})).await;
    assert_eq!(first.status, 202, "{}", first.text);
    let again = ask(url, json!({"Authorization": "Bearer two"})).await;
    assert_eq!(again.body, first.body);
    let other = ask(url, json!({"x-key": "Bearer one"})).await;
    assert_eq!(other.error(), (409, "request_id_reused"));
    let other = ask(
        "https://mcp2.example.com/",
        json!({"authorization": "Bearer one"}),
    )
    .await;
    assert_eq!(other.error(), (409, "request_id_reused"));
}

#[tokio::test]
async fn the_header_equals_the_field_and_has_its_form() {
    let app = RunsApp::start().await;
    let one = body(json!({"requestId": "one"}));
    let answer = with_key(&app, "two", &one).await;
    let expected = "requestId: differs from the header Idempotency-Key";
    assert_eq!(refusal(&answer), (422, expected.to_owned()));
    assert_eq!(with_key(&app, "one", &one).await.status, 202);
    for bad in ["", "a b", "é"] {
        let answer = with_key(&app, bad, &body(json!({}))).await;
        assert_eq!(answer.error(), (422, "invalid_request"), "{bad}");
    }
    // It is enough alone, and once.
    let alone = with_key(&app, "three", &body(json!({}))).await;
    assert_eq!(
        (alone.status.as_u16(), &alone.body["requestId"]),
        (202, &json!("three"))
    );
    let by_field = app
        .prompt("sam", &body(json!({"requestId": "three"})))
        .await;
    assert_eq!(by_field.body, alone.body);
    let request = with_json(app.by("sam", Method::POST, "/webhook"), &body(json!({})));
    let twice = request
        .header("Idempotency-Key", "four")
        .header("Idempotency-Key", "four");
    assert_eq!(Answer::of(twice).await.error(), (422, "invalid_request"));
}

#[tokio::test]
async fn a_refused_request_does_not_reserve_its_id() {
    let app = RunsApp::start().await;
    let refused = app
        .prompt("sam", &body(json!({"requestId": "one", "maxTokens": 0})))
        .await;
    assert_eq!(refused.status, 422);
    let taken = app.prompt("sam", &body(json!({"requestId": "one"}))).await;
    assert_eq!(taken.status, 202);
    assert_eq!(taken.header("idempotency-replayed"), None);
}

on_both!(
    of_fifty_clients_at_once_one_makes_the_run,
    async |app: RunsApp| {
        let asked = body(json!({"requestId": "one"}));
        let answers = join_all((0..50).map(|_| app.prompt("sam", &asked))).await;
        let replayed = answers
            .iter()
            .filter(|answer| answer.header("idempotency-replayed") == Some("true"));
        assert_eq!(replayed.count(), 49);
        assert!(answers.iter().all(|answer| answer.body == answers[0].body));
        let runs = app.get("sam", "/runs").await.ok();
        assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
    }
);

on_both!(
    what_equals_the_default_counts_as_absent,
    async |app: RunsApp| {
        let explicit = json!({"requestId": "one", "maxTokens": 2048, "connections": ["prog_strength"], "model": "claude-sonnet-4-6"});
        let first = app.prompt("sam", &body(explicit)).await;
        assert_eq!(first.status, 202, "{}", first.text);
        let again = app.prompt("sam", &body(json!({"requestId": "one"}))).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.body, first.body);
        for other in [json!({"maxTokens": 2049}), json!({"connections": []})] {
            let mut other = body(other);
            other["requestId"] = json!("one");
            let answer = app.prompt("sam", &other).await;
            assert_eq!(answer.error(), (409, "request_id_reused"));
        }
    }
);

#[tokio::test]
async fn a_taken_request_is_answered_for_when_its_connection_is_gone() {
    let app = RunsApp::start().await;
    let stored = json!({"name": "mine", "url": "https://mcp.example.com/"});
    assert_eq!(app.post("sam", "/connections", &stored).await.status, 201);
    let named = body(json!({"requestId": "one", "connections": ["mine"]}));
    let first = app.prompt("sam", &named).await;
    assert_eq!(first.status, 202, "{}", first.text);
    assert_eq!(app.delete("sam", "/connections/mine").await.status, 204);
    let again = app.prompt("sam", &named).await;
    assert_eq!((again.status.as_u16(), &again.body), (202, &first.body));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    // Of another user, or with another body, it is what it was: wrong.
    for (user, id) in [("eve", "one"), ("sam", "two")] {
        let fields = json!({"requestId": id, "connections": ["mine"]});
        let answer = app.prompt(user, &body(fields)).await;
        assert_eq!(answer.error(), (422, "unknown_connection"));
    }
}

#[tokio::test]
async fn a_taken_request_is_answered_for_under_other_settings() {
    let mut app = RunsApp::builder()
        .env("RUNS_MODELS", "claude-haiku-4-5")
        .start()
        .await;
    let requests = [
        json!({"requestId": "one"}),
        json!({"requestId": "two", "model": "claude-haiku-4-5"}),
        json!({"requestId": "three", "callbackUrl": "https://example.com/hook"}),
    ]
    .map(body);
    let mut taken = Vec::new();
    for request in &requests {
        let answer = app.prompt("sam", request).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        taken.push(answer.body);
    }
    for (name, value) in [
        ("AGENT_MODEL", "claude-opus-4-6"),
        ("RUNS_MODELS", ""),
        ("CALLBACK_SECRET", ""),
    ] {
        app.env.insert(name.to_owned(), value.to_owned());
    }
    let restarted = app.replica().await;
    for (request, taken) in requests.iter().zip(taken) {
        let again = restarted.by("sam", Method::POST, "/webhook");
        let again = Answer::of(with_json(again, request)).await;
        assert_eq!((again.status.as_u16(), &again.body), (202, &taken));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
}
