//! What all endpoints have in common: tokens, methods, the `OpenAPI` document, CORS; and the endpoints for operators.

use std::collections::BTreeSet;

use ::http::Method;
use serde_json::{Value, json};

use super::{RunsApp, on_both};
use crate::{
    runs::support::with_json,
    support::{
        answer::{Answer, now, token},
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

#[tokio::test]
async fn the_metrics_are_one_document_of_runs_claude_and_mcp() {
    let app = RunsApp::start().await;
    let answer = Answer::of(app.request(Method::GET, "/metrics")).await;
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    let lines: Vec<_> = answer.text.lines().collect();
    assert_eq!(lines.iter().filter(|line| **line == "# EOF").count(), 1);
    assert_eq!(lines.last(), Some(&"# EOF"));
    for metric in [
        "runs_queued",
        "runs_running",
        "run_duration_seconds",
        "run_wait_seconds",
        "claude_request_duration_seconds",
        "mcp_session_up",
    ] {
        assert!(
            answer.text.contains(&format!("# TYPE {metric} ")),
            "{metric}"
        );
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
    let app = RunsApp::builder()
        .env("RUNS_PUBLIC_URL", "https://api.example.com/agent/")
        .start()
        .await;
    let answer = app.prompt("sam", &super::later("hello")).await;
    let id = answer.body["executionId"].as_str().unwrap();
    let expected = format!("https://api.example.com/agent/runs/{id}");
    assert_eq!(answer.header("location"), Some(&*expected));
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
