//! Skills as clients see them.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

use crate::runs::{
    model::{Skill, SkillContent, SkillId, Step, TriggerConfig},
    skills::schedule_of,
};

const NEXT_RUNS: usize = 3;

/// Skills, oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Skills {
    skills: Vec<SkillView>,
}

/// A skill.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Skill)]
pub(super) struct SkillView {
    id: SkillId,
    name: String,
    description: String,
    steps: Vec<Step>,
    trigger: TriggerConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<String>,
    is_active: bool,
    run_count: u64,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_run_at: Option<Timestamp>,
    /// The last planned time that was left out, since another run was not finished.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_skipped_at: Option<Timestamp>,
    /// The next planned times of an active schedule.
    #[schema(value_type = Vec<String>)]
    next_runs: Vec<Timestamp>,
    /// A webhook's, when it was made just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl Skills {
    pub(super) fn new(skills: Vec<Skill>) -> Self {
        Self {
            skills: skills.into_iter().map(SkillView::new).collect(),
        }
    }
}

impl SkillView {
    pub(super) fn new(skill: Skill) -> Self {
        Self::with_secret(skill, None)
    }

    /// Shows the secret, which was made just now.
    pub(super) fn with_secret(skill: Skill, secret: Option<&SecretString>) -> Self {
        let next_runs = next_runs(&skill.content);
        let content = skill.content;
        Self {
            id: skill.id,
            name: content.name,
            description: content.description,
            steps: content.steps,
            trigger: content.trigger,
            callback_url: content.callback_url,
            is_active: content.is_active,
            next_runs,
            run_count: skill.run_count,
            last_run_at: skill.last_run_at,
            last_skipped_at: skill.last_skipped_at,
            secret: secret.map(|secret| secret.expose_secret().to_owned()),
            created_at: skill.created_at,
            updated_at: skill.updated_at,
        }
    }
}

fn next_runs(content: &SkillContent) -> Vec<Timestamp> {
    // What is stored is valid.
    let schedule = schedule_of(content).ok().flatten();
    let schedule = schedule.filter(|_| content.is_active);
    schedule.map_or_else(Vec::new, |schedule| {
        schedule.next_times(Timestamp::now(), NEXT_RUNS)
    })
}
