//! The binary itself: settings, exit codes, signals, the small commands, and what it logs.

use std::process::Command;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket};

use crate::support::{
    fake_claude::Reply,
    process::{Directory, Ended, Process, Written, run, run_in},
    service::{API_KEY, LEFT_OUT, Service, sams_token},
    test_app::{JWT_KEY, user},
    wait::{Gate, until, within},
};

fn as_json(lines: &[String]) -> Vec<Value> {
    let parse = |line: &String| {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in the line {line}"))
    };
    lines.iter().map(parse).collect()
}

// Settings.

#[tokio::test]
async fn without_settings_one_message_names_all_that_are_missing() {
    let ended = run(&[], &[]).await;
    assert_eq!((ended.code, ended.out), (Some(2), vec![]));
    insta::assert_snapshot!(ended.err.join("\n"), @r"
    configuration:
      JWT_SIGNING_KEY is missing or empty; set it to the API's HS256 secret (32 bytes or more)
      ANTHROPIC_API_KEY is missing or empty; set it (or ANTHROPIC_AUTH_TOKEN, sent as a bearer)
    ");
}

#[tokio::test]
async fn one_message_names_every_bad_setting_what_is_wrong_and_what_it_should_be() {
    let ended = run(
        &["serve"],
        &[
            ("ANTHROPIC_API_KEY", "sk secret"),
            ("ANTHROPIC_AUTH_TOKEN", "bearer secret"),
            ("ANTHROPIC_BASE_URL", "ftp://secret"),
            ("JWT_SIGNING_KEY", ""),
            ("PROG_STRENGTH_MCP_URL", "http://me:secret@mcp/"),
            ("PROG_STRENGTH_MCP_TOKEN", "mcp secret"),
            ("AGENT_PORT", "65536"),
            ("CLAUDE_MAX_TOKENS", "0"),
            ("CORS_ALLOWED_ORIGINS", "https://app.example.com/"),
            ("SYSTEM_PROMPT_FILE", "not-there.md"),
            ("AGENT_MAX_TOOL_ROUNDS", "many"),
            ("AGENT_TURN_TIMEOUT_SECS", "-1"),
            ("CLAUDE_IDLE_TIMEOUT_SECS", "1.5"),
            ("CLAUDE_MAX_RETRIES", "x"),
            ("MCP_CALL_TIMEOUT_SECS", "0"),
            ("AGENT_MAX_TOOL_RESULT_BYTES", "0"),
            ("AGENT_MAX_BODY_BYTES", "32MB"),
            ("AGENT_MAX_CONCURRENT_CHATS", "0"),
            ("RATE_LIMIT_MAX", "-5"),
            ("RATE_LIMIT_WINDOW_SECS", "0"),
            ("AGENT_SHUTDOWN_GRACE_SECS", "soon"),
            ("LOG_FORMAT", "xml"),
            ("RUST_LOG", "a=b=c"),
        ],
    )
    .await;
    assert_eq!((ended.code, ended.out), (Some(2), vec![]));
    insta::assert_snapshot!(ended.err.join("\n"), @r"
    configuration:
      AGENT_PORT must be a whole number from 0 to 65535
      JWT_SIGNING_KEY is missing or empty; set it to the API's HS256 secret (32 bytes or more)
      ANTHROPIC_API_KEY must be printable ASCII without spaces
      ANTHROPIC_AUTH_TOKEN must be printable ASCII without spaces
      ANTHROPIC_BASE_URL must be an http or https URL such as https://api.anthropic.com
      CLAUDE_MAX_TOKENS must be a whole number from 1 to 10000000
      CLAUDE_IDLE_TIMEOUT_SECS must be a whole number from 1 to 86400
      CLAUDE_MAX_RETRIES must be a whole number from 0 to 100
      PROG_STRENGTH_MCP_URL must hold no user name or password; there are settings for keys and tokens
      PROG_STRENGTH_MCP_TOKEN must be printable ASCII without spaces
      MCP_CALL_TIMEOUT_SECS must be a whole number from 1 to 86400
      SYSTEM_PROMPT_FILE names a file that cannot be read as UTF-8 text (entity not found)
      AGENT_MAX_TOOL_ROUNDS must be a whole number from 1 to 1000
      AGENT_TURN_TIMEOUT_SECS must be a whole number from 1 to 86400
      AGENT_MAX_TOOL_RESULT_BYTES must be a whole number from 1 to 1073741824
      RATE_LIMIT_MAX must be a whole number from 0 to 1000000
      RATE_LIMIT_WINDOW_SECS must be a whole number from 1 to 86400
      CORS_ALLOWED_ORIGINS must be a comma-separated list of origins such as https://app.example.com (no path), or *
      AGENT_MAX_BODY_BYTES must be a whole number from 1 to 4294967296
      AGENT_MAX_CONCURRENT_CHATS must be a whole number from 1 to 1000000
      AGENT_SHUTDOWN_GRACE_SECS must be a whole number from 0 to 86400
      LOG_FORMAT must be `json` or `pretty`
      RUST_LOG must be a list such as `info` or `prog_strength_agent=debug,info`
    ");
}

#[tokio::test]
async fn a_variable_that_is_not_text_is_named_with_the_others_at_fault() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let directory = Directory::new();
    // The environment of `Process::start` is text.
    let ended = Command::new(env!("CARGO_BIN_EXE_prog-strength-agent"))
        .env_clear()
        .env("CLAUDE_MODEL", OsStr::from_bytes(b"swordfish-\xff"))
        .env("AGENT_PORT", "none")
        .current_dir(&directory.0)
        .output()
        .expect("the binary runs");
    let message = String::from_utf8(ended.stderr).expect("text");
    assert_eq!(ended.status.code(), Some(2), "{message}");
    for variable in [
        "CLAUDE_MODEL",
        "AGENT_PORT",
        "JWT_SIGNING_KEY",
        "ANTHROPIC_API_KEY",
    ] {
        assert!(
            message.contains(variable),
            "{variable} is not in\n{message}"
        );
    }
    assert!(!message.contains("swordfish"), "{message}");
}

#[tokio::test]
async fn a_malformed_line_of_the_env_file_is_reported_without_what_it_holds() {
    let directory =
        Directory::with_env_file("ANTHROPIC_API_KEY=x\nJWT_SIGNING_KEY=one swordfish\n");
    let ended = run_in(&directory, &[], &[]).await;
    assert_eq!((ended.code, ended.out), (Some(2), vec![]));
    let message = ended.err.join("\n");
    assert!(message.contains(".env"), "{message}");
    assert!(!message.contains("swordfish"), "{message}");
}

#[tokio::test]
async fn a_malformed_line_of_the_env_file_is_named_with_the_other_faults() {
    let directory = Directory::with_env_file("LOG_FORMAT=two words\n");
    let ended = run_in(&directory, &[], &[("AGENT_PORT", "none")]).await;
    assert_eq!((ended.code, ended.out), (Some(2), vec![]));
    let message = ended.err.join("\n");
    for name in [".env", "AGENT_PORT", "JWT_SIGNING_KEY", "ANTHROPIC_API_KEY"] {
        assert!(message.contains(name), "{name} is not in\n{message}");
    }
}

#[tokio::test]
async fn settings_are_also_read_from_an_env_file_in_the_working_directory() {
    let directory = Directory::with_env_file(&format!(
        "# what follows is secret\nANTHROPIC_API_KEY='sk-from-file'\nexport JWT_SIGNING_KEY=\"{JWT_KEY}\"\n\nAGENT_PORT=0\n"
    ));
    let left_out =
        ["ANTHROPIC_API_KEY", "JWT_SIGNING_KEY", "AGENT_PORT"].map(|name| (name, LEFT_OUT));
    let service = Service::start_in(directory, &[], &left_out).await;
    service.claude.push(Reply::text("hi"));
    let (status, _) = service.chat(&sams_token(), "x", &user("hello")).await;
    assert_eq!(status, 200);
    let asked = service.claude.asked();
    assert_eq!(asked[0].headers["x-api-key"], "sk-from-file");
}

#[tokio::test]
async fn the_environment_wins_over_the_env_file() {
    let file =
        format!("JWT_SIGNING_KEY='{JWT_KEY}'\nJWT_ISSUER=file\nJWT_AUDIENCE='file audience'\n");
    let directory = Directory::with_env_file(&file);
    let ended = run_in(
        &directory,
        &["token", "--sub", "sam"],
        &[("JWT_ISSUER", "environment")],
    )
    .await;
    let claims = claims(&ended);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!("environment"), &json!("file audience"))
    );
}

