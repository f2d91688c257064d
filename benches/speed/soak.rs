//! Soak test: 100,000 turns with faults, then an overload. Checks for leaks, repeated writes and false reports.

mod overload;
mod turns;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::time::sleep;

use crate::{
    agent::{Agent, Bench},
    bytes::Number,
};
use turns::{Asker, Tally};

const ASKERS: u64 = 192;
/// Warm-up: after this many turns, memory must not grow.
const WARM_UP: u32 = 1000;
const AT_MOST: Duration = Duration::from_secs(480);
const RESTART_EVERY: Duration = Duration::from_secs(5);
/// Longer than a lost session is kept for its last calls, and than `malloc_trim` waits.
const REST: Duration = Duration::from_secs(8);

/// Resources of the idle agent.
struct Held {
    megabytes: f64,
    files: usize,
    threads: usize,
    tasks: usize,
    sessions: usize,
}

impl Held {
    async fn after_rest(bench: &Bench, agent: &Agent) -> Self {
        // A call detects a lost session.
        Asker::new(bench, agent, 0).of_kind('u').await;
        bench.claude.hang_up();
        sleep(REST).await;
        let process = agent.process();
        Self {
            megabytes: process.resident(),
            files: process.files(),
            threads: process.threads(),
            tasks: agent.tasks().await,
            sessions: bench.mcp.sessions(),
        }
    }

    /// Tolerates small differences: memory varies, and a thread or file may be in use for a moment (a listing of the tools,
    /// a trim). A leak over 100,000 turns is far larger.
    fn is_like(&self, first: &Self) -> bool {
        self.megabytes <= first.megabytes * 1.1 + 2.0
            && self.files <= first.files + 2
            && self.threads <= first.threads + 1
            && self.tasks <= first.tasks + 3
            && self.sessions == first.sessions
    }

    fn said(&self) -> String {
        format!(
            "{:.1} MB, {} files, {} threads, {} tasks, {} MCP sessions",
            self.megabytes, self.files, self.threads, self.tasks, self.sessions
        )
    }
}

/// Runs the overload alone.
pub async fn overload(bench: &Bench) -> ExitCode {
    verdict(&overload::faults(bench).await)
}

fn verdict(faults: &[String]) -> ExitCode {
    for fault in faults.iter().take(20) {
        println!("BROKEN: {fault}");
    }
    ExitCode::from(u8::from(!faults.is_empty()))
}

/// Runs the whole soak with this many turns; exit code 1 on a fault.
pub async fn run(bench: &Bench, turns: u32) -> ExitCode {
    let began = Instant::now();
    // Lost sessions end soon after the deadline of their last calls.
    let agent = Agent::start_with(bench, &[("MCP_CALL_TIMEOUT_SECS", "2")]).await;
    let _turning = bench.claude.wheel.turning();
    let mut tally = some_turns(bench, &agent, WARM_UP.min(turns), 1).await;
    let first = Held::after_rest(bench, &agent).await;
    println!("after {} turns: {}", tally.turns, first.said());
    tally.add(some_turns(bench, &agent, turns.saturating_sub(WARM_UP), 2).await);
    let last = Held::after_rest(bench, &agent).await;
    println!("after {} turns: {}", tally.turns, last.said());
    println!("{}", tally.said());

    let mut faults = std::mem::take(&mut tally.faults);
    if !last.is_like(&first) {
        faults.push(format!("{} became {}", first.said(), last.said()));
    }
    faults.extend(dishonest(bench, &tally.writes));
    faults.extend(overload::faults(bench).await);
    println!(
        "soak: {} turns in {} s, {} broken",
        tally.turns,
        began.elapsed().as_secs(),
        faults.len()
    );
    verdict(&faults)
}

/// Runs turns of all kinds concurrently while the MCP server restarts.
async fn some_turns(bench: &Bench, agent: &Agent, turns: u32, seed: u64) -> Tally {
    let (until, left) = (Instant::now() + AT_MOST, std::cell::Cell::new(turns));
    let asker = async |n: u64| {
        let mut asker = Asker::new(bench, agent, seed * 1000 + n);
        while Instant::now() < until && left.get() > 0 {
            left.set(left.get() - 1);
            asker.turn().await;
        }
        asker.tally
    };
    let restarts = async {
        loop {
            sleep(RESTART_EVERY).await;
            bench.mcp.restart();
        }
    };
    let tallies = tokio::select! {
        tallies = join_all((0..ASKERS).map(asker)) => tallies,
        () = restarts => Vec::new(),
    };
    let mut sum = Tally::default();
    for tally in tallies {
        sum.add(tally);
    }
    sum
}

/// Writes that were executed more than once, or reported as done without being executed.
fn dishonest(bench: &Bench, writes: &[(Number, bool)]) -> Vec<String> {
    let broken = |(number, told): &(Number, bool)| {
        let runs = bench.mcp.runs(*number);
        let honest = runs <= 1 && (!told || runs == 1);
        let number = String::from_utf8_lossy(number);
        (!honest).then(|| format!("write {number} ran {runs} times, told as done: {told}"))
    };
    let mut faults: Vec<String> = writes.iter().filter_map(broken).collect();
    if bench.mcp.wrong() > 0 {
        faults.push(format!("{} calls for another user", bench.mcp.wrong()));
    }
    faults
}
