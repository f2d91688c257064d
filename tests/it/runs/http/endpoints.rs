//! What all endpoints have in common: tokens, methods, the `OpenAPI` document, CORS; and the endpoints for operators.

use std::collections::{BTreeSet, HashMap};

use ::http::Method;
use serde_json::{Value, json};

use super::{RunsApp, on_both};
use crate::{
    runs::support::with_json,
    support::{
        answer::{Answer, now, token},
        fake_claude::Reply,
        postgres::Postgres,
        wait::within,
    },
};

/// Every endpoint, as the document names it, and whether it needs a token.
const ENDPOINTS: [(&str, &str, bool); 30] = [
    ("POST", "/webhook", true),
    ("POST", "/webhooks/prompt", true),
    ("GET", "/runs", true),
    ("GET", "/runs/{id}", true),
    ("GET", "/runs/by-request/{requestId}", true),
    ("GET", "/runs/{id}/events", true),
    ("POST", "/runs/{id}/cancel", true),
    ("POST", "/runs/by-request/{requestId}/cancel", true),
    ("GET", "/runs/{id}/files/{name}", true),
    ("GET", "/runs/{id}/deliveries", true),
    ("POST", "/runs/{id}/deliveries/{delivery}/redeliver", true),
    ("GET", "/skills", true),
    ("POST", "/skills", true),
    ("GET", "/skills/{id}", true),
    ("PATCH", "/skills/{id}", true),
    ("DELETE", "/skills/{id}", true),
    ("POST", "/skills/{id}/run", true),
    ("GET", "/skills/{id}/runs", true),
    ("POST", "/skills/{id}/rotate-secret", true),
    ("GET", "/connections", true),
    ("POST", "/connections", true),
    ("GET", "/connections/{name}", true),
    ("PUT", "/connections/{name}", true),
    ("DELETE", "/connections/{name}", true),
    ("POST", "/connections/{name}/check", true),
    ("POST", "/hooks/{skill_id}", false),
    ("GET", "/files/{path}", false),
    ("GET", "/health", false),
    ("GET", "/ready", false),
    ("GET", "/metrics", false),
];

#[tokio::test]
async fn the_document_lists_every_endpoint() {
    let app = RunsApp::start().await;
    let document = Answer::of(app.request(Method::GET, "/openapi.json"))
        .await
        .ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut listed = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let needs_token = operation.get("security").is_some();
            listed.insert((method.to_uppercase(), path.clone(), needs_token));
            let responses = operation["responses"].as_object().unwrap();
            assert_eq!(
                responses.contains_key("401"),
                needs_token || path.starts_with("/hooks/"),
                "{path}"
            );
            for response in responses.values() {
                assert!(response["headers"]["X-Request-ID"].is_object(), "{path}");
            }
        }
    }
    let mut expected: BTreeSet<_> = ENDPOINTS
        .iter()
        .map(|(method, path, token)| ((*method).to_owned(), (*path).to_owned(), *token))
        .collect();
    expected.insert(("GET".to_owned(), "/openapi.json".to_owned(), false));
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn every_failure_of_a_token_is_the_same_401() {
    let app = RunsApp::start().await;
    let expired = token(
        crate::support::test_app::JWT_KEY,
        &json!({"sub": "sam", "exp": now() - 3600}),
    );
    let foreign = token(
        "another key of at least thirty-two bytes",
        &json!({"sub": "sam", "exp": now() + 3600}),
    );
    for (method, path, needs_token) in ENDPOINTS {
        if !needs_token {
            continue;
        }
        let method: Method = method.parse().unwrap();
        let request = || app.request(method.clone(), &path.replace(['{', '}'], ""));
        let mut bodies = Vec::new();
        for (request, challenge) in [
            (request(), "Bearer"),
            (
                request().bearer_auth(&expired),
                "Bearer error=\"invalid_token\"",
            ),
            (
                request().bearer_auth(&foreign),
                "Bearer error=\"invalid_token\"",
            ),
        ] {
            let mut answer = Answer::of(request).await;
            assert_eq!(answer.error(), (401, "unauthorized"), "{path}");
            assert_eq!(answer.header("www-authenticate"), Some(challenge));
            answer
                .body
                .as_object_mut()
                .unwrap()
                .shift_remove("request_id")
                .unwrap();
            bodies.push(answer.body);
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{path}");
    }
}

#[tokio::test]
async fn unknown_paths_are_404_and_other_methods_405() {
    let app = RunsApp::start().await;
    let send = async |method: Method, path: &str| Answer::of(app.request(method, path)).await;
    assert_eq!(
        send(Method::GET, "/nothing").await.error(),
        (404, "not_found")
    );
    assert_eq!(
        send(Method::POST, "/chat").await.error(),
        (404, "not_found")
    );
    for (method, path) in [
        (Method::GET, "/webhook"),
        (Method::DELETE, "/runs"),
        (Method::PUT, "/skills"),
        (Method::GET, "/hooks/x"),
    ] {
        assert_eq!(
            send(method, path).await.error(),
            (405, "method_not_allowed"),
            "{path}"
        );
    }
}

on_both!(the_service_is_healthy_and_ready, async |app: RunsApp| {
    let health = Answer::of(app.request(Method::GET, "/health")).await.ok();
    assert_eq!(
        (&health["service"], &health["message"]),
        (&json!("prog-strength-agent"), &json!("service is healthy"))
    );
    let replica = app.replica().await;
    let ready = Answer::of(replica.by("sam", Method::GET, "/ready"))
        .await
        .ok();
    assert_eq!(
        ready,
        json!({"status": "ready", "database": "ok", "engine": "embedded", "role": "standby"})
    );
    let ready = Answer::of(app.request(Method::GET, "/ready")).await.ok();
    assert_eq!(ready["role"], "active");
    // The standby knows the runs too.
    let id = app.begin("hello").await;
    app.run_is("sam", &id, "running").await;
    let metrics = Answer::of(replica.by("sam", Method::GET, "/metrics")).await;
    assert!(
        metrics.text.contains("\nruns_running 1\n"),
        "{}",
        metrics.text
    );
});

/// The value of each sample of a document as Prometheus reads it: each family once, with its help and type before its samples.
fn samples(metrics: &str) -> HashMap<&str, f64> {
    let (mut families, mut samples) = (BTreeSet::new(), HashMap::new());
    let (mut family, mut suffixes) = ("", &[][..]);
    let lines = metrics.strip_suffix("# EOF\n").expect("an end").lines();
    for line in lines {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split(' ').next().unwrap();
            assert!(families.insert(family), "{family} twice");
            suffixes = &[];
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            suffixes = match kind.strip_prefix(family) {
                Some(" counter") => &["_total"],
                Some(" gauge") => &[""],
                Some(" histogram") => &["_bucket", "_sum", "_count"],
                _ => panic!("{line} after {family}"),
            };
        } else {
            let (name, value) = line.rsplit_once(' ').expect("a value");
            let plain = name.split('{').next().unwrap();
            let suffix = plain.strip_prefix(family);
            assert!(
                suffix.is_some_and(|it| suffixes.contains(&it)),
                "{line} in {family}"
            );
            assert!(
                samples
                    .insert(name, value.parse().expect("a number"))
                    .is_none(),
                "{name} twice"
            );
        }
    }
    samples
}

