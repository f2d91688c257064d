//! Clients that read slowly or stop reading.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use rustix::time::{ClockId, clock_gettime};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{Instant, sleep},
};

use crate::{
    agent::limits::read_head,
    support::helpers::{metric, metric_becomes},
    support::{
        fake_claude::Reply,
        test_app::{Builder, TestApp, user},
        wait::{DEADLINE, within},
    },
};

const MEBIBYTE: usize = 1 << 20;
/// More than all buffers of one stream hold. By default, the kernel's grow to four times that.
const BUFFERED: usize = 2 * MEBIBYTE;
/// A turn's time in these tests, and what a reader that is behind has to catch up.
const TIME: Duration = Duration::from_secs(2);
const CATCH_UP: Duration = Duration::from_secs(5);

fn hurried() -> Builder {
    TestApp::builder().env("AGENT_TURN_TIMEOUT_SECS", "2")
}

/// The service, a Claude that writes endlessly, and the number of bytes that it has written.
async fn endless(builder: Builder) -> (TestApp, Arc<AtomicUsize>) {
    let (app, sent) = (builder.start().await, Arc::new(AtomicUsize::new(0)));
    let reply = Reply::endless(&sent);
    app.claude
        .on(move |body| match crate::support::helpers::said(body) {
            Some(words) if words == "endless" => reply.clone(),
            _ => Reply::text("hi"),
        });
    (app, sent)
}

/// A connection with small buffers, over which the user has sent a chat.
async fn asked(app: &TestApp, words: &str, streamed: bool) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let address = app.url.trim_start_matches("http://");
    let address = address.parse().expect("an address");
    let mut stream = socket.connect(address).await.expect("a connection");
    let mut body = user(words);
    body["stream"] = streamed.into();
    let (body, token) = (body.to_string(), app.token("sam"));
    let request = format!(
        "POST /chat HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream
}

/// A reader that stops reading after the start of its stream.
async fn stopped(app: &TestApp) -> TcpStream {
    let mut stream = asked(app, "endless", true).await;
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    stream
}

/// Waits until no more bytes are accepted; returns their number.
async fn settled(sent: &AtomicUsize) -> usize {
    let (started, mut before, mut quiet) = (Instant::now(), 0, 0);
    while quiet < 10 {
        sleep(Duration::from_millis(50)).await;
        let now = sent.load(Ordering::SeqCst);
        assert!(started.elapsed() < DEADLINE, "{now} bytes, and no end");
        quiet = if now > 0 && now == before {
            quiet + 1
        } else {
            0
        };
        before = now;
    }
    before
}

/// Reads the rest, up to the end of the connection.
async fn closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let _ = within("the connection's end", stream.read_to_end(&mut rest)).await;
}

#[tokio::test]
async fn a_stopped_reader_stops_the_reading_of_claude() {
    let (app, sent) = endless(TestApp::builder()).await;
    let mut reader = stopped(&app).await;
    let taken = settled(&sent).await;
    assert!(taken < BUFFERED, "{taken} bytes");
    // No byte was lost: the stream continues where it stopped.
    let mut some = vec![0; taken];
    within("more of the stream", reader.read_exact(&mut some))
        .await
        .expect("an open stream");
    assert!(sent.load(Ordering::SeqCst) > taken);
    assert_eq!(metric(&app, "chat_in_flight").await, 1);
}

#[tokio::test]
async fn a_stopped_reader_is_disconnected_after_the_turns_time() {
    let (app, sent) = endless(hurried().env("AGENT_MAX_CONCURRENT_CHATS", "1")).await;
    let (mut reader, began) = (stopped(&app).await, Instant::now());
    settled(&sent).await;
    assert_eq!(app.ask("hello").await.error(), (503, "busy"));
    app.claude.hung_up().await;
    let took = began.elapsed();
    // The turn began a little earlier.
    let in_time =
        took + Duration::from_millis(200) > TIME && took < TIME + CATCH_UP + Duration::from_secs(1);
    assert!(in_time, "{took:?}");
    metric_becomes(&app, "chat_in_flight", 0).await;
    let gone = r#"chat_requests_total{mode="sse",code="client_gone"}"#;
    assert_eq!(metric(&app, gone).await, 1);
    app.ask("hello").await.ok();
    closed(&mut reader).await;
}

#[tokio::test]
async fn a_trickling_reader_is_disconnected_after_the_turns_time() {
    let (app, sent) = endless(hurried()).await;
    let (mut reader, began) = (stopped(&app).await, Instant::now());
    settled(&sent).await;
    let mut some = [0; 4096];
    let trickle = async {
        while app.claude.hang_ups() == 0 {
            let _ = reader.read(&mut some).await;
            sleep(Duration::from_millis(20)).await;
        }
    };
    within("Claude's reply is closed", trickle).await;
    let took = began.elapsed();
    assert!(took < TIME + CATCH_UP + Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_slow_reader_receives_every_event() {
    let app = TestApp::start().await;
    let words: Vec<String> = (0..4000).map(|n| format!("{n:0>500} ")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    app.claude.push(Reply::texts(&words));
    let mut stream = app.ask_streaming("hello").await;
    stream.expect("model_chosen").await;
    for (n, word) in words.iter().enumerate() {
        if n % 100 == 0 {
            sleep(Duration::from_millis(10)).await;
        }
        let event = stream.expect("text_delta").await;
        assert_eq!(event["text"], *word);
    }
    let done = stream.last("done").await;
    assert_eq!(done["content"][0]["text"], words.concat());
}

#[tokio::test]
async fn a_stopped_reader_of_a_json_answer_holds_no_slot() {
    let builder = TestApp::builder().env("AGENT_MAX_CONCURRENT_CHATS", "1");
    let app = builder.start().await;
    let long = "word ".repeat(2 * MEBIBYTE);
    app.claude.push_all([Reply::text(&long), Reply::text("hi")]);
    let mut reader = asked(&app, "hello", false).await;
    let head = read_head(&mut reader).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    app.ask("hello").await.ok();
}

/// The CPU time of this thread, which runs the whole test.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("no negative time")
}

// On one thread: a busy loop for a stopped reader would block the others.
#[tokio::test]
async fn stopped_readers_use_no_cpu() {
    const WINDOW: Duration = Duration::from_millis(500);
    let (app, sent) = endless(TestApp::builder()).await;
    let readers = join_all((0..100).map(|_| stopped(&app))).await;
    settled(&sent).await;
    for _ in 0..50 {
        app.ask_streaming("hello").await.last("done").await;
    }
    let before = worked();
    sleep(WINDOW).await;
    let worked = worked().saturating_sub(before);
    assert!(worked < WINDOW / 2, "{worked:?} of {WINDOW:?}");
    drop(readers);
    metric_becomes(&app, "chat_in_flight", 0).await;
}
