//! The files of runs: signed URLs, and downloads from the local store.

use ::http::Method;
use serde_json::{Value, json};

use super::{RunsApp, on_both};
use crate::support::{answer::Answer, fake_claude::Reply};

/// A run that has written these files.
async fn written(app: &RunsApp, files: &[(&str, &str)]) -> Value {
    let mut reply = Reply::empty();
    for (n, (path, content)) in files.iter().enumerate() {
        let input = json!({"path": path, "content": content, "encoding": "utf-8"});
        reply = reply.and_tool(&format!("toolu_{n}"), "write_file", input);
    }
    app.claude.push(reply.stop("tool_use"));
    app.claude.push(Reply::text("Written."));
    app.prompt("sam", &json!({"prompt": "write"})).await.ok()
}

async fn fetch(url: &str) -> Answer {
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    Answer::of(client.get(url)).await
}

on_both!(
    files_are_downloaded_by_signed_urls_without_a_token,
    async |app: RunsApp| {
        let answer = written(
            &app,
            &[("notes/week.md", "# Week\n"), ("data.csv", "a,b\n1,2\n")],
        )
        .await;
        let id = answer["executionId"].as_str().unwrap();
        let files = answer["files"].as_array().unwrap();
        assert_eq!(files.len(), 2);
        let file = files
            .iter()
            .find(|file| file["name"] == "notes/week.md")
            .expect("the file");
        assert_eq!((&file["size"], file.get("error")), (&json!(7), None));
        assert_eq!(file["sha256"].as_str().unwrap().len(), 64);
        let url = file["url"].as_str().expect("a URL");
        assert!(url.starts_with(&format!("{}/files/", app.url)), "{url}");
        let download = fetch(url).await;
        assert_eq!(
            (download.status.as_u16(), &*download.text),
            (200, "# Week\n")
        );
        let disposition = download.header("content-disposition").unwrap();
        assert!(disposition.starts_with("attachment"), "{disposition}");
        assert_eq!(download.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(
            download.header("content-type"),
            file["contentType"].as_str()
        );
        // By the endpoint, with the name as its path or in one segment.
        for name in ["notes/week.md", "notes%2Fweek.md"] {
            let answer = app.get("sam", &format!("/runs/{id}/files/{name}")).await;
            assert_eq!(answer.status, 302, "{name}");
            let location = answer.header("location").expect("a location");
            assert_eq!(fetch(location).await.text, "# Week\n");
        }
        let missing = app.get("sam", &format!("/runs/{id}/files/other.md")).await;
        assert_eq!(missing.error(), (404, "not_found"));
        let others = app.get("eve", &format!("/runs/{id}/files/data.csv")).await;
        assert_eq!(others.error(), (404, "not_found"));
    }
);

#[tokio::test]
async fn a_url_that_was_changed_is_refused() {
    let app = RunsApp::start().await;
    let answer = written(&app, &[("a.txt", "a"), ("b.txt", "b")]).await;
    let urls: Vec<_> = answer["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["url"].as_str().unwrap())
        .collect();
    let (path, query) = urls[0].split_once('?').unwrap();
    let (_, other_query) = urls[1].split_once('?').unwrap();
    let tampered = [
        path.to_owned(),
        format!("{path}?{other_query}"),
        urls[0].replace("expires=", "expires=9"),
        format!("{path}?{}", query.replace("signature=", "signature=A")),
    ];
    for url in tampered {
        let answer = fetch(&url).await;
        assert_eq!(answer.error(), (403, "invalid_link"), "{url}");
    }
    let answer = Answer::of(app.request(Method::GET, "/files/../runs.db")).await;
    assert!(!answer.status.is_success());
}

#[tokio::test]
async fn a_file_that_is_too_large_is_listed_with_the_reason_and_is_not_there() {
    let app = RunsApp::builder()
        .env("MAX_FILE_SIZE_MB", "1")
        .start()
        .await;
    let picture = |bytes: usize| json!({"bytes": bytes});
    let reply = Reply::tool("toolu_1", "prog_strength__picture", picture(1_500_000));
    app.claude.push(reply);
    app.claude.push(Reply::text("Drawn."));
    let run = app.prompt("sam", &json!({"prompt": "draw"})).await.ok();
    let [file] = &run["files"].as_array().unwrap()[..] else {
        panic!("{run}")
    };
    assert_eq!(
        (&file["name"], &file["url"]),
        (&json!("picture.png"), &Value::Null)
    );
    let why = "It is not stored: it is larger than 1000000 bytes.";
    assert_eq!(file["error"], why);
    let path = format!(
        "/runs/{}/files/picture.png",
        run["executionId"].as_str().unwrap()
    );
    assert_eq!(app.get("sam", &path).await.error(), (404, "not_found"));
}

#[tokio::test]
async fn a_url_expires() {
    let app = RunsApp::builder()
        .env("FILES_URL_TTL_SECS", "1")
        .start()
        .await;
    let answer = written(&app, &[("a.txt", "a")]).await;
    let url = answer["files"][0]["url"].as_str().unwrap();
    let started = tokio::time::Instant::now();
    loop {
        let answer = fetch(url).await;
        if answer.error() == (403, "invalid_link") {
            return;
        }
        assert_eq!(answer.status, 200);
        assert!(started.elapsed() < crate::support::wait::DEADLINE);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
