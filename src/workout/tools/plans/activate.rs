//! Tool `activate_plan`.

use super::{PlanView, find, input::Visibility, insert, repeated};
use crate::workout::tools::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workout::tools) struct ActivatePlan {
    plan_id: String,
    /// First day; default today
    #[schemars(regex(pattern = dates::DATE_PATTERN))]
    starts_at: Option<String>,
    /// Default true
    active: Option<bool>,
}

impl Tool for ActivatePlan {
    const NAME: &'static str = "activate_plan";
    const TITLE: &'static str = "Activate a plan";
    const DESCRIPTION: &'static str = "Make a plan the user's one active plan, or end it (active=false). A system plan is copied first.";
    const EFFECT: Effect = Effect::AddOrOverwrite;
    type Output = PlanView;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<PlanView>, ToolError> {
        let first = non_blank(self.starts_at);
        let first = first
            .map(|day| dates::parse_date("starts_at", &day))
            .transpose()?;
        let catalogue = ctx.catalogue().await?;
        let mut user = match ctx.write().await? {
            Write::First(user) => user,
            Write::Repeated(user, id) => return repeated(user, &id, None, &catalogue).await,
        };
        let plan = find(&mut user, "plan_id", &self.plan_id).await?;
        let (action, plan) = if self.active == Some(false) {
            ("Ended", deactivate(&mut user, plan).await?)
        } else {
            let first = first.unwrap_or_else(|| user.today());
            let mut plan = own_plan(&mut user, plan, ctx).await?;
            let last = dates::last_day(first, plan.duration_weeks);
            let tx = &mut user.tx;
            tx.activate_plan(&plan.id, first, last, ctx.now).await?;
            (plan.is_active, plan.starts_on, plan.ends_on) = (true, Some(first), Some(last));
            ("Activated", plan)
        };
        user.commit(&plan.id).await?;
        Ok(PlanView::reply(action, plan, None, &catalogue))
    }
}

async fn deactivate(user: &mut UserData, mut plan: Plan) -> Result<Plan, ToolError> {
    if !plan.is_active {
        return Err(invalid!("active", "{} is not active", quoted(&plan.name)));
    }
    user.tx.deactivate_plans(user.now).await?;
    plan.is_active = false;
    Ok(plan)
}

/// The plan itself if it is the user's; for a system plan, the user's unchanged copy of it, created if there is none.
async fn own_plan(
    user: &mut UserData,
    plan: Plan,
    ctx: &ToolContext<'_>,
) -> Result<Plan, ToolError> {
    if !plan.is_system() {
        return Ok(plan);
    }
    let is_copy = |own: &Plan| {
        let based = own.based_on_plan_id.as_ref() == Some(&plan.id);
        based && own.sessions == plan.sessions && own.duration_weeks == plan.duration_weeks
    };
    if let Some(copy) = user.tx.plans().await?.into_iter().find(is_copy) {
        return Ok(copy);
    }
    let copy = NewPlan {
        id: new_id(),
        name: plan.name,
        description: plan.description,
        visibility: Visibility::Private.as_str(),
        duration_weeks: plan.duration_weeks,
        sessions: plan.sessions,
        based_on_plan_id: Some(plan.id),
    };
    insert(user, copy, ctx).await
}
