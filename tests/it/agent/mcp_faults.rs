//! An MCP server that is absent, crashes, hangs or answers wrongly.

mod absence;
mod answers;
mod concurrency;
mod connections;
mod interruptions;
mod kindness;
mod listing;
mod pages;
mod results;
mod session;

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::{
    support::helpers::obey,
    support::{
        bad_mcp::BadMcp,
        mcp_server::McpServer,
        test_app::{Answer, Builder, TestApp, user},
        wait::within,
    },
};

const BROKE: &str = "the connection to the tool server broke";

/// A ready service with an obedient Claude.
async fn obedient() -> TestApp {
    obeying(TestApp::builder()).await
}

/// The same with a server that misbehaves.
async fn obedient_with(server: &BadMcp) -> TestApp {
    obeying(TestApp::builder().mcp_url(server.url())).await
}

/// The same with what else the service is started with.
async fn obeying(service: Builder) -> TestApp {
    // Some tests have one user make many calls at once.
    let app = service.env("AGENT_MAX_CHATS_PER_USER", "128").start().await;
    obey(&app);
    app
}

/// A service that does not wait for a session with the server.
async fn unready_with(server: &BadMcp) -> TestApp {
    let service = TestApp::builder().mcp_url(server.url());
    service.unready().start().await
}

/// A turn of Sam's in the background.
fn spawned(app: &TestApp, words: &str) -> JoinHandle<Answer> {
    tokio::spawn(Answer::of(app.post("sam").body(user(words).to_string())))
}

/// The successful answer of such a turn.
async fn answered(chat: JoinHandle<Answer>) -> Value {
    within("the chat's end", chat).await.expect("no panic").ok()
}

/// How often the server was asked for this tool.
fn times(server: &McpServer, tool: &str) -> usize {
    server.called().iter().filter(|name| *name == tool).count()
}
