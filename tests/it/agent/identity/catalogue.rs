//! The tools that Claude is offered: their names, their order, and which are left out.

use serde_json::{Value, json};

use crate::{
    support::helpers::obey,
    support::{
        fake_claude::Reply,
        mcp_server::McpServer,
        mcp_tools::{catalogue, owned, read, tool},
        sse::stable,
        test_app::TestApp,
    },
};

#[tokio::test]
async fn a_name_that_claude_would_refuse_is_mapped_and_mapped_back() {
    let app = TestApp::with([
        Reply::tool("toolu_1", "weird_name_x", json!({"key": "k"})),
        Reply::text("done"),
    ])
    .await;
    let events = app.ask_streaming("be weird").await.rest().await;
    let call = &app.mcp.calls()[0];
    assert_eq!(
        (call.name.as_str(), &call.arguments),
        ("weird.name/x", &json!({"key": "k"}))
    );
    let names: Vec<(&str, &Value)> = events
        .iter()
        .filter(|event| event.kind.starts_with("tool_"))
        .map(|event| (event.kind.as_str(), &event.data["name"]))
        .collect();
    let claudes = json!("weird_name_x");
    assert_eq!(
        names,
        [
            ("tool_use_start", &claudes),
            ("tool_use", &claudes),
            ("tool_result", &claudes)
        ]
    );
    let done = stable(events.last().expect("a last event").data.clone());
    assert_eq!(done["messages"][0]["content"][0]["name"], claudes);
}

#[tokio::test]
async fn mapped_names_are_unique_and_lead_to_their_own_tools() {
    let mcp = McpServer::start().await;
    let long = format!("{}.z", "l".repeat(70));
    let servers = ["a.b", "a/b", "a_b", &long];
    let schema = json!({"type": "object"});
    mcp.set_tools(
        servers
            .iter()
            .map(|name| tool(name, &schema, &read()))
            .collect(),
    );
    let app = TestApp::builder().start_with(mcp).await;
    obey(&app);
    app.ask("a_b").await.ok();
    let specs = app.claude.bodies()[0]["tools"].clone();
    let specs = specs.as_array().expect("a list");
    let described = |server: &str| format!("The test tool {server}.");
    let name_for = |server: &str| {
        let mut of_it = specs
            .iter()
            .filter(|spec| spec["description"] == described(server));
        of_it.next().expect("a spec")["name"]
            .as_str()
            .expect("a name")
            .to_owned()
    };
    assert_eq!(name_for("a_b"), "a_b");
    for server in servers {
        app.ask(&name_for(server)).await.ok();
    }
    assert_eq!(app.mcp.called(), ["a_b", "a.b", "a/b", "a_b", &long]);
}

#[tokio::test]
async fn tools_that_claude_would_refuse_are_left_out_and_counted_and_mended_where_they_can_be() {
    let mcp = McpServer::start().await;
    let odd_key = json!({"type": "object", "properties": {"what? no": {"type": "string"}}});
    mcp.set_tools(vec![
        tool(
            "any",
            &json!({"type": "object", "anyOf": [{"required": ["a"]}]}),
            &read(),
        ),
        tool(
            "all",
            &json!({"type": "object", "allOf": [{"required": ["a"]}]}),
            &read(),
        ),
        tool("odd_key", &odd_key, &read()),
        tool("untyped", &json!({"properties": {}}), &read()),
        tool("whoami", &owned(), &json!({})),
    ]);
    let app = TestApp::builder().start_with(mcp).await;
    app.claude.push(Reply::text("hello"));
    app.ask("hi").await.ok();
    assert_eq!(
        app.get("/ready").await.ok(),
        json!({"status": "ready", "mcp": {"state": "connected",
            "server": {"name": "prog-strength-test", "version": "9.9.9"}, "tools": 2, "tools_left_out": 3}})
    );
    let tools = app.claude.body()["tools"].clone();
    assert_eq!(tools.as_array().map(Vec::len), Some(2));
    assert_eq!(
        tools[0],
        json!({"name": "untyped", "description": "The test tool untyped.",
            "input_schema": {"properties": {}, "type": "object"}})
    );
}

#[tokio::test]
async fn the_order_of_the_tools_does_not_depend_on_the_order_of_the_servers_list() {
    let mut lists = Vec::new();
    for backwards in [false, true] {
        let mcp = McpServer::start().await;
        let mut tools = catalogue();
        if backwards {
            tools.reverse();
        }
        mcp.set_tools(tools);
        let app = TestApp::builder().start_with(mcp).await;
        app.claude.push(Reply::text("hello"));
        app.ask("hi").await.ok();
        lists.push(app.claude.body()["tools"].to_string());
    }
    assert_eq!(lists[0], lists[1]);
}
