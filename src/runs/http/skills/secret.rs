//! The secrets of webhooks.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use secrecy::{ExposeSecret, SecretString};

use super::{MAX_CHANGES, SkillView, conflict, find, save};
use crate::{
    http::problem::{self, Problem},
    runs::{
        callbacks::signature::new_secret,
        http::{
            app::App,
            extract::{Owner, Segments},
            json::invalid,
            refused::{Refused, no_encryption},
        },
        model::{SecretChange, Skill, SkillContent, SkillId, TriggerConfig, UserId},
        secrets::Place,
        store::SkillUpdate,
    },
};

/// Give a webhook a new secret; the old one is not valid any more.
#[utoipa::path(
    post, path = "/skills/{id}/rotate-secret",
    params(("id" = String, Path)),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The skill with its `secret`, which is shown this once", body = SkillView),
        (status = 409, description = "`conflict`: others change the skill at the same time", body = problem::Body,
            content_type = "application/problem+json"),
    )
)]
pub(in crate::runs::http) async fn rotate_secret(
    State(app): State<Arc<App>>,
    Owner(owner): Owner,
    Segments(id): Segments<String>,
) -> Result<Response, Refused> {
    for _ in 0..MAX_CHANGES {
        let skill = find(&app, &owner, &id).await?;
        if !is_webhook(&skill.content) {
            return Err(invalid("trigger", "is no webhook, and has no secret").into());
        }
        let secret = new_secret();
        let update = SkillUpdate {
            content: skill.content.clone(),
            secret: SecretChange::Set(seal(&app, &owner, skill.id, &secret)?),
            next_at: skill.next_at,
        };
        if let Some(skill) = save(&app, &owner, &skill, update).await? {
            return Ok(Json(SkillView::with_secret(skill, Some(&secret))).into_response());
        }
    }
    Err(conflict())
}

pub(super) fn is_webhook(content: &SkillContent) -> bool {
    matches!(content.trigger, TriggerConfig::Webhook)
}

/// Seals a secret for its place in the database.
pub(super) fn seal(
    app: &App,
    owner: &UserId,
    id: SkillId,
    secret: &SecretString,
) -> Result<String, Problem> {
    let keys = app.keys.as_ref().ok_or_else(no_encryption)?;
    Ok(keys.seal(&place(owner, &id.to_string()), secret.expose_secret()))
}

/// The secret of a skill, if it has one that can be opened.
pub(in crate::runs::http) fn open_secret(app: &App, skill: &Skill) -> Option<SecretString> {
    let (id, sealed) = (skill.id.to_string(), skill.secret.as_deref()?);
    let opened = app.keys.as_ref()?.open(&place(&skill.owner, &id), sealed);
    let opened = opened.inspect_err(|error| tracing::error!(%error, "a skill's secret"));
    opened.ok()
}

fn place<'a>(owner: &'a UserId, id: &'a str) -> Place<'a> {
    Place {
        table: "skill",
        row: id,
        field: "secret",
        owner: owner.as_str(),
    }
}
