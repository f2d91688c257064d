//! `_meta` of tool calls: user, request and time zone.

use serde_json::{Value, json};

use crate::{
    support::helpers::{obey, take_turn_id},
    support::{
        fake_claude::Reply,
        mcp_tools::bench_press,
        test_app::{Answer, TestApp, user},
    },
};

#[tokio::test]
async fn meta_carries_user_tool_use_id_and_request_id() {
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
    let turns: Vec<_> = metas.iter_mut().map(|(_, it)| take_turn_id(it)).collect();
    assert_eq!(turns[0], turns[1]);
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
async fn turns_with_one_request_id_and_one_tool_use_id_have_different_turn_ids() {
    let app = TestApp::start().await;
    let calls = |id: &str| Reply::tool(id, "list_exercises", json!({}));
    app.claude.push_all([
        calls("call_1"),
        calls("call_2"),
        Reply::text("done"),
        calls("call_1"),
        Reply::text("done"),
    ]);
    for _ in 0..2 {
        let request = app.post("ann").header("x-request-id", "same");
        let request = request.body(user("again").to_string());
        Answer::of(request).await.ok();
    }
    let calls = app.mcp.calls().into_iter();
    let turns: Vec<_> = calls.map(|mut it| take_turn_id(&mut it.meta)).collect();
    assert_eq!(turns[0], turns[1]);
    assert_ne!(turns[0], turns[2]);
}

#[tokio::test]
async fn meta_carries_a_valid_time_zone_in_its_canonical_spelling_and_claude_is_told_the_same() {
    let valid = |named: &str, name: &str| (json!(named), json!(name), name.to_owned());
    let unknown = |named: Value| (named, Value::Null, "UTC".to_owned());
    for (named, noted, told) in [
        valid(" America/Denver ", "America/Denver"),
        valid("america/denver", "America/Denver"),
        valid(
            "AMERICA/ARGENTINA/BUENOS_AIRES",
            "America/Argentina/Buenos_Aires",
        ),
        valid("etc/gmt+7", "Etc/GMT+7"),
        valid("utc", "UTC"),
        valid("ETC/UTC", "Etc/UTC"),
        unknown(json!("Mars/Olympus")),
        unknown(json!("Etc/Unknown")),
        unknown(json!("etc/unknown")),
        unknown(json!("Factory")),
        unknown(json!("FACTORY")),
        unknown(json!("America/Denver\u{0}")),
        unknown(json!("")),
        unknown(json!("+01:00")),
        unknown(json!("EST5EDT,M3.2.0,M11.1.0")),
        unknown(json!("../../etc/passwd")),
        unknown(Value::Null),
    ] {
        let app = TestApp::with([
            Reply::tool("toolu_1", "list_exercises", json!({})),
            Reply::text("done"),
        ])
        .await;
        let mut request = user("what is there?");
        request["client_timezone"] = named.clone();
        Answer::of(app.post("ann").body(request.to_string()))
            .await
            .ok();
        let meta = &app.mcp.calls()[0].meta;
        assert_eq!(
            meta["fitness.progstrength/client_timezone"], noted,
            "{named}"
        );
        let asked = app.claude.bodies()[0].to_string();
        assert!(asked.contains(&format!(" ({told}).")), "{named}: {asked}");
    }
}

#[tokio::test]
async fn a_generated_request_id_is_the_same_in_header_body_and_meta() {
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
