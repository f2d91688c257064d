//! The outcome of a tool call: its result, an error, or "unknown", as content blocks for Claude.

use base64::{Engine, prelude::BASE64_STANDARD};
use rmcp::model::{ErrorData, ServerResult};
use serde_json::{Value, json};

use crate::agent::claude::{Block, IMAGE_TYPES, image_type, is_blank};

const MAX_IMAGE_BYTES: usize = 5 * 1024 * 1024;
/// Longer structured content (as JSON) is not passed on.
const MAX_STRUCTURED_BYTES: usize = 64 * 1024;

/// The content of a tool result: never empty, and text alone if it is an error.
#[derive(Debug, Clone, PartialEq)]
pub struct CallOutcome {
    pub content: Vec<Block>,
    pub is_error: bool,
    /// `structuredContent`, for clients that draw it; Claude does not get it.
    pub structured: Option<Value>,
    label: &'static str,
}

impl CallOutcome {
    fn error(label: &'static str, text: impl Into<String>) -> Self {
        Self {
            content: vec![Block::text(text)],
            is_error: true,
            structured: None,
            label,
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
    pub(super) fn from_result(mut answer: Value, max: usize) -> Self {
        let is_error = answer["isError"] == true;
        let mut limit = Limit { left: max, cut: 0 };
        let items = answer["content"].as_array().into_iter().flatten();
        let blocks = items.filter_map(|item| block(item, is_error, &mut limit));
        let mut content: Vec<Block> = blocks.collect();
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
            label: if is_error { "error" } else { "ok" },
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
        let note = "[The tool has answered, but its answer is left out: the service holds too much at the moment.]";
        self.content = vec![Block::text(note)];
        self.structured = None;
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

/// The result as JSON, if the call is finished.
pub(super) fn finished(result: &ServerResult) -> Option<Value> {
    let answer = serde_json::to_value(result).ok()?;
    let object = answer.as_object()?;
    let kind = object.get("resultType");
    let is_finished = kind.is_none_or(|kind| kind == "complete");
    let is_result = object.get("content").is_some_and(Value::is_array)
        || object.contains_key("structuredContent")
        || object.get("isError").is_some_and(Value::is_boolean)
        || object
            .keys()
            .all(|key| key == "_meta" || key == "resultType");
    (is_finished && is_result).then_some(answer)
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

fn block(item: &Value, only_text: bool, limit: &mut Limit) -> Option<Block> {
    let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let text = match item["type"].as_str().unwrap_or("unknown") {
        "text" => text_of(&item["text"]),
        "image" => match image(item) {
            Ok(image) if !only_text => return Some(image),
            Ok(_) => "[an image]".to_owned(),
            Err(note) => note,
        },
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

fn image(item: &Value) -> Result<Block, String> {
    let string = |field: &str| item[field].as_str().unwrap_or_default();
    let (media_type, data) = (string("mimeType"), string("data"));
    if data.len() / 4 * 3 > MAX_IMAGE_BYTES {
        return Err("[an image, left out: larger than 5 MB]".to_owned());
    }
    if !IMAGE_TYPES.contains(&media_type)
        || data.is_empty()
        || BASE64_STANDARD.decode(data).is_err()
    {
        let kind = short(&item["mimeType"]);
        return Err(format!("[an image, left out: {kind} cannot be shown]"));
    }
    let media_type = image_type(data).unwrap_or(media_type);
    Ok(Block::Image {
        source: json!({"type": "base64", "media_type": media_type, "data": data}),
    })
}

fn short(value: &Value) -> String {
    let text = value.as_str().unwrap_or("(unnamed)").chars();
    text.filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests;
