//! Parses the user's answers to approval requests, as clients send them.

use std::fmt;

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::agent::json::{Invalid, JsonStr, Object, parse_list};

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
    /// Where the request has the token, for errors.
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) place: String,
    /// The id of the call at which the client has the answer, if it is kept at one.
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) call: Option<String>,
}

/// The answers of a request. Empty: the client can ask the user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApprovalAnswers {
    pub(super) list: Vec<ApprovalAnswer>,
    /// Where the request has them, for errors.
    pub(super) place: String,
}

impl ApprovalAnswer {
    /// # Errors
    /// The token is too long.
    pub fn new(
        token: JsonStr<'_>,
        approved: bool,
        reason: Option<JsonStr<'_>>,
    ) -> Result<Self, Invalid> {
        if token.raw_len() > MAX_TOKEN_BYTES + 2 {
            let why = format!("must not be longer than {MAX_TOKEN_BYTES} bytes");
            return Err(Invalid::new(why));
        }
        Ok(Self {
            token: token.unescape().into_owned(),
            approved,
            reason: reason.map(|it| it.unescape().chars().take(MAX_REASON_CHARS).collect()),
            place: String::new(),
            call: None,
        })
    }

    /// The same answer, with the place of its token.
    #[must_use]
    pub fn at(self, place: impl fmt::Display) -> Self {
        let place = place.to_string();
        Self { place, ..self }
    }

    /// The same answer, which must be for this call.
    #[must_use]
    pub fn of_call(self, id: JsonStr<'_>) -> Self {
        let call = Some(id.unescape().into_owned());
        Self { call, ..self }
    }
}

impl ApprovalAnswers {
    /// # Errors
    /// There are too many.
    pub fn new(list: Vec<ApprovalAnswer>, place: impl fmt::Display) -> Result<Self, Invalid> {
        let place = place.to_string();
        if list.len() > MAX_ANSWERS {
            let why = format!("must not hold more than {MAX_ANSWERS} answers");
            return Err(Invalid::new(why).at(place));
        }
        Ok(Self { list, place })
    }

    /// The list in the field `field` of a request, whose items have the token in `token_field`.
    ///
    /// # Errors
    /// There are too many.
    pub fn in_field(
        list: Vec<ApprovalAnswer>,
        field: &str,
        token_field: &str,
    ) -> Result<Self, Invalid> {
        let list = list.into_iter().enumerate();
        let list = list.map(|(n, answer)| answer.at(format_args!("{field}[{n}].{token_field}")));
        Self::new(list.collect(), field)
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// Parses the field `approvals` of a request to `/chat`.
///
/// # Errors
/// The first value that is not an answer.
pub fn parse_answers(answers: &RawValue) -> Result<ApprovalAnswers, Invalid> {
    let parsed = parse_list(
        answers,
        "must be a list of answers",
        "must be an object with `token` and `approved`",
        |answer| parse_answer(&answer),
    );
    let answers = parsed.map_err(|invalid| invalid.in_field("approvals"))?;
    ApprovalAnswers::in_field(answers, "approvals", "token")
}

fn parse_answer(answer: &Object<'_>) -> Result<ApprovalAnswer, Invalid> {
    let missing = |field| Invalid::new("is missing").in_field(field);
    let token = answer.string("token")?.ok_or_else(|| missing("token"))?;
    let approved = answer.boolean("approved")?;
    let reason = answer.string("reason")?;
    let approved = approved.ok_or_else(|| missing("approved"))?;
    ApprovalAnswer::new(token, approved, reason).map_err(|invalid| invalid.in_field("token"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(answers: &Value) -> Result<Vec<ApprovalAnswer>, String> {
        let raw = RawValue::from_string(answers.to_string()).unwrap();
        let answers = parse_answers(&raw).map_err(|invalid| invalid.to_string())?;
        Ok(answers.list)
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
        assert_eq!(answers[1].place, "approvals[1].token");
        assert_eq!(parse(&json!([])), Ok(vec![]));
        let most = json!(vec![json!({"token": "t.s", "approved": true}); MAX_ANSWERS]);
        assert_eq!(parse(&most).as_ref().map(Vec::len), Ok(MAX_ANSWERS));
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
