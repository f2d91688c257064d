//! Writes replies. An answer consists of fixed phrases and tool results alone, so every figure comes from a tool. Pure.

use super::{
    delete, plan,
    request::Turn,
    results::result_text,
    review,
    rules::{Call, rule},
};

const SIGNATURE: &str = "(I am the offline stand-in: rules, not Claude.)";
const NO_PHOTOS: &str = "I cannot see photos or documents; I go by the text alone.";
const NO_TOOL: &str = "For that I would need a tool that I may not use here. Nothing was looked up, and nothing was changed.";
const NO_PLAN: &str = "No plan was created. I can copy one of the plans below, but cannot tell which one you want. Ask again \
    with words of its name or its days a week, and nothing else.";

/// Tool calls, or a text.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reply {
    pub text: String,
    pub calls: Vec<Call>,
}

pub(super) fn reply(turn: &Turn) -> Reply {
    if review::is_asked(turn) {
        return reply_in_steps(turn, review::calls(turn), review::text);
    }
    if delete::is_ordered(&turn.question) {
        return reply_in_steps(turn, delete::calls(turn), delete::text);
    }
    let (first_calls, before, after) = rule(turn);
    let result_of = |tool: &str| turn.results.iter().find(|result| result.tool == tool);
    let created = result_of("create_workout_plan").is_some();
    let listed = result_of("list_plans").filter(|_| !created && plan::is_ordered(&turn.question));
    let calls = match listed {
        Some(listed) => Vec::from_iter(plan::copy(&turn.question, &listed.text)),
        None if turn.results.is_empty() => first_calls,
        None => vec![],
    };
    let may_call = |call: &Call| turn.tool(call.tool).is_some();
    if !calls.is_empty() && calls.iter().all(may_call) {
        let text = String::new();
        return Reply { text, calls };
    }
    let before = match listed {
        Some(_) => NO_PLAN,
        None if !calls.is_empty() => NO_TOOL,
        None => before,
    };
    let photos = if turn.has_picture { NO_PHOTOS } else { "" };
    // A list that was only for choosing the plan is not repeated.
    let results = turn.results.iter().skip(usize::from(created));
    let mut paragraphs = vec![photos.to_owned(), before.to_owned()];
    paragraphs.extend(results.map(result_text));
    paragraphs.extend([after.to_owned(), SIGNATURE.to_owned()]);
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    let (text, calls) = (paragraphs.join("\n\n"), vec![]);
    Reply { text, calls }
}

/// The next calls, or the last text when there are none.
fn reply_in_steps(turn: &Turn, calls: Vec<Call>, text: fn(&Turn) -> String) -> Reply {
    let text = match calls[..] {
        [] => format!("{}\n\n{SIGNATURE}", text(turn)),
        _ if calls.iter().all(|call| turn.tool(call.tool).is_some()) => {
            let text = String::new();
            return Reply { text, calls };
        }
        _ => format!("{NO_TOOL}\n\n{SIGNATURE}"),
    };
    let calls = vec![];
    Reply { text, calls }
}
