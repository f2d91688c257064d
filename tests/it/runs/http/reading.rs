//! `GET /runs`, `GET /runs/{id}` and by request id.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{RunsApp, later, on_both, refusal};

on_both!(a_queued_run_has_all_fields, async |app: RunsApp| {
    app.claude
        .on(|_| crate::support::fake_claude::Reply::hang_before_headers());
    let body =
        json!({"prompt": "hello", "async": true, "requestId": "one", "metadata": {"a": [null]}});
    let id = app.prompt("sam", &body).await.body["executionId"].take();
    let id = id.as_str().unwrap();
    let mut run = app.get("sam", &format!("/runs/{id}")).await.ok();
    let created = run["createdAt"].as_str().unwrap();
    created.parse::<jiff::Timestamp>().expect("RFC 3339");
    for varying in ["createdAt", "startedAt", "status", "attempt"] {
        run.as_object_mut()
            .unwrap()
            .shift_remove(varying)
            .expect(varying);
    }
    let expected = json!({
        "executionId": id, "requestId": "one", "response": null,
        "files": [], "error": null, "stopReason": null,
        "usage": {"inputTokens": 0, "outputTokens": 0, "cacheCreationInputTokens": 0, "cacheReadInputTokens": 0},
        "completedAt": null, "durationMs": null,
        "skillId": null, "trigger": "api", "metadata": {"a": [null]},
    });
    assert_eq!(run, expected);
    let by_request = app.get("sam", "/runs/by-request/one").await.ok();
    assert_eq!(by_request["executionId"], id);
    assert_eq!(app.get("sam", "/runs/by-request/two").await.status, 404);
});

on_both!(the_list_is_newest_first_and_paged, async |app: RunsApp| {
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(app.begin(&format!("prompt {n}")).await);
    }
    let others = app.begin_as("eve", "another's").await;
    ids.reverse();
    let page = async |query: &str| {
        let page = app.get("sam", &format!("/runs?{query}")).await.ok();
        let runs = page["runs"].as_array().unwrap().iter();
        let shown: Vec<_> = runs.map(|run| run["executionId"].clone()).collect();
        (shown, page["before"].clone())
    };
    assert_eq!(
        page("").await,
        (ids.iter().map(|id| json!(id)).collect(), Value::Null)
    );
    assert_eq!(
        page("limit=2").await,
        (vec![json!(ids[0]), json!(ids[1])], json!(ids[1]))
    );
    let next = page(&format!("limit=2&before={}", ids[1])).await;
    assert_eq!(next, (vec![json!(ids[2]), json!(ids[3])], json!(ids[3])));
    let last = page(&format!("limit=2&before={}", ids[3])).await;
    assert_eq!(last, (vec![json!(ids[4])], Value::Null));
    // The id of no run, or of another's, is a place in time like any other.
    let [first, unknown] = [
        "01939d2a-0000-7000-8000-0123456789ab",
        "ffffffff-0000-7000-8000-0123456789ab",
    ];
    assert_eq!(
        page(&format!("before={first}")).await,
        (vec![], Value::Null)
    );
    assert_eq!(page(&format!("before={unknown}")).await, page("").await);
    assert_eq!(page(&format!("before={others}")).await, page("").await);
});

on_both!(
    the_list_is_of_one_status_if_one_is_named,
    async |app: RunsApp| {
        app.claude
            .on(|_| crate::support::fake_claude::Reply::hang_before_headers());
        let mut ids = Vec::new();
        for n in 0..6 {
            ids.push(app.begin(&format!("prompt {n}")).await);
        }
        // Of one owner, four are worked on at once.
        for id in &ids[..4] {
            app.run_is("sam", id, "running").await;
        }
        app.act("sam", &format!("/runs/{}/cancel", ids[5])).await;
        for (query, expected) in [
            ("status=running", vec![3, 2, 1, 0]),
            ("status=running&limit=1", vec![3]),
            ("status=queued", vec![4]),
            ("status=cancelled", vec![5]),
            ("status=completed", vec![]),
            ("status=failed", vec![]),
            ("status=expired", vec![]),
            ("status=", vec![5, 4, 3, 2, 1, 0]),
        ] {
            let page = app.get("sam", &format!("/runs?{query}")).await.ok();
            let shown: Vec<_> = page["runs"]
                .as_array()
                .unwrap()
                .iter()
                .map(|run| &run["executionId"])
                .collect();
            let expected: Vec<_> = expected.into_iter().map(|n: usize| &ids[n]).collect();
            assert_eq!(shown, expected, "{query}");
        }
    }
);

