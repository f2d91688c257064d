//! Thousands of runs are queued while Claude does not reply; then he does, and all end.

use std::{
    cell::Cell,
    io,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::time::sleep;

use super::{Service, poster::Poster};
use crate::{
    agent::{Agent, Bench},
    bytes::RIDERS,
    load::Asker,
    stats::{Figure, Target, float, percentile},
};

const CLIENTS: usize = 16;
/// After the first ones, memory must not grow with the queue.
const FIRST: usize = 1000;
const PATIENCE: Duration = Duration::from_secs(600);

pub async fn figures(bench: &Bench) -> io::Result<Vec<Figure>> {
    let runs = if bench.short { 2000 } else { 10_000 };
    let service = Service::start(bench, &[]).await;
    let agent = &service.agent;
    let held = bench.claude.hold();
    let mut clients = Vec::new();
    for rider in (0..RIDERS).cycle().take(CLIENTS) {
        clients.push(Poster::queues(bench, agent, 'q', rider).await?);
    }
    let first = enqueue(&mut clients, FIRST).await?;
    let resident = agent.process().resident();
    let rest = enqueue(&mut clients, runs - FIRST).await?;
    let grown = agent.process().resident() - resident;
    let posts = || {
        [&first, &rest]
            .into_iter()
            .flat_map(|part| part.times.clone())
    };
    let (seconds, rate) = (first.seconds + rest.seconds, |part: &Posts| {
        float(part.times.len()) / part.seconds
    });
    let began = Instant::now();
    drop(held);
    let ended = all_end(agent, runs).await;
    let name = |what: &str| format!("{runs} runs: {what}");
    let one = |what: &str, unit: &str, value: f64| Figure::new(name(what), unit, &[value]);
    Ok(vec![
        Figure::new(
            name("queued"),
            "1/s",
            &[rate(&first), float(runs) / seconds, rate(&rest)],
        )
        .target(Some(Target::AtLeast(1000.0))),
        one("POST with async, p50", "ms", percentile(posts(), 50)),
        one("POST with async, p99", "ms", percentile(posts(), 99)).at_most(20.0),
        one("memory with 1,000 queued", "MB", resident),
        one("memory with all queued, more", "MB", grown).at_most(5.0),
        one("ended", "1/s", float(ended) / began.elapsed().as_secs_f64()),
        one("lost", "", float(runs - ended)).at_most(0.0),
        one("memory, peak", "MB", agent.process().peak()),
    ])
}

struct Posts {
    /// Of each, in milliseconds.
    times: Vec<f64>,
    seconds: f64,
}

/// All clients post without pause.
async fn enqueue(clients: &mut [Poster<'_>], runs: usize) -> io::Result<Posts> {
    let (left, began) = (Cell::new(runs), Instant::now());
    let post = async |client: &mut Poster<'_>| {
        let mut times = Vec::new();
        while left.get() > 0 {
            left.set(left.get() - 1);
            times.push(client.turn().await?.whole);
        }
        io::Result::Ok(times)
    };
    let times = join_all(clients.iter_mut().map(post)).await;
    let seconds = began.elapsed().as_secs_f64();
    let times = times.into_iter().collect::<io::Result<Vec<_>>>()?.concat();
    Ok(Posts { times, seconds })
}

/// The number of completed runs, when it is that of all, or when nothing more is to be expected.
async fn all_end(agent: &Agent, runs: usize) -> usize {
    let began = Instant::now();
    loop {
        let completed = agent.metric(r#"runs_total{trigger="api",status="completed"}"#);
        let completed = completed.await.unwrap_or_default();
        if completed >= runs || began.elapsed() > PATIENCE {
            return completed;
        }
        sleep(Duration::from_millis(100)).await;
    }
}
