//! Identity: MCP calls carry the verified user's id, and Claude never sees it.

mod calls;
mod catalogue;
mod forwarding;
mod mended;
mod meta;
mod secrecy;

use serde_json::{Value, json};

use crate::{
    support::helpers::obey,
    support::{fake_claude::Reply, mcp_server::McpServer, test_app::TestApp},
};

/// The arguments that the server got in its only call.
async fn arguments(words: &str) -> Value {
    let app = TestApp::start().await;
    obey(&app);
    app.ask(words).await.ok();
    let calls = app.mcp.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    calls[0].arguments.clone()
}

#[tokio::test]
async fn a_user_id_in_claudes_input_is_stripped_at_any_depth() {
    let written = json!({"user_id": "mallory", "note": "hi",
        "more": {"user_id": "mallory", "list": [{"user_id": {"user_id": 1}, "kept": 1}, [[{"user_id": null}]]]}});
    assert_eq!(
        arguments(&format!("whoami {written}")).await,
        json!({"note": "hi", "more": {"list": [{"kept": 1}, [[{}]]]}, "user_id": "sam"})
    );
}

#[tokio::test]
async fn duplicate_and_escaped_user_ids_are_stripped() {
    let app = TestApp::start().await;
    let pieces = [
        r#"{"user_id": "mallory", "us"#,
        r#"er\u005fid": "eve", "\u0075ser_id": "#,
        r#""trudy"}"#,
    ];
    app.claude.push_all([
        Reply::empty().and_tool_pieces("toolu_1", "whoami", &pieces),
        Reply::text("done"),
    ]);
    app.ask("who am I?").await.ok();
    assert_eq!(app.mcp.calls()[0].arguments, json!({"user_id": "sam"}));
}

#[tokio::test]
async fn the_user_is_injected_at_the_top_of_an_empty_input() {
    assert_eq!(arguments("whoami {}").await, json!({"user_id": "sam"}));
}

#[tokio::test]
async fn the_user_is_injected_into_every_object_whose_schema_declares_it() {
    let written = json!({"user_id": "mallory", "owner": {"user_id": "mallory", "label": "a"},
        "entries": [{"label": "b"}, {"user_id": "mallory"}]});
    assert_eq!(
        arguments(&format!("nested_owner {written}")).await,
        json!({"owner": {"label": "a", "user_id": "sam"},
            "entries": [{"label": "b", "user_id": "sam"}, {"user_id": "sam"}]})
    );
}

#[tokio::test]
async fn the_user_is_not_injected_into_absent_objects() {
    assert_eq!(
        arguments(r#"nested_owner {"entries": []}"#).await,
        json!({"entries": []})
    );
}

#[tokio::test]
async fn a_tool_that_declares_no_user_id_gets_none() {
    assert_eq!(
        arguments(r#"list_exercises {"user_id": "mallory", "muscle_group": "chest"}"#).await,
        json!({"muscle_group": "chest"})
    );
}

#[tokio::test]
async fn the_user_comes_from_the_token_and_not_from_the_request() {
    let app = TestApp::start().await;
    obey(&app);
    let request = json!({"user_id": "mallory", "sub": "mallory",
        "messages": [{"role": "user", "user_id": "mallory", "content": "whoami"}]});
    for sub in ["ann", "auth0|Zoë 7"] {
        app.chat(sub, &request).await.ok();
    }
    let users: Vec<Value> = app
        .mcp
        .calls()
        .into_iter()
        .map(|call| call.arguments)
        .collect();
    assert_eq!(
        users,
        [json!({"user_id": "ann"}), json!({"user_id": "auth0|Zoë 7"})]
    );
}

#[tokio::test]
async fn the_mcp_token_is_sent_as_bearer() {
    let mcp = McpServer::start().await;
    mcp.require_token("tok-123");
    let app = TestApp::builder()
        .env("PROG_STRENGTH_MCP_TOKEN", "tok-123")
        .start_with(mcp)
        .await;
    obey(&app);
    app.ask("whoami").await.ok();
    assert_eq!(app.mcp.called(), ["whoami"]);
    let shown = app.mcp.remembers(|memory| memory.authorizations.clone());
    assert!(!shown.is_empty() && shown.iter().all(|shown| shown == "Bearer tok-123"));
}

#[tokio::test]
async fn without_an_mcp_token_no_authorization_is_sent() {
    let app = TestApp::start().await;
    obey(&app);
    app.ask("whoami").await.ok();
    let shown = app.mcp.remembers(|memory| memory.authorizations.clone());
    assert_eq!(shown, [""; 0]);
}
