//! Start and end of `mcp`: unusable databases, SIGTERM, and two processes on one file.

use std::{path::Path, time::Duration};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    deployment::sets,
    process::{Process, Server, all_workouts, call, data, result},
};
use crate::support::{answer::Answer, postgres::Postgres, world::World};

/// Starts with an unusable database, over both transports; returns the reported reason.
async fn refusal(database: &str, at_most: u64) -> String {
    let mut said = Vec::new();
    for arguments in [&[][..], &["--stdio"]] {
        let (ended, took) = Process::start(arguments, database, &[]).ended().await;
        assert_eq!((ended.code, &ended.out), (Some(1), &vec![]), "{ended:?}");
        assert!(took < Duration::from_secs(at_most), "{took:?}: {ended:?}");
        let [line] = <[String; 1]>::try_from(ended.err).expect("one line");
        let why = line.strip_prefix("DATABASE_URL: cannot open the database");
        let why = why.unwrap_or_else(|| panic!("{line}"));
        said.push(why.trim_start_matches(": ").trim_start().to_owned());
    }
    assert_eq!(said[0], said[1]);
    said.remove(0)
}

fn sqlite(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

#[tokio::test]
async fn an_invalid_database_file_is_a_one_line_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing/log.db");
    let cannot = |file: &Path| format!("{}: unable to open database file", file.display());
    let no_folder = missing.parent().expect("a folder").display();
    assert_eq!(
        refusal(&sqlite(&missing), 5).await,
        format!("{} (there is no folder {no_folder})", cannot(&missing))
    );
    assert_eq!(
        refusal(&sqlite(folder.path()), 5).await,
        cannot(folder.path())
    );
    // A folder that is read-only even for root.
    let read_only = Path::new("/sys/log.db");
    assert_eq!(
        refusal("sqlite:/sys/log.db?mode=rwc", 5).await,
        cannot(read_only)
    );
    let text = folder.path().join("diary.txt");
    std::fs::write(&text, "Dear diary, today I squatted. ".repeat(100)).expect("a file");
    let no_database = format!("{}: file is not a database", text.display());
    assert_eq!(refusal(&sqlite(&text), 5).await, no_database);
    let still = std::fs::read_to_string(&text).expect("the file");
    assert!(still.starts_with("Dear diary"), "it is left alone");
}

#[tokio::test]
async fn an_unreachable_postgres_is_a_one_line_error_without_host_and_password() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = silent.local_addr().expect("bound").port();
    let url = format!("postgres://app:hunter2@127.0.0.1:{port}/log");
    // A server that accepts connections and never answers.
    assert_eq!(refusal(&url, 10).await, "no answer within 5 s");
    drop(silent);
    assert_eq!(
        refusal(&url, 2).await,
        "error communicating with database: Connection refused (os error 111)"
    );
}

#[tokio::test]
async fn a_postgres_login_failure_is_a_one_line_error_without_host_and_password() {
    let url = tokio::task::spawn_blocking(|| Postgres::shared().database());
    let url = url.await.expect("a database");
    let name = url.rsplit_once('/').expect("a name").1;
    let wrong = url.replace("secret", "hunter2");
    assert_ne!(wrong, url);
    let why = refusal(&wrong, 5).await;
    assert_eq!(
        why,
        format!("password authentication failed for user \"{name}\"")
    );
    let why = refusal(&format!("{url}x"), 5).await;
    assert_eq!(why, format!("database \"{name}x\" does not exist"));
}

#[tokio::test]
async fn a_database_with_a_newer_schema_is_not_touched() {
    let world = World::sqlite().await;
    let newer =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (9999, 'to come', 1, x'00', 0)";
    sqlx::query(newer)
        .execute(world.db.pool())
        .await
        .expect("inserted");
    world.db.close().await;
    let (ended, _) = Process::start(&[], &world.url, &[]).ended().await;
    assert_eq!((ended.code, ended.err.len()), (Some(1), 1), "{ended:?}");
    assert!(ended.err[0].contains("DATABASE_URL"), "{ended:?}");
    assert_eq!(ended.err[0].matches("9999").count(), 1, "{ended:?}");
}

