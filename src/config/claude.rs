//! The settings of requests to Claude.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

use super::{
    models::{DISPLAYS, EFFORTS, Thinking, ThinkingMode, refused_fields},
    reader::{Reader, entries, one_of},
    variables as var,
};

/// Anthropic's own endpoint.
const ANTHROPIC: &str = "api.anthropic.com";

/// The endpoint of Claude, and the parameters and limits of each call.
#[derive(Debug, Clone)]
pub struct ClaudeConfig {
    /// `ANTHROPIC_BASE_URL` with `/v1/messages` appended.
    pub endpoint: Url,
    pub credential: Credential,
    pub model: String,
    /// Asked when `model` is overloaded.
    pub fallback_model: Option<String>,
    /// Names conversations, in place of `model`.
    pub title_model: Option<String>,
    pub max_tokens: u32,
    pub thinking: Thinking,
    /// Prompts are cached for an hour instead of five minutes.
    pub long_cache: bool,
    /// Betas for every request.
    pub betas: Vec<String>,
    /// Fields for every request.
    pub extra_body: Map<String, Value>,
    pub idle_timeout: Duration,
    pub max_retries: u32,
}

/// Exactly one of the two is sent.
#[derive(Debug, Clone)]
pub enum Credential {
    ApiKey(SecretString),
    Bearer(SecretString),
}

impl ClaudeConfig {
    /// True if the endpoint is Anthropic's own.
    pub fn is_anthropic(&self) -> bool {
        self.endpoint.host_str() == Some(ANTHROPIC)
    }

    /// The settings of requests for titles. Thinking is off where the model accepts that: it counts towards `max_tokens`.
    #[must_use]
    pub fn for_titles(&self, max_tokens: u32) -> Self {
        let model = self.title_model.as_ref().unwrap_or(&self.model);
        Self {
            model: model.clone(),
            max_tokens,
            thinking: Thinking::least(model),
            ..self.clone()
        }
    }

    /// Why known models refuse `extra_body`. With each model, whether its requests have tools.
    pub(super) fn refused_fields<'m>(
        &self,
        models: impl Iterator<Item = (&'m str, bool)>,
    ) -> Vec<String> {
        let refused = models
            .filter_map(|(model, with_tools)| refused_fields(model, &self.extra_body, with_tools));
        refused.collect()
    }

    /// `CLAUDE_MODEL` and `CLAUDE_FALLBACK_MODEL`.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        let models = [Some(&self.model), self.fallback_model.as_ref()];
        models.into_iter().flatten().map(String::as_str)
    }
}

/// `asked`: in place of `CLAUDE_MODEL`.
pub(super) fn claude(reader: &mut Reader, asked: Option<String>) -> ClaudeConfig {
    let first = if asked.is_some() {
        var::AGENT_MODEL.name
    } else {
        var::CLAUDE_MODEL.name
    };
    let config = ClaudeConfig {
        credential: credential(reader),
        endpoint: endpoint(reader),
        model: asked.unwrap_or_else(|| reader.value(&var::CLAUDE_MODEL, model)),
        fallback_model: reader.optional(&var::CLAUDE_FALLBACK_MODEL, model),
        title_model: reader.optional(&var::CLAUDE_TITLE_MODEL, model),
        max_tokens: reader.number(&var::CLAUDE_MAX_TOKENS),
        thinking: thinking(reader),
        long_cache: reader.value(
            &var::CLAUDE_CACHE_TTL,
            one_of(&[("5m", false), ("1h", true)]),
        ),
        betas: reader
            .optional(&var::ANTHROPIC_BETAS, betas)
            .unwrap_or_default(),
        extra_body: reader
            .optional(&var::CLAUDE_EXTRA_BODY, |text| {
                serde_json::from_str(text).ok()
            })
            .unwrap_or_default(),
        idle_timeout: reader.secs(&var::CLAUDE_IDLE_TIMEOUT_SECS),
        max_retries: reader.number(&var::CLAUDE_MAX_RETRIES),
    };
    if config.fallback_model.as_ref() == Some(&config.model) {
        let what = format!("must be another model than {first}");
        reader.fault(var::CLAUDE_FALLBACK_MODEL.name, what);
    }
    for model in config.models() {
        for (variable, what) in config.thinking.refusals(model) {
            reader.fault(variable, what);
        }
    }
    let titles = config
        .title_model
        .iter()
        .map(|model| (model.as_str(), false));
    let asked = config.models().map(|model| (model, true)).chain(titles);
    for what in config.refused_fields(asked) {
        reader.fault(var::CLAUDE_EXTRA_BODY.name, what);
    }
    config
}

fn credential(reader: &mut Reader) -> Credential {
    let key = reader.header_secret(&var::ANTHROPIC_API_KEY);
    let bearer = reader.header_secret(&var::ANTHROPIC_AUTH_TOKEN);
    if key.is_none() && bearer.is_none() {
        let what = "is missing or empty; set it (or ANTHROPIC_AUTH_TOKEN, sent as a bearer)";
        reader.fault(var::ANTHROPIC_API_KEY.name, what);
    }
    match (key, bearer) {
        (None, Some(token)) => Credential::Bearer(token),
        (key, _) => Credential::ApiKey(key.unwrap_or_default()),
    }
}

fn endpoint(reader: &mut Reader) -> Url {
    let mut endpoint = reader.url(&var::ANTHROPIC_BASE_URL);
    reader.refuse_query(&var::ANTHROPIC_BASE_URL, &endpoint);
    let base = endpoint.path().trim_end_matches('/');
    let path = format!("{}/v1/messages", base.trim_end_matches("/v1"));
    endpoint.set_path(&path);
    endpoint
}

fn thinking(reader: &mut Reader) -> Thinking {
    let modes = [
        ("auto", ThinkingMode::Auto),
        ("adaptive", ThinkingMode::Adaptive),
        ("off", ThinkingMode::Off),
    ];
    let efforts: Vec<_> = EFFORTS.iter().map(|effort| (*effort, *effort)).collect();
    Thinking {
        mode: reader.value(&var::CLAUDE_THINKING, one_of(&modes)),
        display: reader.optional(&var::CLAUDE_THINKING_DISPLAY, one_of(&DISPLAYS)),
        effort: reader.optional(&var::CLAUDE_EFFORT, one_of(&efforts)),
    }
}

pub(super) fn model(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|model| !model.is_empty())
}

fn betas(list: &str) -> Option<Vec<String>> {
    let betas: Vec<_> = entries(list).map(str::to_owned).collect();
    let is_name = |beta: &String| beta.bytes().all(|byte| byte.is_ascii_graphic());
    betas.iter().all(is_name).then_some(betas)
}
