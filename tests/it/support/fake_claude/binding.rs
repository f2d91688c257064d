//! Models that bind each thinking block to everything before it: signatures are made and verified as the API does.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use super::{checks::Check, reply::Reply};

const BINDING: [&str; 6] = [
    "claude-sonnet-5-5",
    "claude-opus-5-5",
    "claude-haiku-5-5",
    "claude-fable-5-1",
    "claude-fable-5-2",
    "claude-mythos-5-1",
];

fn binds(request: &Value) -> bool {
    BINDING.iter().any(|model| request["model"] == *model)
}

/// The signature of a block that follows the first `count` messages of a request.
fn signature(request: &Value, count: usize) -> String {
    let messages = &request["messages"].as_array().expect("messages")[..count];
    let mut before = json!([
        request["model"],
        request["system"],
        request["tools"],
        messages
    ]);
    remove_breakpoints(&mut before);
    let mut hasher = DefaultHasher::new();
    before.to_string().hash(&mut hasher);
    format!("bound{:016x}", hasher.finish())
}

/// Without the marks of what is to be cached.
pub fn remove_breakpoints(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(remove_breakpoints),
        Value::Object(fields) => {
            fields.shift_remove("cache_control");
            fields.values_mut().for_each(remove_breakpoints);
        }
        _ => {}
    }
}

/// Refuses a thinking block that was not created after exactly this beginning of a conversation.
pub(super) fn check(request: &Value) -> Check {
    if !binds(request) {
        return Ok(());
    }
    let messages = request["messages"].as_array().expect("messages");
    for (at, message) in messages.iter().enumerate() {
        let blocks = message["content"].as_array().into_iter().flatten();
        for (n, block) in blocks.enumerate() {
            let field = match block["type"].as_str() {
                Some("thinking") => "signature",
                Some("redacted_thinking") => "data",
                _ => continue,
            };
            if block[field] != signature(request, at) {
                let kind = block["type"].as_str().unwrap_or_default();
                return Err(format!(
                    "messages.{at}.content.{n}: Invalid `{field}` in `{kind}` block. The block is bound to a different conversation."
                ));
            }
        }
    }
    Ok(())
}

/// Signs the thinking blocks of a reply to the request.
pub(super) fn sign(request: &Value, reply: &mut Reply) {
    if !binds(request) {
        return;
    }
    let count = request["messages"].as_array().map_or(0, Vec::len);
    let signed = signature(request, count);
    for block in &mut reply.content {
        match block.whole["type"].as_str() {
            Some("thinking") => {
                block.whole["signature"] = signed.as_str().into();
                let deltas = block.deltas.iter_mut();
                for delta in deltas.filter(|delta| delta["type"] == "signature_delta") {
                    delta["signature"] = signed.as_str().into();
                }
            }
            Some("redacted_thinking") => {
                block.whole["data"] = signed.as_str().into();
                block.start["data"] = signed.as_str().into();
            }
            _ => {}
        }
    }
}
