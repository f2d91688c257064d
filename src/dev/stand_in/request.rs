//! Parses the current turn from a Messages request; the stand-in itself keeps no state. Pure.

use jiff::civil::Date;
use serde_json::Value;

/// The user's last message and the tool results after it.
pub(super) struct Turn {
    pub question: String,
    pub has_picture: bool,
    pub results: Vec<ToolResult>,
    /// The user's date, from the system prompt.
    pub today: Option<Date>,
    /// The tools that may be called.
    pub tools: Vec<String>,
}

pub(super) struct ToolResult {
    pub tool: String,
    pub text: String,
    pub is_error: bool,
}

impl Turn {
    pub(super) fn from_request(request: &Value) -> Self {
        let messages = list(&request["messages"]);
        let is_question = |message: &Value| {
            let content = &message["content"];
            message["role"] == "user" && (has_picture(content) || !text(content).trim().is_empty())
        };
        let last = messages.iter().rposition(is_question).unwrap_or(0);
        let question = messages.get(last).map(|message| &message["content"]);
        let blocks = || messages[last..].iter().flat_map(|m| list(&m["content"]));
        let results = blocks().filter_map(|call| {
            let is_result =
                |b: &&Value| b["type"] == "tool_result" && b["tool_use_id"] == call["id"];
            let result = blocks().find(is_result)?;
            Some(ToolResult {
                tool: bare(call["name"].as_str()?).to_owned(),
                text: text(&result["content"]),
                is_error: result["is_error"] == true,
            })
        });
        let tools = list(&request["tools"])
            .iter()
            .map(|tool| text(&tool["name"]));
        Self {
            question: question.map(text).unwrap_or_default(),
            has_picture: question.is_some_and(has_picture),
            results: results.collect(),
            today: today(&text(&request["system"])),
            tools: tools
                .filter(|_| request["tool_choice"]["type"] != "none")
                .collect(),
        }
    }

    /// The name under which this tool may be called.
    pub(super) fn tool(&self, name: &str) -> Option<&str> {
        let mut tools = self.tools.iter().map(String::as_str);
        tools.find(|tool| bare(tool) == name)
    }
}

/// The name without that of its server: runs have the tools of several, as `server__tool`.
fn bare(tool: &str) -> &str {
    tool.split_once("__").map_or(tool, |(_, tool)| tool)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A string, or the text blocks of a list.
fn text(content: &Value) -> String {
    let blocks = list(content).iter().filter(|block| block["type"] == "text");
    let texts = blocks.filter_map(|block| block["text"].as_str());
    let texts: Vec<&str> = content.as_str().into_iter().chain(texts).collect();
    texts.join("\n")
}

fn has_picture(content: &Value) -> bool {
    let is_picture = |block: &Value| block["type"] == "image" || block["type"] == "document";
    list(content).iter().any(is_picture)
}

/// `Today is Saturday, 2026-11-21 (Europe/Zurich).` It follows the operator's own prompt.
fn today(system: &str) -> Option<Date> {
    let (_, date) = system.rsplit_once("Today is ")?.1.split_once(", ")?;
    date.get(..10)?.parse().ok()
}
