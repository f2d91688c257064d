//! Write deadlines: a connection fails when its peer stops reading for too long.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

/// How long the peer has to read the rest of a complete response.
const READ_REST_TIMEOUT: Duration = Duration::from_secs(60);

/// The connection of a request; in every request's extensions.
#[derive(Clone, Debug, Default)]
pub struct Connection(Arc<Mutex<Option<Instant>>>);

impl Connection {
    /// From `deadline` on, a write that would have to wait fails. Cleared for each new request.
    pub(super) fn set_write_deadline(&self, deadline: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    fn write_deadline(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held while a response is produced; dropping it gives the peer [`READ_REST_TIMEOUT`] to read the rest. Without it, a peer
/// that stops reading would hold the connection forever.
pub(crate) struct DeadlineGuard(Option<Connection>);

impl DeadlineGuard {
    pub(crate) fn new(connection: Option<Connection>) -> Self {
        Self(connection)
    }

    pub(crate) fn set_write_deadline(&self, deadline: Instant) {
        if let Some(connection) = &self.0 {
            connection.set_write_deadline(Some(deadline));
        }
    }
}

impl Drop for DeadlineGuard {
    fn drop(&mut self) {
        self.set_write_deadline(Instant::now() + READ_REST_TIMEOUT);
    }
}

/// A stream that fails writes that wait past the deadline. Nothing else ends a response when its peer has stopped reading:
/// the body is not polled then, so its own deadline has no effect.
pub(super) struct WriteDeadline<S> {
    stream: S,
    connection: Connection,
    /// Set while a write waits.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S> WriteDeadline<S> {
    pub(super) fn new(stream: S, connection: Connection) -> Self {
        Self {
            stream,
            connection,
            timer: None,
        }
    }

    fn check<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let (Poll::Pending, Some(deadline)) = (&written, self.connection.write_deadline()) else {
            self.timer = None;
            return written;
        };
        let sleep = || Box::pin(sleep_until(deadline));
        let timer = self.timer.get_or_insert_with(sleep);
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteDeadline<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteDeadline<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.check(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.check(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        time::{sleep, timeout},
    };

    use super::*;

    const LIMIT: Duration = Duration::from_millis(200);

    /// A connection with a buffer of eight bytes and a deadline; and its peer.
    fn small() -> (Connection, WriteDeadline<DuplexStream>, DuplexStream) {
        let (stream, peer) = duplex(8);
        let connection = Connection::default();
        connection.set_write_deadline(Some(Instant::now() + LIMIT));
        (
            connection.clone(),
            WriteDeadline::new(stream, connection),
            peer,
        )
    }

    /// Writes until that fails; returns the time as a multiple of the limit, rounded down.
    async fn fails_after(mut stream: WriteDeadline<DuplexStream>) -> u128 {
        let began = Instant::now();
        let written = timeout(50 * LIMIT, stream.write_all(&[0; 10_000])).await;
        let error = written.expect("a failure").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        began.elapsed().as_millis() / LIMIT.as_millis()
    }

    #[tokio::test]
    async fn a_write_to_a_peer_that_reads_nothing_fails_at_the_deadline() {
        let (_, stream, _peer) = small();
        assert!(fails_after(stream).await >= 1);
    }

    #[tokio::test]
    async fn a_write_to_a_peer_that_reads_too_slowly_fails_at_the_deadline() {
        let (_, stream, mut peer) = small();
        tokio::spawn(async move {
            while peer.read_u8().await.is_ok() {
                sleep(LIMIT / 20).await;
            }
        });
        assert!(fails_after(stream).await >= 1);
    }

    #[tokio::test]
    async fn writes_that_do_not_wait_succeed_after_the_deadline() {
        let (_, mut stream, mut peer) = small();
        sleep(LIMIT).await;
        for _ in 0..100 {
            stream.write_all(&[0; 8]).await.unwrap();
            peer.read_exact(&mut [0; 8]).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_later_deadline_and_a_new_request_take_effect_at_the_next_write() {
        let (connection, stream, _peer) = small();
        connection.set_write_deadline(Some(Instant::now() + 3 * LIMIT));
        assert!(fails_after(stream).await >= 3);
        let (connection, mut stream, _peer) = small();
        connection.set_write_deadline(None);
        let waiting = stream.write_all(&[0; 1000]);
        assert!(timeout(3 * LIMIT, waiting).await.is_err());
    }
}
