//! One round: one call of Claude with its retries, and the tools it asks for.

mod end;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use serde_json::{Map, Value};

use super::{Agent, Event, Failure, Turn, calls::Calls, ledger::Ledger};
use crate::{
    agent::claude::{ClaudeError, Progress, Reading, Reply, Request, Retries, Usage, is_id},
    agent::tools::{CallContext, Catalogue, without_identity},
    auth::Caller,
};

pub(super) struct Round {
    agent: Arc<Agent>,
    caller: Caller,
    request_id: Arc<str>,
    time_zone: Option<Arc<str>>,
    catalogue: Arc<Catalogue>,
    /// Of the calls before, and of this round's.
    ids: Arc<HashSet<String>>,
    own_ids: HashSet<String>,
    may_use_tools: bool,
    shown: bool,

    /// The request: as long as it may have to be sent again. `None` once something of the present reply cannot be taken
    /// back: it was shown, or a tool has run.
    body: Option<Vec<Bytes>>,
    retries: Retries,
    reading: Option<Box<Reading>>,
    calls: Calls,
    queue: VecDeque<Event>,
    reply: Option<Reply>,
    usage: Usage,
    usage_before: Usage,
    ledger: Ledger,
}

impl Round {
    pub(super) fn new(turn: &Turn, shown: bool) -> Self {
        let agent = turn.agent.clone();
        let request = Request {
            prefix: &agent.prefix,
            about: &turn.about,
            tools: turn.catalogue.tools(),
            tools_allowed: turn.may_use_tools(),
            messages: &turn.conversation,
        };
        Self {
            body: request.body().ok(),
            retries: agent.claude.retries(turn.deadline),
            caller: turn.caller.clone(),
            request_id: turn.request_id.clone(),
            time_zone: turn.time_zone.clone(),
            catalogue: turn.catalogue.clone(),
            ids: turn.ids.clone(),
            own_ids: HashSet::new(),
            may_use_tools: turn.may_use_tools(),
            shown,
            reading: None,
            calls: Calls::default(),
            queue: VecDeque::with_capacity(1),
            reply: None,
            usage: Usage::default(),
            usage_before: Usage::default(),
            ledger: turn.ledger.clone(),
            agent,
        }
    }

