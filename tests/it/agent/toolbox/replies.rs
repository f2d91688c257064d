//! Replies are kept before what follows from them.

use futures_util::StreamExt;
use prog_strength_agent::agent::{Event, Turn};
use serde_json::{Value, json};

use super::{Recorder, World, call, question, text};
use crate::support::{
    fake_claude::Reply,
    wait::{Gate, within},
};

#[tokio::test]
async fn a_reply_is_kept_before_its_calls_run_and_the_last_one_before_the_end() {
    let gate = Gate::new();
    let input = json!({"q": "bob"});
    let first = Reply::text("Hm.")
        .and_tool("t1", "echo", input.clone())
        .and_tool("t2", "no tool", json!({}))
        .and_tool("t3", "echo", json!([1]))
        .usage(1, 7, 0, 0);
    let last = Reply::text("Done.").usage(1, 5, 0, 0);
    let world = World::new(&[], [first.gate_at(9, &gate), last]).await;
    let toolbox = Recorder::new();
    let setup = world.setup(&toolbox, &[question()]);
    let mut stream = Box::pin(Turn::new(world.client.clone(), setup).run(false));
    let mut events = Vec::new();
    while let Some(event) = within("the turn", stream.next()).await {
        if matches!(&event, Event::ToolUse { id, .. } if id == "t1") {
            // The first call is complete, the reply is not.
            assert_eq!(toolbox.steps(), Vec::<Value>::new());
            gate.open_for_good();
        }
        events.push(json!(event));
    }
    let blocks = json!([
        text("Hm."),
        call("t1", "echo", &input),
        call("t2", "no_tool", &json!({})),
        call("t3", "echo", &json!({})),
    ]);
    assert_eq!(
        toolbox.steps(),
        [
            json!(["reply", "Calls", "tool_use", blocks, 7]),
            json!(["call", "t1", "echo", input]),
            json!(["call", "t2", "no_tool", null]),
            json!(["call", "t3", "echo", null]),
            json!(["reply", "End", "end_turn", [text("Done.")], 5]),
        ]
    );
    assert_eq!(events.last().unwrap()["content"], json!([text("Done.")]));
    let results = &world.claude.bodies()[1]["messages"][2]["content"];
    assert_eq!(results[0]["content"], json!([text(&input.to_string())]));
    assert_eq!(results[1]["content"], json!([text("no such tool")]));
    assert_eq!(results[2]["is_error"], true);
}

#[tokio::test]
async fn a_halt_on_a_reply_ends_the_turn_before_its_calls() {
    let world = World::new(&[], [Reply::tool("t1", "echo", json!({}))]).await;
    let toolbox = Recorder::new();
    toolbox.change(|record| record.halt_on_reply = true);
    let events = world.run(world.setup(&toolbox, &[question()])).await;
    assert_eq!(events, [json!({"halted": true, "code": "internal"})]);
    assert_eq!(toolbox.steps().len(), 1);
    assert_eq!(world.claude.asked().len(), 1);
}

#[tokio::test]
async fn a_halt_on_a_call_ends_the_turn_before_claude_is_asked_again() {
    let reply = Reply::tool("t1", "echo", json!({})).and_tool("t2", "no tool", json!({}));
    let world = World::new(&[], [reply]).await;
    let toolbox = Recorder::new();
    toolbox.change(|record| record.halt_on_call = true);
    let events = world.run(world.setup(&toolbox, &[question()])).await;
    assert_eq!(events, [json!({"halted": true, "code": "internal"})]);
    assert_eq!(world.claude.asked().len(), 1);
}

#[tokio::test]
async fn a_halt_on_the_last_reply_replaces_the_answer() {
    let world = World::new(&[], [Reply::text("Done.")]).await;
    let toolbox = Recorder::new();
    toolbox.change(|record| record.halt_on_reply = true);
    let events = world.run(world.setup(&toolbox, &[question()])).await;
    assert_eq!(events, [json!({"halted": true, "code": "internal"})]);
}

#[tokio::test]
async fn a_reply_that_fails_is_asked_for_again_and_its_tokens_count() {
    let broken = Reply::tool("t1", "echo", json!({})).usage(1, 3, 0, 0);
    let replies = [broken.cut_after(3), Reply::text("Done.").usage(1, 5, 0, 0)];
    let world = World::new(&[], replies).await;
    let toolbox = Recorder::new();
    let events = world.run(world.setup(&toolbox, &[question()])).await;
    let usage = &events.last().unwrap()["usage"];
    assert_eq!(usage["input_tokens"], 2);
    let kept = json!([
        "reply",
        "End",
        "end_turn",
        [text("Done.")],
        usage["output_tokens"]
    ]);
    assert_eq!(toolbox.steps(), [kept]);
}

#[tokio::test]
async fn an_unexplained_refusal_is_kept_with_its_explanation() {
    let world = World::new(&[], [Reply::empty().refused(json!({}))]).await;
    let toolbox = Recorder::new();
    let events = world.run(world.setup(&toolbox, &[question()])).await;
    let content = &events.last().unwrap()["content"];
    assert_eq!(content.as_array().unwrap().len(), 1);
    let kept = toolbox.steps().remove(0);
    assert_eq!(kept[2], "refusal");
    assert_eq!(kept[3], *content);
}
