//! `POST /hooks/{skill_id}`: runs a skill by a webhook, whose signature takes the place of a token.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::{
    app::App,
    authenticate::{NotAdmitted, admit, with_allowance},
    base_url::BaseUrl,
    begin::{Accepted, Form, begin},
    cause::Cause,
    checks::{check_depth, check_request_id, invalid_request_id},
    extract::Segments,
    json::invalid,
    refused::Refused,
    skills::secret::open_secret,
};
use crate::{
    config::CallbackSecret,
    http::{
        body, json,
        problem::{self, Code, Problem},
    },
    process::{
        json::mend_bytes,
        memory::{
            Share,
            json::{MAX_VALUES, check, max_values},
        },
    },
    runs::{
        callbacks::signature::{self, Unverified},
        model::{Skill, SkillId, Trigger, TriggerConfig, UserId},
        skills,
    },
};

/// The largest body of a hook.
const MAX_BODY: usize = 1 << 20;

/// Run a skill by its webhook, signed by the rules of Standard Webhooks. The `webhook-id` is the `requestId`.
#[utoipa::path(
    post, path = "/hooks/{skill_id}",
    params(
        ("skill_id" = String, Path),
        ("webhook-id" = String, Header, description = "The same in each attempt"),
        ("webhook-timestamp" = String, Header, description = "Unix seconds; at most 300 seconds off"),
        ("webhook-signature" = String, Header, description = "`v1,<base64 of the HMAC-SHA256>`; one of several is enough"),
    ),
    request_body(content = Option<Object>, description = "Any JSON; shown to the skill's first step as `input`"),
    responses(
        (status = 202, description = "The run is durable, and goes on", body = Accepted,
            headers(("Location" = String, description = "Where the skill's owner can read the run"))),
        (status = 401, description = "`unauthorized`: there is no such webhook, or the signature is not valid", body = problem::Body,
            content_type = "application/problem+json"),
        (status = 409, description = "`request_id_reused`", body = problem::Body, content_type = "application/problem+json"),
    )
)]
pub(super) async fn hook(
    State(app): State<Arc<App>>,
    Segments(id): Segments<String>,
    base: BaseUrl,
    request: Request,
) -> Result<Response, Refused> {
    if app.lifecycle.is_draining() {
        return Err(Problem::shutting_down().into());
    }
    let (parts, body) = request.into_parts();
    let skill = match SkillId::parse(&id) {
        Some(id) => find(&app, id).await?,
        None => None,
    };
    let body = receive(&app, &parts.headers, body, skill.as_ref()).await;
    // Before the signature is verified, nothing says whether there is such a webhook.
    let body = body.inspect_err(|error| tracing::debug!(%error, "hook not received"));
    let (Some(skill), Ok(Some((body, _share)))) = (skill, body) else {
        return Err(unauthorized());
    };
    let request_id = verify(&app, &skill, &parts.headers, &body)?;
    let allowance = match admit(&app, &skill.owner) {
        Ok(allowance) => allowance,
        Err(NotAdmitted { problem, left }) => {
            return Ok(with_allowance(
                Refused::from(*problem).into_response(),
                left,
            ));
        }
    };
    let run = skills::new_run(&skill, Trigger::Webhook, Some(request_id), input(body)?);
    let run = Cause::new(&parts.extensions).of(run);
    let begun = begin(&app, &base, &skill.owner, run, Form::Async).await;
    let response = begun.unwrap_or_else(IntoResponse::into_response);
    Ok(with_allowance(response, allowance))
}

/// The skill, if a webhook may run it.
async fn find(app: &App, id: SkillId) -> Result<Option<Skill>, Refused> {
    let Some(owner) = app.store.skill_owner(id).await? else {
        return Ok(None);
    };
    let skill = app.store.skill(&owner, id).await?;
    Ok(skill.filter(|skill| {
        skill.content.is_active && matches!(skill.content.trigger, TriggerConfig::Webhook)
    }))
}

/// The body, in the memory of the skill's owner. `None`: there is no owner.
async fn receive(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    skill: Option<&Skill>,
) -> Result<Option<(Bytes, Share<UserId>)>, Problem> {
    let mut body = Some(body);
    let received = match skill {
        None => Ok(None),
        Some(skill) => read(app, headers, &mut body, &skill.owner).await.map(Some),
    };
    body::discard_unread(headers, body, MAX_BODY);
    received
}

async fn read(
    app: &App,
    headers: &HeaderMap,
    body: &mut Option<Body>,
    owner: &UserId,
) -> Result<(Bytes, Share<UserId>), Problem> {
    let share = app.limits.hooks.begin(owner.clone())?;
    let reserved = body::reserve(headers, MAX_BODY, &share)?;
    let bytes = body::read(headers, body, MAX_BODY, None, (&share, reserved)).await?;
    Ok((bytes, share))
}

/// The `webhook-id`, if the signature is valid and a request can have it.
fn verify(app: &App, skill: &Skill, headers: &HeaderMap, body: &[u8]) -> Result<String, Refused> {
    let secret = secret(app, skill).ok_or_else(unauthorized)?;
    match signature::verify(&secret, headers, body, Timestamp::now()) {
        Ok(id) => {
            check_request_id("webhook-id", id)?;
            Ok(id.to_owned())
        }
        Err(Unverified::Id) => Err(invalid_request_id("webhook-id").into()),
        Err(error) => {
            tracing::debug!(%error, "hook refused");
            Err(unauthorized())
        }
    }
}

fn secret(app: &App, skill: &Skill) -> Option<CallbackSecret> {
    let secret = open_secret(app, skill)?;
    CallbackSecret::parse(secret.expose_secret())
}

/// The same for every failure.
fn unauthorized() -> Refused {
    let detail = "A valid signature of an active webhook is needed (Standard Webhooks).";
    Problem::new(Code::Unauthorized, detail).into()
}

/// The body as JSON; a body that is none is a text.
fn input(body: Bytes) -> Result<Option<Value>, Problem> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let body = mend_bytes(body);
    let text = json::text(&body)?;
    if max_values(&body) > MAX_VALUES {
        let why = format!("must not hold more than {MAX_VALUES} values");
        return Err(invalid("body", why));
    }
    let checked = check(text.as_bytes());
    let parsed = checked.and_then(|_| serde_json::from_str(text));
    let input = parsed.unwrap_or_else(|_| text.into());
    check_depth("body", &input)?;
    Ok(Some(input))
}
