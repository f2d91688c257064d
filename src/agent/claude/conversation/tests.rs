use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::*;
use crate::agent::claude::Block;

fn thinking(text: &str) -> Block {
    Block::Thinking {
        thinking: text.into(),
        signature: "c2ln".into(),
    }
}

/// Every list of up to five blocks, thinking or not, in two messages.
#[test]
fn a_conversation_without_its_thinking_is_the_other_blocks_in_order() {
    for length in 1..=5_usize {
        for plan in 0..1_usize << length {
            let blocks = (0..length).map(|at| match plan >> at & 1 {
                0 => Block::text(format!("t{at}")),
                _ => thinking("hm"),
            });
            let blocks: Vec<Block> = blocks.collect();
            let kept: Vec<&Block> = blocks.iter().filter(|block| !block.is_thinking()).collect();
            let expected = if kept.is_empty() {
                json!(blocks)
            } else {
                json!(kept)
            };
            let question = [Block::text("?")];
            let mut conversation = Conversation::default();
            let messages = [
                (Role::User, &question[..]),
                (Role::Assistant, &blocks[..]),
                (Role::User, &question[..]),
            ];
            conversation.extend(messages, &Bytes::new()).unwrap();
            let removed = kept.len() < blocks.len() && !kept.is_empty();
            assert_eq!(conversation.remove_thinking(), removed);
            assert!(!conversation.remove_thinking());
            let user = json!({"role": "user", "content": question});
            let assistant = json!({"role": "assistant", "content": expected});
            assert_eq!(conversation.messages(), json!([user, assistant, user]));
            let sent = conversation.with_breakpoints(b",\"mark\":1").concat();
            let sent: Value =
                serde_json::from_str(&format!("[{}]", String::from_utf8(sent).unwrap())).unwrap();
            assert_eq!(sent[0]["content"][0]["mark"], 1);
            assert_eq!(sent[2]["content"][0]["mark"], 1);
            assert_eq!(conversation.length, conversation.json().len() - 2);
        }
    }
}

#[derive(Serialize)]
struct Raw<'a> {
    thinking: &'a RawValue,
}

impl ContentBlock for Raw<'_> {
    fn is_thinking(&self) -> bool {
        self.thinking.get().len() > 10
    }
}

#[test]
fn thinking_that_is_shared_with_the_body_is_removed() {
    let body = Bytes::from(format!("\"{}\"", "x".repeat(200_000)));
    let long: &RawValue = serde_json::from_slice(&body).unwrap();
    let short: &RawValue = serde_json::from_str("1").unwrap();
    let blocks = [long, short, long, long, short].map(|thinking| Raw { thinking });
    let mut conversation = Conversation::default();
    for _ in 0..2 {
        let messages = [(Role::Assistant, &blocks[..])];
        conversation.extend(messages, &body).unwrap();
    }
    assert!(conversation.json.len() > 6);
    assert!(conversation.remove_thinking());
    let message = json!({"role": "assistant", "content": [{"thinking": 1}, {"thinking": 1}]});
    assert_eq!(conversation.messages(), json!([message, message]));
}

/// A block that waits if its text says so.
#[derive(Serialize)]
#[serde(transparent)]
struct Waiting(Block);

impl ContentBlock for Waiting {
    fn is_thinking(&self) -> bool {
        self.0.is_thinking()
    }

    fn is_waiting(&self) -> bool {
        self.0 == Block::text("waits")
    }
}

/// Every list of up to four blocks that wait or not, after thinking; and both orders of replacing and forgetting.
#[test]
fn waiting_results_of_the_last_message_are_replaced_in_place() {
    let texts = ["a", "a longer result", ""];
    for length in 1..=4_usize {
        for plan in 0..1_usize << length {
            for forget_first in [true, false] {
                let waits = |at: usize| plan >> at & 1 == 1;
                let block = |at: usize| {
                    if waits(at) {
                        Block::text("waits")
                    } else {
                        Block::text(format!("t{at}"))
                    }
                };
                let last: Vec<_> = (0..length).map(|at| Waiting(block(at))).collect();
                let earlier = [Waiting(Block::text("waits"))];
                let thought = [Waiting(thinking("hm")), Waiting(Block::text("x"))];
                let mut conversation = Conversation::default();
                let messages = [
                    (Role::User, &earlier[..]),
                    (Role::Assistant, &thought[..]),
                    (Role::User, &last[..]),
                ];
                conversation.extend(messages, &Bytes::new()).unwrap();
                if forget_first {
                    assert!(conversation.remove_thinking());
                }
                let results: Vec<Block> = (0..length)
                    .filter(|at| waits(*at))
                    .zip(texts.iter().cycle())
                    .map(|(_, text)| Block::text(*text))
                    .collect();
                conversation.replace_waiting(&results).unwrap();
                assert!(forget_first || conversation.remove_thinking());
                let mut results = results.into_iter();
                let expected: Vec<Block> = (0..length)
                    .map(|at| {
                        if waits(at) {
                            results.next().unwrap()
                        } else {
                            block(at)
                        }
                    })
                    .collect();
                let sent = conversation.with_breakpoints(b",\"mark\":1").concat();
                let sent = format!("[{}]", String::from_utf8(sent).unwrap());
                let mut sent: Value = serde_json::from_str(&sent).unwrap();
                let last = sent[2]["content"].as_array_mut().unwrap().last_mut();
                let marked = last.and_then(|last| last.as_object_mut()?.shift_remove("mark"));
                assert_eq!(marked, Some(json!(1)), "{plan:b}");
                assert_eq!(sent[2]["content"], json!(expected));
                assert_eq!(sent[1]["content"], json!([Block::text("x")]));
                assert_eq!(sent[0]["content"][0]["text"], "waits");
                assert_eq!(conversation.length, conversation.json().len() - 2);
                // What has its result does not wait any more.
                conversation.replace_waiting(&[Block::text("no")]).unwrap();
                assert!(!conversation.json().contains("no\""));
            }
        }
    }
}
