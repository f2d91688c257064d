//! Connections on raw sockets, against a server with a small bound.

use std::{io, net::SocketAddr};

use axum::{body::Body, response::IntoResponse, routing::get};
use bytes::Bytes;
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
};

use super::*;

const UNFINISHED: &str = "GET / HTTP/1.1\r\nhost: x\r\nx-slow: ";
const PROMPT: Duration = Duration::from_secs(1);

/// `/` says OK; `/stream` sends a piece for each `()` and ends when the sender is dropped.
struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    pieces: mpsc::UnboundedSender<mpsc::UnboundedReceiver<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn server(max: usize) -> Server {
    let (pieces, streams) = mpsc::unbounded_channel::<mpsc::UnboundedReceiver<()>>();
    let streams = Arc::new(tokio::sync::Mutex::new(streams));
    let stream = async move || {
        let Some(mut pieces) = streams.lock().await.recv().await else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let body = futures_util::stream::poll_fn(move |cx| {
            let piece = pieces.poll_recv(cx);
            piece.map(|piece| piece.map(|()| Ok::<_, io::Error>(Bytes::from("piece"))))
        });
        Body::from_stream(body).into_response()
    };
    let router = Router::new()
        .route("/", get(async || "OK"))
        .route("/stream", get(stream));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    tokio::spawn(serve_bounded(listener, router, stop.clone(), max));
    Server {
        address,
        stop,
        pieces,
    }
}

impl Server {
    async fn connect(&self, sent: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        stream
    }

    /// A connection over which a response is being streamed; each `()` sends a piece.
    async fn stream(&self) -> (TcpStream, mpsc::UnboundedSender<()>) {
        let (piece, pieces) = mpsc::unbounded_channel();
        self.pieces.send(pieces).unwrap();
        piece.send(()).unwrap();
        let mut stream = self
            .connect("GET /stream HTTP/1.1\r\nhost: x\r\n\r\n")
            .await;
        receive(&mut stream, "piece").await;
        (stream, piece)
    }

    /// A request on a connection of its own, which must be answered promptly; the connection stays open.
    async fn request(&self) -> TcpStream {
        let answered = async {
            let mut stream = self.connect("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
            receive(&mut stream, "OK").await;
            stream
        };
        timeout(PROMPT, answered).await.expect("an answer")
    }
}

/// Reads until the text has arrived.
async fn receive(stream: &mut TcpStream, text: &str) {
    let mut received = Vec::new();
    while !String::from_utf8_lossy(&received).ends_with(&format!("{text}\r\n"))
        && !String::from_utf8_lossy(&received).ends_with(text)
    {
        assert_ne!(stream.read_buf(&mut received).await.unwrap(), 0, "closed");
    }
}

/// True once the server has closed the connection; false if it keeps it for a while.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let read = timeout(PROMPT / 4, stream.read_u8()).await;
    read.is_ok_and(|read| read.is_err())
}

#[tokio::test]
async fn the_longest_wait_for_a_request_ends_when_all_connections_are_in_use() {
    let server = server(3).await;
    let mut idle = server.request().await;
    let mut first = server.connect(UNFINISHED).await;
    let mut second = server.connect(UNFINISHED).await;
    sleep(PROMPT / 4).await;
    // The idle connection has waited since its response; a new request puts it behind the others.
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    receive(&mut idle, "OK").await;
    let mut honest = server.request().await;
    assert!(is_closed(&mut first).await);
    assert!(!is_closed(&mut second).await && !is_closed(&mut idle).await);
    let _another = server.request().await;
    assert!(is_closed(&mut second).await);
    assert!(!is_closed(&mut idle).await && !is_closed(&mut honest).await);
}

#[tokio::test]
async fn requests_are_answered_promptly_among_thousands_of_unfinished_heads() {
    let server = server(64).await;
    let mut flood = Vec::new();
    for n in 0..2000 {
        flood.push(server.connect(UNFINISHED).await);
        if n % 250 == 249 {
            drop(server.request().await);
        }
        // The client's own file descriptors are few.
        flood.drain(..flood.len().saturating_sub(128));
    }
    let mut open = 0;
    for stream in &mut flood {
        open += usize::from(timeout(PROMPT / 50, stream.read_u8()).await.is_err());
    }
    assert!((1..=64).contains(&open), "{open}");
}

#[tokio::test]
async fn a_response_under_way_is_never_closed_to_make_room() {
    let server = server(8).await;
    let (mut stream, piece) = server.stream().await;
    let mut flood = Vec::new();
    for _ in 0..50 {
        flood.push(server.connect(UNFINISHED).await);
    }
    drop(server.request().await);
    piece.send(()).unwrap();
    receive(&mut stream, "piece").await;
    // Once it has ended, its connection is as any other.
    drop(piece);
    receive(&mut stream, "0\r\n\r\n").await;
    for _ in 0..50 {
        flood.push(server.connect(UNFINISHED).await);
    }
    assert!(is_closed(&mut stream).await);
}

#[tokio::test]
async fn a_new_connection_waits_while_every_other_one_is_answered() {
    let server = server(2).await;
    let (first, second) = (server.stream().await, server.stream().await);
    let waiting = tokio::spawn({
        let address = server.address;
        async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
            stream.write_all(request).await.unwrap();
            receive(&mut stream, "OK").await;
        }
    });
    sleep(PROMPT / 4).await;
    assert!(!waiting.is_finished());
    drop(first.1);
    timeout(PROMPT, waiting).await.expect("an answer").unwrap();
    drop(second);
}

#[tokio::test]
async fn a_head_is_refused_once_it_is_longer_than_the_buffer() {
    let server = server(2).await;
    let fits = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "x".repeat(BUFFER - 64)
    );
    let mut stream = server.connect(&fits).await;
    receive(&mut stream, "OK").await;
    let mut stream = server.connect(UNFINISHED).await;
    let _ = stream.write_all(&vec![b'x'; BUFFER]).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}
