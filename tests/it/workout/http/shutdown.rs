//! Shutdown with active calls and streams.

use http::Method;
use prog_strength_agent::workout::transport::Tuning;

use crate::support::{
    answer::Answer,
    wait::within,
    workout::{AGENT_TOKEN, WorkoutServer, said},
};

#[tokio::test]
async fn shutdown_lets_active_calls_finish_and_ends_streams() {
    let mut server = WorkoutServer::start().await;
    let session = server.session(AGENT_TOKEN).await;
    let stream = server
        .request(Method::GET, "/mcp")
        .bearer_auth(AGENT_TOKEN)
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &session)
        .send();
    let stream = within("the stream", stream).await.expect("a stream");
    assert_eq!(stream.status(), 200);
    let slow = tokio::spawn(Answer::of(server.call(AGENT_TOKEN, &session, "slow")));
    server.is_slow().await;
    server.stop();
    within("the drain", server.lifecycle.draining().cancelled()).await;
    let late = server.initialize(AGENT_TOKEN).await;
    assert_eq!(late.error(), (503, "shutting_down"));
    server.gate.open_for_good();
    assert_eq!(said(&slow.await.expect("an answer")), "Agent");
    server.stopped().await;
    let rest = within("the stream's end", stream.text()).await;
    assert!(rest.is_ok());
}

#[tokio::test]
async fn a_call_beyond_the_grace_period_does_not_delay_shutdown() {
    let settings = [("AGENT_SHUTDOWN_GRACE_SECS", "0")];
    let mut server = WorkoutServer::with(&settings, Tuning::default()).await;
    let session = server.session(AGENT_TOKEN).await;
    let slow = tokio::spawn(server.call(AGENT_TOKEN, &session, "slow").send());
    server.is_slow().await;
    server.stop();
    server.stopped().await;
    drop(slow);
}
