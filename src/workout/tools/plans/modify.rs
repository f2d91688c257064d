//! Tool `modify_plan`.

use super::{
    PlanView, find,
    input::{Visibility, check_sessions},
    repeated,
};
use crate::workout::tools::{prelude::*, schema::terse};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workout::tools) struct ModifyPlan {
    plan_id: String,
    #[schemars(length(max = MAX_NAME_CHARS), regex(pattern = NOT_BLANK))]
    name: Option<String>,
    /// Replaces all; as in `create_workout_plan`
    #[schemars(length(min = 1, max = 14), transform = terse)]
    sessions: Option<Vec<PlanSession>>,
    #[schemars(range(min = 1, max = 104))]
    duration_weeks: Option<i64>,
    visibility: Option<Visibility>,
    #[schemars(length(max = MAX_NOTES_CHARS))]
    description: Option<String>,
}

impl Tool for ModifyPlan {
    const NAME: &'static str = "modify_plan";
    const TITLE: &'static str = "Modify a plan";
    const DESCRIPTION: &'static str =
        "Change one of the user's own plans. What is not given stays; \"\" clears the description.";
    const EFFECT: Effect = Effect::Overwrite;
    type Output = PlanView;

    async fn run(mut self, ctx: &ToolContext<'_>) -> Result<Reply<PlanView>, ToolError> {
        let name = self.name.map(|given| name("name", given)).transpose()?;
        let catalogue = ctx.catalogue().await?;
        let mut names = NameResolver::new(&catalogue);
        check_sessions(self.sessions.as_mut(), &mut names)?;
        let notice = names.notice("planned");
        let mut user = match ctx.write().await? {
            Write::First(user) => user,
            Write::Repeated(user, id) => return repeated(user, &id, notice, &catalogue).await,
        };
        let mut plan = find(&mut user, "plan_id", &self.plan_id).await?;
        if plan.is_system() {
            let (name, id) = (quoted(&plan.name), &plan.id);
            return Err(invalid!(
                "plan_id",
                "{name} is a system plan, which stays as it is; create_workout_plan with based_on={id} makes the user's own"
            ));
        }
        plan.name = name.unwrap_or(plan.name);
        if self.description.is_some() {
            plan.description = text(self.description);
        }
        if let Some(visibility) = self.visibility {
            visibility.as_str().clone_into(&mut plan.visibility);
        }
        plan.sessions = self.sessions.unwrap_or(plan.sessions);
        plan.duration_weeks = self.duration_weeks.unwrap_or(plan.duration_weeks);
        let weeks = plan.duration_weeks;
        plan.ends_on = plan.starts_on.map(|first| dates::last_day(first, weeks));
        user.tx.update_plan(&plan, ctx.now).await?;
        user.commit(&plan.id).await?;
        Ok(PlanView::reply("Changed", plan, notice, &catalogue))
    }
}
