//! The limits on bodies, rates and concurrent chats, and the order of the checks.

mod bodies;
mod memory;
mod order;
mod rate_limit;
mod slots;

use serde_json::{Value, json};
use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::support::{
    fake_claude::Reply,
    sse::Sse,
    test_app::{Answer, TestApp},
    wait::{Gate, within},
};

const MEBIBYTE: usize = 1 << 20;

async fn with_limit(bytes: usize) -> TestApp {
    TestApp::builder()
        .env("AGENT_MAX_BODY_BYTES", &bytes.to_string())
        .start()
        .await
}

fn problem(answer: &Answer, status: u16, title: &str, code: &str, detail: &str) {
    let expected = json!({"type": "about:blank", "title": title, "status": status, "detail": detail, "error": detail,
        "code": code, "request_id": answer.header("x-request-id")});
    assert_eq!((answer.status.as_u16(), &answer.body), (status, &expected));
}

fn too_large(answer: &Answer, limit: usize) {
    let detail = format!("The body is larger than {limit} bytes.");
    problem(
        answer,
        413,
        "Payload Too Large",
        "payload_too_large",
        &detail,
    );
}

#[tokio::test]
async fn a_photo_of_five_megabytes_reaches_claude_unchanged() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let app = TestApp::with([Reply::text("a nice squat rack")]).await;
    let mut seed = 7_u32;
    let noise = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    });
    let photo: Vec<u8> = [0xff, 0xd8, 0xff]
        .into_iter()
        .chain(noise)
        .take(5 * MEBIBYTE)
        .collect();
    let source = json!({"type": "base64", "media_type": "image/jpeg", "data": BASE64_STANDARD.encode(photo)});
    let image = json!({"type": "image", "source": source});
    let words = json!({"type": "text", "text": "what is this?"});
    let request = json!({"messages": [{"role": "user", "content": [image, words]}]});
    app.chat("sam", &request).await.ok();
    let asked = app.claude.body();
    let content = asked["messages"][0]["content"].as_array().expect("blocks");
    // Not assert_eq, which would print megabytes.
    assert!(content[0]["source"] == source, "the photo has changed");
    assert_eq!((content.len(), &content[1]["text"]), (2, &words["text"]));
}

#[tokio::test]
async fn the_sample_request_of_the_web_client_works() {
    let app = TestApp::with([Reply::text("Logged.")]).await;
    let sample = include_str!("../../samples/web-chat-request.json");
    let request = app
        .post("sam")
        .header("accept", "text/event-stream")
        .body(sample);
    let sent = within("the stream's head", request.send()).await;
    let done = Sse::new(sent.expect("an answer")).last("done").await;
    assert_eq!(
        done["content"],
        json!([{"type": "text", "text": "Logged."}])
    );
    let sample: Value = serde_json::from_str(sample).expect("JSON");
    let image = &sample["messages"][4]["content"][0];
    let text = |text: &str| json!({"type": "text", "text": text});
    let mut messages = app.claude.body()["messages"].clone();
    for message in messages.as_array_mut().expect("messages") {
        for block in message["content"].as_array_mut().expect("blocks") {
            block
                .as_object_mut()
                .expect("a block")
                .remove("cache_control");
        }
    }
    assert_eq!(
        messages,
        json!([
            {"role": "user", "content": [text("what chest exercises do I have?")]},
            {"role": "assistant", "content": [text("You have **12** chest exercises.")]},
            {"role": "user", "content": [text("log bench 3x5 at 185"), image]},
            {"role": "assistant", "content": [text("Is this the session you mean?")]},
            {"role": "user", "content": [text("yes, log it")]},
        ])
    );
}

/// A connection to the service, for requests that no client library would send.
pub(super) async fn connection(app: &TestApp) -> TcpStream {
    let address = app.url.trim_start_matches("http://");
    TcpStream::connect(address).await.expect("a connection")
}

/// The answer's status line and headers.
pub(super) async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let byte = within("the answer's head", stream.read_u8()).await;
        head.push(byte.expect("an answer"));
    }
    String::from_utf8(head).expect("text")
}

/// A request that costs nothing but its place in the window.
async fn malformed(app: &TestApp, sub: &str) -> Answer {
    Answer::of(app.post(sub).body("{")).await
}

/// The service with one place for chats, and the one chat that has it until the gate opens.
async fn full(builder: crate::support::test_app::Builder) -> (TestApp, Sse, Gate) {
    let app = builder.env("AGENT_MAX_CONCURRENT_CHATS", "1").start().await;
    let gate = Gate::new();
    app.claude.push(Reply::text("late").gate_at(1, &gate));
    let mut running = app.ask_streaming("hello").await;
    running.expect("model_chosen").await;
    (app, running, gate)
}

/// The head of a valid request of the user, with one more header.
fn head_of(app: &TestApp, sub: &str, header: &str) -> String {
    let token = app.token(sub);
    format!(
        "POST /chat HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n{header}\r\n\r\n"
    )
}
