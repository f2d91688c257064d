//! The setup of a turn: its conversation, tools, models and limits.

use std::{collections::HashSet, sync::Arc};

use bytes::Bytes;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    agent::{
        approvals::AnsweredCall,
        claude::{Block, Conversation, Message, Model},
        toolbox::Toolbox,
    },
    auth::Caller,
    config::ClaudeConfig,
    process::memory::Share,
    telemetry::Span,
};

pub struct TurnSetup {
    /// Ends with the user's message or with a reply in which Claude has paused. Grows with every round.
    pub conversation: Conversation,
    /// The ids of all tool calls in the conversation.
    pub used_ids: HashSet<String>,
    /// The calls that wait in the last message, with the user's answers.
    pub answered: Vec<AnsweredCall>,
    /// See [`user_context()`](crate::agent::user_context).
    pub user_context: String,
    pub toolbox: Arc<dyn Toolbox>,
    pub models: ModelChoice,
    /// Rounds with tools. In the one after them Claude is told not to call any.
    pub max_tool_rounds: u32,
    /// The rounds of the conversation that count for `max_tool_rounds`: those of earlier attempts at this turn.
    pub rounds: u32,
    /// The turn fails then, with [`Failure::Timeout`](crate::agent::Failure::Timeout).
    pub deadline: Instant,
    /// The turn fails when it is cancelled, with [`Failure::ShuttingDown`](crate::agent::Failure::ShuttingDown).
    pub stopping: CancellationToken,
    /// What the turn holds of the memory budget: results of tools are taken from it.
    pub memory: Option<Arc<Share<Caller>>>,
    pub request_id: Arc<str>,
    /// Of which the turn's is a part.
    pub span: Span,
}

/// The models of a turn.
#[derive(Debug, Clone)]
pub struct ModelChoice {
    pub asked: Arc<Model>,
    /// Asked when the first one is overloaded.
    pub fallback: Option<Arc<Model>>,
}

impl ModelChoice {
    /// The models of the settings, with this system prompt; or another model in place of the first, or another limit on the
    /// tokens of each reply.
    ///
    /// # Errors
    /// As [`Model::new`].
    pub fn new(
        config: &ClaudeConfig,
        system_prompt: &str,
        name: Option<&str>,
        max_tokens: Option<u32>,
    ) -> anyhow::Result<Self> {
        let config = ClaudeConfig {
            max_tokens: max_tokens.unwrap_or(config.max_tokens),
            ..config.clone()
        };
        let name = name.unwrap_or(&config.model);
        let fallback = config.fallback_model.as_deref();
        let model = |name: &str| Model::new(name, &config, system_prompt).map(Arc::new);
        Ok(Self {
            asked: model(name)?,
            fallback: fallback.filter(|it| *it != name).map(model).transpose()?,
        })
    }
}

/// The conversation of messages that were kept, and the ids of its tool calls. Messages without content are left out.
///
/// # Errors
/// A message cannot be serialized.
pub fn rebuild(messages: &[Message]) -> serde_json::Result<(Conversation, HashSet<String>)> {
    let messages = || messages.iter().filter(|it| !it.content.is_empty());
    let blocks = messages().flat_map(|message| &message.content);
    let ids = blocks.filter_map(|block| match block {
        Block::ToolUse { id, .. } => Some(id.clone()),
        _ => None,
    });
    let mut conversation = Conversation::default();
    let contents = messages().map(|message| (message.role, &message.content[..]));
    conversation.extend(contents, &Bytes::new())?;
    Ok((conversation, ids.collect()))
}
