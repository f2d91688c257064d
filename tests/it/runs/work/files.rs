//! The files of a run: of its workspace and of its tools.

use std::{collections::BTreeSet, fs};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use prog_strength_agent::runs::model::{Run, RunFile, Status};
use rustix::process::Signal;
use serde_json::{Value, json};
use sqlx::Executor;

use super::world::{OWN, World, kill};
use crate::support::{
    fake_claude::Reply,
    scripted_mcp::{ScriptedMcp, result_of},
    wait::{Gate, within},
};

impl World {
    /// What the file store has of a file.
    fn stored(&self, file: &RunFile) -> Vec<u8> {
        let key = file.key.as_ref().expect("a key");
        fs::read(self.folder.0.join("files").join(key)).expect("the file")
    }

    /// A run whose first reply is this and whose second one is a text.
    async fn ran(&self, reply: Reply) -> Run {
        let engine = self.engine().await;
        self.claude.push_all([reply, Reply::text("done")]);
        let id = self.create("Go").await;
        engine.wake();
        let run = self.ended(id).await;
        assert_eq!(run.status, Status::Completed, "{run:?}");
        run
    }
}

fn pictures(bytes: impl IntoIterator<Item = usize>) -> Reply {
    let calls = bytes.into_iter().enumerate();
    calls.fold(Reply::empty(), |reply, (number, bytes)| {
        let id = format!("toolu_{number}");
        reply.and_tool(&id, &format!("{OWN}picture"), json!({"bytes": bytes}))
    })
}

#[tokio::test]
async fn files_of_the_workspace_and_of_tools_are_stored_and_listed() {
    let world = World::sqlite().await;
    let engine = world.engine().await;
    world.claude.push_all([
        Reply::file("review.md", "# Week")
            .and_tool(
                "toolu_2",
                "write_file",
                json!({"path": "week.csv", "content": "a,b\n"}),
            )
            .and_tool(
                "toolu_3",
                "edit_file",
                json!({"path": "week.csv", "old_text": "a", "new_text": "c"}),
            )
            .and_tool("toolu_4", &format!("{OWN}picture"), json!({}))
            .and_tool("toolu_5", &format!("{OWN}mixed"), json!({})),
        Reply::text("done"),
    ]);
    let id = world.create("Go").await;
    engine.wake();
    let run = world.ended(id).await;
    assert_eq!(run.status, Status::Completed);
    let mut files: Vec<_> = run
        .files
        .iter()
        .map(|file| (&*file.name, file.size, &*file.content_type, &file.error))
        .collect();
    files.sort_unstable();
    assert_eq!(
        files,
        [
            ("mixed.txt", 5, "text/plain; charset=utf-8", &None),
            ("picture.png", 70, "image/png", &None),
            ("review.md", 6, "text/markdown; charset=utf-8", &None),
            ("week.csv", 4, "text/csv; charset=utf-8", &None),
        ]
    );
    let csv = run
        .files
        .iter()
        .find(|file| file.name == "week.csv")
        .unwrap();
    let stored = world.folder.0.join("files").join(csv.key.as_ref().unwrap());
    assert_eq!(std::fs::read_to_string(stored).unwrap(), "c,b\n");
    let journal = world.journal(id).await;
    let listed = journal.iter().filter(|entry| entry["type"] == "file");
    assert_eq!(listed.count(), 4);
    // A result does not wait for the store.
    let at = |id: &str| {
        journal
            .iter()
            .position(|it| it["type"] == "tool_result" && it["id"] == id)
    };
    let picture = journal.iter().position(|it| it["name"] == "picture.png");
    assert!(at("toolu_4").unwrap() < picture.unwrap());
    world.cleaned_up().await;
}

#[tokio::test]
async fn the_workspace_is_built_anew_for_another_attempt() {
    let world = World::sqlite().await;
    world.claude.push_all([
        Reply::file("a.txt", "one two")
            .and_tool(
                "toolu_2",
                "edit_file",
                json!({"path": "a.txt", "old_text": "one", "new_text": "1"}),
            )
            .and_tool(
                "toolu_3",
                "edit_file",
                json!({"path": "a.txt", "old_text": "none", "new_text": "x"}),
            ),
        Reply::hang_before_headers(),
    ]);
    let mortal = world.mortal().await;
    let id = world.create("Go").await;
    mortal.engine.wake();
    world.claude.asked_times(2).await;
    mortal.kill();
    world.claude.push_all([
        Reply::tool(
            "toolu_4",
            "edit_file",
            json!({"path": "a.txt", "old_text": "two", "new_text": "2"}),
        ),
        Reply::text("done"),
    ]);
    let _engine = world.engine().await;
    let run = world.ended(id).await;
    let [file] = <[_; 1]>::try_from(run.files).unwrap();
    let stored = world.folder.0.join("files").join(file.key.unwrap());
    assert_eq!(std::fs::read_to_string(stored).unwrap(), "1 2");
}

