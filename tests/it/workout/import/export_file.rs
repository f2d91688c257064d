//! The file that `export` writes.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{FileTypeExt, PermissionsExt, symlink},
    path::Path,
    process::{Command, Stdio},
};

use super::command::HEADER;
use crate::support::{
    process::{Directory, run_in},
    world::World,
};

/// The log of `ann` with one workout, and a folder.
async fn logged() -> (World, Directory) {
    let (world, directory) = (World::sqlite().await, Directory::new());
    let csv = format!("{HEADER}\n2025-01-01 10:00:00,A,1h,Squat (Barbell),1,100,5,\n");
    fs::write(directory.0.join("strong.csv"), csv).unwrap();
    let import = ["import", "strong.csv", "--user", "ann"];
    let env = [("DATABASE_URL", world.url.as_str()), ("TZ", "UTC")];
    assert_eq!(run_in(&directory, &import, &env).await.code, Some(0));
    (world, directory)
}

async fn export(
    world: &World,
    directory: &Directory,
    user: &str,
    file: &str,
) -> (Option<i32>, String) {
    let env = [("DATABASE_URL", world.url.as_str()), ("TZ", "UTC")];
    let ended = run_in(directory, &["export", "--user", user, file], &env).await;
    (ended.code, ended.err.join("\n"))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn done() -> (Option<i32>, String) {
    (Some(0), "1 workouts, 1 sets".to_owned())
}

#[tokio::test]
async fn a_file_keeps_its_permissions_and_its_link_and_a_new_one_is_private() {
    let (world, directory) = logged().await;
    let at = |name: &str| directory.0.join(name);
    assert_eq!(export(&world, &directory, "ann", "new.csv").await, done());
    assert_eq!(mode(&at("new.csv")), 0o600);
    fs::write(at("old.csv"), "old").unwrap();
    fs::set_permissions(at("old.csv"), Permissions::from_mode(0o640)).unwrap();
    symlink("old.csv", at("link.csv")).unwrap();
    fs::write(at("link.csv.part"), "mine").unwrap();
    assert_eq!(export(&world, &directory, "ann", "link.csv").await, done());
    assert!(at("link.csv").is_symlink());
    assert_eq!(mode(&at("old.csv")), 0o640);
    let written = fs::read_to_string(at("new.csv")).unwrap();
    assert!(written.contains("100"), "{written}");
    assert_eq!(fs::read_to_string(at("old.csv")).unwrap(), written);
    assert_eq!(fs::read_to_string(at("link.csv.part")).unwrap(), "mine");
    let mut names: Vec<_> = fs::read_dir(&directory.0)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    names.retain(|entry| entry.file_name().to_string_lossy().starts_with('.'));
    assert!(names.is_empty(), "{names:?}");
}

#[tokio::test]
async fn a_pipe_is_written_to() {
    let (world, directory) = logged().await;
    let pipe = directory.0.join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let reader = Command::new("cat")
        .arg(&pipe)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    assert_eq!(export(&world, &directory, "ann", "pipe").await, done());
    let read = tokio::task::spawn_blocking(move || reader.wait_with_output());
    let read = read.await.unwrap().unwrap().stdout;
    assert!(String::from_utf8(read).unwrap().contains("Squat"));
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[tokio::test]
async fn the_empty_log_of_a_mistyped_user_replaces_nothing() {
    let (world, directory) = logged().await;
    let file = directory.0.join("log.csv");
    assert_eq!(export(&world, &directory, "ann", "log.csv").await, done());
    let kept = fs::read_to_string(&file).unwrap();
    let (code, said) = export(&world, &directory, "anne", "log.csv").await;
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("no workouts: log.csv is left as it is"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), kept);
    let (code, said) = export(&world, &directory, "anne", "none.csv").await;
    assert_eq!((code, &*said), (Some(0), "0 workouts, 0 sets"));
}
