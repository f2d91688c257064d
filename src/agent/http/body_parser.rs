//! Parses bodies within the memory budget. Large bodies are parsed one at a time, on a thread that serves no other request: that
//! takes tens of milliseconds, and memory beside the body.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::limits::Limits;
use crate::{
    auth::Caller,
    http::problem::Problem,
    process::{
        json::mend_bytes,
        memory::{
            Share,
            json::{MAX_VALUES, max_values},
        },
    },
};

/// The largest body that is parsed at once, in bytes.
const MAX_SMALL_BODY: usize = 1 << 20;
/// What a value of a body takes while the body is parsed, in bytes: the fields of an object, a block, its checks.
const VALUE_COST: usize = 200;

/// Parses a body whose length is taken from the budget. `parse` gets the number of values that it may hold.
pub(super) async fn parse<T: Send + 'static>(
    limits: &Limits,
    body: Bytes,
    share: &Arc<Share<Caller>>,
    parse: fn(&Bytes, usize) -> Result<T, Problem>,
) -> Result<T, Problem> {
    if body.len() <= MAX_SMALL_BODY {
        return parse_now(body, share, parse);
    }
    let permit = limits.large_bodies.clone().acquire_owned().await;
    let (share, span) = (share.clone(), tracing::Span::current());
    let parsing = spawn_blocking(move || {
        let _held = (permit, span.enter());
        parse_now(body, &share, parse)
    });
    parsing.await.unwrap_or_else(|_| Err(Problem::internal()))
}

fn parse_now<T>(
    body: Bytes,
    share: &Share<Caller>,
    parse: fn(&Bytes, usize) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let body = mend_bytes(body);
    let values = max_values(&body);
    // A body with more is not parsed.
    let cost = if values <= MAX_VALUES {
        values * VALUE_COST
    } else {
        0
    };
    share.take(cost)?;
    let parsed = parse(&body, values)?;
    share.give_back(cost);
    Ok(parsed)
}
