//! Claude can never act as somebody else: what reaches MCP carries the verified user, and Claude never sees who that is.

mod calls;
mod catalogue;
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
async fn a_user_id_that_claude_writes_is_removed_at_any_depth() {
    let written = json!({"user_id": "mallory", "note": "hi",
        "more": {"user_id": "mallory", "list": [{"user_id": {"user_id": 1}, "kept": 1}, [[{"user_id": null}]]]}});
    assert_eq!(
        arguments(&format!("whoami {written}")).await,
        json!({"note": "hi", "more": {"list": [{"kept": 1}, [[{}]]]}, "user_id": "sam"})
    );
}

#[tokio::test]
async fn a_user_id_written_twice_or_in_escapes_is_removed_too() {
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
async fn the_user_is_put_in_at_the_top_even_when_the_input_is_empty() {
    assert_eq!(arguments("whoami {}").await, json!({"user_id": "sam"}));
}

#[tokio::test]
async fn the_user_is_put_in_wherever_an_object_of_the_input_declares_it() {
    let written = json!({"user_id": "mallory", "owner": {"user_id": "mallory", "label": "a"},
        "entries": [{"label": "b"}, {"user_id": "mallory"}]});
    assert_eq!(
        arguments(&format!("nested_owner {written}")).await,
        json!({"owner": {"label": "a", "user_id": "sam"},
            "entries": [{"label": "b", "user_id": "sam"}, {"user_id": "sam"}]})
    );
}

#[tokio::test]
async fn the_user_is_not_put_in_an_object_that_the_input_does_not_hold() {
    assert_eq!(
        arguments(r#"nested_owner {"entries": []}"#).await,
        json!({"entries": []})
    );
}

#[tokio::test]
async fn a_tool_that_declares_no_user_gets_none() {
    assert_eq!(
        arguments(r#"list_exercises {"user_id": "mallory", "muscle_group": "chest"}"#).await,
        json!({"muscle_group": "chest"})
    );
}

#[tokio::test]
async fn the_user_is_whoever_the_token_names_and_not_the_request() {
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
async fn the_mcp_server_is_shown_the_bearer_token() {
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
async fn without_a_token_the_mcp_server_is_shown_no_authorization_at_all() {
    let app = TestApp::start().await;
    obey(&app);
    app.ask("whoami").await.ok();
    let shown = app.mcp.remembers(|memory| memory.authorizations.clone());
    assert_eq!(shown, [""; 0]);
}
