//! Tokens: their format, and that each is good for one call of one user alone.

use aws_lc_rs::{
    hkdf::{HKDF_SHA256, Salt},
    hmac,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};

use super::{answer, asking, error, going_on, kinds, result, with_policy, yes};
use crate::support::{
    fake_claude::Reply,
    helpers::{last_content, metric, metric_becomes, ready_with_tools},
    mcp_tools::bench_press,
    test_app::{JWT_KEY, TestApp, now},
};

/// A token as README says it is made.
fn signed(payload: &Value) -> String {
    let key = Salt::new(HKDF_SHA256, &[]).extract(JWT_KEY.as_bytes());
    let key = key.expand(&[b"prog-strength-agent approvals v1"], hmac::HMAC_SHA256);
    let key = hmac::Key::from(key.expect("a key"));
    let payload = BASE64.encode(payload.to_string());
    let signature = BASE64.encode(hmac::sign(&key, payload.as_bytes()));
    format!("{payload}.{signature}")
}

fn payload(token: &Value) -> Value {
    let (payload, _) = token
        .as_str()
        .expect("a token")
        .split_once('.')
        .expect("two parts");
    serde_json::from_slice(&BASE64.decode(payload).expect("base64url")).expect("JSON")
}

/// A request and the answer that asks about these calls of `create_workout`.
async fn asked(app: &TestApp, ids: &[&str]) -> (Value, Value) {
    let call = |reply: Reply, id: &&str| reply.and_tool(id, "create_workout", bench_press());
    app.claude.push(ids.iter().fold(Reply::empty(), call));
    let request = asking("log it");
    let asked = app.chat("sam", &request).await.ok();
    assert_eq!(asked["stop_reason"], "approval_required");
    (request, asked)
}

/// The request is a 422 with this detail, and nothing runs.
async fn is_refused(app: &TestApp, user: &str, request: &Value, detail: &str) {
    let (calls, bodies) = (app.mcp.calls().len(), app.claude.bodies().len());
    let refusal = app.chat(user, request).await;
    assert_eq!(
        refusal.error(),
        (422, "invalid_request"),
        "{}",
        refusal.text
    );
    assert_eq!(refusal.body["detail"], detail);
    assert_eq!(
        (app.mcp.calls().len(), app.claude.bodies().len()),
        (calls, bodies)
    );
}

#[tokio::test]
async fn a_token_is_the_signed_payload_that_the_readme_describes() {
    let app = with_policy("destructive").await;
    let (request, asked) = asked(&app, &["toolu_1"]).await;
    let token = &asked["approvals"][0]["token"];
    let payload = payload(token);
    assert_eq!(*token, signed(&payload));
    let keys: Vec<&String> = payload.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["v", "sub", "id", "tool", "args", "def", "turn", "exp"]
    );
    assert_eq!(
        json!([payload["v"], payload["sub"], payload["id"], payload["tool"]]),
        json!([1, "sam", "toolu_1", "create_workout"])
    );
    let arguments = r#"{"exercises":[{"exercise_id":"bench-press","sets":[{"reps":5,"unit":"lb","weight":185}]}],"user_id":"sam"}"#;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, arguments.as_bytes());
    assert_eq!(payload["args"], BASE64.encode(digest));
    // One that is made elsewhere with the same key is as good.
    app.claude.push(Reply::text("Logged."));
    let mut yes = yes(&asked);
    yes["token"] = signed(&payload).into();
    app.chat("sam", &going_on(&request, &asked, &[yes]))
        .await
        .ok();
    assert_eq!(app.mcp.called(), ["create_workout"]);
}

#[tokio::test]
async fn an_expired_confirmation_runs_nothing_and_the_turn_goes_on() {
    let app = with_policy("destructive").await;
    for (seconds, runs) in [(-1, false), (0, false), (60, true)] {
        let (request, asked) = asked(&app, &["toolu_1"]).await;
        app.claude.push(Reply::text("So."));
        let mut payload = payload(&asked["approvals"][0]["token"]);
        payload["exp"] = (now().cast_signed() + seconds).into();
        let mut yes = yes(&asked);
        yes["token"] = signed(&payload).into();
        let before = app.mcp.calls().len();
        app.chat("sam", &going_on(&request, &asked, &[yes]))
            .await
            .ok();
        assert_eq!(app.mcp.calls().len() - before, usize::from(runs));
        if !runs {
            let told = "The user's confirmation has expired. Nothing was run; call again if it is still wanted.";
            let body = app.claude.bodies().pop().unwrap();
            assert_eq!(last_content(&body), [error("toolu_1", told)]);
        }
    }
    assert_eq!(
        metric(&app, "approvals_total{outcome=\"expired\"}").await,
        2
    );
}

#[tokio::test]
async fn an_expired_refusal_is_a_refusal() {
    let app = with_policy("destructive").await;
    let (request, asked) = asked(&app, &["toolu_1"]).await;
    app.claude.push(Reply::text("So."));
    let mut payload = payload(&asked["approvals"][0]["token"]);
    payload["exp"] = 0.into();
    let no = json!({"token": signed(&payload), "approved": false});
    app.chat("sam", &going_on(&request, &asked, &[no]))
        .await
        .ok();
    let body = app.claude.bodies().pop().unwrap();
    let told = error("toolu_1", "Not run: the user declined.");
    assert_eq!(last_content(&body), [told]);
}

