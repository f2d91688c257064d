//! Secrets in `DATABASE_URL` and in PostgreSQL's password file, which are never written.

use std::{fs, os::unix::fs::PermissionsExt};

use super::*;

/// The output of a server that cannot open this database, at every level.
async fn output(url: &str) -> String {
    let directory = Directory::new();
    let file = directory.0.join("pgpass");
    fs::write(&file, "not a line of this file but a MARKER\n").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("changed");
    let env = [
        ("PROG_STRENGTH_MCP_TOKEN", "the-agents-MARKER-token"),
        ("MCP_HOST", "127.0.0.1"),
        ("MCP_PORT", "0"),
        ("RUST_LOG", "trace"),
        ("PGPASSFILE", file.to_str().expect("text")),
        ("DATABASE_URL", url),
    ];
    let ended = run_in(&directory, &["mcp"], &env).await;
    assert_ne!(ended.code, Some(0));
    let output = format!("{}\n{}", ended.out.join("\n"), ended.err.join("\n"));
    assert!(output.contains("DATABASE_URL"), "{output}");
    output
}

#[tokio::test]
async fn no_part_of_a_database_url_is_written_at_any_level() {
    for url in [
        "postgres://u:MARKER@127.0.0.1:1/db",
        "postgres://u@127.0.0.1:1/db",
        "postgres://u:p@127.0.0.1:1/db?sslpassword=MARKER&connect_timeout=5",
        "postgres://u@127.0.0.1:1/db?password=MARKER&sslkey=MARKER&sslcert=MARKER",
        "postgres://u@127.0.0.1:1/db?password=x&MARKER",
        "postgres://u@127.0.0.1:1/db?password=x&MARKER=y",
        "postgres://u@127.0.0.1:1/db?password=MARKER&sslmode=MARKER",
        "postgres://u:p@127.0.0.1:1/db?sslmode=MARKER",
        "postgres://u:p@127.0.0.1:1/db?port=MARKER",
        "postgres://u:p@127.0.0.1:1/db?hostaddr=MARKER",
        "postgres://u:p@127.0.0.1:1/db?statement-cache-capacity=MARKER",
        "postgres://u:MARKER%ff@127.0.0.1:1/db",
        "postgres://u:p@127.0.0.1:1/db?sslmode=verify-full&sslrootcert=-----BEGIN+MARKER",
        "postgres://u:p@127.0.0.1:1/db?sslmode=require&sslkey=-----BEGIN+MARKER&sslcert=-----BEGIN+MARKER",
        "postgres://u:p@127.0.0.1:1/db?sslmode=require&sslkey=MARKER&sslcert=MARKER",
        "sqlite:/nowhere/log.db?password=MARKER",
        "sqlite:/nowhere/log.db?mode=MARKER",
        "sqlite:/nowhere/log.db?key=MARKER&cache=MARKER",
    ] {
        let output = output(url).await;
        assert!(!output.contains("MARKER"), "{url}: {output}");
    }
}

#[tokio::test]
async fn unknown_parameters_of_a_database_url_are_counted_in_a_warning() {
    let output = output("postgres://u:p@127.0.0.1:1/db?sslpassword=MARKER&x=y").await;
    let warning = output
        .lines()
        .find(|line| line.contains("parameters"))
        .expect("a warning");
    let warning: Value = serde_json::from_str(warning).expect("JSON");
    assert_eq!(
        (&warning["level"], &warning["ignored"]),
        (&json!("WARN"), &json!(2))
    );
}