#[tokio::test]
async fn a_port_that_is_taken_ends_the_process_with_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = taken.local_addr().expect("bound");
    let port = address.port().to_string();
    let ended = run(
        &[],
        &[
            ("ANTHROPIC_API_KEY", API_KEY),
            ("JWT_SIGNING_KEY", JWT_KEY),
            ("AGENT_HOST", "127.0.0.1"),
            ("AGENT_PORT", &port),
        ],
    )
    .await;
    assert_eq!(ended.code, Some(1));
    let [line] = &ended.err[..] else {
        panic!("not one line: {:?}", ended.err)
    };
    assert!(
        line.starts_with(&format!("cannot listen on {address}: ")),
        "{line}"
    );
}

#[tokio::test]
async fn an_auth_token_is_enough_and_is_sent_as_a_bearer() {
    let settings = [("ANTHROPIC_API_KEY", ""), ("ANTHROPIC_AUTH_TOKEN", "tok")];
    let service = Service::start(&[], &settings).await;
    service.claude.push(Reply::text("hi"));
    let (status, _) = service.chat(&sams_token(), "x", &user("hello")).await;
    assert_eq!(status, 200);
    let asked = service.claude.asked();
    assert_eq!(asked[0].headers["authorization"], "Bearer tok");
    assert_eq!(asked[0].headers.get("x-api-key"), None);
}

