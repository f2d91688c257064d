//! Everything about HTTP that is not a turn: the small endpoints, headers, CORS, and errors before a stream has begun.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::helpers::metric;
use crate::limits::{connection, read_head};
use crate::support::{
    fake_claude::Reply,
    mcp_server::McpServer,
    mcp_tools,
    test_app::{Answer, JWT_KEY, TestApp, now, token, user},
    wait::{DEADLINE, Gate, within},
};

/// Without a session: its MCP server is gone.
async fn without_mcp() -> TestApp {
    let mut mcp = McpServer::start().await;
    mcp.stop().await;
    TestApp::builder().unready().start_with(mcp).await
}

/// The status line and headers, in lower case, and the body, read as far as `Content-Length` says.
async fn read_answer(stream: &mut TcpStream) -> (String, Value) {
    let head = read_head(stream).await.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .expect("a length");
    let mut body = vec![0; length.parse().expect("a number")];
    within("the answer's body", stream.read_exact(&mut body))
        .await
        .expect("a body");
    (head, serde_json::from_slice(&body).expect("JSON"))
}

/// The body without its id, which has to be the header's.
fn anonymous(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    assert_eq!(
        body["request_id"].as_str(),
        answer.header("x-request-id"),
        "{}",
        answer.text
    );
    body["request_id"] = "<id>".into();
    body
}

/// A problem as it has to be, without its id.
fn problem(status: u16, title: &str, code: &str, detail: &str) -> Value {
    json!({"type": "about:blank", "title": title, "status": status, "detail": detail, "error": detail,
        "code": code, "request_id": "<id>"})
}

fn assert_problem(answer: &Answer, expected: &Value) {
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.header("content-type"),
            &anonymous(answer)
        ),
        (
            u16::try_from(expected["status"].as_u64().expect("a number")).expect("a status"),
            Some("application/problem+json"),
            expected
        )
    );
}

fn is_uuid_v7(id: &str) -> bool {
    let sound = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'7',
        19 => b"89ab".contains(&byte),
        _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
    };
    id.len() == 36 && id.bytes().enumerate().all(sound)
}

// The small endpoints.

#[tokio::test]
async fn health_is_200_whatever_mcp_does() {
    let app = without_mcp().await;
    let answer = app.get("/health").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        anonymous(&answer),
        json!({"service": "prog-strength-agent", "version": env!("CARGO_PKG_VERSION"),
            "message": "service is healthy", "request_id": "<id>"})
    );
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn ready_is_503_while_there_is_no_mcp_session() {
    let answer = without_mcp().await.get("/ready").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        answer.body,
        json!({"status": "unavailable", "mcp": {"state": "connecting"}})
    );
}

#[tokio::test]
async fn ready_names_the_mcp_server_and_counts_its_tools() {
    let answer = TestApp::start().await.ready().await;
    let tools = mcp_tools::catalogue().len();
    let server = json!({"name": "prog-strength-test", "version": "9.9.9"});
    assert_eq!(
        answer.body,
        json!({"status": "ready", "mcp": {"state": "connected", "server": server, "tools": tools}})
    );
}

#[tokio::test]
async fn ready_becomes_200_when_the_mcp_server_comes_up_after_the_service() {
    let mut app = without_mcp().await;
    assert_eq!(
        app.get("/ready").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    app.mcp.restart().await;
    assert_eq!(app.ready().await.body["status"], "ready");
}

#[tokio::test]
async fn ready_counts_the_tools_that_claude_would_refuse() {
    let mcp = McpServer::start().await;
    let either = json!({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]});
    let illegal = json!({"type": "object", "properties": {"größe": {"type": "string"}}});
    mcp.set_tools(vec![
        mcp_tools::tool("either", &either, &json!({})),
        mcp_tools::tool("sound", &json!({"type": "object"}), &json!({})),
        mcp_tools::tool("illegal", &illegal, &json!({})),
    ]);
    let app = TestApp::builder().start_with(mcp).await;
    let server = json!({"name": "prog-strength-test", "version": "9.9.9"});
    assert_eq!(
        app.ready().await.body,
        json!({"status": "ready", "mcp": {"state": "connected", "server": server, "tools": 1, "tools_left_out": 2}})
    );
}

#[tokio::test]
async fn ready_is_503_while_shutting_down() {
    let (mut app, gate) = (TestApp::start().await, Gate::new());
    app.claude.push(Reply::text("late").gate_at(1, &gate));
    let mut running = app.ask_streaming("hello").await;
    running.expect("model_chosen").await;
    app.stop();
    let answer = app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await;
    let mcp = json!({"state": "connected", "server": {"name": "prog-strength-test", "version": "9.9.9"},
        "tools": mcp_tools::catalogue().len()});
    assert_eq!(answer.body, json!({"status": "unavailable", "mcp": mcp}));
    gate.open_for_good();
    running.last("done").await;
    app.stopped().await;
}

