//! Load generator: a number of clients, each of which asks again as soon as it has its answer, through the agent or directly
//! upstream.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::{join_all, try_join_all};

use crate::{
    agent::{Agent, Bench},
    bytes::{Number, Template},
    machine::Process,
    scenario::Scenario,
    stats::{float, ms},
    tape::Upstream,
    wire::Wire,
};

/// Latency of a turn and of its first text, in milliseconds.
#[derive(Clone, Copy)]
pub struct Timing {
    pub first: Option<f64>,
    pub whole: f64,
}

/// A client.
pub trait Asker {
    async fn turn(&mut self) -> io::Result<Timing>;
}

/// A client of the agent, over one connection.
pub struct Through<'a> {
    bench: &'a Bench,
    scenario: &'a Scenario,
    rider: u32,
    wire: Wire,
    request: Template,
    out: Vec<u8>,
}

impl<'a> Through<'a> {
    pub async fn new(
        bench: &'a Bench,
        agent: &Agent,
        scenario: &'a Scenario,
        rider: u32,
    ) -> io::Result<Self> {
        Ok(Self {
            bench,
            scenario,
            rider,
            wire: Wire::connect(agent.address).await?,
            request: bench.post_to(scenario.path(), rider, &scenario.body()),
            out: Vec::new(),
        })
    }

    /// Runs the turn with this number.
    pub async fn numbered(&mut self, number: Number) -> io::Result<Timing> {
        self.out.clear();
        self.request.fill(number, &mut self.out);
        let began = Instant::now();
        self.wire.send(&self.out).await?;
        let first = self
            .wire
            .receive_watching(self.scenario.first_text())
            .await?;
        let whole = ms(began.elapsed());
        let ended = memchr::memmem::find(self.wire.body(), self.scenario.end()).is_some();
        let runs = self.bench.mcp.runs(number);
        assert!(
            self.wire.is_ok() && ended && runs == self.scenario.calls,
            "{runs} calls instead of {}, answer {}",
            self.scenario.calls,
            String::from_utf8_lossy(self.wire.whole())
        );
        let first = first.map(|at| ms(at - began));
        Ok(Timing { first, whole })
    }
}

impl Asker for Through<'_> {
    async fn turn(&mut self) -> io::Result<Timing> {
        let number = self.bench.numbers.next(self.rider);
        self.numbered(number).await
    }
}

/// One step of a turn's upstream calls: one to Claude, or concurrent ones to tools.
enum Step {
    Claude(Template),
    Calls(Vec<Template>),
}

/// The upstream calls of one turn, byte for byte as the agent sent them.
#[derive(Clone)]
pub struct Recorded {
    steps: Arc<[Step]>,
    rider: u32,
}

impl Recorded {
    /// Runs a turn through the agent and records its upstream calls.
    pub async fn of(through: &mut Through<'_>) -> io::Result<Self> {
        let (tape, rider) = (through.bench.tape.clone(), through.rider);
        // Digits that occur nowhere else in the requests.
        let number = crate::bytes::digits(rider * 10_000_000 + 8_675_309);
        tape.start();
        let turn = through.numbered(number).await;
        let sent = tape.stop();
        turn?;
        let mut steps: Vec<Step> = Vec::new();
        for (to, request) in sent {
            let request = Template::new(request, number);
            // The session's own messages may arrive at any time.
            if !request.has_places() {
                continue;
            }
            match (to, steps.last_mut()) {
                (Upstream::Mcp, Some(Step::Calls(calls))) => calls.push(request),
                (Upstream::Mcp, _) => steps.push(Step::Calls(vec![request])),
                (Upstream::Claude, _) => steps.push(Step::Claude(request)),
            }
        }
        Ok(Self {
            steps: steps.into(),
            rider,
        })
    }
}

/// The floor: a client that makes the agent's upstream calls itself.
pub struct Direct<'a> {
    bench: &'a Bench,
    scenario: &'a Scenario,
    recorded: Recorded,
    wire: Wire,
    out: Vec<u8>,
}

impl<'a> Direct<'a> {
    pub async fn new(
        bench: &'a Bench,
        scenario: &'a Scenario,
        recorded: Recorded,
    ) -> io::Result<Self> {
        Ok(Self {
            bench,
            scenario,
            recorded,
            wire: Wire::connect(bench.claude.address).await?,
            out: Vec::new(),
        })
    }
}

impl Asker for Direct<'_> {
    async fn turn(&mut self) -> io::Result<Timing> {
        let number = self.bench.numbers.next(self.recorded.rider);
        let (began, mut first) = (Instant::now(), None);
        for step in &*self.recorded.steps {
            match step {
                Step::Claude(request) => {
                    self.out.clear();
                    request.fill(number, &mut self.out);
                    self.wire.send(&self.out).await?;
                    let seen = self.wire.receive_watching(b"text_delta").await?;
                    first = first.or(seen);
                }
                Step::Calls(calls) => {
                    let call = |request| call(self.bench.mcp.address, request, number);
                    try_join_all(calls.iter().map(call)).await?;
                }
            }
        }
        let whole = ms(began.elapsed());
        assert_eq!(self.bench.mcp.runs(number), self.scenario.calls);
        let first = first.map(|at| ms(at - began));
        Ok(Timing { first, whole })
    }
}

/// Over a new connection, as the agent does.
async fn call(to: SocketAddr, request: &Template, number: Number) -> io::Result<()> {
    let mut out = Vec::with_capacity(2048);
    request.fill(number, &mut out);
    let mut wire = Wire::connect(to).await?;
    wire.send(&out).await?;
    wire.receive().await?;
    assert!(wire.is_ok(), "{}", String::from_utf8_lossy(wire.whole()));
    Ok(())
}

/// The result of some time under load.
pub struct Slice {
    pub timings: Vec<Timing>,
    /// Turns per second.
    pub rate: f64,
    /// CPU milliseconds per turn: of the agent, and of this process.
    pub agent_cpu: f64,
    pub own_cpu: f64,
    /// CPU utilisation of this process: close to 1, it limits the rate.
    pub busy: f64,
}

/// Runs all clients without pause for `time`.
pub async fn slice<A: Asker>(
    askers: &mut [A],
    time: Duration,
    agent: Process,
) -> io::Result<Slice> {
    let own = Process::own();
    let (agent_before, own_before) = (agent.cpu(), own.cpu());
    let began = Instant::now();
    let timings = join_all(askers.iter_mut().map(|asker| ask(asker, began + time))).await;
    let wall = began.elapsed().as_secs_f64();
    let (agent_used, own_used) = (agent.cpu() - agent_before, own.cpu() - own_before);
    let timings: Vec<Timing> = timings
        .into_iter()
        .collect::<io::Result<Vec<_>>>()?
        .concat();
    let turns = float(timings.len());
    Ok(Slice {
        rate: turns / wall,
        agent_cpu: agent_used / turns,
        own_cpu: own_used / turns,
        busy: own_used / (1000.0 * wall),
        timings,
    })
}

async fn ask(asker: &mut impl Asker, until: Instant) -> io::Result<Vec<Timing>> {
    let mut timings = Vec::new();
    while Instant::now() < until {
        timings.push(asker.turn().await?);
    }
    Ok(timings)
}
