//! What a run writes down, and what it answers.

use std::time::Duration;

use prog_strength_agent::runs::model::{RunInput, Status, Step};
use serde_json::{Value, json};
use sqlx::Executor;

use super::world::{OWN, World};
use crate::support::{
    fake_claude::Reply,
    helpers::{good, last_content},
    mcp_tools::bench_press,
    wait::Gate,
};

#[tokio::test]
async fn each_reply_call_and_result_is_journalled_in_order() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let name = format!("{OWN}create_workout");
    world.claude.push_all([
        Reply::text("I log it.").and_tool("toolu_1", &name, bench_press()),
        Reply::text("Logged."),
    ]);
    let id = world.create("Log 5x185").await;
    engine.wake();
    let run = world.ended(id).await;
    assert_eq!(run.status, Status::Completed);
    assert_eq!(run.response.as_deref(), Some("Logged."));
    assert_eq!(run.stop_reason.as_deref(), Some("end_turn"));
    assert_eq!((run.attempt, run.files.len()), (1, 0));
    assert_eq!((run.usage.input_tokens, run.usage.output_tokens), (20, 10));
    let usage = json!({"type": "usage", "inputTokens": 10, "outputTokens": 5,
        "cacheCreationInputTokens": 0, "cacheReadInputTokens": 0});
    let mut journal = world.journal(id).await;
    let took = journal[4]
        .as_object_mut()
        .unwrap()
        .shift_remove("durationMs");
    assert!(took.is_some_and(|took| took.is_u64()));
    assert_eq!(
        journal,
        [
            json!({"type": "started", "attempt": 1}),
            json!({"type": "text", "text": "I log it."}),
            json!({"type": "tool_call", "id": "toolu_1", "name": name, "input": bench_press()}),
            usage.clone(),
            json!({"type": "tool_result", "id": "toolu_1", "name": name, "isError": false,
                "content": [{"type": "text", "text": r#"{"id":"w2","created":true}"#}]}),
            json!({"type": "text", "text": "Logged."}),
            usage,
            json!({"type": "completed", "stopReason": "end_turn"}),
        ]
    );
    let [call] = <[_; 1]>::try_from(world.mcp.calls()).unwrap();
    assert_eq!(call.arguments["user_id"], "sam");
    assert_eq!(
        call.meta,
        json!({"fitness.progstrength/user_id": "sam", "fitness.progstrength/tool_use_id": "toolu_1",
            "fitness.progstrength/turn_id": id.to_string(), "fitness.progstrength/request_id": id.to_string()})
    );
    world.cleaned_up().await;
}

#[tokio::test]
async fn prompts_of_the_request_and_the_operator_reach_claude() {
    let mut world = World::sqlite().await;
    world.set("SYSTEM_PROMPT", "Of the operator.");
    world.set("USER_PROMPT_PREFIX", "# Request");
    let engine = world.engine().await;
    let look = Reply::tool("toolu_1", "list_files", json!({}));
    world.claude.push(look);
    world.claude.on(|_| Reply::text("ok"));
    let step = |prompt: &str| Step {
        prompt: prompt.to_owned(),
        connections: None,
        allowed_tools: None,
    };
    let of_request = RunInput {
        steps: vec![step("Plan"), step("Check")],
        system_prompt: Some("Of the request.".into()),
        input: Some(json!({"week": 3})),
        max_tokens: Some(77),
        ..RunInput::default()
    };
    let first = world.create_input(of_request).await;
    engine.wake();
    world.ended(first).await;
    let second = world.create("Plan").await;
    engine.wake();
    world.ended(second).await;
    let bodies = world.claude.bodies();
    assert_eq!(bodies[0]["system"][0]["text"], "Of the request.");
    // For each call.
    assert!(bodies[..3].iter().all(|body| body["max_tokens"] == 77));
    assert_eq!(
        last_content(&bodies[0]),
        [json!({"type": "text", "text": "# Request\n\nPlan\n\nInput:\n{\"week\":3}"})]
    );
    // Prefix and input are for the first step.
    assert_eq!(
        last_content(&bodies[2]),
        [json!({"type": "text", "text": "Check"})]
    );
    assert_eq!(bodies[3]["system"][0]["text"], "Of the operator.");
}

#[tokio::test]
async fn steps_are_taken_in_one_conversation_and_the_last_answer_counts() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    world.claude.push_all([
        Reply::file("a.txt", "one"),
        Reply::text("First."),
        Reply::tool("toolu_2", "read_file", json!({"path": "a.txt"})),
        Reply::text("Second."),
    ]);
    let restricted = Step {
        prompt: "Read it".into(),
        connections: None,
        allowed_tools: Some(vec![format!("{OWN}list_exercises")]),
    };
    let open = Step {
        prompt: "Write it".into(),
        ..restricted.clone()
    };
    let open = Step {
        allowed_tools: None,
        ..open
    };
    let id = world.create_steps(vec![open, restricted]).await;
    engine.wake();
    let run = world.ended(id).await;
    assert_eq!(run.response.as_deref(), Some("Second."));
    let bodies = world.claude.bodies();
    let texts: Vec<&Value> = bodies[2]["messages"].as_array().unwrap().iter().collect();
    assert_eq!(texts.len(), 5);
    assert_eq!(texts[4]["content"][0]["text"], "Read it");
    let mut read = good("one");
    read["tool_use_id"] = "toolu_2".into();
    assert_eq!(last_content(&bodies[3]), [read]);
    let names = |body: &Value| -> Vec<String> {
        let tools = body["tools"].as_array().unwrap().iter();
        tools
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let workspace = ["write_file", "edit_file", "read_file", "list_files"];
    let mut expected = vec![format!("{OWN}list_exercises")];
    expected.extend(workspace.map(str::to_owned));
    assert_eq!(names(&bodies[2]), expected);
    assert!(names(&bodies[0]).len() > 15);
}

#[tokio::test]
async fn a_refused_call_has_its_result_in_the_journal() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    world.claude.push_all([
        Reply::tool("toolu_1", "no_such_tool", json!({})),
        Reply::text("There is none."),
    ]);
    let id = world.create("Try").await;
    engine.wake();
    assert_eq!(world.ended(id).await.status, Status::Completed);
    let result = &world.journal(id).await[3];
    assert_eq!(result["isError"], true);
    assert_eq!(
        result["content"][0]["text"],
        "There is no tool named no_such_tool. Nothing was run."
    );
}

#[tokio::test]
async fn a_failure_of_claude_ends_the_run_at_once() {
    let mut world = World::sqlite().await;
    world.set("CLAUDE_MAX_RETRIES", "0");
    let engine = world.engine().await;
    world
        .claude
        .push(Reply::error(529, "overloaded_error", "Overloaded"));
    let id = world.create("Try").await;
    engine.wake();
    let run = world.ended(id).await;
    assert_eq!(run.status, Status::Failed);
    assert_eq!(
        (run.attempt, &*run.error.unwrap().code),
        (1, "model_overloaded")
    );
    assert_eq!(world.types(id).await, ["started", "failed"]);
}

#[tokio::test]
async fn each_text_block_is_an_entry_and_thinking_is_none() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let citation = json!({"type": "char_location", "cited_text": "x", "document_index": 0});
    let cited = |text: &str| json!({"type": "text", "text": text, "citations": [citation]});
    let delta = json!({"type": "text_delta", "text": "Three."});
    world.claude.push(
        Reply::empty()
            .thinking("Hidden.", "signature")
            .and_text("One.")
            .and_text("Two.")
            .block(cited(""), vec![delta], cited("Three.")),
    );
    let id = world.create("Go").await;
    engine.wake();
    let run = world.ended(id).await;
    assert_eq!(run.response.as_deref(), Some("One.Two.Three."));
    let journal = world.journal(id).await;
    let texts: Vec<_> = journal
        .iter()
        .filter_map(|it| it["text"].as_str())
        .collect();
    assert_eq!(texts, ["One.", "Two.", "Three."]);
    let journal = Value::from(journal).to_string();
    assert!(!journal.contains("Hidden") && !journal.contains("signature"));
}

#[tokio::test]
async fn nothing_is_done_before_what_leads_to_it_is_journalled() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let (gate, mut raw) = (Gate::new(), world.raw().await);
    let write = format!("{OWN}slow_write");
    let call = Reply::tool("toolu_1", &write, json!({"key": "k"})).gate_at(1, &gate);
    world.claude.push_all([call, Reply::text("done")]);
    let id = world.create("Go").await;
    engine.wake();
    world.claude.asked_times(1).await;
    // While the database cannot be written to, neither the call is sent nor Claude asked again.
    for (open, asked, called) in [(&gate, 1, 0), (&world.mcp.gate, 1, 1)] {
        raw.execute("BEGIN IMMEDIATE").await.unwrap();
        open.open_for_good();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let done = (world.claude.bodies().len(), world.mcp.called().len());
        assert_eq!(done, (asked, called));
        raw.execute("COMMIT").await.unwrap();
        world.mcp.called_tool("slow_write").await;
    }
    assert_eq!(world.ended(id).await.status, Status::Completed);
}
