//! `POST /hooks/{skill_id}`: signed webhooks.

use ::http::Method;
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};

use super::{RunsApp, on_both};
use crate::support::answer::{Answer, now};

/// As a sender of webhooks makes it.
pub(super) fn signature(secret: &str, id: &str, at: u64, body: &str) -> String {
    let key = BASE64
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = hmac::sign(&key, format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", BASE64.encode(tag.as_ref()))
}

struct Hook {
    skill: String,
    secret: String,
}

impl Hook {
    async fn new(app: &RunsApp) -> Self {
        let body = json!({"name": "hooked", "steps": [{"prompt": "look"}], "trigger": {"type": "webhook"}});
        let answer = app.post("sam", "/skills", &body).await;
        let text = |field: &str| answer.body[field].as_str().unwrap().to_owned();
        Self {
            skill: text("id"),
            secret: text("secret"),
        }
    }

    async fn send(&self, app: &RunsApp, id: &str, at: u64, body: &str) -> Answer {
        let signature = signature(&self.secret, id, at, body);
        self.post(
            app,
            [
                ("webhook-id", id),
                ("webhook-timestamp", &at.to_string()),
                ("webhook-signature", &signature),
            ],
            body,
        )
        .await
    }

    async fn post<const N: usize>(
        &self,
        app: &RunsApp,
        headers: [(&str, &str); N],
        body: &str,
    ) -> Answer {
        let mut request = app.request(Method::POST, &format!("/hooks/{}", self.skill));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        Answer::of(request.body(body.to_owned())).await
    }
}

on_both!(
    a_signed_hook_begins_a_run_of_the_skills_owner_once,
    async |app: RunsApp| {
        app.claude
            .on(|_| crate::support::fake_claude::Reply::hang_before_headers());
        let hook = Hook::new(&app).await;
        let body = r#"{"what": "happened"}"#;
        let answer = hook.send(&app, "msg_1", now(), body).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        assert_eq!(answer.body["requestId"], "msg_1");
        let again = hook.send(&app, "msg_1", now() - 290, body).await;
        assert_eq!(again.body, answer.body);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        let other = hook.send(&app, "msg_1", now(), "{}").await;
        assert_eq!(other.error(), (409, "request_id_reused"));
        let id = answer.body["executionId"].as_str().unwrap();
        let run = app.get("sam", &format!("/runs/{id}")).await.ok();
        assert_eq!(
            (&run["trigger"], &run["skillId"]),
            (&json!("webhook"), &json!(hook.skill))
        );
    }
);

#[tokio::test]
async fn every_failure_is_the_same_401() {
    let app = RunsApp::start().await;
    let hook = Hook::new(&app).await;
    let at = now();
    let good = signature(&hook.secret, "msg_1", at, "{}");
    let at_text = at.to_string();
    let mut answers = vec![
        hook.post(&app, [], "{}").await,
        hook.post(
            &app,
            [("webhook-id", "msg_1"), ("webhook-timestamp", &at_text)],
            "{}",
        )
        .await,
        hook.post(
            &app,
            [
                ("webhook-id", "msg_2"),
                ("webhook-timestamp", &at_text),
                ("webhook-signature", &good),
            ],
            "{}",
        )
        .await,
        hook.post(
            &app,
            [
                ("webhook-id", "msg_1"),
                ("webhook-timestamp", &at_text),
                ("webhook-signature", &good),
            ],
            "{ }",
        )
        .await,
        hook.post(
            &app,
            [
                ("webhook-id", "msg_1"),
                ("webhook-timestamp", "soon"),
                ("webhook-signature", &good),
            ],
            "{}",
        )
        .await,
        hook.post(&app, [], &"x".repeat((1 << 20) + 1)).await,
        hook.send(&app, "msg_1", at - 310, "{}").await,
        hook.send(&app, "msg_1", at + 310, "{}").await,
        hook.post(
            &app,
            [(
                "authorization",
                &format!("Bearer {}", RunsApp::token("sam")),
            )],
            "{}",
        )
        .await,
    ];
    let path = format!("/skills/{}", hook.skill);
    app.send("sam", Method::PATCH, &path, &json!({"isActive": false}))
        .await
        .ok();
    answers.push(hook.send(&app, "msg_1", at, "{}").await);
    app.send(
        "sam",
        Method::PATCH,
        &path,
        &json!({"isActive": true, "trigger": {"type": "manual"}}),
    )
    .await
    .ok();
    answers.push(hook.send(&app, "msg_1", at, "{}").await);
    app.delete("sam", &path).await;
    answers.push(hook.send(&app, "msg_1", at, "{}").await);
    let nobodys = Hook {
        skill: "x".to_owned(),
        secret: hook.secret.clone(),
    };
    answers.push(nobodys.send(&app, "msg_1", at, "{}").await);
    let shown = |answer: &Answer| {
        let mut body = answer.body.clone();
        body.as_object_mut().unwrap().shift_remove("request_id");
        (answer.status.as_u16(), body)
    };
    let expected = shown(&answers[0]);
    assert_eq!(expected.0, 401);
    for (at, answer) in answers.iter().enumerate() {
        assert_eq!(shown(answer), expected, "{at}");
    }
    assert_eq!(app.get("sam", "/runs").await.ok()["runs"], json!([]));
}

#[tokio::test]
async fn an_id_that_no_request_can_have_is_refused() {
    let app = RunsApp::start().await;
    let hook = Hook::new(&app).await;
    for id in ["msg:1", "msg.1"] {
        let answer = hook.send(&app, id, now(), "{}").await;
        assert_eq!(answer.error(), (422, "invalid_request"), "{id}");
    }
}

#[tokio::test]
async fn the_old_secret_is_not_valid_after_a_rotation() {
    let app = RunsApp::start().await;
    app.claude
        .on(|_| crate::support::fake_claude::Reply::hang_before_headers());
    let mut hook = Hook::new(&app).await;
    let rotated: Value = app
        .act("sam", &format!("/skills/{}/rotate-secret", hook.skill))
        .await
        .ok();
    assert_eq!(hook.send(&app, "msg_1", now(), "{}").await.status, 401);
    rotated["secret"]
        .as_str()
        .unwrap()
        .clone_into(&mut hook.secret);
    assert_eq!(hook.send(&app, "msg_1", now(), "{}").await.status, 202);
}

#[tokio::test]
async fn json_that_is_nested_too_deep_is_refused() {
    let app = RunsApp::start().await;
    let hook = Hook::new(&app).await;
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let answer = hook.send(&app, "msg_1", now(), &deep(101)).await;
    assert_eq!(answer.error(), (422, "invalid_request"));
    let answer = hook.send(&app, "msg_2", now(), &deep(100)).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let input: Value = serde_json::from_str(&deep(101)).unwrap();
    let path = format!("/skills/{}/run", hook.skill);
    let answer = app.post("sam", &path, &json!({"input": input})).await;
    assert_eq!(answer.error(), (422, "invalid_request"));
    let body = json!({"prompt": "x", "metadata": {"a": input}});
    let answer = app.post("sam", "/webhook", &body).await;
    assert_eq!(answer.error(), (422, "invalid_request"));
}
