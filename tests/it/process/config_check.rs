//! `config check`.

use axum::{Router, response::IntoResponse, routing::any};
use http::{StatusCode, header};

use super::*;
use crate::support::{fake_claude::FakeClaude, mcp_server::McpServer, tls::TlsFront};

const NEEDED: [(&str, &str); 2] = [("ANTHROPIC_API_KEY", API_KEY), ("JWT_SIGNING_KEY", JWT_KEY)];

async fn check(arguments: &[&str], env: &[(&str, &str)]) -> Ended {
    let env = [&NEEDED[..], env].concat();
    run(&[&["config", "check"], arguments].concat(), &env).await
}

async fn connect(claude: &str, mcp: &str, env: &[(&str, &str)]) -> Ended {
    let both = [
        ("ANTHROPIC_BASE_URL", claude),
        ("PROG_STRENGTH_MCP_URL", mcp),
    ];
    check(&["--connect"], &[&both[..], env].concat()).await
}

/// A server that answers everything with the same.
async fn always<R: IntoResponse + Clone + Send + Sync + 'static>(answer: R) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let router = Router::new().fallback(any(async move || answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A URL where nothing listens; the port stays taken while the socket lives.
fn refusing() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = "127.0.0.1:0".parse().expect("an address");
    socket.bind(any).expect("a free port");
    let url = format!("http://{}/mcp", socket.local_addr().expect("bound"));
    (socket, url)
}

#[tokio::test]
async fn valid_settings_are_printed_without_secrets_and_the_exit_code_is_0() {
    let settings = [
        ("PROG_STRENGTH_MCP_TOKEN", "MARKER-mcp-token-of-16-bytes"),
        ("PROG_STRENGTH_MCP_URL", "http://mcp:8000/mcp?key=MARKER"),
        ("AGENT_PORT", "9000"),
        ("CORS_ALLOWED_ORIGINS", "capacitor://localhost"),
        ("MCP_PORT", "none"),
        ("CLAUDE_EXTRA_BODY", r#"{"service_tier":"MARKER"}"#),
    ];
    let ended = check(&[], &settings).await;
    assert_eq!((ended.code, &ended.err), (Some(0), &vec![]));
    let has = |line: &str| ended.out.iter().any(|printed| printed == line);
    for line in [
        "ANTHROPIC_API_KEY=(set)",
        "ANTHROPIC_AUTH_TOKEN=",
        "ANTHROPIC_BASE_URL=https://api.anthropic.com",
        "JWT_SIGNING_KEY=(set)",
        "PROG_STRENGTH_MCP_TOKEN=(set)",
        "PROG_STRENGTH_MCP_URL=http://mcp:8000/mcp?…",
        "CLAUDE_EXTRA_BODY=(set)",
        "AGENT_PORT=9000",
        "AGENT_HOST=0.0.0.0",
        "CORS_ALLOWED_ORIGINS=capacitor://localhost",
        "ok: the settings are valid",
    ] {
        assert!(has(line), "{line} is not in {:#?}", ended.out);
    }
    let all = ended.out.join("\n");
    assert!(!all.contains("MARKER") && !all.contains(JWT_KEY), "{all}");
    assert!(!all.contains("MCP_PORT"), "{all}");
}

#[tokio::test]
async fn invalid_settings_are_reported_as_by_serve() {
    for env in [
        &[][..],
        &[
            ("AGENT_PORT", "none"),
            ("JWT_SIGNING_KEY", JWT_KEY),
            ("CORS_ALLOWED_ORIGINS", "x"),
        ],
    ] {
        let checked = run(&["config", "check"], env).await;
        assert_eq!(checked, run(&["serve"], env).await);
        assert_eq!(checked.code, Some(2));
    }
}

#[tokio::test]
async fn a_warning_of_serve_is_a_line_and_no_fault() {
    let env = [
        ("JWT_SIGNING_KEY", "\"short\""),
        ("AGENT_PORT", "tcp://10.0.0.1:8001"),
    ];
    let ended = check(&[], &env).await;
    assert_eq!((ended.code, &ended.err), (Some(0), &vec![]));
    let warned = ended
        .out
        .iter()
        .filter(|line| line.starts_with("warning: "));
    let names = warned.map(|line| line.split(' ').nth(1).expect("a name"));
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["AGENT_PORT", "JWT_SIGNING_KEY", "JWT_SIGNING_KEY"]
    );
    assert!(ended.out.iter().any(|line| line == "AGENT_PORT=8001"));
}

