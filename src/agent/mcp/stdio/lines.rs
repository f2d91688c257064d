//! Lines of a process, within the limits of answers and their memory.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    time::{Instant, timeout_at},
};

use crate::{
    agent::mcp::{
        answer::Limits,
        answer_memory::{AnswerMemory, Held},
    },
    process::memory,
};

const MAX_BYTES: usize = Limits::CALL.bytes;

pub(super) struct Lines<R> {
    read: BufReader<R>,
    memory: AnswerMemory,
    /// For the rest of a line.
    line_timeout: Duration,
}

/// A line that is not read to its end.
#[derive(Debug)]
pub(super) enum LineError {
    Io(io::ErrorKind),
    /// With its beginning.
    TooLong(Vec<u8>),
    /// Its rest has not come in time.
    Stalled,
    Encoding,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(read: R, memory: AnswerMemory, line_timeout: Duration) -> Self {
        Self {
            read: BufReader::new(read),
            memory,
            line_timeout,
        }
    }

    /// The next line that is not blank; `None` at the end. Not cancel safe.
    pub(super) async fn next(&mut self) -> Result<Option<(String, Held)>, LineError> {
        loop {
            // Memory is held only by a line that has begun.
            let first = self.read.fill_buf().await;
            if first
                .map_err(|error| LineError::Io(error.kind()))?
                .is_empty()
            {
                return Ok(None);
            }
            let until = Instant::now() + self.line_timeout;
            let line = timeout_at(until, self.line()).await;
            let (line, held) = line.unwrap_or(Err(LineError::Stalled))?;
            let line = String::from_utf8(line).map_err(|_| LineError::Encoding)?;
            if !line.trim().is_empty() {
                return Ok(Some((line, held)));
            }
        }
    }

    /// The line whose first bytes are there; the last one may lack its end.
    async fn line(&mut self) -> Result<(Vec<u8>, Held), LineError> {
        let (mut line, mut held) = (Vec::new(), Held::default());
        loop {
            let read = self.read.fill_buf().await;
            let read = read.map_err(|error| LineError::Io(error.kind()))?;
            let end = memchr::memchr(b'\n', read);
            let piece = &read[..end.unwrap_or(read.len())];
            if line.len() + piece.len() > MAX_BYTES {
                return Err(LineError::TooLong(line));
            }
            let has_room = held.grow(piece.len(), &self.memory);
            if memory::append(&mut line, piece, 0).is_err() {
                return Err(LineError::Io(io::ErrorKind::OutOfMemory));
            }
            let length = piece.len();
            let is_last = end.is_some() || read.is_empty();
            self.read.consume(length + usize::from(end.is_some()));
            if !has_room {
                held.move_to(self.memory.place().await);
            }
            if is_last {
                return Ok((line, held));
            }
        }
    }
}
