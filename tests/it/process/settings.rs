//! Settings from the environment.

use super::*;

#[tokio::test]
async fn without_settings_one_message_names_every_missing_variable() {
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
      CORS_ALLOWED_ORIGINS must be a comma-separated list of origins such as https://app.example.com (no path), or *: entry 1 has a path; write https://app.example.com
      AGENT_MAX_BODY_BYTES must be a whole number from 1 to 4294967296
      AGENT_MAX_CONCURRENT_CHATS must be a whole number from 1 to 1000000
      AGENT_SHUTDOWN_GRACE_SECS must be a whole number from 0 to 86400
      LOG_FORMAT must be `json` or `pretty`
      RUST_LOG must be a list such as `info` or `prog_strength_agent=debug,info`
    ");
}

#[tokio::test]
async fn an_origin_that_no_browser_sends_is_refused_with_the_reason() {
    for (origin, why) in [
        (
            "https://*.example",
            "has a `*` inside; list each origin, or allow all with `*` alone",
        ),
        (
            "*://a.example",
            "has a `*` inside; list each origin, or allow all with `*` alone",
        ),
        ("https://a.example/", "has a path; write https://a.example"),
        (
            "capacitor://localhost/",
            "has a path; write capacitor://localhost",
        ),
        (
            "https://a.example:8443/b",
            "has a path; write https://a.example:8443",
        ),
        (
            "https://a.example?b=swordfish",
            "has a path; write https://a.example",
        ),
        (
            "https://a.example:443",
            "has the default port, which browsers leave out; write https://a.example",
        ),
        (
            "http://[::1]:80",
            "has the default port, which browsers leave out; write http://[::1]",
        ),
        (
            "https://A.example",
            "has capitals, which browsers do not send; write https://a.example",
        ),
        (
            "Tauri://LocalHost:1",
            "has capitals, which browsers do not send; write tauri://localhost:1",
        ),
        (
            "https://bücher.example",
            "is not what a browser sends; write https://xn--bcher-kva.example",
        ),
        (
            "https://me:swordfish@a.example",
            "has a user name or a password",
        ),
        (
            "null",
            "is sent by pages without an origin, and cannot be told apart",
        ),
        ("a.example", "is not a scheme, `://` and a host"),
        ("localhost:3000", "is not a scheme, `://` and a host"),
        ("https://", "is not a scheme, `://` and a host"),
        ("file:///", "is not a scheme, `://` and a host"),
        ("\"https://a.example\"", "is not a scheme, `://` and a host"),
        (
            "https://a.example https://b.example",
            "is not a scheme, `://` and a host",
        ),
    ] {
        let list = format!("https://good.example,{origin}");
        let env = [
            ("ANTHROPIC_API_KEY", API_KEY),
            ("JWT_SIGNING_KEY", JWT_KEY),
            ("CORS_ALLOWED_ORIGINS", &list),
        ];
        let ended = run(&[], &env).await;
        assert_eq!((ended.code, ended.out), (Some(2), vec![]), "{origin}");
        let message = ended.err.join("\n");
        assert!(
            message.ends_with(&format!("or *: entry 2 {why}")),
            "{origin}: {message}"
        );
        assert!(!message.contains("swordfish"), "{message}");
    }
}

#[tokio::test]
async fn a_variable_that_is_not_utf8_is_named_with_the_other_faults() {
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
async fn a_port_in_use_ends_the_process_with_one_line() {
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

#[tokio::test]
async fn a_port_that_kubernetes_sets_for_a_service_is_ignored_with_a_warning() {
    let kubernetes = "tcp://10.96.0.12:8001";
    let file = Directory::with_env_file("AGENT_PORT=0\n");
    let env = [("AGENT_PORT", kubernetes), ("MCP_PORT", kubernetes)];
    let service = Service::start_in(file, &[], &env).await;
    let lines = as_json(&service.process.lines());
    let warned = lines.iter().filter(|line| line["level"] == "WARN");
    let warned: Vec<_> = warned.filter_map(|line| line["message"].as_str()).collect();
    let [agent, mcp] = &warned[..] else {
        panic!("not two warnings: {warned:?}")
    };
    assert!(agent.starts_with("AGENT_PORT is ignored"), "{agent}");
    assert!(mcp.starts_with("MCP_PORT is ignored"), "{mcp}");
    let ended = run(&["healthcheck"], &[("AGENT_PORT", kubernetes)]).await;
    let message = ended.err.join("\n");
    assert!(!message.contains("AGENT_PORT"), "{message}");
    for other in ["udp://10.96.0.12:8001", "10.96.0.12:8001", "tcp:8001"] {
        let ended = run(&["healthcheck"], &[("AGENT_PORT", other)]).await;
        assert_eq!(ended.code, Some(2), "{other}");
    }
}
