//! Skills: create, read, change, delete, run.

use ::http::Method;
use serde_json::{Value, json};

use super::{RunsApp, on_both, refusal};

fn review() -> Value {
    json!({
        "name": "review", "description": "of the week",
        "steps": [{"prompt": "look", "allowedTools": ["list_workouts"]}, {"prompt": "write"}],
        "trigger": {"type": "schedule", "cron": "0 7 * * 1", "timezone": "Europe/Berlin"},
    })
}

async fn create(app: &RunsApp, body: &Value) -> Value {
    let answer = app.post("sam", "/skills", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.body
}

async fn patch(app: &RunsApp, id: &Value, patch: &Value) -> crate::support::answer::Answer {
    let path = format!("/skills/{}", id.as_str().unwrap());
    app.send("sam", Method::PATCH, &path, patch).await
}

on_both!(
    a_skill_is_stored_read_changed_and_deleted,
    async |app: RunsApp| {
        let answer = app.post("sam", "/skills", &review()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let id = answer.body["id"].clone();
        let path = format!("/skills/{}", id.as_str().unwrap());
        assert_eq!(
            answer.header("location"),
            Some(&*format!("{}{path}", app.url))
        );
        let mut skill = app.get("sam", &path).await.ok();
        assert_eq!(skill, answer.body);
        let next = skill["nextRuns"].as_array().unwrap();
        assert_eq!(next.len(), 3);
        assert!(
            next.iter()
                .all(|at| at.as_str().unwrap().parse::<jiff::Timestamp>().is_ok())
        );
        for varying in ["id", "nextRuns", "createdAt", "updatedAt"] {
            skill
                .as_object_mut()
                .unwrap()
                .shift_remove(varying)
                .expect(varying);
        }
        let mut expected = review();
        expected["trigger"]["overlap"] = json!("skip");
        expected["isActive"] = json!(true);
        expected["runCount"] = json!(0);
        expected["lastRunAt"] = Value::Null;
        expected["lastSkippedAt"] = Value::Null;
        assert_eq!(skill, expected);
        let listed = app.get("sam", "/skills").await.ok();
        assert_eq!(listed["skills"][0]["id"], id);

        let changed = patch(&app, &id, &json!({"isActive": false, "description": null}))
            .await
            .ok();
        assert_eq!(changed["isActive"], false);
        assert_eq!(changed["description"], "");
        assert_eq!(changed["nextRuns"], json!([]));
        assert_eq!(changed["steps"], review()["steps"]);

        assert_eq!(app.delete("sam", &path).await.status, 204);
        assert_eq!(app.get("sam", &path).await.status, 404);
        assert_eq!(app.delete("sam", &path).await.status, 404);
    }
);

#[tokio::test]
async fn what_is_wrong_is_named() {
    let app = RunsApp::start().await;
    let with = |change: &[(&str, Value)]| {
        let mut body = review();
        for (pointer, value) in change {
            *body.pointer_mut(pointer).expect("a place") = value.clone();
        }
        body
    };
    let cases = [
        (with(&[("/name", json!(" "))]), "name: is blank"),
        (with(&[("/name", Value::Null)]), "name: is missing"),
        (
            with(&[("/name", json!("x".repeat(201)))]),
            "name: is longer than 200 characters",
        ),
        (
            with(&[("/steps", json!([]))]),
            "steps: must be 1 to 50 steps",
        ),
        (
            with(&[("/steps/1/prompt", json!(""))]),
            "steps[1].prompt: is blank",
        ),
        (
            with(&[("/steps/1", json!({"promt": "x"}))]),
            "steps[1].promt: is no field of this request",
        ),
        (
            with(&[("/trigger", json!({"type": "never"}))]),
            "trigger.type: must be one of `manual`, `webhook`, `schedule`",
        ),
        (
            with(&[("/trigger", json!({"type": "manual", "cron": "* * * * *"}))]),
            "trigger: has `type` alone, unless it is a schedule",
        ),
        (
            with(&[("/trigger", json!({"type": "schedule", "cron": "* * * * *"}))]),
            "trigger.timezone: is missing",
        ),
    ];
    for (body, expected) in cases {
        let answer = app.post("sam", "/skills", &body).await;
        assert_eq!(refusal(&answer), (422, expected.to_owned()));
    }
    for (pointer, value, begins) in [
        ("/trigger/cron", json!("@daily"), "trigger.cron: "),
        ("/trigger/cron", json!("0 0 31 2 *"), "trigger.cron: "),
        ("/trigger/cron", json!("* * * * * *"), "trigger.cron: "),
        (
            "/trigger/timezone",
            json!("Europe/Nowhere"),
            "trigger.timezone: ",
        ),
    ] {
        let answer = app.post("sam", "/skills", &with(&[(pointer, value)])).await;
        let (status, detail) = refusal(&answer);
        assert!(status == 422 && detail.starts_with(begins), "{detail}");
    }
    let mut unknown = review();
    unknown["steps"][1]["connections"] = json!(["prog_strength", "nothing"]);
    let answer = app.post("sam", "/skills", &unknown).await;
    assert_eq!(answer.error(), (422, "unknown_connection"));
    assert!(
        answer.text.contains("steps[1].connections[1]"),
        "{}",
        answer.text
    );
    assert_eq!(app.get("sam", "/skills").await.ok(), json!({"skills": []}));
}

#[tokio::test]
async fn the_secret_of_a_webhook_is_shown_once_and_forgotten_with_the_trigger() {
    let app = RunsApp::start().await;
    let mut body = review();
    body["trigger"] = json!({"type": "webhook"});
    let skill = create(&app, &body).await;
    let (id, secret) = (&skill["id"], skill["secret"].as_str().unwrap());
    assert!(secret.starts_with("whsec_"), "{secret}");
    let path = format!("/skills/{}", id.as_str().unwrap());
    assert_eq!(app.get("sam", &path).await.ok().get("secret"), None);
    let renamed = patch(&app, id, &json!({"name": "x"})).await.ok();
    assert_eq!(renamed.get("secret"), None);
    let rotated = app.act("sam", &format!("{path}/rotate-secret")).await.ok();
    assert_ne!(rotated["secret"], secret);
    patch(&app, id, &json!({"trigger": {"type": "manual"}}))
        .await
        .ok();
    let answer = app.act("sam", &format!("{path}/rotate-secret")).await;
    assert_eq!(answer.error(), (422, "invalid_request"));
    let again = patch(&app, id, &json!({"trigger": {"type": "webhook"}}))
        .await
        .ok();
    assert!(again["secret"].is_string());
    assert!(again["secret"] != rotated["secret"]);
}

#[tokio::test]
async fn a_webhook_needs_encryption_keys_and_others_do_not() {
    let app = RunsApp::builder()
        .env("RUNS_ENCRYPTION_KEYS", "")
        .start()
        .await;
    let mut body = review();
    create(&app, &body).await;
    body["trigger"] = json!({"type": "webhook"});
    let answer = app.post("sam", "/skills", &body).await;
    assert_eq!(answer.error(), (503, "encryption_not_configured"));
}

on_both!(
    a_skill_is_run_by_hand_also_when_it_is_not_active,
    async |app: RunsApp| {
        app.claude
            .on(|_| crate::support::fake_claude::Reply::hang_before_headers());
        let mut body = review();
        body["isActive"] = json!(false);
        let skill = create(&app, &body).await;
        let path = format!("/skills/{}", skill["id"].as_str().unwrap());
        let ask = json!({"input": {"week": 7}, "async": true, "requestId": "one"});
        let begun = app.post("sam", &format!("{path}/run"), &ask).await;
        assert_eq!(begun.status, 202, "{}", begun.text);
        assert_eq!(begun.body["requestId"], "one");
        let again = app.post("sam", &format!("{path}/run"), &ask).await;
        assert_eq!(again.body, begun.body);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        let id = begun.body["executionId"].as_str().unwrap();
        let run = app.get("sam", &format!("/runs/{id}")).await.ok();
        assert_eq!(
            (&run["trigger"], &run["skillId"]),
            (&json!("manual"), &skill["id"])
        );
        let after = app.get("sam", &path).await.ok();
        assert_eq!(after["runCount"], 1);
        assert_eq!(after["lastRunAt"], run["createdAt"]);
        let runs = app.get("sam", &format!("{path}/runs")).await.ok();
        assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
        assert_eq!(app.delete("sam", &path).await.status, 204);
        assert_eq!(app.get("sam", &format!("/runs/{id}")).await.status, 200);
        let answer = app.post("sam", &format!("{path}/run"), &ask).await;
        assert_eq!(answer.status, 404);
    }
);

on_both!(
    a_skill_whose_connection_is_gone_can_be_changed,
    async |app: RunsApp| {
        let stored = json!({"name": "mine", "url": "https://mcp.example.com/"});
        assert_eq!(app.post("sam", "/connections", &stored).await.status, 201);
        let mut body = review();
        body["steps"] = json!([{"prompt": "look", "connections": ["mine"]}]);
        let id = create(&app, &body).await["id"].clone();
        assert_eq!(app.delete("sam", "/connections/mine").await.status, 204);
        let off = patch(&app, &id, &json!({"isActive": false})).await.ok();
        assert_eq!(off["isActive"], false);
        let steps = json!([{"prompt": "look", "connections": ["mine", "other"]}]);
        let answer = patch(&app, &id, &json!({"steps": steps})).await;
        assert_eq!(answer.error(), (422, "unknown_connection"));
        // A new skill cannot name it.
        let answer = app.post("sam", "/skills", &body).await;
        assert_eq!(answer.error(), (422, "unknown_connection"));
    }
);
