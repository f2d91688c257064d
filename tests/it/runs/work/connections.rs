//! The connections of a run.

use prog_strength_agent::runs::model::Status;
use serde_json::{Value, json};

use super::world::{World, step};
use crate::support::{
    fake_claude::Reply, helpers::last_content, mcp_server::McpServer, mcp_tools::tool, wait::Gate,
};

fn context(body: &Value) -> &str {
    body["system"][1]["text"].as_str().unwrap()
}

#[tokio::test]
async fn other_servers_learn_nothing_of_the_user() {
    let mut world = World::sqlite().await;
    let other = McpServer::start().await;
    // The fake of Claude refuses schemas that name a user.
    let schema = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    other.set_tools(vec![tool("create_workout", &schema, &json!({}))]);
    let connections = json!({"notes": {"url": other.url(), "headers": {"Authorization": "Bearer secret-of-notes"}}});
    world.set("MCP_CONNECTIONS", &connections.to_string());
    let engine = world.engine().await;
    world.claude.push_all([
        Reply::tool("toolu_1", "notes__create_workout", json!({"note": "x"})),
        Reply::text("done"),
    ]);
    let id = world.create_steps(vec![step("Go", &["notes"])]).await;
    engine.wake();
    assert_eq!(world.ended(id).await.status, Status::Completed);
    let [call] = <[_; 1]>::try_from(other.calls()).unwrap();
    assert_eq!(call.arguments, json!({"note": "x"}));
    assert_eq!(
        call.meta,
        json!({"fitness.progstrength/turn_id": id.to_string(), "fitness.progstrength/tool_use_id": "toolu_1"})
    );
    assert_eq!(call.authorization, "Bearer secret-of-notes");
    assert_eq!(world.mcp.remembers(|it| it.sessions), 0);
    other
        .until("the session is closed", |it| it.sessions_closed == 1)
        .await;
}

#[tokio::test]
async fn a_session_is_opened_by_the_step_that_needs_it_and_closed_at_the_end() {
    let mut world = World::sqlite().await;
    let (other, gate) = (McpServer::start().await, Gate::new());
    other.set_tools(vec![tool("empty", &json!({"type": "object"}), &json!({}))]);
    let connections = json!({"notes": {"url": other.url()}});
    world.set("MCP_CONNECTIONS", &connections.to_string());
    let engine = world.engine().await;
    world.claude.push_all([
        Reply::text("first").gate_at(1, &gate),
        Reply::text("second").gate_at(1, &gate),
    ]);
    let steps = [step("Go", &["prog_strength"]), step("Go on", &["notes"])];
    let id = world.create_steps(steps.into()).await;
    engine.wake();
    let sessions =
        || [&world.mcp, &other].map(|it| it.remembers(|it| (it.sessions, it.sessions_closed)));
    world.claude.asked_times(1).await;
    assert_eq!(sessions(), [(1, 0), (0, 0)]);
    gate.open(1);
    world.claude.asked_times(2).await;
    assert_eq!(sessions(), [(1, 0), (1, 0)]);
    gate.open(1);
    assert_eq!(world.ended(id).await.status, Status::Completed);
    for server in [&world.mcp, &other] {
        server
            .until("the session is closed", |it| it.sessions_closed == 1)
            .await;
    }
}

#[tokio::test]
async fn the_own_server_gets_a_fresh_token_of_the_owner() {
    let mut world = World::sqlite().await;
    world.set("PROG_STRENGTH_MCP_AUTH", "forward");
    world.set("JWT_ISSUER", "https://id.example");
    world.set("JWT_AUDIENCE", "training");
    let engine = world.engine().await;
    world.claude.push_all([
        Reply::tool("toolu_1", "prog_strength__whoami", json!({})),
        Reply::text("done"),
    ]);
    let id = world.create("Go").await;
    engine.wake();
    assert_eq!(world.ended(id).await.status, Status::Completed);
    let [call] = <[_; 1]>::try_from(world.mcp.calls()).unwrap();
    let token = call.authorization.strip_prefix("Bearer ").unwrap();
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims);
    let claims: Value = serde_json::from_slice(&claims.unwrap()).unwrap();
    assert_eq!(
        (&claims["sub"], &claims["iss"], &claims["aud"]),
        (
            &json!("sam"),
            &json!("https://id.example"),
            &json!("training")
        )
    );
    let life = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(life, 300);
}

#[tokio::test]
async fn claude_is_told_of_connections_that_cannot_be_used() {
    let mut world = World::sqlite().await;
    let closed = McpServer::start().await;
    closed.require_token("another");
    let connections = json!({"closed": {"url": closed.url()}});
    world.set("MCP_CONNECTIONS", &connections.to_string());
    let engine = world.engine().await;
    world.claude.push(Reply::text("done"));
    let id = world
        .create_steps(vec![step("Go", &["closed", "gone", "prog_strength"])])
        .await;
    engine.wake();
    assert_eq!(world.ended(id).await.status, Status::Completed);
    let body = world.claude.body();
    let told = context(&body);
    assert!(
        told.contains("The connection `closed` cannot be used ("),
        "{told}"
    );
    assert!(
        told.contains("The connection `gone` cannot be used (there is no such connection), so its tools are missing."),
        "{told}"
    );
    assert!(!told.contains("prog_strength"), "{told}");
}

#[tokio::test]
async fn calls_that_need_approval_are_refused_at_every_server_for_a_run_cannot_ask() {
    let mut world = World::sqlite().await;
    let other = McpServer::start().await;
    let schema = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    other.set_tools(vec![tool("publish", &schema, &json!({}))]);
    let connections = json!({"notes": {"url": other.url()}});
    world.set("MCP_CONNECTIONS", &connections.to_string());
    world.set("AGENT_APPROVALS", "writes");
    let engine = world.engine().await;
    world.claude.push_all([
        Reply::tool("t1", "notes__publish", json!({"note": "x"}))
            .and_tool("t2", "prog_strength__whoami", json!({}))
            .and_tool("t3", "prog_strength__list_exercises", json!({}))
            .and_tool("t4", "write_file", json!({"path": "a.md", "content": "x"})),
        Reply::text("done"),
    ]);
    let steps = vec![step("Go", &["notes", "prog_strength"])];
    let id = world.create_steps(steps).await;
    engine.wake();
    assert_eq!(world.ended(id).await.status, Status::Completed);
    let results = last_content(&world.claude.bodies()[1]);
    let refused = |id: &str| {
        let text = "not run: needs the user's confirmation, which this app cannot ask for. Nothing was changed by this call.";
        json!({"type": "tool_result", "tool_use_id": id, "is_error": true, "content": [{"type": "text", "text": text}]})
    };
    assert_eq!(results[..2], [refused("t1"), refused("t2")]);
    let failed = |result: &Value| result.get("is_error").is_some();
    assert!(!failed(&results[2]) && !failed(&results[3]), "{results:?}");
    assert!(other.calls().is_empty());
    assert_eq!(world.mcp.called(), ["list_exercises"]);
}
