//! Deadlines of a connection: for its peer to send the rest of a request head, and to read a response.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::AbortHandle,
    time::{Instant, Sleep, sleep_until},
};

/// How long a request head may take, from its first byte.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the peer has to read the rest of a complete response.
const READ_REST_TIMEOUT: Duration = Duration::from_secs(60);

/// The connection of a request; in every request's extensions.
#[derive(Clone, Debug, Default)]
pub struct Connection(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    closed: AtomicBool,
    task: OnceLock<AbortHandle>,
}

#[derive(Debug, Default)]
struct State {
    write_deadline: Option<Instant>,
    head: Head,
    /// Its place among the connections that wait for a request.
    waiting: Option<u64>,
}

/// The head of the next request.
#[derive(Debug, Default)]
enum Head {
    #[default]
    NotBegun,
    Unfinished {
        deadline: Instant,
    },
    Complete,
}

impl Connection {
    /// From `deadline` on, a write that would have to wait fails. Cleared for each new request.
    pub(super) fn set_write_deadline(&self, deadline: Option<Instant>) {
        self.state().write_deadline = deadline;
    }

    /// To be called once with the task that serves the connection.
    pub(super) fn set_task(&self, task: AbortHandle) {
        let _ = self.0.task.set(task);
    }

    /// Ends the connection, to make room for another.
    pub(super) fn close(&self) {
        self.0.closed.store(true, Relaxed);
        if let Some(task) = self.0.task.get() {
            task.abort();
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.closed.load(Relaxed)
    }

    pub(super) fn set_waiting(&self, place: u64) {
        let mut state = self.state();
        state.head = Head::NotBegun;
        state.waiting = Some(place);
    }

    /// To be called when a head is complete; returns the place of the connection if it was waiting.
    pub(super) fn begin_request(&self) -> Option<u64> {
        let mut state = self.state();
        state.write_deadline = None;
        state.head = Head::Complete;
        state.waiting.take()
    }

    /// The time by which the head must be complete; its first bytes set it.
    fn head_deadline(&self, received: bool) -> Option<Instant> {
        let mut state = self.state();
        if received && matches!(state.head, Head::NotBegun) {
            let deadline = Instant::now() + HEAD_TIMEOUT;
            state.head = Head::Unfinished { deadline };
        }
        match state.head {
            Head::Unfinished { deadline } => Some(deadline),
            Head::NotBegun | Head::Complete => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
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

/// A stream that fails reads and writes that wait past their deadline. Nothing else ends a response when its peer has stopped
/// reading: the body is not polled then, so its own deadline has no effect.
pub(super) struct Deadlines<S> {
    stream: S,
    connection: Connection,
    read_timer: Timer,
    write_timer: Timer,
}

impl<S> Deadlines<S> {
    pub(super) fn new(stream: S, connection: Connection) -> Self {
        Self {
            stream,
            connection,
            read_timer: Timer::default(),
            write_timer: Timer::default(),
        }
    }

    fn check_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let deadline = self.connection.state().write_deadline;
        self.write_timer.check(cx, deadline, written)
    }
}

/// Set while an operation waits.
#[derive(Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// The result of an operation, or an error once it waits past the deadline.
    fn check<T>(
        &mut self,
        cx: &mut Context<'_>,
        deadline: Option<Instant>,
        done: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let (Poll::Pending, Some(deadline)) = (&done, deadline) else {
            self.0 = None;
            return done;
        };
        let sleep = || Box::pin(sleep_until(deadline));
        let timer = self.0.get_or_insert_with(sleep);
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Deadlines<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let received = buf.filled().len() > before;
        let deadline = self.connection.head_deadline(received);
        self.read_timer.check(cx, deadline, read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Deadlines<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.check_write(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.check_write(cx, written)
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
    fn small() -> (Connection, Deadlines<DuplexStream>, DuplexStream) {
        let (stream, peer) = duplex(8);
        let connection = Connection::default();
        connection.set_write_deadline(Some(Instant::now() + LIMIT));
        (connection.clone(), Deadlines::new(stream, connection), peer)
    }

    /// Writes until that fails; returns the time as a multiple of the limit, rounded down.
    async fn fails_after(mut stream: Deadlines<DuplexStream>) -> u128 {
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

    /// Reads until that fails, or for a minute; returns the whole seconds until then.
    async fn read_fails_after(stream: &mut Deadlines<DuplexStream>) -> Option<u64> {
        let began = Instant::now();
        let reading = async { while stream.read_u8().await.is_ok() {} };
        let failed = timeout(Duration::from_secs(60), reading).await;
        failed.ok().map(|()| began.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_not_complete_in_time_fails_the_read_though_bytes_arrive() {
        let (stream, mut peer) = duplex(8);
        let mut stream = Deadlines::new(stream, Connection::default());
        let trickle = tokio::spawn(async move {
            while peer.write_u8(b'a').await.is_ok() {
                sleep(Duration::from_millis(700)).await;
            }
        });
        assert_eq!(read_fails_after(&mut stream).await, Some(10));
        drop(stream);
        trickle.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn reads_before_and_after_a_head_have_no_deadline() {
        let (stream, mut peer) = duplex(8);
        let connection = Connection::default();
        let mut stream = Deadlines::new(stream, connection.clone());
        assert_eq!(read_fails_after(&mut stream).await, None);
        peer.write_all(b"GET").await.unwrap();
        stream.read_exact(&mut [0; 3]).await.unwrap();
        connection.begin_request();
        // A body that is read slowly, then an idle connection.
        peer.write_u8(b'a').await.unwrap();
        assert_eq!(read_fails_after(&mut stream).await, None);
        connection.set_waiting(1);
        assert_eq!(read_fails_after(&mut stream).await, None);
        peer.write_u8(b'G').await.unwrap();
        assert_eq!(read_fails_after(&mut stream).await, Some(10));
    }
}
