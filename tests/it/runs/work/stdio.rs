//! Connections with a process: it works in the run's folder, and ends with the attempt.

use std::{fs, process::Command, time::Duration};

use jiff::Timestamp;
use prog_strength_agent::runs::model::{RunId, Status};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::world::{World, sam};
use crate::support::{fake_claude::Reply, process::Process, wait::within};

/// The server of the unit tests of the transport.
pub(super) const SERVER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/src/agent/mcp/stdio/tests/server.py"
);

/// The interpreter itself: what `python3` starts may be a script that adds variables.
pub(super) fn python() -> String {
    let shown = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .unwrap();
    String::from_utf8(shown.stdout).unwrap().trim().to_owned()
}

impl World {
    async fn with_process() -> Self {
        let mut world = Self::sqlite().await;
        let connections = json!({"odd": {"command": python(), "args": [SERVER]}});
        world.set("MCP_CONNECTIONS", &connections.to_string());
        world
    }

    /// The server's process and the one that it has started, once the run has called `spawn`.
    async fn spawned(&self, id: RunId) -> Vec<u32> {
        let is_result =
            |entry: &Value| entry["type"] == "tool_result" && entry["name"] == "odd__spawn";
        let started = Instant::now();
        loop {
            let journal = self.journal(id).await;
            if let Some(entry) = journal.into_iter().find(is_result) {
                let text = entry["content"][0]["text"].as_str().unwrap().to_owned();
                return text.split(' ').map(|pid| pid.parse().unwrap()).collect();
            }
            assert!(started.elapsed() < Duration::from_secs(20), "never spawned");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    !state.is_empty() && !state.starts_with('Z')
}

fn calls() -> Reply {
    Reply::tool("toolu_1", "odd__write", json!({"text": "kept"})).and_tool(
        "toolu_2",
        "odd__spawn",
        json!({}),
    )
}

#[tokio::test]
async fn a_process_works_in_the_runs_folder_and_ends_with_the_run() {
    let world = World::with_process().await;
    let engine = world.engine().await;
    world.claude.push_all([calls(), Reply::text("done")]);
    let id = world.create("Go").await;
    engine.wake();
    let run = world.ended(id).await;
    assert_eq!(run.status, Status::Completed);
    let [file] = <[_; 1]>::try_from(run.files).unwrap();
    assert_eq!((&*file.name, &file.error), ("writes.log", &None));
    let stored = world.folder.0.join("files").join(file.key.unwrap());
    assert_eq!(fs::read_to_string(stored).unwrap(), "kept\n");
    world.cleaned_up().await;
    assert!(!world.spawned(id).await.into_iter().any(runs));
}

#[tokio::test]
async fn the_processes_of_a_run_end_at_a_cancel_and_at_a_hand_back() {
    for cancels in [true, false] {
        let world = World::with_process().await;
        let engine = world.engine().await;
        world
            .claude
            .push_all([calls(), Reply::hang_before_headers()]);
        let id = world.create("Go").await;
        engine.wake();
        let pids = world.spawned(id).await;
        world.claude.asked_times(2).await;
        assert!(pids.iter().all(|pid| runs(*pid)));
        if cancels {
            let owner = sam();
            let cancelled = world.store.cancel(&owner, id, Timestamp::now()).await;
            cancelled.unwrap();
            engine.cancel(id);
            assert_eq!(world.ended(id).await.status, Status::Cancelled);
        } else {
            within("the drain", engine.drain(Duration::ZERO)).await;
            assert_eq!(world.run(id).await.status, Status::Queued);
        }
        world.cleaned_up().await;
        assert!(!pids.into_iter().any(runs), "cancels: {cancels}");
    }
}

#[tokio::test]
async fn processes_of_a_killed_process_end_before_the_run_goes_on_and_claude_is_told() {
    let mut world = World::with_process().await;
    world.set("RUNS_HOST", "127.0.0.1");
    world.set("PORT", "0");
    let start = || {
        let env: Vec<(&str, &str)> = world.env.iter().map(|(n, v)| (&**n, &**v)).collect();
        Process::start(&world.folder.0, &["runs"], &env)
    };
    let mut process = start();
    world.claude.push_all([
        calls(),
        Reply::hang_before_headers(),
        Reply::hang_before_headers(),
    ]);
    let id = world.create("Go").await;
    let pids = world.spawned(id).await;
    world.claude.asked_times(2).await;
    process.child.kill().unwrap();
    process.child.wait().unwrap();
    let _process = start();
    world.claude.asked_times(3).await;
    assert!(!pids.into_iter().any(runs));
    let told = |body: &Value| body["system"][1]["text"].as_str().unwrap().to_owned();
    let bodies = world.claude.bodies();
    assert!(!told(&bodies[1]).contains("The work was interrupted"));
    assert!(told(&bodies[2]).contains("Files that tools of `odd` had written before are lost"));
}
