//! Orders for a plan, and texts that are not.

use serde_json::json;

use super::{
    ask, calls, replied, shown,
    turns::{CREATED, PLANS},
    with_results,
};

#[test]
fn plan_is_created_once_from_the_matching_plan() {
    let input = json!({"name": "Upper/Lower 4 Days", "based_on": "upper-lower-4-days"});
    for order in [
        "Create me a 4-day upper/lower split",
        "create an upper/lower split",
        "make me an Upper-Lower plan, 4 days a week.",
        "build my upper lower program!",
    ] {
        let first = ask(order);
        let reply = replied(&first);
        assert_eq!(reply.calls.len(), 1, "{order}");
        let second = with_results(first, &reply, &[(PLANS, false)]);
        let reply = replied(&second);
        let created = [("create_workout_plan".to_owned(), input.clone())];
        assert_eq!(shown(replied(&second)), created, "{order}");
        for result in [
            (CREATED, false),
            ("outcome unknown, check first", true),
            ("", false),
        ] {
            let third = with_results(second.clone(), &reply, &[result]);
            assert!(replied(&third).calls.is_empty());
        }
    }
}

#[test]
fn no_plan_is_created_unless_every_word_of_the_order_is_recognized() {
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
        "create a plan",
        "create a 4-day split",
        "create a 3-day upper/lower split",
        "create an upper/lower split for 6 weeks",
        "create a 4-day upper/lower split?",
        "create a 4-day upper/lower split 🚫",
    ] {
        let asked = ask(text);
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
