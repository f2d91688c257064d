//! Cancelling a run before, during and after its work.

use std::time::Duration;

use jiff::Timestamp;
use prog_strength_agent::runs::{
    engine::Engine,
    model::{Run, RunId, Status},
};
use serde_json::json;

use super::world::{OWN, World, sam};
use crate::support::{fake_claude::Reply, wait::Gate};

async fn cancel(world: &World, id: RunId) {
    let cancelled = world.store.cancel(&sam(), id, Timestamp::now()).await;
    cancelled.unwrap();
}

/// A run that is cancelled while it calls this tool.
async fn cancelled_during(world: &World, engine: &Engine, tool: &str) -> RunId {
    let name = format!("{OWN}{tool}");
    world
        .claude
        .push(Reply::tool("toolu_1", &name, json!({"key": "k"})));
    let id = world.create("Go").await;
    engine.wake();
    world.mcp.called_tool(tool).await;
    cancel(world, id).await;
    engine.cancel(id);
    id
}

/// A run with these replies that is cancelled when a text of the last one has arrived, which the gate holds up.
pub(super) async fn cancelled_in_its_text(
    world: &World,
    engine: &Engine,
    replies: impl Fn(&Gate) -> Vec<Reply>,
) -> Run {
    // The text is on its way when Claude has been asked.
    for pause in [0, 20, 100, 500, 2000] {
        let (gate, asked) = (Gate::new(), world.claude.bodies().len());
        let replies = replies(&gate);
        let all = asked + replies.len();
        world.claude.push_all(replies);
        let id = world.create("Go").await;
        engine.wake();
        world.claude.asked_times(all).await;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        cancel(world, id).await;
        engine.cancel(id);
        let run = world.ended(id).await;
        assert_eq!(run.status, Status::Cancelled);
        if run.response.is_some() {
            return run;
        }
    }
    panic!("the text never arrived");
}

#[tokio::test]
async fn a_cancel_stops_claude_and_keeps_what_was_written() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let run = cancelled_in_its_text(&world, &engine, |gate| {
        let text = Reply::texts(&["The beginning", " and the rest"]);
        vec![Reply::file("a.txt", "kept"), text.gate_at(3, gate)]
    })
    .await;
    world.claude.hung_up().await;
    world.cleaned_up().await;
    assert_eq!(run.response.as_deref(), Some("The beginning"));
    assert_eq!(run.files[0].name, "a.txt");
    let expected = [
        "started",
        "tool_call",
        "usage",
        "tool_result",
        "text",
        "file",
        "cancelled",
    ];
    assert_eq!(world.types(run.id).await, expected);
}

#[tokio::test]
async fn the_result_of_a_write_in_flight_is_journalled() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let id = cancelled_during(&world, &engine, "slow_write").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(world.run(id).await.status, Status::Running);
    world.mcp.gate.open_for_good();
    assert_eq!(world.ended(id).await.status, Status::Cancelled);
    assert_eq!(
        world.types(id).await,
        ["started", "tool_call", "usage", "tool_result", "cancelled"]
    );
    assert_eq!(world.journal(id).await[3]["isError"], false);
}

#[tokio::test]
async fn a_read_in_flight_is_cancelled() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let id = cancelled_during(&world, &engine, "slow_read").await;
    assert_eq!(world.ended(id).await.status, Status::Cancelled);
    world
        .mcp
        .until("the read is cancelled", |it| it.cancelled == ["slow_read"])
        .await;
}

#[tokio::test]
async fn a_cancel_by_another_process_arrives_within_two_seconds() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    world.claude.push(Reply::hang_before_headers());
    let id = world.create("Go").await;
    engine.wake();
    world.claude.asked_times(1).await;
    let began = tokio::time::Instant::now();
    cancel(&world, id).await;
    assert_eq!(world.ended(id).await.status, Status::Cancelled);
    assert!(began.elapsed().as_millis() < 2000, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_cancel_of_an_interrupted_run_ends_it_without_another_attempt() {
    let world = World::sqlite().await;
    world.claude.push(Reply::hang_before_headers());
    let mortal = world.mortal().await;
    let id = world.create("Go").await;
    mortal.engine.wake();
    world.claude.asked_times(1).await;
    mortal.kill();
    cancel(&world, id).await;
    let _engine = world.engine().await;
    let run = world.ended(id).await;
    assert_eq!((run.status, run.attempt), (Status::Cancelled, 1));
}
