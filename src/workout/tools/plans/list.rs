//! Tool `list_plans`.

use super::{PlanView, find};
use crate::workout::tools::prelude::*;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListPlans {
    /// Only this one, with its sessions
    pub plan_id: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub struct PlanList {
    plans: Vec<PlanView>,
}

impl Tool for ListPlans {
    const NAME: &'static str = "list_plans";
    const TITLE: &'static str = "List plans";
    const DESCRIPTION: &'static str =
        "The user's own plans and the system plans. Sessions are included when plan_id is given.";
    type Output = PlanList;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<PlanList>, ToolError> {
        let mut user = ctx.read().await?;
        let plans = match non_blank(self.plan_id) {
            Some(id) => vec![find(&mut user, "plan_id", &id).await?],
            None => user.tx.plans().await?,
        };
        let with_sessions = plans.len() == 1;
        let plans = plans.into_iter();
        let plans: Vec<PlanView> = plans
            .map(|plan| PlanView::new(plan, with_sessions))
            .collect();
        let lines: Vec<String> = plans.iter().map(|plan| plan.text(ctx.catalogue)).collect();
        Ok(Reply {
            data: PlanList { plans },
            text: lines.join("\n"),
        })
    }
}

/// All plans of the user with their sessions, for the resource.
pub async fn all_plans(ctx: &ToolContext<'_>) -> Result<PlanList, ToolError> {
    let plans = ctx.read().await?.tx.plans().await?.into_iter();
    let plans = plans.map(|plan| PlanView::new(plan, true)).collect();
    Ok(PlanList { plans })
}
