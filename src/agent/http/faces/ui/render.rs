//! Renders the events of a turn as chunks of the UI message stream.

mod ending;
mod results;

use bytes::BytesMut;

use super::{
    request::Continued,
    stream::{Chunk, Id, Metadata, ProviderMetadata, Signed},
};
use crate::agent::{
    Event,
    claude::{Block, BlockEnd},
    http::{faces::calls::Calls, sse::put},
};
use results::{put_approval, put_error, put_output};

/// A stream so far.
#[derive(Default)]
pub(super) struct Renderer {
    continued: Continued,
    is_started: bool,
    is_in_step: bool,
    /// The part with text that is open.
    open: Option<Open>,
    parts: u32,
    calls: Calls,
}

#[derive(Clone, Copy)]
enum Open {
    Text(Id),
    Reasoning(Id),
}

impl Renderer {
    pub(super) fn new(continued: Continued) -> Self {
        Self {
            continued,
            ..Self::default()
        }
    }

    pub(super) fn encode(&mut self, event: &Event, to: &mut BytesMut) {
        match event {
            Event::ModelChosen { model } => self.start(model, to),
            Event::RoundStart => {
                self.end_step(to);
                self.calls.begin_round();
                self.is_in_step = true;
                put(to, &Chunk::StartStep);
            }
            Event::ThinkingDelta { text } => {
                let id = self.open_reasoning(to);
                put(to, &Chunk::ReasoningDelta { id, delta: text });
            }
            Event::TextDelta { text } => {
                let id = self.open_text(to);
                put(to, &Chunk::TextDelta { id, delta: text });
            }
            Event::BlockEnd(ended) => self.end_block(ended, to),
            Event::ToolUseStart { id, name } => self.start_call(id, name, to),
            Event::ToolUse { id, name, input } => {
                let chunk = Chunk::ToolInputAvailable {
                    tool_call_id: id,
                    tool_name: name,
                    input,
                    dynamic: true,
                };
                put(to, &chunk);
            }
            Event::ToolResult {
                id, declined: true, ..
            } => {
                self.calls.answer(id);
                put(to, &Chunk::ToolOutputDenied { tool_call_id: id });
            }
            Event::ToolResult {
                id,
                is_error,
                structured,
                content,
                ..
            } => {
                self.calls.answer(id);
                if *is_error {
                    put_error(id, content, to);
                } else {
                    put_output(id, content, structured.as_ref(), to);
                }
            }
            Event::ApprovalRequest(request) => {
                self.close(to);
                put_approval(request, to);
            }
            Event::Done(done) => self.finish(done, to),
            Event::Error(failed) => self.fail(failed, to),
        }
    }

    /// The first event; or another model is asked.
    fn start(&mut self, model: &str, to: &mut BytesMut) {
        let message_metadata = Metadata {
            model: Some(model),
            ..Metadata::default()
        };
        if std::mem::replace(&mut self.is_started, true) {
            return put(to, &Chunk::MessageMetadata { message_metadata });
        }
        let chunk = Chunk::Start {
            message_id: self.continued.as_deref(),
            message_metadata,
        };
        put(to, &chunk);
    }

    fn start_call(&mut self, id: &str, name: &str, to: &mut BytesMut) {
        self.close(to);
        self.calls.start(id);
        let chunk = Chunk::ToolInputStart {
            tool_call_id: id,
            tool_name: name,
            dynamic: true,
        };
        put(to, &chunk);
    }

    fn next_id(&mut self) -> Id {
        self.parts += 1;
        Id(self.parts)
    }

    fn open_text(&mut self, to: &mut BytesMut) -> Id {
        if let Some(Open::Text(id)) = self.open {
            return id;
        }
        self.close(to);
        let id = self.next_id();
        self.open = Some(Open::Text(id));
        put(to, &Chunk::TextStart { id });
        id
    }

    fn open_reasoning(&mut self, to: &mut BytesMut) -> Id {
        if let Some(Open::Reasoning(id)) = self.open {
            return id;
        }
        self.close(to);
        let id = self.next_id();
        self.open = Some(Open::Reasoning(id));
        let provider_metadata = None;
        put(
            to,
            &Chunk::ReasoningStart {
                id,
                provider_metadata,
            },
        );
        id
    }

    /// Ends the part with text that is open.
    fn close(&mut self, to: &mut BytesMut) {
        match self.open.take() {
            None => {}
            Some(Open::Text(id)) => put(to, &Chunk::TextEnd { id }),
            Some(Open::Reasoning(id)) => {
                let provider_metadata = None;
                put(
                    to,
                    &Chunk::ReasoningEnd {
                        id,
                        provider_metadata,
                    },
                );
            }
        }
    }

    fn end_block(&mut self, ended: &BlockEnd, to: &mut BytesMut) {
        match ended {
            BlockEnd::Text => self.close(to),
            BlockEnd::Thinking { signature } => {
                let id = self.open_reasoning(to);
                self.open = None;
                let signed = Signed::Signature(signature);
                let provider_metadata = Some(ProviderMetadata::Anthropic(signed));
                put(
                    to,
                    &Chunk::ReasoningEnd {
                        id,
                        provider_metadata,
                    },
                );
            }
            BlockEnd::Hidden(Block::RedactedThinking { data }) => {
                self.close(to);
                let id = self.next_id();
                let signed = Signed::RedactedData(data);
                let provider_metadata = Some(ProviderMetadata::Anthropic(signed));
                put(
                    to,
                    &Chunk::ReasoningStart {
                        id,
                        provider_metadata,
                    },
                );
                let provider_metadata = None;
                put(
                    to,
                    &Chunk::ReasoningEnd {
                        id,
                        provider_metadata,
                    },
                );
            }
            BlockEnd::Hidden(Block::Opaque(data)) => {
                self.close(to);
                put(to, &Chunk::DataAnthropicBlock { data });
            }
            // No other block is hidden.
            BlockEnd::Hidden(_) => {}
        }
    }

    fn end_step(&mut self, to: &mut BytesMut) {
        self.close(to);
        if std::mem::take(&mut self.is_in_step) {
            put(to, &Chunk::FinishStep);
        }
    }
}
