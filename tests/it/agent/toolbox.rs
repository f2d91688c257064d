//! A turn with tools of its own: what it is told, in which order, and how it is ended and taken up again.

mod going_on;
mod replies;

use std::{
    collections::HashSet,
    future::ready,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture};
use prog_strength_agent::{
    agent::{
        Event, Halt, ModelChoice, Next, Prepared, PreparedCall, ReplyView, Toolbox, Turn,
        TurnSetup,
        claude::{Block, Claude, Message, ToolSpec, Tools},
        mcp::CallOutcome,
        metrics::Metrics,
        rebuild,
        tools::CallInput,
    },
    config::{ClaudeConfig, Config},
};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::support::{
    fake_claude::{FakeClaude, Reply},
    wait::DEADLINE,
};

/// One tool, `echo`, and a record of what the turn does. Clones share it.
#[derive(Clone)]
struct Recorder {
    tools: Arc<Tools>,
    record: Arc<Mutex<Record>>,
}

#[derive(Default)]
struct Record {
    /// What the turn did, in order.
    steps: Vec<Value>,
    /// The messages that the turn added to its conversation.
    messages: Vec<Message>,
    /// Results of the last reply.
    results: Vec<Block>,
    halt_on_reply: bool,
    halt_on_call: bool,
}

impl Recorder {
    fn new() -> Self {
        let echo = ToolSpec {
            name: "echo".into(),
            description: None,
            input_schema: json!({"type": "object"}),
        };
        Self {
            tools: Arc::new(Tools::new(&[echo])),
            record: Arc::default(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Record)) {
        change(&mut self.record.lock().unwrap());
    }

    fn steps(&self) -> Vec<Value> {
        self.record.lock().unwrap().steps.clone()
    }

    /// The messages so far, as they would be stored and read again.
    fn stored(&self) -> Vec<Message> {
        let mut record = self.record.lock().unwrap();
        record.end_round();
        let stored = serde_json::to_string(&record.messages).unwrap();
        serde_json::from_str(&stored).unwrap()
    }
}

impl Record {
    fn end_round(&mut self) {
        if !self.results.is_empty() {
            let results = std::mem::take(&mut self.results);
            self.messages.push(Message::user(results));
        }
    }
}

impl Toolbox for Recorder {
    fn tools(&self) -> &Tools {
        &self.tools
    }

    fn prepare(&self, _: &str, name: &str, input_json: &str) -> Prepared {
        match name {
            "echo" => Prepared::local(name, input_json),
            _ => Prepared::refused(CallInput::default(), "no such tool"),
        }
    }

    fn begin(
        &self,
        tool_use_id: &str,
        name: &str,
        call: PreparedCall,
    ) -> BoxFuture<'static, Result<CallOutcome, Halt>> {
        let (outcome, input) = match call {
            PreparedCall::Local { input, .. } => {
                let input = json!(input);
                (CallOutcome::of_local(input.to_string(), false), input)
            }
            PreparedCall::Refused(outcome) => (outcome, Value::Null),
            other => unreachable!("there is no server, and nobody to ask: {other:?}"),
        };
        let mut record = self.record.lock().unwrap();
        record.steps.push(json!(["call", tool_use_id, name, input]));
        let result = outcome.clone().into_block(tool_use_id.to_owned());
        record.results.push(result);
        let answer = if record.halt_on_call {
            Err(Halt)
        } else {
            Ok(outcome)
        };
        ready(answer).boxed()
    }

    fn on_reply<'a>(&'a self, reply: &'a ReplyView<'a>) -> Option<BoxFuture<'a, Result<(), Halt>>> {
        let kept = async move {
            // As a database would.
            tokio::task::yield_now().await;
            let mut record = self.record.lock().unwrap();
            record.end_round();
            let blocks: Vec<Block> = reply.blocks().cloned().collect();
            let next = format!("{:?}", reply.next);
            let tokens = reply.usage.output_tokens;
            record
                .steps
                .push(json!(["reply", next, reply.stop_reason(), blocks, tokens]));
            if reply.next != Next::End && !blocks.is_empty() {
                record.messages.push(Message::assistant(blocks));
            }
            if record.halt_on_reply {
                Err(Halt)
            } else {
                Ok(())
            }
        };
        Some(kept.boxed())
    }
}

struct World {
    claude: FakeClaude,
    config: ClaudeConfig,
    client: Arc<Claude>,
    metrics: Arc<Metrics>,
}

impl World {
    async fn new(settings: &[(&str, &str)], replies: impl IntoIterator<Item = Reply>) -> Self {
        let claude = FakeClaude::start().await;
        claude.push_all(replies);
        let base = [
            ("ANTHROPIC_API_KEY", "sk-test"),
            ("JWT_SIGNING_KEY", "a signing key of thirty-two bytes"),
            ("ANTHROPIC_BASE_URL", claude.url()),
        ];
        let env = base.iter().chain(settings);
        let env = env.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Config::from_iter(env)
            .expect("a sound configuration")
            .claude;
        let metrics = Metrics::new();
        let client = Claude::new(&config, "the chat's prompt", metrics.clone()).expect("a client");
        Self {
            claude,
            config,
            client: Arc::new(client),
            metrics,
        }
    }

    /// The set-up of a turn that goes on with these messages.
    fn setup(&self, toolbox: &Recorder, messages: &[Message]) -> TurnSetup {
        let (conversation, used_ids) = rebuild(messages).expect("messages");
        TurnSetup {
            conversation,
            used_ids,
            answered: vec![],
            user_context: "Today is Monday.".into(),
            toolbox: Arc::new(toolbox.clone()),
            models: ModelChoice::new(&self.config, "a run's prompt", None, None).expect("models"),
            max_tool_rounds: 20,
            rounds: 0,
            deadline: Instant::now() + DEADLINE,
            stopping: CancellationToken::new(),
            memory: None,
            request_id: "r1".into(),
        }
    }

    /// Runs a turn; its events.
    async fn run(&self, setup: TurnSetup) -> Vec<Value> {
        let events = Turn::new(self.client.clone(), setup).run(false);
        let events = tokio::time::timeout(DEADLINE + Duration::from_secs(5), events.collect());
        let events: Vec<Event> = events.await.expect("the turn ends");
        if let Some(Event::Error(failed)) = events.last() {
            return vec![json!({"halted": failed.halted, "code": failed.code})];
        }
        events.iter().map(|event| json!(event)).collect()
    }
}

fn question() -> Message {
    Message::user(vec![Block::text("go")])
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn call(id: &str, name: &str, input: &Value) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": input})
}

/// The ids of the tool calls in messages.
fn ids(messages: &[Message]) -> HashSet<String> {
    rebuild(messages).expect("messages").1
}
