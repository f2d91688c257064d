//! `POST /webhook`: the answer to an asynchronous request, and refused bodies.

use ::http::Method;
use serde_json::{Value, json};

use super::{RunsApp, later, on_both, refusal};
use crate::support::{answer::Answer, fake_claude::Reply};

on_both!(
    an_async_prompt_is_answered_when_the_run_is_durable,
    async |app: RunsApp| {
        for path in ["/webhook", "/webhooks/prompt"] {
            let answer = app.post("sam", path, &later("hello")).await;
            assert_eq!(answer.status, 202, "{}", answer.text);
            let id = answer.body["executionId"].as_str().expect("an id");
            let parsed = uuid::Uuid::parse_str(id).expect("a UUID");
            assert_eq!(parsed.get_version_num(), 7);
            assert_eq!(
                answer.body,
                json!({"status": "processing", "requestId": id, "executionId": id})
            );
            assert_eq!(answer.header("idempotency-replayed"), None);
            let location = answer.header("location").expect("a location");
            assert_eq!(location, format!("{}/runs/{id}", app.url));
            let run = app.get("sam", &format!("/runs/{id}")).await.ok();
            assert_eq!(run["executionId"], id);
        }
    }
);

#[tokio::test]
async fn a_field_that_is_wrong_is_named_and_nothing_is_stored() {
    let app = RunsApp::builder().env("CALLBACK_SECRET", "").start().await;
    let long = "x".repeat(100_001);
    let long_system = "x".repeat(50_001);
    let metadata = json!({"note": "x".repeat(16 * 1024)});
    let table: Vec<(Value, &str)> = vec![
        (json!({}), "prompt: is missing"),
        (json!({"prompt": null}), "prompt: must be a string"),
        (json!({"prompt": ""}), "prompt: is blank"),
        (json!({"prompt": " \n\t\u{a0}"}), "prompt: is blank"),
        (
            json!({"prompt": long}),
            "prompt: is longer than 100000 characters",
        ),
        (
            json!({"prompt": "a", "promt": 1}),
            "promt: is no field of this request",
        ),
        (
            json!({"prompt": "a", "requestId": ""}),
            "requestId: must be 1 to 100 of A-Z, a-z, 0-9, `_` and `-`",
        ),
        (
            json!({"prompt": "a", "requestId": " "}),
            "requestId: must be 1 to 100 of A-Z, a-z, 0-9, `_` and `-`",
        ),
        (
            json!({"prompt": "a", "requestId": "a.b"}),
            "requestId: must be 1 to 100 of A-Z, a-z, 0-9, `_` and `-`",
        ),
        (
            json!({"prompt": "a", "requestId": "x".repeat(101)}),
            "requestId: must be 1 to 100 of A-Z, a-z, 0-9, `_` and `-`",
        ),
        (
            json!({"prompt": "a", "systemPrompt": long_system}),
            "systemPrompt: is longer than 50000 characters",
        ),
        (
            json!({"prompt": "a", "async": "yes"}),
            "async: must be a boolean",
        ),
        (
            json!({"prompt": "a", "metadata": []}),
            "metadata: must be an object",
        ),
        (
            json!({"prompt": "a", "metadata": metadata}),
            "metadata: is larger than 16 KiB of JSON",
        ),
        (
            json!({"prompt": "a", "connections": "x"}),
            "connections: must be a list",
        ),
        (
            json!({"prompt": "a", "connections": [1]}),
            "connections[0]: must be a string",
        ),
        (
            json!({"prompt": "a", "model": "claude-of-tomorrow"}),
            "model: must be one of claude-sonnet-4-6",
        ),
        (
            json!({"prompt": "a", "maxTokens": 0}),
            "maxTokens: must be at least 1",
        ),
        (
            json!({"prompt": "a", "maxTokens": -1}),
            "maxTokens: must be a whole number that is not negative, and not too large",
        ),
        (
            json!({"prompt": "a", "maxTokens": 1.5}),
            "maxTokens: must be a whole number that is not negative, and not too large",
        ),
        (
            json!({"prompt": "a", "callbackUrl": "https://example.com/"}),
            "callbackUrl: cannot be used: this service has no secret to sign callbacks (CALLBACK_SECRET)",
        ),
        (
            json!({"prompt": "a", "inlineConnections": {"mine": {"url": "https://example.com/mcp"}}}),
            "inlineConnections: are not taken by this service (RUNS_INLINE_CONNECTIONS)",
        ),
        (json!([]), "body: must be an object"),
        (json!("a"), "body: must be an object"),
    ];
    for (body, expected) in table {
        let answer = app.prompt("sam", &body).await;
        assert_eq!(refusal(&answer), (422, expected.to_owned()), "{body:.80}");
        assert_eq!(answer.error().1, "invalid_request");
    }
    let runs = app.get("sam", "/runs").await.ok();
    assert_eq!(runs, json!({"runs": [], "before": null}));
}

