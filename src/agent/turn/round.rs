//! One round of a turn: one request to Claude with its retries, and the tool calls of the reply.

mod partial;

use std::collections::VecDeque;

use bytes::Bytes;

use super::{
    Turn,
    ending::{explain, settle},
    reading::{block_end, drain, next_progress},
    tool_calls::ToolCalls,
};
use crate::agent::{
    Event, Failure,
    approvals::ApprovalRequest,
    claude::{Block, ClaudeError, Progress, Reply, ReplyStream, Request, Retries, Usage},
    spans,
    toolbox::{Halt, Next, ReplyView},
};
use crate::telemetry::Span;

pub(super) struct Round<'a> {
    turn: &'a Turn,
    may_use_tools: bool,
    /// Events reach the user as they happen.
    streamed: bool,
    /// The request, while it may be sent again. `None` once part of the reply was shown or a tool has run.
    body: Option<Vec<Bytes>>,
    retries: Retries,
    stream: Option<Box<ReplyStream>>,
    /// Events that are shown with the next one: alone they would not be worth the loss of retries.
    held_back: VecDeque<Event>,
    calls: ToolCalls,
    reply: Option<Reply>,
    next: Next,
    usage: Usage,
    /// Of the failed attempts.
    usage_before: Usage,
    /// Of the request, retries included.
    span: Span,
}

/// A round that has ended.
pub(super) struct Finished {
    pub(super) reply: Reply,
    /// Of its tool calls, in their order.
    pub(super) results: Vec<Block>,
    /// The calls that wait for the user. If there are any, the turn ends.
    pub(super) approvals: Vec<ApprovalRequest>,
    pub(super) next: Next,
}

impl<'a> Round<'a> {
    pub(super) fn new(turn: &'a Turn, streamed: bool) -> Self {
        let may_use_tools = turn.may_use_tools();
        let request = Request {
            model: &turn.asked,
            user_context: &turn.setup.user_context,
            tools: turn.setup.toolbox.tools(),
            may_use_tools,
            messages: &turn.setup.conversation,
        };
        let span = spans::chat(&turn.span, &request);
        Self {
            body: request.body().ok(),
            retries: turn.claude.retries(turn.setup.deadline, &span),
            turn,
            may_use_tools,
            streamed,
            stream: None,
            held_back: VecDeque::new(),
            calls: ToolCalls::default(),
            reply: None,
            next: Next::End,
            usage: Usage::default(),
            usage_before: Usage::default(),
            span,
        }
    }

    /// The next event; `None` once the reply is complete and all of its tool calls are answered.
    pub(super) async fn next(&mut self) -> Result<Option<Event>, Failure> {
        loop {
            if self.body.is_none()
                && let Some(event) = self.held_back.pop_front()
            {
                return Ok(Some(event));
            }
            if self.reply.is_some() && self.calls.is_idle() {
                return Ok(None);
            }
            if self.reply.is_none() && self.stream.is_none() {
                let body = self.body.clone().ok_or(Failure::Internal)?;
                self.turn.setup.toolbox.on_request();
                // Boxed: this future is large and short-lived.
                let claude = &self.turn.claude;
                let opening = Box::pin(claude.open(&self.turn.asked, body, &mut self.retries));
                let opened = opening.await;
                self.stream = Some(Box::new(opened.map_err(|error| self.failed(error))?));
            }
            tokio::select! {
                Some(result) = self.calls.next_result(self.turn.setup.memory.as_deref()) => {
                    return result.map(Some).map_err(|Halt| Failure::Halted);
                }
                progress = next_progress(&mut self.stream), if self.reply.is_none() => {
                    match progress {
                        Ok(Progress::End(reply)) => self.on_end(reply).await?,
                        Ok(Progress::BlockEnd(ended)) if self.streamed => {
                            self.held_back.extend(block_end(ended));
                        }
                        Ok(progress) => {
                            if let Some(event) = self.on_progress(progress) {
                                if !self.streamed {
                                    return Ok(Some(event));
                                }
                                self.body = None;
                                self.held_back.push_back(event);
                            }
                        }
                        Err(error) => self.retry(error).await?,
                    }
                }
            }
        }
    }

