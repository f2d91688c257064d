//! A client as `HttpAgent`: `defaultApplyEvents` and `verifyEvents` of the npm package `@ag-ui/client`, version 1.0.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{data, objects, post};
use crate::support::test_app::TestApp;

/// A thread of the user Sam.
#[derive(Default)]
pub struct Thread {
    pub messages: Vec<Value>,
    /// Fields beside the messages.
    pub input: Value,
    /// Of the last run.
    pub interrupts: Vec<Value>,
    pub count: usize,
    /// The ids of messages, spans, calls and steps that are open.
    pub open: HashSet<String>,
    /// Leaves the snapshot out, as a client that does not know it.
    pub ignores_snapshots: bool,
}

impl Thread {
    pub async fn send(&mut self, app: &TestApp, content: impl Into<Value>) -> Vec<Value> {
        self.count += 1;
        let id = format!("u{}", self.count);
        self.messages
            .push(json!({"id": id, "role": "user", "content": content.into()}));
        self.run(app, None).await
    }

    pub fn request(&self) -> Value {
        let mut input = json!({"threadId": "th1", "runId": "r1", "protocolVersion": "1.0", "messages": self.messages,
            "tools": [], "context": [], "state": {}, "forwardedProps": {}});
        let more = self.input.as_object().cloned().unwrap_or_default();
        input.as_object_mut().unwrap().extend(more);
        input
    }

    /// Answers all interrupts, in order.
    pub async fn resume(&mut self, app: &TestApp, answers: &[Value]) -> Vec<Value> {
        let entries = self
            .interrupts
            .iter()
            .zip(answers)
            .map(|(interrupt, answer)| {
                let mut entry = answer.clone();
                entry["interruptId"] = interrupt["id"].clone();
                entry
            });
        let entries: Value = entries.collect();
        self.run(app, Some(entries)).await
    }

    pub async fn run(&mut self, app: &TestApp, resume: Option<Value>) -> Vec<Value> {
        let mut request = self.request();
        if let Some(resume) = resume {
            request["resume"] = resume;
        }
        let request = post(app, "/chat/agui", "sam").body(request.to_string());
        let events = objects(&data(request).await);
        self.open.clear();
        for (at, event) in events.iter().enumerate() {
            assert_no_null(event);
            let kind = event["type"].as_str().expect("a type");
            assert_eq!(at == 0, kind == "RUN_STARTED", "{events:#?}");
            let is_last = at + 1 == events.len();
            assert_eq!(
                is_last,
                matches!(kind, "RUN_FINISHED" | "RUN_ERROR"),
                "{events:#?}"
            );
            self.apply(kind, event);
        }
        assert!(self.open.is_empty(), "still open: {:?}", self.open);
        events
    }

    fn begin(&mut self, kind: &str, id: &Value) {
        assert!(
            self.open.insert(format!("{kind} {id}")),
            "{kind} {id} is open"
        );
    }

    fn end(&mut self, kind: &str, id: &Value) {
        assert!(
            self.open.remove(&format!("{kind} {id}")),
            "{kind} {id} is not open"
        );
    }

    fn message(&mut self, id: &Value) -> Option<&mut Value> {
        self.messages
            .iter_mut()
            .find(|message| message["id"] == *id)
    }

    fn call(&mut self, id: &Value) -> &mut Value {
        let calls = self
            .messages
            .iter_mut()
            .filter_map(|it| it.get_mut("toolCalls")?.as_array_mut());
        let call = calls.flatten().find(|call| call["id"] == *id);
        call.unwrap_or_else(|| panic!("no call {id}"))
    }

