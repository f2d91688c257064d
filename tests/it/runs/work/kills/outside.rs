//! What is outside of the processes: Claude, the MCP server that counts the writes, the file store, the receiver of callbacks.
//! Each takes a moment for its answer, in which a process can be killed.

use std::{collections::HashSet, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};

use super::{
    super::world::{OWN, World},
    recorder::Recorder,
};
use crate::{
    runs::support::CALLBACK_SECRET,
    support::{fake_claude::Reply, mcp_tools, wait::until},
};

/// Writes of each run.
pub(super) const WRITES: usize = 3;
const LIFE: Duration = Duration::from_millis(400);
const CALL: Duration = Duration::from_millis(30);
const PINGS: usize = 4;

/// When a process is killed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    Any,
    BeforeFirstCall,
    Reply,
    ToolCall,
    Upload,
    Callback,
}

impl Moment {
    pub(super) const ALL: [Self; 6] = [
        Self::Any,
        Self::BeforeFirstCall,
        Self::Reply,
        Self::ToolCall,
        Self::Upload,
        Self::Callback,
    ];

    /// Waits until it begins for some run.
    pub(super) async fn comes(self, outside: &Outside) {
        let mcp = &outside.world.mcp;
        match self {
            Self::Any => sleep(LIFE.mul_f64(rand::random())).await,
            Self::BeforeFirstCall => {
                let before = mcp.remembers(|memory| memory.sessions);
                mcp.until("a session", |memory| memory.sessions > before)
                    .await;
            }
            Self::Reply => {
                let before = *outside.asked.borrow();
                let more = |asked: &usize| (*asked > before).then_some(());
                until("a request to Claude", &outside.asked, more).await;
            }
            Self::ToolCall => {
                let before = mcp.remembers(|memory| memory.calls.len());
                mcp.until("a call", |memory| memory.calls.len() > before)
                    .await;
            }
            Self::Upload => outside.files.next("an upload").await,
            Self::Callback => outside.callbacks.next("a callback").await,
        }
    }
}

pub(super) struct Outside {
    pub(super) world: World,
    pub(super) files: Recorder,
    pub(super) callbacks: Recorder,
    /// The number of requests to Claude.
    asked: Arc<watch::Sender<usize>>,
    /// The names of the runs that had their last reply.
    pub(super) answered: Arc<watch::Sender<HashSet<String>>>,
}

impl Outside {
    /// Puts everything into the settings of the processes.
    pub(super) async fn new(mut world: World) -> Self {
        let (files, callbacks) = (Recorder::start().await, Recorder::start().await);
        for (name, value) in [
            ("AGENT_MAX_CHATS_PER_USER", "1000"),
            ("CALLBACK_SECRET", CALLBACK_SECRET),
            ("OUTBOUND_ALLOW", "127.0.0.1"),
            ("RATE_LIMIT_MAX", "0"),
            ("RUNS_MAX_ATTEMPTS", "100"),
            ("FILES_URL", "s3://bucket"),
            ("AWS_ENDPOINT_URL", &files.url),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ] {
            world.set(name, value);
        }
        let mut tools = mcp_tools::catalogue();
        tools.retain(|tool| tool["name"] == "create_workout");
        world.mcp.set_tools(tools);
        world.mcp.pause_up_to(CALL);
        let outside = Self {
            world,
            files,
            callbacks,
            asked: Arc::default(),
            answered: Arc::default(),
        };
        let (asked, answered) = (outside.asked.clone(), outside.answered.clone());
        outside.world.claude.on(move |body| {
            asked.send_modify(|asked| *asked += 1);
            let (name, round) = place(body);
            if round == WRITES {
                let name = name.to_owned();
                answered.send_modify(|answered| {
                    answered.insert(name);
                });
            }
            reply(name, round)
        });
        outside
    }
}

/// Which run asks, and how many replies it has had. Its prompt is its name.
fn place(body: &Value) -> (&str, usize) {
    let messages = body["messages"].as_array().expect("messages");
    let prompt = messages[0]["content"][0]["text"].as_str();
    (prompt.expect("a prompt"), messages.len() / 2)
}

/// A write in each reply but the last one, and a file with the first.
fn reply(name: &str, round: usize) -> Reply {
    let write = |reply: Reply| {
        let input = json!({"exercises": [], "name": name});
        reply.and_tool(
            &call_id(name, round),
            &format!("{OWN}create_workout"),
            input,
        )
    };
    let file = json!({"path": file_name(name), "content": name});
    let reply = match round {
        0 => write(Reply::tool(&file_id(name), "write_file", file)),
        WRITES => Reply::text(&response(name)),
        _ => write(Reply::empty()),
    };
    let every = Duration::from_millis(rand::random_range(5..25));
    reply.pings_at(1, PINGS, every)
}

pub(super) fn call_id(name: &str, round: usize) -> String {
    format!("toolu_{name}_{round}")
}

pub(super) fn file_id(name: &str) -> String {
    format!("toolu_{name}_file")
}

pub(super) fn file_name(name: &str) -> String {
    format!("{name}.txt")
}

pub(super) fn response(name: &str) -> String {
    format!("{name} is done")
}
