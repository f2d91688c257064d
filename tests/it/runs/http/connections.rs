//! Stored connections.

use ::http::Method;
use serde_json::{Value, json};
use sqlx::Executor;

use super::{RunsApp, on_both, refusal};
use crate::support::{fake_claude::Reply, mcp_server::McpServer, mcp_tools::tool};

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
            json!({"name": "a", "url": url, "headers": {"x-key": "••••••••7890"}}),
            "headers: has a mask in place of a secret; `null` in its place keeps the old one",
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
    let bare = json!({"name": "bare", "url": "https://mcp.example.com/"});
    for body in [mine(), bare] {
        let answer = app.post("sam", "/connections", &body).await;
        assert_eq!(answer.error(), (503, "encryption_not_configured"));
    }
    assert_eq!(
        app.get("sam", "/connections").await.ok(),
        json!({"connections": []})
    );
}

#[tokio::test]
async fn a_replacement_that_another_overtakes_is_a_conflict() {
    let app = RunsApp::start().await;
    app.post("sam", "/connections", &mine()).await;
    // An update then finds no row of the version that was read.
    let sql = "CREATE TRIGGER others BEFORE UPDATE ON connection BEGIN SELECT RAISE(IGNORE); END";
    app.database().await.execute(sql).await.unwrap();
    let body = json!({"url": "https://mcp2.example.com/"});
    let answer = app
        .send("sam", Method::PUT, "/connections/mine", &body)
        .await;
    assert_eq!(answer.error(), (409, "conflict"));
}

#[tokio::test]
async fn connections_of_users_are_used_when_they_are_named_and_the_operators_without() {
    let [operators, stored, brought] = [
        McpServer::start().await,
        McpServer::start().await,
        McpServer::start().await,
    ];
    let schema = json!({"type": "object", "properties": {"note": {"type": "string", "title": "Note", "x-own": [1]}}, "required": ["note"]});
    for server in [&operators, &stored, &brought] {
        server.set_tools(vec![tool("find", &schema, &json!({}))]);
    }
    stored.require_token("of-sam-alone");
    let app = RunsApp::builder()
        .env("OUTBOUND_ALLOW", "127.0.0.1")
        .env("RUNS_INLINE_CONNECTIONS", "http")
        .env(
            "MCP_CONNECTIONS",
            &json!({"web": {"url": operators.url()}}).to_string(),
        )
        .start()
        .await;
    let headers = json!({"authorization": "Bearer of-sam-alone"});
    let mine = json!({"name": "mine", "url": stored.url(), "headers": headers});
    assert_eq!(app.post("sam", "/connections", &mine).await.status, 201);
    let checked = app.act("sam", "/connections/mine/check").await.ok();
    assert_eq!(
        checked,
        json!({"ok": true, "tools": ["mine__find"], "error": null})
    );
    app.claude.on(|_| Reply::text("Done."));
    let inline = json!({"brought": {"url": brought.url()}});
    let table = [
        (json!({}), vec!["prog_strength", "web"]),
        (
            json!({"connections": null, "inlineConnections": inline}),
            vec!["brought", "prog_strength", "web"],
        ),
        (json!({"connections": ["mine"]}), vec!["mine"]),
        (
            json!({"connections": ["web", "mine"], "inlineConnections": inline}),
            vec!["brought", "mine", "web"],
        ),
        (json!({"connections": []}), vec![]),
    ];
    for (fields, expected) in table {
        let mut body = json!({"prompt": "look"});
        body.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        app.prompt("sam", &body).await.ok();
        let asked = app.claude.bodies().pop().unwrap();
        let tools = asked["tools"].as_array().unwrap().iter();
        let tools = tools.filter_map(|tool| {
            Some((
                tool["name"].as_str()?.split_once("__")?,
                &tool["input_schema"],
            ))
        });
        let mut used: Vec<_> = tools
            .clone()
            .map(|((connection, _), _)| connection)
            .collect();
        used.sort_unstable();
        used.dedup();
        assert_eq!(used, expected, "{fields}");
        let mut foreign = tools.filter(|((connection, _), _)| *connection != "prog_strength");
        assert!(foreign.all(|(_, given)| *given == schema), "{asked}");
    }
}
