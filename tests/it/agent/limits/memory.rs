//! The bounds on what one user, and all users together, hold at once: chats, bodies and the answers of tools.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, sleep},
};

use super::{connection, full, head_of, problem, read_head};
use crate::support::{
    fake_claude::Reply,
    test_app::{Answer, TestApp, user},
    wait::{DEADLINE, Gate},
};

const KIB: usize = 1024;

/// All requests hold at most 1 MiB, and those of one user 512 KiB.
async fn with_a_mebibyte() -> TestApp {
    let builder = TestApp::builder();
    let builder = builder.env("AGENT_MEMORY_BUDGET_BYTES", "1048576");
    builder.start().await
}

/// A request of the user whose body does not end.
async fn unfinished(app: &TestApp, sub: &str, header: &str, sent: &[u8]) -> TcpStream {
    let mut stream = connection(app).await;
    let request = [head_of(app, sub, header).as_bytes(), sent].concat();
    stream.write_all(&request).await.expect("sent");
    stream
}

async fn announced(app: &TestApp, sub: &str, bytes: usize) -> TcpStream {
    unfinished(app, sub, &format!("content-length: {bytes}"), b"{").await
}

/// The status of each answer until it is another one.
async fn until_not(app: &TestApp, sub: &str, status: u16) -> Answer {
    let began = Instant::now();
    loop {
        let answer = app.chat(sub, &user("hello")).await;
        if answer.status.as_u16() != status {
            return answer;
        }
        assert!(began.elapsed() < DEADLINE, "{answer:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

fn of_user_too_large(answer: &Answer) {
    let detail =
        "The requests of this user hold too much memory; wait for one to end, or send less.";
    problem(answer, 429, "Too Many Requests", "rate_limited", detail);
    assert_eq!(answer.header("retry-after"), Some("2"));
}

#[tokio::test]
async fn a_ninth_turn_of_a_user_gets_429_and_another_users_turn_passes() {
    let builder = TestApp::builder().env("AGENT_MAX_CHATS_PER_USER", "8");
    let (app, gate) = (builder.start().await, Gate::new());
    let mut running = Vec::new();
    for _ in 0..8 {
        app.claude.push(Reply::text("late").gate_at(1, &gate));
        let mut stream = app.ask_streaming("hello").await;
        stream.expect("model_chosen").await;
        running.push(stream);
    }
    let refused = app.ask("hello").await;
    let detail = "Too many requests of this user are running; wait for one to end.";
    problem(&refused, 429, "Too Many Requests", "rate_limited", detail);
    assert_eq!(refused.header("retry-after"), Some("2"));
    app.claude.push(Reply::text("hi"));
    app.chat("ann", &user("hello")).await.ok();
    gate.open_for_good();
    for stream in running {
        stream.last("done").await;
    }
    app.claude.push(Reply::text("hi"));
    app.ask("hello").await.ok();
}

#[tokio::test]
async fn announced_bodies_of_a_user_hold_at_most_half_and_those_of_all_users_hold_all() {
    let app = with_a_mebibyte().await;
    let sam = announced(&app, "sam", 500 * KIB).await;
    // Both are read by then.
    let mut refused = announced(&app, "sam", 20 * KIB).await;
    assert!(read_head(&mut refused).await.starts_with("HTTP/1.1 429 "));
    app.claude.push(Reply::text("hi"));
    app.ask("a small one").await.ok();

    let ann = announced(&app, "ann", 500 * KIB).await;
    let mut refused = announced(&app, "bob", 30 * KIB).await;
    let head = read_head(&mut refused).await;
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert!(head.contains("retry-after: 2\r\n"), "{head}");

    drop((sam, ann));
    app.claude.push(Reply::text("hi"));
    let padding = "x".repeat(30 * KIB);
    let began = Instant::now();
    while app.chat("bob", &user(&padding)).await.status != 200 {
        assert!(began.elapsed() < DEADLINE);
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_body_without_a_length_is_counted_as_it_arrives() {
    let app = with_a_mebibyte().await;
    let piece = |bytes: usize| {
        let mut chunk = format!("{bytes:x}\r\n").into_bytes();
        chunk.resize(chunk.len() + bytes, b' ');
        [chunk, b"\r\n".to_vec()].concat()
    };
    let chunked = "transfer-encoding: chunked";
    let mut first = unfinished(&app, "sam", chunked, &piece(300 * KIB)).await;
    first.write_all(&piece(300 * KIB)).await.expect("sent");
    let head = read_head(&mut first).await;
    assert!(head.starts_with("HTTP/1.1 429 "), "{head}");
}

#[tokio::test]
async fn memory_is_given_back_when_a_request_is_refused_or_its_turn_has_ended() {
    let app = with_a_mebibyte().await;
    let mut large = user(&"x".repeat(200 * KIB));
    large["unknown"] = json!("y".repeat(200 * KIB));
    for _ in 0..5 {
        app.claude.push(Reply::text("hi"));
        app.chat("sam", &large).await.ok();
        let invalid = "x".repeat(400 * KIB);
        let answer = Answer::of(app.post("sam").body(invalid)).await;
        assert_eq!(answer.error(), (400, "invalid_json"));
    }
}

#[tokio::test]
async fn a_body_is_held_while_its_turn_runs_and_no_longer() {
    let app = with_a_mebibyte().await;
    let gate = Gate::new();
    app.claude.push(Reply::text("late").gate_at(1, &gate));
    let mut running = app.stream("sam", &user(&"x".repeat(300 * KIB))).await;
    running.expect("model_chosen").await;
    let large = user(&"x".repeat(300 * KIB));
    of_user_too_large(&app.chat("sam", &large).await);
    gate.open_for_good();
    running.last("done").await;
    app.claude.push(Reply::text("hi"));
    assert_eq!(until_not(&app, "sam", 429).await.status, 200);
}

#[tokio::test]
async fn the_cost_of_parsing_counts() {
    let app = with_a_mebibyte().await;
    // 3,000 values cost more than half a mebibyte, though they take 6 kB.
    let mut request = user("hello");
    request["unknown"] = json!(vec![0; 3_000]);
    of_user_too_large(&app.chat("sam", &request).await);
    request["unknown"] = json!(vec![0; 1_000]);
    app.claude.push(Reply::text("hi"));
    app.chat("sam", &request).await.ok();
}

#[tokio::test]
async fn an_answer_of_a_tool_beyond_the_budget_is_left_out_and_the_turn_goes_on() {
    let app = with_a_mebibyte().await;
    let call = |id: &str| Reply::tool(id, "big", json!({"bytes": 90_000}));
    app.claude
        .push_all([call("t1"), call("t2"), Reply::text("done")]);
    app.ask("hello").await.ok();
    let asked = app.claude.bodies().pop().expect("a request");
    let result = |at: usize| {
        let content = &asked["messages"][at]["content"][0]["content"];
        content[0]["text"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(result(2).len(), 90_000);
    assert!(result(4).contains("is left out"), "{}", result(4).len());
}

#[tokio::test]
async fn a_json_answer_is_held_until_its_client_has_read_it() {
    // Half of it holds three copies of the picture.
    let half = 20 << 20;
    let builder = TestApp::builder().env("AGENT_MEMORY_BUDGET_BYTES", &(2 * half).to_string());
    let app = builder.start().await;
    let picture = Reply::tool("t1", "picture", json!({"bytes": 4_000_000}));
    app.claude.push_all([picture, Reply::text("done")]);
    let body = user("hello").to_string();
    let head = head_of(&app, "sam", &format!("content-length: {}", body.len()));
    let socket = TcpSocket::new_v4().expect("a socket");
    // The system must not take the whole answer.
    socket.set_recv_buffer_size(4096).expect("set");
    let address = app
        .url
        .trim_start_matches("http://")
        .parse()
        .expect("an address");
    let mut unread = socket.connect(address).await.expect("a connection");
    unread
        .write_all((head + &body).as_bytes())
        .await
        .expect("sent");
    let mut status = [0; 12];
    unread.read_exact(&mut status).await.expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 200");
    let mut refused = announced(&app, "sam", half - 5_000_000).await;
    assert!(read_head(&mut refused).await.starts_with("HTTP/1.1 429 "));
    drop(unread);
    app.claude.push(Reply::text("hi"));
    let large = user(&"x".repeat(half - 5_000_000));
    assert_eq!(until_not_refused(&app, &large).await, 200);
}

async fn until_not_refused(app: &TestApp, request: &Value) -> u16 {
    let began = Instant::now();
    loop {
        let status = app.chat("sam", request).await.status.as_u16();
        if status != 429 || began.elapsed() > DEADLINE {
            return status;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn busy_comes_before_a_415_and_a_body_that_is_too_large_is_a_413_all_the_same() {
    let (app, running, gate) = full(TestApp::builder()).await;
    gate.open_for_good();
    running.last("done").await;
    let huge = format!("content-length: {}", 1_u64 << 40);
    let mut refused = unfinished(&app, "sam", &huge, b"").await;
    assert!(read_head(&mut refused).await.starts_with("HTTP/1.1 413 "));

    let app = with_a_mebibyte().await;
    let _held = (
        announced(&app, "ann", 512 * KIB).await,
        announced(&app, "bob", 512 * KIB).await,
    );
    let began = Instant::now();
    loop {
        let wrong = app.post("sam").header("content-encoding", "gzip");
        let answer = Answer::of(wrong.body("x".repeat(KIB))).await;
        if answer.error() == (503, "busy") {
            break;
        }
        assert_eq!(answer.error(), (415, "unsupported_media_type"));
        assert!(began.elapsed() < DEADLINE);
    }
}

#[tokio::test]
async fn a_body_has_30_seconds_to_arrive() {
    let app = TestApp::start().await;
    let mut stream = announced(&app, "sam", 1000).await;
    // The service waits for the body before the clock stops.
    app.claude.push(Reply::text("hi"));
    app.ask("hello").await.ok();
    tokio::time::pause();
    let began = Instant::now();
    let mut head = [0; 13];
    stream.read_exact(&mut head).await.expect("an answer");
    assert_eq!(&head, b"HTTP/1.1 504 ");
    let seconds = began.elapsed().as_secs();
    assert!((28..=31).contains(&seconds), "{seconds} s");
}

#[tokio::test]
async fn a_history_of_100_000_values_passes_and_a_longer_one_does_not() {
    let app = TestApp::with([Reply::text("hi")]).await;
    // The object, its messages, one message, and its two values.
    let request = |zeros: usize| {
        let mut request = user("hello");
        request["x"] = json!(vec![0; zeros]);
        request
    };
    let around = 6;
    app.chat("sam", &request(100_000 - around)).await.ok();
    let refused = app.chat("sam", &request(100_001 - around)).await;
    assert_eq!(refused.error(), (422, "invalid_request"));
    let detail: &Value = &refused.body["detail"];
    assert_eq!(detail, "body: must not hold more than 100000 values");
}
