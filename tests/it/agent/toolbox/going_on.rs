//! Turns that go on with a stored conversation, and models of their own.

use prog_strength_agent::agent::{ModelChoice, claude::Message};
use serde_json::{Value, json};

use super::{Recorder, World, ids, question};
use crate::support::fake_claude::Reply;

/// A model that binds its thinking to everything before it.
const BINDING: &str = "claude-sonnet-5-5";

fn replies() -> Vec<Reply> {
    let search = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"n": 1.5}});
    let found =
        json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []});
    vec![
        Reply::empty()
            .thinking("Let me see.", "")
            .and_text("First \u{1f3cb}.")
            .and_block(search)
            .and_block(found)
            .and_tool("t1", "echo", json!({"n": 82.5, "text": "\"{}"})),
        Reply::empty()
            .thinking("More.", "")
            .and_tool("t2", "echo", json!({}))
            .and_tool("t3", "none", json!({})),
        Reply::text("Wait.").stop("pause_turn"),
        Reply::empty().thinking("Well.", "").and_text("Done."),
    ]
}

/// The messages of the last request.
fn last_messages(world: &World) -> Value {
    world.claude.bodies().pop().unwrap()["messages"].take()
}

#[tokio::test]
async fn a_turn_goes_on_from_any_stored_round_with_the_same_conversation() {
    let settings = [("CLAUDE_MODEL", BINDING)];
    let world = World::new(&settings, replies()).await;
    let toolbox = Recorder::new();
    world.run(world.setup(&toolbox, &[question()])).await;
    let whole = last_messages(&world);
    let stored = toolbox.stored();
    assert_eq!(stored.len(), 5);
    for (rounds, kept) in [(1, 2), (2, 4), (3, 5)] {
        let again = World::new(&settings, replies()).await;
        let first = Recorder::new();
        // The fake accepts no pause that is not its own.
        again.run(again.setup(&first, &[question()])).await;
        let before: Vec<Message> = [question()]
            .into_iter()
            .chain(first.stored().into_iter().take(kept))
            .collect();
        again.claude.push_all(replies().into_iter().skip(rounds));
        let toolbox = Recorder::new();
        let mut setup = again.setup(&toolbox, &before);
        setup.rounds = u32::try_from(rounds).unwrap();
        assert_eq!(setup.used_ids, ids(&before));
        let events = again.run(setup).await;
        assert_eq!(events.last().unwrap()["type"], "done");
        assert_eq!(last_messages(&again), whole, "from round {rounds}");
    }
}

#[tokio::test]
async fn rounds_of_earlier_attempts_count_towards_the_limit() {
    let replies = [
        Reply::tool("t1", "echo", json!({})),
        Reply::text("Enough.").and_tool("t2", "echo", json!({})),
    ];
    let world = World::new(&[], replies).await;
    let toolbox = Recorder::new();
    let mut setup = world.setup(&toolbox, &[question()]);
    setup.max_tool_rounds = 3;
    setup.rounds = 2;
    let events = world.run(setup).await;
    let choices: Vec<Value> = world
        .claude
        .bodies()
        .iter()
        .map(|it| it["tool_choice"].clone())
        .collect();
    assert_eq!(choices, [json!(null), json!({"type": "none"})]);
    assert_eq!(events.last().unwrap()["stop_reason"], "max_tool_rounds");
    let last = toolbox.steps().pop().unwrap();
    let said = json!([{"type": "text", "text": "Enough."}]);
    let tokens = last[4].clone();
    assert_eq!(
        last,
        json!(["reply", "End", "max_tool_rounds", said, tokens])
    );
}

#[tokio::test]
async fn a_turn_has_a_model_a_prompt_and_a_limit_of_its_own() {
    let world = World::new(&[], [Reply::text("Hi.")]).await;
    let toolbox = Recorder::new();
    let mut setup = world.setup(&toolbox, &[question()]);
    setup.models =
        ModelChoice::new(&world.config, "be brief", Some("claude-opus-4-6"), Some(99)).unwrap();
    world.run(setup).await;
    let body = world.claude.body();
    assert_eq!(body["model"], "claude-opus-4-6");
    assert_eq!(body["max_tokens"], 99);
    assert_eq!(body["system"][0]["text"], "be brief");
    assert_eq!(body["system"][1]["text"], "Today is Monday.");
}

#[tokio::test]
async fn an_overloaded_model_is_replaced_by_the_fallback_model_with_the_turns_own_prompt() {
    let settings = [
        ("CLAUDE_FALLBACK_MODEL", "claude-haiku-4-5"),
        ("CLAUDE_MAX_RETRIES", "0"),
    ];
    let replies = [Reply::status(529, "{}"), Reply::text("Hi.")];
    let world = World::new(&settings, replies).await;
    let toolbox = Recorder::new();
    let setup = world.setup(&toolbox, &[question()]);
    let events = world.run(setup).await;
    assert_eq!(events.last().unwrap()["model"], "claude-haiku-4-5");
    assert_eq!(
        world.claude.bodies()[1]["system"][0]["text"],
        "a run's prompt"
    );
    let metrics = world.metrics.encode();
    assert!(metrics.contains("claude_fallbacks_total 1"), "{metrics}");
}

#[tokio::test]
async fn thinking_that_no_longer_fits_is_left_out_of_a_second_request() {
    let settings = [("CLAUDE_MODEL", BINDING)];
    let world = World::new(&settings, replies()).await;
    world.claude.allow_refusals();
    let toolbox = Recorder::new();
    world.run(world.setup(&toolbox, &[question()])).await;
    let mut messages = vec![question()];
    messages.extend(toolbox.stored());
    world.claude.push(Reply::text("Done."));
    let mut setup = world.setup(&Recorder::new(), &messages);
    setup.user_context = "Today is Tuesday.".into();
    let events = world.run(setup).await;
    assert_eq!(events.last().unwrap()["type"], "done");
    assert!(!last_messages(&world).to_string().contains("Let me see."));
}
