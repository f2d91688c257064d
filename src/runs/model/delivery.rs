//! Callbacks: one delivery for each ended run that has a callback URL.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DeliveryId, RunId, Status, UserId};

/// What has become of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Another attempt comes.
    Pending,
    /// Answered with 2xx.
    Delivered,
    /// Given up.
    Failed,
}

impl DeliveryState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Delivered, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// The type of the event that tells of a run's end: `run.completed`, `run.failed`, `run.cancelled` or `run.expired`.
pub fn event_of(status: Status) -> String {
    format!("run.{}", status.as_str())
}

/// A delivery, as clients read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The `webhook-id`.
    pub id: DeliveryId,
    /// `run.completed`, `run.failed`, `run.cancelled` or `run.expired`.
    #[serde(rename = "type")]
    pub event: String,
    pub url: String,
    pub state: DeliveryState,
    /// How many attempts were made since the last redelivery was asked for, or ever.
    pub attempts: u32,
    /// The HTTP status of the last attempt's answer.
    pub last_status: Option<u16>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_attempt_at: Option<Timestamp>,
    /// When the next attempt comes; `None` when there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
}

/// A delivery that was taken for an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    pub id: DeliveryId,
    pub owner: UserId,
    pub url: String,
    /// How many attempts were made before.
    pub attempts: u32,
    pub run: RunId,
    pub request_id: String,
    pub status: Status,
    /// When the run ended.
    pub ended_at: Timestamp,
    /// Grows with each taking.
    pub(in crate::runs) lease: i64,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    Delivered {
        status: u16,
    },
    Again {
        at: Timestamp,
        status: Option<u16>,
        error: String,
    },
    GivenUp {
        status: Option<u16>,
        error: String,
    },
}
