//! Which calls each setting holds.

use serde_json::{Value, json};

use super::{asking, kinds};
use crate::support::{
    fake_claude::Reply, mcp_server::McpServer, mcp_tools::bench_press, test_app::TestApp,
};

/// A service with this policy, whose MCP server has a tool of each kind.
async fn service(policy: &str) -> TestApp {
    let mcp = McpServer::start().await;
    mcp.set_tools(kinds());
    TestApp::builder()
        .env("AGENT_APPROVALS", policy)
        .start_with(mcp)
        .await
}

#[tokio::test]
async fn each_policy_holds_its_calls_and_runs_the_others() {
    let names = [
        "list_workouts",
        "whoami_add",
        "whoami_put",
        "create_workout",
        "weird_name_x",
    ];
    for (policy, held) in [
        ("off", vec![]),
        ("destructive", vec!["whoami_put", "create_workout"]),
        ("writes", vec!["whoami_add", "whoami_put", "create_workout"]),
        (
            "list_workouts, weird.name/x",
            vec!["list_workouts", "weird_name_x"],
        ),
    ] {
        let app = service(policy).await;
        let call = |reply: Reply, (n, name): (usize, &&str)| {
            let input = match *name {
                "create_workout" => bench_press(),
                _ => json!({}),
            };
            reply.and_tool(&format!("t{n}"), name, input)
        };
        app.claude
            .push(names.iter().enumerate().fold(Reply::empty(), call));
        if held.is_empty() {
            app.claude.push(Reply::text("Done."));
        }
        let answer = app.chat("sam", &asking("go")).await.ok();
        let asked = answer["approvals"].as_array().cloned().unwrap_or_default();
        let asked: Vec<&str> = asked.iter().filter_map(|it| it["name"].as_str()).collect();
        assert_eq!(asked, held, "{policy}");
        assert_eq!(app.mcp.calls().len(), names.len() - held.len(), "{policy}");
    }
}

#[tokio::test]
async fn a_request_has_the_tools_title_and_says_whether_it_is_destructive() {
    let app = service("writes").await;
    app.claude
        .push(Reply::tool("t1", "whoami_put", json!({})).and_tool(
            "t2",
            "whoami_add",
            json!({"note": "x"}),
        ));
    let answer = app.chat("sam", &asking("go")).await.ok();
    let said = |n: usize| {
        let request = &answer["approvals"][n];
        json!([request["title"], request["destructive"], request["input"]])
    };
    let expected: [Value; 2] = [
        json!(["Replace a note", true, {}]),
        json!(["whoami_add", false, {"note": "x"}]),
    ];
    assert_eq!([said(0), said(1)], expected);
}
