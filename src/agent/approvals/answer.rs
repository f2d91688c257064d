//! Parses the user's answers to approval requests, as clients send them.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::agent::json::{Invalid, Object, parse_list};

/// The most answers in one request: more than the calls that fit into the longest reply.
const MAX_ANSWERS: usize = 10_000;
/// The longest token, in bytes.
pub(super) const MAX_TOKEN_BYTES: usize = 4096;
/// The longest reason, in characters. The rest is left out.
pub const MAX_REASON_CHARS: usize = 500;

/// The user's answer to an approval request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ApprovalAnswer {
    /// That of the request.
    #[schema(max_length = 4096)]
    pub token: String,
    pub approved: bool,
    /// Why the user declines, for Claude; cut at 500 characters.
    pub reason: Option<String>,
}

/// Parses the field `approvals` of a request.
///
/// # Errors
/// The first value that is not an answer.
pub fn parse_answers(answers: &RawValue) -> Result<Vec<ApprovalAnswer>, Invalid> {
    let parsed = parse_list(
        answers,
        "must be a list of answers",
        "must be an object with `token` and `approved`",
        |answer| parse_answer(&answer),
    );
    let parsed = parsed.and_then(|answers| match answers.len() {
        0..=MAX_ANSWERS => Ok(answers),
        _ => Err(Invalid::new(format!(
            "must not hold more than {MAX_ANSWERS} answers"
        ))),
    });
    parsed.map_err(|invalid| invalid.in_field("approvals"))
}

fn parse_answer(answer: &Object<'_>) -> Result<ApprovalAnswer, Invalid> {
    let missing = |field| Invalid::new("is missing").in_field(field);
    let token = answer.string("token")?.ok_or_else(|| missing("token"))?;
    if answer
        .get("token")
        .is_some_and(|token| token.get().len() > MAX_TOKEN_BYTES + 2)
    {
        let why = format!("must not be longer than {MAX_TOKEN_BYTES} bytes");
        return Err(Invalid::new(why).in_field("token"));
    }
    let approved = answer.boolean("approved")?;
    let reason = answer.string("reason")?;
    Ok(ApprovalAnswer {
        token: token.unescape().into_owned(),
        approved: approved.ok_or_else(|| missing("approved"))?,
        reason: reason.map(|reason| reason.unescape().chars().take(MAX_REASON_CHARS).collect()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(answers: &Value) -> Result<Vec<ApprovalAnswer>, String> {
        let raw = RawValue::from_string(answers.to_string()).unwrap();
        parse_answers(&raw).map_err(|invalid| invalid.to_string())
    }

    #[test]
    fn an_answer_is_a_token_a_decision_and_perhaps_a_reason_which_is_cut() {
        let answers = json!([
            {"token": "t.s", "approved": true, "reason": null, "other": 1},
            {"token": "t.s", "approved": false, "reason": "é".repeat(501)},
        ]);
        let answers = parse(&answers).unwrap();
        let shown: Vec<_> = answers
            .iter()
            .map(|it| (&*it.token, it.approved, it.reason.as_ref().map(String::len)))
            .collect();
        assert_eq!(shown, [("t.s", true, None), ("t.s", false, Some(1000))]);
        assert_eq!(parse(&json!([])), Ok(vec![]));
    }

    #[test]
    fn what_is_no_answer_is_refused_with_its_place() {
        let good = json!({"token": "t.s", "approved": true});
        let long = "x".repeat(MAX_TOKEN_BYTES + 1);
        for (answers, expected) in [
            (json!({}), "approvals: must be a list of answers"),
            (
                json!([good, "yes"]),
                "approvals[1]: must be an object with `token` and `approved`",
            ),
            (
                json!([{"approved": true}]),
                "approvals[0].token: is missing",
            ),
            (
                json!([good, {"token": 5, "approved": true}]),
                "approvals[1].token: must be a string",
            ),
            (
                json!([{"token": long, "approved": true}]),
                "approvals[0].token: must not be longer than 4096 bytes",
            ),
            (
                json!([{"token": "t.s"}]),
                "approvals[0].approved: is missing",
            ),
            (
                json!([{"token": "t.s", "approved": "yes"}]),
                "approvals[0].approved: must be a boolean",
            ),
            (
                json!([{"token": "t.s", "approved": true, "reason": 5}]),
                "approvals[0].reason: must be a string",
            ),
            (
                json!(vec![good; MAX_ANSWERS + 1]),
                "approvals: must not hold more than 10000 answers",
            ),
        ] {
            assert_eq!(parse(&answers), Err(expected.to_owned()));
        }
    }
}
