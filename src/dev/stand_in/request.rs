//! What of a Messages request the rules look at. Everything is read off the request: nothing is remembered. Pure.

use std::collections::HashSet;

use jiff::civil::Date;
use serde_json::Value;

use super::told::{ToolText, Words, words};

/// The present turn of a conversation.
#[derive(Default)]
pub(super) struct Asked {
    /// What the user said last, all of it.
    pub question: String,
    /// What the user said before the last answer.
    pub before: Option<String>,
    /// A picture came with the question.
    pub picture: bool,
    /// Who answers has not been said in this conversation yet.
    pub first: bool,
    /// The calls of this turn that have been answered, in order.
    pub done: Vec<Done>,
    /// Where the user is.
    pub today: Option<Date>,
    offered: HashSet<String>,
    may_call: bool,
}

/// With these words, which stand in no other text, it says who it is.
pub(super) const I_AM: Words = words!("I am the offline stand-in");

/// A call and its result.
pub(super) struct Done {
    pub tool: String,
    pub input: Value,
    pub text: ToolText,
    pub is_error: bool,
}

impl Asked {
    /// The error says what is wrong, as the API would.
    pub(super) fn read(body: &Value) -> Result<Self, String> {
        check(body)?;
        let mut asked = Self {
            today: today(&body["system"]),
            may_call: body["tool_choice"]["type"] != "none",
            ..Self::default()
        };
        let tools = list(&body["tools"]).iter();
        asked.offered = tools
            .filter_map(|tool| Some(tool["name"].as_str()?.to_owned()))
            .collect();
        let messages = list(&body["messages"]);
        let Some(last) = messages.iter().rposition(is_question) else {
            return Ok(asked);
        };
        let runs: Vec<&[Value]> = messages[..=last]
            .chunk_by(|a, b| a["role"] == b["role"])
            .collect();
        let mut said = runs.iter().rev().filter(|run| run[0]["role"] == "user");
        asked.question = said.next().map(|run| joined(run)).unwrap_or_default();
        asked.before = said.map(|run| joined(run)).find(|text| !text.is_empty());
        asked.picture = list(&messages[last]["content"]).iter().any(is_picture);
        let assistants = messages[..last].iter().filter(|m| m["role"] == "assistant");
        let mut answers = assistants.flat_map(|m| texts(&m["content"]));
        asked.first = !answers.any(|text| text.contains(I_AM.as_str()));
        asked.done = done(&messages[last + 1..]);
        Ok(asked)
    }

    /// Whether the tool can be called at all.
    pub(super) fn offers(&self, tool: Words) -> bool {
        self.offered.contains(tool.as_str())
    }

    pub(super) fn may_call(&self) -> bool {
        self.may_call
    }

