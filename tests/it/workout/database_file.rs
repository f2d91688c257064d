//! The mode of `SQLite` files.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use prog_strength_agent::workout::db;

/// The modes of the database file, its write-ahead log and its shared memory.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut modes: Vec<_> = entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            let mode = entry.metadata().expect("a file").mode() & 0o777;
            (entry.file_name().to_string_lossy().into_owned(), mode)
        })
        .collect();
    modes.sort();
    modes
}

fn private() -> Vec<(String, u32)> {
    ["my log.db", "my log.db-shm", "my log.db-wal"]
        .map(|name| (name.to_owned(), 0o600))
        .into()
}

#[tokio::test]
async fn a_new_database_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("changed");
    for prefix in ["sqlite:", "sqlite://"] {
        let url = format!("{prefix}{}/my%20log.db", folder.path().display());
        let db = db::open(&url.into()).await.expect("opens");
        assert_eq!(modes(folder.path()), private());
        db.close().await;
    }
    let folder = fs::metadata(folder.path()).expect("a folder");
    assert_eq!(folder.mode() & 0o777, 0o755);
}

#[tokio::test]
async fn an_existing_database_loses_the_rights_of_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}/my%20log.db", folder.path().display());
    // One server is running, as an earlier version.
    let running = db::open(&url.as_str().into()).await.expect("opens");
    for (name, _) in private() {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o644))
            .expect("changed");
    }
    let db = db::open(&url.into()).await.expect("opens");
    assert_eq!(modes(folder.path()), private());
    db.close().await;
    running.close().await;
}

#[tokio::test]
async fn a_missing_file_is_not_created_without_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}/log.db?mode=rw", folder.path().display());
    db::open(&url.into()).await.err().expect("refused");
    assert_eq!(modes(folder.path()), []);
}
