//! Parses the body of a chat, whatever its face: the one place that validates what a turn is given.

use std::sync::Arc;

use bytes::Bytes;

use super::request::{ChatRequest, ReadRequest};
use crate::{
    agent::{
        approvals::ApprovalAnswers, history::History, http::limits::Limits, time_zone_name,
        user_context,
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
    pub(super) approvals: Option<ApprovalAnswers>,
}

/// Parses a body whose length is taken from the budget, as its face reads it. Afterwards `share` holds what the history holds.
pub(super) async fn parse<T: Send + 'static>(
    limits: &Limits,
    body: Bytes,
    share: &Arc<Share<Caller>>,
    read: ReadRequest<T>,
) -> Result<(Parsed, T), Problem> {
    let (length, taken_from) = (body.len(), share.clone());
    let parse = move |body: &Bytes, values| {
        let (request, context) = read(body, values)?;
        let extra = request.messages.extra_bytes();
        taken_from.take(extra + request.kept)?;
        Ok((parse_now(request, body)?, context, extra))
    };
    let parsed = body_parser::parse(&limits.large_bodies, body, share, parse).await?;
    let (parsed, context, extra) = parsed;
    let (owned, shared) = parsed.history.conversation.owned_and_shared();
    // What is shared is a part of the body, or of what was made of it: either is kept whole.
    let kept = match (shared, extra) {
        (0, _) => owned,
        (_, 0) => owned + length,
        _ => owned + extra,
    };
    match kept.checked_sub(length + extra) {
        Some(more) => share.take(more)?,
        None => share.give_back(length + extra - kept),
    }
    share.take(parsed.history.last_calls.size())?;
    Ok((parsed, context))
}

fn parse_now(request: ChatRequest<'_>, body: &Bytes) -> Result<Parsed, Problem> {
    let any_answer = request.approvals.as_ref().is_some_and(|it| !it.is_empty());
    let history = request.messages.parse(body, any_answer)?;
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
