//! Startup failures of `dev`, each reported in one line.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, process::Command};

use tokio::net::TcpListener;

use super::Dev;
use crate::support::process::{Directory, Ended, run, run_in};

fn one_line(ended: &Ended) -> &str {
    assert_eq!(ended.err.len(), 1, "{ended:?}");
    assert!(ended.out.is_empty(), "{ended:?}");
    &ended.err[0]
}

#[tokio::test]
async fn rejected_key_ends_dev_with_one_line_naming_the_setting() {
    for (variable, header) in [
        ("ANTHROPIC_API_KEY", "x-api-key: sk-bad"),
        ("ANTHROPIC_AUTH_TOKEN", "authorization: Bearer sk-bad"),
    ] {
        let (url, asked) = refusing().await;
        let env = [
            (variable, "sk-bad"),
            ("ANTHROPIC_BASE_URL", &url),
            ("RUST_LOG", "off"),
        ];
        let ended = run(&["dev"], &[&[("AGENT_PORT", "0")][..], &env].concat()).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        let said = format!(
            "configuration: {variable} is refused by {url}; correct it, or unset it and all other ANTHROPIC_* for the offline stand-in"
        );
        assert_eq!(ended.err, [said]);
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("GET /v1/models?limit=1 "), "{asked}");
        assert!(asked.contains(header), "{asked}");
    }
}

/// A server that answers its first request with 401: its address, and that request.
async fn refusing() -> (String, tokio::task::JoinHandle<String>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let answer = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        String::from_utf8(head).unwrap()
    });
    (url, asked)
}

#[tokio::test]
async fn startup_failure_is_one_line() {
    let busy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = busy.local_addr().unwrap().port().to_string();
    let ended = run(&["dev"], &[("AGENT_PORT", &port)]).await;
    assert_eq!(ended.code, Some(1));
    let said = one_line(&ended);
    let what = format!(
        "cannot listen on 127.0.0.1:{port}; stop what does, or set AGENT_PORT to another port: "
    );
    assert!(said.starts_with(&what), "{said}");

    let ended = run(
        &["dev"],
        &[("AGENT_PORT", "0"), ("ANTHROPIC_API_KEY", "sk bad")],
    )
    .await;
    assert_eq!(ended.code, Some(2));
    let said = "configuration: ANTHROPIC_API_KEY must be printable ASCII without spaces";
    assert_eq!(one_line(&ended), said);

    let directory = Directory::with_env_file("");
    let at = ["dev", "--data", "no/such/folder/x.db"];
    let ended = run_in(&directory, &at, &[("AGENT_PORT", "0")]).await;
    assert_eq!(ended.code, Some(1));
    let file = std::path::absolute(&directory.0)
        .unwrap()
        .join("no/such/folder/x.db");
    let (folder, file) = (file.parent().unwrap().display(), file.display());
    let said = format!(
        "cannot keep the training data in no/such/folder/x.db: cannot open the database {file}: unable to open database \
         file (there is no folder {folder})"
    );
    assert_eq!(one_line(&ended), said);

    std::fs::write(
        directory.0.join("thesis.txt"),
        "not a database, and must not be overwritten\n".repeat(99),
    )
    .unwrap();
    let before = std::fs::read(directory.0.join("thesis.txt")).unwrap();
    let at = ["dev", "--data", "thesis.txt", "--fresh"];
    let ended = run_in(&directory, &at, &[("AGENT_PORT", "0")]).await;
    assert_eq!(ended.code, Some(1));
    let file = std::path::absolute(&directory.0)
        .unwrap()
        .join("thesis.txt");
    let said = format!(
        "cannot keep the training data in thesis.txt: cannot open the database {}: file is not a database",
        file.display()
    );
    assert_eq!(one_line(&ended), said);
    assert_eq!(
        std::fs::read(directory.0.join("thesis.txt")).unwrap(),
        before
    );
}

#[tokio::test]
async fn key_is_not_checked_when_none_is_set() {
    let (url, asked) = refusing().await;
    let env = [("ANTHROPIC_BASE_URL", url.as_str())];
    let dev = Dev::start(&Directory::new(), &[], &env).await;
    assert!(
        dev.greeting
            .contains(&format!("claude-sonnet-4-6 at {url}\n")),
        "{}",
        dev.greeting
    );
    assert_eq!(dev.get("/health", &[]).await.status, 200);
    assert_eq!(dev.interrupted().await.code, Some(0));
    assert!(!asked.is_finished(), "the key was checked");
    asked.abort();
}

#[tokio::test]
async fn data_option_rejects_urls_without_repeating_them() {
    for url in [
        "postgres://me:swordfish@localhost/db",
        "sqlite:x.db",
        ":memory:",
    ] {
        let ended = run(&["dev", "--data", url], &[("AGENT_PORT", "0")]).await;
        assert_eq!(ended.code, Some(1));
        assert_eq!(
            one_line(&ended),
            "--data takes the name of a file, not a URL"
        );
    }
    let directory = Directory::new();
    let ended = Command::new(env!("CARGO_BIN_EXE_prog-strength-agent"))
        .args([
            OsStr::new("dev"),
            OsStr::new("--data"),
            OsStr::from_bytes(b"\xff.db"),
        ])
        .current_dir(&directory.0)
        .output()
        .unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(
        (ended.status.code(), said.as_str()),
        (Some(1), "--data takes a name in UTF-8\n")
    );
}

#[tokio::test]
async fn env_file_that_is_a_folder_is_an_error() {
    let directory = Directory::new();
    std::fs::create_dir(directory.0.join(".env")).unwrap();
    let ended = run_in(&directory, &["dev"], &[("AGENT_PORT", "0")]).await;
    assert_eq!(ended.code, Some(2));
    let said = "configuration: .env cannot be read; it must be a text file, or not be there";
    assert_eq!(one_line(&ended), said);
}
