//! What is older than it is kept is removed: files, then rows.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use prog_strength_agent::runs::{
    files::{FileKey, FileStore, Location, Upload},
    model::{End, Run, RunFile},
    retention::Retention,
    store::Store,
};
use tempfile::TempDir;

use super::stores::{TestStore, both, queued};

const DAY: Duration = Duration::from_secs(86_400);

async fn retention(db: &TestStore) -> (Retention, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let files = FileStore::open(Location::Local(folder.path().to_owned())).await;
    let retention = Retention {
        store: db.store.clone(),
        files: files.expect("a file store"),
        kept: 30 * DAY,
    };
    (retention, folder)
}

/// A run with one file, that ended at that time.
async fn ended(store: &Store, files: &FileStore, owner: &str, at: Timestamp) -> Run {
    let run = queued(store, owner, None, at).await;
    let claimed = store
        .claim(run.id, at)
        .await
        .expect("asked")
        .expect("claimed");
    let key = FileKey::new(run.id.to_string().parse().expect("a UUID"), 1, "week.csv");
    let upload = Upload::from_bytes("week.csv", Bytes::from_static(b"day,kg\n"));
    files.put(&key, upload).await.expect("stored");
    let file = RunFile {
        name: "week.csv".to_owned(),
        size: 7,
        content_type: "text/csv".to_owned(),
        sha256: None,
        error: None,
        key: Some(key.to_string()),
    };
    store
        .add_file(&claimed.claim, &file, || at)
        .await
        .expect("added");
    let end = End::Completed {
        response: "done".to_owned(),
        stop_reason: Some("end_turn".to_owned()),
    };
    store
        .finish(&claimed.claim, end, || at)
        .await
        .expect("finished")
}

async fn exists(db: &TestStore, run: &Run) -> bool {
    let found = db.store.run(&run.owner, run.id).await;
    found.expect("read").is_some()
}

/// The objects in the file store.
fn objects(folder: &TempDir) -> usize {
    fn count(path: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(path)
            .expect("a folder")
            .map(|entry| entry.expect("an entry"));
        let visible = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
        visible
            .map(|entry| {
                if entry.path().is_dir() {
                    count(&entry.path())
                } else {
                    1
                }
            })
            .sum()
    }
    count(folder.path())
}

#[tokio::test]
async fn old_runs_are_removed_with_their_files_and_young_ones_stay() {
    for db in both().await {
        let (retention, folder) = retention(&db).await;
        let now: Timestamp = "2026-11-29T08:00:00Z".parse().expect("a time");
        let mut old = Vec::new();
        for owner in ["ann", "bob"] {
            old.push(ended(&db.store, &retention.files, owner, now - 31 * DAY).await);
        }
        let young = ended(&db.store, &retention.files, "ann", now - 29 * DAY).await;
        let waiting = queued(&db.store, "ann", None, now - 40 * DAY).await;
        assert_eq!(objects(&folder), 3);
        assert_eq!(
            retention.remove_old(now).await.expect("removed"),
            2,
            "{}",
            db.name
        );
        assert_eq!(objects(&folder), 1);
        for run in &old {
            assert!(!exists(&db, run).await);
        }
        for run in [&young, &waiting] {
            assert!(exists(&db, run).await);
        }
        assert_eq!(retention.remove_old(now).await.expect("removed"), 0);
    }
}

#[tokio::test]
async fn rows_stay_while_their_files_cannot_be_deleted() {
    let [db, _] = both().await;
    let (retention, folder) = retention(&db).await;
    let now: Timestamp = "2026-11-29T08:00:00Z".parse().expect("a time");
    let run = ended(&db.store, &retention.files, "ann", now - 31 * DAY).await;
    // A folder is where the file was.
    let file = find(folder.path(), "week.csv").expect("the file");
    std::fs::remove_file(&file).expect("removed");
    std::fs::create_dir_all(file.join("x")).expect("a folder");
    assert_eq!(retention.remove_old(now).await.expect("tried"), 0);
    assert!(exists(&db, &run).await);
    std::fs::remove_dir_all(&file).expect("removed");
    assert_eq!(retention.remove_old(now).await.expect("removed"), 1);
}

fn find(folder: &std::path::Path, end: &str) -> Option<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").path())
        .find_map(|path| {
            if path.is_dir() {
                find(&path, end)
            } else {
                path.to_string_lossy().ends_with(end).then_some(path)
            }
        })
}

#[tokio::test]
async fn files_that_no_row_names_are_removed_too() {
    let [db, _] = both().await;
    let (retention, folder) = retention(&db).await;
    let now: Timestamp = "2026-11-29T08:00:00Z".parse().expect("a time");
    let run = ended(&db.store, &retention.files, "ann", now - 31 * DAY).await;
    let key = FileKey::new(run.id.as_uuid(), 2, "lost.csv");
    let upload = Upload::from_bytes("lost.csv", Bytes::from_static(b"x"));
    retention.files.put(&key, upload).await.expect("stored");
    assert_eq!(objects(&folder), 2);
    assert_eq!(retention.remove_old(now).await.expect("removed"), 1);
    assert_eq!(objects(&folder), 0);
}

#[tokio::test]
async fn runs_whose_files_cannot_be_deleted_do_not_keep_others() {
    let [db, _] = both().await;
    let (retention, folder) = retention(&db).await;
    let now: Timestamp = "2026-11-29T08:00:00Z".parse().expect("a time");
    for _ in 0..100 {
        let run = ended(&db.store, &retention.files, "ann", now - 32 * DAY).await;
        let file = folder
            .path()
            .join(run.files[0].key.as_deref().expect("a key"));
        std::fs::remove_file(&file).expect("a file");
        // It cannot be removed as a file.
        std::fs::create_dir(&file).expect("a folder");
    }
    ended(&db.store, &retention.files, "bob", now - 31 * DAY).await;
    assert_eq!(retention.remove_old(now).await.expect("removed"), 1);
}
