//! Limits on bodies, rates and numbers of chats; and in which order requests are checked.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use crate::support::{
    fake_claude::Reply,
    mcp_server::McpServer,
    sse::Sse,
    test_app::{Answer, JWT_KEY, TestApp, now, token, user},
    wait::{Gate, within},
};

const MEBIBYTE: usize = 1 << 20;

async fn with_limit(bytes: usize) -> TestApp {
    TestApp::builder()
        .env("AGENT_MAX_BODY_BYTES", &bytes.to_string())
        .start()
        .await
}

/// A body without an announced length.
fn chunked(pieces: Vec<Bytes>) -> reqwest::Body {
    let pieces = pieces.into_iter().map(Ok::<_, std::io::Error>);
    reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
}

/// A request of exactly this length.
fn padded(bytes: usize) -> String {
    let empty = user("").to_string().len();
    user(&"x".repeat(bytes - empty)).to_string()
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

// Bodies.

#[tokio::test]
async fn a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not() {
    let app = with_limit(1000).await;
    app.claude
        .push_all([Reply::text("one"), Reply::text("two")]);
    let body = padded(1000);
    assert_eq!(body.len(), 1000);
    Answer::of(app.post("sam").body(body.clone())).await.ok();
    let (start, end) = body.split_at(500);
    let pieces = vec![start.to_owned().into(), end.to_owned().into()];
    Answer::of(app.post("sam").body(chunked(pieces))).await.ok();
    too_large(&Answer::of(app.post("sam").body(padded(1001))).await, 1000);
    let more = vec![body.into(), " ".into()];
    too_large(&Answer::of(app.post("sam").body(chunked(more))).await, 1000);
}

#[tokio::test]
async fn a_length_beyond_the_limit_is_refused_before_the_body_comes() {
    let app = with_limit(1000).await;
    let mut stream = connection(&app).await;
    stream
        .write_all(head(&app, "content-length: 1001").as_bytes())
        .await
        .expect("sent");
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
}

#[tokio::test]
async fn a_body_without_a_length_is_refused_while_it_is_being_read() {
    let app = with_limit(1000).await;
    let mut stream = connection(&app).await;
    let head = head(&app, "transfer-encoding: chunked");
    let piece = format!("3e9\r\n{}\r\n", "x".repeat(1001));
    stream
        .write_all((head + &piece).as_bytes())
        .await
        .expect("sent");
    // There is no last chunk.
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
}

#[tokio::test]
async fn a_client_that_sends_three_times_the_limit_gets_to_read_its_413() {
    let app = with_limit(4 * MEBIBYTE).await;
    let body = Bytes::from(vec![b'x'; 12 * MEBIBYTE]);
    let announced = app.post("sam").body(body.clone());
    too_large(&Answer::of(announced).await, 4 * MEBIBYTE);
    let pieces = body.chunks(MEBIBYTE).map(Bytes::copy_from_slice).collect();
    let unannounced = app.post("sam").body(chunked(pieces));
    too_large(&Answer::of(unannounced).await, 4 * MEBIBYTE);
}

#[tokio::test]
async fn a_client_that_reads_only_after_it_has_sent_everything_gets_its_413() {
    let app = with_limit(4 * MEBIBYTE).await;
    let length = 12 * MEBIBYTE;
    let announced = head(&app, &format!("content-length: {length}"));
    send_then_read(&app, &[announced.into(), vec![b'x'; length]].concat()).await;
}

#[tokio::test]
async fn a_client_that_reads_only_after_its_last_chunk_gets_its_413() {
    let app = with_limit(4 * MEBIBYTE).await;
    let length = 12 * MEBIBYTE;
    let head = head(&app, "transfer-encoding: chunked") + &format!("{length:x}\r\n");
    let last = b"\r\n0\r\n\r\n".to_vec();
    send_then_read(&app, &[head.into(), vec![b'x'; length], last].concat()).await;
}

async fn send_then_read(app: &TestApp, request: &[u8]) {
    let mut stream = connection(app).await;
    within("everything is sent", stream.write_all(request))
        .await
        .expect("the service reads on");
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_a_504() {
    let app = TestApp::builder()
        .env("AGENT_TURN_TIMEOUT_SECS", "1")
        .start()
        .await;
    let mut stream = connection(&app).await;
    let sent = head(&app, "content-length: 1000") + "{";
    stream.write_all(sent.as_bytes()).await.expect("sent");
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 504 "), "{head}");
}

#[tokio::test]
async fn a_photo_of_five_megabytes_reaches_claude_unchanged() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let app = TestApp::with([Reply::text("a nice squat rack")]).await;
    let mut seed = 7_u32;
    let photo: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    })
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
async fn the_web_frontends_request_works_as_it_is() {
    let app = TestApp::with([Reply::text("Logged.")]).await;
    let sample = include_str!("../samples/web-chat-request.json");
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

/// The head of a sound request of Sam's, with one more header.
fn head(app: &TestApp, header: &str) -> String {
    let token = app.token("sam");
    format!(
        "POST /chat HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n{header}\r\n\r\n"
    )
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

// Rates.

async fn rated(max: &str, window: &str) -> TestApp {
    TestApp::builder()
        .env("RATE_LIMIT_MAX", max)
        .env("RATE_LIMIT_WINDOW_SECS", window)
        .start()
        .await
}

/// A request that costs nothing but its place in the window.
async fn malformed(app: &TestApp, sub: &str) -> Answer {
    Answer::of(app.post(sub).body("{")).await
}

fn rate_limited(answer: &Answer) -> u64 {
    let detail = "Too many requests of this user; wait as long as Retry-After says.";
    problem(answer, 429, "Too Many Requests", "rate_limited", detail);
    let wait = answer.header("retry-after").expect("a Retry-After");
    wait.parse().expect("whole seconds")
}

#[tokio::test]
async fn a_user_beyond_the_rate_limit_is_told_how_long_to_wait() {
    let app = rated("2", "60").await;
    app.claude
        .push_all([Reply::text("one"), Reply::text("two")]);
    app.ask("hello").await.ok();
    app.ask("hello").await.ok();
    let wait = rate_limited(&app.ask("hello").await);
    assert!((30..=60).contains(&wait), "{wait}");
}

#[tokio::test]
async fn requests_that_are_refused_for_their_body_count_too() {
    let app = rated("3", "60").await;
    assert_eq!(malformed(&app, "sam").await.error(), (400, "invalid_json"));
    let gzip = app.post("sam").header("content-encoding", "gzip");
    assert_eq!(
        Answer::of(gzip).await.error(),
        (415, "unsupported_media_type")
    );
    let empty = app.chat("sam", &json!({})).await;
    assert_eq!(empty.error(), (422, "invalid_request"));
    rate_limited(&app.ask("hello").await);
}

#[tokio::test]
async fn other_users_are_not_affected_by_ones_rate() {
    let app = rated("1", "60").await;
    malformed(&app, "sam").await;
    rate_limited(&malformed(&app, "sam").await);
    app.claude.push(Reply::text("hi"));
    app.chat("ann", &user("hello")).await.ok();
}

#[tokio::test]
async fn requests_without_a_good_token_count_for_nobody() {
    let app = rated("1", "60").await;
    for _ in 0..3 {
        let expired = json!({"sub": "sam", "exp": now() - 3600});
        let request = app
            .request(Method::POST, "/chat")
            .bearer_auth(token(JWT_KEY, &expired));
        assert_eq!(Answer::of(request).await.error(), (401, "unauthorized"));
    }
    app.claude.push(Reply::text("hi"));
    app.ask("hello").await.ok();
}

#[tokio::test]
async fn after_the_time_that_retry_after_names_the_user_is_let_through() {
    let app = rated("1", "1").await;
    malformed(&app, "sam").await;
    let wait = rate_limited(&malformed(&app, "sam").await);
    assert_eq!(wait, 1);
    tokio::time::sleep(Duration::from_secs(wait)).await;
    assert_eq!(malformed(&app, "sam").await.error(), (400, "invalid_json"));
}

#[tokio::test]
async fn zero_switches_the_rate_limit_off() {
    let app = rated("0", "60").await;
    for _ in 0..100 {
        assert_eq!(malformed(&app, "sam").await.error(), (400, "invalid_json"));
    }
}

#[tokio::test]
async fn by_default_a_user_has_sixty_requests_a_minute() {
    let app = rated("", "").await;
    for _ in 0..60 {
        assert_eq!(malformed(&app, "sam").await.error(), (400, "invalid_json"));
    }
    rate_limited(&malformed(&app, "sam").await);
}

// Numbers of chats.

/// The service with one place for chats, and the one chat that has it until the gate opens.
async fn full(builder: crate::support::test_app::Builder) -> (TestApp, Sse, Gate) {
    let app = builder.env("AGENT_MAX_CONCURRENT_CHATS", "1").start().await;
    let gate = Gate::new();
    app.claude.push(Reply::text("late").gate_at(1, &gate));
    let mut running = app.ask_streaming("hello").await;
    running.expect("model_chosen").await;
    (app, running, gate)
}

#[tokio::test]
async fn a_chat_too_many_gets_503_until_a_place_is_free() {
    let (app, running, gate) = full(TestApp::builder()).await;
    let answer = app.chat("ann", &user("hello")).await;
    let detail = "Too many chats are running; try again shortly.";
    problem(&answer, 503, "Service Unavailable", "busy", detail);
    assert_eq!(answer.header("retry-after"), Some("2"));
    gate.open_for_good();
    running.last("done").await;
    app.claude.push(Reply::text("welcome"));
    app.chat("ann", &user("hello")).await.ok();
}

#[tokio::test]
async fn a_refused_request_gives_its_place_back() {
    let app = TestApp::builder()
        .env("AGENT_MAX_CONCURRENT_CHATS", "1")
        .start()
        .await;
    for _ in 0..3 {
        assert_eq!(malformed(&app, "sam").await.error(), (400, "invalid_json"));
    }
    app.claude.push(Reply::text("hi"));
    app.ask("hello").await.ok();
}

#[tokio::test]
async fn a_client_that_goes_away_gives_its_place_back() {
    let (app, running, _gate) = full(TestApp::builder()).await;
    drop(running);
    app.claude.hung_up().await;
    let started = Instant::now();
    // Nothing is asked of Claude by these.
    while malformed(&app, "sam").await.error() != (400, "invalid_json") {
        assert!(started.elapsed() < crate::support::wait::DEADLINE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

// The order of checks.

#[tokio::test]
async fn while_shutting_down_401_comes_before_503_and_503_before_429() {
    let builder = TestApp::builder().env("RATE_LIMIT_MAX", "1");
    let (mut app, running, gate) = full(builder).await;
    app.stop();
    app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await;
    let anonymous = Answer::of(app.request(Method::POST, "/chat")).await;
    assert_eq!(anonymous.error(), (401, "unauthorized"));
    // Sam is at the limit, and there is no place either.
    let refused = app.ask("hello").await;
    let detail = "The service is shutting down; try again shortly.";
    problem(
        &refused,
        503,
        "Service Unavailable",
        "shutting_down",
        detail,
    );
    assert_eq!(refused.header("retry-after"), Some("5"));
    gate.open_for_good();
    running.last("done").await;
    app.stopped().await;
}

#[tokio::test]
async fn a_429_comes_before_busy_and_busy_before_a_415() {
    let builder = TestApp::builder().env("RATE_LIMIT_MAX", "1");
    let (app, running, gate) = full(builder).await;
    let wrong = |sub| {
        app.request(Method::POST, "/chat")
            .bearer_auth(app.token(sub))
            .header("content-type", "text/plain")
    };
    assert_eq!(
        Answer::of(wrong("sam")).await.error(),
        (429, "rate_limited")
    );
    assert_eq!(Answer::of(wrong("ann")).await.error(), (503, "busy"));
    gate.open_for_good();
    running.last("done").await;
    assert_eq!(
        Answer::of(wrong("bob")).await.error(),
        (415, "unsupported_media_type")
    );
}

#[tokio::test]
async fn a_415_comes_before_a_413_and_a_413_before_a_400() {
    let app = with_limit(100).await;
    let garbage = || "x".repeat(101);
    let compressed = app
        .post("sam")
        .header("content-encoding", "gzip")
        .body(garbage());
    assert_eq!(
        Answer::of(compressed).await.error(),
        (415, "unsupported_media_type")
    );
    too_large(&Answer::of(app.post("sam").body(garbage())).await, 100);
}

#[tokio::test]
async fn a_400_comes_before_a_422_and_both_before_tools_unavailable() {
    let mut mcp = McpServer::start().await;
    mcp.stop().await;
    let app = TestApp::builder().unready().start_with(mcp).await;
    let started = Instant::now();
    let both = app.post("sam").body(r#"{"messages": 5, "stream": oops}"#);
    assert_eq!(Answer::of(both).await.error(), (400, "invalid_json"));
    let invalid = app.chat("sam", &json!({"messages": 5})).await;
    assert_eq!(invalid.error(), (422, "invalid_request"));
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "neither waits for a session"
    );
    let answer = app.ask("hello").await;
    let detail = "The tools are unavailable; try again shortly.";
    problem(
        &answer,
        503,
        "Service Unavailable",
        "tools_unavailable",
        detail,
    );
    assert_eq!(answer.header("retry-after"), Some("5"));
}

#[tokio::test]
async fn a_401_comes_before_every_other_check() {
    let (app, running, gate) = full(TestApp::builder().env("AGENT_MAX_BODY_BYTES", "200")).await;
    let request = app
        .request(Method::POST, "/chat")
        .bearer_auth("bad")
        .header("content-type", "text/plain")
        .body("x".repeat(1000));
    assert_eq!(Answer::of(request).await.error(), (401, "unauthorized"));
    gate.open_for_good();
    running.last("done").await;
}

/// So many tasks that always have something to do: more than the runtime's own queue of a thread takes.
fn saturated(over: &Arc<AtomicBool>) {
    for _ in 0..2000 {
        let over = over.clone();
        tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let began = std::time::Instant::now();
                while began.elapsed() < Duration::from_micros(20) {}
                tokio::task::yield_now().await;
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_chat_that_cannot_begin_in_its_time_gets_a_504_and_leaves_the_line() {
    let builder = TestApp::builder().env("AGENT_TURN_TIMEOUT_SECS", "1");
    let app = builder.start().await;
    app.claude.push(Reply::text("hi"));
    let over = Arc::new(AtomicBool::new(false));
    saturated(&over);
    let refused = app.ask("hello").await;
    assert_eq!(refused.error(), (504, "timeout"));
    assert!(refused.text.contains("begin"), "{}", refused.text);
    over.store(true, Ordering::Relaxed);
    app.ask("hello").await.ok();
}
