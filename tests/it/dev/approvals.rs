//! Approvals with the offline stand-in: `dev` asks before a call that deletes or overwrites.

use serde_json::{Value, json};

use super::Dev;
use crate::support::{answer::user, process::Directory, sse::Event};

const ORDER: &str = "delete my last workout";

/// The conversation up to the question, and the question.
struct Asked {
    history: Vec<Value>,
    approval: Value,
}

impl Asked {
    async fn start(dev: &Dev) -> Self {
        let mut body = user(ORDER);
        body["approvals"] = json!([]);
        let events = dev.chat(&body).await;
        let of_kind = |kind| events.iter().filter(move |event| event.kind == kind);
        let approvals: Vec<&Value> = of_kind("approval_request").map(|it| &it.data).collect();
        let [approval] = approvals[..] else {
            panic!("one request: {events:#?}");
        };
        let done = &events.last().expect("an end").data;
        assert_eq!(done["stop_reason"], "approval_required", "{done}");
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        Self {
            history: [list(&body["messages"]), list(&done["messages"])].concat(),
            approval: approval.clone(),
        }
    }

    /// What the stand-in says to this answer.
    async fn answered(&self, dev: &Dev, mut answer: Value) -> String {
        answer["token"] = self.approval["token"].clone();
        let body = json!({"messages": self.history, "approvals": [answer]});
        said(&dev.chat(&body).await)
    }
}

fn said(events: &[Event]) -> String {
    let texts = events.iter().filter(|event| event.kind == "text_delta");
    texts
        .map(|event| event.data["text"].as_str().unwrap_or_default())
        .collect()
}

/// The last workout, as the log has it.
async fn last_workout(dev: &Dev) -> Value {
    let events = dev.ask("show my last workouts").await;
    let result = events.iter().find(|event| event.kind == "tool_result");
    result.expect("a result").data["structured"]["workouts"][0].clone()
}

#[tokio::test]
async fn deletion_waits_for_the_user_and_is_made_when_approved() {
    let dev = Dev::start(&Directory::new(), &[], &[]).await;
    let last = last_workout(&dev).await;
    let asked = Asked::start(&dev).await;
    let shown = ["name", "title", "input", "destructive"].map(|field| &asked.approval[field]);
    let input = json!({"workout_id": last["id"]});
    assert_eq!(
        json!(shown),
        json!(["delete_workout", "Delete a workout", input, true])
    );
    assert_eq!(
        last_workout(&dev).await,
        last,
        "nothing is deleted before the answer"
    );
    let day = &last["performed_at"].as_str().expect("a time")[..10];
    let told = asked.answered(&dev, json!({"approved": true})).await;
    let expected = format!("I have deleted your workout of {day}: ");
    assert!(told.starts_with(&expected), "{told}");
    assert_ne!(last_workout(&dev).await["id"], last["id"]);
}

#[tokio::test]
async fn declined_deletion_is_not_made() {
    let dev = Dev::start(&Directory::new(), &[], &[]).await;
    let last = last_workout(&dev).await;
    let asked = Asked::start(&dev).await;
    let answer = json!({"approved": false, "reason": "I want to keep it"});
    let told = asked.answered(&dev, answer).await;
    assert!(
        told.starts_with("You declined, so your workout of "),
        "{told}"
    );
    assert_eq!(last_workout(&dev).await, last);
}

#[tokio::test]
async fn client_that_cannot_ask_deletes_nothing() {
    let dev = Dev::start(&Directory::new(), &[], &[]).await;
    let last = last_workout(&dev).await;
    let told = dev.says(ORDER).await;
    assert!(
        told.contains("only once you have confirmed it, and you have not"),
        "{told}"
    );
    assert_eq!(last_workout(&dev).await, last);
}

#[tokio::test]
async fn approvals_of_the_environment_count() {
    let dev = Dev::start(&Directory::new(), &[], &[("AGENT_APPROVALS", "off")]).await;
    let last = last_workout(&dev).await;
    let told = dev.says(ORDER).await;
    assert!(
        told.starts_with("I have deleted your workout of "),
        "{told}"
    );
    assert_ne!(last_workout(&dev).await["id"], last["id"]);
}