#[tokio::test]
async fn a_token_of_another_user_or_call_or_with_other_content_is_refused_with_its_place() {
    let app = with_policy("destructive").await;
    let (request, asked) = asked(&app, &["t1", "t2"]).await;
    let (first, second) = (answer(&asked, 0, true), answer(&asked, 1, true));
    let both = going_on(&request, &asked, &[first.clone(), second.clone()]);
    let with = |answers: Vec<Value>| going_on(&request, &asked, &answers);
    is_refused(
        &app,
        "eve",
        &both,
        "approvals[0].token: was not given to this user",
    )
    .await;
    is_refused(
        &app,
        "sam",
        &with(vec![first.clone()]),
        "approvals: must hold an answer for each of the 2 calls that wait",
    )
    .await;
    is_refused(
        &app,
        "sam",
        &with(vec![first.clone(), second.clone(), first.clone()]),
        "approvals[2].token: is for a call that another answer is for",
    )
    .await;
    let forged = "is not a token of this service, or has been changed";
    let original = payload(&first["token"]);
    let changed = |field: &str, value: Value| {
        let mut payload = original.clone();
        payload[field] = value;
        let signature = first["token"].as_str().unwrap().split_once('.').unwrap().1;
        let token = format!("{}.{signature}", BASE64.encode(payload.to_string()));
        vec![second.clone(), json!({"token": token, "approved": true})]
    };
    let jwt = app.token("sam");
    let other_key = changed("sub", "eve".into());
    for answers in [
        changed("exp", 9_999_999_999_u64.into()),
        other_key,
        vec![second.clone(), json!({"token": jwt, "approved": true})],
        vec![second.clone(), json!({"token": "", "approved": false})],
        vec![second.clone(), json!({"token": "…", "approved": true})],
    ] {
        let detail = format!("approvals[1].token: {forged}");
        is_refused(&app, "sam", &with(answers), &detail).await;
    }
    let mut of_version_2 = original.clone();
    of_version_2["v"] = 2.into();
    let mut with_more = original.clone();
    with_more["more"] = 1.into();
    for payload in [of_version_2, with_more, json!([]), json!({"v": 1})] {
        let token = json!({"token": signed(&payload), "approved": true});
        let detail = format!("approvals[0].token: {forged}");
        is_refused(&app, "sam", &with(vec![token, second.clone()]), &detail).await;
    }
    // What is refused runs nothing and spends nothing.
    app.claude.push(Reply::text("Logged."));
    app.chat("sam", &both).await.ok();
    assert_eq!(app.mcp.called(), ["create_workout"; 2]);
    let refused = "approvals_total{outcome=\"refused\"}";
    assert_eq!(metric(&app, refused).await, 12);
}

#[tokio::test]
async fn a_history_that_says_something_else_than_the_user_saw_is_refused() {
    let app = with_policy("destructive").await;
    let (request, asked) = asked(&app, &["t1"]).await;
    let good = going_on(&request, &asked, &[yes(&asked)]);
    let changed = |pointer: &str, value: Value| {
        let mut request = good.clone();
        *request.pointer_mut(pointer).expect("a place") = value;
        request
    };
    let call = "/messages/1/content/0";
    let weight = format!("{call}/input/exercises/0/sets/0/weight");
    for (request, why) in [
        (changed(&weight, json!(186)), "is for another input"),
        (changed(&weight, json!("185")), "is for another input"),
        (
            changed(&format!("{call}/input"), json!({})),
            "is for another input",
        ),
        (
            changed(&format!("{call}/name"), json!("fail")),
            "is for another tool",
        ),
    ] {
        let detail = format!("approvals[0].token: {why}");
        is_refused(&app, "sam", &request, &detail).await;
    }
    let mut renamed = changed(&format!("{call}/id"), json!("t9"));
    renamed["messages"][2]["content"][0]["tool_use_id"] = "t9".into();
    let not_waiting = "approvals[0].token: is for a call that does not wait in the last message";
    is_refused(&app, "sam", &renamed, not_waiting).await;
    // The call is not in the last message any more.
    let mut later = good.clone();
    let more = [
        json!({"role": "assistant", "content": "Well?"}),
        json!({"role": "user", "content": "Go on."}),
    ];
    later["messages"].as_array_mut().unwrap().extend(more);
    is_refused(&app, "sam", &later, not_waiting).await;
    // Equal arguments in other words are the same.
    let mut other_words = changed(&weight, json!(185.0));
    let sets = &mut other_words["messages"][1]["content"][0]["input"]["exercises"][0]["sets"];
    sets[0] = json!({"weight": 185.0, "unit": "lb", "reps": 5});
    app.claude.push(Reply::text("Logged."));
    app.chat("sam", &other_words).await.ok();
    let set = &app.mcp.calls()[0].arguments["exercises"][0]["sets"][0];
    assert_eq!(*set, json!({"weight": 185.0, "unit": "lb", "reps": 5}));
}

