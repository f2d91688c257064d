//! Prompt-caching cost: billed against ideal tokens of a conversation of ten turns, by the documented rules.
//!
//! The rules (Anthropic's documentation of prompt caching, read 2026-08): the prompt is tools, then system, then
//! messages; a cache entry is everything up to a block with `cache_control`, of which there may be four; a request reads
//! the longest entry that ends at one of its breakpoints or up to 20 blocks before one (the breakpoint counts); what
//! lies between that and the last breakpoint is written. Written tokens cost 1.25, read tokens 0.1, all others 1.
//! Prefixes below 1,024 tokens are not cached. A token is four bytes here.
//!
//! The ideal: every token is written once, at its first use within its scope (all users for tools and system text, one
//! user for messages), and read after that.
//!
//! A conversation with a model that binds its thinking is in [`midnight`].

mod midnight;
mod prompt;

use std::{collections::HashSet, sync::Mutex};

use serde_json::{Value, json};

use crate::{
    agent::{Agent, Bench},
    bytes::{Marker, digits},
    replies::Reply,
    stats::Figure,
};
use prompt::{Block, hash, of_request, total};

const WRITE: f64 = 1.25;
const READ: f64 = 0.1;
const LOOK_BACK: usize = 20;
const MINIMUM: f64 = 1024.0;
/// How many tools each round of each turn calls: none, one, several, and more than the look-back has blocks.
const TURNS: [&[usize]; 10] = [
    &[],
    &[1],
    &[1],
    &[3],
    &[1, 1],
    &[],
    &[12],
    &[2, 1],
    &[1],
    &[3],
];

/// Simulated prompt cache, with the billed tokens.
#[derive(Default)]
struct Register {
    /// Prefixes that can be read.
    entries: HashSet<u64>,
    /// Blocks that were seen, by the user they belong to (0 for all).
    seen: HashSet<u64>,
    billed: f64,
    ideal: f64,
    /// Requests that were refused for their thinking; they cost nothing.
    refused: u32,
}

impl Register {
    fn charge(&mut self, blocks: &[Block], user: u8) {
        let marks: Vec<usize> = (0..blocks.len())
            .filter(|at| blocks[*at].marked && blocks[*at].upto >= MINIMUM)
            .collect();
        assert!(blocks.iter().filter(|block| block.marked).count() <= 4);
        let hit = marks.iter().rev().find_map(|mark| {
            let near = (0..=*mark).rev().take(LOOK_BACK);
            near.into_iter()
                .find(|at| self.entries.contains(&blocks[*at].prefix))
        });
        let upto = |at: Option<usize>| at.map_or(0.0, |at| blocks[at].upto);
        let (read, cached) = (upto(hit), upto(marks.last().copied()).max(upto(hit)));
        self.entries
            .extend(marks.iter().map(|at| blocks[*at].prefix));
        self.billed += READ * read + WRITE * (cached - read) + (total(blocks) - cached);

        for block in blocks {
            let owner = if block.shared { 0 } else { user };
            let price = match self.seen.insert(hash(&(owner, &block.text))) {
                _ if total(blocks) < MINIMUM => 1.0,
                true => WRITE,
                false => READ,
            };
            self.ideal += price * block.tokens;
        }
    }
}

/// Charges every request of this scenario.
#[derive(Default)]
pub struct Till(Mutex<Register>);

impl Till {
    fn open(&self) {
        *self.0.lock().expect("no panic") = Register::default();
    }

    /// Billed and ideal tokens so far.
    fn sums(&self) -> (f64, f64) {
        let register = self.0.lock().expect("no panic");
        (register.billed, register.ideal)
    }