    /// The next event; `None` once the reply is complete and every tool it asked for has answered.
    pub(super) async fn next(&mut self) -> Result<Option<Event>, Failure> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Ok(Some(event));
            }
            if self.reply.is_some() && self.calls.is_idle() {
                return Ok(None);
            }
            if self.reply.is_none() && self.reading.is_none() {
                let body = self.body.clone().ok_or(Failure::Internal)?;
                // In a place of its own: it is large, and not there for long.
                let opening = Box::pin(self.agent.claude.open(body, &mut self.retries));
                self.reading = Some(Box::new(opening.await?));
            }
            tokio::select! {
                Some(call) = self.calls.next() => {
                    let duration_ms = u64::try_from(call.took.as_millis()).unwrap_or(u64::MAX);
                    return Ok(Some(Event::ToolResult {
                        id: call.id,
                        name: call.name,
                        is_error: call.is_error,
                        duration_ms,
                        structured: call.structured,
                    }));
                }
                progress = progress(&mut self.reading), if self.reply.is_none() => match progress {
                    Ok(progress) => self.take(progress),
                    Err(error) => self.broken(error).await?,
                },
            }
        }
    }

    fn take(&mut self, progress: Progress) {
        match progress {
            Progress::Usage(usage) => {
                self.usage = self.usage_before;
                self.usage.add(usage);
                self.ledger.running(self.usage);
            }
            Progress::Text(text) => self.show(Event::TextDelta { text }),
            // Calls made although they may not be: ignored, and not shown.
            Progress::ToolStart { .. } | Progress::ToolReady { .. } if !self.may_use_tools => {}
            Progress::ToolStart { index, id, name } => {
                let id = self.accepted_id(id);
                let call = self.calls.open(index, id, &name);
                let event = Event::ToolUseStart {
                    id: call.id.clone(),
                    name: call.name.clone(),
                };
                self.show(event);
            }
            Progress::ToolReady { index, input } => self.take_up(index, input),
            Progress::End(reply) => self.complete(reply),
        }
    }

    fn show(&mut self, event: Event) {
        self.commit(self.shown);
        self.queue.push_back(event);
    }

    fn commit(&mut self, now: bool) {
        if now {
            self.body = None;
        }
    }

    /// Claude's own id, unless its API would refuse it in the next request.
    fn accepted_id(&mut self, id: String) -> String {
        let is_new = !self.ids.contains(&id) && !self.own_ids.contains(&id);
        let id = if is_id(&id) && is_new {
            id
        } else {
            format!("toolu_{}", uuid::Uuid::now_v7().simple())
        };
        self.own_ids.insert(id.clone());
        id
    }

    fn take_up(&mut self, index: u64, input: Result<Map<String, Value>, String>) {
        let Some((id, name)) = self
            .calls
            .get(index)
            .map(|call| (call.id.clone(), call.name.clone()))
        else {
            return;
        };
        let shown = input.as_ref().map(|input| {
            let mut input = input.clone();
            without_identity(&mut input);
            input
        });
        let shown = shown.unwrap_or_default();
        self.calls.wrote(index, shown.clone());
        self.show(Event::ToolUse {
            id: id.clone(),
            name: name.clone(),
            input: shown,
        });
        let context = CallContext {
            caller: &self.caller,
            request_id: &self.request_id,
            tool_use_id: &id,
            time_zone: self.time_zone.as_deref(),
        };
        let asked = self.calls.asked(index).unwrap_or_default();
        match input.map(|input| self.catalogue.bind(context, &asked, input)) {
            Ok(Some(call)) => self.calls.ready(index, call),
            Ok(None) => self.calls.invalid(
                index,
                format!("There is no tool named {name}. Nothing was run."),
            ),
            Err(_) => {
                let why =
                    "The input of this call is not a JSON object. Nothing was run; call again.";
                self.calls.invalid(index, why.to_owned());
            }
        }
        self.begin(false);
    }

    fn begin(&mut self, all: bool) {
        let mcp = &self.agent.mcp;
        self.calls.begin(all, |call| mcp.begin(call));
        self.commit(!self.calls.is_idle());
    }

    fn complete(&mut self, mut reply: Reply) {
        for (index, block) in &mut reply.blocks {
            self.calls.write(*index, block);
        }
        if let Some(reading) = self.reading.take() {
            read_out(*reading);
        }
        if reply.stop_reason == "tool_use" && self.may_use_tools {
            self.begin(true);
        } else {
            // Nothing that was begun early counts: dropped, and so cancelled.
            self.calls = Calls::default();
        }
        self.reply = Some(reply);
    }

    /// The reply broke off. If nobody has seen anything of it and no tool has run, it is forgotten and asked for again.
    async fn broken(&mut self, error: ClaudeError) -> Result<(), Failure> {
        if self.body.is_none() || !error.may_heal() {
            return Err(error.into());
        }
        self.reading = None;
        self.usage_before = self.usage;
        self.own_ids.clear();
        self.calls = Calls::default();
        Ok(self.retries.again(error).await?)
    }
}

/// Mostly it has come by now.
fn read_out(reading: Reading) {
    let mut rest = Box::pin(reading.read_out());
    if (&mut rest).now_or_never().is_none() {
        tokio::spawn(rest);
    }
}

async fn progress(reading: &mut Option<Box<Reading>>) -> Result<Progress, ClaudeError> {
    match reading {
        Some(reading) => reading.next().await.unwrap_or(Err(ClaudeError::Incomplete)),
        None => std::future::pending().await,
    }
}