#[tokio::test]
async fn openapi_is_3_1_and_names_every_path_and_the_schemas_of_the_wire() {
    let api = TestApp::start().await.get("/openapi.json").await.ok();
    assert!(
        api["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1.")),
        "{}",
        api["openapi"]
    );
    let names = |of: &Value| -> Vec<String> {
        let mut names: Vec<String> = of.as_object().expect("an object").keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(
        names(&api["paths"]),
        ["/chat", "/health", "/metrics", "/openapi.json", "/ready"]
    );
    let schemas = names(&api["components"]["schemas"]);
    for schema in ["ChatRequest", "Done", "Event", "Problem"] {
        assert!(schemas.iter().any(|name| name == schema), "{schemas:?}");
    }
    let events = api["components"]["schemas"]["Event"]["oneOf"]
        .as_array()
        .expect("a list");
    let result = events
        .iter()
        .find(|event| event["properties"]["type"]["enum"] == json!(["tool_result"]))
        .expect("tool_result");
    assert!(result["properties"]["structured"].is_object(), "{result}");
    let required = json!(["id", "name", "is_error", "duration_ms", "type"]);
    assert_eq!(result["required"], required);
    let chat = &api["paths"]["/chat"]["post"];
    assert_eq!(
        names(&chat["responses"]),
        [
            "200", "400", "401", "413", "415", "422", "429", "500", "502", "503", "504"
        ]
    );
    assert_eq!(
        names(&chat["responses"]["200"]["content"]),
        ["application/json", "text/event-stream"]
    );
    assert_eq!(chat["security"], json!([{"bearer": []}]));
}

#[tokio::test]
async fn every_reference_within_openapi_leads_somewhere() {
    let api = TestApp::start().await.get("/openapi.json").await.ok();
    let text = api.to_string();
    let references: Vec<&str> = text
        .split("\"$ref\":\"#")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(references.len() > 5, "{references:?}");
    for reference in references {
        assert!(api.pointer(reference).is_some(), "{reference}");
    }
}

// Metrics.

