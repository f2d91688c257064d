//! The callbacks of skills: whatever begins a run, its end is told.

use ::http::Method;
use jiff::{SignedDuration, Timestamp};
use prog_strength_agent::{config::CallbackSecret, runs::callbacks::signature::verify};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor};

use super::{RunsApp, hooks::signature, on_both, refusal};
use crate::{
    runs::{
        callbacks::receiver::Receiver,
        support::{CALLBACK_SECRET, with_json},
    },
    support::{
        answer::{Answer, now},
        fake_claude::Reply,
        wait::within,
    },
};

fn skill(callback: &str) -> Value {
    json!({
        "name": "review", "steps": [{"prompt": "look"}], "callbackUrl": callback,
        "trigger": {"type": "schedule", "cron": "0 7 * * 1", "timezone": "Europe/Zurich"},
    })
}

/// The run whose end the next callback tells, signed, and the callback's id.
async fn told(app: &RunsApp, receiver: &Receiver) -> (Value, String) {
    let request = receiver.next().await;
    let secret = CallbackSecret::parse(CALLBACK_SECRET).expect("valid");
    let verified = verify(&secret, &request.headers, &request.body, Timestamp::now());
    let id = verified.expect("signed").to_owned();
    let event: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(event["type"], "run.completed");
    let run = event["data"]["executionId"].as_str().expect("an id");
    (app.get("sam", &format!("/runs/{run}")).await.ok(), id)
}

#[tokio::test]
async fn the_end_of_each_run_is_told_whatever_has_begun_it() {
    let receiver = Receiver::start(|_| (200, None)).await;
    let app = RunsApp::builder().env("OUTBOUND_ALLOW", "127.0.0.1");
    let app = app.start().await;
    app.claude.on(|_| Reply::text("Done."));
    let made = app.post("sam", "/skills", &skill(&receiver.url())).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("/skills/{}", made.body["id"].as_str().unwrap());
    let is_of = |run: &Value, trigger: &str| {
        assert_eq!(
            (&run["trigger"], &run["skillId"]),
            (&json!(trigger), &made.body["id"])
        );
    };

    app.post("sam", &format!("{path}/run"), &json!({}))
        .await
        .ok();
    let (by_hand, id) = told(&app, &receiver).await;
    is_of(&by_hand, "manual");

    let planned = Timestamp::now() - SignedDuration::from_mins(1);
    let due = format!(
        "UPDATE skill_dispatch SET next_at = {}",
        planned.as_millisecond()
    );
    let changed = app.database().await.execute(AssertSqlSafe(due)).await;
    assert_eq!(changed.unwrap().rows_affected(), 1);
    is_of(&told(&app, &receiver).await.0, "schedule");

    let hook = json!({"trigger": {"type": "webhook"}});
    let hook = app.send("sam", Method::PATCH, &path, &hook).await.ok();
    let request = app.request(Method::POST, &path.replace("/skills", "/hooks"));
    let at = now();
    let signature = signature(hook["secret"].as_str().unwrap(), "msg_1", at, "{}");
    let request = request
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", at);
    let request = request.header("webhook-signature", signature).body("{}");
    assert_eq!(Answer::of(request).await.status, 202);
    is_of(&told(&app, &receiver).await.0, "webhook");

    // The delivery is listed, and sent again with its id.
    let path = format!(
        "/runs/{}/deliveries",
        by_hand["executionId"].as_str().unwrap()
    );
    let listed = within("the delivery", async {
        loop {
            let listed = app.get("sam", &path).await.ok()["deliveries"][0].take();
            if listed["state"] == "delivered" {
                return listed;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    });
    let mut listed = listed.await;
    for time in ["createdAt", "lastAttemptAt"] {
        let time = listed
            .as_object_mut()
            .unwrap()
            .shift_remove(time)
            .expect(time);
        time.as_str()
            .unwrap()
            .parse::<Timestamp>()
            .expect("RFC 3339");
    }
    let expected = json!({
        "id": id, "type": "run.completed", "url": receiver.url(), "state": "delivered", "attempts": 1,
        "lastStatus": 200, "lastError": null, "nextAt": null,
    });
    assert_eq!(listed, expected);
    let again = app.act("sam", &format!("{path}/{id}/redeliver")).await;
    assert_eq!(
        (again.status.as_u16(), &again.body["id"]),
        (202, &json!(id))
    );
    assert_eq!(told(&app, &receiver).await, (by_hand, id));
}

on_both!(
    a_callback_is_stored_changed_and_removed_by_the_rules_of_prompts,
    async |app: RunsApp| {
        let mut app = app;
        let url = "https://example.com/hook";
        let made = app.post("sam", "/skills", &skill(url)).await;
        assert_eq!(
            (made.status.as_u16(), &made.body["callbackUrl"]),
            (201, &json!(url))
        );
        let path = format!("/skills/{}", made.body["id"].as_str().unwrap());
        for (url, why) in [
            (json!("http://example.com/"), "must be an https URL"),
            (
                json!("https://10.0.0.1/"),
                "names an address that is not public",
            ),
            (
                json!("https://u@example.com/"),
                "must not contain a user name or a password",
            ),
            (json!("nothing"), "is not a URL with a host"),
            (json!(5), "must be a string"),
        ] {
            let mut body = skill("");
            body["callbackUrl"] = url;
            let expected = (422, format!("callbackUrl: {why}"));
            let answer = app.post("sam", "/skills", &body).await;
            assert_eq!(refusal(&answer), expected);
            let patch = json!({"callbackUrl": body["callbackUrl"]});
            let answer = app.send("sam", Method::PATCH, &path, &patch).await;
            assert_eq!(refusal(&answer), expected);
        }
        // Without a secret a stored one stays, and there is no other.
        app.env.insert("CALLBACK_SECRET".to_owned(), String::new());
        let unsigned = app.replica().await;
        for (patch, status) in [
            (json!({"name": "renamed"}), 200),
            (json!({"callbackUrl": "https://example.com/other"}), 422),
        ] {
            let request = unsigned.by("sam", Method::PATCH, &path);
            assert_eq!(Answer::of(with_json(request, &patch)).await.status, status);
        }
        let request = unsigned.by("sam", Method::POST, "/skills");
        let answer = Answer::of(with_json(request, &skill(url))).await;
        assert!(
            refusal(&answer).1.ends_with("(CALLBACK_SECRET)"),
            "{}",
            answer.text
        );
        let renamed = app.get("sam", &path).await.ok();
        assert_eq!(
            (&renamed["name"], &renamed["callbackUrl"]),
            (&json!("renamed"), &json!(url))
        );
        let removed = json!({"callbackUrl": null});
        let removed = app.send("sam", Method::PATCH, &path, &removed).await.ok();
        assert_eq!(removed.get("callbackUrl"), None);
    }
);
