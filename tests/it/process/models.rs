//! Settings that depend on the model, and what is logged of its replies.

use super::*;

#[tokio::test]
async fn settings_that_a_known_model_refuses_end_the_process_with_one_message() {
    let needed = [("ANTHROPIC_API_KEY", API_KEY), ("JWT_SIGNING_KEY", JWT_KEY)];
    let cases: [(&[(&str, &str)], &str); 8] = [
        (
            &[
                ("CLAUDE_MODEL", "claude-opus-5-5"),
                ("CLAUDE_THINKING", "off"),
            ],
            "configuration: CLAUDE_THINKING must not be `off`: claude-opus-5-5 always thinks",
        ),
        (
            &[
                ("CLAUDE_FALLBACK_MODEL", "claude-haiku-4-5"),
                ("CLAUDE_THINKING", "adaptive"),
            ],
            "configuration: CLAUDE_THINKING must not be `adaptive`, which claude-haiku-4-5 refuses",
        ),
        (
            &[("CLAUDE_EFFORT", "xhigh")],
            "configuration: CLAUDE_EFFORT must not be `xhigh`, which claude-sonnet-4-6 refuses",
        ),
        (
            &[("CLAUDE_THINKING_DISPLAY", "updates")],
            "configuration: CLAUDE_THINKING_DISPLAY must not be `updates`, which claude-sonnet-4-6 refuses",
        ),
        (
            &[("CLAUDE_FALLBACK_MODEL", "claude-sonnet-4-6")],
            "configuration: CLAUDE_FALLBACK_MODEL must be another model than CLAUDE_MODEL",
        ),
        (
            &[
                ("CLAUDE_EXTRA_BODY", r#"{"top_k":5}"#),
                ("CLAUDE_FALLBACK_MODEL", "claude-opus-5-5"),
            ],
            "configuration: CLAUDE_EXTRA_BODY must not have top_k, which claude-opus-5-5 refuses",
        ),
        (
            &[
                ("CLAUDE_EXTRA_BODY", r#"{"tool_choice":{"type":"any"}}"#),
                ("CLAUDE_MODEL", "claude-sonnet-5-5"),
            ],
            "configuration: CLAUDE_EXTRA_BODY must not have a `tool_choice` that forces a call, which claude-sonnet-5-5 refuses",
        ),
        (
            &[
                ("CLAUDE_EXTRA_BODY", "[1]"),
                ("ANTHROPIC_BETAS", "a b"),
                ("CLAUDE_CACHE_TTL", "1d"),
            ],
            "configuration:\n  \
             CLAUDE_CACHE_TTL must be `5m` or `1h`\n  \
             ANTHROPIC_BETAS must be a comma-separated list of names without spaces\n  \
             CLAUDE_EXTRA_BODY must be a JSON object",
        ),
    ];
    for (settings, expected) in cases {
        let ended = run(&[], &[&needed, settings].concat()).await;
        assert_eq!((ended.code, ended.out), (Some(2), vec![]));
        assert_eq!(ended.err.join("\n"), expected);
    }
}

#[tokio::test]
async fn few_tokens_for_a_model_that_thinks_cause_a_warning() {
    let service = Service::start(&[], &[("CLAUDE_MODEL", "claude-haiku-5-5")]).await;
    let line = service.process.lines().join("\n");
    assert!(
        line.contains("CLAUDE_MAX_TOKENS is less than 4096"),
        "{line}"
    );
}

#[tokio::test]
async fn parameters_and_betas_of_the_settings_are_sent() {
    let settings = [
        ("CLAUDE_THINKING", "adaptive"),
        ("CLAUDE_THINKING_DISPLAY", "summarized"),
        ("CLAUDE_EFFORT", "low"),
        ("CLAUDE_CACHE_TTL", "1h"),
        ("ANTHROPIC_BETAS", "one,two"),
        (
            "CLAUDE_EXTRA_BODY",
            r#"{"service_tier": "standard_only", "model": "no"}"#,
        ),
    ];
    let service = Service::start(&[], &settings).await;
    service.claude.push(Reply::text("hi"));
    service.chat(&sams_token(), "x", &user("hello")).await;
    let asked = &service.claude.asked()[0];
    assert_eq!(asked.headers["anthropic-beta"], "one,two");
    let body = &asked.body;
    assert_eq!(
        body["thinking"],
        json!({"type": "adaptive", "display": "summarized"})
    );
    assert_eq!(body["output_config"], json!({"effort": "low"}));
    assert_eq!(body["service_tier"], "standard_only");
    assert_eq!(body["model"], "claude-sonnet-4-6");
    let mark = json!({"type": "ephemeral", "ttl": "1h"});
    assert_eq!(body["system"][0]["cache_control"], mark);
}

#[tokio::test]
async fn complete_tool_calls_under_another_stop_reason_cause_a_warning() {
    let service = Service::start(&[], &[]).await;
    let call = Reply::tool("t1", "list_workouts", json!({}));
    service.claude.push_all([
        Reply::empty()
            .and_tool_pieces("t0", "create_workout", &["{\"exercises\": [{"])
            .stop("max_tokens"),
        call.stop("end_turn"),
    ]);
    for _ in 0..2 {
        service.chat(&sams_token(), "x", &user("hello")).await;
    }
    let message = "the reply has complete tool calls, which are not run";
    let line = service.process.logged(message).await;
    assert_eq!(
        (&line["level"], &line["stop_reason"]),
        (&json!("WARN"), &json!("end_turn"))
    );
}

#[tokio::test]
async fn a_reply_that_is_too_large_is_named_in_the_log() {
    let service = Service::start(&[], &[]).await;
    let line = format!(
        "data: {{\"type\":\"ping\",\"x\":\"{}\"}}\n\n",
        "x".repeat(1 << 20)
    );
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    service
        .claude
        .push(Reply::raw(format!("{head}{}", line.repeat(65))));
    service.chat(&sams_token(), "x", &user("hello")).await;
    let failed = service.process.logged("a turn failed").await;
    assert_eq!(failed["causes"], "the model's reply is too large");
    let lines = service.process.lines();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("too large"))
            .count(),
        1
    );
}

#[tokio::test]
async fn every_breakpoint_has_the_ttl_and_the_last_round_overrides_the_operators_tool_choice() {
    let settings = [
        ("CLAUDE_CACHE_TTL", "1h"),
        ("AGENT_MAX_TOOL_ROUNDS", "1"),
        (
            "CLAUDE_EXTRA_BODY",
            r#"{"tool_choice": {"type": "auto", "disable_parallel_tool_use": true}, "cache_control": {"type": "ephemeral"}}"#,
        ),
    ];
    let service = Service::start(&[], &settings).await;
    service
        .claude
        .push_all([Reply::tool("t1", "whoami", json!({})), Reply::text("hi")]);
    service.chat(&sams_token(), "x", &user("hello")).await;
    let bodies = service.claude.bodies();
    let choices: Vec<_> = bodies.iter().map(|body| &body["tool_choice"]).collect();
    let first = json!({"type": "auto", "disable_parallel_tool_use": true});
    assert_eq!(choices, [&first, &json!({"type": "none"})]);
    for (body, breakpoints) in bodies.iter().zip([3, 4]) {
        let body = body.to_string();
        let long = r#""cache_control":{"type":"ephemeral","ttl":"1h"}"#;
        assert_eq!(body.matches("cache_control").count(), breakpoints);
        assert_eq!(body.matches(long).count(), breakpoints);
    }
}
