//! Tool `list_plans`.

use super::{PlanView, find};
use crate::workout::tools::prelude::*;

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListPlans {
    pub plan_id: Option<String>,
    /// The last `next_offset`
    #[schemars(range(min = 0, max = 1000))]
    pub offset: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
pub struct PlanList {
    plans: Vec<PlanView>,
    /// There are more: give this as offset
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<usize>,
}

impl Tool for ListPlans {
    const NAME: &'static str = "list_plans";
    const TITLE: &'static str = "List plans";
    const DESCRIPTION: &'static str = "The user's plans, the active one first, and the system plans. With plan_id: one, with its sessions.";
    type Output = PlanList;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<PlanList>, ToolError> {
        let mut user = ctx.read().await?;
        let catalogue = user.catalogue().await?;
        let plans = match non_blank(self.plan_id) {
            Some(id) => vec![find(&mut user, "plan_id", &id).await?],
            None => user.tx.plans().await?,
        };
        let with_sessions = plans.len() == 1;
        let from = self.offset.filter(|_| !with_sessions).unwrap_or(0);
        let views = plans.into_iter().skip(from);
        let mut plans: Vec<PlanView> = views
            .map(|plan| PlanView::new(plan, with_sessions))
            .collect();
        let fit = fitting(&plans, PAGE_BYTES);
        let next_offset = (fit < plans.len()).then_some(from + fit);
        plans.truncate(fit);
        let mut lines: Vec<String> = plans.iter().map(|plan| plan.text(&catalogue)).collect();
        if lines.is_empty() {
            lines.push("no more plans".to_owned());
        }
        lines.extend(next_offset.map(|next| format!("more: offset={next}")));
        let list = PlanList { plans, next_offset };
        Ok(Reply::new(list, lines.join("\n")))
    }
}

/// All plans of the user with their sessions, for the resource.
pub async fn all_plans(ctx: &ToolContext<'_>) -> Result<PlanList, ToolError> {
    let plans = ctx.read().await?.tx.plans().await?.into_iter();
    let plans = plans.map(|plan| PlanView::new(plan, true)).collect();
    Ok(PlanList {
        plans,
        next_offset: None,
    })
}
