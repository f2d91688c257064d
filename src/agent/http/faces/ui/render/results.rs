//! The results of calls, and the requests for the user's confirmation.

use bytes::BytesMut;
use serde_json::Value;

use crate::agent::{
    approvals::ApprovalRequest,
    claude::Block,
    http::{
        faces::ui::{
            output::{Output, texts},
            stream::{Chunk, Descriptor, ProviderMetadata},
        },
        sse::put,
    },
};

pub(super) fn put_output(
    id: &str,
    content: &[Block],
    structured_content: Option<&Value>,
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

pub(super) fn put_error(id: &str, content: &[Block], to: &mut BytesMut) {
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

pub(super) fn put_approval(request: &ApprovalRequest, to: &mut BytesMut) {
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
