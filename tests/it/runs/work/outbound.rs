//! Where the URLs of users lead: connections with their sealed headers, the guard, and no proxy.

use std::{io::ErrorKind, net::TcpListener, time::Duration};

use prog_strength_agent::runs::model::{InlineConnection, RunInput, Status};
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

use super::world::{World, sam, step};
use crate::{
    runs::support::{CALLBACK_SECRET, RunsApp},
    support::{
        fake_claude::Reply,
        mcp_server::McpServer,
        mcp_tools::{read, tool},
        proxy::Proxy,
        wait::within,
    },
};

/// What Claude is told besides the prompts.
fn told(body: &Value) -> &str {
    body["system"][1]["text"].as_str().expect("text")
}

/// A server that asks for this token and tells nothing of users.
async fn server(token: &str) -> McpServer {
    let server = McpServer::start().await;
    server.set_tools(vec![tool("empty", &json!({"type": "object"}), &read())]);
    server.require_token(token);
    server
}

#[tokio::test]
async fn stored_and_inline_connections_are_used_with_their_headers() {
    let app = RunsApp::builder()
        .env("OUTBOUND_ALLOW", "127.0.0.1")
        .env("RUNS_INLINE_CONNECTIONS", "http")
        .env("PROG_STRENGTH_MCP_AUTH", "forward")
        .start()
        .await;
    let (mine, brought) = (
        server("of-the-stored").await,
        server("of-the-request").await,
    );
    let connection = |server: &McpServer, token: &str| {
        let authorization = format!("Bearer {token}");
        json!({"url": server.url(), "headers": {"Authorization": authorization}})
    };
    let mut stored = connection(&mine, "of-the-stored");
    stored["name"] = json!("mine");
    let answer = app.post("sam", "/connections", &stored).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let checked = app.act("sam", "/connections/mine/check").await.ok();
    assert_eq!(
        checked,
        json!({"ok": true, "tools": ["mine__empty"], "error": null})
    );
    app.claude.push_all([
        Reply::tool("toolu_1", "mine__empty", json!({})).and_tool(
            "toolu_2",
            "brought__empty",
            json!({}),
        ),
        Reply::text("done"),
    ]);
    let brought_here = json!({"brought": connection(&brought, "of-the-request")});
    let body = json!({"prompt": "go", "connections": ["mine"], "inlineConnections": brought_here});
    let run = app.prompt("sam", &body).await.ok();
    for (server, token, id) in [
        (&mine, "of-the-stored", "toolu_1"),
        (&brought, "of-the-request", "toolu_2"),
    ] {
        let [call] = <[_; 1]>::try_from(server.calls()).expect("one call");
        assert_eq!(call.authorization, format!("Bearer {token}"));
        let meta = json!({"fitness.progstrength/turn_id": run["executionId"], "fitness.progstrength/tool_use_id": id});
        assert_eq!(call.meta, meta);
    }
    // It was not named.
    assert_eq!(app.mcp.remembers(|it| it.sessions), 0);
}

#[tokio::test]
async fn connections_that_must_not_be_used_are_not_dialled_and_claude_is_told() {
    let app = RunsApp::builder()
        .env("RUNS_INLINE_CONNECTIONS", "http")
        .start()
        .await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("an option");
    let port = listener.local_addr().expect("bound").port();
    let url = format!("https://localhost:{port}/mcp");
    for name in ["named", "literal", "clear"] {
        let stored = json!({"name": name, "url": url, "headers": {"x-key": "1234567890abc"}});
        let answer = app.post("sam", "/connections", &stored).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    // As if it had been allowed when it was stored, and as if it had been stored without a key.
    let literal =
        format!("UPDATE connection SET url = 'https://127.0.0.1:{port}/' WHERE name = 'literal'");
    let clear =
        r#"UPDATE connection SET headers = '{"x-key":"1234567890abc"}' WHERE name = 'clear'"#;
    let mut raw = AnyConnection::connect(&app.env["DATABASE_URL"])
        .await
        .expect("a connection");
    for sql in [&*literal, clear] {
        raw.execute(AssertSqlSafe(sql)).await.expect("sound SQL");
    }
    app.claude.push(Reply::text("done"));
    let body = json!({"prompt": "go", "connections": ["named", "literal", "clear"],
        "inlineConnections": {"brought": {"url": url}}});
    assert_eq!(app.prompt("sam", &body).await.status, 200);
    let body = app.claude.body();
    for (name, why) in [
        ("named", "(its address is not public)"),
        ("brought", "(its address is not public)"),
        (
            "literal",
            "its URL is not allowed: names an address that is not public",
        ),
        ("clear", "its secrets cannot be read"),
    ] {
        let note = format!("The connection `{name}` cannot be used (");
        let told = told(&body).split_once(&note).expect("a note").1;
        let reason = told
            .split_once("), so its tools are missing.")
            .expect("a reason")
            .0;
        assert!(reason.ends_with(why), "{name}: {reason}");
    }
    let dialled = listener.accept().map(drop).map_err(|error| error.kind());
    assert_eq!(dialled, Err(ErrorKind::WouldBlock));
}

#[tokio::test]
async fn urls_of_users_never_go_through_a_proxy() {
    let mut proxy = Proxy::start().await;
    let mut world = World::sqlite().await;
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        world.set(name, &proxy.url);
        world.set(&name.to_uppercase(), &proxy.url);
    }
    world.set("CALLBACK_SECRET", CALLBACK_SECRET);
    world.set("OUTBOUND_ALLOW", "hooks.invalid, mcp.invalid");
    // Not vacuously: the operator's go through it.
    let operators = json!({"operators": {"url": "http://operator.invalid/mcp"}}).to_string();
    world.set("MCP_CONNECTIONS", &operators);
    let _process = world.process();
    world.claude.on(|_| Reply::text("done"));
    let mut runs = Vec::new();
    for scheme in ["http", "https"] {
        let brought = InlineConnection {
            url: format!("{scheme}://mcp.invalid/mcp"),
            headers: [].into(),
        };
        let input = RunInput {
            steps: vec![step("Go", &["operators"])],
            inline_connections: [("brought".to_owned(), brought)].into(),
            ..RunInput::default()
        };
        let callback = format!("{scheme}://hooks.invalid/hook");
        runs.push(world.create_with_callback(input, Some(callback)).await);
    }
    for id in runs {
        assert_eq!(world.ended(id).await.status, Status::Completed);
        let error = within("an attempt at the callback", async {
            loop {
                let deliveries = world.store.deliveries(&sam(), id).await;
                let deliveries = deliveries.expect("a database").expect("the run");
                if let Some(error) = &deliveries[0].last_error {
                    return error.clone();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        assert_eq!(error.await, "the connection failed");
    }
    for body in world.claude.bodies() {
        assert!(told(&body).contains("`brought` cannot be used"));
    }
    let asked = proxy.asked();
    assert!(!asked.is_empty());
    assert!(
        asked.iter().all(|line| line.contains("operator.invalid")),
        "{asked:?}"
    );
}