// The workout server.

#[tokio::test]
async fn over_http_the_workout_server_must_know_somebody() {
    let ended = run(&["mcp"], &[("MCP_PORT", "0")]).await;
    assert_eq!((ended.code, ended.out), (Some(2), vec![]));
    insta::assert_snapshot!(ended.err.join("\n"), @"configuration: PROG_STRENGTH_MCP_TOKEN is missing, and so are JWT_SIGNING_KEY and OAUTH_ISSUER; set at least one, to know callers by");
}

#[tokio::test]
async fn one_message_names_every_bad_setting_of_the_workout_server() {
    let ended = run(
        &["mcp"],
        &[
            ("PROG_STRENGTH_MCP_TOKEN", "mcp secret"),
            ("MCP_PORT", "65536"),
            ("MCP_PUBLIC_URL", "mcp.example.com"),
            ("MCP_ALLOWED_HOSTS", "localhost,https://mcp.example.com"),
            ("MCP_RATE_LIMIT_PER_HOUR", "-1"),
            ("OAUTH_ISSUER", "https://auth.example.com?secret"),
            ("DATABASE_URL", "mysql://me:secret@db/x"),
            ("WORKOUT_USER_ID", "a\u{7}b"),
            ("AGENT_SHUTDOWN_GRACE_SECS", "soon"),
            ("LOG_FORMAT", "xml"),
        ],
    )
    .await;
    assert_eq!((ended.code, ended.out), (Some(2), vec![]));
    insta::assert_snapshot!(ended.err.join("\n"), @r"
    configuration:
      MCP_PORT must be a whole number from 0 to 65535
      PROG_STRENGTH_MCP_TOKEN must be printable ASCII without spaces
      MCP_PUBLIC_URL must be a URL such as https://mcp.example.com/mcp
      MCP_ALLOWED_HOSTS must be a comma-separated list of hosts such as localhost or mcp.example.com:8000 (no scheme, no path)
      MCP_RATE_LIMIT_PER_HOUR must be a whole number from 0 to 1000000
      OAUTH_ISSUER must have no `?…` and no `#…` part
      DATABASE_URL must be sqlite:<file> or postgres://<user>:<password>@<host>/<database>
      WORKOUT_USER_ID must be 1 to 256 characters without control characters
      AGENT_SHUTDOWN_GRACE_SECS must be a whole number from 0 to 86400
      LOG_FORMAT must be `json` or `pretty`
    ");
}

/// A running workout server, and where it listens.
async fn workout_server(directory: &Directory) -> (Process, String) {
    let env = [
        ("PROG_STRENGTH_MCP_TOKEN", "the-agents-MARKER-token"),
        ("MCP_HOST", "127.0.0.1"),
        ("MCP_PORT", "0"),
        ("RUST_LOG", "debug"),
    ];
    let process = Process::start(&directory.0, &["mcp"], &env);
    let listening = process.logged("listening").await;
    let address = listening["address"]
        .as_str()
        .expect("an address")
        .to_owned();
    (process, address)
}

#[tokio::test]
async fn the_workout_server_serves_until_the_signal_and_never_logs_a_token() {
    let directory = Directory::new();
    let (process, address) = workout_server(&directory).await;
    let port = address.rsplit(':').next().expect("a port");
    let healthy = run(&["healthcheck", "--mcp"], &[("MCP_PORT", port)]).await;
    assert_eq!((healthy.code, healthy.err), (Some(0), vec![]));
    let http = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    for (token, status) in [
        ("the-agents-MARKER-token", 406),
        ("a-wrong-MARKER-token", 401),
    ] {
        let request = http
            .post(format!("http://{address}/mcp"))
            .bearer_auth(token)
            .body("{}");
        let answer = within("an answer", request.send())
            .await
            .expect("an answer");
        assert_eq!(answer.status(), status);
    }
    let refused = process.logged("request refused").await;
    assert_eq!(
        (&refused["level"], &refused["code"]),
        (&json!("DEBUG"), &json!("unauthorized"))
    );
    process.signal("TERM");
    let ended = process.ended().await;
    assert_eq!(ended.code, Some(0));
    assert!(!format!("{ended:?}").contains("MARKER"), "{ended:?}");
}

#[tokio::test]
async fn over_stdio_the_workout_server_needs_no_setting_and_logs_beside() {
    use std::io::Write;
    let directory = Directory::new();
    let mut process =
        Process::start_with_input(&directory.0, &["mcp", "--stdio"], &[("RUST_LOG", "debug")]);
    let mut input = process.child.stdin.take().expect("piped");
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let begun = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    input
        .write_all(format!("{hello}\n{begun}\n").as_bytes())
        .expect("a pipe");
    let answer = until("the answer", &process.out, |written| {
        written.lines.first().cloned()
    })
    .await;
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
    drop(input);
    let ended = process.ended().await;
    assert_eq!((ended.code, ended.out.len()), (Some(0), 1));
}

// The commands.

#[tokio::test]
async fn healthcheck_needs_only_the_port_to_see_that_the_service_lives() {
    let service = Service::start(&["serve"], &[]).await;
    let ended = run(&["healthcheck"], &[("AGENT_PORT", service.port())]).await;
    assert_eq!((ended.code, ended.err), (Some(0), vec![]));
}

#[tokio::test]
async fn healthcheck_fails_when_nobody_answers() {
    let nobody = TcpSocket::new_v4().expect("a socket");
    let any = "127.0.0.1:0".parse().expect("an address");
    nobody.bind(any).expect("a free port");
    let port = nobody.local_addr().expect("bound").port().to_string();
    let ended = run(&["healthcheck"], &[("AGENT_PORT", &port)]).await;
    assert_eq!(ended.code, Some(1));
    let message = ended.err.join("\n");
    let expected = format!("no answer from http://127.0.0.1:{port}/health");
    assert!(message.starts_with(&expected), "{message}");
}

#[tokio::test]
async fn healthcheck_fails_when_the_answer_is_not_a_success() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let other = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = other.local_addr().expect("bound").port();
    tokio::spawn(async move {
        let (mut stream, _) = other.accept().await?;
        let _ = stream.read(&mut [0; 1024]).await?;
        stream
            .write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")
            .await
    });
    let port = port.to_string();
    let ended = run(&["healthcheck"], &[("AGENT_PORT", &port)]).await;
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        ended.err,
        [format!(
            "http://127.0.0.1:{port}/health answered 503 Service Unavailable"
        )]
    );
}

