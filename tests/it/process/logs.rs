//! Log lines: the fields they have, and the secrets they do not contain.

use rustix::process::Signal;

use super::*;

#[tokio::test]
async fn a_finished_chat_is_logged_as_one_json_line() {
    let service = Service::start(&[], &[]).await;
    service.claude.push_all([
        Reply::empty()
            .and_tool("t1", "list_workouts", json!({}))
            .and_tool("t2", "fail", json!({}))
            .usage(10, 5, 3, 2),
        Reply::text("Push day.").usage(20, 6, 0, 4),
    ]);
    let (status, _) = service
        .chat(&sams_token(), "the-id", &user("what did I do?"))
        .await;
    assert_eq!(status, 200);
    let mut line = service.process.logged("chat").await;
    assert!(line["timestamp"].is_string());
    for name in ["timestamp", "ttft_ms", "total_ms"] {
        let field = line.get_mut(name).expect(name);
        assert!(name == "timestamp" || field.is_u64(), "{name}: {field}");
        *field = format!("<{name}>").into();
    }
    // The calls are JSON within JSON: nested values are not for log lines.
    let calls = line["tools"].as_str().expect("text");
    let mut calls: Value = serde_json::from_str(calls).expect("JSON");
    let list = calls.as_array_mut().expect("a list");
    for call in list.iter_mut() {
        assert!(call["ms"].is_u64(), "{call}");
        call["ms"] = "<ms>".into();
    }
    // They come in the order in which they ended.
    list.sort_by_key(|call| call["name"] != "list_workouts");
    line["tools"] = calls;
    assert_eq!(
        line,
        json!({"timestamp": "<timestamp>", "level": "INFO", "target": "prog_strength_agent::agent::http::record", "message": "chat",
            "request_id": "the-id", "user": "sam", "mode": "json", "outcome": "ok", "stop_reason": "end_turn", "rounds": 2,
            "tools": [{"name": "list_workouts", "ok": true, "ms": "<ms>"}, {"name": "fail", "ok": false, "ms": "<ms>"}],
            "input_tokens": 30, "output_tokens": 11, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 6,
            "ttft_ms": "<ttft_ms>", "total_ms": "<total_ms>", "span": {"name": "request", "request_id": "the-id"}})
    );
    assert_eq!(chat_lines(&service.process.lines()).len(), 1);
}

#[tokio::test]
async fn an_answer_of_claudes_without_an_event_is_named_by_its_content_type() {
    let service = Service::start(&[], &[]).await;
    let page = "<html>MARKER</html>";
    service.claude.push(Reply::raw(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: Text/HTML; charset=utf-8\r\ncontent-length: {}\r\n\r\n{page}",
        page.len()
    )));
    let (status, _) = service.chat(&sams_token(), "x", &user("hi")).await;
    assert_eq!(status, 502);
    let line = service.process.logged("a turn failed").await;
    let causes = line["causes"].as_str().expect("text");
    assert!(
        causes.contains("content of type text/html instead of events"),
        "{causes}"
    );
    assert!(!service.process.lines().join("\n").contains("MARKER"));
}

#[tokio::test]
async fn refused_and_streamed_chats_are_logged_with_their_mode_and_code() {
    let service = Service::start(&[], &[]).await;
    service.claude.push(Reply::text("hi"));
    service.status_with("bad").await;
    service.status_with(&sams_token()).await;
    service
        .stream(&sams_token(), &user("hello"))
        .await
        .last("done")
        .await;
    until("three lines", &service.process.out, |written| {
        (chat_lines(&written.lines).len() == 3).then_some(())
    })
    .await;
    let lines = chat_lines(&service.process.lines());
    let told: Vec<_> = lines
        .iter()
        .map(|line| [&line["user"], &line["mode"], &line["outcome"]])
        .collect();
    assert_eq!(
        told,
        [
            [&Value::Null, &json!("json"), &json!("unauthorized")],
            [&json!("sam"), &json!("json"), &json!("invalid_json")],
            [&json!("sam"), &json!("sse"), &json!("ok")],
        ]
    );
}

