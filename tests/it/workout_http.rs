//! The workout server over HTTP: who gets in, from where, into which session, and how it ends.

use http::Method;
use prog_strength_agent::workout::http::{MAX_BODY_BYTES, Tuning};
use rmcp::{
    ServiceExt,
    model::CallToolRequestParams,
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};

use crate::support::{
    answer::{Answer, now, token},
    test_app::JWT_KEY,
    wait::within,
    workout::{AGENT_TOKEN, WorkoutServer, initialize, said, user_token},
};

const DOCUMENT: &str = "/.well-known/oauth-protected-resource/mcp";

// Who.

#[tokio::test]
async fn the_agent_is_known_by_its_token_and_a_user_by_a_jwt() {
    let server = WorkoutServer::start().await;
    assert_eq!(server.whoami(AGENT_TOKEN).await, "Agent");
    assert_eq!(server.whoami(&user_token("sam")).await, "User(\"sam\")");
}

#[tokio::test]
async fn anybody_else_is_told_where_to_learn_how_to_get_a_token() {
    let server = WorkoutServer::start().await;
    let document = format!("{}{DOCUMENT}", server.url);
    let none = Answer::of(server.anonymous(&initialize())).await;
    assert_eq!(none.error(), (401, "unauthorized"));
    assert_eq!(
        none.header("www-authenticate"),
        Some(&*format!("Bearer resource_metadata=\"{document}\""))
    );
    let wrong = server.initialize("another-token").await;
    assert_eq!(wrong.error(), (401, "unauthorized"));
    let challenge = format!("Bearer resource_metadata=\"{document}\", error=\"invalid_token\"");
    assert_eq!(wrong.header("www-authenticate"), Some(&*challenge));
    assert_eq!(
        wrong.header("content-type"),
        Some("application/problem+json")
    );
    for method in [Method::GET, Method::DELETE] {
        let request = server.request(method, "/mcp");
        assert_eq!(Answer::of(request).await.error(), (401, "unauthorized"));
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_in_every_respect_is_refused() {
    let server = WorkoutServer::start().await;
    let exp = now() + 600;
    for bad in [
        token(JWT_KEY, &json!({"sub": "sam", "exp": now() - 60})),
        token(JWT_KEY, &json!({"sub": "sam"})),
        token(JWT_KEY, &json!({"sub": "", "exp": exp})),
        token(JWT_KEY, &json!({"exp": exp})),
        token(
            JWT_KEY,
            &json!({"sub": "sam", "exp": exp, "nbf": now() + 60}),
        ),
        token("another key", &json!({"sub": "sam", "exp": exp})),
        // {"alg":"none"}.{"sub":"ann","exp":4102444800}.
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.".into(),
        format!("{AGENT_TOKEN}x"),
        AGENT_TOKEN[1..].to_owned(),
        AGENT_TOKEN.to_uppercase(),
    ] {
        assert_eq!(server.whoami(&bad).await, "401", "{bad}");
    }
    let expired_within_leeway = token(JWT_KEY, &json!({"sub": "sam", "exp": now() - 10}));
    assert_ne!(server.whoami(&expired_within_leeway).await, "401");
}

#[tokio::test]
async fn issuer_and_audience_of_a_jwt_are_checked_as_the_agent_checks_them() {
    let settings = [("JWT_ISSUER", "api"), ("JWT_AUDIENCE", "agent")];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    let mut claims = json!({"sub": "sam", "exp": now() + 600, "iss": "api", "aud": "agent"});
    assert_ne!(server.whoami(&token(JWT_KEY, &claims)).await, "401");
    claims["aud"] = "other".into();
    assert_eq!(server.whoami(&token(JWT_KEY, &claims)).await, "401");
}

#[tokio::test]
async fn a_way_in_that_is_not_configured_is_none() {
    let unset = [("JWT_SIGNING_KEY", "")];
    let server = WorkoutServer::with(&unset, Tuning::default()).await;
    assert_eq!(server.whoami(&user_token("sam")).await, "401");
    assert_eq!(
        server
            .whoami(&token("", &json!({"sub": "sam", "exp": now() + 600})))
            .await,
        "401"
    );
    let unset = [("PROG_STRENGTH_MCP_TOKEN", "")];
    let server = WorkoutServer::with(&unset, Tuning::default()).await;
    assert_eq!(server.whoami(AGENT_TOKEN).await, "401");
    let empty = server.post("", &initialize());
    assert_eq!(Answer::of(empty).await.error().0, 401);
}

#[tokio::test]
async fn one_authorization_header_counts_whatever_the_case_of_its_scheme() {
    let server = WorkoutServer::start().await;
    let lower = server
        .anonymous(&initialize())
        .header("authorization", format!("bEaReR  {AGENT_TOKEN}"));
    assert_eq!(Answer::of(lower).await.status, 200);
    let two = server
        .post(AGENT_TOKEN, &initialize())
        .header("authorization", format!("Bearer {AGENT_TOKEN}"));
    let two = Answer::of(two).await;
    assert_eq!(two.error(), (401, "unauthorized"));
    assert!(
        two.header("www-authenticate")
            .unwrap()
            .contains("invalid_token")
    );
    let basic = server
        .anonymous(&initialize())
        .header("authorization", format!("Basic {AGENT_TOKEN}"));
    assert_eq!(Answer::of(basic).await.status, 401);
}

// From where.

#[tokio::test]
async fn a_request_sent_to_another_name_is_refused_before_its_token_is_looked_at() {
    let server = WorkoutServer::start().await;
    for (host, status) in [
        ("localhost", 200),
        ("LOCALHOST:1234", 200),
        ("mcp:8000", 200),
        ("evil.example", 403),
        ("evil.example:8000", 403),
        ("mcp.evil.example", 403),
        ("10.0.0.1", 403),
    ] {
        let good = server.post(AGENT_TOKEN, &initialize()).header("host", host);
        assert_eq!(Answer::of(good).await.status, status, "{host}");
        let document = server.request(Method::GET, DOCUMENT).header("host", host);
        assert_eq!(Answer::of(document).await.status, status, "{host}");
    }
    let anonymous = server
        .anonymous(&initialize())
        .header("host", "evil.example");
    let anonymous = Answer::of(anonymous).await;
    assert_eq!(anonymous.error(), (403, "host_not_allowed"));
    assert_eq!(anonymous.header("www-authenticate"), None);
    let health = server
        .request(Method::GET, "/health")
        .header("host", "evil.example");
    assert_eq!(Answer::of(health).await.status, 200);
}

#[tokio::test]
async fn a_page_of_another_origin_may_not_call() {
    let settings = [("MCP_ALLOWED_HOSTS", "127.0.0.1, app.example.com:443")];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    for (origin, status) in [
        ("http://127.0.0.1:3000", 200),
        ("https://app.example.com", 200),
        ("https://evil.example", 403),
        ("https://app.example.com.evil.example", 403),
        ("null", 403),
    ] {
        let request = server
            .post(AGENT_TOKEN, &initialize())
            .header("origin", origin);
        assert_eq!(Answer::of(request).await.status, status, "{origin}");
    }
    let localhost = server
        .post(AGENT_TOKEN, &initialize())
        .header("host", "localhost");
    assert_eq!(
        Answer::of(localhost).await.error(),
        (403, "host_not_allowed")
    );
}

// Pages.

#[tokio::test]
async fn the_document_about_the_resource_is_open_to_everybody() {
    let issuer = "https://auth.example.com";
    let settings = [("OAUTH_ISSUER", issuer)];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    for path in [DOCUMENT, "/.well-known/oauth-protected-resource"] {
        let request = server.request(Method::GET, path).header("host", "mcp:8000");
        let forged = request
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", "evil");
        assert_eq!(
            Answer::of(forged).await.ok(),
            json!({"resource": "http://mcp:8000/mcp", "authorization_servers": [issuer],
                "bearer_methods_supported": ["header"], "resource_name": "Prog Strength workouts"})
        );
    }
    let settings = [("MCP_PUBLIC_URL", "https://mcp.example.com/mcp/")];
    let server = WorkoutServer::with(&settings, Tuning::default()).await;
    let document = Answer::of(server.request(Method::GET, DOCUMENT)).await.ok();
    assert_eq!(
        document,
        json!({"resource": "https://mcp.example.com/mcp",
            "bearer_methods_supported": ["header"], "resource_name": "Prog Strength workouts"})
    );
    let refused = Answer::of(server.anonymous(&initialize())).await;
    assert_eq!(
        refused.header("www-authenticate"),
        Some(
            "Bearer resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\""
        )
    );
}

#[tokio::test]
async fn health_says_who_it_is_and_every_answer_wears_the_headers() {
    let server = WorkoutServer::start().await;
    let health = server
        .request(Method::GET, "/health")
        .header("x-request-id", "req-1");
    let health = Answer::of(health).await;
    assert_eq!(
        health.body,
        json!({"service": "prog-strength-mcp", "version": env!("CARGO_PKG_VERSION"),
            "message": "service is healthy", "request_id": "req-1"})
    );
    let answers = [
        health,
        Answer::of(server.request(Method::GET, DOCUMENT)).await,
        server.initialize("wrong").await,
        server.initialize(AGENT_TOKEN).await,
    ];
    for answer in answers {
        assert!(answer.header("x-request-id").is_some());
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let cache = answer.header("cache-control").unwrap();
        assert!(["no-store", "no-cache"].contains(&cache), "{cache}");
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_problems() {
    let server = WorkoutServer::start().await;
    for path in ["/", "/mcp/", "/mcp/x", "/chat", "/.well-known/x"] {
        let answer = Answer::of(server.request(Method::POST, path)).await;
        assert_eq!(answer.error(), (404, "not_found"), "{path}");
    }
    for (method, path) in [
        (Method::PUT, "/mcp"),
        (Method::OPTIONS, "/mcp"),
        (Method::POST, "/health"),
        (Method::POST, DOCUMENT),
    ] {
        let answer = Answer::of(server.request(method, path)).await;
        assert_eq!(answer.error(), (405, "method_not_allowed"), "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_with_the_place() {
    let server = WorkoutServer::start().await;
    let deep = "[".repeat(1000);
    for body in [
        "",
        "{",
        "not json",
        "[1e400]",
        "{\"a\": \"\\ud800\"}",
        &deep,
    ] {
        let request = server.post(AGENT_TOKEN, &Value::Null).body(body.to_owned());
        let answer = Answer::of(request).await;
        assert_eq!(answer.error(), (400, "invalid_json"), "{body:.20}");
    }
}

#[tokio::test]
async fn a_body_over_a_megabyte_is_refused_and_one_of_a_megabyte_is_read() {
    let server = WorkoutServer::start().await;
    let padded = |size: usize| {
        let mut message = initialize().to_string();
        message.push_str(&" ".repeat(size - message.len()));
        server.post(AGENT_TOKEN, &Value::Null).body(message)
    };
    assert_eq!(Answer::of(padded(MAX_BODY_BYTES)).await.status, 200);
    let large = Answer::of(padded(MAX_BODY_BYTES + 1)).await;
    assert_eq!(large.error(), (413, "payload_too_large"));
    // A session keeps what its client says of itself.
    let mut boast = initialize();
    boast["params"]["clientInfo"]["name"] = "x".repeat(70_000).into();
    let boasted = Answer::of(server.post(AGENT_TOKEN, &boast)).await;
    assert_eq!(boasted.error(), (413, "payload_too_large"));
    // Without a length, too.
    let pieces = vec![Ok::<_, std::fmt::Error>("x".repeat(MAX_BODY_BYTES)); 2];
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let unannounced = server.post(AGENT_TOKEN, &Value::Null).body(stream);
    assert_eq!(
        Answer::of(unannounced).await.error(),
        (413, "payload_too_large")
    );
}

// Sessions.

#[tokio::test]
async fn a_session_is_of_no_use_to_anybody_but_who_opened_it() {
    let server = WorkoutServer::start().await;
    let (sam, eve) = (user_token("sam"), user_token("eve"));
    let session = server.session(&sam).await;
    let unknown = "00000000-0000-4000-8000-000000000000";
    for thief in [&*eve, AGENT_TOKEN] {
        let stolen = Answer::of(server.call(thief, &session, "whoami")).await;
        let never = Answer::of(server.call(thief, unknown, "whoami")).await;
        assert_eq!(stolen.error(), (404, "session_not_found"));
        assert_eq!(
            (stolen.status, &stolen.body["detail"]),
            (never.status, &never.body["detail"])
        );
        for method in [Method::GET, Method::DELETE] {
            let request = server
                .request(method, "/mcp")
                .bearer_auth(thief)
                .header("accept", "text/event-stream")
                .header("mcp-session-id", &session);
            assert_eq!(
                Answer::of(request).await.error(),
                (404, "session_not_found")
            );
        }
    }
    let of_the_agent = server.session(AGENT_TOKEN).await;
    let call = server.call(&sam, &of_the_agent, "whoami");
    assert_eq!(Answer::of(call).await.error(), (404, "session_not_found"));
    let two = server
        .call(&sam, &session, "whoami")
        .header("mcp-session-id", &of_the_agent);
    assert_eq!(Answer::of(two).await.error(), (404, "session_not_found"));
    // It is still there, also for another token of the same user.
    let later = token(JWT_KEY, &json!({"sub": "sam", "exp": now() + 1200}));
    let own = Answer::of(server.call(&later, &session, "whoami")).await;
    assert_eq!(said(&own), "User(\"sam\")");
}

#[tokio::test]
async fn a_session_that_was_ended_is_unknown() {
    let server = WorkoutServer::start().await;
    let session = server.session(AGENT_TOKEN).await;
    let end = server
        .request(Method::DELETE, "/mcp")
        .bearer_auth(AGENT_TOKEN)
        .header("mcp-session-id", &session);
    assert!(Answer::of(end).await.status.is_success());
    let call = server.call(AGENT_TOKEN, &session, "whoami");
    assert_eq!(Answer::of(call).await.status, 404);
}

#[tokio::test]
async fn a_user_and_everybody_together_have_so_many_sessions_and_no_more() {
    let tuning = Tuning {
        sessions: 4,
        sessions_per_user: 2,
        ..Tuning::default()
    };
    let server = WorkoutServer::with(&[], tuning).await;
    let sam = user_token("sam");
    let first = server.session(&sam).await;
    server.session(&sam).await;
    let third = server.initialize(&sam).await;
    assert_eq!(third.error(), (429, "too_many_sessions"));
    assert!(third.header("retry-after").is_some());
    // The agent speaks for many.
    server.session(AGENT_TOKEN).await;
    server.session(AGENT_TOKEN).await;
    let fifth = server.initialize(AGENT_TOKEN).await;
    assert_eq!(fifth.error(), (503, "too_many_sessions"));
    assert!(fifth.header("retry-after").is_some());
    // Sessions go on, and an ended one makes room.
    assert_eq!(
        said(&Answer::of(server.call(&sam, &first, "whoami")).await),
        "User(\"sam\")"
    );
    let end = server.request(Method::DELETE, "/mcp").bearer_auth(&sam);
    Answer::of(end.header("mcp-session-id", &first)).await;
    server.session(&sam).await;
}

#[tokio::test]
async fn a_request_of_2026_07_28_needs_no_session() {
    let server = WorkoutServer::start().await;
    let version = "2026-07-28";
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "whoami", "_meta": {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}}}});
    let call = server
        .post(&user_token("sam"), &call)
        .header("mcp-protocol-version", version)
        .header("mcp-method", "tools/call")
        .header("mcp-name", "whoami");
    assert_eq!(said(&Answer::of(call).await), "User(\"sam\")");
}

#[tokio::test]
async fn an_ordinary_client_lists_and_calls() {
    let server = WorkoutServer::start().await;
    let config =
        StreamableHttpClientTransportConfig::with_uri(server.mcp()).auth_header(AGENT_TOKEN);
    let http = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let transport = StreamableHttpClientTransport::with_client(http, config);
    let client = within("a session", ().serve(transport))
        .await
        .expect("a session");
    let tools = within("the tools", client.list_tools(None))
        .await
        .expect("tools");
    assert_eq!(tools.tools.len(), 1);
    let call = client
        .peer()
        .call_tool(CallToolRequestParams::new("whoami"));
    let result = within("a result", call).await.expect("a result");
    let result = serde_json::to_value(result).expect("JSON");
    assert_eq!(result["content"][0]["text"], "Agent");
}

// The end.

#[tokio::test]
async fn calls_under_way_are_finished_and_streams_do_not_hold_the_end() {
    let mut server = WorkoutServer::start().await;
    let session = server.session(AGENT_TOKEN).await;
    let stream = server
        .request(Method::GET, "/mcp")
        .bearer_auth(AGENT_TOKEN)
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &session)
        .send();
    let stream = within("the stream", stream).await.expect("a stream");
    assert_eq!(stream.status(), 200);
    let slow = tokio::spawn(Answer::of(server.call(AGENT_TOKEN, &session, "slow")));
    server.is_slow().await;
    server.stop();
    within("the drain", server.life.draining.cancelled()).await;
    let late = server.initialize(AGENT_TOKEN).await;
    assert_eq!(late.error(), (503, "shutting_down"));
    server.gate.open_for_good();
    assert_eq!(said(&slow.await.expect("an answer")), "Agent");
    server.stopped().await;
    let rest = within("the stream's end", stream.text()).await;
    assert!(rest.is_ok());
}

#[tokio::test]
async fn a_call_that_outlasts_the_grace_period_does_not_hold_the_end() {
    let settings = [("AGENT_SHUTDOWN_GRACE_SECS", "0")];
    let mut server = WorkoutServer::with(&settings, Tuning::default()).await;
    let session = server.session(AGENT_TOKEN).await;
    let slow = tokio::spawn(server.call(AGENT_TOKEN, &session, "slow").send());
    server.is_slow().await;
    server.stop();
    server.stopped().await;
    drop(slow);
}
