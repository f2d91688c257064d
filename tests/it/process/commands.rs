//! `healthcheck`, `token` and `--help`.

use super::*;

#[tokio::test]
async fn healthcheck_needs_only_the_port_and_succeeds_while_the_service_runs() {
    let service = Service::start(&["serve"], &[]).await;
    let ended = run(&["healthcheck", "--port", service.port()], &[]).await;
    assert_eq!(ended.code, Some(0), "at the port that is given");
    let ended = run(&["healthcheck"], &[("AGENT_PORT", service.port())]).await;
    assert_eq!((ended.code, ended.err), (Some(0), vec![]));
}

#[tokio::test]
async fn healthcheck_fails_without_a_server() {
    let unused = TcpSocket::new_v4().expect("a socket");
    let any = "127.0.0.1:0".parse().expect("an address");
    unused.bind(any).expect("a free port");
    let port = unused.local_addr().expect("bound").port().to_string();
    let ended = run(&["healthcheck"], &[("AGENT_PORT", &port)]).await;
    assert_eq!(ended.code, Some(1));
    let message = ended.err.join("\n");
    let expected = format!("no answer from http://127.0.0.1:{port}/health");
    assert!(message.starts_with(&expected), "{message}");
}

#[tokio::test]
async fn healthcheck_fails_when_the_status_is_not_2xx() {
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

#[tokio::test]
async fn healthcheck_does_not_ask_a_proxy() {
    let service = Service::start(&["serve"], &[]).await;
    let proxy = format!("http://127.0.0.1:{}", service.port());
    // A documentation address (RFC 5737), where nothing answers; the proxy answers `GET http://…/health` with 200.
    let env = [
        ("AGENT_HOST", "192.0.2.1"),
        ("AGENT_PORT", "80"),
        ("HTTP_PROXY", &proxy),
        ("http_proxy", &proxy),
    ];
    let ended = run(&["healthcheck"], &env).await;
    assert_eq!(ended.code, Some(1), "{:?}", ended.err);
}

/// What the token that was printed says, which is all that was printed.
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
async fn issuer_and_audience_are_minted_and_required_when_set() {
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
async fn an_invalid_subject_is_refused() {
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

#[tokio::test]
async fn help_lists_the_settings_of_the_command() {
    for (command, listed, absent) in [
        (&["--help"][..], "AGENT_PORT=8001", "MCP_PORT="),
        (&["serve", "--help"], "AGENT_PORT=8001", "MCP_PORT="),
        (
            &["config", "check", "--help"],
            "AGENT_PORT=8001",
            "MCP_PORT=",
        ),
        (&["mcp", "--help"], "MCP_PORT=8000", "AGENT_PORT="),
        (&["runs", "--help"], "RUNS_CONCURRENCY=16", "AGENT_PORT="),
        (&["run", "--help"], "RUNS_TOKEN=", "RUNS_CONCURRENCY="),
        (&["skills", "--help"], "RUNS_URL=", "RUNS_CONCURRENCY="),
        (
            &["skills", "run", "--help"],
            "RUNS_URL=",
            "RUNS_CONCURRENCY=",
        ),
        (&["connections", "set", "--help"], "RUNS_URL=", "PORT="),
        (
            &["runs", "rotate-keys", "--help"],
            "DATABASE_URL=sqlite:prog-strength-runs.db",
            "PORT=",
        ),
        (&["healthcheck", "--help"], "AGENT_PORT=8001", "JWT_ISSUER="),
        (&["token", "--help"], "JWT_SIGNING_KEY=", "AGENT_PORT="),
        (&["dev", "--help"], "CLAUDE_MODEL=", "JWT_SIGNING_KEY="),
    ] {
        let ended = run(command, &[]).await;
        let has = |start: &str| ended.out.iter().any(|line| line.trim().starts_with(start));
        assert_eq!(
            (ended.code, has(listed), has(absent)),
            (Some(0), true, false)
        );
    }
}

/// What bash completes after these words, by the script of `completions bash`.
async fn completed_in_bash(words: &[&str]) -> String {
    let (last, before) = words.split_last().expect("a word");
    let script = r#"
        binary=$1; shift
        source <("$binary" completions bash)
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        [[ $(complete -p "$1") =~ -F\ ([^ ]+) ]]
        "${BASH_REMATCH[1]}" "$1" "${@: -1}" "${@: -2:1}"
        echo "${COMPREPLY[*]}"
    "#;
    let mut bash = tokio::process::Command::new("bash");
    bash.args([
        "-euc",
        script,
        "bash",
        env!("CARGO_BIN_EXE_prog-strength-agent"),
    ]);
    bash.arg("prog-strength-agent").args(before).arg(last);
    let ended = within("bash", bash.output()).await.expect("bash");
    let err = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{err}");
    String::from_utf8(ended.stdout)
        .expect("text")
        .trim()
        .to_owned()
}

#[tokio::test]
async fn bash_completes_commands_and_options_by_the_script() {
    assert_eq!(completed_in_bash(&["conf"]).await, "config");
    assert_eq!(completed_in_bash(&["config", "ch"]).await, "check");
    assert_eq!(completed_in_bash(&["token", "--t"]).await, "--ttl");
}

#[tokio::test]
async fn each_usual_shell_has_a_script_and_needs_no_settings_for_it() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let ended = run(&["completions", shell], &[("AGENT_PORT", "none")]).await;
        assert_eq!((ended.code, &ended.err), (Some(0), &vec![]), "{shell}");
        assert!(ended.out.join("\n").contains("healthcheck"), "{shell}");
    }
}
