//! Goes on after the last reply of an earlier attempt: the workspace is built anew, and calls without a result are repeated
//! where that is safe.

use std::{mem::take, sync::Arc};

use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
};

use super::{attempt::Attempt, position::KeptCall, toolbox::RunTools};
use crate::agent::{
    Halt, PreparedCall, Toolbox,
    claude::{Block, Message},
    mcp::CallOutcome,
};

/// Why a call that is not repeated has no result.
const INTERRUPTED: &str = "the work was interrupted before the tool answered";

impl Attempt<'_> {
    /// Writes the files of the workspace again.
    pub(super) async fn rebuild_workspace(&mut self) {
        for call in take(&mut self.position_mut().done_calls) {
            self.bench.workspace.replay(&call.name, &call.input).await;
        }
    }

    /// Completes the position: afterwards the conversation ends with what Claude is to answer.
    pub(super) async fn resume(&mut self, toolbox: &Arc<RunTools>) -> Result<(), Halt> {
        let workspace = &toolbox.bench.workspace;
        let position = self.position_mut();
        let mut calls = take(&mut position.calls);
        if calls.is_empty() {
            return Ok(());
        }
        let mut pending: Vec<(usize, BoxFuture<'static, Result<CallOutcome, Halt>>)> = vec![];
        for (at, call) in calls.iter().enumerate() {
            if call.result.is_none() {
                pending.push((at, repeat(toolbox, call)));
            } else if call.has_written() {
                workspace.replay(&call.name, &call.input).await;
            }
        }
        let answers = pending.into_iter();
        let answers = answers.map(|(at, answer)| answer.map(move |answer| (at, answer)));
        for (at, answer) in join_all(answers).await {
            let block = answer?.into_block(calls[at].id.clone());
            calls[at].result = Some(block);
        }
        let results: Vec<Block> = calls.into_iter().filter_map(|call| call.result).collect();
        let position = self.position_mut();
        position.messages.push(Message::user(results));
        Ok(())
    }
}

/// Begins a call again, or answers that its outcome is unknown if it may have had an effect.
fn repeat(
    toolbox: &Arc<RunTools>,
    call: &KeptCall,
) -> BoxFuture<'static, Result<CallOutcome, Halt>> {
    let prepared = toolbox.prepare(&call.id, &call.name, &call.input).call;
    let may_repeat = match &prepared {
        PreparedCall::Server(call) => call.repeatable(),
        PreparedCall::Local { .. } | PreparedCall::Held(_) | PreparedCall::Unconfirmed => true,
        // The tool's server may have been reachable when the call was begun.
        PreparedCall::Refused(_) => false,
    };
    if may_repeat {
        return toolbox.begin(&call.id, &call.name, prepared);
    }
    let (record, call) = (toolbox.bench.record.clone(), call.clone());
    let answer = async move {
        let outcome = CallOutcome::unknown(INTERRUPTED);
        record
            .add_result((&call.id, &call.name), &outcome, &[], 0)
            .await?;
        Ok(outcome)
    };
    answer.boxed()
}
