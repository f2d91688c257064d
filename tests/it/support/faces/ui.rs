//! A client as `useChat`: `processUIMessageStream` of the npm package `ai`, version 7.

use serde_json::{Value, json};

use super::{data, objects, post};
use crate::support::test_app::TestApp;

/// A chat with the user Sam.
#[derive(Default)]
pub struct UiChat {
    pub messages: Vec<Value>,
    /// Fields beside the messages: the option `body` of the transport.
    pub body: Value,
    pub count: usize,
}

impl UiChat {
    /// Sends a text; the chunks of the answer.
    pub async fn send(&mut self, app: &TestApp, text: &str) -> Vec<Value> {
        self.send_parts(app, json!([{"type": "text", "text": text}]))
            .await
    }

    pub async fn send_parts(&mut self, app: &TestApp, parts: Value) -> Vec<Value> {
        self.count += 1;
        let id = format!("u{}", self.count);
        self.messages
            .push(json!({"id": id, "role": "user", "parts": parts}));
        self.submit(app).await
    }

    /// The request with the messages so far.
    pub fn request(&self) -> Value {
        let mut request =
            json!({"id": "c1", "messages": self.messages, "trigger": "submit-message"});
        let more = self.body.as_object().cloned().unwrap_or_default();
        request.as_object_mut().unwrap().extend(more);
        request
    }

    /// Sends the messages as they are.
    pub async fn submit(&mut self, app: &TestApp) -> Vec<Value> {
        let request = post(app, "/chat/ui", "sam").body(self.request().to_string());
        let mut data = data(request).await;
        assert_eq!(data.pop().as_deref(), Some("[DONE]"));
        let chunks = objects(&data);
        if self.last()["role"] != "assistant" {
            self.count += 1;
            let id = format!("a{}", self.count);
            self.messages
                .push(json!({"id": id, "role": "assistant", "parts": []}));
        }
        for chunk in &chunks {
            self.apply(chunk);
        }
        chunks
    }

    pub fn last(&self) -> &Value {
        self.messages.last().expect("a message")
    }

    /// The user's answer to the approval request of this id.
    pub fn answer(&mut self, id: &str, approved: bool, reason: Option<&str>) {
        let part = self.call(id);
        assert_eq!(part["state"], "approval-requested");
        part["state"] = "approval-responded".into();
        part["approval"]["approved"] = approved.into();
        if let Some(reason) = reason {
            part["approval"]["reason"] = reason.into();
        }
    }

    fn parts(&mut self) -> &mut Vec<Value> {
        let message = self.messages.last_mut().expect("a message");
        message["parts"].as_array_mut().expect("parts")
    }

    fn call(&mut self, id: &str) -> &mut Value {
        let call = self
            .parts()
            .iter_mut()
            .rev()
            .find(|part| part["toolCallId"] == id);
        call.unwrap_or_else(|| panic!("no call {id}"))
    }

    /// The text or reasoning that is open under this id.
    fn open(&mut self, id: &Value) -> &mut Value {
        let open = self.parts().iter_mut().find(|part| part["open"] == *id);
        open.unwrap_or_else(|| panic!("nothing is open under {id}"))
    }

    fn apply(&mut self, chunk: &Value) {
        let kind = chunk["type"].as_str().expect("a type");
        let id = chunk["toolCallId"].as_str().unwrap_or_default();
        match kind {
            "start" => {
                if let Some(id) = chunk.get("messageId") {
                    assert_eq!(*id, self.last()["id"], "another message");
                }
                self.merge_metadata(chunk);
            }
            "message-metadata" | "finish" => self.merge_metadata(chunk),
            "start-step" => self.parts().push(json!({"type": "step-start"})),
            "text-start" | "reasoning-start" => {
                let kind = kind.trim_end_matches("-start");
                let mut part =
                    json!({"type": kind, "text": "", "state": "streaming", "open": chunk["id"]});
                take_metadata(&mut part, chunk);
                self.parts().push(part);
            }
            "text-delta" | "reasoning-delta" => {
                let part = self.open(&chunk["id"]);
                let delta = chunk["delta"].as_str().expect("a delta");
                assert!(!delta.is_empty(), "an empty delta");
                part["text"] = format!("{}{delta}", part["text"].as_str().unwrap()).into();
            }
            "text-end" | "reasoning-end" => {
                let part = self.open(&chunk["id"]);
                part["state"] = "done".into();
                take_metadata(part, chunk);
                part.as_object_mut().unwrap().remove("open");
            }
            "tool-input-start" => self
                .parts()
                .push(json!({"type": "dynamic-tool", "toolCallId": id,
                "toolName": chunk["toolName"], "state": "input-streaming"})),
            "tool-input-available" => {
                let part = self.call(id);
                part["state"] = "input-available".into();
                part["input"] = chunk["input"].clone();
            }
            "tool-output-available" => {
                let part = self.call(id);
                part["state"] = "output-available".into();
                part["output"] = chunk["output"].clone();
            }
            "tool-output-error" => {
                let part = self.call(id);
                part["state"] = "output-error".into();
                part["errorText"] = chunk["errorText"].clone();
                if let Some(metadata) = chunk.get("providerMetadata") {
                    part["resultProviderMetadata"] = metadata.clone();
                }
            }
            "tool-output-denied" => self.call(id)["state"] = "output-denied".into(),
            "tool-approval-request" => {
                let part = self.call(id);
                part["state"] = "approval-requested".into();
                part["approval"] = json!({"id": chunk["approvalId"], "descriptor": chunk["approvalDescriptor"],
                    "signature": chunk["signature"]});
            }
            "finish-step" | "error" => {}
            data if data.starts_with("data-") => self.parts().push(chunk.clone()),
            other => panic!("an unknown chunk: {other}"),
        }
    }

    fn merge_metadata(&mut self, chunk: &Value) {
        let message = self.messages.last_mut().expect("a message");
        if let Some(fields) = chunk["messageMetadata"].as_object() {
            for (name, value) in fields {
                message["metadata"][name] = value.clone();
            }
        }
    }
}

fn take_metadata(part: &mut Value, chunk: &Value) {
    if let Some(metadata) = chunk.get("providerMetadata") {
        part["providerMetadata"] = metadata.clone();
    }
}
