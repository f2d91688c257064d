//! Listings whose later pages fail, and names that are listed twice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    support::helpers::{good, obey, result_of as result},
    support::{
        raw_http::Request,
        scripted_mcp::{ScriptedMcp, echo, reply, result_of, typed, with_headers},
        test_app::TestApp,
    },
};

/// A server whose first page ends with a half pair as its cursor, and whose second page is `second`.
async fn two_pages(second: impl Fn(&Value) -> Vec<u8> + Send + Sync + 'static) -> ScriptedMcp {
    ScriptedMcp::start(move |_: &Request, message: &Value| {
        let is_list = message["method"] == "tools/list";
        is_list.then(|| match message["params"]["cursor"].as_str() {
            None => {
                let page = format!(r#"{{"tools":[{}],"nextCursor":"a\ud83d"}}"#, echo());
                typed(200, "application/json", &reply(message, &page))
            }
            Some(cursor) => {
                assert_eq!(cursor, "a\u{fffd}");
                second(message)
            }
        })
    })
    .await
}

/// The tools of `/ready`, once there is a session, after a call of the first one.
async fn tools(server: &ScriptedMcp) -> Value {
    let app = TestApp::builder().mcp_url(server.url()).start().await;
    obey(&app);
    assert_eq!(result(&app, "echo").await, good("ok"));
    app.get("/ready").await.ok()["mcp"]["tools"].clone()
}

#[tokio::test]
async fn a_second_page_is_asked_for_with_the_cursor_as_it_was_read() {
    let server = two_pages(|message| {
        let tool = json!({"name": "second"});
        result_of(message, &json!({"tools": [tool]}))
    });
    assert_eq!(tools(&server.await).await, 2);
}

#[tokio::test]
async fn a_page_that_fails_leaves_those_before_it_in_force() {
    let failures: [fn(&Value) -> Vec<u8>; 6] = [
        |_| typed(500, "text/plain", "no"),
        |_| typed(200, "text/html", "<html>"),
        |message| typed(200, "application/json", &reply(message, r#"{"tools":{}}"#)),
        |message| typed(200, "application/json", &reply(message, "{")),
        |_| {
            let headers = [
                ("content-type", "application/json"),
                ("content-encoding", "gzip"),
            ];
            with_headers(200, &headers, b"\x1f\x8b")
        },
        |message| {
            let error = json!({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32602, "message": "no"}});
            typed(200, "application/json", &error.to_string())
        },
    ];
    for failure in failures {
        assert_eq!(tools(&two_pages(failure).await).await, 1);
    }
}

#[tokio::test]
async fn a_page_that_does_not_arrive_leaves_those_before_it_in_force() {
    // Answers a part of what it announces.
    let server = two_pages(|_| {
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"
            .to_vec()
    })
    .await;
    let app = TestApp::builder()
        .mcp_url(server.url())
        .unready()
        .start()
        .await;
    let started = tokio::time::Instant::now();
    while app.get("/ready").await.status != 200 {
        assert!(started.elapsed() < Duration::from_secs(15), "no session");
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(app.get("/ready").await.ok()["mcp"]["tools"], 1);
}

#[tokio::test]
async fn of_two_definitions_of_a_name_the_first_usable_one_counts() {
    let sound = |title: &str| {
        format!(r#"{{"name":"log","description":"{title}","inputSchema":{{"type":"object"}}}}"#)
    };
    for unusable in [
        r#"{"name":"log","inputSchema":{"type":"object","anyOf":[{}]}}"#,
        r#"{"name":"log","inputSchema":"none"}"#,
    ] {
        let (first, second) = (sound("first"), sound("second"));
        let page = format!(r#"{{"tools":[{unusable},{first},{second},{unusable}]}}"#);
        let server = ScriptedMcp::answering("tools/list", move |message| {
            typed(200, "application/json", &reply(message, &page))
        });
        let server = server.await;
        let app = TestApp::builder().mcp_url(server.url()).start().await;
        obey(&app);
        app.ask("log").await.ok();
        let shown = app.claude.bodies()[0]["tools"].clone();
        let shown = shown.as_array().expect("tools");
        assert_eq!(
            (shown.len(), &shown[0]["description"]),
            (1, &json!("first"))
        );
        let ready = app.get("/ready").await.ok();
        assert_eq!(ready["mcp"].get("tools_left_out"), None, "{unusable}");
        assert_eq!(server.requests("tools/call", |_, _| ()).len(), 1);
    }
    let page =
        r#"{"tools":[{"name":"log","inputSchema":"none"},{"name":"log","inputSchema":[1]}]}"#;
    let server = ScriptedMcp::answering("tools/list", |message| {
        typed(200, "application/json", &reply(message, page))
    });
    let server = server.await;
    let app = TestApp::builder().mcp_url(server.url()).start().await;
    assert_eq!(app.get("/ready").await.ok()["mcp"]["tools_left_out"], 1);
}

#[tokio::test]
async fn a_page_that_fails_when_tools_are_listed_again_leaves_the_listing_in_force() {
    let failing = Arc::new(AtomicUsize::new(0));
    let fails = failing.clone();
    let server = ScriptedMcp::start(move |_, message| {
        let first = json!({"tools": [echo()], "nextCursor": "2"});
        match (message["method"].as_str(), fails.load(Relaxed)) {
            (Some("tools/list"), _) if message["params"]["cursor"].is_null() => {
                Some(result_of(message, &first))
            }
            // An unknown outcome of a call has the session checked, by a listing.
            (Some("tools/list"), 1) | (Some("tools/call"), 1..) => {
                Some(typed(500, "text/plain", "no"))
            }
            (Some("tools/list"), after) => {
                let names = &["second", "third"][..=after.min(1)];
                let tools: Vec<Value> = names.iter().map(|it| json!({"name": it})).collect();
                Some(result_of(message, &json!({ "tools": tools })))
            }
            _ => None,
        }
    });
    let server = server.await;
    let app = TestApp::builder().mcp_url(server.url()).start().await;
    obey(&app);
    let pages = || server.requests("tools/list", |_, _| ()).len();
    for (stage, expected) in [(0, 2), (1, 2), (2, 3)] {
        failing.store(stage, Relaxed);
        let before = pages();
        if stage > 0 {
            result(&app, "echo").await;
            while pages() < before + 2 {
                sleep(Duration::from_millis(20)).await;
            }
            sleep(Duration::from_millis(300)).await;
        }
        let mcp = app.get("/ready").await.ok()["mcp"].take();
        assert_eq!(mcp["tools"], expected, "{stage}");
    }
    assert_eq!(server.requests("initialize", |_, _| ()).len(), 1);
}
