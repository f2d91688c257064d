//! The commands of the binary against a server of runs: output, files, exit codes.

use serde_json::{Value, json};

use super::support::RunsApp;
use crate::support::{
    answer::{now, token},
    fake_claude::Reply,
    process::{Directory, Ended, run, run_in},
    test_app::JWT_KEY,
};

/// The command as the user `ann`.
async fn ask_in(app: &RunsApp, directory: &Directory, arguments: &[&str]) -> Ended {
    let claims = json!({"sub": "ann", "exp": now() + 600});
    let token = token(JWT_KEY, &claims);
    let env = [
        ("RUNS_URL", app.url.as_str()),
        ("RUNS_TOKEN", token.as_str()),
    ];
    run_in(directory, arguments, &env).await
}

async fn ask(app: &RunsApp, arguments: &[&str]) -> Ended {
    ask_in(app, &Directory::new(), arguments).await
}

fn code(ended: &Ended) -> i32 {
    ended.code.expect("an exit code")
}

#[tokio::test]
async fn an_answer_is_on_standard_output_with_a_line_for_each_tool_call_and_its_files_are_saved() {
    let app = RunsApp::with([
        Reply::file("out/week.csv", "day,kg\n"),
        Reply::text("It is written.\u{1b}[31m"),
    ])
    .await;
    let directory = Directory::new();
    std::fs::write(directory.0.join("notes.md"), "squat 100").expect("a file");
    let arguments = [
        "run",
        "sum it up",
        "--file",
        "notes.md",
        "--watch",
        "--output",
        "here",
    ];
    let ended = ask_in(&app, &directory, &arguments).await;
    assert_eq!(
        (code(&ended), &ended.out[..]),
        (0, &["It is written.[31m".to_owned()][..]),
        "{ended:?}"
    );
    let call = r#"> write_file {"path":"out/week.csv","content":"day,kg\n"}"#;
    assert!(ended.err.iter().any(|line| line == call), "{:?}", ended.err);
    let saved = std::fs::read_to_string(directory.0.join("here/out/week.csv"));
    assert_eq!(saved.expect("the file"), "day,kg\n");
    let asked = app.claude.bodies()[0]["messages"].to_string();
    assert!(
        asked.contains("sum it up") && asked.contains("squat 100"),
        "{asked}"
    );
}

#[tokio::test]
async fn the_exit_code_tells_how_the_run_ended() {
    let app = RunsApp::with([Reply::error(400, "invalid_request_error", "no")]).await;
    let failed = ask(&app, &["run", "hello"]).await;
    assert_eq!(code(&failed), 1, "{failed:?}");
    assert!(
        failed.err.iter().any(|line| line.starts_with("failed: ")),
        "{failed:?}"
    );
    app.claude.push(Reply::hang_before_headers());
    let (cancelled, ()) = tokio::join!(
        ask(&app, &["run", "hello", "--request-id", "mine"]),
        async {
            app.claude.asked_times(2).await;
            let done = ask(&app, &["runs", "cancel", "mine", "--request-id"]).await;
            assert_eq!(code(&done), 0, "{done:?}");
        }
    );
    assert_eq!(code(&cancelled), 3, "{cancelled:?}");
    let cases: [(&[&str], &str); 4] = [
        (&["run", " "], "prompt: is blank"),
        (&["run", "hello", "--file", "missing.txt"], "cannot be read"),
        (&["run", "hello", "--model", "other"], "model"),
        (&["run"], "PROMPT"),
    ];
    for (arguments, said) in cases {
        let ended = ask(&app, arguments).await;
        assert_eq!(code(&ended), 2, "{ended:?}");
        assert!(ended.err.join("\n").contains(said), "{ended:?}");
    }
}

#[tokio::test]
async fn the_exit_code_of_a_run_that_expires_is_3() {
    let app = RunsApp::builder()
        .env("RUNS_QUEUE_TTL_SECS", "1")
        .env("RUNS_CONCURRENCY", "1")
        .start()
        .await;
    let first = app.begin("works").await;
    app.run_is("sam", &first, "running").await;
    let expired = ask(&app, &["run", "waits"]).await;
    assert_eq!(code(&expired), 3, "{expired:?}");
    assert!(
        expired.err.iter().any(|line| line == "expired"),
        "{expired:?}"
    );
}

