//! Session handshake, protocol versions, regular listing.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    join,
    time::{Instant, sleep},
};

use super::{obedient_with, unready_with};
use crate::{
    support::helpers::{good, ready_with_tools, result_of},
    support::{
        bad_mcp::{BadMcp, Quirk},
        mcp_tools::{owned, tool},
        test_app::TestApp,
        wait::pass,
    },
};

#[tokio::test]
async fn a_session_is_opened_at_the_last_protocol_version_with_initialize() {
    let server = BadMcp::start(Quirk::None).await;
    let _app = TestApp::builder().mcp_url(server.url()).start().await;
    assert_eq!(server.versions(), ["2025-11-25"]);
}

#[tokio::test]
async fn the_tools_are_listed_again_every_thirty_seconds() {
    let app = TestApp::start().await;
    let quiet = Instant::now();
    app.mcp
        .set_tools(vec![tool("whoami", &owned(), &json!({}))]);
    pass(Duration::from_secs(27)).await;
    while app.mcp.remembers(|memory| memory.lists) == 1 {
        assert!(quiet.elapsed().as_secs() < 45, "never listed again");
        sleep(Duration::from_millis(10)).await;
    }
    assert!(quiet.elapsed().as_secs() >= 29, "{:?}", quiet.elapsed());
    ready_with_tools(&app, 1).await;
    assert_eq!(app.mcp.remembers(|memory| memory.sessions), 1);
}

#[tokio::test]
async fn a_server_with_an_older_protocol_version_is_accepted() {
    let server = BadMcp::start(Quirk::OldVersion).await;
    let app = obedient_with(&server).await;
    assert_eq!(result_of(&app, "ok").await, good("ok"));
}

#[tokio::test]
async fn failed_handshakes_are_retried_and_chats_refused_meanwhile() {
    let quirks = [
        Quirk::FutureVersion,
        Quirk::NewerVersion,
        Quirk::InitializeFails,
        Quirk::InitializeIsHtml,
        Quirk::InitializeHangs,
        Quirk::ListFails,
    ];
    // One of them never answers, and is given 10 s.
    let hurry = async {
        for _ in 0..11 {
            sleep(Duration::from_millis(200)).await;
            pass(Duration::from_secs(1)).await;
        }
    };
    let refused = join_all(quirks.map(|quirk| async move {
        let server = BadMcp::start(quirk).await;
        let app = unready_with(&server).await;
        server.tried_to_initialize(2).await;
        let ready = app.get("/ready").await;
        assert_eq!(
            (ready.status.as_u16(), ready.body),
            (
                503,
                json!({"status": "unavailable", "mcp": {"state": "connecting"}})
            ),
            "{quirk:?}"
        );
        let refused = app.ask("ok").await;
        assert_eq!(refused.error(), (503, "tools_unavailable"), "{quirk:?}");
        assert_eq!(app.get("/health").await.status, 200);
    }));
    join!(refused, hurry);
}