#[tokio::test]
async fn lengths_are_in_unicode_scalar_values_and_null_is_absent() {
    let app = RunsApp::with([Reply::text("Done.")]).await;
    let waits = json!({"prompt": "a", "async": null});
    assert_eq!(app.prompt("sam", &waits).await.ok()["response"], "Done.");
    let body = json!({
        "prompt": "é".repeat(100_000), "systemPrompt": "😀".repeat(50_000), "async": true,
        "requestId": null, "metadata": null, "connections": null, "inlineConnections": null,
        "callbackUrl": null, "model": null, "maxTokens": null,
    });
    let answer = app.prompt("sam", &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    // The longest metadata; its JSON has 11 bytes more than the text.
    let metadata = json!({"note": "x".repeat(16 * 1024 - 11)});
    let body =
        json!({"prompt": "a", "async": true, "metadata": metadata, "requestId": "r".repeat(100)});
    assert_eq!(app.prompt("sam", &body).await.status, 202);
}

#[tokio::test]
async fn half_a_surrogate_pair_is_read_as_the_replacement_character() {
    let app = RunsApp::start().await;
    let body = r#"{"prompt": "a", "async": true, "metadata": {"half": "\ud83d!"}}"#;
    let request = app.by("sam", Method::POST, "/webhook");
    let answer = Answer::of(
        request
            .header("content-type", "application/json")
            .body(body),
    )
    .await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let id = answer.body["executionId"].as_str().unwrap();
    let run = app.get("sam", &format!("/runs/{id}")).await.ok();
    assert_eq!(run["metadata"], json!({"half": "\u{fffd}!"}));
}

#[tokio::test]
async fn a_body_that_is_no_json_or_of_another_type_or_too_large_is_refused_as_such() {
    let app = RunsApp::builder()
        .env("AGENT_MAX_BODY_BYTES", "1024")
        .start()
        .await;
    let send = async |content_type: &str, body: String| {
        let request = app.by("sam", Method::POST, "/webhook");
        Answer::of(request.header("content-type", content_type).body(body)).await
    };
    let json = "application/json";
    for bad in [
        "",
        "{",
        "{\"prompt\": \"a\"} x",
        "\u{feff}{\"prompt\": \"a\"}",
    ] {
        let answer = send(json, bad.to_owned()).await;
        assert_eq!(answer.error(), (400, "invalid_json"), "{bad}");
    }
    let answer = send("text/plain", "{}".to_owned()).await;
    assert_eq!(answer.error(), (415, "unsupported_media_type"));
    let answer = send(json, format!("{{\"prompt\": \"{}\"}}", "x".repeat(1024))).await;
    assert_eq!(answer.error(), (413, "payload_too_large"));
}

#[tokio::test]
async fn connections_are_the_operators_and_the_callers_and_others_are_unknown() {
    let operators = json!({"files": {"url": "http://127.0.0.1:9/mcp"}}).to_string();
    let app = RunsApp::builder()
        .env("MCP_CONNECTIONS", &operators)
        .start()
        .await;
    let stored = json!({"name": "mine", "url": "https://mcp.example.com/"});
    let answer = app.post("sam", "/connections", &stored).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let ask = async |sub: &str, names: Value| {
        let body = json!({"prompt": "a", "async": true, "connections": names});
        app.prompt(sub, &body).await
    };
    let answer = ask("sam", json!(["prog_strength", "files", "mine"])).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    assert_eq!(ask("sam", json!([])).await.status, 202);
    for names in [json!(["files", "nothing"]), json!(["files", ""])] {
        let answer = ask("sam", names).await;
        assert_eq!(answer.error(), (422, "unknown_connection"));
        assert!(answer.text.contains("connections[1]"), "{}", answer.text);
    }
    // Stored by another user.
    let answer = ask("eve", json!(["mine"])).await;
    assert_eq!(answer.error(), (422, "unknown_connection"));
}

#[tokio::test]
async fn inline_connections_are_public_urls_with_names_of_their_own() {
    let operators = json!({"files": {"url": "http://127.0.0.1:9/mcp"}}).to_string();
    let app = RunsApp::builder()
        .env("MCP_CONNECTIONS", &operators)
        .env("RUNS_INLINE_CONNECTIONS", "http")
        .start()
        .await;
    let ask = async |inline: Value| {
        let body = json!({"prompt": "a", "async": true, "inlineConnections": inline});
        app.prompt("sam", &body).await
    };
    let url = "https://mcp.example.com/";
    let headers = json!({"Authorization": "Bearer secret-of-sam"});
    let answer = ask(json!({"mine": {"url": url, "headers": headers}})).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let table = [
        (
            json!({"files": {"url": url}}),
            "inlineConnections.files: is the name of a connection of the operator's",
        ),
        (
            json!({"prog_strength": {"url": url}}),
            "inlineConnections: `prog_strength` is the agent's own server",
        ),
        (
            json!({"a__b": {"url": url}}),
            "inlineConnections: a name has 1 to 32 of a-z, 0-9, `-` and `_`, without `__`",
        ),
        (
            json!({"mine": {"url": "http://mcp.example.com/"}}),
            "inlineConnections.mine.url: must be an https URL",
        ),
        (
            json!({"mine": {"url": "https://127.0.0.1/"}}),
            "inlineConnections.mine.url: names an address that is not public",
        ),
        (
            json!({"mine": {"url": "https://u:p@example.com/"}}),
            "inlineConnections.mine.url: must not contain a user name or a password",
        ),
        (
            json!({"mine": {"command": "sh"}}),
            "inlineConnections.mine.command: is no field of this request",
        ),
        (
            json!({"mine": {}}),
            "inlineConnections.mine.url: is missing",
        ),
    ];
    for (inline, expected) in table {
        let answer = ask(inline).await;
        assert_eq!(refusal(&answer), (422, expected.to_owned()));
    }
}

#[tokio::test]
async fn inline_headers_need_encryption_keys() {
    let app = RunsApp::builder()
        .env("RUNS_ENCRYPTION_KEYS", "")
        .env("RUNS_INLINE_CONNECTIONS", "http")
        .start()
        .await;
    let ask = async |headers: Value| {
        let inline = json!({"mine": {"url": "https://mcp.example.com/", "headers": headers}});
        let body = json!({"prompt": "a", "async": true, "inlineConnections": inline});
        app.prompt("sam", &body).await
    };
    let answer = ask(json!({"authorization": "Bearer x"})).await;
    assert_eq!(answer.error(), (503, "encryption_not_configured"));
    assert_eq!(ask(json!({})).await.status, 202);
}

#[tokio::test]
async fn callback_urls_are_public_https() {
    let app = RunsApp::start().await;
    for (url, why) in [
        ("http://example.com/", "must be an https URL"),
        ("https://10.0.0.1/", "names an address that is not public"),
        ("https://[::1]/", "names an address that is not public"),
        (
            "https://u@example.com/",
            "must not contain a user name or a password",
        ),
        ("nothing", "is not a URL with a host"),
    ] {
        let body = json!({"prompt": "a", "async": true, "callbackUrl": url});
        let answer = app.prompt("sam", &body).await;
        assert_eq!(
            refusal(&answer),
            (422, format!("callbackUrl: {why}")),
            "{url}"
        );
    }
    // Names are judged when they are dialled.
    let body = json!({"prompt": "a", "async": true, "callbackUrl": "https://localhost.example/"});
    assert_eq!(app.prompt("sam", &body).await.status, 202);
}

#[tokio::test]
async fn a_request_may_name_one_of_the_models() {
    let app = RunsApp::builder()
        .env("RUNS_MODELS", "claude-haiku-4-5,claude-sonnet-4-6")
        .start()
        .await;
    let ask = async |model: &str| {
        let body = json!({"prompt": "a", "async": true, "model": model});
        app.prompt("sam", &body).await
    };
    assert_eq!(ask("claude-haiku-4-5").await.status, 202);
    assert_eq!(
        ask("claude-opus-4-6").await.error(),
        (422, "invalid_request")
    );
}
