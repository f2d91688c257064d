//! Another attempt goes on where an interrupted one stood.

use prog_strength_agent::runs::model::{RetryReason, Status};
use serde_json::{Value, json};

use super::world::{OWN, World, active};
use crate::support::{
    fake_claude::{Reply, remove_breakpoints},
    helpers::{last_content, unknown},
};

const INTERRUPTED: &str = "the work was interrupted before the tool answered";

fn messages(body: &Value) -> Value {
    let mut messages = body["messages"].clone();
    remove_breakpoints(&mut messages);
    messages
}

/// A run whose only call is of this tool is interrupted during it. Returns the result that Claude gets afterwards.
async fn interrupted_during(world: &World, tool: &str) -> Value {
    let name = format!("{OWN}{tool}");
    world.claude.push_all([
        Reply::tool("toolu_1", &name, json!({"key": "k"})),
        Reply::text("done"),
    ]);
    let mortal = world.mortal().await;
    let id = world.create("Go").await;
    mortal.engine.wake();
    world.mcp.called_tool(tool).await;
    mortal.kill();
    world.mcp.gate.open_for_good();
    let engine = world.engine().await;
    let run = world.ended(id).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 2));
    let types = world.types(id).await;
    assert_eq!(
        types,
        [
            "started",
            "tool_call",
            "usage",
            "retried",
            "tool_result",
            "text",
            "usage",
            "completed"
        ]
    );
    let retried = &world.journal(id).await[3];
    assert_eq!(
        *retried,
        json!({"type": "retried", "attempt": 2, "reason": RetryReason::Interrupted})
    );
    drop(engine);
    let bodies = world.claude.bodies();
    assert_eq!(bodies.len(), 2);
    last_content(&bodies[1])[0].clone()
}

#[tokio::test]
async fn a_write_without_a_result_is_not_repeated_and_its_outcome_is_unknown() {
    let world = World::sqlite().await;
    let result = interrupted_during(&world, "slow_write").await;
    assert_eq!(result["is_error"], true);
    assert_eq!(result["content"][0]["text"], unknown(INTERRUPTED));
    assert_eq!(world.mcp.called(), ["slow_write"]);
}

#[tokio::test]
async fn reads_and_idempotent_calls_are_repeated_with_the_same_ids() {
    for tool in ["slow_read", "slow_idempotent"] {
        let world = World::sqlite().await;
        let result = interrupted_during(&world, tool).await;
        assert_eq!(result["content"][0]["text"], format!("{tool} is done"));
        let [first, second] = <[_; 2]>::try_from(world.mcp.calls()).unwrap();
        assert_eq!(first.meta, second.meta);
        assert_eq!(first.arguments, second.arguments);
    }
}

#[tokio::test]
async fn a_call_that_has_a_result_is_not_made_again_and_the_conversation_is_the_same() {
    let create = format!("{OWN}create_workout");
    let script = || {
        [
            Reply::empty()
                .thinking("Let me see.", "signature")
                .and_text("I log it.")
                .and_tool("toolu_1", &create, json!({"exercises": []}))
                .and_tool(
                    "toolu_2",
                    "write_file",
                    json!({"path": "a.csv", "content": "1,2"}),
                ),
            Reply::tool("toolu_3", "read_file", json!({"path": "a.csv"})),
            Reply::text("done"),
        ]
    };
    let plain = World::sqlite().await;
    plain.claude.push_all(script());
    let engine = plain.engine().await;
    let id = plain.create("Go").await;
    engine.wake();
    plain.ended(id).await;

    let world = World::sqlite().await;
    let [first, second, third] = script();
    // The second request is never answered by the first process's Claude.
    world.claude.push_all([first, Reply::hang_before_headers()]);
    let mortal = world.mortal().await;
    let id = world.create("Go").await;
    mortal.engine.wake();
    world.claude.asked_times(2).await;
    mortal.kill();
    world.claude.push_all([second, third]);
    let _engine = world.engine().await;
    let run = world.ended(id).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 2));
    assert_eq!(world.mcp.called(), ["create_workout"]);
    let (bodies, expected) = (world.claude.bodies(), plain.claude.bodies());
    assert_eq!(bodies.len(), 4);
    assert_eq!(messages(&bodies[1]), messages(&expected[1]));
    assert_eq!(messages(&bodies[2]), messages(&expected[1]));
    assert_eq!(messages(&bodies[3]), messages(&expected[2]));
    let files: Vec<_> = run
        .files
        .iter()
        .map(|file| (&*file.name, file.size))
        .collect();
    assert_eq!(files, [("a.csv", 3)]);
}

