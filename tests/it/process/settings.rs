//! Settings, from the environment and a file.

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
      CORS_ALLOWED_ORIGINS must be a comma-separated list of origins such as https://app.example.com (no path), or *
      AGENT_MAX_BODY_BYTES must be a whole number from 1 to 4294967296
      AGENT_MAX_CONCURRENT_CHATS must be a whole number from 1 to 1000000
      AGENT_SHUTDOWN_GRACE_SECS must be a whole number from 0 to 86400
      LOG_FORMAT must be `json` or `pretty`
      RUST_LOG must be a list such as `info` or `prog_strength_agent=debug,info`
    ");
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
