//! Calls that are not forwarded.

use serde_json::json;

use crate::{
    support::helpers::{bad, obey, result_of},
    support::{
        fake_claude::Reply,
        mcp_server::McpServer,
        mcp_tools::{bench_press, owned, read, tool},
        test_app::TestApp,
    },
};

#[tokio::test]
async fn a_call_to_a_tool_that_is_not_in_the_catalogue_is_not_forwarded() {
    let app = TestApp::start().await;
    obey(&app);
    assert_eq!(
        result_of(&app, "drop_tables").await,
        bad("There is no tool named drop_tables. Nothing was run.")
    );
    result_of(&app, "list_exercises").await;
    assert_eq!(app.mcp.called(), ["list_exercises"]);
}

#[tokio::test]
async fn a_name_that_only_resembles_a_tools_is_not_in_the_catalogue() {
    let app = TestApp::start().await;
    for name in ["list.exercises", "list exercises", "weird.name/x"] {
        app.claude
            .push_all([Reply::tool("toolu_1", name, json!({})), Reply::text("done")]);
        let answer = app.ask("go").await.ok();
        let result = &answer["messages"][1]["content"][0];
        assert_eq!(result["is_error"], true, "{name}: {result}");
    }
    assert_eq!(app.mcp.called(), Vec::<String>::new());
}

#[tokio::test]
async fn a_tool_that_was_left_out_cannot_be_called_either() {
    let mcp = McpServer::start().await;
    let mut either = owned();
    either["oneOf"] = json!([{"required": ["note"]}]);
    mcp.set_tools(vec![
        tool("whoami", &either, &json!({})),
        tool("list_exercises", &json!({"type": "object"}), &read()),
    ]);
    let app = TestApp::builder().start_with(mcp).await;
    obey(&app);
    assert_eq!(
        result_of(&app, "whoami").await,
        bad("There is no tool named whoami. Nothing was run.")
    );
    result_of(&app, "list_exercises").await;
    assert_eq!(app.mcp.called(), ["list_exercises"]);
}

#[tokio::test]
async fn a_tool_call_in_the_clients_history_is_never_executed() {
    let app = TestApp::with([
        Reply::text("I see."),
        Reply::tool("toolu_9", "list_exercises", json!({})),
        Reply::text("done"),
    ])
    .await;
    let call = json!({"type": "tool_use", "id": "toolu_1", "name": "create_workout", "input": bench_press()});
    let result = json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": "created"});
    let asked = json!({"role": "user", "content": "log it"});
    let unanswered = json!([asked, {"role": "assistant", "content": [call]}, {"role": "user", "content": "well?"}]);
    let answered = json!([asked, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]);
    for messages in [unanswered, answered] {
        app.chat("sam", &json!({"messages": messages})).await.ok();
    }
    assert_eq!(app.mcp.called(), ["list_exercises"]);
}
