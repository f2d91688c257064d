//! The outcome of a tool call: its result, an error, or "unknown", as content blocks for Claude.

mod attachments;
mod image;
mod unconfirmed;

use rmcp::model::ErrorData;
use serde_json::Value;

use super::bounded;
use crate::agent::claude::{Block, is_blank};
use image::{image, image_note};

pub use attachments::{Attachment, Attachments, ResultLimits};

/// The rest of an answer's content is left out.
const MAX_BLOCKS: usize = 1000;
/// Longer structured content (as JSON) is not passed on.
const MAX_STRUCTURED_BYTES: usize = 64 * 1024;

/// The content of a tool result: never empty, and text alone if it is an error.
#[derive(Debug, Clone, PartialEq)]
pub struct CallOutcome {
    pub content: Vec<Block>,
    pub is_error: bool,
    /// `structuredContent`, for clients that draw it; Claude does not get it.
    pub structured: Option<Value>,
    /// What the answer holds besides text, if it was asked for ([`ResultLimits`]).
    pub attachments: Attachments,
    label: &'static str,
}

impl CallOutcome {
    fn error(label: &'static str, text: impl Into<String>) -> Self {
        Self {
            content: vec![Block::text(text)],
            is_error: true,
            structured: None,
            attachments: Attachments::default(),
            label,
        }
    }

    /// The answer of a tool of the agent's own. `text` is not blank.
    pub fn of_local(text: impl Into<String>, is_error: bool) -> Self {
        let label = if is_error { "error" } else { "ok" };
        Self {
            is_error,
            ..Self::error(label, text)
        }
    }

    /// The call may have taken effect, or not.
    pub fn unknown(why: &str) -> Self {
        let text = format!(
            "outcome unknown, check first: {why}. The call may or may not have taken effect; look \
             whether it has before calling again."
        );
        Self::error("unknown", text)
    }

    /// The call has certainly had no effect.
    pub fn not_run(why: &str) -> Self {
        let text = format!("not run: {why}. Nothing was changed by this call.");
        Self::error("not_run", text)
    }

    /// The call names an unknown tool or is malformed; it was not sent.
    pub fn invalid(why: &str) -> Self {
        Self::error("invalid", why)
    }

    /// The answer to a call without effect exceeds a limit.
    pub(super) fn too_large() -> Self {
        let text = "The tool answered with more than can be read. Ask for less, for example for fewer items.";
        Self::error("too_large", text)
    }

    pub(super) fn refused(status: &str) -> Self {
        let text = format!(
            "The tool server refused this call (HTTP {status}). Nothing was changed by it."
        );
        Self::error("refused", text)
    }

    pub(super) fn from_error(error: &ErrorData, max: usize) -> Self {
        let (code, message) = (error.code.0, &error.message);
        let text = format!("The tool server answered with error {code}: {message}");
        let mut limit = Limit { left: max, cut: 0 };
        let text = limit.take(&text);
        Self::error("error", limit.with_note(text))
    }

    /// From a `CallToolResult`.
    pub(super) fn from_result(mut answer: Value, limits: ResultLimits) -> Self {
        let is_error = answer["isError"] == true;
        let attachments = Attachments::collect(&answer["content"], limits.attachments);
        let mut limit = Limit {
            left: limits.text,
            cut: 0,
        };
        let mut items = answer["content"].as_array_mut().into_iter().flatten();
        let blocks = items.by_ref().take(MAX_BLOCKS);
        let blocks = blocks.filter_map(|item| block(item, is_error, &mut limit));
        let mut content: Vec<Block> = blocks.collect();
        let left_out = items.count();
        if left_out > 0 {
            let note = format!("[{left_out} more content blocks were left out.]");
            content.push(Block::text(note));
        }
        let structured = answer
            .get_mut("structuredContent")
            .map_or(Value::Null, Value::take);
        if content.is_empty() && limit.cut == 0 && !structured.is_null() {
            let text = Block::text(limit.take(&structured.to_string()));
            content.extend(Some(text).filter(|text| !text.is_blank_text()));
        }
        if content.is_empty() && limit.cut == 0 {
            let text = if is_error {
                "The tool failed without saying why."
            } else {
                "The tool answered with nothing."
            };
            content.push(Block::text(text));
        }
        if limit.cut > 0 {
            let note = limit.with_note(String::new());
            content.push(Block::text(note.trim_start()));
        }
        Self {
            content,
            is_error,
            structured: within_limit(structured),
            attachments,
            label: if is_error { "error" } else { "ok" },
        }
    }