/// What the token that was printed says, which is all that was printed.
fn claims(ended: &Ended) -> Value {
    assert_eq!((ended.code, &ended.err), (Some(0), &vec![]));
    let [token] = &ended.out[..] else {
        panic!("not one line: {:?}", ended.out)
    };
    let part = token.split('.').nth(1).expect("three parts");
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64");
    serde_json::from_slice(&bytes).expect("JSON")
}

async fn mint(arguments: &[&str], more: &[(&str, &str)]) -> Ended {
    let env = [&[("JWT_SIGNING_KEY", JWT_KEY)], more].concat();
    run(&[&["token", "--sub", "sam"], arguments].concat(), &env).await
}

#[tokio::test]
async fn token_prints_a_jwt_that_the_service_accepts() {
    let service = Service::start(&[], &[]).await;
    let minted = mint(&[], &[]).await;
    assert_eq!(claims(&minted)["sub"], "sam");
    assert_eq!(service.status_with(&minted.out[0]).await, 400);
    let other = mint(
        &[],
        &[("JWT_SIGNING_KEY", "another key of more than 32 bytes")],
    )
    .await;
    assert_eq!(service.status_with(&other.out[0]).await, 401);
}

#[tokio::test]
async fn issuer_and_audience_are_put_into_a_token_and_asked_of_it() {
    let both = [("JWT_ISSUER", "the api"), ("JWT_AUDIENCE", "agent")];
    let service = Service::start(&[], &both).await;
    let minted = mint(&[], &both).await;
    assert_eq!(service.status_with(&minted.out[0]).await, 400);
    let claims = claims(&minted);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!("the api"), &json!("agent"))
    );
    for fewer in [&[][..], &both[..1], &both[1..]] {
        let minted = mint(&[], fewer).await;
        assert_eq!(service.status_with(&minted.out[0]).await, 401, "{fewer:?}");
    }
    let other = [("JWT_ISSUER", "the api"), ("JWT_AUDIENCE", "another")];
    let minted = mint(&[], &other).await;
    assert_eq!(service.status_with(&minted.out[0]).await, 401);
}

