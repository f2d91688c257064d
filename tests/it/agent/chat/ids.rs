//! Ids of calls are unique in a conversation, whatever Claude's server makes of them.

use serde_json::{Value, json};

use crate::support::{
    fake_claude::Reply,
    mcp_tools::bench_press,
    test_app::{TestApp, user},
};

fn reading(ids: &[&str]) -> Reply {
    let call = |reply: Reply, id: &&str| reply.and_tool(id, "list_workouts", json!({}));
    ids.iter().fold(Reply::empty(), call)
}

/// The ids of the calls in these messages, and the calls that the results answer.
fn ids(messages: &Value) -> [Vec<String>; 2] {
    ["id", "tool_use_id"].map(|field| {
        let messages = messages.as_array().into_iter().flatten();
        let blocks = messages.filter_map(|message| message["content"].as_array());
        let ids = blocks.flatten().filter_map(|block| block[field].as_str());
        ids.map(str::to_owned).collect()
    })
}

#[tokio::test]
async fn an_id_that_was_used_before_is_replaced_in_the_call_and_in_its_result() {
    let app = TestApp::with([
        reading(&["toolu_old", "toolu_1", "toolu_1"]),
        reading(&["toolu_1", "toolu_2"]),
        Reply::text("Done."),
    ])
    .await;
    let mut request = user("go");
    let before = json!([
        {"role": "user", "content": "and before?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_old", "name": "list_workouts", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_old", "content": "[]"}]},
        {"role": "assistant", "content": "Nothing."},
    ]);
    let messages = request["messages"].as_array_mut().unwrap();
    messages.splice(0..0, before.as_array().unwrap().clone());
    let answer = app.chat("sam", &request).await.ok();
    let [calls, results] = ids(&answer["messages"]);
    assert_eq!(calls, results);
    assert_eq!(
        (calls[1].as_str(), calls[4].as_str()),
        ("toolu_1", "toolu_2")
    );
    let unique: std::collections::HashSet<_> = calls.iter().collect();
    assert!(
        unique.len() == 5 && !calls.contains(&"toolu_old".into()),
        "{calls:?}"
    );
    // What Claude was sent says the same.
    let [sent, _] = ids(&app.claude.bodies()[2]["messages"]);
    assert_eq!(sent, [vec!["toolu_old".to_owned()], calls].concat());
}

#[tokio::test]
async fn an_id_of_a_reply_that_was_forgotten_may_be_used_again() {
    let reply = || Reply::tool("toolu_1", "create_workout", bench_press());
    let app = TestApp::with([reply().cut_after(5), reply(), Reply::text("Done.")]).await;
    let answer = app.ask("log it").await.ok();
    assert_eq!(ids(&answer["messages"])[0], ["toolu_1"]);
    assert_eq!(app.mcp.calls().len(), 1);
}