#[tokio::test]
async fn a_tool_that_has_changed_since_is_not_called_and_the_user_can_be_asked_again() {
    let app = with_policy("destructive").await;
    let changed = "approvals[0].token: is for a tool that has changed since; send the history with empty `approvals`, so that \
        the user can be asked again";
    let tools = kinds();
    let create = tools
        .iter()
        .position(|it| it["name"] == "create_workout")
        .unwrap();
    let (request, asked) = asked(&app, &["t1"]).await;
    let good = going_on(&request, &asked, &[yes(&asked)]);
    let mut count = 16;
    for change in [
        ("description", json!("Logs and publishes.")),
        ("title", json!("Log")),
        ("annotations", json!({"destructiveHint": true})),
        (
            "inputSchema",
            json!({"type": "object", "properties": {"exercises": {}}}),
        ),
        ("name", json!("log_workout")),
    ] {
        // The number of tools shows that the new list is in force.
        let mut tools = tools.clone();
        count = if count == 16 { 17 } else { 16 };
        tools.truncate(count);
        tools[create][change.0] = change.1;
        app.mcp.set_tools(tools);
        app.mcp.announce().await;
        ready_with_tools(&app, count).await;
        is_refused(&app, "sam", &good, changed).await;
    }
    // Declining runs nothing, whatever the tool is now.
    let mut no = yes(&asked);
    no["approved"] = false.into();
    let declined = going_on(&request, &asked, &[no]);
    app.claude.push(Reply::text("As you like."));
    app.chat("sam", &declined).await.ok();
    // Nor does an approval that comes too late.
    let mut expired = payload(&asked["approvals"][0]["token"]);
    expired["exp"] = 0.into();
    let late = json!({"token": signed(&expired), "approved": true});
    app.claude.push(Reply::text("Too late."));
    app.chat("sam", &going_on(&request, &asked, &[late]))
        .await
        .ok();
    app.claude.push(Reply::text("Shall I?"));
    let mut again = good.clone();
    again["approvals"] = json!([]);
    app.chat("sam", &again).await.ok();
    assert!(app.mcp.calls().is_empty());
    metric_becomes(&app, "approvals_total{outcome=\"refused\"}", 5).await;
}

#[tokio::test]
async fn the_same_request_again_runs_the_call_again_under_the_same_name_for_the_server_to_know() {
    let app = with_policy("destructive").await;
    let (request, asked) = asked(&app, &["t1"]).await;
    let good = going_on(&request, &asked, &[yes(&asked)]);
    for _ in 0..2 {
        app.claude.push(Reply::text("Logged."));
        app.chat("sam", &good).await.ok();
    }
    let named: Vec<_> = app
        .mcp
        .calls()
        .into_iter()
        .map(|call| {
            let names = ["turn_id", "tool_use_id"]
                .map(|name| call.meta[format!("fitness.progstrength/{name}")].clone());
            (names, call.arguments)
        })
        .collect();
    assert_eq!(named.len(), 2);
    assert_eq!(named[0], named[1]);
}

#[tokio::test]
async fn a_token_of_another_replica_with_the_same_key_is_good_and_of_another_key_is_not() {
    let (one, two) = tokio::join!(with_policy("destructive"), with_policy("destructive"));
    let other = TestApp::builder()
        .env("AGENT_APPROVALS", "destructive")
        .env("JWT_SIGNING_KEY", "another key for tests, 32 bytes +")
        .start()
        .await;
    let (request, asked) = asked(&one, &["t1"]).await;
    let good = going_on(&request, &asked, &[yes(&asked)]);
    let forged = "approvals[0].token: is not a token of this service, or has been changed";
    is_refused(&other, "sam", &good, forged).await;
    two.claude.push(Reply::text("Logged."));
    let answer = two.chat("sam", &good).await.ok();
    let logged = result("t1", r#"{"id":"w2","created":true}"#);
    assert_eq!(answer["messages"][0]["content"], json!([logged]));
}

#[tokio::test]
async fn the_inputs_of_waiting_calls_are_taken_from_the_memory_of_the_user() {
    let app = TestApp::builder()
        .env("AGENT_APPROVALS", "writes")
        // One user may hold half.
        .env("AGENT_MEMORY_BUDGET_BYTES", "50000000")
        .start()
        .await;
    let call = json!({"type": "tool_use", "id": "t1", "name": "whoami", "input": {"note": vec![0; 90_000]}});
    let mut request = asking("go");
    request["messages"].as_array_mut().unwrap().extend([
        json!({"role": "assistant", "content": [call]}),
        json!({"role": "user", "content": [super::waiting("t1")]}),
    ]);
    app.claude.push(Reply::text("So?"));
    app.chat("sam", &request).await.ok();
    request["approvals"] = json!([{"token": "a.b", "approved": true}]);
    let refused = app.chat("sam", &request).await;
    assert_eq!(refused.error(), (429, "rate_limited"), "{}", refused.text);
}
