//! Tool `create_workout_plan`.

use super::{
    PlanView, find,
    input::{Visibility, check_sessions},
    insert, repeated,
};
use crate::workout::tools::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workout::tools) struct CreatePlan {
    #[schemars(length(max = MAX_NAME_CHARS), regex(pattern = NOT_BLANK))]
    name: String,
    #[schemars(length(min = 1, max = 14))]
    sessions: Option<Vec<PlanSession>>,
    #[schemars(range(min = 1, max = 104))]
    duration_weeks: Option<i64>,
    /// Only recorded; default private
    visibility: Option<Visibility>,
    #[schemars(length(max = MAX_NOTES_CHARS))]
    description: Option<String>,
    /// Plan id, for what is not given
    based_on: Option<String>,
}

impl Tool for CreatePlan {
    const NAME: &'static str = "create_workout_plan";
    const TITLE: &'static str = "Create a plan";
    const DESCRIPTION: &'static str = "Create a plan of weekly sessions: from sessions and duration_weeks, or based_on another plan. activate_plan makes it count.";
    const EFFECT: Effect = Effect::Add;
    type Output = PlanView;

    async fn run(mut self, ctx: &ToolContext<'_>) -> Result<Reply<PlanView>, ToolError> {
        let name = name("name", self.name)?;
        let description = text(self.description);
        let catalogue = ctx.catalogue().await?;
        let mut names = NameResolver::new(&catalogue);
        check_sessions(self.sessions.as_mut(), &mut names)?;
        let notice = names.notice("planned");
        let mut user = match ctx.write().await? {
            Write::First(user) => user,
            Write::Repeated(user, id) => return repeated(user, &id, notice, &catalogue).await,
        };
        let base = match non_blank(self.based_on) {
            Some(id) => Some(find(&mut user, "based_on", &id).await?),
            None => None,
        };
        let from_base = base.as_ref();
        let plan = NewPlan {
            id: new_id(),
            name,
            description: description.or_else(|| from_base?.description.clone()),
            visibility: self.visibility.unwrap_or_default().as_str(),
            duration_weeks: self
                .duration_weeks
                .or(from_base.map(|base| base.duration_weeks))
                .ok_or_else(|| missing("duration_weeks"))?,
            sessions: self
                .sessions
                .or_else(|| Some(from_base?.sessions.clone()))
                .ok_or_else(|| missing("sessions"))?,
            based_on_plan_id: base.and_then(system_plan),
        };
        let stored = insert(&mut user, plan, ctx).await?;
        user.commit(&stored.id).await?;
        Ok(PlanView::reply("Created", stored, notice, &catalogue))
    }
}

fn missing(field: &str) -> ToolError {
    let message = "is missing; give it, or based_on a plan to take it from";
    ToolError::at(field, message)
}

/// The system plan that the plan is, or is based on.
fn system_plan(plan: Plan) -> Option<String> {
    if plan.is_system() {
        Some(plan.id)
    } else {
        plan.based_on_plan_id
    }
}