/// The samples of `/metrics` that depend neither on how long anything took nor on what else runs.
fn counted(metrics: &str) -> String {
    const NO_COUNTS: [&str; 4] = ["#", "_bucket{", "_sum", "runtime_tasks"];
    let counts = |line: &&str| !NO_COUNTS.iter().any(|no_count| line.contains(no_count));
    let mut lines: Vec<&str> = metrics.lines().filter(counts).collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// Waits until `/metrics` has the line.
async fn metrics_with(app: &TestApp, line: &str) -> String {
    let started = tokio::time::Instant::now();
    loop {
        let text = app.get("/metrics").await.text;
        if text.lines().any(|found| found == line) {
            return text;
        }
        assert!(started.elapsed() < DEADLINE, "no {line} in\n{text}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn metrics_are_text_as_prometheus_reads_it() {
    let answer = TestApp::start().await.get("/metrics").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (
            200,
            Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
        )
    );
    assert!(answer.text.ends_with("\n# EOF\n"), "{}", answer.text);
}

#[tokio::test]
async fn metrics_count_every_chat_refused_ones_too() {
    let app = TestApp::with([
        Reply::error(529, "overloaded_error", "later").header("retry-after-ms", "1"),
        Reply::tool("t1", "list_workouts", json!({})).usage(10, 5, 3, 2),
        Reply::text("one").usage(20, 6, 0, 4),
        Reply::tool("t2", "fail", json!({})).usage(1, 1, 0, 0),
        Reply::text("two").usage(1, 1, 0, 0),
    ])
    .await;
    app.ask("what did I do?").await.ok();
    app.ask_streaming("and now?").await.last("done").await;
    let anonymous = app.request(Method::POST, "/chat");
    assert_eq!(Answer::of(anonymous).await.error(), (401, "unauthorized"));
    let streamed = app
        .post("sam")
        .header("accept", "text/event-stream")
        .body("{}");
    assert_eq!(Answer::of(streamed).await.error(), (422, "invalid_request"));
    assert_eq!(
        Answer::of(app.post("sam").body("{")).await.error(),
        (400, "invalid_json")
    );
    metrics_with(&app, r#"chat_requests_total{mode="sse",code="ok"} 1"#).await;
    let metrics = metrics_with(&app, "chat_in_flight 0").await;
    let types = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "));
    insta::assert_snapshot!(types.collect::<Vec<_>>().join("\n"), @r"
    chat_requests counter
    chat_duration_seconds histogram
    chat_in_flight gauge
    claude_requests counter
    claude_request_duration_seconds histogram
    claude_time_to_first_token_seconds histogram
    claude_retries counter
    claude_tokens counter
    mcp_session_up gauge
    mcp_reconnects counter
    mcp_tool_calls counter
    mcp_tool_call_duration_seconds histogram
    runtime_tasks gauge
    ");
    insta::assert_snapshot!(counted(&metrics), @r#"
    chat_duration_seconds_count 5
    chat_in_flight 0
    chat_requests_total{mode="json",code="invalid_json"} 1
    chat_requests_total{mode="json",code="ok"} 1
    chat_requests_total{mode="json",code="unauthorized"} 1
    chat_requests_total{mode="sse",code="invalid_request"} 1
    chat_requests_total{mode="sse",code="ok"} 1
    claude_request_duration_seconds_count 5
    claude_requests_total{status="200"} 4
    claude_requests_total{status="529"} 1
    claude_retries_total{reason="529"} 1
    claude_time_to_first_token_seconds_count 4
    claude_tokens_total{kind="cache_creation"} 3
    claude_tokens_total{kind="cache_read"} 6
    claude_tokens_total{kind="input"} 32
    claude_tokens_total{kind="output"} 13
    mcp_reconnects_total 0
    mcp_session_up 1
    mcp_tool_call_duration_seconds_count{tool="fail"} 1
    mcp_tool_call_duration_seconds_count{tool="list_workouts"} 1
    mcp_tool_calls_total{tool="fail",outcome="error"} 1
    mcp_tool_calls_total{tool="list_workouts",outcome="ok"} 1
    "#);
}

#[tokio::test]
async fn metrics_show_a_chat_in_flight_for_as_long_as_it_runs() {
    let (app, gate) = (TestApp::start().await, Gate::new());
    app.claude.push(Reply::text("late").gate_at(1, &gate));
    let mut running = app.ask_streaming("hello").await;
    running.expect("model_chosen").await;
    metrics_with(&app, "chat_in_flight 1").await;
    gate.open_for_good();
    running.last("done").await;
    metrics_with(&app, "chat_in_flight 0").await;
}

/// Waits until the number of tasks is as it should be.
async fn tasks_are(app: &TestApp, right: impl Fn(u64) -> bool) {
    let look = async {
        while !right(metric(app, "runtime_tasks").await) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    within("the number of tasks", look).await;
}

#[tokio::test]
async fn metrics_count_tasks_and_none_is_left_of_a_connection() {
    let app = TestApp::start().await;
    let before = metric(&app, "runtime_tasks").await;
    let mut idle = Vec::new();
    for _ in 0..50 {
        idle.push(connection(&app).await);
    }
    tasks_are(&app, |tasks| tasks >= before + 50).await;
    drop(idle);
    // The servers of this test have tasks too, which come and go.
    tasks_are(&app, |tasks| tasks < before + 25).await;
}

#[tokio::test]
async fn metrics_tell_a_lost_session_and_its_replacement() {
    let mut app = TestApp::start().await;
    metrics_with(&app, "mcp_session_up 1").await;
    app.mcp.stop().await;
    app.claude.push_all([
        Reply::tool("t1", "list_workouts", json!({})),
        Reply::text("sorry"),
    ]);
    let metrics = {
        // Whoever calls a tool notices.
        let asked = app.ask("what did I do?");
        let down = metrics_with(&app, "mcp_session_up 0");
        tokio::pin!(asked, down);
        tokio::select! {
            metrics = &mut down => metrics,
            _ = &mut asked => down.await,
        }
    };
    assert!(metrics.contains("mcp_reconnects_total 0"), "{metrics}");
    app.claude.allow_unplayed();
    app.mcp.restart().await;
    app.ready().await;
    metrics_with(&app, "mcp_session_up 1").await;
    metrics_with(&app, "mcp_reconnects_total 1").await;
}

// Request ids.

#[tokio::test]
async fn the_callers_own_request_id_is_used_everywhere() {
    let longest = "Az09._-".repeat(19)[..128].to_owned();
    let app = TestApp::with([Reply::tool("t1", "whoami", json!({})), Reply::text("done")]).await;
    let asked = app
        .post("sam")
        .header("x-request-id", &longest)
        .body(user("who am I?").to_string());
    let answer = Answer::of(asked).await;
    assert_eq!(answer.header("x-request-id"), Some(longest.as_str()));
    assert_eq!(answer.ok()["request_id"], longest);
    let calls = app.mcp.calls();
    assert_eq!(
        calls[0].meta["fitness.progstrength/request_id"], longest,
        "{calls:?}"
    );
    let refused = app
        .request(Method::POST, "/chat")
        .header("x-request-id", "x");
    let refused = Answer::of(refused).await;
    assert_eq!(
        (refused.header("x-request-id"), &refused.body["request_id"]),
        (Some("x"), &json!("x"))
    );
}

#[tokio::test]
async fn a_streams_last_event_has_the_request_id_of_its_header() {
    let app = TestApp::with([Reply::text("hi")]).await;
    let stream = app.ask_streaming("hello").await;
    let id = stream.headers()["x-request-id"].clone();
    let done = stream.last("done").await;
    assert_eq!(done["request_id"], id.to_str().expect("text"));
    app.claude
        .push(Reply::error(400, "invalid_request_error", "no"));
    let stream = app.ask_streaming("hello").await;
    let id = stream.headers()["x-request-id"].clone();
    let error = stream.last("error").await;
    assert_eq!(error["request_id"], id.to_str().expect("text"));
}

#[tokio::test]
async fn a_request_without_an_id_gets_a_new_uuid_v7() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let answer = app.get("/health").await;
        ids.push(answer.header("x-request-id").expect("an id").to_owned());
    }
    assert!(ids.iter().all(|id| is_uuid_v7(id)), "{ids:?}");
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_request_id_that_is_not_well_formed_is_replaced() {
    let app = TestApp::start().await;
    let too_long = "x".repeat(129);
    for bad in ["", " ", "a b", "a/b", "a,b", "ä", "<script>", &too_long] {
        let request = app
            .request(Method::GET, "/health")
            .header("x-request-id", bad.as_bytes());
        let answer = Answer::of(request).await;
        let id = answer.header("x-request-id").expect("an id");
        assert!(is_uuid_v7(id), "{bad:?} became {id:?}");
        assert_eq!(answer.body["request_id"], id);
    }
}

#[tokio::test]
async fn two_request_ids_are_replaced_by_one() {
    let app = TestApp::start().await;
    let request = app
        .request(Method::GET, "/health")
        .header("x-request-id", "one")
        .header("x-request-id", "two");
    let answer = Answer::of(request).await;
    let ids: Vec<_> = answer.headers.get_all("x-request-id").iter().collect();
    assert_eq!(ids.len(), 1);
    assert!(is_uuid_v7(ids[0].to_str().expect("text")), "{ids:?}");
}

// Headers of every response.

fn security_headers(headers: &http::HeaderMap) -> [Option<&str>; 5] {
    [
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
        "content-security-policy",
        "cache-control",
    ]
    .map(|name| {
        let mut all = headers.get_all(name).iter();
        let one = all.next().and_then(|value| value.to_str().ok());
        one.filter(|_| all.next().is_none())
    })
}

const SECURE: [Option<&str>; 4] = [
    Some("nosniff"),
    Some("DENY"),
    Some("no-referrer"),
    Some("default-src 'none'; frame-ancestors 'none'"),
];

#[tokio::test]
async fn every_response_has_the_security_headers_and_an_id() {
    let app = TestApp::builder()
        .env("CORS_ALLOWED_ORIGINS", "https://app.example.com")
        .start()
        .await;
    app.claude.push(Reply::text("hi"));
    let get = |path| app.request(Method::GET, path);
    let post = || app.post("sam");
    let preflight = app
        .request(Method::OPTIONS, "/chat")
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST");
    let requests = [
        (200, get("/health")),
        (200, app.request(Method::HEAD, "/health")),
        (200, get("/ready")),
        (200, get("/metrics")),
        (200, get("/openapi.json")),
        (200, preflight),
        (200, post().body(user("hello").to_string())),
        (404, get("/nothing")),
        (405, get("/chat")),
        (401, app.request(Method::POST, "/chat")),
        (415, post().header("content-encoding", "gzip")),
        (400, post()),
        (422, post().body("{}")),
    ];
    for (status, request) in requests {
        let answer = Answer::of(request).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        let [secure @ .., cache] = security_headers(&answer.headers);
        assert_eq!((secure, cache), (SECURE, Some("no-store")), "{status}");
        let id = answer.header("x-request-id").unwrap_or_default();
        assert!(is_uuid_v7(id), "{status}: {id:?}");
    }
}

#[tokio::test]
async fn a_stream_has_the_security_headers_and_is_not_cached() {
    let app = TestApp::with([Reply::text("hi")]).await;
    let stream = app.ask_streaming("hello").await;
    let [secure @ .., cache] = security_headers(stream.headers());
    assert_eq!((secure, cache), (SECURE, Some("no-cache")));
    assert_eq!(stream.headers()["x-accel-buffering"], "no");
    stream.last("done").await;
}

// CORS.

async fn with_origins(origins: &str) -> TestApp {
    TestApp::builder()
        .env("CORS_ALLOWED_ORIGINS", origins)
        .unready()
        .start()
        .await
}

async fn preflight(app: &TestApp, origin: &str) -> Answer {
    let request = app
        .request(Method::OPTIONS, "/chat")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    Answer::of(request).await
}

/// The CORS headers, each a list in lower case and in order.
fn cors_headers(answer: &Answer) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("access-control-")?;
            let mut items: Vec<String> = value
                .to_str()
                .expect("text")
                .to_lowercase()
                .split(',')
                .map(|item| item.trim().to_owned())
                .collect();
            items.sort();
            Some((name.to_owned(), items.join(" ")))
        })
        .collect();
    found.sort();
    found
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    expected.iter().map(owned).collect()
}

#[tokio::test]
async fn a_preflight_of_an_allowed_origin_is_answered_without_a_token() {
    let app = with_origins("https://app.example.com, http://localhost:3000").await;
    for origin in ["https://app.example.com", "http://localhost:3000"] {
        let answer = preflight(&app, origin).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
        assert_eq!(
            cors_headers(&answer),
            pairs(&[
                (
                    "allow-headers",
                    "accept authorization content-type x-request-id"
                ),
                ("allow-methods", "get options post"),
                ("allow-origin", origin),
                ("max-age", "600"),
            ])
        );
    }
}

#[tokio::test]
async fn answers_for_an_allowed_origin_expose_id_and_retry_after_and_allow_no_credentials() {
    let app = with_origins("https://app.example.com").await;
    for path in ["/health", "/nothing", "/chat"] {
        let request = app
            .request(Method::GET, path)
            .header("origin", "https://app.example.com");
        let answer = Answer::of(request).await;
        assert_eq!(
            cors_headers(&answer),
            pairs(&[
                ("allow-origin", "https://app.example.com"),
                ("expose-headers", "retry-after x-request-id"),
            ]),
            "{path}"
        );
        let vary = answer.header("vary").unwrap_or_default();
        assert!(vary.contains("origin"), "{path}: a cache must know: {vary}");
    }
}

#[tokio::test]
async fn a_401_can_be_read_by_an_allowed_origin() {
    let app = with_origins("https://app.example.com").await;
    let request = app
        .request(Method::POST, "/chat")
        .header("origin", "https://app.example.com");
    let answer = Answer::of(request).await;
    assert_eq!(answer.error(), (401, "unauthorized"));
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://app.example.com")
    );
}

#[tokio::test]
async fn any_other_origin_is_not_allowed() {
    let app = with_origins("https://app.example.com").await;
    for origin in [
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.org",
        "null",
    ] {
        let asked = preflight(&app, origin).await;
        assert_eq!(asked.header("access-control-allow-origin"), None);
        let request = app.request(Method::GET, "/health").header("origin", origin);
        let answer = Answer::of(request).await;
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_star_allows_any_origin_and_no_credentials() {
    let app = with_origins("*").await;
    let asked = preflight(&app, "https://anything.example.com").await;
    assert_eq!(asked.header("access-control-allow-origin"), Some("*"));
    assert_eq!(asked.header("access-control-allow-credentials"), None);
    let request = app
        .request(Method::GET, "/health")
        .header("origin", "https://anything.example.com");
    assert_eq!(
        cors_headers(&Answer::of(request).await),
        pairs(&[
            ("allow-origin", "*"),
            ("expose-headers", "retry-after x-request-id")
        ])
    );
}

#[tokio::test]
async fn without_allowed_origins_there_are_no_cors_headers() {
    let app = with_origins("").await;
    let asked = preflight(&app, "https://app.example.com").await;
    assert_eq!(asked.error(), (405, "method_not_allowed"));
    let request = app
        .request(Method::GET, "/health")
        .header("origin", "https://app.example.com");
    let answer = Answer::of(request).await;
    assert_eq!(
        (cors_headers(&asked), cors_headers(&answer)),
        (vec![], vec![])
    );
}

// 401.

const NO_TOKEN: &str = "Bearer";
const BAD_TOKEN: &str = "Bearer error=\"invalid_token\"";

fn unauthorized() -> Value {
    let detail = "A valid bearer token is needed: Authorization: Bearer <JWT>.";
    problem(401, "Unauthorized", "unauthorized", detail)
}

fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({"alg": "none"})), part(claims))
}

