//! Processes that are killed at named points.

use std::net::TcpListener;

use prog_strength_agent::runs::model::{Run, Status};
use serde_json::json;

use super::world::{OWN, World, kill};
use crate::support::{
    fake_claude::Reply,
    wait::{Gate, until},
};

impl World {
    /// A run that is killed when `killed` completes, and goes on in another process.
    async fn killed_when(&self, killed: impl AsyncFn(&World)) -> Run {
        let process = self.process();
        let id = self.create("Go").await;
        killed(self).await;
        kill(process);
        self.mcp.gate.open_for_good();
        let _process = self.process();
        self.ended(id).await
    }
}

fn write(id: &str) -> Reply {
    Reply::tool(id, &format!("{OWN}slow_write"), json!({"key": "k"}))
}

#[tokio::test]
async fn a_process_that_is_killed_at_any_point_loses_nothing() {
    let gate = Gate::new();
    // Before the first reply.
    let world = World::sqlite().await;
    world
        .claude
        .push_all([Reply::hang_before_headers(), Reply::text("done")]);
    let run = world
        .killed_when(async |world| world.claude.asked_times(1).await)
        .await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 2));

    // During a reply that calls a tool.
    let world = World::sqlite().await;
    world.mcp.gate.open_for_good();
    world.claude.push_all([
        write("toolu_1").gate_at(4, &gate),
        write("toolu_1"),
        Reply::text("done"),
    ]);
    let run = world
        .killed_when(async |world| world.claude.asked_times(1).await)
        .await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 2));
    assert_eq!(world.mcp.called(), ["slow_write"]);

    // Between a call and its result.
    let world = World::sqlite().await;
    world
        .claude
        .push_all([write("toolu_1"), Reply::text("done")]);
    let run = world
        .killed_when(async |world| world.mcp.called_tool("slow_write").await)
        .await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 2));
    assert_eq!(world.mcp.called(), ["slow_write"]);

    // Between a result and the next reply.
    let world = World::sqlite().await;
    world.mcp.gate.open_for_good();
    world.claude.push_all([
        write("toolu_1"),
        Reply::hang_before_headers(),
        Reply::text("done"),
    ]);
    let run = world
        .killed_when(async |world| world.claude.asked_times(2).await)
        .await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 2));
    assert_eq!(world.mcp.called(), ["slow_write"]);
}

#[tokio::test]
async fn a_process_that_is_killed_during_the_upload_loses_no_file() {
    let mut world = World::sqlite().await;
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let files = world.env["FILES_URL"].clone();
    world.set("FILES_URL", "s3://bucket");
    world.set(
        "AWS_ENDPOINT_URL",
        &format!("http://{}", silent.local_addr().unwrap()),
    );
    world.set("AWS_ALLOW_HTTP", "true");
    world.set("AWS_REGION", "us-east-1");
    world.set("AWS_ACCESS_KEY_ID", "key");
    world.set("AWS_SECRET_ACCESS_KEY", "secret");
    world.claude.push_all([
        Reply::tool(
            "toolu_1",
            "write_file",
            json!({"path": "a.txt", "content": "kept"}),
        ),
        Reply::text("done"),
    ]);
    let process = world.process();
    let id = world.create("Go").await;
    let accepted = tokio::task::spawn_blocking(move || silent.accept()).await;
    accepted.unwrap().unwrap();
    kill(process);
    world.set("FILES_URL", &files);
    let _process = world.process();
    let run = world.ended(id).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 2));
    let [file] = <[_; 1]>::try_from(run.files).unwrap();
    let stored = world.folder.0.join("files").join(file.key.unwrap());
    assert_eq!(std::fs::read_to_string(stored).unwrap(), "kept");
    assert_eq!(world.claude.bodies().len(), 2);
}

#[tokio::test]
async fn a_run_that_kills_its_process_fails_after_its_attempts_on_sqlite() {
    fails_after_its_attempts_and_holds_up_nobody(World::sqlite().await).await;
}

#[tokio::test]
async fn a_run_that_kills_its_process_fails_after_its_attempts_on_postgres() {
    fails_after_its_attempts_and_holds_up_nobody(World::postgres().await).await;
}

async fn fails_after_its_attempts_and_holds_up_nobody(world: World) {
    world.claude.on(
        |body| match body["messages"][0]["content"][0]["text"].as_str() {
            Some("poison") => Reply::hang_before_headers(),
            _ => Reply::text("done"),
        },
    );
    let poison = world.create("poison").await;
    for attempt in 1..=3 {
        let process = world.process();
        world
            .until("taken", poison, |run| run.attempt == attempt)
            .await;
        let innocent = world.create("innocent").await;
        assert_eq!(world.ended(innocent).await.status, Status::Completed);
        kill(process);
    }
    let process = world.process();
    let run = world.ended(poison).await;
    assert_eq!(
        (run.status, &*run.error.unwrap().code),
        (Status::Failed, "attempts_exhausted")
    );
    let ended = process.logged("a run has ended").await;
    assert_eq!(ended["executionId"], poison.to_string());
    assert_eq!(
        (&ended["sub"], &ended["status"]),
        (&json!("sam"), &json!("failed"))
    );
    until("the log", &process.out, |_| Some(())).await;
}

#[tokio::test]
async fn sigterm_hands_many_runs_back_and_the_next_process_ends_them() {
    let mut world = World::sqlite().await;
    for (name, value) in [
        ("AGENT_SHUTDOWN_GRACE_SECS", "0"),
        ("RUNS_CONCURRENCY", "50"),
        ("RUNS_PER_USER", "50"),
    ] {
        world.set(name, value);
    }
    let count = world.many();
    world.claude.on(|_| Reply::hang_before_headers());
    let process = world.process();
    let mut runs = Vec::new();
    for _ in 0..count {
        runs.push(world.create("Go").await);
    }
    world.claude.asked_times(count).await;
    process.signal(rustix::process::Signal::TERM);
    assert_eq!(process.ended().await.code, Some(0));
    for id in &runs {
        let run = world.run(*id).await;
        assert_eq!((run.status, run.attempt), (Status::Queued, 0));
    }
    world.claude.on(|_| Reply::text("done"));
    let _process = world.process();
    for id in &runs {
        let run = world.ended(*id).await;
        assert_eq!((run.status, run.attempt), (Status::Completed, 1));
    }
}
