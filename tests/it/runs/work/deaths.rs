//! Processes that are killed, at named points and at random moments.

use std::{net::TcpListener, time::Duration};

use prog_strength_agent::runs::model::{Run, RunId, Status};
use rand::RngExt;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::world::{OWN, World};
use crate::support::{
    fake_claude::Reply,
    process::Process,
    wait::{Gate, until},
};

const WORKS: &str = "this process works on the runs of the database";
const KILLS: usize = 30;
const RUNS: usize = 40;
/// Writes of each run.
const WRITES: usize = 3;

impl World {
    pub(super) fn process(&self) -> Process {
        let mut env = self.env.clone();
        env.extend(
            [("RUNS_HOST", "127.0.0.1"), ("PORT", "0")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let env: Vec<(&str, &str)> = env
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        Process::start(&self.folder.0, &["runs"], &env)
    }

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

pub(super) fn kill(mut process: Process) {
    process.child.kill().expect("it lives");
    process.child.wait().expect("it has ended");
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

/// A Claude that makes three writes for each run and takes a moment for each reply. The prompt names the run's calls.
fn writes(body: &Value) -> Reply {
    let messages = body["messages"].as_array().unwrap();
    let prompt = messages[0]["content"][0]["text"].as_str().unwrap();
    let round = messages.len() / 2;
    let reply = if round < WRITES {
        let input = json!({"exercises": [], "name": prompt});
        Reply::tool(
            &format!("toolu_{prompt}_{round}"),
            &format!("{OWN}create_workout"),
            input,
        )
    } else {
        Reply::text("done")
    };
    reply.pings_at(1, 4, Duration::from_millis(20))
}

async fn random_deaths(mut world: World, processes: usize) {
    world.set("RUNS_MAX_ATTEMPTS", "100");
    world.set("RUNS_PER_USER", "16");
    world.claude.on(writes);
    let mut runs = Vec::new();
    for number in 0..RUNS {
        runs.push(world.create(&format!("run{number}")).await);
    }
    let mut alive: Vec<Process> = (0..processes).map(|_| world.process()).collect();
    for _ in 0..KILLS {
        let active = works(&alive).await;
        let pause = rand::rng().random_range(0..400);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        kill(alive.remove(active));
        alive.push(world.process());
    }
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(100) && !all_ended(&world, &runs).await {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let executions = world.mcp.remembers(|memory| memory.executions.clone());
    for (number, id) in runs.iter().enumerate() {
        let run = world.run(*id).await;
        assert_eq!(run.status, Status::Completed, "{run:?}");
        let journal = world.journal(*id).await;
        for round in 0..WRITES {
            let id = format!("toolu_run{number}_{round}");
            let executed = executions.get(&id).copied().unwrap_or_default();
            assert!(executed <= 1, "{id} was executed {executed} times");
            let of_call = |kind: &str| -> Vec<&Value> {
                let entries = journal.iter();
                entries
                    .filter(|it| it["type"] == kind && it["id"] == *id)
                    .collect()
            };
            assert_eq!(of_call("tool_call").len(), 1, "{id}");
            let [result] = of_call("tool_result")[..] else {
                panic!("{id}: {journal:?}")
            };
            let is_done = result["isError"] == false;
            assert!(!is_done || executed == 1, "{id} was not executed");
        }
    }
}

async fn all_ended(world: &World, runs: &[RunId]) -> bool {
    for id in runs {
        if !world.run(*id).await.status.is_final() {
            return false;
        }
    }
    true
}

/// Waits until one of the processes works, and says which.
async fn works(processes: &[Process]) -> usize {
    let started = Instant::now();
    loop {
        for (at, process) in processes.iter().enumerate() {
            if process.lines().iter().any(|line| line.contains(WORKS)) {
                return at;
            }
        }
        let lines: Vec<_> = processes.iter().map(Process::lines).collect();
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "none works: {lines:?}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_write_is_made_twice_over_random_deaths_on_sqlite() {
    random_deaths(World::sqlite().await, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_write_is_made_twice_over_random_deaths_of_two_processes_on_postgres() {
    random_deaths(World::postgres().await, 2).await;
}

#[tokio::test]
async fn a_run_that_kills_its_process_fails_after_its_attempts_and_holds_up_nobody() {
    let world = World::sqlite().await;
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
async fn sigterm_hands_runs_back_and_the_next_process_ends_them() {
    let mut world = World::sqlite().await;
    world.set("AGENT_SHUTDOWN_GRACE_SECS", "0");
    world
        .claude
        .push_all([Reply::hang_before_headers(), Reply::text("done")]);
    let process = world.process();
    let id = world.create("Go").await;
    world.claude.asked_times(1).await;
    process.signal(rustix::process::Signal::TERM);
    assert_eq!(process.ended().await.code, Some(0));
    assert_eq!(
        (world.run(id).await.status, world.run(id).await.attempt),
        (Status::Queued, 0)
    );
    let _process = world.process();
    let run = world.ended(id).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 1));
}
