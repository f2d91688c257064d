//! The command `mcp`.

use rustix::process::Signal;

use super::*;
use crate::support::issuer::{Issuer, Signer};

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
async fn a_public_workout_server_of_an_oauth_issuer_must_know_its_url() {
    let issuer = ("OAUTH_ISSUER", "https://example.supabase.co/auth/v1");
    let hosts = ("MCP_ALLOWED_HOSTS", "mcp, mcp.example.com");
    let ended = run(&["mcp"], &[issuer, hosts, ("MCP_PORT", "0")]).await;
    assert_eq!((ended.code, ended.out), (Some(2), vec![]));
    insta::assert_snapshot!(ended.err.join("\n"), @"configuration: MCP_PUBLIC_URL is missing; OAUTH_ISSUER needs it where MCP_ALLOWED_HOSTS names a public host, which clients reach by https");
    let facade = ("MCP_OAUTH_FACADE", "on");
    let ended = run(&["mcp"], &[facade, ("JWT_SIGNING_KEY", JWT_KEY)]).await;
    assert_eq!((ended.code, ended.out), (Some(2), vec![]));
    insta::assert_snapshot!(ended.err.join("\n"), @"configuration: MCP_OAUTH_FACADE needs OAUTH_ISSUER");
}

/// Stock Supabase issues tokens for `authenticated`.
#[tokio::test]
async fn the_reason_of_a_refusal_is_logged_once_at_warn() {
    let ec = Signer::ec();
    let issuer = Issuer::start(vec![ec.jwk("e")]).await;
    let directory = Directory::new();
    let env = [
        ("OAUTH_ISSUER", &*issuer.url()),
        ("MCP_PUBLIC_URL", "https://mcp.example.com/mcp"),
        ("MCP_ALLOWED_HOSTS", "127.0.0.1"),
        ("MCP_HOST", "127.0.0.1"),
        ("MCP_PORT", "0"),
    ];
    let process = Process::start(&directory.0, &["mcp"], &env);
    let listening = process.logged("listening").await;
    let url = format!(
        "http://{}/mcp",
        listening["address"].as_str().expect("an address")
    );
    let http = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let header = json!({"alg": "ES256", "kid": "e"});
    let audience = |name: &str| ec.sign(&header, &issuer.claims("sam", name));
    let expired = json!({"iss": issuer.url(), "sub": "sam", "aud": "x", "exp": now() - 600});
    let tokens = [
        audience("authenticated"),
        audience("https://other.example"),
        audience("authenticated"),
        ec.sign(&header, &expired),
        ec.sign(&header, &expired),
        token(JWT_KEY, &json!({"sub": "sam", "exp": now() + 600})),
        "no-MARKER-token".to_owned(),
        "another-MARKER-token".to_owned(),
    ];
    for token in &tokens {
        let request = http.post(&url).bearer_auth(token).body("{}");
        let answer = within("an answer", request.send())
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 401);
    }
    process.signal(Signal::TERM);
    let ended = process.ended().await;
    let mut lines = as_json(&ended.out);
    lines.retain(|line| line["level"] == "WARN");
    let reasons: Vec<_> = lines
        .iter()
        .filter_map(|line| line["reason"].as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "the token is for another audience: [\"authenticated\"]",
            "the token has expired",
            "it is signed with a shared key (HS256), and JWT_SIGNING_KEY is not set",
            "it is neither PROG_STRENGTH_MCP_TOKEN nor a JWT",
        ]
    );
    assert_eq!(lines[0]["accepted"], "https://mcp.example.com/mcp");
    assert!(
        lines[0]["remedy"]
            .as_str()
            .expect("a text")
            .contains("OAUTH_AUDIENCE")
    );
    assert!(!format!("{ended:?}").contains("MARKER"), "{ended:?}");
    assert!(!format!("{ended:?}").contains(&tokens[0]), "{ended:?}");
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

#[tokio::test]
async fn over_stdio_the_zone_of_the_machine_is_the_default() {
    use std::io::Write;
    let directory = Directory::new();
    let env = [("TZ", "Asia/Tokyo")];
    let mut process = Process::start_with_input(&directory.0, &["mcp", "--stdio"], &env);
    let mut input = process.child.stdin.take().expect("piped");
    let call = |id: u32, tool: &str, arguments: Value| {
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
               "params": {"name": tool, "arguments": arguments}})
    };
    let squat =
        json!([{"exercise_id": "squat", "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}]);
    let logged = |at: &str| json!({"performed_at": at, "exercises": squat});
    let messages = [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        call(2, "get_settings", json!({})),
        call(3, "create_workout", logged("20261120")),
        call(
            4,
            "create_workout",
            logged("2026-11-19T18:30[Europe/Berlin]"),
        ),
        call(5, "update_settings", json!({"units": "lb"})),
        call(6, "update_settings", json!({"time_zone": "UTC"})),
    ];
    let mut answers = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        writeln!(input, "{message}").expect("a pipe");
        if message["id"].is_null() {
            continue;
        }
        let lines = if at == 0 { 1 } else { at };
        let answer = until("an answer", &process.out, |written| {
            written.lines.get(lines - 1).cloned()
        });
        let answer: Value = serde_json::from_str(&answer.await).expect("JSON");
        answers.push(answer["result"]["structuredContent"].clone());
    }
    let at = |answer: usize| answers[answer]["workout"]["performed_at"].clone();
    assert_eq!(answers[1]["time_zone"], "Asia/Tokyo");
    assert_eq!(at(2), "2026-11-20T12:00:00+09:00");
    assert_eq!(at(3), "2026-11-20T02:30:00+09:00");
    assert_eq!(answers[4]["time_zone"], "Asia/Tokyo", "still the machine's");
    assert_eq!(answers[5]["time_zone"], "UTC", "as the user has chosen");
    drop(input);
    assert_eq!(process.ended().await.code, Some(0));
}

#[tokio::test]
async fn over_stdio_half_a_surrogate_pair_is_read_and_what_is_no_message_left_out() {
    use std::io::Write;
    let directory = Directory::new();
    let mut process = Process::start_with_input(&directory.0, &["mcp", "--stdio"], &[]);
    let mut input = process.child.stdin.take().expect("piped");
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let begun = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let search = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list_workouts","arguments":{"exercise":"a\ud83d"}}}"#;
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let lines = format!("{hello}\n{begun}\nno JSON\n\n{deep}\n{search}\r\n");
    input.write_all(lines.as_bytes()).expect("a pipe");
    let answers = until("the answers", &process.out, |written| {
        (written.lines.len() >= 2).then(|| written.lines.clone())
    })
    .await;
    let answer: Value = serde_json::from_str(&answers[1]).expect("JSON");
    assert_eq!(answer["id"], 2, "{answer}");
    assert!(answer.to_string().contains("a\u{fffd}"), "{answer}");
    drop(input);
    let ended = process.ended().await;
    assert_eq!((ended.code, ended.out.len()), (Some(0), 2));
    let unread = ended
        .err
        .iter()
        .filter(|line| line.contains("was not read"));
    assert_eq!(unread.count(), 2, "{:?}", ended.err);
}
