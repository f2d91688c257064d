//! The command `mcp`.

use rustix::process::Signal;

use super::*;

#[tokio::test]
async fn over_http_the_workout_server_requires_one_kind_of_credential() {
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
      MCP_PUBLIC_URL must be an http or https URL such as https://mcp.example.com/mcp
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
async fn the_workout_server_serves_until_sigterm_and_never_logs_a_token() {
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
    process.signal(Signal::TERM);
    let ended = process.ended().await;
    assert_eq!(ended.code, Some(0));
    assert!(!format!("{ended:?}").contains("MARKER"), "{ended:?}");
}

#[tokio::test]
async fn over_stdio_the_workout_server_needs_no_setting_and_logs_to_stderr() {
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