#[tokio::test]
async fn the_metrics_are_one_document_of_runs_claude_and_mcp() {
    let app = RunsApp::builder().env("RUNS_PER_USER", "1").start().await;
    app.claude.push(Reply::text("Done."));
    app.prompt("sam", &json!({"prompt": "hello"})).await.ok();
    let running = app.begin("goes on").await;
    app.run_is("sam", &running, "running").await;
    app.begin("waits").await;
    let answer = Answer::of(app.request(Method::GET, "/metrics")).await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.header("content-type"), Some(kind));
    let samples = samples(&answer.text);
    for (name, value) in [
        ("runs_total{trigger=\"api\",status=\"completed\"}", 1.0),
        ("runs_queued", 1.0),
        ("runs_running", 1.0),
        ("run_duration_seconds_count", 1.0),
        ("run_wait_seconds_count", 2.0),
        ("run_attempts_total", 2.0),
        ("claude_requests_total{status=\"200\"}", 1.0),
        ("mcp_session_up", 0.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name}\n{}", answer.text);
    }
    for access in ["read", "write"] {
        let waits = format!("database_wait_seconds_count{{access=\"{access}\"}}");
        let waits = samples.get(waits.as_str()).expect("the waits");
        assert!(*waits >= 1.0, "{}", answer.text);
    }
}

#[tokio::test]
async fn browsers_may_use_every_method_and_header_that_is_needed() {
    let app = RunsApp::builder()
        .env("CORS_ALLOWED_ORIGINS", "https://app.example")
        .start()
        .await;
    let preflight = app
        .request(Method::OPTIONS, "/skills/x")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "idempotency-key");
    let answer = Answer::of(preflight).await;
    let list = |name: &str| -> BTreeSet<String> {
        let value = answer.header(name).unwrap_or_default().to_ascii_lowercase();
        value
            .split(',')
            .map(|item| item.trim().to_owned())
            .collect()
    };
    let methods = list("access-control-allow-methods");
    for method in ["get", "post", "put", "patch", "delete", "options"] {
        assert!(methods.contains(method), "{method}");
    }
    let headers = list("access-control-allow-headers");
    for header in [
        "authorization",
        "content-type",
        "accept",
        "x-request-id",
        "idempotency-key",
        "last-event-id",
    ] {
        assert!(headers.contains(header), "{header}");
    }
    let request = app
        .by("sam", Method::GET, "/runs")
        .header("origin", "https://app.example");
    let answer = Answer::of(request).await;
    let exposed = answer
        .header("access-control-expose-headers")
        .unwrap()
        .to_ascii_lowercase();
    for header in [
        "location",
        "retry-after",
        "x-request-id",
        "idempotency-replayed",
        "ratelimit",
        "ratelimit-policy",
    ] {
        assert!(exposed.split(',').any(|it| it.trim() == header), "{header}");
    }
}

