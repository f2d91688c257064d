//! The body of an answer.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::Stream;
use ureq_proto::{
    BodyMode,
    client::{Call, RecvBodyResult, state::RecvBody},
};

use super::{
    Server, WireError,
    line::{Line, Taken},
};

/// The body of an answer, piece by piece. Read to its end, it leaves its connection for the next request.
pub struct Pieces {
    body: Option<(Line, Call<RecvBody>)>,
    server: Arc<Server>,
}

impl Pieces {
    /// Without a `body` there is nothing to read, hence nothing after which its connection could be kept.
    pub(super) fn of(body: Option<(Line, Call<RecvBody>)>, server: Arc<Server>) -> Self {
        Self { body, server }
    }
}

impl Stream for Pieces {
    type Item = Result<Bytes, WireError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some((line, call)) = &mut self.body else {
            return Poll::Ready(None);
        };
        // If there is still something to be sent, then to somebody who has answered already: that it fails is no matter.
        let _ = line.send(cx);
        let failure = match ready!(line.receive(cx, |input| next_part(call, input))) {
            Ok(Part::Piece(piece)) => return Poll::Ready(Some(Ok(piece))),
            Ok(Part::End) => None,
            Err(WireError::Closed) if call.body_mode() == BodyMode::CloseDelimited => None,
            Err(error) => Some(Err(error)),
        };
        let (line, call) = self.body.take().expect("it was there");
        if failure.is_none()
            && let Some(RecvBodyResult::Cleanup(call)) = call.proceed()
            && !call.must_close_connection()
        {
            self.server.keep(line);
        }
        Poll::Ready(failure)
    }
}

enum Part {
    Piece(Bytes),
    End,
}

fn next_part(call: &mut Call<RecvBody>, input: &[u8]) -> Taken<Part> {
    let mut piece = vec![0; input.len()];
    let (used, length) = call.read(input, &mut piece)?;
    if length > 0 {
        piece.truncate(length);
        return Ok((used, Some(Part::Piece(piece.into()))));
    }
    let ended = call.can_proceed() && call.body_mode() != BodyMode::CloseDelimited;
    Ok((used, ended.then_some(Part::End)))
}
