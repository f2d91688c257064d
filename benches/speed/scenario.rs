//! Load scenarios: each against a new agent, one turn at a time and 32 concurrently, alternating with the floor.

use std::{io, time::Duration};

use serde_json::{Value, json};

use crate::{
    agent::{Agent, Bench},
    bytes::{Marker, RIDERS},
    load::{Direct, Recorded, Slice, Through, slice},
    stats::{Figure, Target, percentile},
};

/// The figure that `--against` guards.
pub const GUARDED: &str = "tools, 32 at once: CPU over the floor's";
const MANY: usize = 32;

pub struct Scenario {
    pub name: &'static str,
    /// The behaviour of the fake Claude.
    kind: char,
    /// Tool calls per turn.
    pub calls: u32,
    face: Face,
    /// A hundred messages, 200 kB.
    long: bool,
    targets: Targets,
}

/// How the answer is asked for and read.
#[derive(Clone, Copy, PartialEq)]
enum Face {
    Json,
    Sse,
    Ui,
    Agui,
}

struct Targets {
    /// Target: CPU milliseconds, 32 at once.
    cpu: Option<f64>,
    /// Target: percent of the floor's rate, 32 at once.
    share: Option<f64>,
}

pub fn all() -> [Scenario; 7] {
    let plain = |name, kind, calls, cpu| Scenario {
        name,
        kind,
        calls,
        face: Face::Sse,
        long: false,
        targets: Targets { cpu, share: None },
    };
    let mut all = [
        plain("text", 't', 0, Some(0.15)),
        plain("tools", 'u', 1, Some(0.3)),
        plain("parallel3", 'p', 3, None),
        plain("history", 't', 0, Some(0.45)),
        plain("json", 't', 0, None),
        plain("ui", 'u', 1, None),
        plain("agui", 'u', 1, None),
    ];
    all[2].targets.share = Some(95.0);
    all[3].long = true;
    all[4].face = Face::Json;
    all[5].face = Face::Ui;
    all[6].face = Face::Agui;
    all
}

impl Scenario {
    /// The request's body.
    pub fn body(&self) -> String {
        let mut messages = if self.long { history() } else { Vec::new() };
        let words = format!(
            "How has my bench press progressed? {}",
            Marker::text(self.kind, "########")
        );
        messages.push(json!({"role": "user", "content": words}));
        let user = json!({"client_timezone": "America/Denver", "display_name": "Sam"});
        let mut body = match self.face {
            Face::Json | Face::Sse => {
                json!({"messages": messages, "stream": self.face == Face::Sse})
            }
            Face::Ui => {
                let parts = json!([{"type": "text", "text": words}]);
                json!({"id": "c1", "messages": [{"id": "u1", "role": "user", "parts": parts}]})
            }
            Face::Agui => {
                let message = json!({"id": "u1", "role": "user", "content": words});
                json!({"threadId": "t1", "runId": "r1", "messages": [message], "forwardedProps": user})
            }
        };
        if let (Value::Object(body), Value::Object(user)) = (&mut body, user) {
            body.extend(user);
        }
        body.to_string()
    }