#[tokio::test]
async fn files_over_the_limits_of_a_run_are_listed_with_an_error() {
    let mut world = World::sqlite().await;
    world.set("MAX_FILE_SIZE_MB", "1");
    // One over the limit of a file, and one more than ten of the greatest size.
    let server = ScriptedMcp::answering("tools/call", |message| {
        let sizes: &[usize] = match message["params"]["arguments"]["key"].as_str() {
            Some("first") => &[1_000_001, 1_000_000, 1_000_000, 1_000_000],
            _ => &[1_000_000; 4],
        };
        let blob = |size: &usize| {
            let blob = BASE64.encode(vec![0; *size]);
            json!({"type": "resource", "resource": {"uri": "box://x/zeros.bin", "blob": blob}})
        };
        let content: Vec<_> = sizes.iter().map(blob).collect();
        result_of(message, &json!({"content": content}))
    })
    .await;
    let connections = json!({"box": {"url": server.url()}}).to_string();
    world.set("MCP_CONNECTIONS", &connections);
    let calls = ["first", "second", "third"].into_iter();
    let calls = calls.fold(Reply::empty(), |reply, key| {
        reply.and_tool(&format!("toolu_{key}"), "box__echo", json!({"key": key}))
    });
    let run = world.ran(calls).await;
    let failed = |why: &str| {
        let errors = run.files.iter().filter_map(|file| file.error.as_ref());
        errors.filter(|error| error.contains(why)).count()
    };
    assert_eq!(
        (
            failed("larger than 1000000 bytes"),
            failed("as many files, or bytes")
        ),
        (1, 1)
    );
    let stored = run.files.iter().filter(|file| file.key.is_some());
    let stored: Vec<u64> = stored.map(|file| file.size).collect();
    assert_eq!((run.files.len(), stored), (12, vec![1_000_000; 10]));
}

#[tokio::test]
async fn a_run_has_at_most_a_hundred_files_and_those_of_one_name_are_numbered() {
    let world = World::sqlite().await;
    let run = world.ran(pictures([0; 101])).await;
    let numbered = (2..=101).map(|number| format!("picture-{number}.png"));
    let possible: BTreeSet<_> = numbered.chain(["picture.png".to_owned()]).collect();
    let names: BTreeSet<_> = run.files.iter().map(|file| file.name.clone()).collect();
    assert_eq!((run.files.len(), names.len()), (100, 100));
    assert!(names.is_subset(&possible), "{names:?}");
}

#[tokio::test]
async fn blobs_are_named_by_their_uris_and_listed_with_their_digests() {
    let mut world = World::sqlite().await;
    let blob = |content: &str| {
        let resource = json!({"uri": "box://x/Week%201.csv", "blob": BASE64.encode(content)});
        json!({"type": "resource", "resource": resource})
    };
    let content = json!([blob("abc"), blob("a,b\n1,2\n")]);
    let server = ScriptedMcp::answering("tools/call", move |message| {
        result_of(message, &json!({"content": content}))
    })
    .await;
    let connections = json!({"box": {"url": server.url()}}).to_string();
    world.set("MCP_CONNECTIONS", &connections);
    let run = world
        .ran(Reply::tool("toolu_1", "box__echo", json!({})))
        .await;
    let [first, second] = <[_; 2]>::try_from(run.files).unwrap();
    // Of FIPS 180-2.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(
        (&*first.name, first.sha256.as_deref(), &*first.content_type),
        ("Week 1.csv", Some(abc), "text/csv; charset=utf-8")
    );
    assert_eq!(
        (&*second.name, world.stored(&second)),
        ("Week 1-2.csv", b"a,b\n1,2\n".to_vec())
    );
}

#[tokio::test]
async fn a_large_file_that_a_server_left_in_the_workspace_is_listed_with_an_error() {
    let mut world = World::sqlite().await;
    world.set("MAX_FILE_SIZE_MB", "1");
    let gate = Gate::new();
    let engine = world.engine().await;
    world.claude.push(Reply::text("done").gate_at(1, &gate));
    let id = world.create("Go").await;
    engine.wake();
    world.claude.asked_times(1).await;
    let folder = world.work_folder().join(format!("{id}-1/files"));
    fs::write(folder.join("large.bin"), vec![0; 1_000_001]).unwrap();
    fs::write(folder.join("small.bin"), [0]).unwrap();
    gate.open_for_good();
    let run = world.ended(id).await;
    let listed: Vec<_> = run
        .files
        .iter()
        .map(|file| (&*file.name, file.error.as_deref()))
        .collect();
    assert_eq!(
        listed,
        [
            ("large.bin", Some("larger than 1000000 bytes")),
            ("small.bin", None)
        ]
    );
}

