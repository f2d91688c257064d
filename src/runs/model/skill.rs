//! Skills: stored steps and what triggers them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{SkillId, Step, UserId};

/// What the owner writes of a skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SkillContent {
    pub name: String,
    #[serde(default)]
    pub description: String,
    /// Not empty.
    pub steps: Vec<Step>,
    #[serde(default)]
    pub trigger: TriggerConfig,
    /// Called when a run of the skill has ended, whatever began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
    #[serde(default = "active")]
    pub is_active: bool,
}

fn active() -> bool {
    true
}

/// What begins a skill's runs, besides requests of its owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum TriggerConfig {
    #[default]
    Manual,
    Webhook,
    Schedule {
        /// Five fields.
        cron: String,
        /// A name of the IANA's.
        timezone: String,
        #[serde(default)]
        overlap: Overlap,
    },
}

/// What happens at a planned time while a run of the skill is queued or running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// The planned time is left out.
    #[default]
    Skip,
    /// The new run begins when the other has ended. One such run may be queued; further times are left out.
    Queue,
    /// The other runs are cancelled; the new one begins when they have ended.
    CancelOther,
}

/// A skill, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    pub id: SkillId,
    pub owner: UserId,
    /// Grows with each change of the content or the secret.
    pub version: i64,
    pub content: SkillContent,
    /// A webhook's, sealed for table `skill`, the skill's id, field `secret`, and the owner.
    pub secret: Option<String>,
    pub run_count: u64,
    pub last_run_at: Option<Timestamp>,
    /// The last planned time that was left out.
    pub last_skipped_at: Option<Timestamp>,
    /// The next planned time of an active schedule.
    pub next_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A skill to be created.
#[derive(Clone, Debug)]
pub struct NewSkill {
    /// Made before, since the secret is sealed for it.
    pub id: SkillId,
    pub content: SkillContent,
    pub secret: Option<String>,
    /// The first planned time of an active schedule.
    pub next_at: Option<Timestamp>,
}

/// What becomes of a skill's secret in an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretChange {
    Keep,
    Set(String),
    Forget,
}

/// A skill whose planned time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueSkill {
    pub id: SkillId,
    pub owner: UserId,
    pub planned_at: Timestamp,
}
