//! The body of `POST /webhook`, and the run that it asks for.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    fields,
    inline::{self, InlineRequest, place},
};
use crate::{
    http::problem::Problem,
    runs::{
        http::{
            app::App,
            checks::{Usable, check_callback, check_prompt, request_id, usable_headers},
            choice::Connections,
            refused::Refused,
            rules::Rules,
        },
        model::{InlineConnection, Metadata, NewRun, RunId, RunInput, Step, Trigger, UserId},
    },
};

/// What a run is asked to do.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::runs::http) struct PromptRequest {
    /// Not blank.
    #[schema(min_length = 1, max_length = 100_000)]
    prompt: String,
    /// Names the run for its caller: the same request again answers for the same run. By default a new one.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,100}$")]
    request_id: Option<String>,
    /// In place of the service's.
    #[schema(max_length = 50_000)]
    system_prompt: Option<String>,
    /// Whether the answer comes at once, before the run has ended; by default not.
    #[serde(rename = "async")]
    pub(super) is_async: Option<bool>,
    /// Kept with the run; at most 16 KiB of JSON.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    /// Names of connections: `prog_strength`, the operator's, and stored ones. By default the first two.
    #[schema(max_items = 64)]
    connections: Option<Vec<String>>,
    /// Connections for this run alone, by name; if the service takes them. They are used besides the others.
    #[serde(default, deserialize_with = "inline::by_name")]
    inline_connections: Option<BTreeMap<String, InlineRequest>>,
    /// Called when the run has ended.
    callback_url: Option<String>,
    /// One of the models that the service allows.
    model: Option<String>,
    /// For each of Claude's replies.
    #[schema(minimum = 1)]
    max_tokens: Option<u32>,
}

/// What makes a request the same as an earlier one of its caller.
pub(super) struct Identity {
    pub(super) request_id: Option<String>,
    /// The request without what equals a default.
    pub(super) body: Value,
}

impl Identity {
    pub(super) fn new(
        rules: Rules<'_>,
        choice: &Connections,
        headers: &HeaderMap,
        body: &PromptRequest,
    ) -> Result<Self, Problem> {
        Ok(Self {
            request_id: request_id(headers, body.request_id.as_deref())?,
            body: compared(rules, choice, body),
        })
    }
}

/// Checks every field.
pub(super) async fn check(
    app: &App,
    owner: &UserId,
    choice: &Connections,
    body: &PromptRequest,
) -> Result<(), Refused> {
    check_fields(app.rules(), body)?;
    if let Some(names) = &body.connections {
        let inline = body.inline_connections.iter().flat_map(BTreeMap::keys);
        let mut usable = Usable::new(app, owner, choice, inline);
        usable.check("connections", names).await?;
    }
    Ok(())
}

/// The run of a request whose fields are valid.
pub(super) fn new_run(
    app: &App,
    owner: &UserId,
    choice: &Connections,
    identity: Identity,
    body: PromptRequest,
) -> Result<NewRun, Problem> {
    let id = RunId::new();
    let mut connections: BTreeSet<String> = match body.connections {
        Some(names) => names.into_iter().collect(),
        None => choice.names().map(str::to_owned).collect(),
    };
    let inline = body.inline_connections.iter().flat_map(BTreeMap::keys);
    connections.extend(inline.cloned());
    let step = Step {
        prompt: body.prompt,
        connections: Some(connections.into_iter().collect()),
        allowed_tools: None,
    };
    Ok(NewRun {
        id,
        request_id: identity.request_id,
        body: identity.body,
        trigger: Trigger::Api,
        skill_id: None,
        input: RunInput {
            steps: vec![step],
            system_prompt: body.system_prompt,
            inline_connections: seal_inline(app, owner, id, body.inline_connections)?,
            model: body.model,
            max_tokens: body.max_tokens,
            input: None,
            traceparent: None,
        },
        metadata: body.metadata,
        callback_url: body.callback_url,
    })
}

/// Checks the fields that need nothing but the settings.
pub(super) fn check_fields(rules: Rules<'_>, body: &PromptRequest) -> Result<(), Problem> {
    check_prompt("prompt", &body.prompt)?;
    fields::check_system_prompt(body.system_prompt.as_deref())?;
    fields::check_metadata(body.metadata.as_ref())?;
    check_callback(rules, body.callback_url.as_deref())?;
    fields::check_model(rules, body.model.as_deref())?;
    fields::check_max_tokens(body.max_tokens)?;
    let inline = body.inline_connections.iter().flatten();
    for (name, connection) in inline.clone() {
        fields::check_inline(rules, name, connection)?;
    }
    fields::check_inline_names(rules, inline.map(|(name, _)| name))
}

/// What a repeated request must equal. How the answer is wanted does not matter, nor do the values of headers: a fresh token
/// is no other request. What equals a default counts as absent, so that a change of the defaults changes no other request.
fn compared(rules: Rules<'_>, choice: &Connections, body: &PromptRequest) -> Value {
    let inline = body.inline_connections.iter().flatten();
    let inline: BTreeMap<_, _> = inline
        .map(|(name, connection)| {
            let headers = connection.headers.iter().flatten();
            // Their case and order do not matter.
            let headers: BTreeSet<_> = headers
                .filter(|(_, value)| value.is_some())
                .map(|(name, _)| name.to_ascii_lowercase())
                .collect();
            (name, json!({"url": connection.url, "headers": headers}))
        })
        .collect();
    let all = |names: &&Vec<String>| choice.are(names);
    let config = rules.config;
    let (model, max_tokens) = (config.models.first(), config.claude.max_tokens);
    json!({
        "prompt": body.prompt,
        "systemPrompt": body.system_prompt,
        "metadata": body.metadata,
        "connections": body.connections.as_ref().filter(|names| !all(names)),
        "inlineConnections": inline,
        "callbackUrl": body.callback_url,
        "model": body.model.as_ref().filter(|named| Some(*named) != model),
        "maxTokens": body.max_tokens.filter(|given| *given != max_tokens),
    })
}

fn seal_inline(
    app: &App,
    owner: &UserId,
    run: RunId,
    connections: Option<BTreeMap<String, InlineRequest>>,
) -> Result<BTreeMap<String, InlineConnection>, Problem> {
    let row = run.to_string();
    let sealed = connections.into_iter().flatten().map(|(name, connection)| {
        let field = format!("inline.{name}.");
        let headers = connection.headers.unwrap_or_default();
        let headers = usable_headers(&format!("{}.headers", place(&name)), &headers)?;
        let headers = app.seal_headers(("run", &row, &field), owner, &headers)?;
        let url = connection.url;
        Ok((name, InlineConnection { url, headers }))
    });
    sealed.collect()
}
