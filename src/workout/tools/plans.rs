//! `list_plans`, `create_workout_plan`, `modify_plan`, `activate_plan`.

mod check;
mod view;

use jiff::{ToSpan, civil, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use check::checked;
pub(super) use view::PlanView;
use view::day;

use super::input::{MAX_NAME_CHARS, MAX_NOTES_CHARS, answer, text, within};
use crate::{
    workout::call::{Answer, Call, Opened, ToolError, quoted},
    workout::dates,
    workout::db::Scoped,
    workout::plan::PlanSession,
    workout::store::{self, MAX_USER_PLANS, NewPlan, Plan, PlanChange},
};

const MAX_WEEKS: i64 = 104;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListPlans {
    /// Only this one, with its sessions
    plan_id: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct PlanList {
    plans: Vec<PlanView>,
}

#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum Visibility {
    #[default]
    Private,
    Shared,
    Public,
}

impl Visibility {
    fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Shared => "shared",
            Self::Public => "public",
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreatePlan {
    name: String,
    sessions: Option<Vec<PlanSession>>,
    #[schemars(range(min = 1, max = 104))]
    duration_weeks: Option<i64>,
    /// Default private
    visibility: Option<Visibility>,
    description: Option<String>,
    /// A plan to start from
    based_on: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ModifyPlan {
    plan_id: String,
    name: Option<String>,
    sessions: Option<Vec<PlanSession>>,
    #[schemars(range(min = 1, max = 104))]
    duration_weeks: Option<i64>,
    visibility: Option<Visibility>,
    description: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ActivatePlan {
    plan_id: String,
    /// First day; default today
    starts_at: Option<String>,
    /// Default true
    active: Option<bool>,
}

pub(super) async fn list(call: &Call<'_>, input: ListPlans) -> Result<Answer, ToolError> {
    let Opened { mut tx, .. } = call.read().await?;
    let plans = match input.plan_id.filter(|id| !id.trim().is_empty()) {
        Some(id) => vec![tx.plan(&id).await?.ok_or_else(|| no_such("plan_id", &id))?],
        None => tx.plans().await?,
    };
    let one = plans.len() == 1;
    let plans: Vec<PlanView> = plans
        .into_iter()
        .map(|plan| PlanView::of(plan, one))
        .collect();
    let text = plans
        .iter()
        .map(|plan| plan.text(call.catalogue))
        .collect::<Vec<_>>()
        .join("\n");
    answer(&PlanList { plans }, text)
}

/// All plans the user may use, for the resource.
pub async fn plans_json(call: &Call<'_>) -> Result<Value, ToolError> {
    let Opened { mut tx, .. } = call.read().await?;
    let plans: Vec<PlanView> = tx
        .plans()
        .await?
        .into_iter()
        .map(|plan| PlanView::of(plan, true))
        .collect();
    Ok(serde_json::json!({"plans": plans}))
}

pub(super) async fn create(call: &Call<'_>, input: CreatePlan) -> Result<Answer, ToolError> {
    let name = required_name(input.name)?;
    let description = text("description", input.description, MAX_NOTES_CHARS)?;
    let (sessions, weeks) = content(input.sessions, input.duration_weeks, call)?;
    let Opened { mut tx, .. } = call.write().await?;
    let base = match input.based_on.filter(|id| !id.trim().is_empty()) {
        Some(id) => Some(
            tx.plan(&id)
                .await?
                .ok_or_else(|| no_such("based_on", &id))?,
        ),
        None => None,
    };
    let missing = |place| {
        move || {
            ToolError::at(
                place,
                "is missing; give it, or based_on a plan to take it from",
            )
        }
    };
    let plan = NewPlan {
        id: store::new_id(),
        name,
        description: description
            .or_else(|| base.as_ref().and_then(|base| base.description.clone())),
        visibility: input.visibility.unwrap_or_default().as_str(),
        duration_weeks: weeks
            .or(base.as_ref().map(|base| base.duration_weeks))
            .ok_or_else(missing("duration_weeks"))?,
        sessions: sessions
            .or_else(|| base.as_ref().map(|base| base.sessions.clone()))
            .ok_or_else(missing("sessions"))?,
        based_on_plan_id: base.and_then(|base| {
            if base.is_system {
                Some(base.id)
            } else {
                base.based_on_plan_id
            }
        }),
    };
    let stored = insert(&mut tx, plan, call).await?;
    tx.commit().await.map_err(ToolError::Commit)?;
    done("Created", stored, call)
}

/// What is given of a plan's content, checked.
fn content(
    sessions: Option<Vec<PlanSession>>,
    weeks: Option<i64>,
    call: &Call<'_>,
) -> Result<(Option<Vec<PlanSession>>, Option<i64>), ToolError> {
    let sessions = sessions.map(|sessions| checked(sessions, call.catalogue));
    let weeks = weeks.map(|weeks| within("duration_weeks", weeks, 1, MAX_WEEKS));
    Ok((sessions.transpose()?, weeks.transpose()?))
}

async fn insert(tx: &mut Scoped, plan: NewPlan, call: &Call<'_>) -> Result<Plan, ToolError> {
    let earlier = tx
        .insert_plan(&plan, call.call_id.as_deref(), call.now.as_millisecond())
        .await?;
    // Undone with the transaction.
    if tx.count_user_plans().await? > MAX_USER_PLANS {
        return Err(ToolError::Input(format!(
            "the user has {MAX_USER_PLANS} plans already; modify one of them instead"
        )));
    }
    let id = earlier.unwrap_or(plan.id);
    tx.plan(&id).await?.ok_or_else(|| no_such("plan_id", &id))
}

pub(super) async fn modify(call: &Call<'_>, input: ModifyPlan) -> Result<Answer, ToolError> {
    let name = input.name.map(required_name).transpose()?;
    let (sessions, weeks) = content(input.sessions, input.duration_weeks, call)?;
    let Opened { mut tx, .. } = call.write().await?;
    let mut plan = tx
        .plan(&input.plan_id)
        .await?
        .ok_or_else(|| no_such("plan_id", &input.plan_id))?;
    if plan.is_system {
        return Err(ToolError::at(
            "plan_id",
            format!(
                "{} is a system plan, which stays as it is; create_workout_plan with based_on={} makes the user's own",
                quoted(&plan.name),
                plan.id
            ),
        ));
    }
    plan.name = name.unwrap_or(plan.name);
    if input.description.is_some() {
        plan.description = text("description", input.description, MAX_NOTES_CHARS)?;
    }
    plan.visibility = input
        .visibility
        .map_or(plan.visibility, |visibility| visibility.as_str().to_owned());
    plan.sessions = sessions.unwrap_or(plan.sessions);
    plan.duration_weeks = weeks.unwrap_or(plan.duration_weeks);
    plan.ends_at = plan
        .starts_at
        .map(|at| end_of(day(at), plan.duration_weeks));
    let change = PlanChange {
        name: &plan.name,
        description: plan.description.as_deref(),
        visibility: &plan.visibility,
        duration_weeks: plan.duration_weeks,
        sessions: &plan.sessions,
        ends_at: plan.ends_at,
    };
    tx.change_plan(&plan.id, &change, call.now.as_millisecond())
        .await?;
    tx.commit().await.map_err(ToolError::Commit)?;
    done("Changed", plan, call)
}

pub(super) async fn activate(call: &Call<'_>, input: ActivatePlan) -> Result<Answer, ToolError> {
    let starts = input.starts_at.filter(|day| !day.trim().is_empty());
    let starts = starts
        .map(|day| dates::date("starts_at", &day))
        .transpose()?;
    let Opened { mut tx, zone, .. } = call.write().await?;
    let now = call.now.as_millisecond();
    let mut plan = tx
        .plan(&input.plan_id)
        .await?
        .ok_or_else(|| no_such("plan_id", &input.plan_id))?;
    if input.active == Some(false) {
        if !plan.is_active {
            return Err(ToolError::at(
                "active",
                format!("{} is not active", quoted(&plan.name)),
            ));
        }
        tx.deactivate_plans(now).await?;
        plan.is_active = false;
        tx.commit().await.map_err(ToolError::Commit)?;
        return done("Ended", plan, call);
    }
    if plan.is_system {
        plan = own_copy(&mut tx, plan, call).await?;
    }
    let first = starts.unwrap_or_else(|| dates::today(&zone, call.now));
    let (from, to) = (
        dates::start_of(first, &TimeZone::UTC),
        end_of(first, plan.duration_weeks),
    );
    tx.activate_plan(&plan.id, from, to, now).await?;
    tx.commit().await.map_err(ToolError::Commit)?;
    (plan.is_active, plan.starts_at, plan.ends_at) = (true, Some(from), Some(to));
    done("Activated", plan, call)
}

/// The user's unchanged copy of the system plan, made if there is none.
async fn own_copy(tx: &mut Scoped, plan: Plan, call: &Call<'_>) -> Result<Plan, ToolError> {
    let same = |own: &Plan| {
        let based = own.based_on_plan_id.as_ref() == Some(&plan.id);
        based && own.sessions == plan.sessions && own.duration_weeks == plan.duration_weeks
    };
    match tx.plans().await?.into_iter().find(same) {
        Some(own) => Ok(own),
        None => insert(tx, copy_of(plan), call).await,
    }
}

fn copy_of(plan: Plan) -> NewPlan {
    NewPlan {
        id: store::new_id(),
        name: plan.name,
        description: plan.description,
        visibility: Visibility::Private.as_str(),
        duration_weeks: plan.duration_weeks,
        sessions: plan.sessions,
        based_on_plan_id: Some(plan.id),
    }
}

fn done(what: &str, plan: Plan, call: &Call<'_>) -> Result<Answer, ToolError> {
    let view = PlanView::of(plan, true);
    let text = format!("{what}: {}", view.text(call.catalogue));
    answer(&view, text)
}

/// The first moment after the plan's last day.
fn end_of(first: civil::Date, weeks: i64) -> i64 {
    dates::start_of(first.saturating_add(weeks.weeks()), &TimeZone::UTC)
}

fn no_such(place: &str, id: &str) -> ToolError {
    ToolError::at(
        place,
        format!(
            "there is no plan {} for this user; list_plans shows the ids",
            quoted(id)
        ),
    )
}

fn required_name(name: String) -> Result<String, ToolError> {
    text("name", Some(name), MAX_NAME_CHARS)?.ok_or_else(|| ToolError::at("name", "is blank"))
}
