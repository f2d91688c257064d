//! A reply as a script of bytes, pauses and an end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{io::AsyncWriteExt, net::tcp::OwnedWriteHalf};

use super::reply::{Kind, Reply};
use crate::support::{
    raw_http::{LAST_CHUNK, answer, chunk, head},
    wait::Gate,
};

/// How a streamed reply ends; the number counts the events sent before.
#[derive(Clone)]
pub(super) enum Ending {
    Complete,
    Early(usize),
    Cut(usize),
    Silence(usize),
    Error(usize, Value),
    /// The events up to the first delta, which is then repeated endlessly.
    Flood(Arc<AtomicUsize>),
}

/// A piece of a streamed reply.
#[derive(Clone)]
pub(super) enum Frame {
    Event(String, Value),
    Comment,
    Pause(Duration),
    Gate(Gate),
}

impl Frame {
    pub(super) fn event(name: &str, data: Value) -> Self {
        Self::Event(name.into(), data)
    }
}

/// The steps of a script.
pub(super) enum Step {
    Send(Vec<u8>),
    /// Repeated as fast as the client reads; counts the bytes.
    Flood(Vec<u8>, Arc<AtomicUsize>),
    Pause(Duration),
    Gate(Gate),
    Silence,
    Close,
}

impl Reply {
    /// The whole answer as steps.
    pub(super) fn script(&self) -> Vec<Step> {
        match &self.kind {
            Kind::Whole(body) => vec![Step::Send(answer(self.status, &self.headers, body))],
            Kind::Raw(bytes) => vec![Step::Send(bytes.clone()), Step::Close],
            Kind::Nothing => vec![Step::Silence],
            Kind::Stream => self.stream(),
        }
    }

    fn stream(&self) -> Vec<Step> {
        let mut start = head(self.status, &self.headers);
        start.extend_from_slice(
            b"content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n",
        );
        let mut steps = vec![Step::Send(start)];
        let mut waiting = Vec::new();
        for frame in self.frames() {
            match frame {
                Frame::Pause(time) => {
                    self.flush(&mut waiting, &mut steps);
                    steps.push(Step::Pause(time));
                }
                Frame::Gate(gate) => {
                    self.flush(&mut waiting, &mut steps);
                    steps.push(Step::Gate(gate));
                }
                Frame::Event(..) | Frame::Comment => {
                    waiting.extend(self.bytes(&frame));
                    if self.chunk.is_none() {
                        self.flush(&mut waiting, &mut steps);
                    }
                }
            }
        }
        self.flush(&mut waiting, &mut steps);
        match (&self.ending, steps.last_mut()) {
            (Ending::Cut(_), _) => steps.push(Step::Close),
            (Ending::Silence(_), _) => steps.push(Step::Silence),
            (Ending::Flood(sent), Some(Step::Send(delta))) => {
                let delta = std::mem::take(delta);
                steps.push(Step::Flood(delta, sent.clone()));
            }
            // In one write with the last event: a client may close as soon as it has read that.
            (_, Some(Step::Send(last))) => {
                last.extend_from_slice(LAST_CHUNK);
                last.extend_from_slice(&self.leftover);
            }
            _ => steps.push(Step::Send(LAST_CHUNK.to_vec())),
        }
        steps
    }

    fn frames(&self) -> Vec<Frame> {
        let events = self.events();
        let end = match self.ending {
            Ending::Complete => events.len(),
            Ending::Flood(_) => 3,
            Ending::Early(n) | Ending::Cut(n) | Ending::Silence(n) | Ending::Error(n, _) => n,
        };
        let mut frames = Vec::new();
        for (n, event) in events.into_iter().take(end).enumerate() {
            frames.extend(self.extras_at(n));
            let name = event["type"].as_str().unwrap_or_default().to_owned();
            frames.push(Frame::Event(name, event));
        }
        frames.extend(self.extras_at(end));
        if let Ending::Error(_, body) = &self.ending {
            frames.push(Frame::event("error", body.clone()));
        }
        frames
    }

    fn bytes(&self, frame: &Frame) -> Vec<u8> {
        let text = match frame {
            Frame::Event(name, data) if self.names => format!("event: {name}\ndata: {data}\n\n"),
            Frame::Event(_, data) => format!("data: {data}\n\n"),
            _ => ": a comment\n\n".to_owned(),
        };
        if self.crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        }
        .into_bytes()
    }

    fn flush(&self, waiting: &mut Vec<u8>, steps: &mut Vec<Step>) {
        let size = self.chunk.unwrap_or(usize::MAX).min(waiting.len()).max(1);
        steps.extend(waiting.chunks(size).map(|bytes| Step::Send(chunk(bytes))));
        waiting.clear();
    }
}

/// Runs the script; `false` when the connection must be closed.
pub(super) async fn play(script: Vec<Step>, writer: &mut OwnedWriteHalf) -> std::io::Result<bool> {
    for step in script {
        match step {
            Step::Send(bytes) => {
                writer.write_all(&bytes).await?;
                writer.flush().await?;
                tokio::task::yield_now().await;
            }
            Step::Flood(bytes, sent) => {
                // Otherwise megabytes would be buffered here.
                socket2::SockRef::from(writer.as_ref()).set_send_buffer_size(16 * 1024)?;
                loop {
                    writer.write_all(&bytes).await?;
                    sent.fetch_add(bytes.len(), Ordering::SeqCst);
                }
            }
            Step::Pause(time) => tokio::time::sleep(time).await,
            Step::Gate(gate) => gate.wait().await,
            Step::Silence => std::future::pending().await,
            Step::Close => return Ok(false),
        }
    }
    Ok(true)
}
