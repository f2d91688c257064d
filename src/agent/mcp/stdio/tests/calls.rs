//! Calls: what the process gets, and what becomes of calls when it fails.

use super::*;

#[tokio::test]
async fn a_process_has_the_folder_and_the_variables_of_its_connection_alone() {
    let session = Session::start("");
    let seen: Value = serde_json::from_str(&session.text("environment", json!({})).await).unwrap();
    let home = folder(session.base.path()).canonicalize().unwrap();
    let BaseEnvironment { path, lang } = BaseEnvironment::from_env();
    let variables = json!([
        format!("HOME={}", home.display()),
        format!("LANG={}", lang.display()),
        format!("PATH={}", path.display()),
        "TOKEN=s3cret",
    ]);
    assert_eq!(seen, json!({"cwd": home, "variables": variables}));
    session.mcp.close().await;
}

#[tokio::test]
async fn calls_are_answered_with_what_the_process_writes() {
    let session = Session::start("");
    let listed = session.mcp.tools(Instant::now() + DEADLINE).await.unwrap();
    assert_eq!((listed.tools.len(), listed.left_out.len()), (12, 0));
    let info = session.mcp.server().unwrap();
    assert_eq!((info.name.as_str(), info.tools), ("odd", 12));
    for said in ["hello", "\u{1f3cb} zwei\nZeilen", "{\"id\":1}"] {
        assert_eq!(session.text("echo", json!({"text": said})).await, said);
    }
    let (first, second) = tokio::join!(
        session.text("echo", json!({"text": "a"})),
        session.text("write", json!({"text": "b"}))
    );
    assert_eq!((first.as_str(), second.as_str()), ("a", "written"));
    assert_eq!(session.writes(), ["b"]);
    let long = session.call("big", json!({"bytes": 2_000_000})).await;
    assert!(!long.is_error && long.size() < 110_000);
    session.mcp.close().await;
}

#[tokio::test]
async fn a_process_that_floods_its_standard_error_is_not_blocked() {
    let session = Session::start("");
    let flooded = session.text("flood", json!({"lines": 5000}));
    assert_eq!(flooded.await, "flooded");
    session.mcp.close().await;
}

#[tokio::test]
async fn a_write_whose_process_dies_is_unknown_and_is_not_repeated() {
    let session = Session::start("");
    let before = session.text("pid", json!({})).await;
    let outcome = session.call("crash", json!({})).await;
    assert_eq!((outcome.label(), outcome.is_error), ("unknown", true));
    until("the session is lost", || session.mcp.server().is_none()).await;
    until("the record is removed", || session.recorded() == 0).await;
    // No call asks for the server: it is not started again. An HTTP session would be within 0.4 s.
    sleep(Duration::from_secs(1)).await;
    assert_eq!(session.recorded(), 0);
    assert_eq!(session.writes(), ["crash"]);
    assert_ne!(restarted(&session).await, before);
    session.mcp.close().await;
}

/// The process id, after a call by a new process. The listing of the lost session is of no use.
async fn restarted(session: &Session) -> String {
    let listed = Session::start("");
    let call = prepared(&listed.mcp, "pid", json!({})).await;
    listed.mcp.close().await;
    let outcome = timeout(DEADLINE, session.mcp.begin(call, None))
        .await
        .unwrap();
    assert!(!outcome.is_error, "{outcome:?}");
    text(&outcome).to_owned()
}

#[tokio::test]
async fn a_read_whose_process_dies_is_repeated_by_a_new_one() {
    let session = Session::start("");
    assert_eq!(session.text("crash_once", json!({})).await, "second");
    session.mcp.close().await;
}

#[tokio::test]
async fn an_answer_beyond_the_limit_ends_the_session_but_not_the_next_call() {
    let session = Session::start("");
    let before = session.text("pid", json!({})).await;
    let read = session.call("big", json!({"bytes": 9_000_000})).await;
    assert_eq!(read.label(), "too_large");
    assert_ne!(restarted(&session).await, before);
    let write = session.call("write_big", json!({"bytes": 9_000_000})).await;
    assert_eq!(write.label(), "unknown");
    assert_eq!(session.writes(), ["big", "write_big"]);
    session.mcp.close().await;
}

#[tokio::test]
async fn a_call_that_is_never_answered_ends_at_its_deadline() {
    let session = Session::with_timeout("", Duration::from_secs(2));
    session.text("echo", json!({"text": "up"})).await;
    let began = Instant::now();
    let outcome = session.call("write_never", json!({})).await;
    assert_eq!(outcome.label(), "unknown");
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(session.writes(), ["write_never"]);
    session.mcp.close().await;
    until("the process is gone", || session.recorded() == 0).await;
}

#[tokio::test]
async fn a_command_that_cannot_serve_fails_at_once_and_says_why() {
    let session = Session::start("dies");
    let failure = session.mcp.tools(Instant::now() + DEADLINE).await;
    assert_eq!(
        failure.unwrap_err().to_string(),
        "the handshake failed: the process has ended (exit status: 3)"
    );
    session.mcp.close().await;
    let mut missing = python(session.base.path(), "");
    missing.command = "no-such-command".into();
    let mcp = open(session.base.path(), &missing, CALL_TIMEOUT);
    let failure = mcp.tools(Instant::now() + DEADLINE).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "the command could not be started: entity not found"
    );
    mcp.close().await;
}

#[tokio::test]
async fn a_command_that_never_answers_is_given_up_at_the_deadline_and_ended() {
    let session = Session::start("silent");
    let failure = session
        .mcp
        .tools(Instant::now() + Duration::from_secs(1))
        .await;
    assert_eq!(
        failure.unwrap_err().to_string(),
        "there is no session with the tool server"
    );
    session.mcp.close().await;
    assert_eq!(session.recorded(), 0);
}
