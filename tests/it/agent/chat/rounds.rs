//! What goes on from round to round: pauses, the limit of rounds, and the tools in between.

use serde_json::{Value, json};

use super::without_breakpoints;
use crate::support::{fake_claude::Reply, mcp_tools::bench_press, test_app::TestApp, wait::Gate};

#[tokio::test]
async fn a_read_started_early_is_thrown_away_when_the_reply_turns_out_not_to_ask_for_it() {
    let gate = Gate::new();
    let reply = Reply::text("Hm.")
        .and_tool("t1", "list_workouts", json!({}))
        .stop("max_tokens");
    let app = TestApp::with([reply.gate_at(9, &gate)]).await;
    let asking = app.ask("go");
    let ending = async {
        app.mcp.called_tool("list_workouts").await;
        gate.open_for_good();
    };
    let (answer, ()) = tokio::join!(asking, ending);
    let answer = answer.ok();
    let said = json!([{"type": "text", "text": "Hm."}]);
    assert_eq!(answer["content"], said);
    assert_eq!(
        answer["messages"],
        json!([{"role": "assistant", "content": said}])
    );
}

#[tokio::test]
async fn a_paused_reply_is_sent_back_whole_and_its_server_blocks_stay_out_of_the_answer() {
    let search = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "bench"}});
    let found =
        json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []});
    let paused = Reply::text("Searching.")
        .and_block(search.clone())
        .and_block(found.clone())
        .stop("pause_turn");
    let app = TestApp::with([
        paused.usage(5, 5, 0, 0),
        Reply::text("Found it.").usage(6, 6, 0, 0),
    ])
    .await;
    let answer = app.ask("look it up").await.ok();
    assert_eq!(answer["stop_reason"], "end_turn");
    assert_eq!(
        answer["content"],
        json!([{"type": "text", "text": "Found it."}])
    );
    assert_eq!(answer["usage"]["output_tokens"], 11);
    let sent_back = without_breakpoints(&app.claude.bodies()[1]["messages"][1]);
    assert_eq!(
        sent_back,
        json!({"role": "assistant", "content": [{"type": "text", "text": "Searching."}, search, found]})
    );
    assert!(
        !answer["messages"].to_string().contains("web_search"),
        "{}",
        answer["messages"]
    );
}

#[tokio::test]
async fn a_pause_counts_as_a_round() {
    let app = TestApp::builder()
        .env("AGENT_MAX_TOOL_ROUNDS", "2")
        .start()
        .await;
    app.claude.push_all([
        Reply::text("one").stop("pause_turn"),
        Reply::text("two").stop("pause_turn"),
        Reply::text("three"),
    ]);
    app.ask("go").await.ok();
    let choices: Vec<Value> = app
        .claude
        .bodies()
        .iter()
        .map(|body| body["tool_choice"]["type"].clone())
        .collect();
    assert_eq!(choices[2], "none");
    assert!(!choices[..2].contains(&json!("none")));
}

#[tokio::test]
async fn after_the_last_round_one_more_call_is_made_without_tools() {
    let app = TestApp::builder()
        .env("AGENT_MAX_TOOL_ROUNDS", "2")
        .start()
        .await;
    app.claude.push_all([
        Reply::tool("t1", "list_workouts", json!({})),
        Reply::tool("t2", "list_workouts", json!({})),
        Reply::text("I looked twice."),
    ]);
    let answer = app.ask("go").await.ok();
    assert_eq!(answer["stop_reason"], "end_turn");
    assert_eq!(answer["content"][0]["text"], "I looked twice.");
    assert_eq!(app.mcp.called().len(), 2);
    let last = &app.claude.bodies()[2];
    assert_eq!(last["tool_choice"], json!({"type": "none"}));
    assert_eq!(last["tools"], app.claude.bodies()[0]["tools"]);
}

#[tokio::test]
async fn calls_in_the_last_call_all_the_same_are_ignored() {
    let app = TestApp::builder()
        .env("AGENT_MAX_TOOL_ROUNDS", "1")
        .start()
        .await;
    app.claude.push_all([
        Reply::tool("t1", "list_workouts", json!({})),
        Reply::text("One more:").and_tool("t2", "create_workout", bench_press()),
    ]);
    let answer = app.ask("go").await.ok();
    assert_eq!(answer["stop_reason"], "max_tool_rounds");
    assert_eq!(
        answer["content"],
        json!([{"type": "text", "text": "One more:"}])
    );
    assert_eq!(
        answer["messages"][2],
        json!({"role": "assistant", "content": [{"type": "text", "text": "One more:"}]})
    );
    assert_eq!(app.mcp.called(), ["list_workouts"]);
}

#[tokio::test]
async fn the_tools_of_one_message_run_at_the_same_time_and_answer_in_the_order_asked() {
    let app = TestApp::with([
        Reply::tool("t1", "slow_write", json!({"key": "a"}))
            .and_tool("t2", "slow_read", json!({"key": "b"}))
            .and_tool("t3", "slow_write", json!({"key": "c"}))
            .and_tool("t4", "list_exercises", json!({})),
        Reply::text("done"),
    ])
    .await;
    let asking = app.ask("go");
    let opening = async {
        app.mcp
            .until("all three slow ones run", |memory| {
                memory
                    .calls
                    .iter()
                    .filter(|call| call.name.starts_with("slow"))
                    .count()
                    == 3
            })
            .await;
        app.mcp.gate.open_for_good();
    };
    let (answer, ()) = tokio::join!(asking, opening);
    let results = answer.ok()["messages"][1]["content"].clone();
    let ids: Vec<&Value> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["tool_use_id"])
        .collect();
    assert_eq!(ids, ["t1", "t2", "t3", "t4"]);
    assert_eq!(
        results[1]["content"],
        json!([{"type": "text", "text": "slow_read is done"}])
    );
}

#[tokio::test]
async fn a_tool_that_is_not_in_the_catalogue_is_not_called_and_claude_is_told() {
    let app = TestApp::with([
        Reply::tool("t1", "delete_everything", json!({})).and_tool(
            "t2",
            "list_exercises",
            json!({}),
        ),
        Reply::text("sorry"),
    ])
    .await;
    let answer = app.ask("go").await.ok();
    assert_eq!(app.mcp.called(), ["list_exercises"]);
    let result = &answer["messages"][1]["content"][0];
    assert_eq!(
        (&result["tool_use_id"], &result["is_error"]),
        (&json!("t1"), &json!(true))
    );
}

#[tokio::test]
async fn a_tool_call_whose_input_is_broken_is_not_run_and_claude_is_told() {
    let app = TestApp::with([
        Reply::empty()
            .and_tool_pieces("t1", "create_workout", &["{\"exercises\": [}"])
            .stop("tool_use"),
        Reply::empty()
            .and_tool_pieces("t2", "create_workout", &["[1, 2]"])
            .stop("tool_use"),
        Reply::text("sorry"),
    ])
    .await;
    let answer = app.ask("go").await.ok();
    assert_eq!(app.mcp.called(), [""; 0]);
    for (call, result) in [(0, 1), (2, 3)] {
        assert_eq!(answer["messages"][call]["content"][0]["input"], json!({}));
        assert_eq!(answer["messages"][result]["content"][0]["is_error"], true);
    }
}
