//! Skills: create, read, change, delete, run.

use ::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::Executor;

use super::{RunsApp, on_both, refusal};
use crate::support::{answer::Answer, fake_claude::Reply};

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

async fn patch(app: &RunsApp, id: &Value, patch: &Value) -> Answer {
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
        app.claude.on(|_| Reply::hang_before_headers());
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

/// The field that a patch changes, and its value then; or what is wrong.
type Outcome<'a> = Result<(&'a str, Value), &'a str>;

#[tokio::test]
async fn a_change_is_a_merge_patch() {
    let app = RunsApp::start().await;
    let trigger = review()["trigger"].clone();
    let manual = json!({"type": "manual"});
    let table: Vec<(Value, Outcome)> = vec![
        (json!({}), Ok(("name", json!("review")))),
        (json!({"description": null}), Ok(("description", json!("")))),
        (json!({"isActive": null}), Ok(("isActive", json!(true)))),
        (json!({"trigger": null}), Ok(("trigger", manual.clone()))),
        (
            json!({"trigger": {"cron": "5 7 * * 1"}}),
            Ok((
                "trigger",
                json!({"type": "schedule",
            "cron": "5 7 * * 1", "timezone": trigger["timezone"], "overlap": "skip"}),
            )),
        ),
        (
            json!({"trigger": {"overlap": "queue"}}),
            Ok((
                "trigger",
                json!({"type": "schedule",
            "cron": trigger["cron"], "timezone": trigger["timezone"], "overlap": "queue"}),
            )),
        ),
        (json!({"trigger": manual}), Ok(("trigger", manual.clone()))),
        // A list is replaced as a whole.
        (
            json!({"steps": [{"prompt": "x"}]}),
            Ok(("steps", json!([{"prompt": "x"}]))),
        ),
        (json!({"name": null}), Err("name: is missing")),
        (json!({"steps": null}), Err("steps: is missing")),
        (json!({"steps": {"0": {}}}), Err("steps: must be a list")),
        (
            json!({"trigger": {"timezone": null}}),
            Err("trigger.timezone: is missing"),
        ),
        (
            json!({"trigger": {"zone": "UTC"}}),
            Err("trigger.zone: is no field of this request"),
        ),
        (
            json!({"trigger": "manual"}),
            Err("trigger: must be an object"),
        ),
        (
            json!({"runCount": 5}),
            Err("runCount: is no field of this request"),
        ),
        (json!([]), Err("body: must be an object")),
    ];
    for (change, expected) in table {
        let id = create(&app, &review()).await["id"].take();
        let answer = patch(&app, &id, &change).await;
        let path = format!("/skills/{}", id.as_str().unwrap());
        let after = app.get("sam", &path).await.ok();
        match expected {
            Ok((field, value)) => {
                assert_eq!(answer.ok(), after, "{change}");
                assert_eq!(after[field], value, "{change}");
            }
            Err(why) => {
                assert_eq!(refusal(&answer), (422, why.to_owned()), "{change}");
                assert_eq!(after["steps"], review()["steps"]);
            }
        }
    }
    let id = create(&app, &review()).await["id"].take();
    let request = app.by(
        "sam",
        Method::PATCH,
        &format!("/skills/{}", id.as_str().unwrap()),
    );
    let request = request.header("content-type", "application/merge-patch+json");
    let answer = Answer::of(request.body(r#"{"name": "renamed"}"#)).await;
    assert_eq!(answer.ok()["name"], "renamed");
}

on_both!(
    changes_of_different_fields_at_once_are_all_made,
    async |app: RunsApp| {
        let id = create(&app, &review()).await["id"].take();
        let changes = [
            ("name", json!("renamed")),
            ("description", json!("of the month")),
            ("isActive", json!(false)),
            ("callbackUrl", json!("https://example.com/")),
        ];
        let patches = changes.clone().map(|(field, value)| json!({field: value}));
        let answers = join_all(patches.iter().map(|change| patch(&app, &id, change))).await;
        assert!(
            answers.iter().all(|answer| answer.status == 200),
            "{answers:?}"
        );
        let after = app
            .get("sam", &format!("/skills/{}", id.as_str().unwrap()))
            .await
            .ok();
        for (field, value) in changes {
            assert_eq!(after[field], value);
        }
    }
);

#[tokio::test]
async fn a_skill_that_others_change_all_the_time_is_a_conflict() {
    let app = RunsApp::start().await;
    let mut body = review();
    body["trigger"] = json!({"type": "webhook"});
    let id = create(&app, &body).await["id"].take();
    // An update then finds no row of the version that was read.
    let sql = "CREATE TRIGGER others BEFORE UPDATE ON skill BEGIN SELECT RAISE(IGNORE); END";
    app.database().await.execute(sql).await.unwrap();
    let answer = patch(&app, &id, &json!({"name": "x"})).await;
    assert_eq!(answer.error(), (409, "conflict"));
    let path = format!("/skills/{}/rotate-secret", id.as_str().unwrap());
    assert_eq!(app.act("sam", &path).await.error(), (409, "conflict"));
}

#[tokio::test]
async fn what_is_queued_goes_on_as_it_was_when_its_skill_is_changed_or_deleted() {
    let app = RunsApp::builder()
        .env("RUNS_CONCURRENCY", "1")
        .start()
        .await;
    app.claude.on(|body| match body["messages"].to_string() {
        text if text.contains("blocks") => Reply::hang_before_headers(),
        text => Reply::text(&text),
    });
    let blocking = app.begin("blocks").await;
    app.run_is("sam", &blocking, "running").await;
    let skill = json!({"name": "one", "steps": [{"prompt": "as it was"}]});
    let (id, other) = (
        create(&app, &skill).await["id"].take(),
        create(&app, &skill).await["id"].take(),
    );
    let path = format!("/skills/{}", id.as_str().unwrap());
    let ask = json!({"async": true, "input": null});
    let queued = app.post("sam", &format!("{path}/run"), &ask).await.body["executionId"].take();
    let others = format!("/skills/{}/run", other.as_str().unwrap());
    app.post("sam", &others, &ask).await;
    // The list is of this skill and of one state.
    for (query, expected) in [
        ("", vec![&queued]),
        ("?status=queued&limit=1", vec![&queued]),
        ("?status=running", vec![]),
    ] {
        let listed = app.get("sam", &format!("{path}/runs{query}")).await.ok();
        let listed: Vec<_> = listed["runs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|run| &run["executionId"])
            .collect();
        assert_eq!(listed, expected, "{query}");
    }
    patch(&app, &id, &json!({"steps": [{"prompt": "changed"}]}))
        .await
        .ok();
    assert_eq!(app.delete("sam", &path).await.status, 204);
    app.act("sam", &format!("/runs/{blocking}/cancel")).await;
    let run = app.completed(queued.as_str().unwrap()).await;
    assert!(
        run["response"].as_str().unwrap().contains("as it was"),
        "{run}"
    );
    assert_eq!(run["skillId"], id);
}

#[tokio::test]
async fn who_runs_a_skill_by_hand_waits_for_its_answer_unless_async_is_set() {
    let app = RunsApp::start().await;
    app.claude.on(|_| Reply::text("Reviewed."));
    let id = create(&app, &review()).await["id"].take();
    let path = format!("/skills/{}/run", id.as_str().unwrap());
    let waited = app.act("sam", &path).await.ok();
    assert_eq!(
        (&waited["status"], &waited["response"]),
        (&json!("completed"), &json!("Reviewed."))
    );
    let keyed = app
        .by("sam", Method::POST, &path)
        .header("idempotency-key", "mine");
    assert_eq!(Answer::of(keyed).await.ok()["requestId"], "mine");
    for (body, why) in [
        (
            json!({"prompt": "x"}),
            "prompt: is no field of this request",
        ),
        (
            json!({"requestId": " "}),
            "requestId: must be 1 to 100 of A-Z, a-z, 0-9, `_` and `-`",
        ),
    ] {
        assert_eq!(
            refusal(&app.post("sam", &path, &body).await),
            (422, why.to_owned())
        );
    }
}
