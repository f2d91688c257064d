//! Sends one request and measures what its processing allocates.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use crate::ALLOCATED;

/// Longer than any request takes.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The pause between two looks at the counter before a request, which must be equal.
const PAUSE: Duration = Duration::from_millis(5);

pub struct Measured {
    pub status: u16,
    /// The most bytes allocated at once, beyond those before the request.
    pub peak: usize,
}

/// The whole request, with a body of a known length. The connection closes after the response.
pub fn request(path: &str, token: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Sends the request over a new connection, and reads the response to its end.
pub fn measured(to: SocketAddr, request: &[u8]) -> Measured {
    let before = settled();
    ALLOCATED.reset_peak_usage();
    let mut start = [0; 12];
    let mut stream = TcpStream::connect(to).expect("a connection");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
    stream.set_write_timeout(Some(TIMEOUT)).expect("a timeout");
    // A refusal may close the connection before all is sent.
    let _ = stream.write_all(request);
    let read = stream.read_exact(&mut start);
    read.expect("a response");
    let mut rest = [0; 4096];
    while stream.read(&mut rest).is_ok_and(|bytes| bytes > 0) {}
    let status = std::str::from_utf8(&start[9..]).ok();
    Measured {
        status: status.and_then(|it| it.parse().ok()).expect("a status"),
        peak: ALLOCATED.peak_usage().saturating_sub(before),
    }
}

/// The bytes in use, once the previous request has freed what it held.
fn settled() -> usize {
    let mut last = usize::MAX;
    loop {
        let now = ALLOCATED.current_usage();
        if now == last {
            return now;
        }
        last = now;
        thread::sleep(PAUSE);
    }
}
