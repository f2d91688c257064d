//! The tools of a run's step: those of its connections and of the workspace. Journals each reply before its calls begin and
//! each result before Claude is asked again.

use std::{
    collections::HashMap,
    future::ready,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::BoxFuture};
use tracing::Instrument;

use super::{
    position::{KeptReply, Next},
    record::{Halted, Record},
    uploads::Uploads,
    workspace::{self, WorkspaceTool},
    workspace_queue::WorkspaceQueue,
};
use crate::{
    agent::{
        self, Halt, Prepared, PreparedCall, ReplyView, Toolbox,
        approvals::{Approvals, Outcome},
        claude::{Block, Tools, is_blank},
        mcp::{CallOutcome, Mcp},
        tools::{CallContext, Catalogue, ToolCall},
    },
    auth::{Caller, JwtSettings, mint_caller_token},
    runs::model::{EntryKind, NewReply},
};

/// Of a token that is made for a call on behalf of the owner.
const TOKEN_TTL: Duration = Duration::from_secs(300);

/// What the toolboxes of all steps of an attempt share.
pub(super) struct Bench {
    pub(super) record: Arc<Record>,
    pub(super) uploads: Arc<Uploads>,
    pub(super) workspace: WorkspaceQueue,
    pub(super) caller: Caller,
    /// With which tokens are made; `None`: the own MCP server is not given any.
    pub(super) jwt: Option<Arc<JwtSettings>>,
    pub(super) run_id: Arc<str>,
    pub(super) request_id: Arc<str>,
    /// Calls that need the user's confirmation are refused.
    pub(super) approvals: Arc<Approvals>,
    /// See `RUNS_MAX_TOKENS`.
    pub(super) max_tokens: u64,
}

pub(super) struct RunTools {
    pub(super) bench: Arc<Bench>,
    catalogue: Catalogue,
    /// Of the catalogue and of the workspace.
    tools: Tools,
    /// By the names of their connections.
    servers: HashMap<String, Arc<Mcp>>,
    step: u32,
}

impl RunTools {
    pub(super) fn new(
        bench: Arc<Bench>,
        catalogue: Catalogue,
        servers: HashMap<String, Arc<Mcp>>,
        step: u32,
    ) -> Self {
        let mut specs = catalogue.specs().to_vec();
        specs.extend(workspace::specs());
        Self {
            bench,
            tools: Tools::new(&specs),
            catalogue,
            servers,
            step,
        }
    }

    fn call_server(&self, call: ToolCall) -> BoxFuture<'static, CallOutcome> {
        let Some(mcp) = self.servers.get(call.server()) else {
            return ready(CallOutcome::not_run("the tool server is not reachable")).boxed();
        };
        let token = self.bench.jwt.as_ref().map(|settings| {
            let minted = mint_caller_token(settings, &self.bench.caller, TOKEN_TTL);
            minted.inspect_err(|error| tracing::error!(%error, "no token for a tool call"))
        });
        match token.transpose() {
            Ok(token) => mcp.begin(call, token.as_ref()).boxed(),
            Err(_) => ready(CallOutcome::not_run("no token could be made for it")).boxed(),
        }
    }

    async fn keep(
        record: Arc<Record>,
        reply: NewReply,
        entries: Vec<EntryKind>,
        budget: Option<u64>,
    ) -> Result<(), Halt> {
        record.add_reply(&reply, &entries).await?;
        match budget {
            Some(max) if record.usage().total() >= max => Err(record.halt(Halted::Budget)),
            _ => Ok(()),
        }
    }
}

impl Toolbox for RunTools {
    fn tools(&self) -> &Tools {
        &self.tools
    }

    fn prepare(&self, tool_use_id: &str, name: &str, input_json: &str) -> Prepared {
        if WorkspaceTool::from_name(name).is_some() {
            return Prepared::local(name, input_json);
        }
        let context = CallContext {
            caller: &self.bench.caller,
            request_id: &self.bench.request_id,
            turn_id: &self.bench.run_id,
            tool_use_id,
            time_zone: None,
        };
        let prepared = Prepared::from_catalogue(&self.catalogue, context, name, input_json);
        // There is nobody to ask.
        let prepared = prepared.guarded(|call, _| {
            let is_held = self.bench.approvals.needs_confirmation(call);
            is_held.then_some(PreparedCall::Unconfirmed)
        });
        Prepared {
            early: false,
            ..prepared
        }
    }

