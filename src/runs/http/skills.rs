//! The endpoints of skills.

mod content;
pub(super) mod running;
pub(super) mod secret;
mod view;

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    app::App,
    base_url::BaseUrl,
    choice::Connections,
    extract::{JsonBody, Owner, Segments, skill_id},
    json::invalid,
    refused::{Refused, not_found},
};
use crate::{
    http::problem::{self, Code, Problem},
    runs::{
        callbacks::signature::new_secret,
        model::{NewSkill, SecretChange, Skill, SkillContent, SkillId, Step, UserId},
        store::{Saved, SkillUpdate},
    },
};
use content::Checked;
use secret::{is_webhook, seal};
use view::{SkillView, Skills};

/// Skills of a user.
const MAX_SKILLS: u64 = 100;
/// Attempts to change a skill that others change at the same time.
const MAX_CHANGES: usize = 5;

/// The caller's skills, oldest first.
#[utoipa::path(
    get, path = "/skills",
    security(("bearer" = [])),
    responses((status = 200, description = "All skills", body = Skills))
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
) -> Result<Response, Refused> {
    let skills = app.store.skills(&owner).await?;
    Ok(Json(Skills::new(skills)).into_response())
}

/// Create a skill.
#[utoipa::path(
    post, path = "/skills",
    request_body = SkillContent,
    security(("bearer" = [])),
    responses((status = 201, description = "The skill; of a webhook with its `secret`, which is shown this once", body = SkillView,
        headers(("Location" = String, description = "Where to read the skill"))))
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Extension(choice): Extension<Connections>,
    base: BaseUrl,
    JsonBody(body): JsonBody<Value>,
) -> Result<Response, Refused> {
    let checked = content::parse(&app, &owner, &choice, body, None).await?;
    if app.store.skill_count(&owner).await? >= MAX_SKILLS {
        let why = format!(
            "there are {MAX_SKILLS} skills already, which is the most that a user can have"
        );
        return Err(invalid("name", why).into());
    }
    let id = SkillId::new();
    let secret = is_webhook(&checked.content).then(new_secret);
    let sealed = secret.as_ref().map(|secret| seal(&app, &owner, id, secret));
    let skill = NewSkill {
        id,
        secret: sealed.transpose()?,
        next_at: checked.next_at,
        content: checked.content,
    };
    let skill = app
        .store
        .create_skill(&owner, skill, Timestamp::now())
        .await?;
    let location = base.join(&format!("/skills/{}", skill.id));
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(SkillView::with_secret(skill, secret.as_ref())),
    )
        .into_response())
}

/// A skill.
#[utoipa::path(
    get, path = "/skills/{id}",
    params(("id" = String, Path)),
    security(("bearer" = [])),
    responses((status = 200, description = "The skill", body = SkillView))
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(id): Segments<String>,
) -> Result<Response, Refused> {
    let skill = find(&app, &owner, &id).await?;
    Ok(Json(SkillView::new(skill)).into_response())
}

/// Changes of a skill: what is left out stays, what is `null` is set back.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "for the OpenAPI document")]
struct SkillPatch {
    name: Option<String>,
    description: Option<String>,
    steps: Option<Vec<Step>>,
    /// The fields of the trigger to change, or one of another type.
    #[schema(value_type = Option<Object>)]
    trigger: Option<Value>,
    callback_url: Option<String>,
    is_active: Option<bool>,
}

/// Change a skill by a JSON merge patch (RFC 7396). What is queued goes on as it was.
#[utoipa::path(
    patch, path = "/skills/{id}",
    params(("id" = String, Path)),
    request_body(content = SkillPatch, description = "The fields to change"),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The skill; one that has become a webhook with its `secret`, which is shown this once",
            body = SkillView),
        (status = 409, description = "`conflict`: others change the skill at the same time", body = problem::Body,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn patch(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Extension(choice): Extension<Connections>,
    Segments(id): Segments<String>,
    JsonBody(patch): JsonBody<Value>,
) -> Result<Response, Refused> {
    for _ in 0..MAX_CHANGES {
        let skill = find(&app, &owner, &id).await?;
        let patched = content::patched(&skill.content, &patch)?;
        let stored = Some(&skill.content);
        let checked = content::parse(&app, &owner, &choice, patched, stored).await?;
        let (update, secret) = change(&app, &owner, &skill, checked)?;
        if let Some(skill) = save(&app, &owner, &skill, update).await? {
            return Ok(Json(SkillView::with_secret(skill, secret.as_ref())).into_response());
        }
    }
    Err(conflict())
}

/// The update, and the new secret of what has become a webhook.
fn change(
    app: &App,
    owner: &UserId,
    skill: &Skill,
    checked: Checked,
) -> Result<(SkillUpdate, Option<SecretString>), Problem> {
    let (was, is) = (is_webhook(&skill.content), is_webhook(&checked.content));
    let secret = (is && !was).then(new_secret);
    let change = match &secret {
        Some(secret) => SecretChange::Set(seal(app, owner, skill.id, secret)?),
        None if is => SecretChange::Keep,
        None => SecretChange::Forget,
    };
    let same_times = skill.content.trigger == checked.content.trigger
        && skill.content.is_active == checked.content.is_active;
    let update = SkillUpdate {
        // A planned time that is being made up is not lost by a new name.
        next_at: if same_times {
            skill.next_at
        } else {
            checked.next_at
        },
        content: checked.content,
        secret: change,
    };
    Ok((update, secret))
}

/// `None`: it has been changed meanwhile.
async fn save(
    app: &App,
    owner: &UserId,
    skill: &Skill,
    update: SkillUpdate,
) -> Result<Option<Skill>, Refused> {
    let (id, version, now) = (skill.id, skill.version, Timestamp::now());
    let saved = app.store.update_skill(owner, id, version, update, now);
    match saved.await? {
        Saved::Done(skill) => Ok(Some(skill)),
        Saved::Changed => Ok(None),
        Saved::Gone => Err(not_found()),
    }
}

/// Delete a skill. Its runs stay.
#[utoipa::path(
    delete, path = "/skills/{id}",
    params(("id" = String, Path)),
    security(("bearer" = [])),
    responses((status = 204, description = "There is no such skill any more"))
)]
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(id): Segments<String>,
) -> Result<Response, Refused> {
    if app.store.delete_skill(&owner, skill_id(&id)?).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(not_found())
}

async fn find(app: &App, owner: &UserId, id: &str) -> Result<Skill, Refused> {
    let skill = app.store.skill(owner, skill_id(id)?).await?;
    skill.ok_or_else(not_found)
}

fn conflict() -> Refused {
    let detail = "The skill is being changed by other requests; try again.";
    Problem::new(Code::Conflict, detail).into()
}
