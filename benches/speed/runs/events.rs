//! How long after an entry is journalled a reader has its event.

use std::{io, str, time::Duration};

use futures_util::future::try_join_all;
use jiff::Timestamp;
use memchr::memmem;
use tokio::time::{sleep, timeout};

use super::{Service, poster::Poster};
use crate::{
    agent::{Agent, Bench},
    bytes::RIDERS,
    load::Asker,
    stats::{Figure, percentile},
    wire::Wire,
};

/// Runs at once, each with a reader.
const RUNS: usize = 32;
const PATIENCE: Duration = Duration::from_secs(20);
const AT: &[u8] = b"\"at\":\"";
const END: &[u8] = b"event: completed\n";

pub async fn figures(bench: &Bench) -> io::Result<Vec<Figure>> {
    let rounds = if bench.short { 3 } else { 15 };
    let at_once = RUNS.to_string();
    let settings = [("RUNS_CONCURRENCY", &*at_once), ("RUNS_PER_USER", &at_once)];
    let service = Service::start(bench, &settings).await;
    let (mut p50, mut worst) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let delays = timeout(PATIENCE, round(bench, &service.agent)).await??;
        p50.push(percentile(delays.iter().copied(), 50));
        worst.push(percentile(delays, 100));
    }
    Ok(vec![
        Figure::new(
            "events of 32 runs at once: after the journal, p50",
            "ms",
            &p50,
        ),
        Figure::new(
            "events of 32 runs at once: after the journal, latest",
            "ms",
            &worst,
        )
        .at_most(50.0),
    ])
}

/// The delays of all events that come after Claude replies to all runs at once.
async fn round(bench: &Bench, agent: &Agent) -> io::Result<Vec<f64>> {
    let held = bench.claude.hold();
    let mut readers = Vec::new();
    for rider in (0..RIDERS).cycle().take(RUNS) {
        let mut client = Poster::queues(bench, agent, 'q', rider).await?;
        client.turn().await?;
        let id = member(client.answer(), b"\"executionId\":\"").unwrap_or_default();
        let mut wire = Wire::connect(agent.address).await?;
        let path = format!("/runs/{id}/events");
        wire.send(&bench.get(&path, rider)).await?;
        readers.push(wire);
    }
    while bench.claude.waiting() < RUNS {
        sleep(Duration::from_millis(5)).await;
    }
    // What was journalled before is not of interest.
    let released = Timestamp::now();
    drop(held);
    let delays = readers.into_iter().map(|wire| read(wire, released));
    Ok(try_join_all(delays).await?.concat())
}

/// Reads to the end; the delays of the events that were journalled after `since`.
async fn read(mut wire: Wire, since: Timestamp) -> io::Result<Vec<f64>> {
    let mut delays = Vec::new();
    loop {
        if !wire.more().await? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (now, mut seen) = (Timestamp::now(), 0);
        let is_over = memmem::find(wire.whole(), END).is_some();
        while let Some(text) = member(&wire.whole()[seen..], AT) {
            let at: Timestamp = text.parse().map_err(io::Error::other)?;
            seen += memmem::find(&wire.whole()[seen..], AT).unwrap_or_default() + AT.len();
            if at > since {
                delays.push(1000.0 * now.duration_since(at).as_secs_f64());
            }
        }
        wire.take(seen);
        if is_over {
            return Ok(delays);
        }
    }
}

/// The text behind this beginning, if it is complete.
fn member<'a>(bytes: &'a [u8], beginning: &[u8]) -> Option<&'a str> {
    let at = memmem::find(bytes, beginning)? + beginning.len();
    let end = memchr::memchr(b'"', &bytes[at..])?;
    str::from_utf8(&bytes[at..at + end]).ok()
}
