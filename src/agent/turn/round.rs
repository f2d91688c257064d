//! One round of a turn: one request to Claude with its retries, and the tool calls of the reply.

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};

use super::{
    CUT_OFF, Turn,
    ending::{explain, settle},
    tool_calls::ToolCalls,
};
use crate::agent::{
    Event, Failure,
    approvals::ApprovalRequest,
    claude::{Block, ClaudeError, Progress, Reply, ReplyStream, Request, Retries, Usage},
    toolbox::{Halt, Next, ReplyView},
};

pub(super) struct Round<'a> {
    turn: &'a Turn,
    may_use_tools: bool,
    /// Events reach the user as they happen.
    streamed: bool,
    /// The request, while it may be sent again. `None` once part of the reply was shown or a tool has run.
    body: Option<Vec<Bytes>>,
    retries: Retries,
    stream: Option<Box<ReplyStream>>,
    calls: ToolCalls,
    reply: Option<Reply>,
    next: Next,
    usage: Usage,
    /// Of the failed attempts.
    usage_before: Usage,
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
        Self {
            body: request.body().ok(),
            retries: turn.claude.retries(turn.setup.deadline),
            turn,
            may_use_tools,
            streamed,
            stream: None,
            calls: ToolCalls::default(),
            reply: None,
            next: Next::End,
            usage: Usage::default(),
            usage_before: Usage::default(),
        }
    }

    /// The next event; `None` once the reply is complete and all of its tool calls are answered.
    pub(super) async fn next(&mut self) -> Result<Option<Event>, Failure> {
        loop {
            if self.reply.is_some() && self.calls.is_idle() {
                return Ok(None);
            }
            if self.reply.is_none() && self.stream.is_none() {
                let body = self.body.clone().ok_or(Failure::Internal)?;
                self.turn.setup.toolbox.on_request();
                // Boxed: this future is large and short-lived.
                let claude = &self.turn.claude;
                let opening = Box::pin(claude.open(&self.turn.asked, body, &mut self.retries));
                self.stream = Some(Box::new(opening.await?));
            }
            tokio::select! {
                Some(result) = self.calls.next_result(self.turn.setup.memory.as_deref()) => {
                    return result.map(Some).map_err(|Halt| Failure::Halted);
                }
                progress = next_progress(&mut self.stream), if self.reply.is_none() => {
                    match progress {
                        Ok(Progress::End(reply)) => {
                            if let Some(event) = self.on_end(reply).await? {
                                return Ok(Some(event));
                            }
                        }
                        Ok(progress) => {
                            if let Some(event) = self.on_progress(progress) {
                                if self.streamed {
                                    self.body = None;
                                }
                                return Ok(Some(event));
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
            // See `on_end`.
            Progress::End(_) => None,
        }
    }

    fn run_calls(&mut self, all: bool) {
        self.calls.run(all, &*self.turn.setup.toolbox);
        if !self.calls.is_idle() {
            self.body = None;
        }
    }

    /// The reply is complete. Returns the sentence that explains a refusal, if it must be added.
    async fn on_end(&mut self, mut reply: Reply) -> Result<Option<Event>, Failure> {
        for (index, block) in &mut reply.blocks {
            self.calls.fill_block(*index, block);
        }
        if let Some(stream) = self.stream.take() {
            drain(*stream);
        }
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
        Ok(explanation.map(|text| Event::TextDelta { text }))
    }

    /// Prepares another attempt after the reply failed, if no part of it was shown and no tool has run.
    async fn retry(&mut self, error: ClaudeError) -> Result<(), Failure> {
        if self.body.is_none() || !error.is_transient() {
            return Err(error.into());
        }
        self.stream = None;
        self.usage_before = self.usage;
        self.calls = ToolCalls::default();
        Ok(self.retries.wait(error).await?)
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

    /// The blocks of the reply and the results of its calls, if the round failed after a tool call was run. If the turn was
    /// `cut_off` by the service, an incomplete reply counts too, with its complete tool calls.
    pub(super) fn into_partial(mut self, cut_off: bool) -> Option<(Vec<Block>, Vec<Block>)> {
        let any_run = self.calls.any_run();
        let blocks = match self.reply.take() {
            _ if !any_run && !cut_off => return None,
            Some(reply) => reply.blocks.into_iter().map(|(_, block)| block).collect(),
            None if cut_off && self.calls.retain_complete() => self.partial_reply(),
            None => return None,
        };
        Some((blocks, self.calls.into_results(CUT_OFF)))
    }

    /// The blocks so far, except incomplete tool calls.
    fn partial_reply(&mut self) -> Vec<Block> {
        let partial = self.stream.take().map(|stream| stream.into_partial());
        let fill = |(index, mut block)| {
            let is_known = self.calls.fill_block(index, &mut block);
            (is_known && !block.is_blank_text()).then_some(block)
        };
        partial.into_iter().flatten().filter_map(fill).collect()
    }
}

/// Reads the rest of the response: in place if it has arrived, as it usually has, else in a task.
fn drain(stream: ReplyStream) {
    let mut drained = Box::pin(stream.drain());
    if (&mut drained).now_or_never().is_none() {
        tokio::spawn(drained);
    }
}

async fn next_progress(stream: &mut Option<Box<ReplyStream>>) -> Result<Progress, ClaudeError> {
    match stream {
        Some(stream) => stream.next().await.unwrap_or(Err(ClaudeError::Incomplete)),
        None => std::future::pending().await,
    }
}
