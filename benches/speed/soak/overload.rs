//! Twice the load it can carry: what it sheds it sheds at once, what it took it finishes, and then all is well again.

use std::{
    cell::RefCell,
    io,
    time::{Duration, Instant},
};

use futures_util::{
    StreamExt,
    future::{join_all, select},
    stream::FuturesUnordered,
};
use memchr::memmem;
use tokio::time::{interval, sleep, timeout};

use crate::{
    agent::{Agent, Bench},
    bytes::RIDERS,
    load::{Through, slice},
    scenario::{self, Scenario},
    stats::{float, ms, percentile},
    wire::{Wire, header},
};

const LIMIT_MS: f64 = 50.0;
const LAST: Duration = Duration::from_secs(4);
const PATIENCE: Duration = Duration::from_secs(30);

/// How a request ended.
enum End {
    Done,
    /// With 503 and `Retry-After`, after so many milliseconds.
    Shed(f64),
    Other(String),
}

/// Connections that nobody uses at the moment.
type Idle = RefCell<Vec<Wire>>;

pub async fn faults(bench: &Bench) -> Vec<String> {
    // As it is by default.
    let agent = Agent::start_with(bench, &[("AGENT_MAX_CONCURRENT_CHATS", "1024")]).await;
    let scenario = &scenario::all()[1];
    let carried = carried(bench, &agent, scenario).await.expect("turns");
    let idle = Idle::default();
    let ends = offered(bench, &agent, scenario, 2.0 * carried, &idle).await;
    sleep(Duration::from_secs(1)).await;
    let later = join_all((0..32).map(|_| one(bench, &agent, scenario, &idle))).await;

    let shed: Vec<f64> = ends
        .iter()
        .filter_map(|end| match end {
            End::Shed(after) => Some(*after),
            _ => None,
        })
        .collect();
    let done = ends.iter().filter(|end| matches!(end, End::Done)).count();
    let at = |percent| percentile(shed.iter().copied(), percent);
    println!(
        "overload: carries {carried:.0}/s; of twice that for {} s took and finished {done}, shed {}, those after p50 {:.1} ms, p99 {:.1} ms, at most {:.1} ms",
        LAST.as_secs(),
        shed.len(),
        at(50),
        at(99),
        at(100)
    );
    let mut faults = Vec::new();
    if at(99) > LIMIT_MS {
        faults.push(format!("shed after {:.0} ms", at(99)));
    }
    if shed.is_empty() {
        faults.push("nothing was shed: that was no overload".into());
    }
    for end in ends {
        if let End::Other(what) = end {
            faults.push(what);
        }
    }
    let well = later.iter().filter(|end| matches!(end, End::Done)).count();
    if well < later.len() {
        faults.push(format!(
            "a second later only {well} of {} were done",
            later.len()
        ));
    }
    faults
}

/// Turns in a second when all of the core is used.
async fn carried(bench: &Bench, agent: &Agent, scenario: &Scenario) -> io::Result<f64> {
    let mut askers = Vec::new();
    for rider in (0..RIDERS).cycle().take(64) {
        askers.push(Through::new(bench, agent, scenario, rider).await?);
    }
    slice(&mut askers, Duration::from_secs(1), agent.process()).await?;
    Ok(slice(&mut askers, Duration::from_secs(2), agent.process())
        .await?
        .rate)
}

/// So many requests a second, whatever becomes of those before.
async fn offered(
    bench: &Bench,
    agent: &Agent,
    scenario: &Scenario,
    rate: f64,
    idle: &Idle,
) -> Vec<End> {
    let (began, mut begun) = (Instant::now(), 0_usize);
    let (mut running, mut ends) = (FuturesUnordered::new(), Vec::new());
    let mut ticks = interval(Duration::from_millis(1));
    while began.elapsed() < LAST {
        while float(begun) < rate * began.elapsed().as_secs_f64() {
            running.push(Box::pin(one(bench, agent, scenario, idle)));
            begun += 1;
        }
        let some = async {
            while let Some(end) = running.next().await {
                ends.push(end);
            }
            std::future::pending::<()>().await;
        };
        select(Box::pin(some), Box::pin(ticks.tick())).await;
    }
    while let Some(end) = running.next().await {
        ends.push(end);
    }
    ends
}

async fn one(bench: &Bench, agent: &Agent, scenario: &Scenario, idle: &Idle) -> End {
    let turn = async {
        let free = idle.borrow_mut().pop();
        let mut wire = match free {
            Some(wire) => wire,
            None => Wire::connect(agent.address).await?,
        };
        let (mut out, number) = (Vec::new(), bench.numbers.next(0));
        bench.post(0, &scenario.body()).fill(number, &mut out);
        let began = Instant::now();
        wire.send(&out).await?;
        wire.receive().await?;
        let end = judged(&wire, scenario, ms(began.elapsed()));
        idle.borrow_mut().push(wire);
        Ok::<_, io::Error>(end)
    };
    match timeout(PATIENCE, turn).await {
        Ok(Ok(end)) => end,
        Ok(Err(error)) => End::Other(error.to_string()),
        Err(_) => End::Other("no end".into()),
    }
}

fn judged(wire: &Wire, scenario: &Scenario, after: f64) -> End {
    let is_shed =
        wire.head().starts_with(b"HTTP/1.1 503") && header(wire.head(), b"retry-after").is_some();
    if is_shed {
        return End::Shed(after);
    }
    if wire.is_ok() && memmem::find(wire.body(), scenario.end()).is_some() {
        return End::Done;
    }
    End::Other(String::from_utf8_lossy(wire.whole()).into_owned())
}
