//! Over a socket that gives what it is told to, piece by piece.

mod tls;

use std::{collections::VecDeque, io};

use futures_util::TryStreamExt;
use tokio::net::TcpListener;

use super::*;
use crate::upstream::wire::tests::to;

struct Drip {
    pieces: VecDeque<Vec<u8>>,
    /// Only for `is_idle`: nothing ever comes.
    silent: TcpStream,
    /// Behind the pieces.
    end: Poll<()>,
}

impl AsyncRead for Drip {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(piece) = self.pieces.pop_front() else {
            return self.end.map(Ok);
        };
        into.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Drip {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Socket for Drip {
    fn tcp(&self) -> &TcpStream {
        &self.silent
    }

    fn is_quiet(&mut self) -> bool {
        self.pieces.is_empty()
    }
}

/// Hands out sockets, and holds their other ends.
struct Sockets {
    listener: TcpListener,
    others: Vec<TcpStream>,
}

/// What became of an answer.
#[derive(Debug, PartialEq)]
struct Read {
    status: u16,
    body: String,
    kept: bool,
}

impl Sockets {
    async fn new() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            others: vec![],
        }
    }

    /// An answer that comes in these pieces, and then is `end`ed, or not.
    async fn answer<'a>(
        &mut self,
        pieces: impl IntoIterator<Item = &'a [u8]>,
        end: Poll<()>,
    ) -> Result<Read, WireError> {
        let at = self.listener.local_addr().unwrap();
        let (silent, other) = tokio::join!(TcpStream::connect(at), self.listener.accept());
        self.others.push(other.unwrap().0);
        let drip = Drip {
            pieces: pieces.into_iter().map(<[u8]>::to_vec).collect(),
            silent: silent.unwrap(),
            end,
        };
        let line = Line::on(drip);
        let server = to(&format!("http://{at}/"));
        let answer = line
            .ask(server.clone(), &[], Bytes::from_static(b"{}").into())
            .await?;
        let status = answer.status().as_u16();
        let body: Vec<Bytes> = answer.into_body().try_collect().await?;
        Ok(Read {
            status,
            body: String::from_utf8(body.concat()).unwrap(),
            kept: server.idle().len() == 1,
        })
    }
}

const ENDED: Poll<()> = Poll::Ready(());
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

#[tokio::test]
async fn an_answer_is_read_however_it_is_framed_and_wherever_it_is_cut() {
    let chunked = format!("{CHUNKED}3;x=y\r\nh\r\n\r\n002\r\n\no\r\n0\r\nlate: 1\r\n\r\n");
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nh\r\n\no".to_owned();
    let open = "HTTP/1.1 200 OK\r\n\r\nh\r\n\no".to_owned();
    let old = "HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nh\r\n\no".to_owned();
    let last =
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nh\r\n\no".to_owned();
    let late =
        format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n{long}");
    let mut sockets = Sockets::new().await;
    for (answer, kept) in [
        (chunked, true),
        (long, true),
        (late, true),
        (open, false),
        (old, false),
        (last, false),
    ] {
        let expected = Read {
            status: 200,
            body: "h\r\n\no".into(),
            kept,
        };
        let end = if kept { Poll::Pending } else { ENDED };
        let bytes = answer.as_bytes();
        for at in 1..bytes.len() {
            let (begin, rest) = bytes.split_at(at);
            let read = sockets.answer([begin, rest], end).await;
            assert_eq!(read.unwrap(), expected, "{begin:?} and {rest:?}");
        }
        let read = sockets.answer(bytes.chunks(1), end).await;
        assert_eq!(read.unwrap(), expected, "{answer:?}");
    }
}

#[tokio::test]
async fn an_answer_without_a_body_ends_at_once() {
    let mut sockets = Sockets::new().await;
    for (answer, status) in [
        ("HTTP/1.1 204 No Content\r\n\r\n", 204),
        ("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", 500),
        (
            "HTTP/1.1 307 Elsewhere\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n",
            307,
        ),
    ] {
        let read = sockets
            .answer([answer.as_bytes()], Poll::Pending)
            .await
            .unwrap();
        assert_eq!((read.status, read.body.as_str()), (status, ""));
    }
}

#[tokio::test]
async fn what_comes_behind_an_answer_spoils_the_connection() {
    let answer = format!("{CHUNKED}1\r\nx\r\n0\r\n\r\n");
    let behind = "HTTP/1.1 200 OK\r\n";
    let both = [answer.as_str(), behind].concat();
    let expected = |kept| Read {
        status: 200,
        body: "x".into(),
        kept,
    };
    let mut sockets = Sockets::new().await;
    for (pieces, kept) in [
        (vec![answer.as_str()], true),
        (vec![&both], false),
        (vec![&answer, behind], false),
    ] {
        let pieces = pieces.iter().map(|piece| piece.as_bytes());
        let read = sockets.answer(pieces, Poll::Pending).await;
        assert_eq!(read.unwrap(), expected(kept));
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_or_none_is_an_error() {
    let mut sockets = Sockets::new().await;
    for cut in [
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhi",
        &format!("{CHUNKED}5\r\nhi"),
        &format!("{CHUNKED}2\r\nhi\r\n"),
        &format!("{CHUNKED}2\r\nhi\r\n0\r\n"),
    ] {
        let read = sockets.answer([cut.as_bytes()], ENDED).await;
        assert!(matches!(read, Err(WireError::Closed)), "{cut:?}: {read:?}");
    }
    for other in [
        "220 smtp.example ESMTP\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        &format!("{CHUNKED}g\r\nhi\r\n"),
        &format!("{CHUNKED}ffffffffffffffffff\r\nhi\r\n"),
        &format!("{CHUNKED}1\r\nhi\r\n0\r\n\r\n"),
    ] {
        let read = sockets.answer([other.as_bytes()], Poll::Pending).await;
        assert!(
            matches!(read, Err(WireError::Http(_))),
            "{other:?}: {read:?}"
        );
    }
    for endless in [
        format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(100_000)),
        format!("{CHUNKED}{}", "0".repeat(100_000)),
    ] {
        let read = sockets
            .answer(endless.as_bytes().chunks(1000), Poll::Pending)
            .await;
        assert!(matches!(read, Err(WireError::Endless)), "{read:?}");
    }
}