#[tokio::test]
async fn a_run_is_begun_listed_shown_and_cancelled() {
    let app = RunsApp::start().await;
    app.claude.push(Reply::hang_before_headers());
    let begun = ask(&app, &["run", "hello", "--async"]).await;
    assert_eq!(code(&begun), 0, "{begun:?}");
    let id = begun.out[0].as_str();
    app.claude.asked_times(1).await;
    let listed = ask(&app, &["runs", "list", "--status", "running"]).await;
    assert!(
        listed.out[0].starts_with("RUN") && listed.out[1].starts_with(id),
        "{listed:?}"
    );
    let cancelled = ask(&app, &["runs", "cancel", id]).await;
    assert_eq!(code(&cancelled), 0, "{cancelled:?}");
    let watched = ask(&app, &["runs", "show", id, "--json"]).await;
    let shown: Value = serde_json::from_str(&watched.out.join("\n")).expect("JSON");
    assert_eq!(shown["executionId"], id);
    let missing = ask(&app, &["runs", "show", "0192"]).await;
    assert_eq!(code(&missing), 2, "{missing:?}");
}

#[tokio::test]
async fn skills_are_created_listed_changed_run_and_deleted() {
    let app = RunsApp::with([Reply::text("reviewed")]).await;
    let directory = Directory::new();
    let skill = json!({
        "name": "weekly review",
        "steps": [{"prompt": "review the week"}],
        "trigger": {"type": "schedule", "cron": "0 7 * * MON", "timezone": "Europe/Berlin"},
    });
    std::fs::write(directory.0.join("skill.json"), skill.to_string()).expect("a file");
    let callback = "https://example.com/hook";
    let arguments = ["skills", "create", "skill.json", "--callback-url", callback];
    let created = ask_in(&app, &directory, &arguments).await;
    assert_eq!(code(&created), 0, "{created:?}");
    assert_eq!(
        created
            .err
            .iter()
            .filter(|line| line.starts_with("runs at "))
            .count(),
        3
    );
    let id = created.out[0].as_str();
    let shown = ask(&app, &["skills", "show", id]).await.out.join("");
    assert!(
        shown.contains(&format!(r#""callbackUrl": "{callback}""#)),
        "{shown}"
    );
    std::fs::write(directory.0.join("patch.json"), r#"{"isActive": false}"#).expect("a file");
    let changed = ask_in(&app, &directory, &["skills", "update", id, "patch.json"]).await;
    assert_eq!((code(&changed), changed.err.len()), (0, 0), "{changed:?}");
    let listed = ask(&app, &["skills", "list"]).await;
    assert!(
        listed.out[1].contains("schedule 0 7 * * MON Europe/Berlin  false"),
        "{listed:?}"
    );
    let done = ask(&app, &["skills", "run", id, "--input", "of ann"]).await;
    assert_eq!(
        (code(&done), &done.out[..]),
        (0, &["reviewed".to_owned()][..]),
        "{done:?}"
    );
    let asked = app.claude.bodies()[0]["messages"].to_string();
    assert!(
        asked.contains("review the week") && asked.contains("of ann"),
        "{asked}"
    );
    assert_eq!(code(&ask(&app, &["skills", "delete", id]).await), 0);
    assert_eq!(code(&ask(&app, &["skills", "show", id]).await), 2);
    std::fs::write(directory.0.join("bad.json"), "{").expect("a file");
    let bad = ask_in(&app, &directory, &["skills", "create", "bad.json"]).await;
    assert_eq!(code(&bad), 2, "{bad:?}");
}

#[tokio::test]
async fn connections_are_stored_masked_checked_and_deleted_and_keys_rotated() {
    let app = RunsApp::start().await;
    let set = [
        "connections",
        "set",
        "web",
        "--url",
        "https://mcp.example.com/mcp",
        "--header",
        "Authorization: Bearer secret-of-ann",
    ];
    for said in ["stored", "replaced"] {
        let ended = ask(&app, &set).await;
        assert_eq!(code(&ended), 0, "{ended:?}");
        assert!(ended.out[0].starts_with(said), "{ended:?}");
    }
    let shown = ask(&app, &["connections", "show", "web"]).await;
    assert!(!shown.out.join("").contains("secret-of"), "{shown:?}");
    let listed = ask(&app, &["connections", "list"]).await;
    assert!(
        listed.out[1].starts_with("web   https://mcp.example.com/mcp  authorization"),
        "{listed:?}"
    );
    let old = &app.env["RUNS_ENCRYPTION_KEYS"];
    let keys = format!("k2:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=;{old}");
    let rotate = |keys: String| {
        let database = app.env["DATABASE_URL"].clone();
        async move {
            let env = [
                ("DATABASE_URL", database.as_str()),
                ("RUNS_ENCRYPTION_KEYS", &keys),
            ];
            run(&["runs", "rotate-keys"], &env).await
        }
    };
    let rotated = rotate(keys).await;
    assert_eq!(
        (code(&rotated), &rotated.out[..]),
        (0, &["1 secrets are encrypted anew".to_owned()][..]),
        "{rotated:?}"
    );
    let lost = rotate(old.clone()).await;
    assert_eq!(code(&lost), 2, "{lost:?}");
    assert!(lost.err.join("").contains("lacks the key `k2`"), "{lost:?}");
    assert_eq!(code(&ask(&app, &["connections", "delete", "web"]).await), 0);
}

#[tokio::test]
async fn a_server_that_is_not_there_and_a_bad_token_are_told_with_the_remedy() {
    let nowhere = [("RUNS_URL", "http://127.0.0.1:9"), ("RUNS_TOKEN", "t")];
    let ended = run(&["runs", "list"], &nowhere).await;
    assert_eq!(code(&ended), 1, "{ended:?}");
    assert!(ended.err[0].contains("or set RUNS_URL"), "{ended:?}");
    let ended = run(&["runs", "list"], &nowhere[..1]).await;
    assert_eq!(code(&ended), 2, "{ended:?}");
    assert!(
        ended.err[0].contains("prog-strength-agent token --sub USER"),
        "{ended:?}"
    );
    let app = RunsApp::start().await;
    let env = [
        ("RUNS_URL", app.url.as_str()),
        ("RUNS_TOKEN", "not.a.token"),
    ];
    let ended = run(&["skills", "list"], &env).await;
    assert_eq!(code(&ended), 2, "{ended:?}");
    let port = app.url.rsplit_once(':').expect("a port").1;
    assert_eq!(code(&run(&["healthcheck", "--port", port], &[]).await), 0);
}

#[tokio::test]
async fn a_cancel_before_there_is_a_run_is_told_as_such() {
    let app = RunsApp::start().await;
    let ended = ask(&app, &["runs", "cancel", "mine", "--request-id"]).await;
    assert_eq!(
        (code(&ended), &ended.out[..]),
        (
            0,
            &["there is no such run yet; it will never begin".to_owned()][..]
        ),
        "{ended:?}"
    );
}

#[tokio::test]
async fn settings_that_cannot_be_used_end_the_server_with_2() {
    let directory = Directory::new();
    let file = format!("sqlite:{}/runs.db", directory.0.display());
    let cases = [
        ("FILES_URL", "az://c", "FILES_URL"),
        ("DATABASE_URL", "sqlite::memory:", "DATABASE_URL"),
    ];
    for (variable, value, named) in cases {
        let mut env = vec![
            ("ANTHROPIC_API_KEY", "sk-test"),
            ("JWT_SIGNING_KEY", JWT_KEY),
            ("PORT", "0"),
        ];
        if variable != "DATABASE_URL" {
            env.push(("DATABASE_URL", &file));
        }
        env.push((variable, value));
        let ended = run_in(&directory, &["runs"], &env).await;
        assert_eq!(code(&ended), 2, "{ended:?}");
        assert!(ended.err.join("\n").contains(named), "{ended:?}");
    }
}

#[tokio::test]
async fn a_server_without_a_key_that_stored_secrets_need_ends_with_2() {
    let mut app = RunsApp::start().await;
    let stored =
        json!({"name": "mine", "url": "https://mcp.example.com/", "headers": {"x-key": "secret"}});
    assert_eq!(app.post("ann", "/connections", &stored).await.status, 201);
    app.stop();
    app.stopped().await;
    let env = [
        ("ANTHROPIC_API_KEY", "sk-test"),
        ("JWT_SIGNING_KEY", JWT_KEY),
        ("PORT", "0"),
        ("DATABASE_URL", &app.env["DATABASE_URL"]),
        (
            "RUNS_ENCRYPTION_KEYS",
            "k2:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        ),
    ];
    let ended = run(&["runs"], &env).await;
    assert_eq!(code(&ended), 2, "{ended:?}");
    assert!(
        ended.err.join("").contains("lacks the key `k1`"),
        "{ended:?}"
    );
}
