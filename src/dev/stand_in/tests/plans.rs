//! Ten ways to order a plan, and what must not be taken for an order.

use serde_json::json;

use super::{calls, phrasings::all_call, replied, request, shown, turns::PLANS, with_results};

#[test]
fn a_plan_is_ordered_in_ten_ways() {
    let list = [("list_plans", json!({}))];
    all_call(
        &[
            "Create me a 4-day upper/lower split",
            "make me an upper lower plan please",
            "Can you build a 4 day upper / lower program?",
            "please set up a four-day Upper-Lower routine for me",
            "I'd like you to design an upper/lower split, 4 days a week",
            "generate a UL split",
            "Could you put together a 4x a week upper lower schedule",
            "give me a 4 day upper/lower programme",
            "hey, write me an upper-lower workout plan",
            "I want you to make a 4d upper/lower split",
        ],
        &list,
    );
    all_call(
        &[
            "make me a push pull legs plan",
            "build a 3 day full body program please",
            "create a push/pull/legs program",
            "make me a full-body plan, 3 days",
            "build a 5x5 novice routine",
            "create a deload week",
        ],
        &list,
    );
}

/// With every plan there is to choose from.
#[test]
fn no_plan_is_created_that_nobody_ordered() {
    for text in [
        "create no upper/lower plan",
        "make no changes to my upper lower plan",
        "create anything but an upper lower plan",
        "create a plan, but never upper lower",
        "Create an upper/lower plan if my coach agrees",
        "create an upper/lower plan unless I have one",
        "give me details of the dumbbell plan",
        "give me the volume of my upper lower plan",
        "write a review of the 5x5 program",
        "make a joke about push pull legs",
        "make my bench go up; I do push pull legs",
        "I'd like to build muscle, what 4-day upper/lower split is there?",
        "I'd like to add that push pull legs is bad",
        "Just set up: is push pull legs any good?",
        "Make sure you keep my full body routine",
        "start my upper lower plan",
        "add a rest day to my upper lower split",
        "create a workout from the full body plan for today",
        "add bench 3x5 at 185 lb to my push pull legs log",
        "write my push pull legs session to the log: bench 3x5 at 80 kg",
        "create a 4-day upper/lower split?",
        "create a 4-day upper/lower split 🚫",
    ] {
        let asked = request(&json!([{"role": "user", "content": text}]));
        let reply = replied(&asked);
        let results = vec![(PLANS, false); reply.calls.len()];
        let mut made = calls(text);
        if !reply.calls.is_empty() {
            made.extend(shown(replied(&with_results(asked, &reply, &results))));
        }
        let writes = made.iter().any(|(tool, _)| tool.starts_with("create"));
        assert!(!writes, "{text}: {made:?}");
    }
}
