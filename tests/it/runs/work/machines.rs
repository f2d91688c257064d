//! Several processes work at the same time, by a Temporal server.

use std::{fs, time::Duration};

use http::{Method, StatusCode};
use jiff::Timestamp;
use prog_strength_agent::runs::{
    engine::Role,
    model::{RunId, Status},
};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::world::{World, active, kill, reachable};
use crate::{
    runs::support::RunsApp,
    support::{
        answer::Answer,
        fake_claude::Reply,
        temporal::Temporal,
        wait::{DEADLINE, Gate, within},
    },
};

const WORKS: &str = "this process works on the runs of the database, as Temporal says";

/// On PostgreSQL, as it is with several machines.
async fn world() -> World {
    let world = World::postgres().await;
    assert!(!world.is_embedded(), "TEST_TEMPORAL names no server");
    world
}

async fn created(world: &World, count: usize) -> Vec<RunId> {
    let mut runs = Vec::new();
    for _ in 0..count {
        runs.push(world.create("Go").await);
    }
    runs
}

/// A server that can be killed.
async fn own() -> Temporal {
    tokio::task::spawn_blocking(Temporal::start).await.unwrap()
}

async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !condition().await {
        assert!(began.elapsed() < DEADLINE, "never {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn resumed(mut server: Temporal) -> Temporal {
    let resuming = tokio::task::spawn_blocking(move || {
        server.resume();
        server
    });
    resuming.await.unwrap()
}

#[tokio::test]
#[ignore = "needs a Temporal server: tests/run --features temporal"]
async fn all_processes_are_active_and_work() {
    let mut world = world().await;
    world.set("RUNS_CONCURRENCY", "2");
    let gate = Gate::new();
    let waiting = gate.clone();
    world
        .claude
        .on(move |_| Reply::text("done").gate_at(1, &waiting));
    let runs = created(&world, 6).await;
    let (one, other) = (world.engine().await, world.engine().await);
    assert_eq!((one.role(), other.role()), (Role::Active, Role::Active));
    assert_eq!((one.name(), other.name()), ("temporal", "temporal"));
    // As many as both have room for.
    world.claude.asked_times(4).await;
    assert_eq!(world.store.counts().await.unwrap().running, 4);
    gate.open_for_good();
    for id in runs {
        let run = world.ended(id).await;
        assert_eq!((run.status, run.attempt), (Status::Completed, 1));
    }
    assert_eq!(world.claude.bodies().len(), 6);
}

#[tokio::test]
#[ignore = "needs a Temporal server: tests/run --features temporal"]
async fn an_owner_has_no_more_running_than_allowed_over_all_processes() {
    let mut world = world().await;
    world.set("RUNS_PER_USER", "2");
    world.claude.on(|_| Reply::hang_before_headers());
    created(&world, 6).await;
    let _engines = (world.engine().await, world.engine().await);
    world.claude.asked_times(2).await;
    // Long enough for the dispatchers of both to look again.
    sleep(Duration::from_millis(2500)).await;
    assert_eq!(world.claude.bodies().len(), 2);
    let counts = world.store.counts().await.unwrap();
    assert_eq!((counts.queued, counts.running), (4, 2));
}

#[tokio::test]
#[ignore = "needs a Temporal server: tests/run --features temporal"]
async fn another_process_takes_over_within_ten_seconds_of_a_death() {
    let world = world().await;
    world.claude.on(|_| Reply::hang_before_headers());
    let first = world.process();
    let id = world.create("Go").await;
    world.claude.asked_times(1).await;
    let second = world.process();
    second.logged(WORKS).await;
    world.claude.on(|_| Reply::text("done"));
    let died = Instant::now();
    kill(first);
    world.claude.asked_times(2).await;
    let took = died.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    let run = world.ended(id).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 2));
    let expected = ["started", "retried", "text", "usage", "completed"];
    assert_eq!(world.types(id).await, expected);
}

