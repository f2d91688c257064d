//! Isolation: whatever belongs to another user does not exist, in every endpoint.

use ::http::Method;
use serde_json::{Value, json};

use super::{RunsApp, later, on_both};
use crate::{
    runs::support::with_json,
    support::{answer::Answer, fake_claude::Reply},
};

/// Every endpoint that names something of a user's, with a body where it takes one.
fn endpoints(
    run: &str,
    request: &str,
    skill: &str,
    connection: &str,
) -> Vec<(Method, String, Value)> {
    let get = |path: String| (Method::GET, path, Value::Null);
    let post = |path: String, body: Value| (Method::POST, path, body);
    let delivery = "01939d2a-0000-7000-8000-0123456789ab";
    vec![
        get(format!("/runs/{run}")),
        get(format!("/runs/{run}?wait=1&trace=1")),
        get(format!("/runs/by-request/{request}")),
        get(format!("/runs/{run}/events")),
        get(format!("/runs/{run}/files/a.txt")),
        get(format!("/runs/{run}/files/a%2Fb.txt")),
        get(format!("/runs/{run}/deliveries")),
        post(
            format!("/runs/{run}/deliveries/{delivery}/redeliver"),
            Value::Null,
        ),
        post(format!("/runs/{run}/cancel"), Value::Null),
        get(format!("/skills/{skill}")),
        (
            Method::PATCH,
            format!("/skills/{skill}"),
            json!({"name": "mine"}),
        ),
        (Method::DELETE, format!("/skills/{skill}"), Value::Null),
        post(format!("/skills/{skill}/run"), json!({"async": true})),
        get(format!("/skills/{skill}/runs")),
        post(format!("/skills/{skill}/rotate-secret"), Value::Null),
        get(format!("/connections/{connection}")),
        (
            Method::PUT,
            format!("/connections/{connection}"),
            json!({"url": "https://example.com/"}),
        ),
        (
            Method::DELETE,
            format!("/connections/{connection}"),
            Value::Null,
        ),
        post(format!("/connections/{connection}/check"), Value::Null),
    ]
}

async fn ask(app: &RunsApp, sub: &str, (method, path, body): (Method, String, Value)) -> Answer {
    let request = app.by(sub, method, &path);
    Answer::of(if body.is_null() {
        request
    } else {
        with_json(request, &body)
    })
    .await
}

/// Status and body, without the id of the request.
fn shown(mut answer: Answer) -> (u16, Value) {
    if let Some(fields) = answer.body.as_object_mut() {
        fields.shift_remove("request_id");
    }
    (answer.status.as_u16(), answer.body)
}

on_both!(
    what_belongs_to_another_user_is_as_what_does_not_exist,
    async |app: RunsApp| {
        app.claude.on(|_| Reply::hang_before_headers());
        let mut body = later("secret of sam");
        body["requestId"] = json!("one");
        body["callbackUrl"] = json!("https://callbacks.example/");
        let run = app.prompt("sam", &body).await.body["executionId"].take();
        let skill = json!({"name": "review", "steps": [{"prompt": "look"}], "trigger": {"type": "webhook"}});
        let skill = app.post("sam", "/skills", &skill).await;
        assert_eq!(skill.status, 201, "{}", skill.text);
        let connection = json!({"name": "mine", "url": "https://example.com/"});
        assert_eq!(
            app.post("sam", "/connections", &connection).await.status,
            201
        );
        let (run, skill) = (run.as_str().unwrap(), skill.body["id"].as_str().unwrap());
        let own = endpoints(run, "one", skill, "mine");
        let made_up = "01939d2a-0000-7000-8000-0123456789ab";
        let unknown = endpoints(made_up, "two", made_up, "nothing");
        for (own, unknown) in own.into_iter().zip(unknown) {
            let place = format!("{} {}", own.0, own.1);
            let others = shown(ask(&app, "eve", own).await);
            let nobodys = shown(ask(&app, "eve", unknown).await);
            assert_eq!(others, nobodys, "{place}");
            assert_eq!(others.0, 404, "{place}");
        }
        for path in ["/runs", "/skills", "/connections"] {
            let text = app.get("eve", path).await.text;
            assert!(
                !text.contains(run) && !text.contains(skill) && !text.contains("mine"),
                "{text}"
            );
        }
        // All is as it was.
        let after = app.get("sam", &format!("/runs/{run}")).await.ok();
        assert!(["queued", "running"].contains(&after["status"].as_str().unwrap()));
        assert_eq!(
            app.get("sam", &format!("/skills/{skill}")).await.ok()["name"],
            "review"
        );
        assert_eq!(
            app.get("sam", "/connections/mine").await.ok()["url"],
            "https://example.com/"
        );
    }
);

#[tokio::test]
async fn ids_that_are_none_do_not_exist() {
    let app = RunsApp::start().await;
    for id in [
        "x",
        "%00",
        "01939D2A-0000-7000-8000-0123456789AB",
        "%ff",
        "..%2f..",
    ] {
        for path in [
            format!("/runs/{id}"),
            format!("/runs/{id}/events"),
            format!("/skills/{id}"),
            format!("/connections/{id}"),
        ] {
            let answer = app.get("sam", &path).await;
            assert_eq!(answer.error(), (404, "not_found"), "{path}");
        }
    }
}
