//! JSON-RPC ids that are in use.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use prog_strength_agent::workout::transport::Tuning;
use serde_json::{Value, json};

use crate::support::{
    answer::Answer,
    wait::within,
    workout::{AGENT_TOKEN, WorkoutServer, said, user_token},
};

/// The code of a JSON-RPC error, with its id.
fn rpc_error(answer: &Answer) -> (u16, i64, &Value) {
    let code = answer.body["error"]["code"].as_i64().unwrap_or_default();
    (answer.status.as_u16(), code, &answer.body["id"])
}

#[tokio::test]
async fn a_request_whose_id_is_in_use_is_refused_at_once_and_shutdown_is_quick() {
    let settings = [("AGENT_SHUTDOWN_GRACE_SECS", "10")];
    let mut server = WorkoutServer::with(&settings, Tuning::default()).await;
    let session = server.session(AGENT_TOKEN).await;
    let first = tokio::spawn(Answer::of(server.call(AGENT_TOKEN, &session, "slow")));
    server.is_slow().await;
    let began = Instant::now();
    let others = (0..11).map(|_| Answer::of(server.call(AGENT_TOKEN, &session, "whoami")));
    for refused in within("eleven answers", join_all(others)).await {
        assert_eq!(rpc_error(&refused), (400, -32600, &json!(7)));
    }
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
    server.gate.open_for_good();
    assert_eq!(said(&first.await.expect("an answer")), "Agent");
    // The id is free again.
    let again = Answer::of(server.call(AGENT_TOKEN, &session, "whoami")).await;
    assert_eq!(said(&again), "Agent");
    let began = Instant::now();
    server.stop();
    server.stopped().await;
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn requests_with_one_id_at_once_are_all_answered() {
    let server = WorkoutServer::start().await;
    let sam = user_token("sam");
    let session = server.session(&sam).await;
    for _ in 0..20 {
        let began = Instant::now();
        let calls = (0..12).map(|_| Answer::of(server.call(&sam, &session, "whoami")));
        let answers = within("twelve answers", join_all(calls)).await;
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "{:?}",
            began.elapsed()
        );
        let answered = answers.iter().filter(|answer| answer.status == 200);
        assert!(
            answered
                .inspect(|answer| assert_eq!(said(answer), "User(\"sam\")"))
                .count()
                > 0
        );
    }
}

#[tokio::test]
async fn ids_of_another_type_or_session_are_other_ids() {
    let server = WorkoutServer::start().await;
    let session = server.session(AGENT_TOKEN).await;
    let other = server.session(AGENT_TOKEN).await;
    let slow = server.call_with_id(AGENT_TOKEN, &session, "slow", 3);
    let slow = tokio::spawn(Answer::of(slow));
    server.is_slow().await;
    let call =
        |session, id: Value| Answer::of(server.call_with_id(AGENT_TOKEN, session, "whoami", id));
    assert_eq!(said(&call(&session, json!("3")).await), "Agent");
    assert_eq!(said(&call(&other, json!(3)).await), "Agent");
    let equal = call(&session, json!(3.0)).await;
    assert_eq!(rpc_error(&equal), (400, -32600, &json!(3)));
    server.gate.open_for_good();
    assert_eq!(said(&slow.await.expect("an answer")), "Agent");
}

#[tokio::test]
async fn an_id_is_in_use_until_its_handler_ends_though_the_client_is_gone() {
    let server = WorkoutServer::start().await;
    let session = server.session(AGENT_TOKEN).await;
    let gone = tokio::spawn(server.call(AGENT_TOKEN, &session, "slow").send());
    server.is_slow().await;
    gone.abort();
    assert!(gone.await.is_err());
    tokio::time::sleep(Duration::from_millis(100)).await;
    let call = || Answer::of(server.call(AGENT_TOKEN, &session, "whoami"));
    assert_eq!(rpc_error(&call().await).0, 400);
    server.gate.open_for_good();
    let free = async { while call().await.status != 200 {} };
    within("the id", free).await;
}
