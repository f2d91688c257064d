//! Runs the tool calls of one reply: reads while the reply streams, writes after it. Results keep the order of the calls.

mod call;

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};

use crate::{
    agent::{
        Event,
        approvals::{AnsweredCall, ApprovalRequest},
        claude::{Block, is_id},
        mcp::CallOutcome,
        spans,
        toolbox::{Halt, Prepared, PreparedCall, Toolbox},
        tools::{CallInput, sanitize_name},
    },
    auth::Caller,
    process::memory::Share,
    telemetry::Span,
};
use call::{Answer, Call, State};

/// Claude's ids are shorter. The token of an approval holds one.
const MAX_ID_BYTES: usize = 200;
/// A result is held in the conversation, in the ledger and in the answer.
const COPIES_OF_RESULT: usize = 3;

#[derive(Default)]
pub(super) struct ToolCalls {
    calls: Vec<Call>,
    /// With positions in `calls`.
    running: FuturesUnordered<BoxFuture<'static, Ended>>,
}

/// The position of a call, its outcome, and how long it took.
type Ended = (usize, Result<CallOutcome, Halt>, Duration);

impl ToolCalls {
    /// Calls of an earlier turn, with the user's answers.
    pub(super) fn answered(calls: Vec<AnsweredCall>) -> Self {
        let call = |(index, call): (u64, AnsweredCall)| Call {
            index,
            id: call.id,
            name: call.name,
            requested_name: String::new(),
            input: CallInput::default(),
            state: match call.call {
                Ok(call) => State::Ready {
                    call: PreparedCall::Server(call),
                    early: false,
                },
                Err(outcome) => State::Invalid(outcome),
            },
            declined: call.declined,
        };
        Self {
            calls: (0..).zip(calls).map(call).collect(),
            ..Self::default()
        }
    }

    /// Claude starts a call. Its id is kept, unless Claude's API would refuse it in the next request.
    pub(super) fn start(
        &mut self,
        index: u64,
        id: String,
        requested_name: String,
        used_ids: &HashSet<String>,
    ) -> Event {
        let is_unique = !used_ids.contains(&id) && self.calls.iter().all(|call| call.id != id);
        let id = if is_id(&id) && id.len() <= MAX_ID_BYTES && is_unique {
            id
        } else {
            format!("toolu_{}", uuid::Uuid::now_v7().simple())
        };
        let name = sanitize_name(&requested_name);
        self.calls.push(Call {
            index,
            id: id.clone(),
            name: name.clone(),
            requested_name,
            input: CallInput::default(),
            state: State::Open,
            declined: false,
        });
        Event::ToolUseStart { id, name }
    }

    /// The input of a call is complete.
    pub(super) fn on_tool_input(
        &mut self,
        index: u64,
        input_json: &str,
        toolbox: &dyn Toolbox,
    ) -> Option<Event> {
        let call = self.calls.iter_mut().find(|call| call.index == index)?;
        let Prepared {
            input,
            call: prepared,
            early,
        } = toolbox.prepare(&call.id, &call.requested_name, input_json);
        call.input = input;
        call.state = match prepared {
            PreparedCall::Refused(outcome) => State::Invalid(outcome),
            call => State::Ready { call, early },
        };
        Some(Event::ToolUse {
            id: call.id.clone(),
            name: call.name.clone(),
            input: call.input.clone(),
        })
    }

    /// Begins the calls that are ready: only early ones while the reply streams, `all` once it is complete. Calls with
    /// incomplete input are answered as invalid then. Their spans are parts of `span`.
    pub(super) fn run(&mut self, all: bool, toolbox: &dyn Toolbox, span: &Span) {
        for (at, call) in self.calls.iter_mut().enumerate() {
            let prepared = match std::mem::replace(&mut call.state, State::Running) {
                State::Ready {
                    call: PreparedCall::Held(held),
                    ..
                } if all => {
                    call.state = State::Held(held);
                    continue;
                }
                State::Ready {
                    call: prepared,
                    early,
                } if all || early => prepared,
                State::Open if all => {
                    let why = "The input of this call is incomplete; call again.";
                    PreparedCall::Refused(CallOutcome::invalid(why))
                }
                State::Invalid(outcome) if all => {
                    call.state = State::Invalid(outcome.clone());
                    PreparedCall::Refused(outcome)
                }
                state => {
                    call.state = state;
                    continue;
                }
            };
            let span = spans::tool(span, &call.id, &call.name, &call.input);
            let outcome = toolbox.begin(&call.id, &call.name, prepared.traced(&span));
            let started = Instant::now();
            let running = async move {
                let outcome = outcome.await;
                let took = started.elapsed();
                if let Ok(outcome) = &outcome {
                    outcome.end_span(&span);
                }
                (at, outcome, took)
            };
            self.running.push(running.boxed());
        }
    }

    /// The next result of any running call, which takes from `memory`; `None` if no call is running.
    pub(super) async fn next_result(
        &mut self,
        memory: Option<&Share<Caller>>,
    ) -> Option<Result<Event, Halt>> {
        let (at, outcome, duration) = self.running.next().await?;
        let mut outcome = match outcome {
            Ok(outcome) => outcome,
            Err(halt) => return Some(Err(halt)),
        };
        let size = outcome.size() * COPIES_OF_RESULT;
        if memory.is_some_and(|memory| memory.take(size).is_err()) {
            outcome.leave_out_content();
        }
        let call = &mut self.calls[at];
        let answer = Answer {
            content: Arc::new(outcome.content),
            is_error: outcome.is_error,
        };
        let event = Event::ToolResult {
            id: call.id.clone(),
            name: call.name.clone(),
            is_error: answer.is_error,
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            structured: outcome.structured,
            content: answer.content.clone(),
            declined: call.declined,
        };
        call.state = State::Done(answer);
        Some(Ok(event))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// True if a call was sent or answered.
    pub(super) fn any_run(&self) -> bool {
        let is_run = |call: &Call| matches!(call.state, State::Running | State::Done(_));
        self.calls.iter().any(is_run)
    }

    pub(super) fn any_complete(&self) -> bool {
        let is_incomplete = |call: &Call| matches!(call.state, State::Open | State::Invalid(_));
        !self.calls.iter().all(is_incomplete)
    }

    /// Drops the calls with incomplete input; true if any call is left.
    pub(super) fn retain_complete(&mut self) -> bool {
        self.calls.retain(|call| !matches!(call.state, State::Open));
        !self.calls.is_empty()
    }

    /// Writes id, name and stripped input of a call into its block of the reply; false for an unknown call. `span` may need it, too.
    pub(super) fn fill_block(&mut self, index: u64, block: &mut Block, span: &Span) -> bool {
        let Block::ToolUse { id, name, input } = block else {
            return true;
        };
        let call = self.calls.iter_mut().find(|call| call.index == index);
        let Some(call) = call else { return false };
        call.id.clone_into(id);
        call.name.clone_into(name);
        let own = if span.wants_contents() {
            call.input.clone()
        } else {
            std::mem::take(&mut call.input)
        };
        *input = own.into_map();
        true
    }

    /// Asks the user about the calls that are held, which then have waiting results.
    pub(super) fn request_approvals(&mut self) -> Vec<ApprovalRequest> {
        let calls = self.calls.iter_mut();
        calls.filter_map(Call::request_approval).collect()
    }

    /// The results, in the order of the calls. `cut_off` says why a call that has not ended has none.
    pub(super) fn into_results(self, cut_off: &str) -> Vec<Block> {
        let calls = self.calls.into_iter();
        calls.map(|call| call.into_result(cut_off)).collect()
    }
}