    fn on_progress(&mut self, progress: Progress) -> Option<Event> {
        match progress {
            Progress::Usage(usage) => {
                self.usage = self.usage_before;
                self.usage.add(usage);
                self.turn.ledger.set_round_usage(self.usage);
                None
            }
            Progress::Thinking(text) => Some(Event::ThinkingDelta { text }),
            Progress::Text(text) => Some(Event::TextDelta { text }),
            // Claude may call tools even when told not to. Such calls are ignored.
            Progress::ToolStart { .. } | Progress::ToolInput { .. } if !self.may_use_tools => None,
            Progress::ToolStart { index, id, name } => {
                let used_ids = &self.turn.setup.used_ids;
                Some(self.calls.start(index, id, name, used_ids))
            }
            Progress::ToolInput { index, input_json } => {
                let toolbox = &*self.turn.setup.toolbox;
                let event = self.calls.on_tool_input(index, &input_json, toolbox)?;
                self.run_calls(false);
                Some(event)
            }
            // Of a JSON answer; see `on_end`.
            Progress::BlockEnd(_) | Progress::End(_) => None,
        }
    }

    fn run_calls(&mut self, all: bool) {
        let turn = self.turn;
        self.calls.run(all, &*turn.setup.toolbox, &turn.span);
        if !self.calls.is_idle() {
            self.body = None;
        }
    }

    /// The reply is complete.
    async fn on_end(&mut self, mut reply: Reply) -> Result<(), Failure> {
        self.body = None;
        for (index, block) in &mut reply.blocks {
            self.calls.fill_block(*index, block, &self.turn.span);
        }
        if let Some(stream) = self.stream.take() {
            drain(*stream);
        }
        spans::end_chat(&self.span, &reply, self.usage);
        let explanation = explain(&mut reply);
        self.next = settle(&mut reply, self.may_use_tools, !self.calls.is_empty());
        let reply = self.reply.insert(reply);
        let turn = self.turn;
        let view = ReplyView {
            reply,
            next: self.next,
            usage: turn.ledger.round_usage(),
        };
        if let Some(kept) = turn.setup.toolbox.on_reply(&view) {
            kept.await.map_err(|Halt| Failure::Halted)?;
        }
        if self.next == Next::Calls {
            self.run_calls(true);
        } else {
            if self.calls.any_complete() {
                let stop_reason = &*reply.stop_reason;
                tracing::warn!(
                    stop_reason,
                    "the reply has complete tool calls, which are not run"
                );
            }
            // Cancels the reads that were started early.
            self.calls = ToolCalls::default();
        }
        let explanation = explanation.map(|text| Event::TextDelta { text });
        self.held_back.extend(explanation);
        Ok(())
    }

    /// Prepares another attempt after the reply failed, if no part of it was shown and no tool has run.
    async fn retry(&mut self, error: ClaudeError) -> Result<(), Failure> {
        if self.body.is_none() || !error.is_transient() {
            return Err(self.failed(error));
        }
        self.stream = None;
        self.held_back.clear();
        self.usage_before = self.usage;
        self.calls = ToolCalls::default();
        let waited = self.retries.wait(error).await;
        waited.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: ClaudeError) -> Failure {
        spans::fail_chat(&self.span, error.error_type(), self.usage);
        error.into()
    }

    /// Ends the span of a request that was cut off.
    pub(super) fn end_span(&self, failure: &Failure) {
        spans::fail_chat(&self.span, failure.code().to_string(), self.usage);
    }

    /// True if the failed request may be sent again: no part of the reply was shown, and no tool has run.
    pub(super) fn can_repeat(&self) -> bool {
        self.body.is_some()
    }

    /// The complete reply, the results of its tool calls, and what follows.
    pub(super) fn finish(mut self) -> Finished {
        let approvals = self.calls.request_approvals();
        let results = self.calls.into_results("the turn was over");
        Finished {
            reply: self.reply.unwrap_or_default(),
            results,
            approvals,
            next: self.next,
        }
    }
}
