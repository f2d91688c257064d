//! Parses the body of a chat, whatever its face: the one place that validates what a turn is given.

use std::sync::Arc;

use bytes::Bytes;

use super::request::{ChatRequest, ReadRequest};
use crate::{
    agent::{
        approvals::ApprovalAnswer,
        history::{self, History},
        http::limits::Limits,
        time_zone_name, user_context,
    },
    auth::Caller,
    http::{body_parser, problem::Problem},
    process::memory::Share,
};

/// What a turn needs of a body.
pub(super) struct Parsed {
    pub(super) stream: Option<bool>,
    /// See [`user_context()`].
    pub(super) user_context: String,
    /// See [`time_zone_name()`].
    pub(super) time_zone: Option<Arc<str>>,
    pub(super) history: History,
    /// `None`: the client cannot ask the user.
    pub(super) approvals: Option<Vec<ApprovalAnswer>>,
}

/// Parses a body whose length is taken from the budget, as its face reads it. Afterwards `share` holds what the history holds.
pub(super) async fn parse(
    limits: &Limits,
    body: Bytes,
    share: &Arc<Share<Caller>>,
    read: ReadRequest,
) -> Result<Parsed, Problem> {
    let length = body.len();
    let parse = move |body: &Bytes, values| parse_now(read(body, values)?, body);
    let parsed = body_parser::parse(&limits.large_bodies, body, share, parse).await?;
    match parsed.history.conversation.owned_and_shared() {
        (owned, 0) if owned <= length => share.give_back(length - owned),
        (owned, 0) => share.take(owned - length)?,
        (owned, _) => share.take(owned)?,
    }
    share.take(parsed.history.last_calls.size())?;
    Ok(parsed)
}

fn parse_now(request: ChatRequest<'_>, body: &Bytes) -> Result<Parsed, Problem> {
    let any_answer = request.approvals.as_ref().is_some_and(|it| !it.is_empty());
    let parse = match any_answer {
        true => history::parse_with_last_calls,
        false => history::parse,
    };
    let history = parse(&request.messages, body)?;
    if history.dropped > 0 {
        let blocks = history.dropped;
        tracing::debug!(blocks, "dropped from the history: Claude would refuse them");
    }
    let zone = request.client_timezone.as_deref();
    Ok(Parsed {
        stream: request.stream,
        user_context: user_context(zone, request.display_name.as_deref()),
        time_zone: zone.and_then(time_zone_name).map(Into::into),
        history,
        approvals: request.approvals,
    })
}
