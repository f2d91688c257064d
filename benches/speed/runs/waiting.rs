//! What a run adds to a chat for a caller who waits for its end.

use std::{io, time::Duration};

use super::{Service, poster::Poster};
use crate::{
    agent::{Agent, Bench},
    load::{Slice, slice},
    stats::{Figure, percentile},
};

pub async fn figures(bench: &Bench) -> io::Result<Vec<Figure>> {
    let (rounds, time) = if bench.short { (3, 500) } else { (5, 2000) };
    let time = Duration::from_millis(time);
    let service = Service::start(bench, &[]).await;
    let chats = Agent::start(bench).await;
    let mut run = [Poster::waits(bench, &service.agent, 't').await?];
    let mut chat = [Poster::chats(bench, &chats, 't').await?];
    let (mut by_run, mut by_chat, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let waited = slice(&mut run, time, service.agent.process()).await?;
        let chatted = slice(&mut chat, time, chats.process()).await?;
        // The first one warms up.
        if round > 0 {
            by_run.push(p50(&waited));
            by_chat.push(p50(&chatted));
            cpu.push(waited.agent_cpu);
        }
    }
    let added: Vec<f64> = by_run
        .iter()
        .zip(&by_chat)
        .map(|(run, chat)| run - chat)
        .collect();
    Ok(vec![
        Figure::new("runs, one at a time: p50 (floor: a chat)", "ms", &by_run).floor(&by_chat),
        Figure::new("runs, one at a time: added to a chat, p50", "ms", &added).at_most(5.0),
        Figure::new("runs, one at a time: CPU per 1,000", "s", &cpu),
    ])
}

fn p50(slice: &Slice) -> f64 {
    percentile(slice.timings.iter().map(|timing| timing.whole), 50)
}