#[tokio::test]
async fn answers_have_the_common_headers_and_the_id_of_the_request() {
    let app = RunsApp::start().await;
    let request = app
        .by("sam", Method::GET, "/runs/x")
        .header("x-request-id", "mine");
    let answer = Answer::of(request).await;
    assert_eq!(answer.header("x-request-id"), Some("mine"));
    assert_eq!(answer.body["request_id"], "mine");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let _: Value = answer.body;
}

#[tokio::test]
async fn urls_begin_with_the_public_one_and_its_path() {
    let public = "https://api.example.com/agent/";
    let app = RunsApp::builder()
        .env("RUNS_PUBLIC_URL", public)
        .start()
        .await;
    let file = json!({"path": "a.txt", "content": "a"});
    app.claude.push(Reply::tool("toolu_1", "write_file", file));
    app.claude.push(Reply::text("Done."));
    let run = app.prompt("sam", &json!({"prompt": "write"})).await.ok();
    let file = format!("/runs/{}/files/a.txt", run["executionId"].as_str().unwrap());
    let skill = json!({"name": "one", "steps": [{"prompt": "look"}]});
    let connection = json!({"name": "mine", "url": "https://mcp.example.com/"});
    for (answer, path) in [
        (app.prompt("sam", &super::later("hello")).await, "runs/"),
        (app.post("sam", "/skills", &skill).await, "skills/"),
        (
            app.post("sam", "/connections", &connection).await,
            "connections/mine",
        ),
        (app.get("sam", &file).await, "files/"),
    ] {
        let location = answer.header("location").expect("a location");
        assert!(
            location.starts_with(&format!("{public}{path}")),
            "{location}"
        );
    }
    // A proxy takes the path of the public URL away.
    let url = run["files"][0]["url"].as_str().unwrap();
    let path = url.strip_prefix(public).expect("the public URL");
    let content = Answer::of(app.request(Method::GET, &format!("/{path}"))).await;
    assert_eq!((content.status.as_u16(), &*content.text), (200, "a"));
}

#[tokio::test]
async fn tokens_are_judged_as_those_of_chats_and_no_mcp_server_is_needed() {
    let app = RunsApp::builder()
        .env("JWT_ISSUER", "https://id.example")
        .env("JWT_AUDIENCE", "runs")
        .env("PROG_STRENGTH_MCP_URL", "http://127.0.0.1:9/mcp")
        .start()
        .await;
    for (issuer, audience, status) in [
        (json!("https://id.example"), json!(["chat", "runs"]), 200),
        (json!("https://id.example"), json!("chat"), 401),
        (json!("https://other.example"), json!("runs"), 401),
        (Value::Null, Value::Null, 401),
    ] {
        let mut claims = json!({"sub": "sam", "exp": now() + 60});
        if !issuer.is_null() {
            claims["iss"] = issuer;
            claims["aud"] = audience;
        }
        let token = token(crate::support::test_app::JWT_KEY, &claims);
        let request = app.request(Method::GET, "/runs").bearer_auth(token);
        assert_eq!(Answer::of(request).await.status, status, "{claims}");
    }
}

#[tokio::test]
async fn without_the_database_the_service_is_not_ready_and_a_waiting_caller_has_the_id() {
    let server = tokio::task::spawn_blocking(|| Postgres::start(false));
    let server = server.await.unwrap();
    let app = RunsApp::builder()
        .env("DATABASE_URL", &server.database())
        .start()
        .await;
    let waiting = app.by("sam", Method::POST, "/webhook");
    let waiting = with_json(waiting, &json!({"prompt": "waits", "requestId": "one"}));
    let waiting = tokio::spawn(Answer::of(waiting));
    app.claude.asked_times(1).await;
    let run = app.get("sam", "/runs/by-request/one").await.ok();
    tokio::task::spawn_blocking(move || drop(server))
        .await
        .unwrap();
    let answer = within("the caller", waiting).await.unwrap();
    assert_eq!(answer.error(), (503, "busy"));
    assert_eq!(answer.header("retry-after"), Some("2"));
    assert_eq!(answer.body["executionId"], run["executionId"]);
    let ready = Answer::of(app.request(Method::GET, "/ready")).await;
    assert_eq!(ready.status, 503);
    assert_eq!(
        (&ready.body["status"], &ready.body["database"]),
        (&json!("unavailable"), &json!("unavailable"))
    );
    let health = Answer::of(app.request(Method::GET, "/health")).await;
    assert_eq!(health.status, 200);
    // Its end would wait for the database.
    drop(app);
}
