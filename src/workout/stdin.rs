//! The standard input of `mcp --stdio`: passes messages, one in a line, to rmcp in a form that it can read.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, DuplexStream, duplex};

use crate::process::{json::mend_halves, memory::json::check};

/// The longest message: rmcp's bound on standard input.
const MAX_BYTES: usize = 16 << 20;
const BUFFER: usize = 64 << 10;

/// The messages of `input`, without halves of surrogate pairs: JSON allows them, and rmcp ignores a message that has one, so
/// that the client waits for an answer in vain. What is no JSON, nested too deep or too long is left out, as rmcp does, and logged.
pub(super) fn mended(input: impl AsyncRead + Send + Unpin + 'static) -> DuplexStream {
    let (ours, theirs) = duplex(BUFFER);
    tokio::spawn(pass_on(BufReader::new(input), ours));
    theirs
}

async fn pass_on<R: AsyncRead + Unpin>(
    mut input: BufReader<R>,
    mut output: DuplexStream,
) -> io::Result<()> {
    let mut line = Vec::new();
    while let Some(length) = read_line(&mut input, &mut line).await? {
        mend_halves(&mut line);
        if length > MAX_BYTES {
            tracing::warn!(length, "a message is too long, and was not read");
        } else if line.trim_ascii().is_empty() || is_readable(&line) {
            output.write_all(&line).await?;
        }
        line.clear();
    }
    Ok(())
}

fn is_readable(message: &[u8]) -> bool {
    let checked = check(message);
    if let Err(error) = &checked {
        let column = error.column();
        tracing::warn!(
            column,
            "a message is not JSON or nested too deep, and was not read"
        );
    }
    checked.is_ok()
}

/// Reads a line, up to the longest; its length, or `None` at the end.
async fn read_line<R: AsyncRead + Unpin>(
    input: &mut BufReader<R>,
    line: &mut Vec<u8>,
) -> io::Result<Option<usize>> {
    let mut length = 0;
    loop {
        let read = input.fill_buf().await?;
        if read.is_empty() {
            return Ok((length > 0).then_some(length));
        }
        let end = memchr::memchr(b'\n', read);
        let piece = &read[..end.map_or(read.len(), |at| at + 1)];
        length += piece.len();
        if length <= MAX_BYTES {
            line.extend_from_slice(piece);
        }
        let piece = piece.len();
        input.consume(piece);
        if end.is_some() {
            return Ok(Some(length));
        }
    }
}
