//! Bodies that are too large or too slow.

use bytes::Bytes;
use tokio::io::AsyncWriteExt;

use super::{MEBIBYTE, connection, head_of, read_head, too_large, with_limit};
use crate::support::{
    fake_claude::Reply,
    test_app::{Answer, TestApp, user},
    wait::within,
};

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
async fn a_content_length_beyond_the_limit_is_rejected_before_the_body_arrives() {
    let app = with_limit(1000).await;
    let mut stream = connection(&app).await;
    stream
        .write_all(head_of(&app, "sam", "content-length: 1001").as_bytes())
        .await
        .expect("sent");
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 413 "), "{head}");
}

#[tokio::test]
async fn a_body_without_a_length_is_rejected_while_it_is_read() {
    let app = with_limit(1000).await;
    let mut stream = connection(&app).await;
    let head = head_of(&app, "sam", "transfer-encoding: chunked");
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
async fn a_client_that_sends_three_times_the_limit_receives_its_413() {
    let app = with_limit(4 * MEBIBYTE).await;
    let body = Bytes::from(vec![b'x'; 12 * MEBIBYTE]);
    let announced = app.post("sam").body(body.clone());
    too_large(&Answer::of(announced).await, 4 * MEBIBYTE);
    let pieces = body.chunks(MEBIBYTE).map(Bytes::copy_from_slice).collect();
    let unannounced = app.post("sam").body(chunked(pieces));
    too_large(&Answer::of(unannounced).await, 4 * MEBIBYTE);
}

#[tokio::test]
async fn a_client_that_reads_after_sending_everything_receives_its_413() {
    let app = with_limit(4 * MEBIBYTE).await;
    let length = 12 * MEBIBYTE;
    let announced = head_of(&app, "sam", &format!("content-length: {length}"));
    send_then_read(&app, &[announced.into(), vec![b'x'; length]].concat()).await;
}

#[tokio::test]
async fn a_client_that_reads_after_its_last_chunk_receives_its_413() {
    let app = with_limit(4 * MEBIBYTE).await;
    let length = 12 * MEBIBYTE;
    let head = head_of(&app, "sam", "transfer-encoding: chunked") + &format!("{length:x}\r\n");
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
async fn a_body_that_does_not_arrive_in_time_is_a_504() {
    let app = TestApp::builder()
        .env("AGENT_TURN_TIMEOUT_SECS", "1")
        .start()
        .await;
    let mut stream = connection(&app).await;
    let sent = head_of(&app, "sam", "content-length: 1000") + "{";
    stream.write_all(sent.as_bytes()).await.expect("sent");
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 504 "), "{head}");
}
