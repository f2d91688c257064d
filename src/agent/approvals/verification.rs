//! Checks the user's answers against the calls that wait: each token is this service's, was given to this user, and is for
//! exactly this call of exactly this tool.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    ApprovalAnswer, ApprovalAnswers, Approvals, LastCalls, Outcome, WaitingCall, token::Claims,
};
use crate::{
    agent::{
        json::Invalid,
        mcp::CallOutcome,
        tools::{CallContext, Catalogue, StrippedInput, ToolCall},
    },
    auth::Caller,
};

/// An answer with a token of this service that was given to this user, for a call that waits.
#[derive(Debug)]
pub struct OpenAnswer {
    /// Where the request has the token.
    place: String,
    claims: Claims,
    call: WaitingCall,
    word: Word,
}

/// What the user says, and when.
#[derive(Debug)]
enum Word {
    Approved,
    Declined(Option<String>),
    Expired,
}

/// A call with the user's answer.
#[derive(Debug)]
pub struct AnsweredCall {
    pub id: String,
    /// In events and messages.
    pub name: String,
    /// The call, if it is approved; else its result.
    pub call: Result<Box<ToolCall>, CallOutcome>,
    pub declined: bool,
}

/// On whose behalf the approved calls are made, and for which request.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub caller: &'a Caller,
    pub request_id: &'a str,
    pub time_zone: Option<&'a str>,
}

impl Approvals {
    /// Opens the tokens of the answers. There must be one answer for each call that waits, or none at all. Answers for calls that
    /// have their results are ignored: a request that failed after its calls had run is sent again with these.
    ///
    /// # Errors
    /// The first answer that does not fit, and its place.
    pub fn open(
        &self,
        answers: ApprovalAnswers,
        calls: LastCalls,
        caller: &Caller,
    ) -> Result<Vec<OpenAnswer>, Invalid> {
        self.open_at(Timestamp::now(), answers, calls, caller)
            .map_err(|invalid| self.refused(invalid))
    }

    fn open_at(
        &self,
        now: Timestamp,
        answers: ApprovalAnswers,
        calls: LastCalls,
        caller: &Caller,
    ) -> Result<Vec<OpenAnswer>, Invalid> {
        if answers.is_empty() {
            return Ok(vec![]);
        }
        let mut slots: Vec<(WaitingCall, Option<OpenAnswer>)> =
            calls.waiting.into_iter().map(|call| (call, None)).collect();
        for answer in answers.list {
            let invalid = |why| Invalid::new(why).at(&answer.place);
            let claims = self
                .signer
                .open(&answer.token)
                .ok_or_else(|| invalid("is not a token of this service, or has been changed"))?;
            if claims.sub != caller.user_id() {
                return Err(invalid("was not given to this user"));
            }
            if answer.call.as_ref().is_some_and(|id| *id != claims.id) {
                return Err(invalid("is for another call"));
            }
            if calls.answered.contains(&claims.id) {
                continue;
            }
            let slot = slots.iter_mut().find(|(call, _)| call.id == claims.id);
            let Some((call, slot)) = slot else {
                return Err(invalid(
                    "is for a call that does not wait in the last message",
                ));
            };
            if slot.is_some() {
                return Err(invalid("is for a call that another answer is for"));
            }
            let word = Word::new(&answer, claims.exp <= now.as_second());
            *slot = Some(OpenAnswer {
                place: answer.place,
                claims,
                call: call.clone(),
                word,
            });
        }
        let count = slots.len();
        let opened: Option<Vec<_>> = slots.into_iter().map(|(_, answer)| answer).collect();
        opened.ok_or_else(|| {
            let why = format!("must hold an answer for each of the {count} calls that wait");
            Invalid::new(why).at(answers.place)
        })
    }

    /// Makes the calls that are approved. Each must be, with today's catalogue, the call that the user was asked about. A call
    /// that is declined, or approved too late, is not made: its tool may have changed.
    ///
    /// # Errors
    /// The first one that is another call, and the place of its answer.
    pub fn settle(
        self: &Arc<Self>,
        answers: Vec<OpenAnswer>,
        catalogue: &Catalogue,
        context: Context<'_>,
    ) -> Result<Vec<AnsweredCall>, Invalid> {
        let answers = answers.into_iter();
        let settled: Result<Vec<_>, Invalid> = answers
            .map(|answer| answer.settle(catalogue, context))
            .collect();
        let settled = settled.map_err(|invalid| self.refused(invalid))?;
        let (calls, outcomes): (Vec<_>, Vec<_>) = settled.into_iter().unzip();
        for outcome in outcomes {
            self.count(outcome);
        }
        Ok(calls)
    }

    fn refused(&self, invalid: Invalid) -> Invalid {
        self.count(Outcome::Refused);
        invalid
    }
}

impl OpenAnswer {
    fn settle(
        self,
        catalogue: &Catalogue,
        context: Context<'_>,
    ) -> Result<(AnsweredCall, Outcome), Invalid> {
        let Self {
            place,
            claims,
            call,
            word,
        } = self;
        let (outcome, declined) = (word.outcome(), matches!(word, Word::Declined(_)));
        let answered = AnsweredCall {
            call: match word {
                Word::Approved => {
                    let made = made(catalogue, context, &claims, &call);
                    Ok(Box::new(made.map_err(|why| Invalid::new(why).at(&place))?))
                }
                // Nothing runs, whatever the tool is now.
                Word::Declined(reason) => Err(CallOutcome::declined(reason.as_deref())),
                Word::Expired => Err(CallOutcome::expired()),
            },
            id: call.id,
            name: call.name,
            declined,
        };
        Ok((answered, outcome))
    }
}

/// The call as it would be sent now, if it is the one that the user was asked about; else why not.
fn made(
    catalogue: &Catalogue,
    context: Context<'_>,
    claims: &Claims,
    call: &WaitingCall,
) -> Result<ToolCall, &'static str> {
    const CHANGED: &str = "is for a tool that has changed since; send the history with empty `approvals`, so that the user can \
        be asked again";
    let input = StrippedInput::parse(&call.input).map_err(|_| "is for another input")?;
    let context = CallContext {
        caller: context.caller,
        request_id: context.request_id,
        turn_id: &claims.turn,
        tool_use_id: &claims.id,
        time_zone: context.time_zone,
    };
    let made = catalogue.prepare_call(context, &call.name, &input);
    let made = made.ok_or(CHANGED)?;
    let now = Claims::new(&made, context);
    if now.tool != claims.tool {
        return Err("is for another tool");
    }
    if now.def != claims.def {
        return Err(CHANGED);
    }
    if now.args != claims.args {
        return Err("is for another input");
    }
    Ok(made)
}

impl Word {
    /// A refusal counts whenever it is made.
    fn new(answer: &ApprovalAnswer, is_late: bool) -> Self {
        match answer.approved {
            false => Self::Declined(answer.reason.clone()),
            true if is_late => Self::Expired,
            true => Self::Approved,
        }
    }

    fn outcome(&self) -> Outcome {
        match self {
            Self::Approved => Outcome::Approved,
            Self::Declined(_) => Outcome::Declined,
            Self::Expired => Outcome::Expired,
        }
    }
}
