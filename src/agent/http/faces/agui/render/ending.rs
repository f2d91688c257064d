//! The end of a run: marks what is shown and is not part of the history, and repeats the messages.

use std::sync::Arc;

use bytes::BytesMut;

use super::Renderer;
use crate::agent::{
    Done, Failed,
    claude::Block,
    http::{
        faces::{
            agui::stream::{
                AguiEvent, ErrorMetadata, Interrupt, LEFT_OUT, Outcome, ResultMetadata, RunResult,
                Subtype, TokenUsage,
            },
            calls::NOT_RUN,
        },
        sse::put,
    },
};

impl Renderer {
    pub(super) fn finish(&mut self, done: &Done, to: &mut BytesMut) {
        self.close(to);
        let left_out = self.calls.left_out(&done.messages);
        self.leave_out(&left_out, to);
        if done.stop_reason == "refusal" {
            for id in std::mem::take(&mut self.round) {
                self.seal(Subtype::Message, &id, LEFT_OUT, to);
            }
        }
        self.end_step(to);
        self.put_snapshot(to);
        let interrupts: Vec<_> = done.approvals.iter().map(Interrupt::new).collect();
        let finished = AguiEvent::RunFinished {
            thread_id: &self.context.thread_id,
            run_id: &self.context.run_id,
            result: RunResult {
                stop_reason: &done.stop_reason,
                stop_details: done.stop_details.as_ref(),
                request_id: &done.request_id,
            },
            outcome: if interrupts.is_empty() {
                Outcome::Success
            } else {
                Outcome::Interrupt { interrupts }
            },
            usage: [TokenUsage::new(Some(&done.model), &done.usage)],
        };
        put(to, &finished);
    }

    /// Shows the results of the calls that the failure has cut off.
    pub(super) fn fail(&mut self, failed: &Failed, to: &mut BytesMut) {
        self.close(to);
        let cut_off = self.calls.unanswered_in(&failed.messages);
        let cut_off = cut_off
            .map(|(id, content, is_error)| (id.to_owned(), Arc::new(content.to_vec()), is_error));
        for (id, content, is_error) in cut_off.collect::<Vec<_>>() {
            let metadata = ResultMetadata {
                is_error,
                ..ResultMetadata::default()
            };
            self.put_result(&id, &content, metadata, to);
        }
        let left_out = self.calls.left_out(&failed.messages);
        self.leave_out(&left_out, to);
        self.end_step(to);
        self.put_snapshot(to);
        let error = AguiEvent::RunError {
            message: &failed.message,
            code: failed.code,
            usage: [TokenUsage::new(self.model.as_deref(), &failed.usage)],
            metadata: ErrorMetadata {
                request_id: &failed.request_id,
                retryable: failed.retryable,
            },
        };
        put(to, &error);
    }

    /// Marks calls that are not part of the history. Each gets a result: a client takes one without for its own to run.
    fn leave_out(&mut self, ids: &[String], to: &mut BytesMut) {
        if let Some(id) = self.open_call.take() {
            put(to, &AguiEvent::ToolCallEnd { tool_call_id: &id });
        }
        for id in ids {
            if !self.calls.is_answered(id) {
                let metadata = ResultMetadata {
                    is_error: true,
                    ..ResultMetadata::default()
                };
                let not_run = Arc::new(vec![Block::text(NOT_RUN)]);
                self.put_result(id, &not_run, metadata, to);
            }
            self.seal(Subtype::ToolCall, id, LEFT_OUT, to);
        }
    }

    fn put_snapshot(&mut self, to: &mut BytesMut) {
        if let Some(snapshot) = self.snapshot.take() {
            snapshot.put(to);
        }
    }
}
