//! Tools for plans: `list_plans`, `create_workout_plan`, `modify_plan`, `activate_plan` and `delete_plan`.

mod activate;
mod create;
mod delete;
mod input;
mod list;
mod modify;
mod view;

use super::prelude::*;
use crate::workout::store::MAX_USER_PLANS;
pub(super) use activate::ActivatePlan;
pub(super) use create::CreatePlan;
pub(super) use delete::DeletePlan;
pub use list::{ListPlans, all_plans};
pub(super) use modify::ModifyPlan;
use view::PlanView;

/// The plan that the field `place` names by id.
async fn find(user: &mut UserData, place: &str, id: &str) -> Result<Plan, ToolError> {
    let plan = user.tx.plan(id).await?;
    plan.ok_or_else(|| {
        let id = quoted(id);
        invalid!(
            place,
            "there is no plan {id} for this user; list_plans shows the ids"
        )
    })
}

/// The reply to a repeated call that wrote the plan of this id.
async fn repeated(
    mut user: UserData,
    id: &str,
    notice: Option<String>,
    catalogue: &Catalogue,
) -> Result<Reply<PlanView>, ToolError> {
    let plan = user.tx.plan(id).await?;
    let plan = plan.ok_or_else(|| {
        let what = "was executed before, and its plan was deleted since; nothing was changed";
        ToolError::at("this call", what)
    })?;
    let action = "This call was carried out before";
    Ok(PlanView::reply(action, plan, notice, catalogue))
}

/// Stores the plan.
async fn insert(
    user: &mut UserData,
    plan: NewPlan,
    ctx: &ToolContext<'_>,
) -> Result<Plan, ToolError> {
    user.tx.insert_plan(&plan, ctx.now).await?;
    // The error rolls the insertion back.
    if user.tx.count_user_plans().await? > MAX_USER_PLANS {
        return Err(ToolError::Input(format!(
            "the user has {MAX_USER_PLANS} plans already; modify or delete one of them"
        )));
    }
    find(user, "plan_id", &plan.id).await
}