    fn apply(&mut self, kind: &str, event: &Value) {
        let (id, call_id) = (&event["messageId"], &event["toolCallId"]);
        match kind {
            "RUN_STARTED" | "RUN_ERROR" => {}
            "RUN_FINISHED" => {
                let interrupts = event["outcome"]["interrupts"].as_array();
                self.interrupts = interrupts.cloned().unwrap_or_default();
            }
            "STEP_STARTED" => self.begin("step", &event["stepName"]),
            "STEP_FINISHED" => self.end("step", &event["stepName"]),
            "TEXT_MESSAGE_START" | "REASONING_MESSAGE_START" => {
                self.begin("message", id);
                if self.message(id).is_none() {
                    let message = json!({"id": id, "role": event["role"], "content": ""});
                    self.messages.push(message);
                }
            }
            "TEXT_MESSAGE_CONTENT" | "REASONING_MESSAGE_CONTENT" => {
                let delta = event["delta"].as_str().expect("a delta");
                assert!(!delta.is_empty(), "an empty delta");
                let message = self.message(id).expect("the message");
                let content = message["content"].as_str().unwrap_or_default();
                message["content"] = format!("{content}{delta}").into();
            }
            "TEXT_MESSAGE_END" | "REASONING_MESSAGE_END" => self.end("message", id),
            "REASONING_START" => self.begin("span", id),
            "REASONING_END" => self.end("span", id),
            "REASONING_ENCRYPTED_VALUE" => {
                let entity = &event["entityId"];
                let entity = match event["subtype"].as_str() {
                    Some("tool-call") => self.call(entity),
                    Some("message") => self.message(entity).expect("the message"),
                    other => panic!("an unknown subtype {other:?}"),
                };
                entity["encryptedValue"] = event["encryptedValue"].clone();
            }
            "TOOL_CALL_START" => {
                self.begin("call", call_id);
                let parent = &event["parentMessageId"];
                if self.message(parent).is_none() {
                    self.messages
                        .push(json!({"id": parent, "role": "assistant"}));
                }
                let parent = self.message(parent).expect("the parent");
                assert_eq!(parent["role"], "assistant");
                let call = json!({"id": call_id, "type": "function",
                    "function": {"name": event["toolCallName"], "arguments": ""}});
                match parent["toolCalls"].as_array_mut() {
                    Some(calls) => calls.push(call),
                    None => parent["toolCalls"] = json!([call]),
                }
            }
            "TOOL_CALL_ARGS" => {
                let call = self.call(call_id);
                let arguments = call["function"]["arguments"].as_str().expect("a text");
                let arguments = format!("{arguments}{}", event["delta"].as_str().unwrap());
                call["function"]["arguments"] = arguments.into();
            }
            "TOOL_CALL_END" => self.end("call", call_id),
            "TOOL_CALL_RESULT" => self.add_result(event),
            "MESSAGES_SNAPSHOT" if self.ignores_snapshots => {}
            "MESSAGES_SNAPSHOT" => self.replace(event["messages"].as_array().expect("a list")),
            other => panic!("an unknown event {other}"),
        }
    }

    /// Directly after the message of the call and its other results.
    fn add_result(&mut self, event: &Value) {
        let mut message = json!({"id": event["messageId"], "role": "tool", "toolCallId": event["toolCallId"],
            "content": event["content"]});
        if let Some(metadata) = event.get("metadata") {
            message["metadata"] = metadata.clone();
        }
        let owns = |it: &Value| {
            let calls = it["toolCalls"].as_array().into_iter().flatten();
            calls.clone().any(|call| call["id"] == event["toolCallId"])
        };
        let owner = self.messages.iter().position(owns).expect("the call");
        let after = self.messages[owner + 1..].iter();
        let results = after.take_while(|it| it["role"] == "tool").count();
        self.messages.insert(owner + 1 + results, message);
    }

    /// Messages keep their places; those that the snapshot does not have are removed.
    fn replace(&mut self, snapshot: &[Value]) {
        let with_reasoning = snapshot.iter().any(|it| it["role"] == "reasoning");
        let find = |id: &Value| snapshot.iter().find(|it| it["id"] == *id);
        self.messages.retain(|it| {
            find(&it["id"]).is_some() || (it["role"] == "reasoning" && !with_reasoning)
        });
        for message in &mut self.messages {
            if let Some(new) = find(&message["id"]) {
                *message = new.clone();
            }
        }
        for new in snapshot {
            if self.message(&new["id"]).is_none() {
                self.messages.push(new.clone());
            }
        }
    }
}

/// The schemas refuse null where a field may be absent. What tools say may hold it.
fn assert_no_null(event: &Value) {
    for (name, value) in event.as_object().expect("an object") {
        assert!(!value.is_null(), "{name} is null in {event}");
    }
}
