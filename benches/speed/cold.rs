//! Cold start: from the start of the process to its first answers.

use std::{
    io,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use crate::{
    agent::{Agent, Bench},
    scenario,
    stats::{Figure, ms},
};

const STARTS: usize = 11;
const POLL: Duration = Duration::from_micros(500);
const PATIENCE: Duration = Duration::from_secs(10);

pub async fn figures(bench: &Bench) -> io::Result<Vec<Figure>> {
    let (mut health, mut chat, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let agent = Agent::spawn(bench, &[]).await;
        timeout(PATIENCE, healthy(&agent)).await?;
        health.push(ms(agent.began.elapsed()));
        let mut request = Vec::new();
        let number = bench.numbers.next(0);
        bench
            .post(0, &scenario::all()[0].body())
            .fill(number, &mut request);
        agent.turn(&request).await;
        chat.push(ms(agent.began.elapsed()));
        idle.push(agent.process().resident());
    }
    Ok(vec![
        Figure::new("cold start: to the first 200 of /health", "ms", &health).at_most(10.0),
        Figure::new("cold start: to the first done of /chat", "ms", &chat).at_most(20.0),
        Figure::new("cold start: memory after one chat", "MB", &idle),
    ])
}

/// Polls without pause: the timer's resolution of a millisecond is too coarse.
async fn healthy(agent: &Agent) {
    loop {
        let asked = Instant::now();
        if agent.answers("/health").await {
            return;
        }
        while asked.elapsed() < POLL {
            tokio::task::yield_now().await;
        }
    }
}