    /// Charges the request and answers it by the turn's plan.
    pub fn serve(&self, marker: &Marker, body: &[u8]) -> Vec<u8> {
        let request: Value = serde_json::from_slice(body).expect("JSON");
        let binds = request["model"] == midnight::MODEL;
        let mut register = self.0.lock().expect("no panic");
        if binds && !midnight::is_bound(&request) {
            register.refused += 1;
            return midnight::refusal();
        }
        register.charge(&of_request(&request), marker.number[0]);
        drop(register);
        let number = std::str::from_utf8(&marker.number).expect("digits");
        let turn = crate::wire::number(&marker.number[1..]);
        let round = rounds_done(&request, number);
        let mut reply = Reply::begin(&json!({"input_tokens": 1, "output_tokens": 1}));
        let mut plan = TURNS[turn];
        if binds {
            plan = &[1];
            reply = reply.thinking(&midnight::signature(&request));
        }
        let Some(calls) = plan.get(round) else {
            let text = format!(
                "{number}: your bench press went up by 2.5 kg; keep three sets of five, rest three minutes. "
            );
            return reply.text([text.repeat(4).as_str()]).end("end_turn");
        };
        let said = format!("Looking, {number}, {round}. ");
        let call = |reply: Reply, n: usize| {
            let id = format!("toolu_{number}_{round}_{n}");
            let input = format!("\"since\": \"2026-0{}-01\"}}", n % 9 + 1);
            reply.call(&id, "list_workouts", &["{\"limit\": 5, ", &input])
        };
        (0..*calls)
            .fold(reply.text([said.as_str()]), call)
            .end("tool_use")
    }
}

/// The number of user messages after the question: each has the results of one round.
fn rounds_done(request: &Value, number: &str) -> usize {
    let messages = request["messages"].as_array().expect("messages");
    let words = messages.iter().rposition(|message| {
        let text = message["content"].to_string();
        message["role"] == "user" && text.contains(&format!("[[b{number}]]"))
    });
    let behind = &messages[words.expect("the turn's words") + 1..];
    behind
        .iter()
        .filter(|message| message["role"] == "user")
        .count()
}

pub async fn figures(bench: &Bench) -> Vec<Figure> {
    let agent = Agent::start(bench).await;
    let mut figures = Vec::new();
    for (how, full) in [("text-only history", false), ("full history", true)] {
        bench.claude.till.open();
        for (user, rider) in [("first user", 1), ("second user", 2)] {
            let before = bench.claude.till.sums();
            conversation(bench, &agent, rider, full, |_| "America/Denver").await;
            let after = bench.claude.till.sums();
            let [billed, ideal] = [after.0 - before.0, after.1 - before.1];
            let name = format!("billing, {how}, {user}: billed / ideal tokens");
            figures.push(Figure::new(name, "x", &[billed / ideal]).at_most(1.01));
            let name = format!("billing, {how}, {user}: billed tokens");
            figures.push(Figure::new(name, "", &[billed]).floor(&[ideal]));
        }
    }
    drop(agent);
    figures.extend(midnight::figures(bench).await);
    figures
}

/// Ten turns, each in a time zone. With `full`, the messages of `done` are appended to the history; otherwise only the text, as simple
/// frontends do.
async fn conversation(
    bench: &Bench,
    agent: &Agent,
    rider: u32,
    full: bool,
    zone: fn(u32) -> &'static str,
) {
    let mut history = Vec::new();
    for turn in 0..u32::try_from(TURNS.len()).unwrap_or_default() {
        let number = digits(rider * 10_000_000 + turn);
        let words = format!(
            "Question {turn} of rider {rider}: how did it go lately? {}",
            Marker::text('b', std::str::from_utf8(&number).expect("digits"))
        );
        history.push(json!({"role": "user", "content": words}));
        let body = json!({"messages": history, "stream": true, "client_timezone": zone(turn),
            "display_name": format!("Rider {rider}")});
        let mut request = Vec::new();
        bench
            .post(rider, &body.to_string())
            .fill(number, &mut request);
        let done = agent.turn(&request).await;
        bench.mcp.runs(number);
        if full {
            history.extend(done["messages"].as_array().expect("messages").clone());
        } else {
            history.push(json!({"role": "assistant", "content": done["content"][0]["text"]}));
        }
    }
}
