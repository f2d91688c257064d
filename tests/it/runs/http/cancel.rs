//! Cancelling, by id and by request id, before and after a run exists.

use serde_json::json;

use super::{RunsApp, later, on_both};
use crate::support::fake_claude::Reply;

on_both!(
    a_cancelled_run_stays_cancelled_however_often_it_is_asked,
    async |app: RunsApp| {
        app.claude.on(|_| Reply::hang_before_headers());
        let id = app.begin("hello").await;
        for _ in 0..3 {
            let answer = app.act("sam", &format!("/runs/{id}/cancel")).await;
            assert_eq!(answer.status, 202, "{}", answer.text);
            assert_eq!(answer.body["executionId"], id);
        }
        let run = app.run_is("sam", &id, "cancelled").await;
        assert!(run["completedAt"].is_string());
        assert_eq!(run["error"], json!(null));
        let ends = run["trace"].as_array().unwrap().iter();
        assert_eq!(ends.filter(|entry| entry["type"] == "cancelled").count(), 1);
    }
);

on_both!(
    a_run_is_cancelled_by_its_request_id,
    async |app: RunsApp| {
        app.claude.on(|_| Reply::hang_before_headers());
        let mut body = later("hello");
        body["requestId"] = json!("one");
        let id = app.prompt("sam", &body).await.body["executionId"].take();
        let answer = app.act("sam", "/runs/by-request/one/cancel").await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["executionId"]),
            (202, &id)
        );
        app.run_is("sam", id.as_str().unwrap(), "cancelled").await;
    }
);

on_both!(
    a_request_id_that_was_cancelled_before_it_exists_never_begins,
    async |app: RunsApp| {
        for _ in 0..2 {
            let answer = app.act("sam", "/runs/by-request/one/cancel").await;
            let expected = json!({"executionId": null, "requestId": "one", "status": "cancelled"});
            assert_eq!((answer.status.as_u16(), answer.body), (202, expected));
        }
        let mut body = later("hello");
        body["requestId"] = json!("one");
        let begun = app.prompt("sam", &body).await;
        assert_eq!(begun.status, 202);
        let id = begun.body["executionId"].as_str().unwrap();
        let run = app.get("sam", &format!("/runs/{id}?trace=1")).await.ok();
        assert_eq!(
            (&run["status"], &run["attempt"]),
            (&json!("cancelled"), &json!(0))
        );
        let types: Vec<_> = run["trace"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| &entry["type"])
            .collect();
        assert_eq!(types, ["cancelled"]);
        // Another's of the same name begins.
        let other = app.prompt("eve", &body).await;
        let other = other.body["executionId"].as_str().unwrap();
        let other = app.get("eve", &format!("/runs/{other}")).await.ok();
        assert_ne!(other["status"], "cancelled");
        // A caller who waits is told.
        body["async"] = json!(false);
        let answer = app.prompt("sam", &body).await;
        assert_eq!(answer.error(), (409, "cancelled"));
        assert_eq!(answer.body["executionId"], id);
        app.claude.allow_refusals();
    }
);

on_both!(
    a_run_that_has_ended_is_answered_with_as_it_is,
    async |app: RunsApp| {
        app.claude.push(Reply::text("Done."));
        let body = json!({"prompt": "hello", "requestId": "one"});
        let id = app.prompt("sam", &body).await.ok()["executionId"].take();
        let path = format!("/runs/{}", id.as_str().unwrap());
        let before = app.get("sam", &path).await.ok();
        assert_eq!(before["status"], "completed");
        for cancel in [
            format!("{path}/cancel"),
            "/runs/by-request/one/cancel".to_owned(),
        ] {
            let answer = app.act("sam", &cancel).await;
            assert_eq!((answer.status.as_u16(), &answer.body), (202, &before));
        }
        assert_eq!(app.get("sam", &path).await.ok(), before);
    }
);

#[tokio::test]
async fn ids_that_no_request_can_have_are_refused() {
    let app = RunsApp::start().await;
    let answer = app.act("sam", "/runs/by-request/a.b/cancel").await;
    assert_eq!(answer.error(), (422, "invalid_request"));
}
