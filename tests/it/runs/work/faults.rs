//! Faults around a run: of its rows, of the machine, and of other attempts at it.

use std::{fs, time::Duration};

use jiff::Timestamp;
use prog_strength_agent::runs::{engine::Role, model::Status};
use rustix::process::Signal;
use serde_json::json;

use super::{
    cancel::cancelled_in_its_text,
    world::{OWN, World, active},
};
use crate::support::{
    fake_claude::Reply,
    wait::{Gate, pass, within},
};

#[tokio::test]
async fn a_run_whose_input_cannot_be_read_fails_and_the_queue_goes_on() {
    let world = World::sqlite().await;
    let broken = world.create("Go").await;
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    world
        .execute(&format!(
            "UPDATE run_input SET input = '{{\"input\":{deep}}}'"
        ))
        .await;
    let sound = world.create("Go").await;
    world.claude.push(Reply::text("done"));
    let _engine = world.engine().await;
    let broken = world.ended(broken).await;
    assert_eq!(broken.status, Status::Failed);
    assert_eq!(broken.error.unwrap().code, "internal");
    assert_eq!(world.ended(sound).await.status, Status::Completed);
}

#[tokio::test]
async fn a_run_whose_journal_cannot_be_read_fails() {
    let world = World::sqlite().await;
    let process = world.mortal().await;
    world.claude.push_all([
        Reply::tool("toolu_1", "list_files", json!({})),
        Reply::hang_before_headers(),
    ]);
    let id = world.create("Go").await;
    process.engine.wake();
    world.claude.asked_times(2).await;
    process.kill();
    world.execute("UPDATE run_entry SET body = '{'").await;
    let _engine = world.engine().await;
    let run = world.ended(id).await;
    assert_eq!(run.status, Status::Failed);
    assert_eq!(run.error.unwrap().code, "internal");
}

#[tokio::test]
async fn a_run_that_this_machine_cannot_begin_waits_until_it_can() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let _ = fs::remove_dir_all(world.work_folder());
    // No folder can be made in it.
    fs::write(world.work_folder(), "").unwrap();
    world.claude.push(Reply::text("done"));
    let id = world.create("Go").await;
    engine.wake();
    let handed_back = world
        .until("handed back", id, |run| {
            run.last_seq > 0 && run.status != Status::Running
        })
        .await;
    assert_eq!(
        (handed_back.status, handed_back.attempt),
        (Status::Queued, 0)
    );
    fs::remove_file(world.work_folder()).unwrap();
    let run = world.ended(id).await;
    assert_eq!((run.status, run.attempt), (Status::Completed, 1));
    assert_eq!(world.types(id).await[..2], ["started", "retried"]);
}

#[tokio::test]
async fn a_write_that_waits_for_a_session_is_not_sent_once_its_attempt_is_abandoned() {
    // By the loss of its lock.
    let mut world = World::sqlite().await.embedded();
    let engine = world.engine().await;
    let gate = Gate::new();
    let write = format!("{OWN}slow_write");
    world.claude.push_all([
        Reply::tool("toolu_1", &write, json!({"key": "k"})).gate_at(1, &gate),
        Reply::text("done"),
    ]);
    let id = world.create("Go").await;
    engine.wake();
    world.claude.asked_times(1).await;
    world.mcp.stop().await;
    world.mcp.gate.open_for_good();
    gate.open_for_good();
    world.until("called", id, |run| run.last_seq == 3).await;
    let mut roles = engine.roles();
    fs::remove_file(world.folder.0.join("runs.db.lock")).unwrap();
    let standby = roles.wait_for(|role| *role == Role::Standby);
    within("the loss is noticed", standby).await.unwrap();
    active(&engine).await;
    world.mcp.restart().await;
    assert_eq!(world.ended(id).await.status, Status::Completed);
    // As long as a call waits for a session.
    pass(Duration::from_secs(12)).await;
    assert_eq!(world.mcp.called(), Vec::<String>::new());
}

#[tokio::test]
async fn an_attempt_whose_claim_is_lost_leaves_the_folder_of_the_next() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let gate = Gate::new();
    world.claude.push(Reply::text("done").gate_at(1, &gate));
    let id = world.create("Go").await;
    engine.wake();
    world.claude.asked_times(1).await;
    let own = world.work_folder().join(format!("{id}-1"));
    assert!(own.join("files").is_dir());
    world.store.claim(id, Timestamp::now()).await.unwrap();
    let next = world.work_folder().join(format!("{id}-2"));
    fs::create_dir_all(&next).unwrap();
    gate.open_for_good();
    crate::support::wait::within("the folder is removed", async {
        while own.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(next.is_dir());
}

#[tokio::test]
async fn a_run_whose_files_are_not_stored_by_the_end_of_the_grace_period_is_handed_back() {
    let mut world = World::sqlite().await;
    let files = world.env["FILES_URL"].clone();
    let silent = world.silence_files();
    world.set("AGENT_SHUTDOWN_GRACE_SECS", "1");
    world
        .claude
        .push_all([Reply::file("a.txt", "kept"), Reply::text("done")]);
    let process = world.process();
    let id = world.create("Go").await;
    let accepted = tokio::task::spawn_blocking(move || silent.accept().unwrap());
    let _upload = within("the upload begins", accepted).await.unwrap();
    process.signal(Signal::TERM);
    within("the process ends", process.ended()).await;
    let run = world.run(id).await;
    assert_eq!((run.status, run.attempt), (Status::Queued, 0));
    world.set("FILES_URL", &files);
    let _engine = world.engine().await;
    let run = world.ended(id).await;
    assert_eq!(run.status, Status::Completed);
    assert_eq!((run.files.len(), &run.files[0].error), (1, &None));
    assert_eq!(world.claude.bodies().len(), 2);
}

#[tokio::test]
async fn text_of_a_request_that_was_repeated_is_not_given() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    let run = cancelled_in_its_text(&world, &engine, |gate| {
        let cut = Reply::texts(&["Of the first", " reply"]).cut_after(3);
        let second = Reply::texts(&["Of the second", " reply"]);
        vec![cut, second.gate_at(3, gate)]
    })
    .await;
    assert_eq!(run.response.as_deref(), Some("Of the second"));
}

#[tokio::test]
async fn the_text_that_explains_a_refusal_is_journalled_once() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    world
        .claude
        .push(Reply::empty().refused(json!({"type": "refusal", "category": "cyber"})));
    let id = world.create("Go").await;
    engine.wake();
    world.ended(id).await;
    let texts = world.types(id).await;
    let texts = texts.iter().filter(|kind| *kind == "text");
    assert_eq!(texts.count(), 1);
}
