//! The order that deletes the last workout, and what resembles it.

use serde_json::{Value, json};

use super::{
    ask, calls, replied, shown,
    turns::{WORKOUTS, answered},
    with_results,
};

const ORDER: &str = "delete my last workout";

fn list() -> [(String, Value); 1] {
    [("list_workouts".to_owned(), json!({"limit": 1}))]
}

/// The answer after the deletion had this result.
fn told(result: &str) -> String {
    let first = ask(ORDER);
    let second = with_results(first.clone(), &replied(&first), &[(WORKOUTS, false)]);
    let third = with_results(
        second.clone(),
        &replied(&second),
        &[(result, !result.starts_with("Deleted"))],
    );
    let reply = replied(&third);
    assert_eq!(reply.calls, [], "a call is made once");
    let end = "\n\n(I am the offline stand-in: rules, not Claude.)";
    reply.text.strip_suffix(end).expect("its end").to_owned()
}

#[test]
fn the_last_workout_is_looked_up_then_deleted() {
    for order in [
        ORDER,
        "Delete my last workout.",
        "please delete the latest workout!",
        "remove my most recent session please",
        "Remove newest workout",
    ] {
        let first = ask(order);
        assert_eq!(calls(order), list(), "{order}");
        let second = with_results(first.clone(), &replied(&first), &[(WORKOUTS, false)]);
        let delete = [(
            "delete_workout".to_owned(),
            json!({"workout_id": "0190-cc"}),
        )];
        assert_eq!(shown(replied(&second)), delete, "{order}");
    }
}

#[test]
fn the_answer_says_what_became_of_it() {
    for (result, expected) in [
        (
            "Deleted workout 0190-cc",
            "I have deleted your workout of 2026-11-20: Workout.",
        ),
        (
            "the user declined. Keep it",
            "You declined, so your workout of 2026-11-20 is still there: Workout.",
        ),
        (
            "not run: the confirmation has expired",
            "The confirmation came too late, so your workout of 2026-11-20 is still there: Workout. Ask again if you want it \
             deleted, and confirm it in time.",
        ),
        (
            "needs the user's confirmation, which this app cannot ask for",
            "Your workout of 2026-11-20 is still there, Workout: I delete it only once you have confirmed it, and you have not.",
        ),
        (
            "deleted nothing: no such workout",
            "That did not work: deleted nothing: no such workout",
        ),
        ("no such workout", "That did not work: no such workout"),
        (
            "outcome unknown, check first",
            "It is not certain what became of that: outcome unknown, check first",
        ),
    ] {
        assert_eq!(told(result), expected);
    }
}

#[test]
fn without_a_workout_nothing_is_deleted() {
    let none = "Nothing was deleted: I found no workout.";
    assert_eq!(answered(ORDER, &[&["no workouts"]]), none);
    let first = ask(ORDER);
    let failed = with_results(first.clone(), &replied(&first), &[("timed out", true)]);
    let reply = replied(&failed);
    assert!(reply.calls.is_empty() && reply.text.starts_with("That did not work: timed out"));
}

#[test]
fn nothing_is_deleted_unless_every_word_of_the_order_is_recognized() {
    for text in [
        "delete",
        "delete my workout",
        "delete my last workouts",
        "delete my last two workouts",
        "delete my last workout?",
        "delete my last workout of bench press",
        "delete my last workout, no, wait",
        "delete nothing of my last workout",
        "don't delete my last workout",
        "should I delete my last workout",
        "I want you to delete my last workout",
        "delete my last plan",
        "delete my first workout",
        "delete my last set",
        "delete all workouts",
        "undo my last workout",
    ] {
        let calls = calls(text);
        let harmless = calls.iter().all(|(tool, _)| tool != "delete_workout");
        assert!(harmless && calls != list(), "{text}: {calls:?}");
    }
}
