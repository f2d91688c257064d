//! A run: its states, its row, and the claims of workers.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{RunId, RunInput, SkillId, UserId};
use crate::agent::claude;

/// A JSON object of the client's, kept and given back.
pub type Metadata = Map<String, Value>;

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Queued,
    Running,
    Completed,
    Failed,
    Cancelled,
    Expired,
}

impl Status {
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Running,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// True if it never changes again.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// What began a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A request with a prompt.
    Api,
    /// A request that runs a skill.
    Manual,
    /// A skill's webhook.
    Webhook,
    /// A skill's schedule.
    Schedule,
}

impl Trigger {
    pub const ALL: [Self; 4] = [Self::Api, Self::Manual, Self::Webhook, Self::Schedule];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Manual => "manual",
            Self::Webhook => "webhook",
            Self::Schedule => "schedule",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|trigger| trigger.as_str() == text)
    }
}

/// Tokens of a run, as Claude counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cache_creation_input_tokens: u64,
    pub cache_read_input_tokens: u64,
    /// The part of the output that is thinking, if Claude tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_tokens: Option<u64>,
}

impl Usage {
    pub fn add(&mut self, other: Self) {
        let mut sum = claude::Usage::from(*self);
        sum.add(other.into());
        *self = sum.into();
    }

    /// The tokens that count for a run's budget: all of them.
    pub fn total(self) -> u64 {
        self.input_tokens
            .saturating_add(self.output_tokens)
            .saturating_add(self.cache_creation_input_tokens)
            .saturating_add(self.cache_read_input_tokens)
    }
}

impl From<claude::Usage> for Usage {
    fn from(usage: claude::Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cache_creation_input_tokens: usage.cache_creation_input_tokens,
            cache_read_input_tokens: usage.cache_read_input_tokens,
            thinking_tokens: usage.thinking_tokens,
        }
    }
}

impl From<Usage> for claude::Usage {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cache_creation_input_tokens: usage.cache_creation_input_tokens,
            cache_read_input_tokens: usage.cache_read_input_tokens,
            thinking_tokens: usage.thinking_tokens,
        }
    }
}

/// Why a run has failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunError {
    /// `attempts_exhausted`, `budget_exceeded`, `timeout`, `internal`, or a code of Claude's failures.
    pub code: String,
    /// For the client.
    pub message: String,
}

impl RunError {
    /// Of a fault of ours.
    pub fn internal() -> Self {
        Self {
            code: "internal".to_owned(),
            message: "Something went wrong on our side.".to_owned(),
        }
    }
}

/// A file of a run. Serialized without `key`; `http` adds the URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunFile {
    /// Its relative path; unique within the run.
    pub name: String,
    /// In bytes.
    pub size: u64,
    pub content_type: String,
    /// In hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Why it is not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Where the file store has it; `None` if it could not be stored.
    #[serde(skip)]
    pub key: Option<String>,
}

/// What a tool has returned and is to become a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Unique among the files of the run.
    pub name: String,
    pub data: Bytes,
}

/// A run, without what it is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub id: RunId,
    pub owner: UserId,
    /// Unique among the owner's.
    pub request_id: String,
    pub status: Status,
    pub trigger: Trigger,
    pub skill_id: Option<SkillId>,
    /// How many attempts have begun, without those that were handed back.
    pub attempt: u32,
    pub metadata: Option<Metadata>,
    pub callback_url: Option<String>,
    pub response: Option<String>,
    pub stop_reason: Option<String>,
    pub error: Option<RunError>,
    pub usage: Usage,
    /// Claude's replies.
    pub rounds: u32,
    /// In the order in which they were added.
    pub files: Vec<RunFile>,
    /// A cancel was asked for and the worker has not followed yet, or the run is cancelled.
    pub cancel_requested: bool,
    /// The number of entries in the journal.
    pub last_seq: u64,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
}

/// A run to be created.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// Made before, since headers of inline connections are sealed for it.
    pub id: RunId,
    /// `None`: the id's text.
    pub request_id: Option<String>,
    /// What a repeated request must equal as a JSON value: the request with defaults, without `async` and `requestId`, and
    /// without the values of headers of inline connections.
    pub body: Value,
    pub trigger: Trigger,
    pub skill_id: Option<SkillId>,
    pub input: RunInput,
    pub metadata: Option<Metadata>,
    pub callback_url: Option<String>,
}
