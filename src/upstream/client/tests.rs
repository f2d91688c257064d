//! HTTP clients against a server that closes connections after a given number of responses.

use futures_util::future::join_all;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

use super::*;

const DEADLINE: Duration = Duration::from_secs(30);
const RESPONSE: &str =
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n";

/// The behaviour of the server on the request after the last one that it answers.
#[derive(Clone, Copy)]
enum Then {
    /// Reads the request and closes the connection.
    Close,
    /// Closes the connection without reading the request, which resets it.
    Reset,
    /// Closes the connection before the request.
    CloseBefore,
}

#[derive(Default)]
struct Seen {
    heads: Vec<String>,
    connections: usize,
    open: usize,
}

struct Server {
    url: Url,
    client: reqwest::Client,
    seen: watch::Receiver<Seen>,
}

impl Server {
    async fn start(responses: usize, then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let url: Url = format!("http://{at}/base?x=1").parse().unwrap();
        let (record, seen) = watch::channel(Seen::default());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let record = record.clone();
                record.send_modify(|seen| {
                    seen.connections += 1;
                    seen.open += 1;
                });
                tokio::spawn(async move {
                    let _ = serve(stream, responses, then, &record).await;
                    record.send_modify(|seen| seen.open -= 1);
                });
            }
        });
        let client = builder_for(&url).build().unwrap();
        Self { url, client, seen }
    }

    async fn post(&self) -> reqwest::Result<Response> {
        send(|| self.client.post(self.url.clone()).body("{}")).await
    }

    async fn post_and_read(&self) {
        assert_eq!(read(self.post().await.unwrap()).await, "hi");
    }

    async fn until(&mut self, condition: impl FnMut(&Seen) -> bool) {
        let wait = timeout(DEADLINE, self.seen.wait_for(condition));
        wait.await.unwrap().unwrap();
    }

    fn connections(&self) -> usize {
        self.seen.borrow().connections
    }
}

async fn serve(
    stream: TcpStream,
    responses: usize,
    then: Then,
    record: &watch::Sender<Seen>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    for n in 0.. {
        match then {
            Then::CloseBefore if n == responses => break,
            Then::Reset if n == responses => {
                stream.get_ref().readable().await?;
                break;
            }
            _ => {}
        }
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await? == 0 {
                return Ok(());
            }
        }
        stream.read_exact(&mut [0; 2]).await?;
        record.send_modify(|seen| seen.heads.push(head));
        if n == responses {
            break;
        }
        stream.write_all(RESPONSE.as_bytes()).await?;
    }
    Ok(())
}

async fn read(response: Response) -> String {
    let pieces: Vec<_> = into_body(response).map(Result::unwrap).collect().await;
    String::from_utf8(pieces.concat()).unwrap()
}

#[tokio::test]
async fn a_request_names_the_client_and_asks_for_no_compression() {
    let server = Server::start(1, Then::Close).await;
    server.post_and_read().await;
    let host = server.url.authority();
    let head = format!(
        "POST /base?x=1 HTTP/1.1\r\naccept: */*\r\nuser-agent: {USER_AGENT}\r\naccept-encoding: identity\r\nhost: {host}\r\ncontent-length: 2\r\n\r\n"
    );
    assert_eq!(server.seen.borrow().heads, [head]);
}

#[tokio::test]
async fn a_connection_is_reused_after_a_complete_response() {
    let server = Server::start(usize::MAX, Then::Close).await;
    for _ in 0..3 {
        server.post_and_read().await;
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn dropping_a_response_before_its_end_closes_the_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let url: Url = format!("http://{at}/").parse().unwrap();
    let closed = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let read = stream.read(&mut [0; 4096]).await.unwrap();
        assert!(read > 0);
        let begun = RESPONSE.strip_suffix("0\r\n\r\n").unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await
    });
    let client = builder_for(&url).build().unwrap();
    let mut body = into_body(send(|| client.get(url.clone())).await.unwrap());
    body.next().await.unwrap().unwrap();
    drop(body);
    let end = timeout(Duration::from_secs(1), closed).await;
    assert!(end.is_ok());
}

#[tokio::test]
async fn no_more_than_the_maximum_of_idle_connections_are_kept() {
    let mut server = Server::start(usize::MAX, Then::Close).await;
    let responses = join_all((0..MAX_IDLE + 8).map(|_| server.post())).await;
    assert_eq!(server.connections(), MAX_IDLE + 8);
    join_all(
        responses
            .into_iter()
            .map(|response| read(response.unwrap())),
    )
    .await;
    server.until(|seen| seen.open == MAX_IDLE).await;
}

#[tokio::test]
async fn a_request_on_a_pooled_connection_that_closes_is_sent_again_at_once() {
    for then in [Then::Close, Then::Reset, Then::CloseBefore] {
        let server = Server::start(1, then).await;
        let began = std::time::Instant::now();
        for _ in 0..20 {
            server.post_and_read().await;
        }
        assert_eq!(server.connections(), 20);
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn every_pooled_connection_may_be_closed() {
    let server = Server::start(1, Then::Close).await;
    for _ in 0..3 {
        let posts = (0..8).map(|_| server.post_and_read());
        join_all(posts).await;
    }
    assert!(server.connections() >= 24);
}

#[tokio::test]
async fn a_request_on_a_new_connection_that_closes_is_not_sent_again() {
    for then in [Then::Close, Then::Reset] {
        let server = Server::start(0, then).await;
        let error = server.post().await.unwrap_err();
        assert!(!error.is_connect() && error.is_request(), "{error:?}");
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn a_failed_connect_is_an_error_that_does_not_name_the_url() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr();
    let url: Url = format!("http://{}/secret", closed.unwrap())
        .parse()
        .unwrap();
    let client = builder_for(&url).build().unwrap();
    let error = send(|| client.post(url.clone())).await.unwrap_err();
    assert!(error.is_connect());
    let text = format!("{:#}", anyhow::Error::new(error));
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn this_machine_and_names_without_a_dot_are_local() {
    let is_local = |url: &str| is_local(&url.parse().unwrap());
    for url in [
        "http://localhost:1/",
        "http://localhost.:1/",
        "http://127.1.2.3/",
        "http://0.0.0.0:8000/",
        "http://[::1]:8/",
        "http://[::ffff:127.0.0.1]/",
        "http://mcp:8000/",
    ] {
        assert!(is_local(url), "{url}");
    }
    for url in [
        "http://10.0.0.1/",
        "http://[2001:db8::1]/",
        "https://localhost.example/",
        "https://api.anthropic.com/",
    ] {
        assert!(!is_local(url), "{url}");
    }
}