#[tokio::test]
async fn every_failure_of_the_token_is_the_same_401() {
    let app = TestApp::start().await;
    let good = json!({"sub": "sam", "exp": now() + 3600});
    let signed = |claims: Value| format!("Bearer {}", token(JWT_KEY, &claims));
    let cases = [
        ("Basic c2FtOnNlY3JldA==".to_owned(), NO_TOKEN),
        ("Bearer".to_owned(), NO_TOKEN),
        ("Bearer ".to_owned(), NO_TOKEN),
        (token(JWT_KEY, &good), NO_TOKEN),
        ("Bearer garbage".to_owned(), BAD_TOKEN),
        ("Bearer a.b.c".to_owned(), BAD_TOKEN),
        (
            format!("Bearer {} {}", token(JWT_KEY, &good), token(JWT_KEY, &good)),
            BAD_TOKEN,
        ),
        (
            format!(
                "Bearer {}",
                token("another key, also 32 bytes long..", &good)
            ),
            BAD_TOKEN,
        ),
        (format!("Bearer {}", unsigned(&good)), BAD_TOKEN),
        (
            signed(json!({"sub": "sam", "exp": now() - 3600})),
            BAD_TOKEN,
        ),
        (signed(json!({"sub": "sam"})), BAD_TOKEN),
        (signed(json!({"exp": now() + 3600})), BAD_TOKEN),
        (signed(json!({"sub": "", "exp": now() + 3600})), BAD_TOKEN),
        (signed(json!({"sub": 7, "exp": now() + 3600})), BAD_TOKEN),
        (
            signed(json!({"sub": "sam", "exp": now() + 3600, "nbf": now() + 600})),
            BAD_TOKEN,
        ),
    ];
    for (authorization, challenge) in cases {
        let request = app
            .request(Method::POST, "/chat")
            .header("authorization", &authorization)
            .header("content-type", "application/json")
            .body(user("hello").to_string());
        let answer = Answer::of(request).await;
        assert_eq!(
            answer.header("www-authenticate"),
            Some(challenge),
            "{authorization}"
        );
        assert_problem(&answer, &unauthorized());
    }
}

