//! The limits of a run: rounds, tokens, working time, waiting time.

use std::time::Duration;

use jiff::Timestamp;
use prog_strength_agent::runs::model::Status;
use serde_json::json;

use super::world::{OWN, World, sam};
use crate::{runs::stores, support::fake_claude::Reply};

fn look(id: usize) -> Reply {
    Reply::tool(&format!("toolu_{id}"), "list_files", json!({}))
}

#[tokio::test]
async fn the_last_round_has_no_tools_and_completes_the_run() {
    let mut world = World::sqlite().await;
    world.set("RUNS_MAX_ROUNDS", "2");
    let engine = world.engine().await;
    world
        .claude
        .push_all([look(1), look(2), look(3).and_text("That is all.")]);
    let id = world.create("Go").await;
    engine.wake();
    let run = world.ended(id).await;
    assert_eq!(run.status, Status::Completed);
    assert_eq!(run.stop_reason.as_deref(), Some("max_tool_rounds"));
    assert_eq!(run.response.as_deref(), Some("That is all."));
    let last = world.claude.bodies().pop().unwrap();
    assert_eq!(last["tool_choice"], json!({"type": "none"}));
}

#[tokio::test]
async fn rounds_of_earlier_attempts_count() {
    let mut world = World::sqlite().await;
    world.set("RUNS_MAX_ROUNDS", "2");
    let mortal = world.mortal().await;
    world
        .claude
        .push_all([look(1), look(2), Reply::hang_before_headers()]);
    let id = world.create("Go").await;
    mortal.engine.wake();
    world.claude.asked_times(3).await;
    mortal.kill();
    world.claude.push(look(3).and_text("That is all."));
    let _engine = world.engine().await;
    let run = world.ended(id).await;
    assert_eq!(run.stop_reason.as_deref(), Some("max_tool_rounds"));
    let last = world.claude.bodies().pop().unwrap();
    assert_eq!(last["tool_choice"], json!({"type": "none"}));
}

#[tokio::test]
async fn a_run_that_has_used_its_tokens_fails_before_its_calls_are_made() {
    let mut world = World::sqlite().await;
    world.set("RUNS_MAX_TOKENS", "1000");
    let engine = world.engine().await;
    let write = format!("{OWN}create_workout");
    let greedy = Reply::tool("toolu_1", &write, json!({"exercises": []}));
    world.claude.push(greedy.usage(600, 400, 0, 0));
    let id = world.create("Go").await;
    engine.wake();
    let run = world.ended(id).await;
    assert_eq!(
        (run.status, &*run.error.unwrap().code),
        (Status::Failed, "budget_exceeded")
    );
    assert_eq!(world.mcp.called(), Vec::<String>::new());
    let journal = world.journal(id).await;
    // It is known that the call was not made.
    assert_eq!(
        journal[3]["content"][0]["text"],
        "not run: the work was stopped before. Nothing was changed by this call."
    );
}

#[tokio::test]
async fn an_answer_that_is_complete_is_given_whatever_it_took() {
    let mut world = World::sqlite().await;
    world.set("RUNS_MAX_TOKENS", "1000");
    let engine = world.engine().await;
    world.claude.push(Reply::text("done").usage(900, 400, 0, 0));
    let id = world.create("Go").await;
    engine.wake();
    assert_eq!(world.ended(id).await.status, Status::Completed);
}

#[tokio::test]
async fn the_working_time_counts_over_all_attempts() {
    let mut world = World::sqlite().await;
    world.set("AGENT_TIMEOUT_MS", "2000");
    world.claude.push_all([
        look(1),
        Reply::hang_before_headers(),
        Reply::hang_before_headers(),
    ]);
    let mortal = world.mortal().await;
    let id = world.create("Go").await;
    mortal.engine.wake();
    world.claude.asked_times(2).await;
    mortal.kill();
    let _engine = world.engine().await;
    let run = world.ended(id).await;
    let error = run.error.unwrap();
    assert_eq!(
        (run.status, &*error.code, run.attempt),
        (Status::Failed, "timeout", 2)
    );
}

#[tokio::test]
async fn a_run_that_waits_too_long_expires_within_five_seconds() {
    let mut world = World::sqlite().await;
    world.set("RUNS_QUEUE_TTL_SECS", "3");
    world.set("RUNS_CONCURRENCY", "1");
    world.claude.push(Reply::hang_before_headers());
    let engine = world.engine().await;
    world.create("Go").await;
    engine.wake();
    world.claude.asked_times(1).await;
    let waiting = world.create("Go").await;
    let began = tokio::time::Instant::now();
    let run = world.ended(waiting).await;
    assert_eq!(run.status, Status::Expired);
    assert!(
        began.elapsed() < Duration::from_secs(3 + 5),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(world.types(waiting).await, ["expired"]);
}

#[tokio::test]
async fn one_owner_has_four_runs_at_once_and_keeps_nobody_waiting() {
    let world = World::sqlite().await;
    world.claude.on(|_| Reply::hang_before_headers());
    let engine = world.engine().await;
    let mut runs = Vec::new();
    for _ in 0..6 {
        runs.push(world.create("Go").await);
    }
    let others = stores::queued(&world.store, "eve", None, Timestamp::now()).await;
    engine.wake();
    world.claude.asked_times(5).await;
    // The next one is taken when one has ended: until then all that may be taken was.
    let owner = sam();
    world
        .store
        .cancel(&owner, runs[0], Timestamp::now())
        .await
        .unwrap();
    engine.cancel(runs[0]);
    world.claude.asked_times(6).await;
    let counts = world.store.counts().await.unwrap();
    assert_eq!((counts.running, counts.queued), (5, 1));
    let others = world.store.run(&others.owner, others.id).await.unwrap();
    assert_eq!(others.unwrap().status, Status::Running);
    assert_eq!(world.run(runs[5]).await.status, Status::Queued);
}
