//! The files of a run: of its workspace and of its tools.

use prog_strength_agent::runs::model::Status;
use serde_json::json;

use super::world::{OWN, World};
use crate::support::fake_claude::Reply;

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
