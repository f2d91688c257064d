//! Processes that a process of ours has left running.

use std::{os::unix::process::ExitStatusExt, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::*;
use crate::agent::mcp::end_recorded_groups;

/// Starts this test binary anew for one test, which is killed once it has said what it has started: a server and its child.
async fn killed_before_its_servers(base: &Path, test: &str) -> Vec<i32> {
    prepare(base);
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture"])
        .arg(format!("agent::mcp::stdio::tests::recorded::{test}"))
        .current_dir(base)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let started = timeout(DEADLINE, async {
        loop {
            let line = lines
                .next_line()
                .await
                .unwrap()
                .expect("it says what it has started");
            if let Some((_, pids)) = line.split_once("started ") {
                return pids.to_owned();
            }
        }
    });
    let pids = pids(&started.await.unwrap());
    process.start_kill().unwrap();
    assert_eq!(process.wait().await.unwrap().signal(), Some(9));
    pids
}

/// In the process that is killed.
#[tokio::test]
#[ignore = "run by another test, which kills it"]
async fn starts_a_server_and_waits() {
    let base = std::env::current_dir().unwrap();
    if base.join("server.py").exists() {
        let mcp = open(&base, &python(&base, "stubborn"), CALL_TIMEOUT);
        let spawned = call(&mcp, "spawn", json!({})).await;
        println!("started {}", text(&spawned));
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn what_a_killed_process_has_left_is_ended_by_the_next() {
    let base = TempDir::new().unwrap();
    let pids = killed_before_its_servers(base.path(), "starts_a_server_and_waits").await;
    assert!(pids.iter().all(|pid| is_alive(*pid)), "{pids:?}");
    let ended = end_recorded_groups(&records(base.path())).await.unwrap();
    assert_eq!(ended, 1);
    assert!(!pids.iter().any(|pid| is_alive(*pid)), "{pids:?}");
    assert_eq!(end_recorded_groups(&records(base.path())).await.unwrap(), 0);
}

#[tokio::test]
async fn a_grandchild_is_ended_although_the_child_is_gone() {
    let base = TempDir::new().unwrap();
    let pids = killed_before_its_servers(base.path(), "starts_a_server_and_waits").await;
    let leader = rustix::process::Pid::from_raw(pids[0]).unwrap();
    rustix::process::kill_process(leader, rustix::process::Signal::KILL).unwrap();
    until("the child is gone", || !is_alive(pids[0])).await;
    assert!(is_alive(pids[1]));
    end_recorded_groups(&records(base.path())).await.unwrap();
    assert!(!is_alive(pids[1]));
}

#[tokio::test]
async fn processes_that_were_not_recorded_are_left_alone() {
    let base = TempDir::new().unwrap();
    let records = records(base.path());
    std::fs::create_dir(&records).unwrap();
    let mut sleep = Command::new("sleep");
    let mut other = sleep
        .arg("1000")
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let pid = i32::try_from(other.id().unwrap()).unwrap();
    let started = Stat::of(pid).unwrap().started;
    let boot = super::super::proc::boot_id();
    let write = |name: &str, recorded: &str| std::fs::write(records.join(name), recorded).unwrap();
    let record = |started: u64, boot: &str| {
        json!({"group": pid, "started": started, "boot": boot, "home": "/nowhere"}).to_string()
    };
    write("earlier.json", &record(started - 1, &boot));
    write("rebooted.json", &record(started, "another"));
    write(
        "nobody.json",
        &json!({"group": i32::MAX, "started": 0, "boot": boot, "home": "/"}).to_string(),
    );
    write("broken.json", "{\"group\":");
    assert_eq!(end_recorded_groups(&records).await.unwrap(), 0);
    assert!(is_alive(pid));
    assert_eq!(std::fs::read_dir(&records).unwrap().count(), 0);
    write("same.json", &record(started, &boot));
    let (ended, status) = tokio::join!(end_recorded_groups(&records), other.wait());
    assert_eq!((ended.unwrap(), status.unwrap().signal()), (1, Some(9)));
    assert_eq!(
        end_recorded_groups(&base.path().join("none"))
            .await
            .unwrap(),
        0
    );
}
