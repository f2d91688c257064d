//! A connection whose peer must take what it is sent in time.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

/// The connection a request came over; in every request's extensions.
#[derive(Clone, Debug, Default)]
pub struct Connection(Arc<Mutex<Option<Instant>>>);

impl Connection {
    /// From then on, the peer loses the connection as soon as it leaves something that is sent to it lie. Until the next
    /// request.
    pub fn patient_until(&self, limit: Instant) {
        self.set(Some(limit));
    }

    /// A new request: the one before has no say any more.
    pub(super) fn begin(&self) {
        self.set(None);
    }

    fn set(&self, limit: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = limit;
    }

    fn limit(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Its writes fail when the peer takes nothing and the time for that is over. Nothing else would end a response that the
/// peer has stopped to read: what makes it is not asked for more, and so does not learn that its own time is up.
pub(super) struct Patient<S> {
    stream: S,
    connection: Connection,
    /// While a write waits.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, connection: Connection) -> Self {
        Self {
            stream,
            connection,
            waiting: None,
        }
    }

    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let (Poll::Pending, Some(limit)) = (&written, self.connection.limit()) else {
            self.waiting = None;
            return written;
        };
        let waiting = self
            .waiting
            .get_or_insert_with(|| Box::pin(sleep_until(limit)));
        if waiting.deadline() != limit {
            waiting.as_mut().reset(limit);
        }
        ready!(waiting.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(cx, written)
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

    /// A connection that holds eight bytes, with a limit; and its peer.
    fn small() -> (Connection, Patient<DuplexStream>, DuplexStream) {
        let (stream, peer) = duplex(8);
        let connection = Connection::default();
        connection.patient_until(Instant::now() + LIMIT);
        (connection.clone(), Patient::new(stream, connection), peer)
    }

    /// Writes until that fails; in how many limits, rounded down.
    async fn fails_after(mut stream: Patient<DuplexStream>) -> u128 {
        let began = Instant::now();
        let written = timeout(50 * LIMIT, stream.write_all(&[0; 10_000])).await;
        let error = written.expect("a failure").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        began.elapsed().as_millis() / LIMIT.as_millis()
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_given_up_at_the_limit() {
        let (_, stream, _peer) = small();
        assert!(fails_after(stream).await >= 1);
    }

    #[tokio::test]
    async fn a_peer_that_takes_a_little_now_and_then_is_given_up_too() {
        let (_, stream, mut peer) = small();
        tokio::spawn(async move {
            while peer.read_u8().await.is_ok() {
                sleep(LIMIT / 20).await;
            }
        });
        assert!(fails_after(stream).await >= 1);
    }

    #[tokio::test]
    async fn a_peer_that_takes_everything_at_once_has_no_limit() {
        let (_, mut stream, mut peer) = small();
        sleep(LIMIT).await;
        for _ in 0..100 {
            stream.write_all(&[0; 8]).await.unwrap();
            peer.read_exact(&mut [0; 8]).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_later_limit_and_a_new_request_count_from_the_next_write_on() {
        let (connection, stream, _peer) = small();
        connection.patient_until(Instant::now() + 3 * LIMIT);
        assert!(fails_after(stream).await >= 3);
        let (connection, mut stream, _peer) = small();
        connection.begin();
        let waiting = stream.write_all(&[0; 1000]);
        assert!(timeout(3 * LIMIT, waiting).await.is_err());
    }
}