/// Turns full of marked words, in everything that must not be logged.
async fn talk_in_confidence(service: &Service) -> String {
    let claims =
        json!({"sub": "sam", "exp": crate::support::test_app::now() + 3600, "jti": "MARKER"});
    let token = crate::support::test_app::token(JWT_KEY, &claims);
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "x", "input": {"note": "MARKER-old-input"}});
    let result =
        json!({"type": "tool_result", "tool_use_id": "o1", "content": "MARKER-old-result"});
    let request = json!({
        "messages": [
            {"role": "user", "content": "MARKER-first"},
            {"role": "assistant", "content": [{"type": "text", "text": "MARKER-second"}, call("o1")]},
            {"role": "user", "content": [result, {"type": "text", "text": "MARKER-third"}]},
            {"role": "assistant", "content": [call("dropped")]},
            {"role": "user", "content": "MARKER-question"},
        ],
        "display_name": "MARKER-name", "client_timezone": "MARKER/Zone", "session_id": "MARKER-field",
    });
    let tools = || {
        Reply::empty()
            .thinking("MARKER-thought", "MARKER-signature")
            .and_text("MARKER-preamble")
            .and_tool("t1", "whoami", json!({"note": "MARKER-input"}))
            .and_tool(
                "t2",
                "big",
                json!({"letter": "MARKER-result", "bytes": 10_000}),
            )
            .and_tool("t3", "rpc_error", json!({"key": "MARKER-input"}))
            .and_tool("t4", "no_such_tool", json!({"key": "MARKER-input"}))
            .and_tool_pieces("t5", "whoami", &["{\"note\": \"MARKER-broken"])
    };
    service.claude.push_all([
        Reply::error(529, "overloaded_error", "MARKER-upstream").header("retry-after-ms", "1"),
        tools(),
        Reply::text("MARKER-answer").unknown_event_at(
            1,
            "MARKER_event",
            json!({"type": "MARKER_event"}),
        ),
        tools(),
        Reply::text("MARKER-answer"),
        Reply::error(
            400,
            "invalid_request_error",
            "MARKER-upstream: MARKER-question",
        ),
    ]);
    let (status, _) = service.chat(&token, "one", &request).await;
    assert_eq!(status, 200);
    service.stream(&token, &request).await.last("done").await;
    let (status, _) = service.chat(&token, "two", &request).await;
    assert_eq!(status, 502);
    // Refused, each for another reason.
    let unknown =
        json!({"messages": [{"role": "user", "content": [{"type": "MARKER", "text": "MARKER"}]}]});
    let refused = [
        (token.clone(), unknown.to_string(), 422),
        (token.clone(), "{\"messages\": MARKER".to_owned(), 400),
        (format!("{token}MARKER"), "MARKER".to_owned(), 401),
    ];
    for (token, body, expected) in refused {
        let sent = within("an answer", service.post(&token).body(body).send()).await;
        assert_eq!(sent.expect("an answer").status().as_u16(), expected);
    }
    token
}

#[tokio::test]
async fn debug_lines_hold_no_message_tool_result_or_secret() {
    let env = [
        ("RUST_LOG", "debug"),
        ("PROG_STRENGTH_MCP_TOKEN", "MARKER-mcp-token"),
    ];
    let service = Service::start(&[], &env).await;
    let token = talk_in_confidence(&service).await;
    let signature = token.rsplit('.').next().expect("three parts");
    service.process.signal(Signal::TERM);
    // Not vacuously: all of it did pass through the service.
    let passed = Value::from(service.claude.bodies()).to_string();
    for word in [
        "question",
        "name",
        "old-input",
        "old-result",
        "input",
        "result",
    ] {
        assert!(passed.contains(&format!("MARKER-{word}")), "{word}");
    }
    assert_eq!(service.mcp.called().len(), 6, "{:?}", service.mcp.called());
    let ended = service.process.ended().await;
    assert_eq!((ended.code, ended.err), (Some(0), vec![]));
    assert_eq!(chat_lines(&ended.out).len(), 6);
    let lines = as_json(&ended.out);
    assert!(lines.iter().any(|line| line["level"] == "DEBUG"));
    for line in &ended.out {
        for secret in ["MARKER", JWT_KEY, signature] {
            assert!(!line.contains(secret), "{secret} is in {line}");
        }
    }
}

#[tokio::test]
async fn a_signing_key_under_32_bytes_causes_a_warning() {
    let warning = "JWT_SIGNING_KEY is shorter than the 32 bytes that HS256 asks for";
    let short = Service::start(
        &[],
        &[("JWT_SIGNING_KEY", "MARKER-31-bytes-..............")],
    )
    .await;
    assert_eq!(short.process.logged(warning).await["level"], "WARN");
    let long = Service::start(
        &[],
        &[("JWT_SIGNING_KEY", "32 bytes........................")],
    )
    .await;
    for (service, warned) in [(short, true), (long, false)] {
        let lines = service.process.lines().join("\n");
        assert_eq!(lines.contains(warning), warned, "{lines}");
        assert!(!lines.contains("MARKER"), "{lines}");
    }
}

