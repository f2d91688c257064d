//! Bodies that are not JSON, or too large.

use prog_strength_agent::workout::transport::MAX_BODY_BYTES;
use serde_json::Value;

use crate::support::{
    answer::Answer,
    workout::{AGENT_TOKEN, WorkoutServer, initialize},
};

#[tokio::test]
async fn a_body_that_is_not_json_is_a_400() {
    let server = WorkoutServer::start().await;
    let deep = "[".repeat(1000);
    for body in ["", "{", "not json", "[1e400]", &deep] {
        let request = server.post(AGENT_TOKEN, &Value::Null).body(body.to_owned());
        let answer = Answer::of(request).await;
        assert_eq!(answer.error(), (400, "invalid_json"), "{body:.20}");
    }
}

#[tokio::test]
async fn a_body_of_a_megabyte_is_accepted_and_a_larger_one_is_a_413() {
    let server = WorkoutServer::start().await;
    let padded = |size: usize| {
        let mut message = initialize().to_string();
        message.push_str(&" ".repeat(size - message.len()));
        server.post(AGENT_TOKEN, &Value::Null).body(message)
    };
    assert_eq!(Answer::of(padded(MAX_BODY_BYTES)).await.status, 200);
    let large = Answer::of(padded(MAX_BODY_BYTES + 1)).await;
    assert_eq!(large.error(), (413, "payload_too_large"));
    // A session stores the client information.
    let mut boast = initialize();
    boast["params"]["clientInfo"]["name"] = "x".repeat(70_000).into();
    let boasted = Answer::of(server.post(AGENT_TOKEN, &boast)).await;
    assert_eq!(boasted.error(), (413, "payload_too_large"));
    // Also without a Content-Length.
    let pieces = vec![Ok::<_, std::fmt::Error>("x".repeat(MAX_BODY_BYTES)); 2];
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let unannounced = server.post(AGENT_TOKEN, &Value::Null).body(stream);
    assert_eq!(
        Answer::of(unannounced).await.error(),
        (413, "payload_too_large")
    );
}

#[tokio::test]
async fn half_a_surrogate_pair_is_read_as_a_replacement_character() {
    let server = WorkoutServer::start().await;
    let mut message = initialize();
    message["params"]["clientInfo"]["name"] = "HALF".into();
    let message = message.to_string().replace("HALF", r"a\ud83d");
    let request = server.post(AGENT_TOKEN, &Value::Null).body(message);
    assert_eq!(Answer::of(request).await.status, 200);
    let session = server.session(AGENT_TOKEN).await;
    let message =
        r#"{"jsonrpc":"2.0","id":"\udc00","method":"tools/call","params":{"name":"\ud83d"}}"#;
    let request = server.post(AGENT_TOKEN, &Value::Null).body(message);
    let answer = Answer::of(request.header("mcp-session-id", session)).await;
    assert!(answer.text.contains("\u{fffd}"), "{}", answer.text);
}