#[tokio::test]
async fn sigterm_leaves_all_data_in_the_database_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("log.db");
    let server = Server::start(&sqlite(&file), &[]).await;
    for n in 1..=20 {
        let workout = json!({"user_id": "ann", "name": format!("Day {n}"),
            "exercises": [{"exercise_id": "squat", "sets": sets(5, 5, 100.0)}]});
        data(&server.url, "create_workout", workout).await;
    }
    let before = all_workouts(&server.url, "ann").await;
    assert_eq!(before.len(), 20);
    server.stop().await;
    let files = std::fs::read_dir(folder.path()).expect("a folder");
    let files: Vec<_> = files
        .map(|file| file.expect("a file").file_name())
        .collect();
    assert_eq!(files, ["log.db"]);
    let copied = folder.path().join("copy.db");
    std::fs::copy(&file, &copied).expect("copied");
    let server = Server::start(&sqlite(&copied), &[]).await;
    assert_eq!(all_workouts(&server.url, "ann").await, before);
    server.stop().await;
}

/// Writes a hundred workouts, ten concurrently; returns their ids.
async fn hundred(url: &str, process: &str) -> Vec<Value> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let mut ids = Vec::new();
    for ten in 0..10 {
        let writes = (0..10).map(|n| {
            let workout = json!({"user_id": "ann", "name": format!("{process} {}", 10 * ten + n),
                "exercises": [{"exercise_id": "squat", "sets": sets(5, 5, 100.0)}]});
            Answer::of(call(&http, url, "create_workout", &workout))
        });
        for answer in join_all(writes).await {
            let result = result(&answer.text).unwrap_or_else(|| panic!("{answer:?}"));
            assert_ne!(result["isError"], true, "{result:#}");
            ids.push(result["structuredContent"]["workout"]["id"].clone());
        }
    }
    ids
}

#[tokio::test]
async fn two_processes_can_write_the_same_file_concurrently() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = sqlite(&folder.path().join("log.db"));
    // Creating the file is a race, too.
    let (one, other) = tokio::join!(Server::start(&database, &[]), Server::start(&database, &[]));
    let (ids, more) = tokio::join!(hundred(&one.url, "one"), hundred(&other.url, "other"));
    let sorted = |ids: &mut dyn Iterator<Item = String>| {
        let mut ids: Vec<String> = ids.collect();
        ids.sort();
        ids
    };
    let written = sorted(&mut ids.iter().chain(&more).map(ToString::to_string));
    assert_eq!(written.len(), 200);
    for server in [&one, &other] {
        let kept = all_workouts(&server.url, "ann").await;
        assert_eq!(
            sorted(&mut kept.iter().map(|workout| workout["id"].to_string())),
            written
        );
    }
    for server in [one, other] {
        let log = server.stop().await.out.join("\n");
        assert!(!log.contains("locked") && !log.contains("ERROR"), "{log}");
    }
}

#[tokio::test]
async fn a_server_that_an_app_starts_in_the_root_folder_keeps_its_data_at_home() {
    for (url, file) in [
        (None, "prog-strength.db"),
        (Some("sqlite:own.db"), "own.db"),
        (Some("sqlite:~/tilde.db"), "tilde.db"),
    ] {
        let home = tempfile::tempdir().expect("a folder");
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_prog-strength-agent"));
        command
            .args(["mcp", "--stdio"])
            .env_clear()
            .current_dir("/");
        command.env("HOME", home.path());
        command.envs(url.map(|url| ("DATABASE_URL", url)));
        command
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true);
        let ended = tokio::time::timeout(Duration::from_secs(60), command.output());
        ended.await.expect("in time").expect("an end");
        assert!(home.path().join(file).exists(), "{file}");
        assert!(!Path::new("/").join(file).exists(), "{file}");
    }
}
