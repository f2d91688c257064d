//! Skills: cron schedules, and the task that begins the runs of skills at their planned times.

pub mod cron;
mod field;
pub mod schedule;
pub mod scheduler;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::schedule::{InvalidSchedule, Schedule};
use super::model::{NewRun, RunId, RunInput, Skill, SkillContent, Trigger, TriggerConfig};

/// The schedule of a skill; `None` for another trigger.
pub fn schedule_of(content: &SkillContent) -> Result<Option<Schedule>, InvalidSchedule> {
    match &content.trigger {
        TriggerConfig::Schedule { cron, timezone, .. } => Schedule::parse(cron, timezone).map(Some),
        TriggerConfig::Manual | TriggerConfig::Webhook => Ok(None),
    }
}

/// The next planned time of a skill; `None` if it has no schedule or is not active.
pub fn next_run(
    content: &SkillContent,
    now: Timestamp,
) -> Result<Option<Timestamp>, InvalidSchedule> {
    let schedule = schedule_of(content)?.filter(|_| content.is_active);
    Ok(schedule.and_then(|schedule| schedule.next_after(now)))
}

/// A run of a skill as it is now; later changes of the skill do not change the run. `input` is shown to its first step.
pub fn new_run(
    skill: &Skill,
    trigger: Trigger,
    request_id: Option<String>,
    input: Option<Value>,
) -> NewRun {
    NewRun {
        id: RunId::new(),
        request_id,
        body: json!({"skillId": skill.id.to_string(), "input": input}),
        trigger,
        skill_id: Some(skill.id),
        input: RunInput {
            steps: skill.content.steps.clone(),
            input,
            ..RunInput::default()
        },
        metadata: None,
        callback_url: skill.content.callback_url.clone(),
    }
}