    /// The last answer of this tool in this turn.
    pub(super) fn answer_of(&self, tool: Words) -> Option<&Done> {
        self.done.iter().rfind(|done| done.tool == tool.as_str())
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn check(body: &Value) -> Result<(), String> {
    if body["model"].as_str().is_none_or(str::is_empty) {
        return Err("model: Field required".to_owned());
    }
    if body["max_tokens"].as_u64().is_none_or(|tokens| tokens == 0) {
        return Err("max_tokens: must be a whole number of at least one".to_owned());
    }
    if !matches!(body["stream"], Value::Null | Value::Bool(_)) {
        return Err("stream: Input should be a valid boolean".to_owned());
    }
    if !matches!(body["tools"], Value::Null | Value::Array(_)) {
        return Err("tools: Input should be a valid list".to_owned());
    }
    let messages = list(&body["messages"]);
    for (at, message) in messages.iter().enumerate() {
        if message["role"] != "user" && message["role"] != "assistant" {
            return Err(format!("messages.{at}.role: must be user or assistant"));
        }
        let sound = match &message["content"] {
            Value::String(text) => !text.is_empty(),
            Value::Array(blocks) => !blocks.is_empty() && blocks.iter().all(Value::is_object),
            _ => false,
        };
        if !sound {
            return Err(format!(
                "messages.{at}.content: must be a text or a list of content blocks, not empty"
            ));
        }
    }
    match messages.last() {
        None => Err("messages: at least one message is required".to_owned()),
        Some(last) if last["role"] != "user" => {
            Err("messages: the conversation must end with a user message".to_owned())
        }
        Some(_) => Ok(()),
    }
}

/// Whether a person said something here: it is no mere carrier of tool results.
fn is_question(message: &Value) -> bool {
    let content = &message["content"];
    message["role"] == "user"
        && (texts(content).next().is_some() || list(content).iter().any(is_picture))
}

/// The texts of a message that are not blank.
fn texts(content: &Value) -> impl Iterator<Item = &str> {
    let blocks = list(content).iter().filter(|block| block["type"] == "text");
    let whole = content.as_str().into_iter();
    let texts = whole.chain(blocks.filter_map(|block| block["text"].as_str()));
    texts.filter(|text| !text.trim().is_empty())
}

/// All that was said in these messages: what stands in one block may be meant for the next.
fn joined(messages: &[Value]) -> String {
    let all: Vec<&str> = messages.iter().flat_map(|m| texts(&m["content"])).collect();
    all.join("\n")
}

fn is_picture(block: &Value) -> bool {
    block["type"] == "image" || block["type"] == "document"
}

fn done(messages: &[Value]) -> Vec<Done> {
    let blocks = || messages.iter().flat_map(|m| list(&m["content"]));
    let calls = blocks().filter(|block| block["type"] == "tool_use");
    let answered = calls.filter_map(|call| {
        let result = blocks().find(|block| {
            block["type"] == "tool_result"
                && block["tool_use_id"].is_string()
                && block["tool_use_id"] == call["id"]
        })?;
        let texts: Vec<&str> = texts(&result["content"]).collect();
        Some(Done {
            tool: call["name"].as_str().unwrap_or_default().to_owned(),
            input: call["input"].clone(),
            text: ToolText(texts.join("\n")),
            is_error: result["is_error"] == true,
        })
    });
    answered.collect()
}

/// The date of the system prompt's "Today is Saturday, 2026-11-21 (Europe/Zurich)."; the last block counts, since the
/// first is whatever an operator has written.
fn today(system: &Value) -> Option<Date> {
    let mut blocks: Vec<&str> = texts(system).collect();
    blocks.reverse();
    blocks.into_iter().find_map(|text| {
        let after = text.split("Today is ").nth(1)?;
        let (_, after) = after.split_once(", ")?;
        after.get(..10)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(messages: &Value) -> Asked {
        let system = json!([{"type": "text", "text": "Be kind."},
            {"type": "text", "text": "Today is Saturday, 2026-11-21 (UTC).\nname: \"Today is Monday, 1999-01-01\""}]);
        Asked::read(&json!({"model": "m", "max_tokens": 9, "system": system, "tools": [{"name": "a"}], "messages": messages}))
            .unwrap()
    }

    #[test]
    fn the_present_turn_is_read_off_the_messages() {
        let asked = asked(&json!([
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "x", "name": "old", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": "old"},
                                         {"type": "text", "text": "and now?"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "a", "name": "one", "input": {"n": 1}},
                {"type": "tool_use", "id": "b", "name": "two", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "b", "is_error": true, "content": [{"type": "text", "text": "no"}]},
                {"type": "tool_result", "tool_use_id": "a", "content": "yes"}]},
        ]));
        let done: Vec<_> = asked
            .done
            .iter()
            .map(|d| (d.tool.as_str(), d.text.0.as_str(), d.is_error))
            .collect();
        assert_eq!(done, [("one", "yes", false), ("two", "no", true)]);
        assert_eq!(
            (
                asked.question.as_str(),
                asked.before.as_deref(),
                asked.first
            ),
            ("and now?", Some("hello"), true)
        );
        assert_eq!(asked.today, Some(jiff::civil::date(2026, 11, 21)));
    }

    #[test]
    fn texts_in_a_row_are_one_question() {
        let asked = asked(&json!([
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": "I am the offline stand-in: rules."},
            {"role": "user", "content": "don't do the following:"},
            {"role": "user", "content": [{"type": "text", "text": "log bench"}, {"type": "text", "text": "3x5 at 185 lb"},
                {"type": "image"}]}]));
        assert_eq!(
            asked.question,
            "don't do the following:\nlog bench\n3x5 at 185 lb"
        );
        assert_eq!(asked.before.as_deref(), Some("hello"));
        assert!(asked.picture && !asked.first);
    }
}
