//! Against a server by hand, which answers every request with "hi" in chunks.

mod early;

use std::{future::pending, io};

use futures_util::{StreamExt, future::join_all};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_util::sync::CancellationToken;

use super::*;

const BODY: &str = "{}";
const ANSWER: &str =
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n";
const KEEPING: Keeping = Keeping {
    connect_timeout: Duration::from_secs(5),
    idle_for: Duration::from_secs(90),
};
const DEADLINE: Duration = Duration::from_secs(30);

#[derive(Default)]
struct Seen {
    heads: Vec<String>,
    connections: usize,
    open: usize,
}

/// What it has seen, and a client of it.
struct Fake {
    seen: watch::Receiver<Seen>,
    /// Closes all that are open.
    closing: CancellationToken,
    server: Arc<Server>,
}

impl Fake {
    /// Closes a connection after so many answers, without having announced it.
    async fn closing_after(answers: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/base/messages", listener.local_addr().unwrap());
        let (noted, seen) = watch::channel(Seen::default());
        let closing = CancellationToken::new();
        let closed = closing.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (noted, closed) = (noted.clone(), closed.clone());
                noted.send_modify(|seen| {
                    seen.connections += 1;
                    seen.open += 1;
                });
                tokio::spawn(async move {
                    let conversation = converse(stream, answers, &noted);
                    closed.run_until_cancelled(conversation).await;
                    noted.send_modify(|seen| seen.open -= 1);
                });
            }
        });
        Self {
            seen,
            closing,
            server: to(&url),
        }
    }

    async fn post(&self) -> Response<Pieces> {
        self.server
            .post(&[], Bytes::from(BODY).into())
            .await
            .unwrap()
    }

    async fn sees(&mut self, what: impl FnMut(&Seen) -> bool) {
        timeout(DEADLINE, self.seen.wait_for(what))
            .await
            .unwrap()
            .unwrap();
    }

    fn connections(&self) -> usize {
        self.seen.borrow().connections
    }
}

pub(super) fn to(url: &str) -> Arc<Server> {
    let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("a/b"))]);
    Arc::new(Server::new(&url.parse().unwrap(), headers, KEEPING).unwrap())
}

async fn converse(
    stream: TcpStream,
    answers: usize,
    noted: &watch::Sender<Seen>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    for _ in 0..answers {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await? == 0 {
                return Ok(());
            }
        }
        stream.read_exact(&mut [0; BODY.len()]).await?;
        noted.send_modify(|seen| seen.heads.push(head));
        stream.write_all(ANSWER.as_bytes()).await?;
    }
    Ok(())
}

async fn read(answer: Response<Pieces>) -> String {
    let pieces = answer
        .into_body()
        .map(|piece| String::from_utf8(piece.unwrap().to_vec()).unwrap());
    pieces.collect().await
}

#[tokio::test]
async fn a_request_names_the_host_and_has_the_headers_it_was_told() {
    let fake = Fake::closing_after(1).await;
    assert_eq!(read(fake.post().await).await, "hi");
    let host = fake.server.endpoint.authority().unwrap();
    let expected = format!(
        "POST /base/messages HTTP/1.1\r\ncontent-length: 2\r\naccept: a/b\r\nhost: {host}\r\n\r\n"
    );
    assert_eq!(fake.seen.borrow().heads, [expected]);
}

#[tokio::test]
async fn a_path_and_its_query_may_be_long() {
    for length in [1, 95, 150, 4000] {
        let fake = Fake::closing_after(1).await;
        let target = format!("/x?{}", "k".repeat(length));
        let host = fake.server.endpoint.authority().unwrap();
        let server = to(&format!("http://{host}{target}"));
        let answer = server.post(&[], Bytes::from(BODY).into()).await.unwrap();
        assert_eq!(read(answer).await, "hi");
        let head = fake.seen.borrow().heads[0].clone();
        let start = format!("POST {target} HTTP/1.1\r\ncontent-length: 2\r\n");
        assert!(head.starts_with(&start), "{head}");
    }
}

#[tokio::test]
async fn a_connection_is_used_again_once_its_answer_was_read_to_the_end() {
    let mut fake = Fake::closing_after(usize::MAX).await;
    for _ in 0..3 {
        assert_eq!(read(fake.post().await).await, "hi");
    }
    assert_eq!(fake.connections(), 1);
    drop(fake.post().await);
    fake.sees(|seen| seen.open == 0).await;
    assert_eq!(read(fake.post().await).await, "hi");
    assert_eq!(fake.connections(), 2);
}

#[tokio::test]
async fn that_the_server_closed_an_idle_connection_is_no_failure() {
    let mut fake = Fake::closing_after(1).await;
    for _ in 0..3 {
        assert_eq!(read(fake.post().await).await, "hi");
        fake.sees(|seen| seen.open == 0).await;
    }
    assert_eq!(fake.connections(), 3);
}

#[tokio::test]
async fn an_idle_connection_that_the_server_closed_is_let_go() {
    let mut fake = Fake::closing_after(usize::MAX).await;
    read(fake.post().await).await;
    assert_eq!(fake.server.idle().len(), 1);
    fake.closing.cancel();
    fake.sees(|seen| seen.open == 0).await;
    fake.server.tidy();
    assert_eq!(fake.server.idle().len(), 0);
}

#[tokio::test]
async fn no_more_connections_are_kept_than_are_worth_it() {
    let mut fake = Fake::closing_after(usize::MAX).await;
    let answers = join_all((0..MAX_IDLE + 8).map(|_| fake.post())).await;
    assert_eq!(fake.connections(), MAX_IDLE + 8);
    join_all(answers.into_iter().map(read)).await;
    fake.sees(|seen| seen.open == MAX_IDLE).await;
}

#[tokio::test]
async fn no_connection_and_none_in_time_are_failures_that_do_not_tell_the_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let silent = tokio::spawn(async move {
        let _connection = listener.accept().await;
        pending::<()>().await;
    });
    let late = to(&format!("https://{at}/secret"))
        .post(&[], BODY.into())
        .await;
    assert!(matches!(late, Err(WireError::Late(_))));
    silent.abort();
    let _ = silent.await;
    let refused = to(&format!("http://{at}/secret"))
        .post(&[], BODY.into())
        .await;
    let error = anyhow::Error::new(refused.err().unwrap());
    let told = format!("{error:#}");
    assert!(
        told.starts_with("cannot connect: ") && !told.contains("secret"),
        "{told}"
    );
}
