//! Reads one answer of the server within its limits, from a JSON body or an event stream.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use rmcp::model::{CustomResult, JsonRpcMessage, RequestId, ServerJsonRpcMessage, ServerResult};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};
use sse_stream::{Sse, SseStream};

use super::{
    Error, Events,
    fault::{self, LastFault},
    unexpected,
};
use crate::{
    agent::mcp::{
        answer::{AnswerSlot, Limits, plain_message},
        answer_memory::{AnswerMemory, Held},
        handshake::mend_initialize_result,
        rpc_error::error_in,
    },
    process::memory,
};

/// The answer to one request, while it is read.
#[derive(Clone)]
pub(super) struct Reading {
    pub(super) id: RequestId,
    slot: Option<AnswerSlot>,
    limits: Limits,
    memory: AnswerMemory,
    held: Arc<Mutex<Held>>,
    fault: LastFault,
    /// An event stream has had its answer, or another fault than to lack it.
    ended: Arc<AtomicBool>,
}

/// What makes a message an answer.
#[derive(Deserialize)]
struct Ending {
    result: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
}

impl Reading {
    pub(super) fn new(
        id: RequestId,
        slot: Option<AnswerSlot>,
        memory: AnswerMemory,
        fault: LastFault,
    ) -> Self {
        Self {
            id,
            limits: slot.as_ref().map_or(Limits::OTHER, |slot| slot.limits),
            slot,
            memory,
            fault,
            held: Arc::default(),
            ended: Arc::default(),
        }
    }

    /// Reads at most `max` bytes of the body, or as many as the limits allow.
    pub(super) async fn body(
        &self,
        mut response: reqwest::Response,
        max: usize,
    ) -> Result<String, Error> {
        let max = max.min(self.limits.bytes);
        let too_long = Error::ResponseBodyTooLarge { max_size: max };
        let announced = response.content_length().unwrap_or_default();
        if announced > max as u64 {
            self.exceeds(max);
            return Err(too_long);
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await? {
            if !self.hold(piece.len(), max).await {
                return Err(too_long);
            }
            let appended = memory::append(&mut body, &piece, 0);
            appended.map_err(|_| unexpected("no memory for an answer"))?;
        }
        String::from_utf8(body).map_err(|_| unexpected("an answer that is not UTF-8"))
    }

    /// The message in a body.
    pub(super) fn message(&self, body: String) -> Result<ServerJsonRpcMessage, Error> {
        match self.keep(body) {
            Some(Ok(())) => Ok(self.placeholder(json!({}))),
            Some(Err(body)) => match error_in(&body, &self.id) {
                Some(error) => Ok(error),
                None => serde_json::from_str(&body).map_err(|error| fault::not_json(&error)),
            },
            None => Err(unexpected("an answer that exceeds a limit")),
        }
    }

    /// Fills the slot with the result, or gives back another message; `None` if it exceeds a limit.
    fn keep(&self, text: String) -> Option<Result<(), String>> {
        let held = std::mem::take(&mut *self.held());
        let text = plain_message(text);
        let kept = match &self.slot {
            Some(slot) if !self.limits.allow(&text) => {
                slot.exceed();
                return None;
            }
            Some(slot) => slot.fill(&self.id, text, held),
            None => Err(mend_initialize_result(text)),
        };
        // rmcp parses what is not kept.
        match kept {
            Err(text) if !Limits::OTHER.allow(&text) => None,
            kept => Some(kept),
        }
    }

    /// The events of a stream, one of which is the answer.
    pub(super) fn events(
        self,
        bytes: impl Stream<Item = reqwest::Result<Bytes>> + Send + 'static,
    ) -> Events {
        let reading = self.clone();
        let bytes = bytes.then(move |piece| {
            let reading = reading.clone();
            async move {
                let piece = piece.map_err(io::Error::other)?;
                let within = reading.hold(piece.len(), reading.limits.bytes).await;
                let too_long = || io::Error::from(io::ErrorKind::FileTooLarge);
                within.then_some(piece).ok_or_else(too_long)
            }
        });
        let events = SseStream::from_bytes_stream(Box::pin(bytes));
        let reading = self.clone();
        let events = events.map(move |event| match event {
            Ok(event) => Ok(self.event(event)),
            Err(_) if self.held().bytes > self.limits.bytes => Ok(self.unreadable()),
            error => {
                self.ended.store(true, Relaxed);
                error
            }
        });
        let end = stream::once(async move { reading.end() });
        let end = end.filter_map(|()| std::future::ready(None));
        events.chain(end).boxed()
    }

    /// Names the fault of an event stream that has ended without an answer.
    fn end(&self) {
        if !self.ended.load(Relaxed) {
            let fault = "an event stream that ended without an answer";
            self.fault.note(Some(fault.to_owned()));
        }
    }

    fn event(&self, mut event: Sse) -> Sse {
        // Events of other names carry no message: some servers keep connections alive with them.
        let is_message = matches!(event.event.as_deref(), None | Some("" | "message"));
        let Some(data) = event.data.take().filter(|_| is_message) else {
            return event;
        };
        event.data = match self.keep(data) {
            Some(Ok(())) => {
                self.ended.store(true, Relaxed);
                serde_json::to_string(&self.placeholder(json!({}))).ok()
            }
            Some(Err(data)) if let Some(error) = error_in(&data, &self.id) => {
                self.ended.store(true, Relaxed);
                serde_json::to_string(&error).ok()
            }
            Some(Err(data)) => {
                let ending = serde_json::from_str::<Ending>(&data);
                if let Err(error) = &ending {
                    self.fault.note(fault::name(&fault::not_json(error)));
                }
                let goes_on = ending.is_ok_and(|it| it.result.is_none() && it.error.is_none());
                self.ended.fetch_or(!goes_on, Relaxed);
                Some(data)
            }
            None => return self.unreadable(),
        };
        event
    }

    /// Ends the wait for an answer that is not read.
    fn unreadable(&self) -> Sse {
        let message = self.placeholder(Value::Bool(false));
        Sse::default().data(serde_json::to_string(&message).unwrap_or_default())
    }

    /// Makes room for `bytes` more; `false` if the answer is too long.
    async fn hold(&self, bytes: usize, max: usize) -> bool {
        let has_room = self.held().grow(bytes, &self.memory);
        if self.held().bytes > max {
            self.exceeds(max);
            return false;
        }
        if !has_room {
            let place = self.memory.place().await;
            self.held().move_to(place);
        }
        true
    }

    fn exceeds(&self, bytes: usize) {
        tracing::warn!(bytes, "an answer of the tool server exceeds a limit");
        // Less than the limit of the call is allowed to error responses.
        if let Some(slot) = &self.slot
            && bytes == self.limits.bytes
        {
            slot.exceed();
        }
    }

    /// What rmcp gets: it knows that the request is answered.
    fn placeholder(&self, result: Value) -> ServerJsonRpcMessage {
        let result = ServerResult::CustomResult(CustomResult(result));
        JsonRpcMessage::response(result, self.id.clone())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
