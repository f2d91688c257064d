//! Renders the events of a turn as chunks of the UI message stream.

use bytes::{BufMut, BytesMut};

use super::{
    output::{Output, texts},
    request::Continued,
    stream::{Chunk, Descriptor, FinishReason, Id, Metadata, ProviderMetadata, Signed},
};
use crate::agent::{
    Done, Event, Failed,
    approvals::ApprovalRequest,
    claude::{Block, BlockEnd},
    http::faces::{
        calls::{Calls, NOT_RUN},
        chunk::put,
    },
};

/// The last line of the stream.
const END: &[u8] = b"data: [DONE]\n\n";

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
            Event::ToolUseStart { id, name } => {
                self.close(to);
                self.calls.start(id);
                let chunk = Chunk::ToolInputStart {
                    tool_call_id: id,
                    tool_name: name,
                    dynamic: true,
                };
                put(to, &chunk);
            }
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

    fn finish(&mut self, done: &Done, to: &mut BytesMut) {
        self.close(to);
        let left_out = self.calls.left_out(&done.messages);
        self.put_not_run(&left_out, to);
        self.end_step(to);
        let chunk = Chunk::Finish {
            finish_reason: FinishReason::new(&done.stop_reason),
            message_metadata: Metadata {
                model: Some(&done.model),
                stop_reason: Some(&done.stop_reason),
                stop_details: done.stop_details.as_ref(),
                usage: Some(&done.usage),
                request_id: Some(&done.request_id),
                left_out: left_out.iter().map(|id| &**id).collect(),
                ..Metadata::default()
            },
        };
        put(to, &chunk);
        to.put_slice(END);
    }

    /// Shows the results of the calls that the failure has cut off.
    fn fail(&mut self, failed: &Failed, to: &mut BytesMut) {
        self.close(to);
        for (id, content, is_error) in self.calls.unanswered_in(&failed.messages) {
            if is_error {
                put_error(id, content, to);
            } else {
                put_output(id, content, None, to);
            }
        }
        let left_out = self.calls.left_out(&failed.messages);
        self.put_not_run(&left_out, to);
        self.end_step(to);
        let message_metadata = Metadata {
            code: Some(failed.code),
            retryable: Some(failed.retryable),
            usage: Some(&failed.usage),
            request_id: Some(&failed.request_id),
            left_out: left_out.iter().map(|id| &**id).collect(),
            ..Metadata::default()
        };
        put(to, &Chunk::MessageMetadata { message_metadata });
        let error_text = &failed.message;
        put(to, &Chunk::Error { error_text });
        to.put_slice(END);
    }

    fn put_not_run(&self, ids: &[String], to: &mut BytesMut) {
        for id in ids.iter().filter(|id| !self.calls.is_answered(id)) {
            put_error(id, &[Block::text(NOT_RUN)], to);
        }
    }
}

fn put_output(
    id: &str,
    content: &[Block],
    structured_content: Option<&serde_json::Value>,
    to: &mut BytesMut,
) {
    let chunk = Chunk::ToolOutputAvailable {
        tool_call_id: id,
        output: Output {
            content,
            structured_content,
        },
        dynamic: true,
    };
    put(to, &chunk);
}

fn put_error(id: &str, content: &[Block], to: &mut BytesMut) {
    let texts = texts(content);
    let chunk = Chunk::ToolOutputError {
        tool_call_id: id,
        error_text: &texts.join("\n"),
        dynamic: true,
        provider_metadata: (texts.len() > 1)
            .then_some(ProviderMetadata::ProgStrength { texts: &texts }),
    };
    put(to, &chunk);
}

fn put_approval(request: &ApprovalRequest, to: &mut BytesMut) {
    let chunk = Chunk::ToolApprovalRequest {
        approval_id: &request.tool_use_id,
        tool_call_id: &request.tool_use_id,
        approval_descriptor: Descriptor {
            title: &request.title,
            destructive: request.destructive,
            expires_at: &request.expires_at,
        },
        signature: &request.token,
    };
    put(to, &chunk);
}
