//! Renders the events of a turn as events of AG-UI.

mod ending;
mod messages;

use std::sync::Arc;

use bytes::BytesMut;

use super::{
    ids::Ids,
    request::RunContext,
    snapshot::Snapshot,
    stream::{AguiEvent, Content, ResultMetadata, Subtype, VERSION, WAITS},
};
use crate::agent::{
    Event,
    claude::Block,
    http::{faces::calls::Calls, sse::put},
};

/// A run so far.
pub(super) struct Renderer {
    context: RunContext,
    ids: Ids,
    model: Option<String>,
    /// The name of the step that is open.
    step: Option<String>,
    /// The message that is open.
    open: Option<Open>,
    /// The assistant's message that gets the next tool call.
    holder: Option<String>,
    /// The ids of the messages of the round.
    round: Vec<String>,
    /// The call whose input is not complete.
    open_call: Option<String>,
    calls: Calls,
    /// `None` if the history is too long to be repeated.
    snapshot: Option<Snapshot>,
}

enum Open {
    Text(String),
    Reasoning(String),
}

impl Renderer {
    pub(super) fn new(mut context: RunContext) -> Self {
        let snapshot = context.history.take().map(Snapshot::new);
        Self {
            context,
            ids: Ids::new(),
            model: None,
            step: None,
            open: None,
            holder: None,
            round: Vec::new(),
            open_call: None,
            calls: Calls::default(),
            snapshot,
        }
    }

    pub(super) fn encode(&mut self, event: &Event, to: &mut BytesMut) {
        match event {
            Event::ModelChosen { model } => self.start(model, to),
            Event::RoundStart => self.start_round(to),
            Event::ThinkingDelta { text } => {
                self.open_reasoning(to);
                self.add_text(text, to);
            }
            Event::TextDelta { text } => {
                self.open_text(to);
                self.add_text(text, to);
            }
            Event::BlockEnd(ended) => self.end_block(ended, to),
            Event::ToolUseStart { id, name } => self.start_call(id, name, to),
            Event::ToolUse { id, input, .. } => {
                let input = serde_json::to_string(input).unwrap_or_default();
                self.end_call(id, &input, to);
            }
            Event::ToolResult {
                id,
                is_error,
                structured,
                content,
                declined,
                ..
            } => {
                let metadata = ResultMetadata {
                    is_error: *is_error,
                    declined: *declined,
                    structured: structured.as_ref(),
                };
                self.put_result(id, content, metadata, to);
            }
            Event::ApprovalRequest(request) => {
                self.close(to);
                self.seal(Subtype::ToolCall, &request.tool_use_id, WAITS, to);
            }
            Event::Done(done) => self.finish(done, to),
            Event::Error(failed) => self.fail(failed, to),
        }
    }

    fn start(&mut self, model: &str, to: &mut BytesMut) {
        if self.model.replace(model.to_owned()).is_none() {
            let RunContext {
                thread_id, run_id, ..
            } = &self.context;
            let started = AguiEvent::RunStarted {
                thread_id,
                run_id,
                protocol_version: VERSION,
            };
            put(to, &started);
        }
    }

    fn start_round(&mut self, to: &mut BytesMut) {
        self.end_step(to);
        self.calls.begin_round();
        self.holder = None;
        self.round.clear();
        let step_name = format!("round-{}", self.ids.begin_round());
        put(
            to,
            &AguiEvent::StepStarted {
                step_name: &step_name,
            },
        );
        self.step = Some(step_name);
    }

    fn next_message(&mut self) -> String {
        let id = self.ids.next();
        self.round.push(id.clone());
        id
    }

    fn seal(&mut self, subtype: Subtype, entity_id: &str, value: &str, to: &mut BytesMut) {
        let event = AguiEvent::ReasoningEncryptedValue {
            subtype,
            entity_id,
            encrypted_value: value,
        };
        put(to, &event);
        if let Some(snapshot) = &mut self.snapshot {
            snapshot.seal(subtype, entity_id, value);
        }
    }

    fn start_call(&mut self, id: &str, name: &str, to: &mut BytesMut) {
        self.close(to);
        let parent = self.holder.take().unwrap_or_else(|| {
            let id = self.next_message();
            if let Some(snapshot) = &mut self.snapshot {
                snapshot.add_assistant(&id);
            }
            id
        });
        let event = AguiEvent::ToolCallStart {
            tool_call_id: id,
            tool_call_name: name,
            parent_message_id: &parent,
        };
        put(to, &event);
        if let Some(snapshot) = &mut self.snapshot {
            snapshot.add_call(&parent, id, name);
        }
        self.calls.start(id);
        self.open_call = Some(id.to_owned());
        self.holder = Some(parent);
    }

    fn end_call(&mut self, id: &str, input: &str, to: &mut BytesMut) {
        self.open_call = None;
        let tool_call_id = id;
        put(
            to,
            &AguiEvent::ToolCallArgs {
                tool_call_id,
                delta: input,
            },
        );
        put(to, &AguiEvent::ToolCallEnd { tool_call_id });
        if let Some(snapshot) = &mut self.snapshot {
            snapshot.set_input(id, input);
        }
    }

    fn put_result(
        &mut self,
        id: &str,
        content: &Arc<Vec<Block>>,
        metadata: ResultMetadata<'_>,
        to: &mut BytesMut,
    ) {
        self.calls.answer(id);
        let message_id = self.ids.next();
        let is_plain = !metadata.is_error && metadata.structured.is_none();
        let metadata = (!is_plain).then_some(metadata);
        let event = AguiEvent::ToolCallResult {
            message_id: &message_id,
            tool_call_id: id,
            content: Content(content),
            role: "tool",
            metadata,
        };
        put(to, &event);
        if let Some(snapshot) = &mut self.snapshot {
            snapshot.add_result(&message_id, id, content.clone(), metadata);
        }
    }

    /// Ends what is open.
    fn end_step(&mut self, to: &mut BytesMut) {
        self.close(to);
        if let Some(id) = self.open_call.take() {
            put(to, &AguiEvent::ToolCallEnd { tool_call_id: &id });
        }
        if let Some(step_name) = self.step.take() {
            put(
                to,
                &AguiEvent::StepFinished {
                    step_name: &step_name,
                },
            );
        }
    }
}