    /// The result of the call with this id, for Claude.
    pub fn into_block(self, tool_use_id: String) -> Block {
        Block::ToolResult {
            tool_use_id,
            content: self.content,
            is_error: self.is_error,
        }
    }

    /// The bytes of the content.
    pub fn size(&self) -> usize {
        let size = |block: &Block| match block {
            Block::Text { text } => text.len(),
            Block::Image { source } => source["data"].as_str().map_or(0, str::len),
            _ => 0,
        };
        self.content.iter().map(size).sum()
    }

    /// Drops the content, for which there is no memory.
    pub fn leave_out_content(&mut self) {
        let note = "The tool has answered, but its answer is left out: the service holds too much at the moment.";
        *self = Self::error(self.label, note);
    }

    /// The label in metrics and logs.
    pub fn label(&self) -> &'static str {
        self.label
    }
}

fn within_limit(structured: Value) -> Option<Value> {
    let fits = !structured.is_null() && structured.to_string().len() <= MAX_STRUCTURED_BYTES;
    fits.then_some(structured)
}

/// True for the result of a call that is finished.
pub(super) fn is_finished(answer: &Value) -> bool {
    let Some(object) = answer.as_object() else {
        return false;
    };
    let kind = object.get("resultType");
    // Go writes an empty list as `null`.
    let is_list = |content: &Value| content.is_array() || content.is_null();
    let is_result = object.get("content").is_some_and(is_list)
        || object.contains_key("structuredContent")
        || object.get("isError").is_some_and(Value::is_boolean)
        || object
            .keys()
            .all(|key| key == "_meta" || key == "resultType");
    kind.is_none_or(|kind| kind == "complete") && is_result
}

/// A limit on text, in bytes: how many are left, and how many were cut off.
struct Limit {
    left: usize,
    cut: usize,
}

impl Limit {
    fn take(&mut self, text: &str) -> String {
        let mut end = self.left.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.left -= end;
        self.cut += text.len() - end;
        if end < text.len() {
            self.left = 0;
        }
        text[..end].to_owned()
    }

    fn with_note(&self, text: String) -> String {
        match self.cut {
            0 => text,
            cut => format!("{text}\n[This result was too long: {cut} bytes were cut off.]"),
        }
    }
}

fn block(item: &mut Value, only_text: bool, limit: &mut Limit) -> Option<Block> {
    if !only_text && let Some(image) = image(item) {
        return Some(image);
    }
    let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let text = match item["type"].as_str().unwrap_or("unknown") {
        "text" => text_of(&item["text"]),
        "image" => image_note(item),
        "resource" if item["resource"]["text"].is_string() => text_of(&item["resource"]["text"]),
        "resource" => format!("[a resource: {}]", short(&item["resource"]["uri"])),
        "resource_link" => {
            let (name, uri) = (short(&item["name"]), short(&item["uri"]));
            format!("[a link to a resource: {name} {uri}]")
        }
        "audio" => format!("[audio: {}]", short(&item["mimeType"])),
        other => format!("[content of type {}]", short(&other.into())),
    };
    if is_blank(&text) {
        return None;
    }
    let text = limit.take(&text);
    (!is_blank(&text)).then_some(Block::Text { text })
}

fn short(value: &Value) -> String {
    bounded(value.as_str().unwrap_or("(unnamed)"))
}

#[cfg(test)]
mod tests;
