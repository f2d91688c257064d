//! Graceful shutdown on SIGTERM and SIGINT.

use rustix::process::Signal;

use super::*;

async fn ends_on(signal: Signal) {
    let service = Service::start(&[], &[]).await;
    service.process.signal(signal);
    service
        .mcp
        .until("the session is closed", |memory| {
            memory.sessions_closed == 1
        })
        .await;
    let ended = service.process.ended().await;
    assert_eq!((ended.code, ended.err), (Some(0), vec![]));
    as_json(&ended.out);
}

#[tokio::test]
async fn sigterm_closes_the_mcp_session_and_ends_the_process_with_0() {
    ends_on(Signal::TERM).await;
}

#[tokio::test]
async fn sigint_closes_the_mcp_session_and_ends_the_process_with_0() {
    ends_on(Signal::INT).await;
}

#[tokio::test]
async fn sigterm_lets_a_running_chat_finish_and_refuses_new_ones() {
    let (service, gate) = (Service::start(&[], &[]).await, Gate::new());
    service
        .claude
        .push(Reply::texts(&["still ", "here"]).gate_at(3, &gate));
    let mut running = service.stream(&sams_token(), &user("hello")).await;
    running.expect("model_chosen").await;
    running.expect("text_delta").await;
    service.process.signal(Signal::TERM);
    service.ready_says(503).await;
    assert_eq!(service.get("/health").await, 200);
    let (status, body) = service.chat(&sams_token(), "x", &user("me too")).await;
    assert_eq!(
        (status, body["code"].as_str()),
        (503, Some("shutting_down"))
    );
    gate.open_for_good();
    let done = running.last("done").await;
    assert_eq!(
        done["content"],
        json!([{"type": "text", "text": "still here"}])
    );
    assert_eq!(service.process.ended().await.code, Some(0));
}

#[tokio::test]
async fn a_chat_that_outlives_the_grace_period_gets_an_error_and_the_process_ends_with_0() {
    let service = Service::start(&[], &[("AGENT_SHUTDOWN_GRACE_SECS", "0")]).await;
    service.claude.push(Reply::text("never").silence_after(1));
    let mut running = service.stream(&sams_token(), &user("hello")).await;
    running.expect("model_chosen").await;
    service.claude.asked_times(1).await;
    service.process.signal(Signal::TERM);
    let error = running.last("error").await;
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!("shutting_down"), &json!(true))
    );
    assert_eq!(service.process.ended().await.code, Some(0));
}