#[tokio::test]
async fn parameters_that_are_wrong_are_named() {
    let app = RunsApp::start().await;
    let mut body = later("hello");
    body["requestId"] = json!("one");
    let id = app.prompt("sam", &body).await.body["executionId"].take();
    let run = format!("/runs/{}", id.as_str().unwrap());
    let table = [
        (
            "/runs?limit=x".to_owned(),
            "limit: must be a number that is not negative",
        ),
        (
            "/runs?limit=-1".to_owned(),
            "limit: must be a number that is not negative",
        ),
        (
            "/runs?before=x".to_owned(),
            "before: must be an executionId",
        ),
        (
            "/runs?status=done".to_owned(),
            "status: must be queued, running, completed, failed, cancelled or expired",
        ),
        (
            format!("{run}?wait=soon"),
            "wait: must be a number that is not negative",
        ),
        (
            format!("{run}?wait=1.5"),
            "wait: must be a number that is not negative",
        ),
        (
            "/runs/by-request/one?wait=abc".to_owned(),
            "wait: must be a number that is not negative",
        ),
        (format!("{run}?trace=yes"), "trace: must be 1 or 0"),
        (
            format!("{run}/events?after=x"),
            "after: must be a number that is not negative",
        ),
    ];
    for (path, expected) in table {
        let answer = app.get("sam", &path).await;
        assert_eq!(refusal(&answer), (422, expected.to_owned()), "{path}");
    }
    assert_eq!(app.get("sam", "/runs?limit=100000").await.status, 200);
}

#[tokio::test]
async fn a_wait_ends_with_its_time() {
    let app = RunsApp::start().await;
    app.claude
        .on(|_| crate::support::fake_claude::Reply::hang_before_headers());
    let id = app.begin("hello").await;
    let began = Instant::now();
    let run = app.get("sam", &format!("/runs/{id}?wait=1")).await.ok();
    assert!(began.elapsed().as_millis() >= 1000);
    assert!(run["completedAt"].is_null());
}

#[tokio::test]
async fn a_wait_ends_at_once_with_the_run() {
    let app = RunsApp::start().await;
    app.claude
        .on(|_| crate::support::fake_claude::Reply::hang_before_headers());
    let id = app.begin("hello").await;
    let path = format!("/runs/{id}?wait=30");
    let began = Instant::now();
    let (waited, cancelled) = tokio::join!(app.get("sam", &path), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        app.act("sam", &format!("/runs/{id}/cancel")).await
    });
    assert_eq!(cancelled.status, 202);
    assert_eq!(waited.ok()["status"], "cancelled");
    assert!(began.elapsed().as_secs() < 5);
}

#[tokio::test]
async fn the_trace_is_the_journal() {
    let app = RunsApp::start().await;
    app.claude
        .on(|_| crate::support::fake_claude::Reply::hang_before_headers());
    let id = app.begin("hello").await;
    app.act("sam", &format!("/runs/{id}/cancel")).await;
    let run = app.run_is("sam", &id, "cancelled").await;
    let trace = run["trace"].as_array().unwrap();
    let last = trace.last().unwrap();
    assert_eq!(
        (&last["type"], &last["seq"]),
        (&json!("cancelled"), &json!(trace.len()))
    );
    let without = app.get("sam", &format!("/runs/{id}")).await.ok();
    assert!(without.get("trace").is_none());
}

#[tokio::test]
async fn a_page_has_20_runs_and_at_most_100() {
    let app = RunsApp::start().await;
    for _ in 0..101 {
        app.begin("hello").await;
    }
    let page = app.get("sam", "/runs?limit=1000").await.ok();
    let runs = page["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 100);
    assert_eq!(page["before"], runs[99]["executionId"]);
    let page = app.get("sam", "/runs").await.ok();
    assert_eq!(page["runs"].as_array().unwrap()[..], runs[..20]);
    assert_eq!(page["before"], runs[19]["executionId"]);
}