#[tokio::test]
async fn connect_asks_claude_and_the_mcp_server() {
    let (claude, mcp) = (FakeClaude::start().await, McpServer::start().await);
    let ended = connect(claude.url(), &mcp.url(), &[]).await;
    assert_eq!((ended.code, &ended.err), (Some(0), &vec![]));
    let [.., first, second, third] = &ended.out[..] else {
        panic!("too few lines: {:?}", ended.out)
    };
    assert_eq!(
        [first, second],
        [
            &format!("ok: Claude at {} lists 1 models", claude.url()),
            "ok: CLAUDE_MODEL claude-sonnet-4-6 is among them"
        ]
    );
    assert!(third.starts_with("ok: MCP server "), "{third}");
    for part in [" speaks 2025-11-25 and has ", "list_exercises"] {
        assert!(third.contains(part), "{third}");
    }
    assert!(claude.asked().is_empty());
    let ended = connect(
        claude.url(),
        &mcp.url(),
        &[("CLAUDE_MODEL", "claude-other")],
    )
    .await;
    assert_eq!(ended.code, Some(0));
    let warned = ended
        .out
        .iter()
        .filter(|line| line.starts_with("warning: CLAUDE_MODEL claude-other "));
    assert_eq!(warned.count(), 1, "{:?}", ended.out);
}

