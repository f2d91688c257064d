//! Reads the request of `useChat`: its `UIMessage`s as the messages of `/chat`, and the user's answers in their parts.

use std::borrow::Cow;

use utoipa::ToSchema;

use super::part::{Call, Outcome, Part};
use crate::{
    agent::{
        approvals::{ApprovalAnswer, ApprovalAnswers},
        claude::Role,
        http::{
            chat::{
                messages::Place,
                request::{self, ChatRequest},
            },
            faces::messages::{Block, Translation, bounded_id},
        },
        json::{Invalid, JsonStr, Object, parse_list},
    },
    http::problem::Problem,
};

/// The body of a request, as `useChat` sends it. Fields that are not listed are ignored.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the OpenAPI document")]
pub(super) struct UiRequest {
    /// The whole conversation as `UIMessage`s: objects with `id`, `role` (`user` or `assistant`) and `parts`. The last one is the
    /// user's, or an assistant's whose approval requests are answered.
    #[schema(min_items = 1)]
    messages: Vec<UiMessage>,
    /// IANA name; unknown or missing: UTC. An option `body` of the transport.
    #[schema(example = "America/Denver")]
    client_timezone: Option<String>,
    /// What to call the user; cut at 100 characters. An option `body` of the transport.
    display_name: Option<String>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "for the OpenAPI document")]
struct UiMessage {
    id: String,
    role: Role,
    /// Parts of the types `text`, `file`, `reasoning`, `step-start`, `dynamic-tool`, `tool-…` and `data-anthropic-block`; others are
    /// ignored.
    parts: Vec<serde_json::Map<String, serde_json::Value>>,
}

/// The id of the assistant's message that the turn continues.
pub(in crate::agent::http::faces) type Continued = Option<String>;

struct Message<'a> {
    id: Option<JsonStr<'a>>,
    role: Role,
    parts: Vec<Part<'a>>,
    /// Claude refused in the last step, which is not part of the history.
    refused: bool,
    /// The ids of the calls that are not part of the history.
    left_out: Vec<Cow<'a, str>>,
}

/// Reads a body that [`request::object`] accepts.
pub(in crate::agent::http::faces) fn read(
    body: &[u8],
    values: usize,
) -> Result<(ChatRequest<'_>, Continued), Problem> {
    let body = request::object(body, values)?;
    let received = request::messages(&body)?;
    let messages = parse_list(
        received,
        "must be a list of messages",
        "must be an object with `role` and `parts`",
        |message| parse_message(&message),
    );
    let messages = messages.map_err(|invalid| invalid.in_field("messages"))?;
    let last = messages.last().filter(|it| it.role == Role::Assistant);
    let answers = last.map(|last| answers(last, messages.len() - 1));
    let approvals = answers.transpose()?.unwrap_or_default();
    let continued = last.and_then(|last| last.id).map(bounded_id);
    let continued = continued.transpose().map_err(|invalid| {
        let invalid = invalid.in_field("id").in_item(messages.len() - 1);
        invalid.in_field("messages")
    })?;
    let mut translation = Translation::default();
    for (at, message) in messages.into_iter().enumerate() {
        let place = Place::message(at);
        match message.role {
            Role::User => write_user(message, place, &mut translation),
            Role::Assistant => write_assistant(message, place, &mut translation),
        }
    }
    let request = ChatRequest {
        messages: translation
            .finish(received.get().len())
            .map_err(|_| Problem::internal())?,
        stream: None,
        client_timezone: request::text(&body, "client_timezone")?,
        display_name: request::text(&body, "display_name")?,
        approvals: Some(approvals),
        kept: 0,
    };
    Ok((request, continued))
}

fn parse_message<'a>(message: &Object<'a>) -> Result<Message<'a>, Invalid> {
    let role = message.string("role")?.map(JsonStr::unescape);
    let role = match role.as_deref() {
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => return Err(Invalid::new("must be `user` or `assistant`").in_field("role")),
    };
    let expected = "must be a list of parts";
    let parts = message.get("parts").ok_or_else(|| Invalid::new(expected));
    let parts = parts.and_then(|parts| {
        let not_a_part = "must be a part: an object with a `type`";
        parse_list(parts, expected, not_a_part, |part| Part::parse(role, &part))
    });
    let metadata = message
        .get("metadata")
        .and_then(|it| Object::parse(it.get()).ok());
    let metadata = |name| metadata.as_ref().and_then(|it| it.get(name));
    let stop_reason = metadata("stop_reason").and_then(JsonStr::new);
    let left_out = metadata("left_out").map(|ids| serde_json::from_str(ids.get()));
    Ok(Message {
        id: message.string("id")?,
        role,
        parts: parts.map_err(|invalid| invalid.in_field("parts"))?,
        refused: stop_reason.is_some_and(|reason| reason.unescape() == "refusal"),
        left_out: left_out.and_then(Result::ok).unwrap_or_default(),
    })
}

fn write_user<'a>(message: Message<'a>, place: Place, to: &mut Translation<'a>) {
    to.begin(Role::User, place);
    for (at, part) in message.parts.into_iter().enumerate() {
        if let Part::Block(block) = part {
            to.push(place.item("parts", at), block);
        }
    }
}

/// Each step is a message of Claude and one with the results of its calls.
fn write_assistant<'a>(message: Message<'a>, place: Place, to: &mut Translation<'a>) {
    let is_step = |part: &Part<'_>| matches!(part, Part::StepStart);
    let end = match message.parts.iter().rposition(is_step) {
        Some(last) if message.refused => last,
        None if message.refused => 0,
        _ => message.parts.len(),
    };
    let mut results = Vec::new();
    to.begin(Role::Assistant, place);
    for (at, part) in message.parts.into_iter().take(end).enumerate() {
        let place_of_part = place.item("parts", at);
        match part {
            Part::StepStart => {
                write_results(&mut results, place, to);
                to.begin(Role::Assistant, place);
            }
            Part::Block(block) => to.push(place_of_part, block),
            Part::Call(call) if !call.is_one_of(&message.left_out) => {
                let Call {
                    id,
                    name,
                    input,
                    outcome,
                    ..
                } = call;
                if let Some(result) = outcome.into_result(id) {
                    to.push(place_of_part, Block::ToolUse { id, name, input });
                    results.push((place_of_part, result));
                }
            }
            Part::Call(_) | Part::Ignored => {}
        }
    }
    write_results(&mut results, place, to);
}

fn write_results<'a>(
    results: &mut Vec<(Place, Block<'a>)>,
    place: Place,
    to: &mut Translation<'a>,
) {
    if results.is_empty() {
        return;
    }
    to.begin(Role::User, place);
    for (place, result) in results.drain(..) {
        to.push(place, result);
    }
}

/// The user's answers in the last message: the signature of an approval is its token.
fn answers(message: &Message<'_>, at: usize) -> Result<ApprovalAnswers, Invalid> {
    let place = Place::message(at);
    let mut answers = Vec::new();
    for (part, call) in message.parts.iter().enumerate() {
        let Part::Call(Call {
            id,
            outcome: Outcome::Waiting(Some(answer)),
            ..
        }) = call
        else {
            continue;
        };
        let place = format!("{}.approval.signature", place.item("parts", part));
        let token = answer
            .token
            .ok_or_else(|| Invalid::new("is missing").at(&place))?;
        let parsed = ApprovalAnswer::new(token, answer.approved, answer.reason);
        let parsed = parsed.map_err(|invalid| invalid.at(&place))?;
        answers.push(parsed.at(place).of_call(*id));
    }
    ApprovalAnswers::new(answers, place)
}