#[tokio::test]
async fn a_ttl_is_in_seconds_minutes_hours_or_days_and_one_hour_by_default() {
    for (arguments, expected) in [
        (&["--ttl", "30s"][..], 30),
        (&["--ttl", "15m"], 900),
        (&["--ttl", "1h"], 3600),
        (&["--ttl", "7d"], 604_800),
        (&["--ttl=2h"], 7200),
        (&[], 3600),
    ] {
        let claims = claims(&mint(arguments, &[]).await);
        let at = |name: &str| claims[name].as_u64().expect("a time");
        assert_eq!(at("exp") - at("iat"), expected, "{arguments:?}");
        assert!(at("iat").abs_diff(crate::support::test_app::now()) < 30);
    }
}

#[tokio::test]
async fn a_ttl_of_another_form_is_refused() {
    for ttl in [
        "",
        "5",
        "1w",
        "0s",
        "-1h",
        "1.5h",
        "1 h",
        "h",
        "99999999999999999999d",
    ] {
        let ended = mint(&[&format!("--ttl={ttl}")], &[]).await;
        assert_eq!((ended.code, ended.out), (Some(2), vec![]), "{ttl}");
        let message = ended.err.join("\n");
        assert!(message.contains("--ttl"), "{ttl}: {message}");
    }
}

#[tokio::test]
async fn a_subject_that_the_service_would_not_accept_is_refused() {
    for sub in ["", "a\u{7}b", &"x".repeat(257)] {
        let env = [("JWT_SIGNING_KEY", JWT_KEY)];
        let ended = run(&["token", &format!("--sub={sub}")], &env).await;
        assert_eq!((ended.code, ended.out), (Some(2), vec![]), "{sub:?}");
    }
    let longest = "ü".repeat(256);
    let env = [("JWT_SIGNING_KEY", JWT_KEY)];
    let ended = run(&["token", "--sub", &longest], &env).await;
    assert_eq!(claims(&ended)["sub"], longest);
}

#[tokio::test]
async fn token_needs_the_signing_key_and_nothing_else() {
    let ended = run(&["token", "--sub", "sam"], &[("AGENT_PORT", "none")]).await;
    assert_eq!((ended.code, ended.out), (Some(2), vec![]));
    insta::assert_snapshot!(ended.err.join("\n"), @"configuration: JWT_SIGNING_KEY is missing or empty; set it to the API's HS256 secret (32 bytes or more)");
    claims(&mint(&[], &[("AGENT_PORT", "none")]).await);
}

// Signals.

async fn ends_on(signal: &str) {
    let service = Service::start(&[], &[]).await;
    service.process.signal(signal);
    service
        .mcp
        .until("the session is closed", |memory| {
            memory.sessions_closed == 1
        })
        .await;
    let ended = service.process.ended().await;
    assert_eq!((ended.code, ended.err), (Some(0), vec![]));
    as_json(&ended.out);
}

#[tokio::test]
async fn sigterm_closes_the_mcp_session_and_ends_the_process_with_0() {
    ends_on("TERM").await;
}

#[tokio::test]
async fn sigint_closes_the_mcp_session_and_ends_the_process_with_0() {
    ends_on("INT").await;
}

#[tokio::test]
async fn sigterm_lets_a_running_chat_finish_and_refuses_new_ones() {
    let (service, gate) = (Service::start(&[], &[]).await, Gate::new());
    service
        .claude
        .push(Reply::texts(&["still ", "here"]).gate_at(3, &gate));
    let mut running = service.stream(&sams_token(), &user("hello")).await;
    running.expect("model_chosen").await;
    running.expect("text_delta").await;
    service.process.signal("TERM");
    service.ready_says(503).await;
    assert_eq!(service.get("/health").await, 200);
    let (status, body) = service.chat(&sams_token(), "x", &user("me too")).await;
    assert_eq!(
        (status, body["code"].as_str()),
        (503, Some("shutting_down"))
    );
    gate.open_for_good();
    let done = running.last("done").await;
    assert_eq!(
        done["content"],
        json!([{"type": "text", "text": "still here"}])
    );
    assert_eq!(service.process.ended().await.code, Some(0));
}