#[tokio::test]
#[ignore = "needs a Temporal server: tests/run --features temporal"]
async fn what_attempts_have_left_is_removed_beside_those_in_progress() {
    let world = world().await;
    world.claude.on(|_| Reply::hang_before_headers());
    let first = world.engine().await;
    let id = world.create("Go").await;
    first.wake();
    world.claude.asked_times(1).await;
    let folder = |run: RunId, claim: u32| world.work_folder().join(format!("{run}-{claim}"));
    let (ended, earlier) = (folder(RunId::new(), 1), folder(id, 0));
    for left in [&ended, &earlier] {
        fs::create_dir_all(left.join("files")).unwrap();
    }
    let _second = world.engine().await;
    until("removed", async || !ended.exists() && !earlier.exists()).await;
    assert!(folder(id, 1).is_dir());
}

#[tokio::test]
#[ignore = "needs a Temporal server: tests/run --features temporal"]
async fn a_handed_back_run_goes_on_in_another_process_without_an_attempt() {
    let world = world().await;
    world.claude.on(|_| Reply::hang_before_headers());
    let first = world.engine().await;
    let id = world.create("Go").await;
    first.wake();
    world.claude.asked_times(1).await;
    let second = world.engine().await;
    world.claude.on(|_| Reply::text("done"));
    within("the drain", first.drain(Duration::ZERO)).await;
    let run = world.ended(id).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 1));
    within("the drain", second.drain(Duration::ZERO)).await;
}

#[tokio::test]
#[ignore = "needs a Temporal server: tests/run --features temporal"]
async fn a_running_run_that_the_server_does_not_know_is_taken_up() {
    let world = world().await;
    world.claude.on(|_| Reply::text("done"));
    let id = world.create("Go").await;
    let claimed = world.store.claim(id, Timestamp::now()).await.unwrap();
    assert!(claimed.is_some());
    let _engine = world.engine().await;
    let run = world.ended(id).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 2));
}

#[tokio::test]
#[ignore = "needs a Temporal server: tests/run --features temporal"]
async fn a_process_is_not_ready_without_the_server() {
    let mut server = own().await;
    let app = RunsApp::builder().env("TEMPORAL_ADDRESS", &server.address());
    let app = app.start().await;
    let ready = async || Answer::of(app.request(Method::GET, "/ready")).await;
    until("ready", async || ready().await.status == StatusCode::OK).await;
    let said = |status: &str| json!({"status": status, "database": "ok", "engine": "temporal", "role": "active"});
    assert_eq!(ready().await.body, said("ready"));
    server.kill();
    until("away", async || ready().await.status != StatusCode::OK).await;
    let answer = ready().await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.body, said("unavailable"));
}

#[tokio::test]
#[ignore = "needs a Temporal server: tests/run --features temporal"]
async fn runs_wait_for_a_server_that_is_away_and_attempts_go_on_without_it() {
    let (mut world, mut server) = (world().await, own().await);
    world.set("TEMPORAL_ADDRESS", &server.address());
    let gate = Gate::new();
    world.claude.push(Reply::text("first").gate_at(1, &gate));
    let engine = world.engine().await;
    let running = world.create("Go").await;
    engine.wake();
    world.claude.asked_times(1).await;
    reachable(&engine, true).await;
    server.kill();
    reachable(&engine, false).await;
    world.claude.push(Reply::text("second"));
    let waiting = world.create("Go").await;
    engine.wake();
    gate.open_for_good();
    let run = world.ended(running).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 1));
    assert_eq!(world.run(waiting).await.status, Status::Queued);
    let _server = resumed(server).await;
    reachable(&engine, true).await;
    let run = world.ended(waiting).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 1));
}

#[tokio::test]
#[ignore = "needs a Temporal server: tests/run --features temporal"]
async fn a_process_starts_without_the_server_and_connects_when_it_comes() {
    let (mut world, mut server) = (world().await, own().await);
    world.set("TEMPORAL_ADDRESS", &server.address());
    world.claude.on(|_| Reply::text("done"));
    server.kill();
    let engine = world.another_engine().await;
    active(&engine).await;
    assert!(!engine.is_reachable().await);
    let id = world.create("Go").await;
    engine.wake();
    let _server = resumed(server).await;
    assert_eq!(world.ended(id).await.status, Status::Completed);
}