#[tokio::test]
async fn a_request_without_a_token_gets_the_same_401() {
    let app = TestApp::start().await;
    let request = app
        .request(Method::POST, "/chat")
        .header("content-type", "application/json")
        .body(user("hello").to_string());
    let answer = Answer::of(request).await;
    assert_eq!(answer.header("www-authenticate"), Some(NO_TOKEN));
    assert_problem(&answer, &unauthorized());
}

#[tokio::test]
async fn two_authorization_headers_are_a_401_even_if_both_are_good() {
    let app = TestApp::start().await;
    let request = app
        .post("sam")
        .header("authorization", format!("Bearer {}", app.token("sam")))
        .body(user("hello").to_string());
    let answer = Answer::of(request).await;
    assert_eq!(answer.header("www-authenticate"), Some(BAD_TOKEN));
    assert_problem(&answer, &unauthorized());
}

#[tokio::test]
async fn the_scheme_is_compared_case_insensitively() {
    let app = TestApp::start().await;
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        let request = app
            .request(Method::POST, "/chat")
            .header("authorization", format!("{scheme} {}", app.token("sam")))
            .header("content-type", "application/json")
            .body("{}");
        assert_eq!(Answer::of(request).await.error(), (422, "invalid_request"));
    }
}

#[tokio::test]
async fn a_token_with_claims_that_nobody_asked_for_is_accepted() {
    let app = TestApp::start().await;
    let claims = json!({"sub": "sam", "exp": now() - 20, "nbf": now() + 20, "iss": "someone", "aud": ["x"], "role": {}});
    let request = app
        .request(Method::POST, "/chat")
        .bearer_auth(token(JWT_KEY, &claims))
        .header("content-type", "application/json")
        .body("{}");
    assert_eq!(Answer::of(request).await.error(), (422, "invalid_request"));
}