#[tokio::test]
async fn log_lines_are_json_unless_pretty_is_set() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let env = [
        ("ANTHROPIC_API_KEY", API_KEY),
        // Short, so that there is something to log.
        ("JWT_SIGNING_KEY", "short"),
        ("AGENT_HOST", "127.0.0.1"),
        ("AGENT_PORT", &port),
    ];
    for (format, json) in [("", true), ("json", true), ("pretty", false)] {
        let ended = run(&[], &[&env[..], &[("LOG_FORMAT", format)]].concat()).await;
        let warned = |line: &&String| line.contains("JWT_SIGNING_KEY");
        let line = ended.out.iter().find(warned).expect("the warning");
        assert!(!line.contains('\u{1b}'), "no colours into a pipe: {line}");
        assert_eq!(serde_json::from_str::<Value>(line).is_ok(), json, "{line}");
    }
}

#[tokio::test]
async fn a_forwarded_token_is_in_no_line_of_any_level() {
    let env = [
        ("RUST_LOG", "trace"),
        ("PROG_STRENGTH_MCP_AUTH", "forward"),
        ("MCP_CALL_TIMEOUT_SECS", "2"),
    ];
    let service = Service::start(&[], &env).await;
    let tools = || {
        Reply::tool("t1", "whoami", json!({}))
            .and_tool("t2", "list_exercises", json!({}))
            .and_tool("t3", "rpc_error", json!({}))
    };
    service.claude.push_all([tools(), Reply::text("done")]);
    let token = sams_token();
    let (status, _) = service.chat(&token, "one", &user("go")).await;
    assert_eq!(status, 200);
    service.mcp.require_token("another");
    service.claude.push_all([tools(), Reply::text("done")]);
    service.chat(&token, "two", &user("go")).await;
    // Not vacuously: the server has got it.
    let shown = service
        .mcp
        .remembers(|memory| memory.authorizations.clone());
    assert!(shown.contains(&format!("Bearer {token}")));
    service.process.signal(Signal::TERM);
    let ended = service.process.ended().await;
    let signature = token.rsplit('.').next().expect("three parts");
    assert!(ended.out.iter().any(|line| line.contains("TRACE")));
    for line in &ended.out {
        assert!(!line.contains(signature), "{line}");
    }
}

#[tokio::test]
async fn requests_for_approval_and_answers_are_logged_as_numbers_alone() {
    let service =
        Service::start(&[], &[("AGENT_APPROVALS", "writes"), ("RUST_LOG", "debug")]).await;
    let input = json!({"note": "MARKER"});
    service.claude.push_all([
        Reply::tool("t1", "whoami", input.clone()).and_tool("t2", "fail", json!({})),
        Reply::text("As you like."),
    ]);
    let mut request = user("what?");
    request["approvals"] = json!([]);
    let (_, asked) = service.chat(&sams_token(), "first", &request).await;
    let token = |n: usize| asked["approvals"][n]["token"].clone();
    let messages = request["messages"].as_array_mut().expect("messages");
    messages.extend(asked["messages"].as_array().expect("messages").clone());
    request["approvals"] = json!([
        {"token": token(0), "approved": false, "reason": "MARKER"},
        {"token": token(1), "approved": true},
    ]);
    let (status, _) = service.chat(&sams_token(), "second", &request).await;
    assert_eq!(status, 200);
    until("two lines", &service.process.out, |written| {
        let lines = written.lines.iter();
        let chats = lines.filter(|line| line.contains("\"message\":\"chat\""));
        (chats.count() == 2).then_some(())
    })
    .await;
    let lines = service.process.lines();
    let counts = chat_lines(&lines);
    let counts: Vec<_> = counts
        .iter()
        .map(|line| json!([line["approvals_asked"], line["approvals_answered"]]))
        .collect();
    assert_eq!(counts, [json!([2, null]), json!([null, 2])]);
    let all = lines.join("\n");
    for secret in [token(0), token(1), "MARKER".into()] {
        let secret = secret.as_str().expect("text").to_owned();
        assert!(!all.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn names_in_agent_approvals_that_no_tool_has_are_logged() {
    let policy = [("AGENT_APPROVALS", "whoami,delete_all")];
    let service = Service::start(&[], &policy).await;
    let message = "AGENT_APPROVALS names tools that the MCP server does not offer";
    let line = service.process.logged(message).await;
    let shown = json!([line["level"], line["tools"]]);
    assert_eq!(shown, json!(["WARN", "[\"delete_all\"]"]));
}
