//! One engine works on a database; the others stand by.

use std::time::Duration;

use prog_strength_agent::runs::{engine::Role, model::Status};
use serde_json::json;
use sqlx::{AnyConnection, Connection, Executor};
use tokio::time::Instant;

use super::world::{OWN, World, active, kill};
use crate::support::{
    fake_claude::Reply, helpers::unknown, postgres::Postgres, process::Process, wait::within,
};

const WORKS: &str = "this process works on the runs of the database";

/// Ends the session of the lock on `PostgreSQL`.
async fn terminate_session(world: &World) {
    sqlx::any::install_default_drivers();
    let url = Postgres::shared().superuser_url(&world.env["DATABASE_URL"]);
    let mut superuser = AnyConnection::connect(&url).await.unwrap();
    let lock = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    superuser.execute(lock).await.unwrap();
}

async fn stands_by_and_takes_over(world: World) {
    world.claude.on(|_| Reply::hang_before_headers());
    let first = world.mortal().await;
    active(&first.engine).await;
    let second = world.another_engine().await;
    let id = world.create("Go").await;
    second.wake();
    world.claude.asked_times(1).await;
    assert_eq!(
        (first.engine.role(), second.role()),
        (Role::Active, Role::Standby)
    );
    world.claude.on(|_| Reply::text("done"));
    let died = Instant::now();
    first.kill();
    active(&second).await;
    assert!(
        died.elapsed() < Duration::from_secs(10),
        "{:?}",
        died.elapsed()
    );
    let run = world.ended(id).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 2));
    within("the drain", second.drain(Duration::ZERO)).await;
    assert_eq!(second.role(), Role::Standby);
}

#[tokio::test]
async fn a_standby_takes_over_on_sqlite() {
    stands_by_and_takes_over(World::sqlite().await.embedded()).await;
}

#[tokio::test]
async fn a_standby_takes_over_on_postgres() {
    stands_by_and_takes_over(World::postgres().await.embedded()).await;
}

#[tokio::test]
async fn work_stops_when_the_lock_is_lost_and_goes_on_under_a_new_one() {
    let world = World::postgres().await.embedded();
    world
        .claude
        .push_all([Reply::hang_before_headers(), Reply::text("done")]);
    let engine = world.engine().await;
    let id = world.create("Go").await;
    engine.wake();
    world.claude.asked_times(1).await;
    let mut roles = engine.roles();
    terminate_session(&world).await;
    let standby = roles.wait_for(|role| *role == Role::Standby);
    within("the loss is noticed", standby).await.unwrap();
    world.claude.hung_up().await;
    let run = world.ended(id).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 2));
}

#[tokio::test]
async fn a_lock_file_that_was_removed_is_a_lost_lock() {
    let world = World::sqlite().await.embedded();
    let engine = world.engine().await;
    let mut roles = engine.roles();
    std::fs::remove_file(world.folder.0.join("runs.db.lock")).unwrap();
    let standby = roles.wait_for(|role| *role == Role::Standby);
    within("the loss is noticed", standby).await.unwrap();
    active(&engine).await;
}

#[tokio::test]
async fn an_attempt_whose_claim_is_lost_stops_and_writes_nothing_more() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let gate = crate::support::wait::Gate::new();
    world.claude.push(Reply::text("done").gate_at(1, &gate));
    let id = world.create("Go").await;
    engine.wake();
    world.claude.asked_times(1).await;
    let claimed = world.store.claim(id, jiff::Timestamp::now()).await.unwrap();
    gate.open_for_good();
    world.cleaned_up().await;
    assert_eq!(world.types(id).await, ["started", "retried"]);
    let claim = claimed.unwrap().claim;
    let handed_back = world.store.hand_back(&claim, jiff::Timestamp::now());
    handed_back.await.unwrap();
    world.claude.push(Reply::text("once more"));
    assert_eq!(world.ended(id).await.response.as_deref(), Some("once more"));
}

/// How often the process has taken the lock.
fn takeovers(process: &Process) -> usize {
    let lines = process.lines();
    lines.iter().filter(|line| line.contains(WORKS)).count()
}

/// Of two processes, the one that works loses the lock during a write of a run, and the other takes over.
async fn another_process_takes_over(
    world: World,
    lose: impl AsyncFn(&World, Process) -> Option<Process>,
) {
    let world = world.embedded();
    let write = Reply::tool("toolu_1", &format!("{OWN}slow_write"), json!({"key": "k"}));
    world.claude.push_all([write, Reply::text("done")]);
    let first = world.process();
    first.logged(WORKS).await;
    let second = world.process();
    let id = world.create("Go").await;
    world.mcp.called_tool("slow_write").await;
    let first = lose(&world, first).await;
    let lost = Instant::now();
    second.logged(WORKS).await;
    assert!(
        lost.elapsed() < Duration::from_secs(10),
        "{:?}",
        lost.elapsed()
    );
    let run = world.ended(id).await;
    // Each takeover spends an attempt, and nothing else does; a machine under load may lose a lock once more.
    let takeovers = first.as_ref().map_or(1, takeovers) + takeovers(&second);
    let attempts = usize::try_from(run.attempt).unwrap();
    assert_eq!((run.status, attempts), (Status::Completed, takeovers));
    if let Some(first) = &first {
        first
            .logged("the lock of the runs is lost: all work on them stops")
            .await;
    }
    // What the write comes to later changes nothing, and it is not made again.
    let before = world.journal(id).await;
    world.mcp.gate.open_for_good();
    if first.is_some() {
        world
            .mcp
            .until("the write ends", |it| it.finished == ["slow_write"])
            .await;
    }
    let results: Vec<_> = before
        .iter()
        .filter(|entry| entry["type"] == "tool_result")
        .map(|entry| &entry["content"][0]["text"])
        .collect();
    let why = "the work was interrupted before the tool answered";
    assert_eq!(results, [&json!(unknown(why))]);
    // The first one stands by.
    if first.is_some() {
        kill(second);
        world.claude.push(Reply::text("done"));
        let next = world.create("Go").await;
        assert_eq!(world.ended(next).await.status, Status::Completed);
    }
    assert_eq!(world.journal(id).await, before);
    assert_eq!(world.mcp.called(), ["slow_write"]);
}

#[tokio::test]
async fn another_process_takes_over_from_one_that_is_killed() {
    for world in [World::sqlite().await, World::postgres().await] {
        another_process_takes_over(world, async |_, first| {
            kill(first);
            None
        })
        .await;
    }
}

#[tokio::test]
async fn another_process_takes_over_when_the_lock_file_is_replaced() {
    another_process_takes_over(World::sqlite().await, async |world, first| {
        let at = |name: &str| world.folder.0.join(name);
        std::fs::write(at("another"), "").unwrap();
        std::fs::rename(at("another"), at("runs.db.lock")).unwrap();
        Some(first)
    })
    .await;
}

#[tokio::test]
async fn another_process_takes_over_when_the_session_of_the_lock_is_ended() {
    another_process_takes_over(World::postgres().await, async |world, first| {
        terminate_session(world).await;
        Some(first)
    })
    .await;
}
