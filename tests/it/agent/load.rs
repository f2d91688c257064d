//! Load: many chats at once and in a row, and a tool server that restarts again and again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    support::helpers::{last_content, metric, metric_becomes, said, take_turn_id},
    support::{
        fake_claude::Reply,
        mcp_server::McpServer,
        mcp_tools::bench_press,
        sse::Sse,
        test_app::{Answer, TestApp, user},
        wait::within,
    },
};

/// A turn in either mode; its answer, or the data of its `done`.
async fn turn(request: reqwest::RequestBuilder, words: &str, streamed: bool) -> Value {
    let mut body = user(words);
    body["stream"] = streamed.into();
    let request = request.body(body.to_string());
    if streamed {
        let response = within("the stream's head", request.send()).await;
        Sse::new(response.expect("an answer")).last("done").await
    } else {
        Answer::of(request).await.ok()
    }
}

/// Waits until no turn is left and `chats` are counted.
async fn at_rest(app: &TestApp, chats: u64) {
    metric_becomes(app, "chat_in_flight", 0).await;
    metric_becomes(app, "chat_requests_total", chats).await;
    app.claude.no_open_streams().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_concurrent_chats_of_two_users_are_not_mixed() {
    let app = TestApp::start().await;
    // "note-17" is called as toolu_17, and what the tool said is said again.
    app.claude.on(|body| {
        if let Some(note) = said(body) {
            let id = note.replace("note-", "toolu_");
            return Reply::tool(&id, "whoami", json!({"note": note}));
        }
        let result = &last_content(body)[0]["content"][0]["text"];
        Reply::text(result.as_str().expect("a text"))
    });
    let chats = (0..300).map(|n| {
        let sub = ["ann", "bob"][n % 2];
        let request = app.post(sub).header("x-request-id", format!("req-{n}"));
        async move {
            let mut answer = turn(request, &format!("note-{n}"), n.is_multiple_of(3)).await;
            let said = answer["content"][0]["text"].take();
            let mut said: Value =
                serde_json::from_str(said.as_str().expect("a text")).expect("JSON");
            take_turn_id(&mut said["_meta"]);
            (answer["request_id"].take(), said)
        }
    });
    let answers = join_all(chats).await;
    for (n, answer) in answers.into_iter().enumerate() {
        let sub = ["ann", "bob"][n % 2];
        let heard = json!({
            "arguments": {"note": format!("note-{n}"), "user_id": sub},
            "_meta": {"fitness.progstrength/user_id": sub,
                "fitness.progstrength/tool_use_id": format!("toolu_{n}"),
                "fitness.progstrength/request_id": format!("req-{n}")}});
        assert_eq!(answer, (json!(format!("req-{n}")), heard));
    }
    assert_eq!(app.mcp.called().len(), 300);
    at_rest(&app, 300).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_chats_in_a_row_and_five_hundred_at_once_leak_nothing() {
    let app = TestApp::start().await;
    app.claude
        .on(|body| Reply::text(&said(body).expect("the user's words")));
    let chat = async |n: usize| {
        let words = format!("words {n}");
        let answer = turn(app.post("sam"), &words, n.is_multiple_of(2)).await;
        assert_eq!(answer["content"], json!([{"type": "text", "text": words}]));
    };
    for n in 0..2000 {
        chat(n).await;
    }
    at_rest(&app, 2000).await;
    join_all((2000..2500).map(chat)).await;
    at_rest(&app, 2500).await;
    for mode in ["json", "sse"] {
        let series = format!(r#"chat_requests_total{{mode="{mode}",code="ok"}}"#);
        assert_eq!(metric(&app, &series).await, 1250);
    }
}

/// The outcome that a caller was told for its write.
enum Told {
    Done,
    Unknown,
    NotRun,
}

/// Five worlds at once, each of which sees ten deaths: fifty in all.
const WORLDS: usize = 5;
const DEATHS: usize = 10;
const CALLERS: usize = 8;
/// A session that dies sooner is followed by a pause, in which nothing could go wrong.
const LIFE: Duration = Duration::from_millis(1050);

/// One chat with one write of its own id; every fourth caller uses a tool that is slow to answer.
async fn write(app: &TestApp, id: &str, caller: usize) -> Told {
    let tool = if caller.is_multiple_of(4) {
        "slow_write"
    } else {
        "create_workout"
    };
    let answer = app.chat("sam", &user(&format!("{id} {tool}"))).await;
    if answer.error() == (503, "tools_unavailable") {
        return Told::NotRun;
    }
    let result = answer.ok()["messages"][1]["content"][0].take();
    let text = result["content"][0]["text"].as_str().expect("a text");
    match (result["is_error"].as_bool(), text) {
        (None, text) => {
            assert!(text.contains("created") || text.contains("done"), "{text}");
            Told::Done
        }
        (Some(true), text) if text.starts_with("outcome unknown, check first: ") => Told::Unknown,
        (Some(true), text) if text.starts_with("not run: ") => Told::NotRun,
        _ => panic!("{result}"),
    }
}

/// Callers write continuously while their server restarts; the reported outcomes are compared with the executed writes.
async fn world() -> [usize; 3] {
    let mut mcp = McpServer::start().await;
    let app = Arc::new(TestApp::builder().mcp_url(&mcp.url()).start().await);
    app.claude.on(|body| match said(body) {
        None => Reply::text("done"),
        Some(words) => {
            let (id, tool) = words.split_once(' ').expect("an id and a tool");
            Reply::tool(id, tool, bench_press())
        }
    });
    let over = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (app, over) = (app.clone(), over.clone());
            tokio::spawn(async move {
                let mut told = Vec::new();
                while !over.load(Ordering::SeqCst) {
                    let id = format!("toolu_{caller}_{}", told.len());
                    let what = write(&app, &id, caller).await;
                    told.push((id, what));
                }
                told
            })
        })
        .collect();
    for death in 0..DEATHS {
        mcp.until("the next session", |memory| memory.sessions > death)
            .await;
        sleep(LIFE).await;
        mcp.restart().await;
        mcp.gate.open(1);
    }
    over.store(true, Ordering::SeqCst);
    mcp.gate.open_for_good();
    let mut told = Vec::new();
    for caller in callers {
        told.extend(within("the caller's end", caller).await.expect("no panic"));
    }
    at_rest(&app, told.len().try_into().expect("a count")).await;
    compared(&told, &mcp)
}

/// How many writes were done, unknown, and not run, all of which must be true.
fn compared(told: &[(String, Told)], mcp: &McpServer) -> [usize; 3] {
    let executions = mcp.remembers(|memory| memory.executions.clone());
    let mut counts = [0; 3];
    for (id, told) in told {
        let times = executions.get(id).copied().unwrap_or(0);
        let (kind, honest) = match told {
            Told::Done => (0, times == 1),
            Told::Unknown => (1, times <= 1),
            Told::NotRun => (2, times == 0),
        };
        counts[kind] += 1;
        assert!(honest, "{id} ran {times} times, and was told as {kind}");
    }
    assert!(executions.values().all(|times| *times == 1));
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_restarts_of_the_tool_server_neither_repeat_nor_invent_a_write() {
    for [done, unknown, _] in join_all((0..WORLDS).map(|_| world())).await {
        assert!(
            done > DEATHS && unknown > 0,
            "{done} done, {unknown} unknown"
        );
    }
}