    fn begin(
        &self,
        tool_use_id: &str,
        name: &str,
        call: PreparedCall,
    ) -> BoxFuture<'static, Result<CallOutcome, Halt>> {
        let bench = self.bench.clone();
        bench.record.begin_call(tool_use_id);
        // A read is cancelled when the attempt is cut off; all else is finished and journalled.
        let is_read = matches!(&call, PreparedCall::Server(call) if call.read_only());
        let outcome = match call {
            PreparedCall::Refused(outcome) => ready(outcome).boxed(),
            PreparedCall::Held(_) | PreparedCall::Unconfirmed => {
                bench.approvals.count(Outcome::Unavailable);
                ready(CallOutcome::unconfirmed()).boxed()
            }
            PreparedCall::Local { name, input } => bench.workspace.run(&name, &input),
            PreparedCall::Server(call) => self.call_server(*call),
        };
        let (id, name, started) = (tool_use_id.to_owned(), name.to_owned(), Instant::now());
        let finish = async move {
            let mut outcome = outcome.await;
            let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let attachments = std::mem::take(&mut outcome.attachments);
            let call = (&*id, &*name);
            let blobs = bench.uploads.name(&name, attachments);
            let written = bench.record.add_result(call, &outcome, &blobs, took);
            written.await?;
            // It may take long: a death meanwhile must not make the outcome of the call unknown.
            bench.uploads.add_blobs(blobs).await?;
            Ok(outcome)
        };
        if is_read {
            return finish.boxed();
        }
        let record = self.bench.record.clone();
        let cut_off = record.cut_off.clone();
        let finish = async move {
            let finished = cut_off.run_until_cancelled(finish).await;
            finished.unwrap_or(Err(Halt))
        };
        let task = record.tasks.spawn(finish.in_current_span());
        async move {
            let finished = task.await;
            finished.unwrap_or_else(|_| Err(record.halt(Halted::Unwritten)))
        }
        .boxed()
    }

    fn on_request(&self) {
        self.bench.record.clear_partial();
    }

    fn on_reply<'a>(&'a self, reply: &'a ReplyView<'a>) -> Option<BoxFuture<'a, Result<(), Halt>>> {
        let blocks: Vec<Block> = reply.blocks().cloned().collect();
        let entries = blocks.iter().filter_map(entry).collect();
        let next = Next::from(reply.next);
        let kept = KeptReply {
            next,
            stop_reason: reply.stop_reason().to_owned(),
            blocks,
        };
        let record = self.bench.record.clone();
        let Ok(message) = serde_json::to_string(&kept) else {
            return Some(ready(Err(record.halt(Halted::Unwritten))).boxed());
        };
        let reply = NewReply {
            step: self.step,
            message,
            usage: reply.usage.into(),
        };
        // An answer that is complete is worth more than the budget.
        let budget = (next != Next::End).then_some(self.bench.max_tokens);
        let kept = Self::keep(record.clone(), reply, entries, budget);
        // Once begun it is finished: what follows depends on whether it is stored.
        let task = record.tasks.spawn(kept.in_current_span());
        let stored = async move {
            let stored = task.await;
            stored.unwrap_or_else(|_| Err(record.halt(Halted::Unwritten)))
        };
        Some(stored.boxed())
    }
}

impl From<agent::Next> for Next {
    fn from(next: agent::Next) -> Self {
        match next {
            agent::Next::Calls => Self::Calls,
            agent::Next::Continue => Self::Continue,
            agent::Next::End => Self::End,
        }
    }
}

fn entry(block: &Block) -> Option<EntryKind> {
    match block {
        Block::Text { text } if !is_blank(text) => Some(EntryKind::Text { text: text.clone() }),
        // With citations.
        Block::Opaque(block) if block["type"] == "text" => {
            let text = block["text"].as_str().filter(|text| !is_blank(text))?;
            Some(EntryKind::Text { text: text.into() })
        }
        Block::ToolUse { id, name, input } => Some(EntryKind::ToolCall {
            id: id.clone(),
            name: name.clone(),
            input: input.clone().into(),
        }),
        _ => None,
    }
}
