//! Parses the body of a chat within the memory budget. Large bodies are parsed one at a time, on a thread that serves no other
//! request: that takes tens of milliseconds, and memory beside the body.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::request;
use crate::{
    agent::{
        history::{self, History},
        http::limits::Limits,
        time_zone_name, user_context,
    },
    auth::Caller,
    http::problem::Problem,
    process::memory::{
        Share,
        json::{MAX_VALUES, max_values},
    },
};

/// The largest body that is parsed at once, in bytes.
const MAX_SMALL_BODY: usize = 1 << 20;
/// What a value of a body takes while the body is parsed, in bytes: the fields of an object, a block, its checks.
const VALUE_COST: usize = 200;

/// What a turn needs of a body.
pub(super) struct Parsed {
    pub(super) stream: Option<bool>,
    /// See [`user_context()`].
    pub(super) user_context: String,
    /// See [`time_zone_name()`].
    pub(super) time_zone: Option<Arc<str>>,
    pub(super) history: History,
}

/// Parses a body whose length is taken from the budget. Afterwards `share` holds what the history holds.
pub(super) async fn parse(
    limits: &Limits,
    body: Bytes,
    share: &Arc<Share<Caller>>,
) -> Result<Parsed, Problem> {
    if body.len() <= MAX_SMALL_BODY {
        return parse_now(&body, share);
    }
    let permit = limits.large_bodies.clone().acquire_owned().await;
    let (share, span) = (share.clone(), tracing::Span::current());
    let parsing = spawn_blocking(move || {
        let _held = (permit, span.enter());
        parse_now(&body, &share)
    });
    parsing.await.unwrap_or_else(|_| Err(Problem::internal()))
}

fn parse_now(body: &Bytes, share: &Share<Caller>) -> Result<Parsed, Problem> {
    let values = max_values(body);
    // A body with more is not parsed.
    let cost = if values <= MAX_VALUES {
        values * VALUE_COST
    } else {
        0
    };
    share.take(cost)?;
    let request = request::read(body, values)?;
    let history = history::parse(request.messages, body)?;
    share.give_back(cost);
    match history.conversation.owned_and_shared() {
        (owned, 0) => share.give_back(body.len().saturating_sub(owned)),
        (owned, _) => share.take(owned)?,
    }
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
    })
}
