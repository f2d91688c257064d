//! Minimal HTTP/1.1 for the generator and the fakes, far cheaper than the measured program: one whole message at a time, in
//! a reused buffer.

use std::{io, net::SocketAddr, time::Instant};

use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const HEAD_END: &[u8] = b"\r\n\r\n";
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The framing of the current message's body.
#[derive(Clone, Copy)]
enum Body {
    /// The head is incomplete.
    Unknown,
    Bytes(usize),
    Chunked,
}

/// A connection.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    body_at: usize,
    body: Body,
}

impl Wire {
    pub async fn connect(to: SocketAddr) -> io::Result<Self> {
        Self::new(TcpStream::connect(to).await?)
    }

    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(8 * 1024),
            body_at: 0,
            body: Body::Unknown,
        })
    }

    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads the next whole message; `false` if the peer has closed before it.
    pub async fn receive(&mut self) -> io::Result<bool> {
        self.forget();
        while !self.is_complete() {
            if !self.more().await? {
                return if self.buffer.is_empty() {
                    Ok(false)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
        }
        Ok(true)
    }

    /// Reads the next whole message; returns when `mark` first appeared in it.
    pub async fn receive_watching(&mut self, mark: &[u8]) -> io::Result<Option<Instant>> {
        self.forget();
        let (mut seen, mut looked) = (None, 0);
        while !self.is_complete() {
            if !self.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if seen.is_none() && !mark.is_empty() {
                if memmem::find(&self.buffer[looked..], mark).is_some() {
                    seen = Some(Instant::now());
                }
                looked = self.buffer.len().saturating_sub(mark.len());
            }
        }
        Ok(seen)
    }

    /// Reads once into the buffer; `false` at the end of the stream.
    pub async fn more(&mut self) -> io::Result<bool> {
        Ok(self.stream.read_buf(&mut self.buffer).await? > 0)
    }

    /// Discards the current message.
    pub fn forget(&mut self) {
        self.buffer.clear();
        self.body = Body::Unknown;
    }

    /// True if the message is complete. Peers do not pipeline.
    pub fn is_complete(&mut self) -> bool {
        if matches!(self.body, Body::Unknown) {
            let Some(end) = memmem::find(&self.buffer, HEAD_END) else {
                return false;
            };
            self.body_at = end + HEAD_END.len();
            self.body = body_of(&self.buffer[..end + 2]);
        }
        match self.body {
            Body::Unknown => false,
            Body::Bytes(length) => self.buffer.len() >= self.body_at + length,
            // No chunk of the bench contains these bytes.
            Body::Chunked => self.body().ends_with(LAST_CHUNK),
        }
    }

    /// The received bytes of the message.
    pub fn whole(&self) -> &[u8] {
        &self.buffer
    }

    pub fn head(&self) -> &[u8] {
        &self.buffer[..self.body_at]
    }

    /// The raw body, with any chunk framing.
    pub fn body(&self) -> &[u8] {
        &self.buffer[self.body_at..]
    }

    /// The body without chunk framing.
    pub fn content(&self) -> Vec<u8> {
        match self.body {
            Body::Chunked => dechunked(self.body()),
            _ => self.body().to_vec(),
        }
    }

    /// True if the status is 200.
    pub fn is_ok(&self) -> bool {
        self.buffer.starts_with(b"HTTP/1.1 200")
    }

    /// Drops the first `bytes` received bytes.
    pub fn take(&mut self, bytes: usize) {
        self.buffer.drain(..bytes);
    }

    pub fn into_stream(self) -> TcpStream {
        self.stream
    }
}

fn body_of(head: &[u8]) -> Body {
    match header(head, b"content-length") {
        Some(length) => Body::Bytes(number(length)),
        None if header(head, b"transfer-encoding").is_some() => Body::Chunked,
        None => Body::Bytes(0),
    }
}

/// The value of a header.
pub fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let lines = head.split(|byte| *byte == b'\n');
    let mut values = lines.filter_map(|line| {
        let (before, after) = line.split_at_checked(name.len())?;
        let value = after.strip_prefix(b":")?;
        before.eq_ignore_ascii_case(name).then_some(value)
    });
    values.next().map(<[u8]>::trim_ascii)
}

/// The number in decimal digits.
pub fn number(digits: &[u8]) -> usize {
    digits.iter().fold(0, |sum, digit| {
        sum * 10 + usize::from(digit.wrapping_sub(b'0'))
    })
}

fn dechunked(mut body: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(body.len());
    while let Some(end) = memmem::find(body, b"\r\n") {
        let digits = std::str::from_utf8(&body[..end]).unwrap_or_default();
        let size = usize::from_str_radix(digits, 16).unwrap_or(0);
        let Some(chunk) = body.get(end + 2..end + 2 + size).filter(|c| !c.is_empty()) else {
            break;
        };
        content.extend_from_slice(chunk);
        body = &body[(end + 4 + size).min(body.len())..];
    }
    content
}

/// A whole JSON response; `more` are further header lines.
pub fn json_answer(status: &str, more: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{more}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A response without a body.
pub fn empty_answer(status: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").into_bytes()
}
