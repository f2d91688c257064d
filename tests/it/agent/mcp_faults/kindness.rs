//! Unusual answers of real servers whose meaning is plain: they are read.

use serde_json::{Value, json};

use crate::{
    support::helpers::{bad, good, obey, result_of as result, unknown},
    support::{
        fake_claude::Reply,
        raw_http::Request,
        scripted_mcp::{
            ScriptedMcp, echo, reply, result_of, streamed, text, typed, usual, with_headers,
        },
        test_app::TestApp,
    },
};

async fn app(server: &ScriptedMcp) -> TestApp {
    let app = TestApp::builder().mcp_url(server.url()).start().await;
    obey(&app);
    app
}

/// The tools that Claude gets, and the part of `/ready` about MCP.
async fn listed(server: &ScriptedMcp) -> (Vec<Value>, Value) {
    let app = app(server).await;
    app.ask("hello").await;
    let tools = app.claude.bodies()[0]["tools"].as_array().cloned();
    let ready = app.get("/ready").await.ok()["mcp"].take();
    (tools.unwrap_or_default(), ready)
}

/// A server that lists this page.
async fn listing(page: &'static str) -> ScriptedMcp {
    ScriptedMcp::answering("tools/list", |message| {
        typed(200, "application/json", &reply(message, page))
    })
    .await
}

/// A call whose answer has this JSON for its result, as JSON and as an event.
async fn called(result_json: &'static str) -> [Value; 2] {
    let json = ScriptedMcp::answering("tools/call", move |message| {
        typed(200, "application/json", &reply(message, result_json))
    });
    let events = ScriptedMcp::answering("tools/call", move |message| {
        streamed(&reply(message, result_json))
    });
    let (json, events) = (json.await, events.await);
    let results = [
        result(&app(&json).await, "echo").await,
        result(&app(&events).await, "echo").await,
    ];
    for server in [json, events] {
        assert_eq!(server.requests("tools/call", |_, _| ()).len(), 1);
    }
    results
}

#[tokio::test]
async fn every_request_to_the_server_accepts_no_content_coding() {
    let server = ScriptedMcp::start(|_, message| {
        let is_list = message["method"] == "tools/list";
        let mut tool = echo();
        tool["annotations"] = json!({"readOnlyHint": true});
        is_list.then(|| result_of(message, &json!({"tools": [tool]})))
    });
    let server = server.await;
    let session = |_: &Request, message: &Value| {
        let result = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "s", "version": "1"}});
        let headers = [
            ("content-type", "application/json"),
            ("mcp-session-id", "s-1"),
        ];
        let body = reply(message, &result.to_string());
        (message["method"] == "initialize").then(|| with_headers(200, &headers, body.as_bytes()))
    };
    let with_session = ScriptedMcp::start(session).await;
    for server in [&server, &with_session] {
        let app = app(server).await;
        for _ in 0..3 {
            app.ask("echo").await.ok();
        }
        app.finish().await;
    }
    for server in [&server, &with_session] {
        for method in ["POST", "GET", "DELETE"] {
            let accepted = server.requests(method, |request, _| {
                request.headers.get("accept-encoding").cloned()
            });
            assert!(
                accepted
                    .iter()
                    .all(|it| it.as_ref().is_some_and(|it| it == "identity"))
            );
        }
    }
    let deleted = with_session.requests("DELETE", |_, _| ()).len();
    let opened = with_session.requests("GET", |_, _| ()).len();
    assert_eq!((deleted, opened > 0), (1, true));
}

#[tokio::test]
async fn half_a_surrogate_pair_in_an_answer_is_a_replacement_character() {
    for result in
        called(r#"{"content":[{"type":"text","text":"a\ud83db\ude00 \ud83d\ude00"}],"x\ud83d":1}"#)
            .await
    {
        assert_eq!(result, good("a\u{fffd}b\u{fffd} 😀"));
    }
}

#[tokio::test]
async fn half_a_surrogate_pair_in_the_listing_is_a_replacement_character() {
    let page = r#"{"tools":[{"name":"echo","description":"a \ud83d","inputSchema":{"type":"object",
        "properties":{"k":{"description":"\ude00","enum":["\ud83d"]}}}}]}"#;
    let (tools, ready) = listed(&listing(page).await).await;
    assert_eq!(tools[0]["description"], "a \u{fffd}");
    assert_eq!(
        tools[0]["input_schema"]["properties"]["k"],
        json!({"description": "\u{fffd}", "enum": ["\u{fffd}"]})
    );
    assert_eq!(
        (&ready["tools"], &ready["tools_left_out"]),
        (&json!(1), &Value::Null)
    );
}