#[tokio::test]
async fn a_chat_that_outlives_the_grace_period_is_told_so_and_the_process_ends_with_0() {
    let service = Service::start(&[], &[("AGENT_SHUTDOWN_GRACE_SECS", "0")]).await;
    service.claude.push(Reply::text("never").silence_after(1));
    let mut running = service.stream(&sams_token(), &user("hello")).await;
    running.expect("model_chosen").await;
    service.claude.asked_times(1).await;
    service.process.signal("TERM");
    let error = running.last("error").await;
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!("shutting_down"), &json!(true))
    );
    assert_eq!(service.process.ended().await.code, Some(0));
}

// Logs.

#[tokio::test]
async fn a_finished_chat_is_one_line_of_json_with_all_there_is_to_know() {
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
        json!({"timestamp": "<timestamp>", "level": "INFO", "target": "prog_strength_agent::observe", "message": "chat",
            "request_id": "the-id", "user": "sam", "mode": "json", "outcome": "ok", "stop_reason": "end_turn", "rounds": 2,
            "tools": [{"name": "list_workouts", "ok": true, "ms": "<ms>"}, {"name": "fail", "ok": false, "ms": "<ms>"}],
            "input_tokens": 30, "output_tokens": 11, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 6,
            "ttft_ms": "<ttft_ms>", "total_ms": "<total_ms>", "span": {"name": "request", "request_id": "the-id"}})
    );
    assert_eq!(chat_lines(&service.process.lines()).len(), 1);
}

fn chat_lines(lines: &[String]) -> Vec<Value> {
    let mut lines = as_json(lines);
    lines.retain(|line| line["message"] == "chat");
    lines
}

#[tokio::test]
async fn a_refused_chat_has_its_line_too_and_a_streamed_one_says_so() {
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

#[tokio::test]
async fn every_line_of_a_request_carries_its_id() {
    let service = Service::start(&[], &[("RUST_LOG", "prog_strength_agent=debug")]).await;
    service.process.logged("MCP session is up").await;
    let before = service.process.lines().len();
    service.claude.push_all([
        Reply::error(529, "overloaded_error", "later").header("retry-after-ms", "1"),
        Reply::tool("t1", "rpc_error", json!({})),
        Reply::error(400, "invalid_request_error", "no"),
    ]);
    let request = json!({"messages": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [{"type": "text", "text": "b"}, {"type": "tool_use", "id": "t0", "name": "x", "input": {}}]},
        {"role": "user", "content": "c"},
    ]});
    let (status, _) = service.chat(&sams_token(), "the-id", &request).await;
    assert_eq!(status, 502);
    service.process.logged("chat").await;
    service.chat("bad", "another-id", &request).await;
    let refused = |written: &Written| (chat_lines(&written.lines).len() == 2).then_some(());
    until("the other line", &service.process.out, refused).await;
    let lines = as_json(&service.process.lines()[before..]);
    // Nothing but requests has happened since: `/ready` may still be among them, with ids of its own.
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let id = line["span"]["request_id"].as_str();
            let id = id.unwrap_or_else(|| panic!("a line without an id: {line}"));
            (id, line["message"].as_str().expect("a message"))
        })
        .collect();
    for line in [
        ("the-id", "left out of the history what Claude would refuse"),
        ("the-id", "asking the model again"),
        ("the-id", "a turn failed"),
        ("the-id", "chat"),
        ("another-id", "token refused"),
        ("another-id", "chat"),
    ] {
        assert!(told.contains(&line), "{line:?} is not in {told:#?}");
    }
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
async fn at_debug_level_no_line_holds_what_users_tools_or_claude_say_or_a_secret() {
    let env = [
        ("RUST_LOG", "debug"),
        ("PROG_STRENGTH_MCP_TOKEN", "MARKER-mcp-token"),
    ];
    let service = Service::start(&[], &env).await;
    let token = talk_in_confidence(&service).await;
    let signature = token.rsplit('.').next().expect("three parts");
    service.process.signal("TERM");
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
async fn a_signing_key_of_under_32_bytes_is_warned_about() {
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
async fn lines_are_json_unless_pretty_ones_are_asked_for() {
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
