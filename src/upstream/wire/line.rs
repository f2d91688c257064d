//! One connection: a request on its way, and its answer, piece by piece.
//!
//! `ureq-proto` knows HTTP/1.1 and touches no socket. So all connections of a thread are read into one buffer, and an
//! open one holds on only to what it has not received the whole of yet, which is next to nothing.

use std::{
    cell::RefCell,
    future::poll_fn,
    io::{self, ErrorKind},
    mem::MaybeUninit,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use buf_list::BufList;
use bytes::{Buf, Bytes, buf::Chain};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_util::io::poll_write_buf;
use ureq_proto::client::{Call, RecvResponseResult, SendRequestResult, state::RecvResponse};

use super::{Pieces, Server, WireError, socket::Socket, written};

/// What is received at once, at most.
const INBOX: usize = 64 * 1024;
/// The head of an answer is not longer.
const MAX_HEAD: usize = 64 * 1024;
/// The first line of a request and how long its body is, but for the path and its query.
const MAX_START: usize = 128;
const END: &[u8] = b"\r\n";

thread_local! {
    static RECEIVED: RefCell<Box<[u8]>> = RefCell::new(vec![0; INBOX].into());
}

/// How much of what was there has been used, and what it made, if that was enough for something.
pub(super) type Taken<T> = Result<(usize, Option<T>), WireError>;

pub(super) struct Line {
    socket: Box<dyn Socket>,
    /// Of the present request. `None` once all of it has left.
    unsent: Option<Chain<Bytes, BufList>>,
    /// Received, but of no use without what follows.
    rest: Vec<u8>,
}

impl Line {
    pub(super) fn over(stream: MaybeHttpsStream<TokioIo<TcpStream>>) -> Self {
        match stream {
            MaybeHttpsStream::Http(tcp) => Self::on(tcp.into_inner()),
            MaybeHttpsStream::Https(tls) => Self::on(tls.into_inner()),
        }
    }

    fn on(socket: impl Socket + 'static) -> Self {
        Self {
            socket: Box::new(socket),
            unsent: None,
            rest: Vec::new(),
        }
    }

    /// Whether it can take a request, as far as can be known from here: nothing has come that nobody asked for, not even the
    /// end. (The system is asked, the runtime may not have heard of it.)
    pub(super) fn is_idle(&mut self) -> bool {
        let came = SockRef::from(self.socket.tcp()).peek(&mut [MaybeUninit::uninit()]);
        let nothing = came.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        let is_used_up = self.unsent.is_none() && self.rest.is_empty();
        nothing && is_used_up && self.socket.is_quiet()
    }

    /// Posts `body` until there is an answer, which may come before all of it has left.
    pub(super) async fn ask(
        mut self,
        server: Arc<Server>,
        headers: &[(HeaderName, HeaderValue)],
        body: BufList,
    ) -> Result<Response<Pieces>, WireError> {
        let Ok(Some((head, mut call))) = begin(&server, headers, body.remaining()) else {
            return Err(WireError::Unsendable);
        };
        self.unsent = Some(head.chain(body));
        let mut failed = None;
        let response = poll_fn(|cx| {
            if failed.is_none() {
                failed = self.send(cx).err();
            }
            match self.receive(cx, |input| Ok(call.try_response(input, false)?)) {
                Poll::Ready(Err(error)) => {
                    Poll::Ready(Err(failed.take().map_or(error, WireError::from)))
                }
                // The server may still say why it wanted no more.
                response => response,
            }
        });
        let response = response.await?;
        let body = match call.proceed() {
            Some(RecvResponseResult::RecvBody(call)) => Some((self, call)),
            _ => None,
        };
        Ok(response.map(|()| Pieces::of(body, server)))
    }

    /// Sends what can be sent now.
    pub(super) fn send(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while let Some(unsent) = &mut self.unsent {
            let socket = Pin::new(&mut self.socket);
            if unsent.has_remaining() {
                match poll_write_buf(socket, cx, unsent)? {
                    Poll::Ready(0) => return Err(ErrorKind::WriteZero.into()),
                    Poll::Ready(_) => {}
                    Poll::Pending => break,
                }
            } else if socket.poll_flush(cx)?.is_ready() {
                self.unsent = None;
            } else {
                break;
            }
        }
        Ok(())
    }

    /// Receives until `take` makes something of it.
    pub(super) fn receive<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut take: impl FnMut(&[u8]) -> Taken<T>,
    ) -> Poll<Result<T, WireError>> {
        if let Some(taken) = self.use_rest(&mut take)? {
            return Poll::Ready(Ok(taken));
        }
        RECEIVED.with_borrow_mut(|inbox| {
            loop {
                let mut came = ReadBuf::new(inbox);
                ready!(Pin::new(&mut self.socket).poll_read(cx, &mut came))?;
                let came = came.filled();
                if came.is_empty() {
                    return Poll::Ready(Err(WireError::Closed));
                }
                let taken = if self.rest.is_empty() {
                    let (used, taken) = all(came, &mut take)?;
                    self.rest = came[used..].into();
                    taken
                } else {
                    self.rest.extend_from_slice(came);
                    self.use_rest(&mut take)?
                };
                if let Some(taken) = taken {
                    return Poll::Ready(Ok(taken));
                }
                if self.rest.len() > MAX_HEAD {
                    return Poll::Ready(Err(WireError::Endless));
                }
            }
        })
    }

    /// What is left lies in no more room than it needs.
    fn use_rest<T>(&mut self, take: impl FnMut(&[u8]) -> Taken<T>) -> Result<Option<T>, WireError> {
        let (used, taken) = all(&self.rest, take)?;
        if used > 0 {
            self.rest = self.rest[used..].into();
        }
        Ok(taken)
    }
}

/// The head of a request, and the call it begins. The body is for the caller to send.
fn begin(
    server: &Server,
    headers: &[(HeaderName, HeaderValue)],
    length: usize,
) -> Result<Option<(Bytes, Call<RecvResponse>)>, ureq_proto::Error> {
    let mut request = Request::new(());
    *request.headers_mut() = HeaderMap::with_capacity(1);
    *request.method_mut() = Method::POST;
    if let Some(path) = server.endpoint.path_and_query() {
        *request.uri_mut() = path.clone().into();
    }
    request
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length.into());
    // The call keeps its request for as long as the answer lasts, so that is told only what it has to know.
    let target = request.uri().path_and_query();
    let mut head = vec![0; target.map_or(0, |target| target.as_str().len()) + MAX_START];
    let mut call = Call::new(request)?.proceed();
    let start = call.write(&mut head)?;
    head.truncate(start - END.len());
    head.extend_from_slice(&server.headers);
    head.extend(written(headers.iter().map(|(name, value)| (name, value))));
    head.extend_from_slice(END);
    let call = match call.proceed()? {
        Some(SendRequestResult::SendBody(mut call)) => {
            call.consume_direct_write(length)?;
            call.proceed()
        }
        Some(SendRequestResult::RecvResponse(call)) => Some(call),
        _ => None,
    };
    Ok(call.map(|call| (head.into(), call)))
}

/// Lets `take` have all it can use.
fn all<T>(input: &[u8], mut take: impl FnMut(&[u8]) -> Taken<T>) -> Taken<T> {
    let mut total = 0;
    loop {
        let (used, taken) = take(&input[total..])?;
        total += used;
        if used == 0 || taken.is_some() {
            return Ok((total, taken));
        }
    }
}

#[cfg(test)]
mod tests;
