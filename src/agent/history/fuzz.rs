//! Fuzz target: Claude accepts every repaired conversation, and only invalid parts are dropped.

mod made;
mod rules;

use std::collections::HashSet;

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{History, Invalid};
use crate::{
    agent::claude::is_blank,
    agent::json::Object,
    fuzz::{Choices, without_halves},
    process::{json::mend_bytes, memory::json::count_values},
};
pub(in crate::agent) use rules::accepted;

/// The first byte says whether the rest is the list of messages or choices for one.
pub fn history(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    if choices.below(4) == 0 {
        received(&String::from_utf8_lossy(choices.rest()));
    } else {
        let mut messages: Vec<Value> = (0..=choices.below(9))
            .map(|_| made::message(&mut choices))
            .collect();
        if choices.below(8) > 0 {
            messages.push(json!({"role": "user", "content": "and now?"}));
        }
        checked(&messages.into());
    }
}

/// The messages as a client writes them: with halves, and perhaps beyond the limits of a tree.
fn received(messages: &str) {
    if serde_json::from_str::<IgnoredAny>(&without_halves(messages)).is_err() {
        return;
    }
    let body = mend_bytes(format!("{{\"messages\":{messages}}}").into());
    let parsed = parse_body(body).map(|history| repaired(&history));
    if let Ok(sent) = serde_json::from_str(&without_halves(messages)) {
        let from_tree = parse(&sent).map(|history| history.conversation.messages());
        // A tree has the last value of a repeated key alone; each must be within the limits.
        let count = |json: &str| count_values(json.as_bytes());
        let repeats_a_key = count(messages) > count(&sent.to_string());
        if parsed.is_ok() || !repeats_a_key {
            assert_eq!(parsed, from_tree, "another way of writing {sent}");
        }
        checked(&sent);
    }
}

fn checked(sent: &Value) {
    if let Ok(history) = parse(sent) {
        let left = repaired(&history);
        nothing_else_is_lost(sent, &history, &left);
    }
}

/// The messages, which Claude accepts and another repair leaves as they are.
fn repaired(history: &History) -> Value {
    let left = history.conversation.messages();
    accepted(&left).unwrap_or_else(|rule| panic!("Claude refuses this ({rule}): {left}"));

    let again = parse(&left).expect("what was repaired is accepted");
    assert_eq!(
        (again.conversation.messages(), again.ids),
        (left.clone(), history.ids.clone()),
        "repaired again, it is another"
    );
    assert_eq!(again.dropped, 0, "something is left to drop in {left}");
    left
}

fn nothing_else_is_lost(sent: &Value, history: &History, left: &Value) {
    let cut =
        json!([{"type": "text", "text": "[The beginning of this conversation is not shown.]"}]);
    let added = left[0]["content"] == cut && sent[0]["content"] != cut;
    let kept = |kinds: &[&str], role: &str| {
        blocks(left, role, kinds)
            .skip(usize::from(added && role == "user"))
            .collect::<Vec<_>>()
    };
    for role in ["user", "assistant"] {
        assert_eq!(
            texts(kept(&["text"], role)),
            texts(blocks(sent, role, &["text"])),
            "text is lost in {left} of {sent}"
        );
    }
    let seen = ["image", "document"];
    assert_eq!(
        blocks(left, "user", &seen).count(),
        blocks(sent, "user", &seen).count()
    );
    let calls: Vec<_> = blocks(left, "assistant", &["tool_use"])
        .map(|call| call["id"].clone())
        .collect();
    assert_eq!(
        calls,
        answered(sent),
        "these calls are kept in {left} of {sent}"
    );
    let total = |messages: &Value| {
        ["user", "assistant"]
            .iter()
            .map(|role| blocks(messages, role, &[]).count())
            .sum::<usize>()
    };
    let is_empty = |message: &&Value| message["content"].as_array().is_some_and(Vec::is_empty);
    let empty = sent.as_array().into_iter().flatten().filter(is_empty);
    assert_eq!(
        history.dropped,
        total(sent) + empty.count() + usize::from(added) - total(left),
        "what was dropped is counted"
    );
}

pub(in crate::agent) fn parse(messages: &Value) -> Result<History, Invalid> {
    parse_body(json!({"messages": messages}).to_string())
}

/// `body` is an object with `messages`.
pub(super) fn parse_body(body: impl Into<Bytes>) -> Result<History, Invalid> {
    let body = body.into();
    let text = std::str::from_utf8(&body).expect("UTF-8");
    let object = Object::parse(text).expect("an object");
    super::parse(object.get("messages").expect("is there"), &body)
}

/// The blocks of one role's messages; a plain text is a block too. No `kinds`: all.
fn blocks<'a>(
    messages: &'a Value,
    role: &'a str,
    kinds: &'a [&'a str],
) -> impl Iterator<Item = Value> + 'a {
    let of_role = messages
        .as_array()
        .into_iter()
        .flatten()
        .filter(move |message| message["role"] == role);
    of_role
        .flat_map(content)
        .filter(move |block| kinds.is_empty() || kinds.iter().any(|kind| block["type"] == *kind))
}

fn content(message: &Value) -> Vec<Value> {
    match &message["content"] {
        Value::String(text) => vec![json!({"type": "text", "text": text})],
        Value::Array(blocks) => blocks.clone(),
        _ => vec![],
    }
}

fn texts(blocks: impl IntoIterator<Item = Value>) -> Vec<String> {
    blocks
        .into_iter()
        .filter_map(|block| block["text"].as_str().map(str::to_owned))
        .filter(|text| !is_blank(text))
        .collect()
}

/// The ids of the calls that are answered, each once. Blank messages do not count as messages, and neighbours of one role
/// count as one: what a tool has done is not forgotten because of how a client splits its messages.
fn answered(sent: &Value) -> Vec<Value> {
    let solid = |block: &Value| {
        block["type"] != "text" || block["text"].as_str().is_some_and(|text| !is_blank(text))
    };
    let mut groups: Vec<(&Value, Vec<Value>)> = Vec::new();
    for message in sent.as_array().expect("a list") {
        let blocks: Vec<Value> = content(message).into_iter().filter(solid).collect();
        match groups.last_mut() {
            _ if blocks.is_empty() => {}
            Some((role, group)) if **role == message["role"] => group.extend(blocks),
            _ => groups.push((&message["role"], blocks)),
        }
    }
    let (mut ids, mut seen) = (Vec::new(), HashSet::new());
    for pair in groups.windows(2).filter(|pair| pair[0].0 == "assistant") {
        for call in pair[0].1.iter().filter(|block| block["type"] == "tool_use") {
            let answers = |block: &Value| {
                block["type"] == "tool_result" && block["tool_use_id"] == call["id"]
            };
            if pair[1].1.iter().any(answers) && seen.insert(call["id"].to_string()) {
                ids.push(call["id"].clone());
            }
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    #[test]
    fn seeds_pass() {
        crate::fuzz::replay("history", super::history);
    }
}
