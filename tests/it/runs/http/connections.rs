//! Stored connections.

use ::http::Method;
use serde_json::{Value, json};

use super::{RunsApp, on_both, refusal};

fn mine() -> Value {
    json!({"name": "mine", "url": "https://mcp.example.com/", "headers": {"Authorization": "Bearer 1234567890", "x-key": "short"}})
}

on_both!(secrets_go_in_and_come_out_masked, async |app: RunsApp| {
    let answer = app.post("sam", "/connections", &mine()).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(
        answer.header("location"),
        Some(&*format!("{}/connections/mine", app.url))
    );
    let masked = json!({"authorization": "••••••••7890", "x-key": "••••••••"});
    assert_eq!(answer.body["headers"], masked);
    let stored = app.get("sam", "/connections/mine").await.ok();
    assert_eq!(stored, answer.body);
    let listed = app.get("sam", "/connections").await.ok();
    assert_eq!(listed["connections"], json!([stored]));
    assert_eq!(
        app.post("sam", "/connections", &mine()).await.error(),
        (409, "already_exists")
    );
    assert_eq!(app.delete("sam", "/connections/mine").await.status, 204);
    assert_eq!(app.delete("sam", "/connections/mine").await.status, 404);
});

on_both!(a_secret_that_is_left_out_stays, async |app: RunsApp| {
    app.post("sam", "/connections", &mine()).await;
    let put = async |body: Value| {
        app.send("sam", Method::PUT, "/connections/mine", &body)
            .await
    };
    let url = "https://mcp2.example.com/";
    let kept = put(json!({"url": url})).await.ok();
    assert_eq!(
        (&kept["url"], &kept["headers"]["authorization"]),
        (&json!(url), &json!("••••••••7890"))
    );
    let kept =
        put(json!({"url": url, "headers": {"authorization": null, "x-key": "now it is longer"}}))
            .await
            .ok();
    assert_eq!(
        kept["headers"],
        json!({"authorization": "••••••••7890", "x-key": "••••••••nger"})
    );
    // A mask that is sent back is no secret.
    let mask = json!({"authorization": "••••••••7890"});
    let answer = put(json!({"url": url, "headers": mask})).await;
    assert_eq!(answer.error(), (422, "invalid_request"));
    assert!(
        answer
            .text
            .contains("`null` in its place keeps the old one"),
        "{}",
        answer.text
    );
    // Of given headers, what is not named is removed.
    let kept = put(json!({"url": url, "headers": {"authorization": null}}))
        .await
        .ok();
    assert_eq!(kept["headers"], json!({"authorization": "••••••••7890"}));
    let removed = put(json!({"url": url, "headers": {}})).await.ok();
    assert_eq!(removed["headers"], json!({}));
    let answer = app
        .send(
            "sam",
            Method::PUT,
            "/connections/other",
            &json!({"url": url}),
        )
        .await;
    assert_eq!(answer.status, 404);
});

#[tokio::test]
async fn what_is_wrong_is_named() {
    let operators = json!({"files": {"url": "http://127.0.0.1:9/mcp"}}).to_string();
    let app = RunsApp::builder()
        .env("MCP_CONNECTIONS", &operators)
        .start()
        .await;
    let url = "https://example.com/";
    let table = [
        (json!({"url": url}), "name: is missing"),
        (
            json!({"name": "files", "url": url}),
            "name: is the name of a connection of the operator's",
        ),
        (
            json!({"name": "prog_strength", "url": url}),
            "name: `prog_strength` is the agent's own server",
        ),
        (
            json!({"name": "A", "url": url}),
            "name: a name has 1 to 32 of a-z, 0-9, `-` and `_`, without `__`",
        ),
        (
            json!({"name": "a__b", "url": url}),
            "name: a name has 1 to 32 of a-z, 0-9, `-` and `_`, without `__`",
        ),
        (
            json!({"name": "a", "url": "http://example.com/"}),
            "url: must be an https URL",
        ),
        (
            json!({"name": "a", "url": "https://192.168.0.1/"}),
            "url: names an address that is not public",
        ),
        (
            json!({"name": "a", "url": url, "command": "sh"}),
            "command: cannot be used: commands come from the operator alone",
        ),
        (
            json!({"name": "a", "url": url, "headers": {"host": "x"}}),
            "headers: `host` is set by the client itself",
        ),
        (
            json!({"name": "a", "url": url, "args": []}),
            "args: is no field of this request",
        ),
    ];
    for (body, expected) in table {
        let answer = app.post("sam", "/connections", &body).await;
        assert_eq!(refusal(&answer), (422, expected.to_owned()));
    }
}

#[tokio::test]
async fn connections_need_encryption_keys() {
    let app = RunsApp::builder()
        .env("RUNS_ENCRYPTION_KEYS", "")
        .start()
        .await;
    let answer = app.post("sam", "/connections", &mine()).await;
    assert_eq!(answer.error(), (503, "encryption_not_configured"));
    assert_eq!(
        app.get("sam", "/connections").await.ok(),
        json!({"connections": []})
    );
}