#[tokio::test]
async fn a_readable_text_survives_numbers_beyond_the_range_beside_it() {
    for structured in ["NaN", r#"{"a":[NaN,Infinity,-Infinity,1e400]}"#, "1e999"] {
        let json = format!(
            r#"{{"content":[{{"type":"text","text":"NaN is no number"}}],"structuredContent":{structured}}}"#
        );
        for result in called(json.leak()).await {
            assert_eq!(result, good("NaN is no number"), "{structured}");
        }
    }
    let alone = r#"{"content":[],"structuredContent":{"e1rm":NaN}}"#;
    for result in called(alone).await {
        assert_eq!(result, good(r#"{"e1rm":null}"#));
    }
}

#[tokio::test]
async fn content_that_is_null_is_empty() {
    for result in called(r#"{"content":null}"#).await {
        assert_eq!(result, good("The tool answered with nothing."));
    }
}

#[tokio::test]
async fn an_id_that_is_text_is_a_number() {
    let text_ids = |as_events: bool| {
        move |request: &Request, message: &Value| {
            let id = message["id"].as_u64()?;
            let body = usual_body(request, message);
            let body = body.replace(&format!("\"id\":{id}"), &format!("\"id\":\"{id}\""));
            let body = if message["method"] == "tools/call"
                && message["params"]["arguments"]["key"] == "fail"
            {
                format!(
                    r#"{{"jsonrpc":"2.0","id":"{id}","error":{{"code":-32603,"message":"no"}}}}"#
                )
            } else {
                body
            };
            Some(if as_events {
                streamed(&body)
            } else {
                typed(200, "application/json", &body)
            })
        }
    };
    for as_events in [false, true] {
        let server = ScriptedMcp::start(text_ids(as_events)).await;
        result_and_error_are_read(&server).await;
    }
}

/// A result and a JSON-RPC error are answers: no call is repeated.
async fn result_and_error_are_read(server: &ScriptedMcp) {
    let app = app(server).await;
    assert_eq!(result(&app, "echo").await, good("ok"));
    assert_eq!(
        result(&app, r#"echo {"key":"fail"}"#).await,
        bad("The tool server answered with error -32603: no")
    );
    assert_eq!(server.requests("tools/call", |_, _| ()).len(), 2);
}

/// The body of the usual answer.
fn usual_body(request: &Request, message: &Value) -> String {
    let answer = String::from_utf8(usual(request, message)).expect("text");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    body.to_owned()
}

/// An answer with every member that a message of any kind may have.
fn with_all_members(request: &Request, message: &Value) -> Option<String> {
    let id = message["id"].as_u64()?;
    if message["params"]["arguments"]["key"] == "fail" {
        let error = r#"{"code": -32603, "message": "no", "data": null}"#;
        return Some(format!(
            r#"{{"jsonrpc": "2.0", "id": {id}, "method" : null, "params": null, "result": null, "error": {error}}}"#
        ));
    }
    let body = usual_body(request, message);
    let all = "\"jsonrpc\":\"2.0\",\"method\":null,\"params\":null,\"error\"\n: null,";
    Some(body.replacen("\"jsonrpc\":\"2.0\",", all, 1))
}

#[tokio::test]
async fn a_member_of_another_kind_of_message_that_is_null_counts_as_absent() {
    let notice = r#"data: {"jsonrpc":"2.0","id":null,"method":"notifications/tools/list_changed"}"#;
    for as_events in [false, true] {
        let server = ScriptedMcp::start(move |request, message| {
            let body = with_all_members(request, message)?;
            Some(if as_events {
                let events = format!("{notice}\n\ndata: {}\n\n", body.replace('\n', " "));
                typed(200, "text/event-stream", &events)
            } else {
                typed(200, "application/json", &body)
            })
        });
        let server = server.await;
        result_and_error_are_read(&server).await;
    }
}

#[tokio::test]
async fn events_of_another_name_are_skipped() {
    for (name, data) in [("ping", "2026-11-29"), ("heartbeat", "{}"), ("x", "[")] {
        let server = ScriptedMcp::start(move |request, message| {
            message["id"].as_u64()?;
            let body = usual_body(request, message);
            let events = format!("event: {name}\ndata: {data}\n\nevent: message\ndata: {body}\n\n");
            Some(typed(200, "text/event-stream", &events))
        });
        let server = server.await;
        assert_eq!(
            result(&app(&server).await, "echo").await,
            good("ok"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn media_types_are_read_in_any_case_and_with_parameters() {
    for (media_type, as_events) in [
        ("Application/JSON", false),
        ("application/json;charset=UTF-8", false),
        ("APPLICATION/JSON ; Charset=utf-8", false),
        ("Text/Event-Stream", true),
        ("TEXT/EVENT-STREAM; charset=utf-8", true),
    ] {
        let server = ScriptedMcp::start(move |request, message| {
            message["id"].as_u64()?;
            let body = usual_body(request, message);
            let event = format!("data: {body}\n\n");
            Some(typed(
                200,
                media_type,
                if as_events { &event } else { &body },
            ))
        });
        let server = server.await;
        assert_eq!(
            result(&app(&server).await, "echo").await,
            good("ok"),
            "{media_type}"
        );
    }
}

#[tokio::test]
async fn a_notification_may_be_answered_with_any_success_and_body() {
    for (status, media_type, body) in [
        (200, "text/html", "<html>ok</html>"),
        (200, "application/json", "{}"),
        (200, "application/json", "null"),
        (201, "text/plain", ""),
        (204, "text/plain", ""),
        (299, "application/octet-stream", "\u{0}"),
        (200, "text/event-stream", ": hi\n\n"),
    ] {
        let server = ScriptedMcp::answering("notifications/initialized", move |_| {
            typed(status, media_type, body)
        });
        let server = server.await;
        assert_eq!(
            result(&app(&server).await, "echo").await,
            good("ok"),
            "{status} {media_type}"
        );
    }
}

#[tokio::test]
async fn a_redirect_on_the_same_origin_is_followed_with_the_token() {
    for status in [307, 308] {
        let server = ScriptedMcp::start(move |request, _| {
            let moved = || with_headers(status, &[("location", "/moved?to=here")], b"");
            (request.path == "/mcp").then(moved)
        });
        let server = server.await;
        let app = TestApp::builder()
            .mcp_url(server.url())
            .env("PROG_STRENGTH_MCP_TOKEN", "tok-1");
        let app = app.start().await;
        obey(&app);
        assert_eq!(result(&app, "echo").await, good("ok"));
        let calls = server.requests("tools/call", |request, _| {
            (
                request.path.clone(),
                request.headers["authorization"].clone(),
            )
        });
        let paths: Vec<_> = calls.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["/mcp", "/moved?to=here"]);
        assert!(calls.iter().all(|(_, token)| token == "Bearer tok-1"));
    }
}

#[tokio::test]
async fn a_redirect_to_another_origin_or_in_a_circle_is_not_followed() {
    let elsewhere = ScriptedMcp::start(|_, _| None).await;
    let away = elsewhere.url().to_owned();
    let server = ScriptedMcp::answering("tools/call", move |_| {
        with_headers(307, &[("location", &away)], b"")
    });
    let server = server.await;
    let outcome = unknown("the connection to the tool server broke");
    assert_eq!(result(&app(&server).await, "echo").await, bad(&outcome));
    assert_eq!(elsewhere.requests("POST", |_, _| ()).len(), 0);
    let circle = ScriptedMcp::answering("tools/call", |_| {
        with_headers(308, &[("location", "/mcp")], b"")
    });
    let circle = circle.await;
    assert_eq!(result(&app(&circle).await, "echo").await, bad(&outcome));
    assert!(circle.requests("tools/call", |_, _| ()).len() <= 5);
}

#[tokio::test]
async fn a_cursor_that_is_empty_or_does_not_advance_leaves_nothing_out() {
    for cursor in ["\"\"", "\"again\"", "null"] {
        let page = format!(
            r#"{{"tools":[{},{},{{"name":"broken","inputSchema":[1]}}],"nextCursor":{cursor}}}"#,
            echo(),
            r#"{"name":"echo","description":"the second","inputSchema":null}"#
        );
        let (tools, ready) = listed(&listing(page.leak()).await).await;
        let names: Vec<_> = tools.iter().map(|tool| &tool["name"]).collect();
        assert_eq!(names, ["echo"], "{cursor}");
        assert_eq!(tools[0]["description"], Value::Null);
        assert_eq!(
            (&ready["tools"], &ready["tools_left_out"]),
            (&json!(1), &json!(1))
        );
    }
}

#[tokio::test]
async fn a_listing_that_is_null_has_no_tools() {
    let (tools, ready) = listed(&listing(r#"{"tools":null,"nextCursor":null}"#).await).await;
    assert_eq!((tools.len(), &ready["tools"]), (0, &json!(0)));
}

#[tokio::test]
async fn schemas_that_can_be_mended_are_offered() {
    let page = r#"{"tools":[
        {"name":"a_none"},
        {"name":"b_null","inputSchema":null,"description":null,"annotations":null},
        {"name":"c_untyped","inputSchema":{"type":null,"properties":null,"required":null}},
        {"name":"d_nulls","inputSchema":{"type":"object","properties":{"x":{"type":"string","enum":null,"default":null,"items":null}}}},
        {"name":"e_draft4","inputSchema":{"type":"object","properties":{"x":{"type":"number","minimum":0,"exclusiveMinimum":true,"required":true},
            "y":{"type":"array","items":[{"type":"string"}]}}}},
        {"name":"f_twice","inputSchema":{"type":["object","null"],"properties":{"x":{}},"required":["x","x"]}},
        {"name":"g_union","inputSchema":{"type":"object","oneOf":[{}]}},
        {"name":"h_bad","inputSchema":{"type":"object","properties":{"x":{"minimum":"one"}}}},
        {"name":"i_huge","inputSchema":{"type":"object","properties":{"x":{"maximum":1e400,"default":NaN}}}}]}"#;
    let (tools, ready) = listed(&listing(page).await).await;
    let schemas: Vec<_> = tools
        .iter()
        .map(|tool| tool["input_schema"].clone())
        .collect();
    assert_eq!(
        schemas,
        [
            json!({"type": "object"}),
            json!({"type": "object"}),
            json!({"type": "object"}),
            json!({"type": "object", "properties": {"x": {"type": "string", "default": null}}}),
            json!({"type": "object", "properties": {"x": {"type": "number", "exclusiveMinimum": 0},
                "y": {"type": "array", "prefixItems": [{"type": "string"}]}}, "required": ["x"]}),
            json!({"type": "object", "properties": {"x": {}}, "required": ["x"]}),
            json!({"type": "object", "properties": {"x": {"default": null}}}),
        ]
    );
    assert_eq!(ready["tools_left_out"], 2);
}

#[tokio::test]
async fn a_tool_call_answered_with_a_content_coding_is_of_unknown_fate() {
    for coding in ["gzip", "br", "zstd", "identity, GZIP"] {
        for media_type in ["application/json", "text/event-stream"] {
            let server = ScriptedMcp::answering("tools/call", move |_| {
                let headers = [("content-type", media_type), ("content-encoding", coding)];
                with_headers(200, &headers, b"\x1f\x8b\x08\x00garbage\n\n")
            });
            let server = server.await;
            let outcome = unknown("the connection to the tool server broke");
            assert_eq!(result(&app(&server).await, "echo").await, bad(&outcome));
            assert_eq!(server.requests("tools/call", |_, _| ()).len(), 1);
        }
    }
    let identity = ScriptedMcp::answering("tools/call", |message| {
        let headers = [
            ("content-type", "application/json"),
            ("content-encoding", "Identity"),
        ];
        with_headers(
            200,
            &headers,
            reply(message, &text("ok").to_string()).as_bytes(),
        )
    });
    let identity = identity.await;
    assert_eq!(result(&app(&identity).await, "echo").await, good("ok"));
}

#[tokio::test]
async fn half_a_surrogate_pair_in_a_call_of_claudes_is_a_replacement_character() {
    let server = ScriptedMcp::start(|_, _| None).await;
    let app = TestApp::builder().mcp_url(server.url()).start().await;
    app.claude.push_all([
        Reply::empty().and_tool_pieces(
            "toolu_1",
            "echo",
            &[r#"{"key": "a \ud83d"#, r#"\ude00 b\ud83d", "k\ude00": 1}"#],
        ),
        Reply::text("done"),
    ]);
    app.ask("go").await.ok();
    let arguments = server.requests("tools/call", |_, message| {
        message["params"]["arguments"].clone()
    });
    assert_eq!(
        arguments,
        [json!({"key": "a 😀 b\u{fffd}", "k\u{fffd}": 1})]
    );
}

#[tokio::test]
async fn a_json_rpc_error_is_an_answer_by_either_way_in_whatever_else_it_says() {
    for (rest, said) in [
        (r#""id":null,"error":{"code":-32603,"message":"no"}"#, "no"),
        (r#""error":{"code":-32603,"message":"no"}"#, "no"),
        (r#""id":"x","error":{"code":-32603,"message":"no"}"#, "no"),
        (
            r#""id":null,"result":null,"error":{"code":-32603,"message":"no","data":null}"#,
            "no",
        ),
        (
            r#""error":{"code":-32603,"message":"no","data":[NaN,1e400]}"#,
            "no",
        ),
        (
            r#""error":{"code":-32603,"message":"no","data":1e400}"#,
            "no",
        ),
        (r#""error":{"code":-32603,"message":"\ud83d"}"#, "\u{fffd}"),
        (r#""error":{"code":-32603}"#, ""),
    ] {
        let body = format!(r#"{{"jsonrpc":"2.0",{rest}}}"#);
        for as_events in [false, true] {
            let body = body.clone();
            let server = ScriptedMcp::answering("tools/call", move |_| {
                if as_events {
                    streamed(&body)
                } else {
                    typed(200, "application/json", &body)
                }
            });
            let server = server.await;
            let said = format!("The tool server answered with error -32603: {said}");
            assert_eq!(
                result(&app(&server).await, "echo").await,
                bad(&said),
                "{rest}"
            );
            assert_eq!(server.requests("tools/call", |_, _| ()).len(), 1);
        }
    }
}

#[tokio::test]
async fn an_error_of_a_gateway_is_no_json_rpc_error() {
    for body in [
        r#"{"error":{"code":502,"message":"Bad Gateway","status":"UNAVAILABLE"}}"#,
        r#"{"jsonrpc":"1.0","error":{"code":502,"message":"Bad Gateway"}}"#,
        r#"{"jsonrpc":"2.0","error":"no"}"#,
    ] {
        let server = ScriptedMcp::answering("tools/call", |_| typed(502, "application/json", body));
        let server = server.await;
        let outcome = unknown("the connection to the tool server broke");
        assert_eq!(result(&app(&server).await, "echo").await, bad(&outcome));
        assert_eq!(server.requests("tools/call", |_, _| ()).len(), 1);
    }
}

#[tokio::test]
async fn a_json_rpc_error_of_any_shape_is_a_final_answer() {
    for error in [
        r#"{"code":-32602,"message":null}"#,
        r#"{"code":-32602.0,"message":"no"}"#,
        r#"{"code":9007199254740993,"message":"no"}"#,
        r#"{"code":"E_FAILED","message":{"text":"no"}}"#,
    ] {
        for as_event in [false, true] {
            let server = ScriptedMcp::start(move |_, message| {
                (message["method"] == "tools/call").then(|| {
                    let id = &message["id"];
                    let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#);
                    if as_event {
                        streamed(&body)
                    } else {
                        typed(200, "application/json", &body)
                    }
                })
            });
            let server = server.await;
            let result = result(&app(&server).await, "echo").await;
            assert_eq!(result["is_error"], true);
            let text = result["content"].to_string();
            assert!(!text.contains("unknown"), "{error}: {text}");
            assert_eq!(server.requests("tools/call", |_, _| ()).len(), 1);
        }
    }
}

#[tokio::test]
async fn a_session_needs_no_more_of_a_handshake_than_its_version() {
    for members in [
        "",
        r#","capabilities":null,"serverInfo":null"#,
        r#","capabilities":[],"serverInfo":{"name":null,"version":null},"instructions":null"#,
        r#","capabilities":{"tools":null,"experimental":{"x":NaN}},"serverInfo":{"name":"s","version":2.5},"_meta":[]"#,
    ] {
        for as_event in [false, true] {
            let server = ScriptedMcp::answering("initialize", move |message| {
                let result = format!(r#"{{"protocolVersion":"2025-11-25"{members}}}"#);
                let body = reply(message, &result);
                if as_event {
                    streamed(&body)
                } else {
                    typed(200, "application/json", &body)
                }
            });
            let server = server.await;
            assert_eq!(
                result(&app(&server).await, "echo").await,
                good("ok"),
                "{members}"
            );
        }
    }
}

#[tokio::test]
async fn an_empty_map_that_is_written_as_a_list_is_a_schema() {
    let server = listing(
        r#"{"tools":[{"name":"echo","inputSchema":[]},{"name":"two","inputSchema":{"type":"object","properties":{"a":{"type":["string",null]},"b":[]},"additionalProperties":[]}}]}"#,
    );
    let (tools, ready) = listed(&server.await).await;
    assert_eq!(ready["tools"], 2, "{ready}");
    assert_eq!(tools[0]["input_schema"], json!({"type": "object"}));
    assert_eq!(
        tools[1]["input_schema"],
        json!({"type": "object", "properties": {"a": {"type": ["string", "null"]}, "b": {}}, "additionalProperties": {}})
    );
}
