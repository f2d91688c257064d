//! Reads a `RunAgentInput`: its messages as the messages of `/chat`, and its `resume` as the user's answers.

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use super::{
    message::{Message, missing, required},
    rounds,
};
use crate::{
    agent::{
        approvals::{ApprovalAnswer, ApprovalAnswers},
        http::{
            chat::request::{self, ChatRequest},
            faces::messages::bounded_id,
        },
        json::{Invalid, Object, parse_list},
    },
    http::problem::Problem,
};

/// The longest history that is repeated at the end of the run, in bytes of JSON. Clients refuse events of 10 MB.
const MAX_SNAPSHOT_BYTES: usize = 256 * 1024;
/// Of a message that is kept, besides its JSON: an allocation and its place.
const MESSAGE_COST: usize = 64;

/// The input of a run. Fields that are not listed are ignored: the frontend's `tools`, `state` and `context` do not reach Claude.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "for the OpenAPI document")]
pub(super) struct RunAgentInput {
    thread_id: String,
    run_id: String,
    /// The whole conversation: messages with `id` and the role `user`, `assistant`, `tool` or `reasoning`; others are ignored. The
    /// last one is the user's, unless `resume` is given.
    #[schema(min_items = 1)]
    messages: Vec<serde_json::Map<String, serde_json::Value>>,
    /// The user's answers to the interrupts of the last run, one for each.
    #[schema(max_items = 10000)]
    resume: Option<Vec<ResumeEntry>>,
    forwarded_props: Option<ForwardedProps>,
}

#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "for the OpenAPI document")]
struct ResumeEntry {
    interrupt_id: String,
    /// `resolved` or `cancelled`, which declines.
    status: String,
    /// Required if it is `resolved`.
    payload: Option<ResumePayload>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "for the OpenAPI document")]
struct ResumePayload {
    approved: bool,
    reason: Option<String>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "for the OpenAPI document")]
struct ForwardedProps {
    /// IANA name; unknown or missing: UTC.
    client_timezone: Option<String>,
    /// What to call the user; cut at 100 characters.
    display_name: Option<String>,
}

/// What the renderer needs of the input.
pub(in crate::agent::http::faces) struct RunContext {
    pub(super) thread_id: String,
    pub(super) run_id: String,
    /// The messages, to be repeated at the end of the run; `None` if they are too long.
    pub(super) history: Option<Vec<Box<RawValue>>>,
}

/// Reads a body that [`request::object`] accepts.
pub(in crate::agent::http::faces) fn read(
    body: &[u8],
    values: usize,
) -> Result<(ChatRequest<'_>, RunContext), Problem> {
    let body = request::object(body, values)?;
    let id = |field| {
        let id = bounded_id(required(&body, field)?);
        id.map_err(|invalid| invalid.in_field(field))
    };
    let (thread_id, run_id) = (id("threadId")?, id("runId")?);
    let received = request::messages(&body)?;
    let messages = parse_list(
        received,
        "must be a list of messages",
        "must be an object with `role`",
        |message| Message::parse(&message),
    );
    let messages = messages.map_err(|invalid| invalid.in_field("messages"))?;
    let approvals = body.get("resume").map(answers).transpose()?;
    let mut approvals = approvals.unwrap_or_default();
    let is_resumed = !approvals.is_empty();
    let translated = rounds::translate(messages, received.get().len(), is_resumed);
    let (messages, any_waits) = translated.map_err(|_| Problem::internal())?;
    if !any_waits {
        // After a run that has failed, its client answers the same interrupts again.
        approvals = ApprovalAnswers::default();
    }
    let props = body.get("forwardedProps");
    let props = props.and_then(|props| Object::parse(props.get()).ok());
    let prop = |field| match &props {
        Some(props) => request::text(props, field).map_err(|it| it.in_field("forwardedProps")),
        None => Ok(None),
    };
    let history = history(received);
    let kept = history.iter().flatten();
    let kept = kept.map(|message| message.get().len() + MESSAGE_COST).sum();
    let request = ChatRequest {
        messages,
        stream: None,
        client_timezone: prop("client_timezone")?,
        display_name: prop("display_name")?,
        approvals: Some(approvals),
        kept,
    };
    let context = RunContext {
        thread_id,
        run_id,
        history,
    };
    Ok((request, context))
}

/// The messages without fields that are null, which the protocol does not allow.
fn history(received: &RawValue) -> Option<Vec<Box<RawValue>>> {
    if received.get().len() > MAX_SNAPSHOT_BYTES {
        return None;
    }
    let without_nulls = |message: Object<'_>| {
        let message = to_raw_value(&WithoutNulls(&message));
        message.map_err(|_| Invalid::new("cannot be written"))
    };
    parse_list(received, "", "", without_nulls).ok()
}

struct WithoutNulls<'a>(&'a Object<'a>);

impl Serialize for WithoutNulls<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.0.0.iter();
        let fields = fields.filter(|(_, value)| value.get() != "null");
        serializer.collect_map(fields.map(|(name, value)| (name, value)))
    }
}

/// The user's answers: the id of an interrupt is the token of its approval request.
fn answers(resume: &RawValue) -> Result<ApprovalAnswers, Invalid> {
    let answers = parse_list(
        resume,
        "must be a list",
        "must be an object with `interruptId` and `status`",
        |entry| parse_answer(&entry),
    );
    let answers = answers.map_err(|invalid| invalid.in_field("resume"))?;
    ApprovalAnswers::in_field(answers, "resume", "interruptId")
}

fn parse_answer(entry: &Object<'_>) -> Result<ApprovalAnswer, Invalid> {
    let token = required(entry, "interruptId")?;
    let status = required(entry, "status")?.unescape();
    let approved = match &*status {
        "cancelled" => None,
        "resolved" => Some(entry.get("payload").ok_or_else(|| missing("payload"))?),
        _ => return Err(Invalid::new("must be `resolved` or `cancelled`").in_field("status")),
    };
    let payload = approved.map(|payload| {
        let payload = Object::parse(payload.get());
        payload.map_err(|_| Invalid::new("must be an object with `approved`"))
    });
    let answer = payload.transpose().and_then(|payload| {
        let Some(payload) = payload else {
            return Ok((false, None));
        };
        let approved = payload.boolean("approved")?;
        let approved = approved.ok_or_else(|| missing("approved"))?;
        Ok((approved, payload.string("reason")?))
    });
    let (approved, reason) = answer.map_err(|invalid| invalid.in_field("payload"))?;
    let answer = ApprovalAnswer::new(token, approved, reason);
    answer.map_err(|invalid| invalid.in_field("interruptId"))
}