#[tokio::test]
async fn a_401_is_decided_before_the_body_is_read() {
    let app = TestApp::start().await;
    let mut stream = connection(&app).await;
    let head = "POST /chat HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let (head, mut body) = read_answer(&mut stream).await;
    assert!(head.starts_with("http/1.1 401 "), "{head}");
    body["request_id"] = "<id>".into();
    assert_eq!(body, unauthorized());
}

// 404 and 405.

#[tokio::test]
async fn what_is_not_there_is_a_404() {
    let app = TestApp::start().await;
    let expected = problem(
        404,
        "Not Found",
        "not_found",
        "There is nothing at this path.",
    );
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/chat/"),
        (Method::POST, "/chats"),
        (Method::DELETE, "/v1/messages"),
        (Method::GET, "/Health"),
    ] {
        assert_problem(&Answer::of(app.request(method, path)).await, &expected);
    }
}

#[tokio::test]
async fn a_405_names_the_methods_that_are_allowed() {
    let app = TestApp::start().await;
    let detail = "This path does not take this method.";
    let expected = problem(405, "Method Not Allowed", "method_not_allowed", detail);
    for (method, path, allowed) in [
        (Method::GET, "/chat", "POST"),
        (Method::DELETE, "/chat", "POST"),
        (Method::OPTIONS, "/chat", "POST"),
        (Method::POST, "/health", "GET,HEAD"),
        (Method::PUT, "/ready", "GET,HEAD"),
        (Method::POST, "/metrics", "GET,HEAD"),
        (Method::PATCH, "/openapi.json", "GET,HEAD"),
    ] {
        let answer = Answer::of(app.request(method, path)).await;
        assert_problem(&answer, &expected);
        let allow = answer.header("allow").map(|value| value.replace(' ', ""));
        assert_eq!(allow.as_deref(), Some(allowed), "{path}");
    }
}

