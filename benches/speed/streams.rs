//! Slow-streams scenario: CPU per token, memory per open stream, late tokens, memory after the streams have ended.

mod reader;

use std::{
    io,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{
    agent::{Agent, Bench},
    machine::Process,
    stats::{Figure, Target, float},
};
use reader::{Board, Source, ramp, wait};

/// Long enough for the agent to be idle.
const REST: Duration = Duration::from_secs(6);

/// Measurements while all streams are open.
struct Seen {
    /// CPU microseconds per token: of the agent, and of this process.
    agent_cpu: f64,
    own_cpu: f64,
    rate: f64,
    late: f64,
    worst_ms: f64,
    resident: f64,
    /// Missing tokens or streams.
    lost: f64,
}

/// Runs `streams` concurrent streams against a new agent.
pub async fn figures(bench: &Bench, streams: usize) -> io::Result<Vec<Figure>> {
    let hold = Duration::from_secs(if bench.short { 4 } else { 8 });
    let floor = watched(
        bench,
        &Source::claude(bench),
        streams,
        hold / 2,
        Process::own(),
    )
    .await;
    let agent = Agent::start(bench).await;
    sleep(Duration::from_secs(1)).await;
    let idle = agent.process().resident();
    let seen = watched(
        bench,
        &Source::agent(bench, &agent),
        streams,
        hold,
        agent.process(),
    )
    .await;
    sleep(REST).await;
    let after = agent.process().resident();
    let name = |what: &str| format!("{streams} streams: {what}");
    let one = |what: &str, unit: &str, value: f64| Figure::new(name(what), unit, &[value]);
    let by_stream = 1024.0 * (seen.resident - idle) / float(streams);
    Ok(vec![
        one("tokens", "1/s", seen.rate)
            .floor(&[floor.rate])
            .target(Some(Target::AtLeast(19.8 * float(streams)))),
        // The goal is for 2,000; more streams show the limit of the machine.
        one("tokens later than 250 ms", "", seen.late)
            .floor(&[floor.late])
            .target((streams <= 2000).then_some(Target::AtMost(0.0))),
        one("latest token", "ms", seen.worst_ms).floor(&[floor.worst_ms]),
        one("tokens and ends lost", "", seen.lost)
            .floor(&[floor.lost])
            .at_most(0.0),
        one("CPU per token", "us", seen.agent_cpu).floor(&[floor.own_cpu]),
        one("generator's CPU per token", "us", seen.own_cpu),
        one("memory idle before", "MB", idle).at_most(20.0),
        one("memory per open stream", "kB", by_stream).at_most(60.0),
        one("memory while open", "MB", seen.resident),
        one("memory after they have gone", "MB", after),
    ])
}

async fn watched(
    bench: &Bench,
    source: &Source,
    streams: usize,
    hold: Duration,
    process: Process,
) -> Seen {
    let (wheel, board) = (&bench.claude.wheel, Arc::new(Board::default()));
    let _turning = wheel.turning();
    let before = wheel.written.load(Ordering::Relaxed);
    ramp(source, streams, wheel, &board).await;
    sleep(Duration::from_secs(1)).await;
    board.late.store(0, Ordering::Relaxed);
    board.worst_micros.store(0, Ordering::Relaxed);

    let cpu = || [process.cpu(), Process::own().cpu()];
    let (cpu_before, tokens_before, began) = (cpu(), Board::count(&board.tokens), Instant::now());
    sleep(hold).await;
    let (cpu_after, wall) = (cpu(), began.elapsed());
    let tokens = Board::count(&board.tokens) - tokens_before;
    let micros = |side: usize| 1000.0 * (cpu_after[side] - cpu_before[side]) / tokens;
    let mut seen = Seen {
        agent_cpu: micros(0),
        own_cpu: micros(1),
        rate: tokens / wall.as_secs_f64(),
        late: Board::count(&board.late),
        worst_ms: Board::count(&board.worst_micros) / 1000.0,
        resident: process.resident(),
        lost: 0.0,
    };
    wheel.end();
    let over = || Board::count(&board.ended) + Board::count(&board.failed) >= float(streams);
    wait(Duration::from_secs(10), over).await;
    let written = Board::count(&wheel.written) - float(usize::try_from(before).unwrap_or(0));
    seen.lost =
        (written - Board::count(&board.tokens)).abs() + float(streams) - Board::count(&board.ended);
    seen
}
