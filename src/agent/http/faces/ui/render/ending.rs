//! The end of a stream: shows what was cut off, and says what is not part of the history.

use bytes::{BufMut, BytesMut};

use super::{
    Renderer,
    results::{put_error, put_output},
};
use crate::agent::{
    Done, Failed,
    claude::Block,
    http::{
        faces::{
            calls::NOT_RUN,
            ui::stream::{Chunk, FinishReason, Metadata},
        },
        sse::put,
    },
};

/// The last line of the stream.
const END: &[u8] = b"data: [DONE]\n\n";

impl Renderer {
    pub(super) fn finish(&mut self, done: &Done, to: &mut BytesMut) {
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
    pub(super) fn fail(&mut self, failed: &Failed, to: &mut BytesMut) {
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
