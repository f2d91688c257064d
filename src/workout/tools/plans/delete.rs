//! Tool `delete_plan`.

use super::find;
use crate::workout::tools::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workout::tools) struct DeletePlan {
    plan_id: String,
}

impl Tool for DeletePlan {
    const NAME: &'static str = "delete_plan";
    const TITLE: &'static str = "Delete a plan";
    const DESCRIPTION: &'static str =
        "Delete one of the user's own plans for good; logged workouts stay. Ask the user first.";
    const EFFECT: Effect = Effect::Overwrite;
    type Output = Deleted;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<Deleted>, ToolError> {
        let mut user = match ctx.write().await? {
            Write::First(user) => user,
            Write::Repeated(_, id) => return Ok(deleted(id)),
        };
        let plan = find(&mut user, "plan_id", &self.plan_id).await?;
        if plan.is_system() {
            let name = quoted(&plan.name);
            return Err(invalid!("plan_id", "{name} is a system plan, which stays"));
        }
        user.tx.delete_plan(&plan.id).await?;
        user.commit(&plan.id).await?;
        let was_active = plan.is_active.then(|| {
            let name = quoted(&plan.name);
            format!("{name} was the active plan; there is none now")
        });
        Ok(deleted(plan.id).with_notice(was_active))
    }
}

fn deleted(id: String) -> Reply<Deleted> {
    let text = format!("Deleted plan {id}");
    Reply::new(Deleted { deleted: id }, text)
}
