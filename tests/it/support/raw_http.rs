//! HTTP/1.1 on raw sockets, for fakes that must be able to violate the protocol.

use std::io;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::tcp::OwnedReadHalf,
};

/// One request, read whole.
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// The next request of a connection; `None` when the client has closed it.
pub async fn read_request(reader: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut parts = line.split_whitespace().map(str::to_owned);
    let (method, path) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let headers = read_headers(reader).await?;
    let body = read_body(reader, &headers).await?;
    Ok(Some(Request {
        method,
        path,
        headers,
        body,
    }))
}

async fn read_headers(reader: &mut BufReader<OwnedReadHalf>) -> io::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            return Ok(headers);
        };
        let name = HeaderName::try_from(name).map_err(io::Error::other)?;
        headers.append(
            name,
            HeaderValue::try_from(value.trim()).map_err(io::Error::other)?,
        );
    }
}

async fn read_body(
    reader: &mut BufReader<OwnedReadHalf>,
    headers: &HeaderMap,
) -> io::Result<Vec<u8>> {
    if headers.contains_key(http::header::TRANSFER_ENCODING) {
        return read_chunked(reader).await;
    }
    let length = headers
        .get(http::header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).await?;
    Ok(body)
}

async fn read_chunked(reader: &mut BufReader<OwnedReadHalf>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await?;
        let size = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk).await?;
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..size]);
    }
}

/// A whole answer with its length.
pub fn answer(status: u16, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut bytes = head(status, headers);
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// The head of an answer, still open for more headers.
pub fn head(status: u16, headers: &[(String, String)]) -> Vec<u8> {
    let reason = http::StatusCode::from_u16(status)
        .ok()
        .and_then(|s| s.canonical_reason())
        .unwrap_or("Unknown");
    let mut head = format!("HTTP/1.1 {status} {reason}\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.into_bytes()
}

/// One chunk of a chunked body.
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