#[tokio::test]
async fn half_a_surrogate_pair_in_the_list_of_models_is_read() {
    let claude =
        always(r#"{"data":[{"id":"claude-sonnet-4-6","display_name":"\ud83d"},{"id":"\ud83d"}]}"#)
            .await;
    let mcp = McpServer::start().await;
    let ended = connect(&claude, &mcp.url(), &[]).await;
    assert_eq!((ended.code, &ended.err), (Some(0), &vec![]));
    let listed = format!("ok: Claude at {claude} lists 2 models");
    assert!(ended.out.contains(&listed), "{:?}", ended.out);
}

#[tokio::test]
async fn each_model_that_claude_does_not_list_is_warned_about() {
    let (claude, mcp) = (FakeClaude::start().await, McpServer::start().await);
    let models = [
        ("CLAUDE_FALLBACK_MODEL", "claude-backup"),
        ("CLAUDE_TITLE_MODEL", "claude-small"),
    ];
    let ended = connect(claude.url(), &mcp.url(), &models).await;
    assert_eq!((ended.code, &ended.err), (Some(0), &vec![]));
    let warned = ended.out.iter();
    let warned: Vec<_> = warned
        .filter_map(|line| line.strip_prefix("warning: "))
        .collect();
    let why = "is not among them; it works only if it is an alias";
    assert_eq!(
        warned,
        models.map(|(variable, model)| format!("{variable} {model} {why}"))
    );
}

/// The message for an endpoint of Claude that fails, beside a good MCP server.
async fn fault_of_claude(url: &str, env: &[(&str, &str)]) -> String {
    let mcp = McpServer::start().await;
    let ended = connect(url, &mcp.url(), env).await;
    let [line] = &ended.err[..] else {
        panic!("not one line: {ended:?}")
    };
    assert_eq!(ended.code, Some(2), "{line}");
    assert!(
        ended
            .out
            .iter()
            .any(|line| line.starts_with("ok: MCP server "))
    );
    assert!(!line.contains("MARKER"), "{line}");
    line.strip_prefix("configuration: ")
        .expect("the usual heading")
        .to_owned()
}

#[tokio::test]
async fn a_refused_credential_is_named() {
    let body = r#"{"type":"error","error":{"type":"authentication_error","message":"MARKER"}}"#;
    let url = always((StatusCode::UNAUTHORIZED, body)).await;
    assert_eq!(
        fault_of_claude(&url, &[]).await,
        "ANTHROPIC_API_KEY is refused by the server: the model answered 401 Unauthorized authentication_error"
    );
    let bearer = [
        ("ANTHROPIC_API_KEY", ""),
        ("ANTHROPIC_AUTH_TOKEN", "MARKER"),
    ];
    assert_eq!(
        fault_of_claude(&url, &bearer).await,
        "ANTHROPIC_AUTH_TOKEN is refused by the server: the model answered 401 Unauthorized authentication_error"
    );
}

#[tokio::test]
async fn the_cause_why_claude_cannot_be_reached_is_named() {
    let (_socket, refused) = refusing();
    let plain = always("hello").await;
    let tls = TlsFront::of(&plain, "localhost").await;
    let to_plain = plain.replace("http:", "https:");
    for (url, cause) in [
        (refused.as_str(), "no connection: Connection refused"),
        (
            "http://nowhere.invalid",
            "its name cannot be resolved (DNS): ",
        ),
        (&tls.url, "no TLS connection: invalid peer certificate"),
        (&to_plain, "no TLS connection: "),
    ] {
        let fault = fault_of_claude(url, &[]).await;
        let expected = format!("ANTHROPIC_BASE_URL cannot be reached: {cause}");
        assert!(fault.starts_with(&expected), "{url}: {fault}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_claudes_is_named() {
    let html = [(header::CONTENT_TYPE, "text/html")];
    for (url, seen) in [
        (
            always((html, "<p>MARKER</p>")).await,
            "the answer to GET /v1/models is no list of models",
        ),
        (
            always((StatusCode::NOT_FOUND, "MARKER")).await,
            "does not list its models (GET /v1/models): the model answered 404 Not Found",
        ),
        (
            always((StatusCode::BAD_GATEWAY, "MARKER")).await,
            "502 Bad Gateway",
        ),
        (
            always((StatusCode::FOUND, [(header::LOCATION, "/login")])).await,
            "302 Found",
        ),
        (
            always(([(header::CONTENT_ENCODING, "gzip")], "MARKER")).await,
            "the content coding gzip",
        ),
    ] {
        let fault = fault_of_claude(&url, &[]).await;
        assert!(
            fault.starts_with("ANTHROPIC_BASE_URL ") && fault.contains(seen),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn the_cause_why_there_is_no_mcp_session_is_named() {
    let claude = FakeClaude::start().await;
    let (_socket, refused) = refusing();
    let html = [(header::CONTENT_TYPE, "text/html")];
    for (url, seen) in [
        (refused, "no connection"),
        (
            always(StatusCode::UNAUTHORIZED).await,
            "check PROG_STRENGTH_MCP_TOKEN",
        ),
        (
            always((html, "<p>MARKER</p>")).await,
            "the handshake failed",
        ),
        (
            always(StatusCode::NOT_FOUND).await,
            "check PROG_STRENGTH_MCP_URL",
        ),
    ] {
        let ended = connect(claude.url(), &url, &[]).await;
        let [line] = &ended.err[..] else {
            panic!("not one line: {ended:?}")
        };
        assert_eq!(ended.code, Some(2), "{line}");
        let named = line.starts_with("configuration: PROG_STRENGTH_MCP_URL gives no session: ");
        assert!(
            named && line.contains(seen) && !line.contains("MARKER"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn both_faults_are_reported() {
    let (_socket, refused) = refusing();
    let ended = connect(&refused, &refused, &[]).await;
    let starts = [
        "configuration:",
        "  ANTHROPIC_BASE_URL ",
        "  PROG_STRENGTH_MCP_URL ",
    ];
    assert_eq!((ended.code, ended.err.len()), (Some(2), 3));
    for (line, start) in ended.err.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
}

#[tokio::test]
async fn a_compressed_list_of_models_is_named_and_halves_of_pairs_are_read() {
    let coded = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_ENCODING, "gzip"),
    ];
    for (status, seen) in [
        (StatusCode::OK, "content coding gzip"),
        (StatusCode::BAD_GATEWAY, "502 Bad Gateway"),
    ] {
        let url = always((status, coded.clone(), "MARKER")).await;
        let fault = fault_of_claude(&url, &[]).await;
        assert!(
            fault.starts_with("ANTHROPIC_BASE_URL ") && fault.contains(seen),
            "{fault}"
        );
    }
    let list = r#"{"data":[{"id":"claude-sonnet-4-6","display_name":"\ud83d"},{"id":"x\ude00"}]}"#;
    let (claude, mcp) = (always(list).await, McpServer::start().await);
    let ended = connect(&claude, &mcp.url(), &[]).await;
    assert_eq!((ended.code, &ended.err), (Some(0), &vec![]));
    let said = format!("ok: Claude at {claude} lists 2 models");
    assert!(ended.out.contains(&said), "{:?}", ended.out);
}

#[tokio::test]
async fn what_the_settings_mean_is_said_in_notes() {
    let settings = [
        ("AGENT_TURN_TIMEOUT_SECS", "120"),
        ("RATE_LIMIT_MAX", "0"),
        (
            "CORS_ALLOWED_ORIGINS",
            "https://app.example.com,capacitor://localhost",
        ),
    ];
    let ended = check(&[], &settings).await;
    let notes = ended
        .out
        .iter()
        .filter_map(|line| line.strip_prefix("note: "));
    insta::assert_snapshot!(notes.collect::<Vec<_>>().join("\n"), @r"
    a chat has 120 s; Claude may be silent for 60 s, a tool call may take 30 s; after SIGTERM chats have 30 s more
    a user may make 8 requests at the same time, and any number in turn
    the pages of https://app.example.com, capacitor://localhost may call
    ");
}

/// The lines and the exit code of a check of another server's settings.
async fn check_of(server: &str, env: &[(&str, &str)]) -> Ended {
    let (claude, mcp) = (FakeClaude::start().await, McpServer::start().await);
    let (claude, mcp) = (claude.url().to_owned(), mcp.url());
    let both = [
        ("ANTHROPIC_BASE_URL", claude.as_str()),
        ("PROG_STRENGTH_MCP_URL", mcp.as_str()),
        ("PROG_STRENGTH_MCP_TOKEN", "MARKER-mcp-token-of-16-bytes"),
    ];
    check(&[server, "--connect"], &[&both[..], env].concat()).await
}

#[tokio::test]
async fn the_settings_of_the_other_servers_are_checked_with_their_database() {
    let directory = Directory::new();
    let file = directory.0.join("log.db");
    let url = format!("sqlite:{}", file.display());
    for (server, setting) in [("mcp", "MCP_PORT=8000"), ("runs", "RUNS_CONCURRENCY=16")] {
        let ended = check_of(server, &[("DATABASE_URL", &url)]).await;
        assert_eq!((ended.code, &ended.err), (Some(0), &vec![]), "{server}");
        assert!(ended.out.iter().any(|line| line == setting), "{ended:?}");
        let expected = format!(
            "ok: the database is {} (SQLite), which the start creates",
            file.display()
        );
        assert_eq!(ended.out.last(), Some(&expected));
        assert!(!file.exists(), "a check changes nothing");
        assert!(!ended.out.join("\n").contains("MARKER"));
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_a_fault_of_its_setting() {
    let directory = Directory::new();
    let other = directory.0.join("other");
    std::fs::write(&other, "not a database, but a text of some length").expect("a file");
    let missing = directory.0.join("missing/log.db");
    let server = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = server.local_addr().expect("bound").port();
    drop(server);
    for (url, cause) in [
        (
            format!("sqlite:{}", other.display()),
            "file is not a database",
        ),
        (
            format!("sqlite:{}", missing.display()),
            "there is no folder",
        ),
        (
            format!("postgres://me:MARKER@127.0.0.1:{port}/x"),
            "refused",
        ),
    ] {
        let ended = check_of("mcp", &[("DATABASE_URL", &url)]).await;
        let message = ended.err.join("\n");
        assert_eq!(ended.code, Some(2), "{message}");
        assert!(
            message.starts_with("configuration: DATABASE_URL is refused: cannot open the database"),
            "{message}"
        );
        assert!(
            message.contains(cause) && !message.contains("MARKER"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_tool_that_needs_approval_and_is_not_offered_is_a_warning() {
    let (claude, mcp) = (FakeClaude::start().await, McpServer::start().await);
    let policy = [("AGENT_APPROVALS", "create_workout,delete_all")];
    let ended = connect(claude.url(), &mcp.url(), &policy).await;
    let out = ended.out.join("\n");
    let warning = "warning: AGENT_APPROVALS names delete_all, which is not among them";
    assert!(out.lines().any(|line| line == warning), "{out}");
    assert!(!out.contains("names create_workout"), "{out}");
    let held = "note: calls of these need the user's confirmation: create_workout";
    assert!(out.lines().any(|line| line == held), "{out}");
    assert_eq!(ended.code, Some(0));
}
