//! A model that can be asked, and the beginning of every request to it.

use bytes::Bytes;
use http::HeaderValue;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    config::ClaudeConfig,
    telemetry::{Attribute, names},
};

/// A cache breakpoint, as the last field of a block.
const BREAKPOINT: &[u8] = br#","cache_control":{"type":"ephemeral"}"#;
const LONG_BREAKPOINT: &[u8] = br#","cache_control":{"type":"ephemeral","ttl":"1h"}"#;

/// Fields that only the agent sets.
const OWN_FIELDS: [&str; 7] = [
    "model",
    "max_tokens",
    "stream",
    "system",
    "tools",
    "messages",
    "cache_control",
];

/// A model that can be asked.
#[derive(Debug)]
pub struct Model {
    pub name: String,
    /// The serialized beginning of every request, up to the text of the first system block.
    pub(super) prefix: Bytes,
    /// The operator's `tool_choice`, as a field.
    pub(super) tool_choice: Option<Bytes>,
    pub(super) breakpoint: &'static [u8],
    pub(super) betas: Option<HeaderValue>,
    /// What spans say of every request.
    pub attributes: Vec<Attribute>,
}

impl Model {
    /// # Errors
    /// A part cannot be serialized, or a beta cannot be sent.
    pub fn new(name: &str, config: &ClaudeConfig, system: &str) -> anyhow::Result<Self> {
        let (thinking, betas) = config.thinking.parameter(name, config.is_anthropic());
        let (fields, tool_choice) = fields(name, config, thinking);
        let attributes = attributes(&fields);
        let mut prefix = serde_json::to_vec(&fields)?;
        prefix.truncate(prefix.len() - b"}".len());
        prefix.extend_from_slice(b",\"system\":[");
        serde_json::to_writer(&mut prefix, &TextBlock::new(system))?;
        prefix.truncate(prefix.len() - b"}".len());
        let tool_choice = tool_choice.map(|choice| format!(",\"tool_choice\":{choice}").into());
        let mut all: Vec<&str> = config.betas.iter().map(String::as_str).collect();
        all.extend(
            betas
                .into_iter()
                .filter(|beta| !config.betas.iter().any(|it| it == beta)),
        );
        let header = (!all.is_empty()).then(|| HeaderValue::try_from(all.join(",")));
        Ok(Self {
            name: name.to_owned(),
            prefix: prefix.into(),
            tool_choice,
            breakpoint: if config.long_cache {
                LONG_BREAKPOINT
            } else {
                BREAKPOINT
            },
            betas: header.transpose()?,
            attributes,
        })
    }
}

/// The fields before the system prompt, and the operator's `tool_choice`.
fn fields(
    model: &str,
    config: &ClaudeConfig,
    thinking: Option<Value>,
) -> (Map<String, Value>, Option<Value>) {
    let mut extra = config.extra_body.clone();
    let tool_choice = extra.remove("tool_choice");
    extra.retain(|name, _| !OWN_FIELDS.contains(&name.as_str()));
    let mut fields = Map::new();
    fields.insert("model".into(), model.into());
    fields.insert("max_tokens".into(), config.max_tokens.into());
    fields.insert("stream".into(), true.into());
    fields.append(&mut extra);
    if let Some(thinking) = thinking {
        fields.insert("thinking".into(), thinking);
    }
    if let Some(effort) = config.thinking.effort {
        let output = fields.entry("output_config").or_insert(Value::Null);
        if !output.is_object() {
            *output = json!({});
        }
        output["effort"] = effort.into();
    }
    (fields, tool_choice)
}

/// The parameters that the conventions for spans name.
fn attributes(fields: &Map<String, Value>) -> Vec<Attribute> {
    let text = |name, value: &Value| Some(Attribute::new(name, value.as_str()?.to_owned()));
    let int = |name, value: &Value| Some(Attribute::new(name, value.as_i64()?));
    let float = |name, value: &Value| Some(Attribute::new(name, value.as_f64()?));
    let field = |name: &str| fields.get(name).unwrap_or(&Value::Null);
    let attributes = [
        text(names::REQUEST_MODEL, field("model")),
        int(names::REQUEST_MAX_TOKENS, field("max_tokens")),
        text(
            names::REQUEST_REASONING_LEVEL,
            &field("output_config")["effort"],
        ),
        float(names::REQUEST_TEMPERATURE, field("temperature")),
        float(names::REQUEST_TOP_P, field("top_p")),
        int(names::REQUEST_TOP_K, field("top_k")),
    ];
    attributes.into_iter().flatten().collect()
}

#[derive(Serialize)]
pub(super) struct TextBlock<'a> {
    r#type: &'static str,
    text: &'a str,
}

impl<'a> TextBlock<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let r#type = "text";
        Self { r#type, text }
    }
}

#[cfg(test)]
mod tests;
