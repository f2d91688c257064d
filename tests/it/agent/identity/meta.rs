//! What every call says in `_meta`: who asks, in which request, from which zone.

use serde_json::{Value, json};

use crate::{
    support::helpers::obey,
    support::{
        fake_claude::Reply,
        mcp_tools::bench_press,
        test_app::{Answer, TestApp, user},
    },
};

#[tokio::test]
async fn every_call_says_in_meta_who_asks_for_which_call_of_which_request() {
    let app = TestApp::with([
        Reply::tool("toolu_1", "list_exercises", json!({})).and_tool(
            "toolu_2",
            "create_workout",
            bench_press(),
        ),
        Reply::text("done"),
    ])
    .await;
    let request = app.post("ann").header("x-request-id", "req.1_a-B");
    Answer::of(request.body(user("log it").to_string()))
        .await
        .ok();
    let mut metas: Vec<(String, Value)> = app
        .mcp
        .calls()
        .into_iter()
        .map(|call| (call.name, call.meta))
        .collect();
    metas.sort_by(|a, b| a.0.cmp(&b.0));
    let meta = |id: &str| {
        json!({"fitness.progstrength/user_id": "ann", "fitness.progstrength/tool_use_id": id,
            "fitness.progstrength/request_id": "req.1_a-B"})
    };
    assert_eq!(
        metas,
        [
            ("create_workout".to_owned(), meta("toolu_2")),
            ("list_exercises".to_owned(), meta("toolu_1"))
        ]
    );
}

#[tokio::test]
async fn a_call_says_in_meta_which_zone_the_client_is_in_if_that_is_one() {
    for (named, noted) in [
        (json!(" America/Denver "), json!("America/Denver")),
        (json!("Mars/Olympus"), Value::Null),
        (Value::Null, Value::Null),
    ] {
        let app = TestApp::with([
            Reply::tool("toolu_1", "list_exercises", json!({})),
            Reply::text("done"),
        ])
        .await;
        let mut request = user("what is there?");
        request["client_timezone"] = named;
        Answer::of(app.post("ann").body(request.to_string()))
            .await
            .ok();
        let meta = &app.mcp.calls()[0].meta;
        assert_eq!(meta["fitness.progstrength/client_timezone"], noted);
    }
}

#[tokio::test]
async fn a_request_id_made_up_by_the_service_is_the_same_in_header_body_and_meta() {
    let app = TestApp::start().await;
    obey(&app);
    let answer = app.ask("list_exercises").await;
    let id = answer
        .header("x-request-id")
        .expect("every response has one")
        .to_owned();
    assert_eq!(answer.ok()["request_id"], id.as_str());
    assert_eq!(
        app.mcp.calls()[0].meta["fitness.progstrength/request_id"],
        id.as_str()
    );
}
