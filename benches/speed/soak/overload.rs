//! Overload test: at twice its capacity, the agent rejects requests at once, finishes those it accepted, and recovers.
//!
//! The capacity is measured first, with 64 clients in a closed loop. Then twice that rate is sent in an open loop, over
//! reused connections, as a proxy does.

mod probe;
mod seen;

use std::{
    cell::RefCell,
    io,
    time::{Duration, Instant},
};

use futures_util::{
    FutureExt, StreamExt,
    future::{LocalBoxFuture, join_all, join3, select},
    stream::FuturesUnordered,
};
use memchr::memmem;
use tokio::time::{interval, sleep, timeout};

use crate::{
    agent::{Agent, Bench},
    bytes::RIDERS,
    load::{Through, slice},
    machine::Process,
    scenario::{self, Scenario},
    stats::{float, ms},
    wire::{Wire, header},
};
use probe::Probes;
use seen::{End, Seen};

const LAST: Duration = Duration::from_secs(4);
const RECOVERY: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(30);
const ASKERS: usize = 64;

struct Offer<'a> {
    bench: &'a Bench,
    agent: &'a Agent,
    scenario: &'a Scenario,
    /// Idle connections.
    idle: RefCell<Vec<Wire>>,
}

/// With the default limit of concurrent chats, and with one that is never reached.
pub async fn faults(bench: &Bench) -> Vec<String> {
    let mut faults = Vec::new();
    for places in ["1024", "8192"] {
        let of_these = of_places(bench, places).await;
        faults.extend(
            of_these
                .into_iter()
                .map(|what| format!("{places} places: {what}")),
        );
    }
    faults
}

async fn of_places(bench: &Bench, places: &str) -> Vec<String> {
    let agent = Agent::start_with(bench, &[("AGENT_MAX_CONCURRENT_CHATS", places)]).await;
    let offer = Offer {
        bench,
        agent: &agent,
        scenario: &scenario::all()[1],
        idle: RefCell::default(),
    };
    let carried = offer.carried().await.expect("turns");
    let seen = offer.twice(carried).await;
    println!("overload, {places} places: {}", seen.said());
    seen.faults()
}

impl Offer<'_> {
    /// Turns per second at full use of the core.
    async fn carried(&self) -> io::Result<f64> {
        let (mut askers, process) = (Vec::new(), self.agent.process());
        for rider in (0..RIDERS).cycle().take(ASKERS) {
            askers.push(Through::new(self.bench, self.agent, self.scenario, rider).await?);
        }
        slice(&mut askers, Duration::from_secs(1), process).await?;
        let slice = slice(&mut askers, Duration::from_secs(2), process).await?;
        Ok(slice.rate)
    }

    async fn twice(&self, carried: f64) -> Seen {
        let probes = Probes::start(self.agent.address, &self.request());
        let (cpu, began) = (Process::own().cpu(), Instant::now());
        let (mut ends, running) = self.send(2.0 * carried).await;
        let last = Instant::now();
        let busy = 100.0 * (Process::own().cpu() - cpu) / ms(last - began);
        let rest = async { (running.collect::<Vec<End>>().await, ms(last.elapsed())) };
        let later = async {
            sleep(RECOVERY).await;
            join_all((0..ASKERS / 2).map(|_| self.one())).await
        };
        let ((rest, drained), later, probed) = join3(rest, later, probes.stop()).await;
        ends.extend(rest);
        Seen {
            carried,
            busy,
            ends,
            probed,
            drained,
            later,
        }
    }

    /// Sends requests at a fixed rate (open loop); returns the ended ones and the tasks of the others.
    async fn send(&self, rate: f64) -> (Vec<End>, FuturesUnordered<LocalBoxFuture<'_, End>>) {
        let (began, mut begun) = (Instant::now(), 0_usize);
        let (mut running, mut ends) = (FuturesUnordered::new(), Vec::new());
        let mut ticks = interval(Duration::from_millis(1));
        while began.elapsed() < LAST {
            while float(begun) < rate * began.elapsed().as_secs_f64() {
                running.push(self.one().boxed_local());
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
        (ends, running)
    }

    fn request(&self) -> Vec<u8> {
        let (mut out, number) = (Vec::new(), self.bench.numbers.next(0));
        let request = self.bench.post(0, &self.scenario.body());
        request.fill(number, &mut out);
        out
    }

    async fn one(&self) -> End {
        let turn = async {
            let free = self.idle.borrow_mut().pop();
            let mut wire = match free {
                Some(wire) => wire,
                None => Wire::connect(self.agent.address).await?,
            };
            let (request, began) = (self.request(), Instant::now());
            wire.send(&request).await?;
            wire.receive().await?;
            let end = self.judged(&wire, ms(began.elapsed()));
            self.idle.borrow_mut().push(wire);
            Ok::<_, io::Error>(end)
        };
        match timeout(PATIENCE, turn).await {
            Ok(Ok(end)) => end,
            Ok(Err(error)) => End::Other(error.to_string()),
            Err(_) => End::Other("no end".into()),
        }
    }

    fn judged(&self, wire: &Wire, after: f64) -> End {
        let is_shed = wire.head().starts_with(b"HTTP/1.1 503")
            && header(wire.head(), b"retry-after").is_some();
        if is_shed {
            return End::Shed(after);
        }
        if wire.is_ok() && memmem::find(wire.body(), self.scenario.end()).is_some() {
            return End::Done(after);
        }
        End::Other(String::from_utf8_lossy(wire.whole()).into_owned())
    }
}
