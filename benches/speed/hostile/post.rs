//! A hostile HTTP client: sends part of a body, or all of it, at any pace, and reads the answer meanwhile.

use std::{collections::BTreeMap, future::pending, io, net::SocketAddr, time::Duration};

use bytes::Bytes;
use memchr::memmem;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::wire::{header, number};

const PIECE: usize = 64 << 10;
/// Beyond this, the rest of an answer is not kept.
const KEPT: usize = 64 << 10;

/// How the body is framed.
#[derive(Clone, Copy, PartialEq)]
pub enum Framing {
    Length,
    Chunked,
}

/// A short chat, whose marker selects the fake Claude's reply.
pub fn chat(marker: char, stream: bool) -> String {
    format!(
        r#"{{"stream":{stream},"messages":[{{"role":"user","content":"[[{marker}00000000]]"}}]}}"#
    )
}

/// A request.
#[derive(Clone)]
pub struct Post {
    pub path: &'static str,
    pub token: String,
    /// Further header lines, each with its line end.
    pub headers: String,
    pub body: Bytes,
    pub framing: Framing,
    /// This many bytes of the body are sent, then nothing.
    pub sent: usize,
    /// If there is one, each byte is followed by this pause.
    pub pause: Option<Duration>,
}

impl Post {
    pub fn new(path: &'static str, token: &str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self {
            path,
            token: token.to_owned(),
            headers: String::new(),
            sent: body.len(),
            body,
            framing: Framing::Length,
            pause: None,
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.extend([name, ": ", value, "\r\n"]);
        self
    }

    /// All but the last `left` bytes are sent.
    pub fn unfinished(mut self, left: usize) -> Self {
        self.sent = self.body.len().saturating_sub(left);
        self
    }

    pub fn framed(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Sends it over a new connection; gives up after `patience`.
    pub async fn send(&self, to: SocketAddr, patience: Duration) -> Answer {
        let exchange = async {
            let mut stream = TcpStream::connect(to).await?;
            stream.set_nodelay(true)?;
            let (mut read, mut write) = stream.split();
            tokio::select! {
                answer = receive(&mut read) => answer,
                () = self.write(&mut write) => unreachable!("the body does not end"),
            }
        };
        match timeout(patience, exchange).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Answer::closed(),
            Err(_) => Answer::default(),
        }
    }

    pub fn head(&self) -> String {
        let framing = match self.framing {
            Framing::Length => format!("content-length: {}", self.body.len()),
            Framing::Chunked => "transfer-encoding: chunked".to_owned(),
        };
        format!(
            "POST {} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             connection: close\r\n{}{framing}\r\n\r\n",
            self.path, self.token, self.headers
        )
    }

    /// Does not end: the connection stays open.
    async fn write(&self, to: &mut (impl AsyncWrite + Unpin)) {
        let _ = self.try_write(to).await;
        pending::<()>().await;
    }

    async fn try_write(&self, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        to.write_all(self.head().as_bytes()).await?;
        let piece = if self.pause.is_some() { 1 } else { PIECE };
        for piece in self.body[..self.sent].chunks(piece) {
            match self.framing {
                Framing::Length => to.write_all(piece).await?,
                Framing::Chunked => {
                    to.write_all(format!("{:x}\r\n", piece.len()).as_bytes())
                        .await?;
                    to.write_all(piece).await?;
                    to.write_all(b"\r\n").await?;
                }
            }
            if let Some(pause) = self.pause {
                sleep(pause).await;
            }
        }
        if self.framing == Framing::Chunked && self.sent == self.body.len() {
            to.write_all(b"0\r\n\r\n").await?;
        }
        Ok(())
    }
}

/// An answer, or the lack of one.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: usize,
    pub retry_after: bool,
    pub closed: bool,
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

impl Answer {
    fn closed() -> Self {
        Self {
            closed: true,
            ..Self::default()
        }
    }

    /// The status, and what else decides whether the answer is a good one.
    pub fn kind(&self) -> String {
        let has = |words: &str| memmem::find(&self.body, words.as_bytes()).is_some();
        match self.status {
            0 if self.closed => "closed".to_owned(),
            0 => "silent".to_owned(),
            200 if has("limit of") => "200 limit".to_owned(),
            200 if has("\"error\":{") || has("\"isError\":true") => "200 error".to_owned(),
            503 | 429 if !self.retry_after => format!("{} without Retry-After", self.status),
            status => status.to_string(),
        }
    }
}

async fn receive(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Answer> {
    let (mut buffer, mut seen) = (Vec::with_capacity(8 << 10), 0);
    let mut body_at = None;
    loop {
        if body_at.is_none() {
            body_at = memmem::find(&buffer, b"\r\n\r\n").map(|end| end + 4);
        }
        let length = body_at.and_then(|at| Some((at, header(&buffer[..at], b"content-length")?)));
        let is_whole = length.is_some_and(|(at, length)| seen >= at + number(length));
        let before = buffer.len();
        if is_whole || from.read_buf(&mut buffer).await? == 0 {
            break;
        }
        seen += buffer.len() - before;
        buffer.truncate(KEPT);
    }
    let Some(at) = body_at else {
        return Ok(Answer::closed());
    };
    let body = buffer.split_off(at);
    let status = buffer.get(9..12).map_or(0, number);
    let retry_after = header(&buffer, b"retry-after").is_some();
    Ok(Answer {
        status,
        retry_after,
        closed: false,
        head: buffer,
        body,
    })
}

/// The number of answers of each kind.
#[derive(Debug, Default)]
pub struct Tally(pub BTreeMap<String, usize>);

impl Tally {
    pub fn add(&mut self, kind: impl Into<String>) {
        *self.0.entry(kind.into()).or_default() += 1;
    }

    pub fn said(&self) -> String {
        let counts = self
            .0
            .iter()
            .map(|(kind, count)| format!("{kind} x{count}"));
        counts.collect::<Vec<_>>().join(", ")
    }
}

impl<K: Into<String>> FromIterator<K> for Tally {
    fn from_iter<I: IntoIterator<Item = K>>(kinds: I) -> Self {
        let mut tally = Self::default();
        kinds.into_iter().for_each(|kind| tally.add(kind));
        tally
    }
}
