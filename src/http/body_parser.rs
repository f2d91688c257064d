//! Parses bodies within the memory budget. Large bodies are parsed one at a time, on a thread that serves no other request: that
//! takes tens of milliseconds, and memory beside the body.

use std::{hash::Hash, sync::Arc};

use bytes::Bytes;
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::problem::Problem;
use crate::process::{
    json::mend_bytes,
    memory::{
        Share,
        json::{MAX_VALUES, max_values},
    },
};

/// The largest body that is parsed at once, in bytes.
const MAX_SMALL_BODY: usize = 1 << 20;
/// What a value of a body takes while the body is parsed, in bytes: the fields of an object, a block, its checks.
const VALUE_COST: usize = 200;

/// Parses a body whose length is taken from the budget. `large_bodies` has one permit; `parse` gets the number of values that
/// the body may hold.
pub(crate) async fn parse<T, U>(
    large_bodies: &Arc<Semaphore>,
    body: Bytes,
    share: &Arc<Share<U>>,
    parse: impl FnOnce(&Bytes, usize) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    U: Clone + Eq + Hash + Send + Sync + 'static,
{
    if body.len() <= MAX_SMALL_BODY {
        return parse_now(body, share, parse);
    }
    let permit = large_bodies.clone().acquire_owned().await;
    let (share, span) = (share.clone(), tracing::Span::current());
    let parsing = spawn_blocking(move || {
        let _held = (permit, span.enter());
        parse_now(body, &share, parse)
    });
    parsing.await.unwrap_or_else(|_| Err(Problem::internal()))
}

fn parse_now<T, U: Clone + Eq + Hash>(
    body: Bytes,
    share: &Share<U>,
    parse: impl FnOnce(&Bytes, usize) -> Result<T, Problem>,
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