// 415, 400, 422.

#[tokio::test]
async fn a_body_that_does_not_say_it_is_plain_json_is_a_415() {
    let app = TestApp::start().await;
    let detail = "The body must be JSON: Content-Type: application/json, not compressed.";
    let expected = problem(
        415,
        "Unsupported Media Type",
        "unsupported_media_type",
        detail,
    );
    let request = || {
        app.request(Method::POST, "/chat")
            .bearer_auth(app.token("sam"))
    };
    let json = || request().header("content-type", "application/json");
    for request in [
        request(),
        request().header("content-type", ""),
        request().header("content-type", "text/plain"),
        request().header("content-type", "application/x-www-form-urlencoded"),
        json().header("content-encoding", "gzip"),
        json().header("content-encoding", "br"),
    ] {
        let request = request.body(user("hello").to_string());
        assert_problem(&Answer::of(request).await, &expected);
    }
}

#[tokio::test]
async fn json_is_taken_with_parameters_and_in_any_case() {
    let app = TestApp::start().await;
    for kind in ["application/json; charset=utf-8", "Application/JSON"] {
        let request = app
            .request(Method::POST, "/chat")
            .bearer_auth(app.token("sam"))
            .header("content-type", kind)
            .body("{}");
        assert_eq!(Answer::of(request).await.error(), (422, "invalid_request"));
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_a_400() {
    let app = TestApp::start().await;
    let sound = user("hello").to_string();
    let truncated = sound[..sound.len() - 1].to_owned();
    let bodies: [Vec<u8>; 10] = [
        Vec::new(),
        truncated.into(),
        [b"\xef\xbb\xbf".to_vec(), sound.clone().into()].concat(),
        b"{\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}".to_vec(),
        br#"{"messages":[{"role":"user","content":"\ud800"}]}"#.to_vec(),
        br#"{"messages":[{"role":"user","content":"\udc00\ud800"}]}"#.to_vec(),
        sound.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        [sound.clone(), sound.clone()].concat().into(),
        b"messages=hello".to_vec(),
        b"[".repeat(100_000),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let answer = Answer::of(app.post("sam").body(body)).await;
        assert_eq!(answer.error(), (400, "invalid_json"), "{shown}");
        let detail = answer.body["detail"].as_str().expect("text").to_owned();
        assert_problem(
            &answer,
            &problem(400, "Bad Request", "invalid_json", &detail),
        );
    }
}

#[tokio::test]
async fn a_400_says_where_the_json_ends_to_be_json() {
    let app = TestApp::start().await;
    let answer = Answer::of(app.post("sam").body("{\n  \"messages\": oops}")).await;
    let detail = "The body is not JSON in UTF-8 without a byte order mark (line 2, column 15).";
    assert_problem(
        &answer,
        &problem(400, "Bad Request", "invalid_json", detail),
    );
}

#[tokio::test]
async fn json_that_is_no_chat_request_is_a_422() {
    let app = TestApp::start().await;
    let history = json!({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"}, {"role": "assistant", "content": [{"type": "video"}]}, {"role": "user", "content": "d"}]});
    let answer = app.chat("sam", &history).await;
    let detail = "messages[3].content[0]: an assistant message may hold blocks of type text, tool_use, thinking and redacted_thinking";
    assert_problem(
        &answer,
        &problem(422, "Unprocessable Entity", "invalid_request", detail),
    );
}

/// The place that the 422 for this request names.
async fn place(app: &TestApp, request: &Value) -> String {
    let answer = app.chat("sam", request).await;
    assert_eq!(answer.error(), (422, "invalid_request"), "{request}");
    let detail = answer.body["detail"].as_str().expect("text");
    let (place, why) = detail.split_once(": ").expect("a place and a reason");
    assert!(!why.is_empty(), "{detail}");
    place.to_owned()
}

#[tokio::test]
async fn a_422_names_the_place_in_the_request() {
    let app = TestApp::start().await;
    let said = |role: &str, content: Value| json!({"role": role, "content": content});
    let hello = said("user", json!("hello"));
    for (request, expected) in [
        (json!([]), "body"),
        (json!("hello"), "body"),
        (json!({}), "messages"),
        (json!({"messages": null}), "messages"),
        (json!({"messages": []}), "messages"),
        (json!({"messages": {"0": hello}}), "messages"),
        (json!({"messages": ["hello"]}), "messages[0]"),
        (json!({"messages": [hello, 5, hello]}), "messages[1]"),
        (json!({"messages": [hello], "stream": "yes"}), "stream"),
        (
            json!({"messages": [hello], "client_timezone": 1}),
            "client_timezone",
        ),
        (
            json!({"messages": [hello], "display_name": {}}),
            "display_name",
        ),
        (
            json!({"messages": [said("system", json!("x")), hello]}),
            "messages[0].role",
        ),
        (json!({"messages": [{"content": "x"}]}), "messages[0].role"),
        (
            json!({"messages": [{"role": "user"}]}),
            "messages[0].content",
        ),
        (
            json!({"messages": [said("user", json!(5)), hello]}),
            "messages[0].content",
        ),
        (
            json!({"messages": [hello, said("assistant", json!("hi"))]}),
            "messages[1]",
        ),
        (
            json!({"messages": [said("user", json!(" \n"))]}),
            "messages[0]",
        ),
        (
            json!({"messages": [said("user", json!([]))]}),
            "messages[0]",
        ),
    ] {
        assert_eq!(place(&app, &request).await, expected, "{request}");
    }
}

#[tokio::test]
async fn a_422_names_the_place_in_a_block() {
    let app = TestApp::start().await;
    let image = |media_type: &str, data: &str| json!({"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}});
    let call =
        |id: &str, input: Value| json!({"type": "tool_use", "id": id, "name": "x", "input": input});
    for (role, block, expected) in [
        ("user", json!("words"), ""),
        ("user", json!({"text": "no type"}), ".type"),
        ("user", json!({"type": "text"}), ".text"),
        ("user", json!({"type": "text", "text": 5}), ".text"),
        ("user", call("t1", json!({})), ""),
        (
            "user",
            json!({"type": "thinking", "thinking": "", "signature": ""}),
            "",
        ),
        ("user", image("image/png", "not base64!"), ".source.data"),
        ("user", image("image/png", ""), ".source.data"),
        ("user", image("image/bmp", "QUJD"), ".source.media_type"),
        (
            "user",
            image("application/pdf", "QUJD"),
            ".source.media_type",
        ),
        ("user", json!({"type": "image"}), ".source"),
        (
            "user",
            json!({"type": "document", "source": {"type": "base64", "media_type": "image/png", "data": "QUJD"}}),
            ".source.media_type",
        ),
        (
            "user",
            json!({"type": "tool_result", "tool_use_id": "a b"}),
            ".tool_use_id",
        ),
        (
            "user",
            json!({"type": "tool_result", "tool_use_id": "t1", "is_error": "no"}),
            ".is_error",
        ),
        ("assistant", image("image/png", "QUJD"), ""),
        (
            "assistant",
            json!({"type": "server_tool_use", "id": "s1", "name": "x", "input": {}}),
            "",
        ),
        ("assistant", call("a.b", json!({})), ".id"),
        ("assistant", call("", json!({})), ".id"),
        ("assistant", call("t1", json!([])), ".input"),
        ("assistant", call("t1", json!("{}")), ".input"),
    ] {
        let sound = json!({"type": "text", "text": "words"});
        let request = json!({"messages": [{"role": "user", "content": "hello"},
            {"role": role, "content": [sound, block]}, {"role": "user", "content": "and?"}]});
        let expected = format!("messages[1].content[1]{expected}");
        assert_eq!(place(&app, &request).await, expected, "{block}");
    }
}

#[tokio::test]
async fn an_optional_field_that_is_null_counts_as_absent() {
    let app = TestApp::with([Reply::text("hi")]).await;
    let mut request = user("hello");
    for field in ["stream", "client_timezone", "display_name"] {
        request[field] = Value::Null;
    }
    let answer = app.chat("sam", &request).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.ok()["content"],
        json!([{"type": "text", "text": "hi"}])
    );
}

#[tokio::test]
async fn an_error_never_repeats_what_the_user_wrote() {
    let app = TestApp::start().await;
    let secret = "my-deepest-secret";
    for body in [
        format!("{{\"messages\": {secret}"),
        format!("{{\"messages\": \"{secret}\"}}"),
        format!("{{\"messages\": [{{\"role\": \"{secret}\", \"content\": \"x\"}}]}}"),
        format!(
            "{{\"messages\": [{{\"role\": \"user\", \"content\": [{{\"type\": \"{secret}\"}}]}}]}}"
        ),
        format!("{{\"messages\": [{{\"role\": \"assistant\", \"content\": \"{secret}\"}}]}}"),
    ] {
        let answer = Answer::of(app.post("sam").body(body)).await;
        assert!(answer.status.is_client_error(), "{}", answer.text);
        assert!(!answer.text.contains(secret), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_failure_known_before_the_first_byte_is_a_problem_even_when_a_stream_was_asked_for() {
    let app = TestApp::start().await;
    let request = app
        .post("sam")
        .header("accept", "text/event-stream")
        .body(json!({"messages": [], "stream": true}).to_string());
    let answer = Answer::of(request).await;
    assert_eq!(answer.error(), (422, "invalid_request"));
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
}