    /// Where it is sent.
    pub fn path(&self) -> &'static str {
        match self.face {
            Face::Json | Face::Sse => "/chat",
            Face::Ui => "/chat/ui",
            Face::Agui => "/chat/agui",
        }
    }

    /// Marks the first text in the stream; a JSON answer has none.
    pub fn first_text(&self) -> &'static [u8] {
        match self.face {
            Face::Json => b"",
            Face::Sse => b"text_delta",
            Face::Ui => b"text-delta",
            Face::Agui => b"TEXT_MESSAGE_CONTENT",
        }
    }

    /// Text that a good answer contains.
    pub fn end(&self) -> &'static [u8] {
        match self.face {
            Face::Json => b"\"stop_reason\":\"end_turn\"",
            Face::Sse => b"event: done\n",
            Face::Ui => b"data: [DONE]\n",
            Face::Agui => b"RUN_FINISHED",
        }
    }

    pub async fn figures(&self, bench: &Bench) -> io::Result<Vec<Figure>> {
        let agent = Agent::start(bench).await;
        let mut figures = Vec::new();
        for at_once in [1, MANY] {
            let rounds = self.rounds(bench, &agent, at_once).await?;
            figures.extend(self.reported(at_once, &rounds));
        }
        assert_eq!(bench.mcp.wrong(), 0, "calls for another user");
        let peak = Figure::new(
            format!("{}: memory, peak", self.name),
            "MB",
            &[agent.process().peak()],
        );
        figures.push(peak);
        Ok(figures)
    }

    /// Pairs of rounds: through the agent, and directly upstream.
    async fn rounds(&self, bench: &Bench, agent: &Agent, n: usize) -> io::Result<Vec<[Slice; 2]>> {
        let (rounds, time) = if bench.short { (3, 300) } else { (5, 1000) };
        let (time, process) = (Duration::from_millis(time), agent.process());
        let (mut through, mut direct) = (Vec::new(), Vec::new());
        for rider in (0..RIDERS).cycle().take(n) {
            through.push(Through::new(bench, agent, self, rider).await?);
        }
        let recorded = Recorded::of(&mut through[0]).await?;
        for _ in 0..n {
            direct.push(Direct::new(bench, self, recorded.clone()).await?);
        }
        slice(&mut through, time / 2, process).await?;
        slice(&mut direct, time / 4, process).await?;
        let mut pairs = Vec::new();
        for _ in 0..rounds {
            let by_agent = slice(&mut through, time, process).await?;
            pairs.push([by_agent, slice(&mut direct, time, process).await?]);
        }
        Ok(pairs)
    }

    fn reported(&self, at_once: usize, rounds: &[[Slice; 2]]) -> Vec<Figure> {
        let many = at_once == MANY;
        let name = |what: &str| {
            let how = if many { "32 at once" } else { "one at a time" };
            format!("{}, {how}: {what}", self.name)
        };
        let each = |side: usize, of: &dyn Fn(&Slice) -> f64| -> Vec<f64> {
            rounds.iter().map(|pair| of(&pair[side])).collect()
        };
        let pairs = |of: &dyn Fn(&Slice, &Slice) -> f64| -> Vec<f64> {
            rounds
                .iter()
                .map(|[agent, floor]| of(agent, floor))
                .collect()
        };
        let both = |what: &str, unit: &str, of: &dyn Fn(&Slice) -> f64| {
            Figure::new(name(what), unit, &each(0, of)).floor(&each(1, of))
        };
        let if_many = |target: Option<f64>| target.filter(|_| many);
        let Targets { cpu, share } = self.targets;
        let mut figures = vec![
            both("turns", "1/s", &|slice| slice.rate),
            both("p50", "ms", &|slice| whole(slice, 50)),
            both("p99", "ms", &|slice| whole(slice, 99)),
        ];
        if self.face != Face::Json {
            figures.push(both("first text, p50", "ms", &first));
        }
        let over = pairs(&|agent, floor| whole(agent, 50) - whole(floor, 50));
        figures.push(Figure::new(name("added over the floor, p50"), "ms", &over));
        let shares = pairs(&|agent, floor| 100.0 * agent.rate / floor.rate);
        let share = if_many(share).map(Target::AtLeast);
        figures.push(Figure::new(name("share of the floor's rate"), "%", &shares).target(share));
        let used = Figure::new(
            name("CPU per 1,000 turns"),
            "s",
            &each(0, &|slice| slice.agent_cpu),
        )
        .floor(&each(1, &|slice| slice.own_cpu));
        figures.push(used.target(if_many(cpu).map(Target::AtMost)));
        let ratio = pairs(&|agent, floor| agent.agent_cpu / floor.own_cpu);
        figures.push(Figure::new(name("CPU over the floor's"), "x", &ratio));
        let busy = each(0, &|slice| 100.0 * slice.busy);
        figures.push(Figure::new(name("generator busy"), "%", &busy));
        figures
    }
}

fn whole(slice: &Slice, percent: usize) -> f64 {
    percentile(slice.timings.iter().map(|timing| timing.whole), percent)
}

fn first(slice: &Slice) -> f64 {
    percentile(slice.timings.iter().filter_map(|timing| timing.first), 50)
}

/// 99 messages of text and tool calls, 200 kB; the last one's answer was lost, so that the question is asked again.
fn history() -> Vec<Value> {
    let line =
        "Week {n}: \"bench\" 3 × 5 at 82.5 kg, rested 3 min — felt *good*; then rows 4 × 8.\n";
    let long = |n: usize| line.repeat(23).replace("{n}", &n.to_string());
    let mut messages = Vec::new();
    for n in 0..24 {
        let id = format!("toolu_old_{n}");
        messages.extend([
            json!({"role": "user", "content": long(n)}),
            json!({"role": "assistant", "content": [{"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": id, "name": "list_workouts", "input": {"limit": 5, "since": "2026-03-01"}}]}),
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id,
                "content": [{"type": "text", "text": long(n).repeat(2)}]}]}),
            json!({"role": "assistant", "content": long(n)}),
        ]);
    }
    messages.extend([
        json!({"role": "user", "content": long(24)}),
        json!({"role": "assistant", "content": long(25)}),
        json!({"role": "user", "content": long(26)}),
    ]);
    messages
}
