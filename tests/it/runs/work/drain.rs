//! Shutting down: runs end within the grace period or are handed back.

use std::time::Duration;

use prog_strength_agent::runs::model::{RetryReason, Status};
use serde_json::json;
use tokio::time::Instant;

use super::world::{OWN, World};
use crate::support::{
    fake_claude::Reply,
    helpers::{last_content, unknown},
    wait::{Gate, within},
};

#[tokio::test]
async fn runs_end_within_the_grace_period_and_no_more_are_taken() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let gate = Gate::new();
    world.claude.push(Reply::text("done").gate_at(1, &gate));
    let first = world.create("Go").await;
    engine.wake();
    world.claude.asked_times(1).await;
    let draining = tokio::spawn({
        let engine = engine.clone();
        async move { engine.drain(Duration::from_secs(30)).await }
    });
    let second = world.create("Go").await;
    engine.wake();
    gate.open_for_good();
    within("the drain", draining).await.unwrap();
    assert_eq!(world.run(first).await.status, Status::Completed);
    assert_eq!(world.run(second).await.status, Status::Queued);
    assert_eq!(world.types(second).await, Vec::<String>::new());
}

#[tokio::test]
async fn many_runs_are_handed_back_without_an_attempt_and_end_later() {
    let mut world = World::sqlite().await;
    let count = world.many();
    world.set("RUNS_CONCURRENCY", "50");
    world.set("RUNS_PER_USER", "50");
    world.claude.on(|_| Reply::hang_before_headers());
    let engine = world.engine().await;
    let mut runs = Vec::new();
    for _ in 0..count {
        runs.push(world.create("Go").await);
    }
    engine.wake();
    world.claude.asked_times(count).await;
    within("the drain", engine.drain(Duration::from_millis(100))).await;
    for id in &runs {
        let run = world.run(*id).await;
        assert_eq!((run.status, run.attempt), (Status::Queued, 0));
    }
    world.cleaned_up().await;
    world.claude.on(|_| Reply::text("done"));
    let _engine = world.engine().await;
    for id in &runs {
        let run = world.ended(*id).await;
        assert_eq!((run.status, run.attempt), (Status::Completed, 1));
    }
    let retried = &world.journal(runs[0]).await[1];
    assert_eq!(
        *retried,
        json!({"type": "retried", "attempt": 1, "reason": RetryReason::HandedBack})
    );
}

#[tokio::test]
async fn the_result_of_a_write_in_flight_is_journalled_before_the_run_is_handed_back() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let write = format!("{OWN}slow_write");
    world.claude.push_all([
        Reply::tool("toolu_1", &write, json!({"key": "k"})),
        Reply::text("done"),
    ]);
    let id = world.create("Go").await;
    engine.wake();
    world.mcp.called_tool("slow_write").await;
    let draining = tokio::spawn(async move { engine.drain(Duration::ZERO).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(world.run(id).await.status, Status::Running);
    world.mcp.gate.open_for_good();
    within("the drain", draining).await.unwrap();
    let _engine = world.engine().await;
    assert_eq!(world.ended(id).await.status, Status::Completed);
    assert_eq!(
        world.types(id).await,
        [
            "started",
            "tool_call",
            "usage",
            "tool_result",
            "retried",
            "text",
            "usage",
            "completed"
        ]
    );
    assert_eq!(world.mcp.called(), ["slow_write"]);
    let result = last_content(&world.claude.bodies()[1]);
    assert_eq!(result[0]["content"][0]["text"], "slow_write is done");
}

#[tokio::test]
async fn a_read_that_a_hand_back_cuts_off_is_repeated_with_the_same_ids() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let read = format!("{OWN}slow_read");
    world.claude.push_all([
        Reply::tool("toolu_1", &read, json!({"key": "k"})),
        Reply::text("done"),
    ]);
    let id = world.create("Go").await;
    engine.wake();
    world.mcp.called_tool("slow_read").await;
    within("the drain", engine.drain(Duration::ZERO)).await;
    assert_eq!(world.run(id).await.status, Status::Queued);
    world.mcp.gate.open_for_good();
    let _engine = world.engine().await;
    assert_eq!(world.ended(id).await.status, Status::Completed);
    let [first, second] = <[_; 2]>::try_from(world.mcp.calls()).unwrap();
    assert_eq!(
        (&first.meta, &first.arguments),
        (&second.meta, &second.arguments)
    );
    assert_eq!(first.meta["fitness.progstrength/tool_use_id"], "toolu_1");
}

#[tokio::test]
async fn a_write_in_flight_is_given_the_time_of_a_call_and_no_more() {
    let mut world = World::sqlite().await;
    world.set("MCP_CALL_TIMEOUT_SECS", "1");
    let engine = world.engine().await;
    let write = format!("{OWN}slow_write");
    world.claude.push_all([
        Reply::tool("toolu_1", &write, json!({"key": "k"})),
        Reply::text("done"),
    ]);
    let id = world.create("Go").await;
    engine.wake();
    world.mcp.called_tool("slow_write").await;
    let began = Instant::now();
    within("the drain", engine.drain(Duration::ZERO)).await;
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(world.run(id).await.status, Status::Queued);
    let _engine = world.engine().await;
    assert_eq!(world.ended(id).await.status, Status::Completed);
    let result = last_content(&world.claude.bodies()[1]);
    let why = unknown("the tool did not answer in time");
    assert_eq!(result[0]["content"][0]["text"], why);
    assert_eq!(world.mcp.called(), ["slow_write"]);
}