#[tokio::test]
async fn files_that_an_earlier_attempt_has_stored_are_not_stored_again() {
    let world = World::sqlite().await;
    let mut raw = world.raw().await;
    // The end of the run cannot be written: each attempt comes to it.
    let stuck =
        "CREATE TRIGGER stuck BEFORE UPDATE OF state ON run_dispatch WHEN NEW.state = 'completed'
                 BEGIN SELECT RAISE(ABORT, 'stuck'); END";
    raw.execute(stuck).await.unwrap();
    let engine = world.engine().await;
    let calls = pictures([0, 0]).and_tool(
        "toolu_2",
        "write_file",
        json!({"path": "a.txt", "content": "kept"}),
    );
    world.claude.push_all([calls, Reply::text("done")]);
    let id = world.create("Go").await;
    engine.wake();
    let claims = async || {
        let types = world.types(id).await;
        types.iter().filter(|kind| *kind == "retried").count()
    };
    world
        .until("taken up again", id, |run| run.last_seq > 12)
        .await;
    while claims().await < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    raw.execute("DROP TRIGGER stuck").await.unwrap();
    let run = world.ended(id).await;
    let mut names: Vec<_> = run.files.iter().map(|file| &*file.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["a.txt", "picture-2.png", "picture.png"]);
    assert_eq!((run.status, run.attempt), (Status::Completed, 1));
    let text = run.files.iter().find(|file| file.name == "a.txt").unwrap();
    assert_eq!(world.stored(text), b"kept");
    assert_eq!(world.mcp.called().len(), 2);
}

#[tokio::test]
async fn each_of_two_runs_has_its_own_file_of_one_name() {
    let world = World::sqlite().await;
    let (engine, gate) = (world.engine().await, Gate::new());
    let held = gate.clone();
    world.claude.on(move |body: &Value| {
        let messages = body["messages"].as_array().unwrap();
        let prompt = &messages[0]["content"][0]["text"];
        match messages.len() {
            1 => Reply::tool(
                "toolu_1",
                "write_file",
                json!({"path": "a.txt", "content": prompt}),
            ),
            _ => Reply::text("done").gate_at(1, &held),
        }
    });
    let runs = [
        world.create("of the first").await,
        world.create("of the second").await,
    ];
    engine.wake();
    // Both have written, each in a session of its own.
    world.claude.asked_times(4).await;
    assert_eq!(
        world.mcp.remembers(|it| (it.sessions, it.sessions_closed)),
        (2, 0)
    );
    gate.open_for_good();
    for (id, content) in runs.into_iter().zip(["of the first", "of the second"]) {
        let [file] = <[_; 1]>::try_from(world.ended(id).await.files).unwrap();
        assert_eq!(world.stored(&file), content.as_bytes());
    }
}

#[tokio::test]
async fn what_tools_have_returned_survives_a_death_and_a_hand_back_during_its_upload() {
    for dies in [true, false] {
        let mut world = World::sqlite().await;
        let files = world.env["FILES_URL"].clone();
        let silent = world.silence_files();
        world.set("AGENT_SHUTDOWN_GRACE_SECS", "0");
        world.set("MCP_CALL_TIMEOUT_SECS", "1");
        // A picture, which Claude sees, and a sound, which it does not; neither call is made again.
        let calls = pictures([0]).and_tool("toolu_1", &format!("{OWN}mixed"), json!({}));
        world.claude.push_all([calls, Reply::text("done")]);
        let process = world.process();
        let id = world.create("Go").await;
        let accepted = tokio::task::spawn_blocking(move || silent.accept().unwrap());
        let _upload = within("an upload begins", accepted).await.unwrap();
        world.until("answered", id, |run| run.last_seq == 6).await;
        if dies {
            kill(process);
        } else {
            process.signal(Signal::TERM);
            assert_eq!(process.ended().await.code, Some(0));
        }
        world.set("FILES_URL", &files);
        let _process = world.process();
        let run = world.ended(id).await;
        let mut stored: Vec<_> = run
            .files
            .iter()
            .map(|file| (&*file.name, world.stored(file).len()))
            .collect();
        stored.sort_unstable();
        assert_eq!(
            stored,
            [("mixed.txt", 5), ("picture.png", 70)],
            "dies: {dies}"
        );
        assert_eq!(world.mcp.called().len(), 2);
    }
}
