//! Validates tools and their schemas as the API does.

use serde_json::{Map, Value};

use super::checks::{Check, breakpoint, ensure, is_word, known_keys, names_user_id};

const TOOL: [&str; 9] = [
    "name",
    "description",
    "input_schema",
    "cache_control",
    "strict",
    "eager_input_streaming",
    "defer_loading",
    "input_examples",
    "type",
];

pub(super) fn check(body: &Map<String, Value>) -> Check {
    let none = Vec::new();
    let tools = body.get("tools").map(|tools| {
        tools
            .as_array()
            .ok_or("tools: Input should be a valid list")
    });
    let tools = tools.transpose()?.unwrap_or(&none);
    let mut names = std::collections::HashSet::new();
    for (n, tool) in tools.iter().enumerate() {
        let name = one_tool(&format!("tools.{n}.custom"), tool)?;
        ensure(names.insert(name), || {
            "tools: Tool names must be unique.".into()
        })?;
    }
    let Some(choice) = body.get("tool_choice") else {
        return Ok(());
    };
    let choice = known_keys(
        "tool_choice",
        choice,
        &["type", "name", "disable_parallel_tool_use"],
    )?;
    ensure(!tools.is_empty(), || {
        "tool_choice: may only be specified while providing `tools`".into()
    })?;
    let kind = choice
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    ensure(["auto", "any", "tool", "none"].contains(&kind), || {
        format!("tool_choice.type: {kind}")
    })
}

fn one_tool<'a>(at: &str, tool: &'a Value) -> Result<&'a str, String> {
    let fields = known_keys(at, tool, &TOOL)?;
    let name = fields
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let legal = name.len() <= 128 && is_word(name);
    ensure(legal, || {
        format!("{at}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    })?;
    if let Some(description) = fields.get("description") {
        ensure(description.is_string(), || {
            format!("{at}.description: Input should be a valid string")
        })?;
    }
    breakpoint(at, fields)?;
    let schema = fields
        .get("input_schema")
        .ok_or_else(|| format!("{at}.input_schema: Field required"))?;
    ensure(schema["type"] == "object", || {
        format!("{at}.input_schema.type: Input should be 'object'")
    })?;
    for key in ["oneOf", "anyOf", "allOf"] {
        ensure(schema.get(key).is_none(), || {
            format!(
                "{at}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
            )
        })?;
    }
    for key in schema["properties"]
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
    {
        let legal = (1..=64).contains(&key.len())
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        ensure(legal, || {
            format!(
                "{at}.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{{1,64}}$'"
            )
        })?;
    }
    ensure(jsonschema::draft202012::meta::is_valid(schema), || {
        format!(
            "{at}.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12"
        )
    })?;
    ensure(!names_user_id(tool), || {
        format!("{at}: speaks of user_id: {tool}")
    })?;
    Ok(name)
}
