//! What a session is opened with, and kept by.

use tokio::time::{Instant, sleep};

use super::*;

#[tokio::test]
async fn a_session_is_asked_for_at_the_last_protocol_that_has_one() {
    let server = BadMcp::start(Quirk::None).await;
    let _app = TestApp::builder().mcp_url(server.url()).start().await;
    assert_eq!(server.versions(), ["2025-11-25"]);
}

#[tokio::test]
async fn the_tools_are_listed_again_after_thirty_seconds_though_nothing_was_announced() {
    let app = TestApp::start().await;
    let quiet = Instant::now();
    app.mcp
        .set_tools(vec![tool("whoami", &owned(), &json!({}))]);
    while app.mcp.remembers(|memory| memory.lists) == 1 {
        assert!(quiet.elapsed().as_secs() < 45, "never listed again");
        sleep(Duration::from_millis(10)).await;
    }
    assert!(quiet.elapsed().as_secs() >= 25, "{:?}", quiet.elapsed());
    ready_with_tools(&app, 1).await;
    assert_eq!(app.mcp.remembers(|memory| memory.sessions), 1);
}