#[tokio::test]
async fn attempts_are_counted_and_the_last_one_fails_the_run() {
    let world = World::sqlite().await;
    world.claude.on(|_| Reply::hang_before_headers());
    let id = world.create("Go").await;
    for attempt in 1..=3 {
        let mortal = world.mortal().await;
        world.claude.asked_times(attempt).await;
        mortal.kill();
    }
    let engine = world.engine().await;
    let run = world.ended(id).await;
    let error = run.error.unwrap();
    assert_eq!(
        (run.status, run.attempt, &*error.code),
        (Status::Failed, 3, "attempts_exhausted")
    );
    assert_eq!(
        world.types(id).await,
        ["started", "retried", "retried", "failed"]
    );
    // It has held up nobody.
    world.claude.on(|_| Reply::text("done"));
    let next = world.create("Go").await;
    engine.wake();
    assert_eq!(world.ended(next).await.status, Status::Completed);
}

#[tokio::test]
async fn runs_that_were_interrupted_by_another_keep_an_attempt() {
    let mut world = World::sqlite().await;
    world.set("RUNS_PER_USER", "10");
    world.claude.on(|_| Reply::hang_before_headers());
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(world.create("Go").await);
    }
    for asked in [3, 6] {
        let mortal = world.mortal().await;
        world.claude.asked_times(asked).await;
        mortal.kill();
    }
    // Each may be the one at fault: the last attempts are made one by one.
    let mortal = world.mortal().await;
    active(&mortal.engine).await;
    world.claude.asked_times(7).await;
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    assert_eq!(world.claude.bodies().len(), 7);
    mortal.kill();
    world.claude.on(|_| Reply::text("done"));
    let _engine = world.engine().await;
    let mut codes = Vec::new();
    for id in runs {
        codes.push(world.ended(id).await.error.map(|error| error.code));
    }
    codes.sort();
    assert_eq!(codes, [None, None, Some("attempts_exhausted".to_owned())]);
}

#[tokio::test]
async fn what_was_answered_before_the_death_is_not_asked_again() {
    let world = World::sqlite().await;
    // The answer is complete and stored when the process dies during the upload.
    world
        .claude
        .push_all([Reply::file("a.txt", "x"), Reply::text("done")]);
    let files = world.folder.0.join("files");
    let mortal = world.mortal().await;
    // The store cannot be written to: the file is listed with its error.
    std::fs::remove_dir_all(&files).unwrap();
    std::fs::write(&files, "in the way").unwrap();
    let id = world.create("Go").await;
    mortal.engine.wake();
    let run = world.ended(id).await;
    assert_eq!(run.status, Status::Completed);
    assert_eq!(run.files.len(), 1);
    assert!(run.files[0].error.is_some() && run.files[0].key.is_none());
    assert_eq!(world.claude.bodies().len(), 2);
}

#[tokio::test]
async fn the_turn_id_stays_the_same_over_attempts_on_another_machine() {
    let world = World::sqlite().await;
    let call = |id: &str| Reply::tool(id, &format!("{OWN}whoami"), json!({}));
    let kept = json!({"path": "a.txt", "content": "kept"});
    world.claude.push_all([
        call("toolu_1").and_tool("toolu_2", "write_file", kept),
        Reply::hang_before_headers(),
    ]);
    let mortal = world.mortal().await;
    let id = world.create("Go").await;
    mortal.engine.wake();
    world.claude.asked_times(2).await;
    mortal.kill();
    // Nothing of what was on the disk of the first is there.
    std::fs::remove_dir_all(world.work_folder()).unwrap();
    world
        .claude
        .push_all([call("toolu_3"), Reply::text("done")]);
    let _engine = world.engine().await;
    let run = world.ended(id).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 2));
    let names: Vec<_> = run
        .files
        .iter()
        .map(|file| (&*file.name, file.size))
        .collect();
    assert_eq!(names, [("a.txt", 4)]);
    let calls = world.mcp.calls();
    let ids: Vec<_> = calls
        .iter()
        .map(|call| {
            ["turn_id", "tool_use_id"].map(|it| &call.meta[format!("fitness.progstrength/{it}")])
        })
        .collect();
    let turn = json!(id.to_string());
    assert_eq!(
        ids,
        [[&turn, &json!("toolu_1")], [&turn, &json!("toolu_3")]]
    );
}
