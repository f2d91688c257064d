//! What is said once, what is asked for, and what may not be done.

use serde_json::{Value, json};

use super::{
    calls, replied, request, shown, tools,
    turns::{CREATED, PLANS, TURNS, WORKOUTS, ask, finished, reply_calls},
    with_results,
};

#[test]
fn who_it_is_stands_before_the_first_answer_alone() {
    let first = ask("show my last workouts");
    let reply = replied(&first);
    assert!(
        reply
            .text
            .starts_with("I am the offline stand-in: a handful of rules, not Claude.")
    );
    assert_eq!(reply.calls.len(), 1);
    let mut second = with_results(first, &reply, &[(WORKOUTS, false)]);
    let reply = replied(&second);
    let closing = "\n\n(I am the offline stand-in: rules, not Claude.)";
    assert!(reply.text.ends_with(closing), "{}", reply.text);
    let messages = second["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": reply.text}));
    messages.push(json!({"role": "user", "content": "What can you do?"}));
    let reply = replied(&second);
    assert!(
        reply.text.starts_with("I understand these requests:"),
        "{}",
        reply.text
    );
}

#[test]
fn who_it_is_is_said_once_wherever_the_history_begins() {
    for (before, says) in [
        ("Hello! I am your coach.", true),
        (
            "I am the offline stand-in: a handful of rules, not Claude.",
            false,
        ),
        (
            "You train well.\n\n(I am the offline stand-in: rules, not Claude.)",
            false,
        ),
    ] {
        let request = request(
            &json!([{"role": "user", "content": "hi"}, {"role": "assistant", "content": before},
            {"role": "user", "content": "show my last workouts"}]),
        );
        let first = replied(&request);
        let last = replied(&with_results(request, &first, &[(WORKOUTS, false)]));
        let said = |text: &str| text.contains("I am the offline stand-in");
        assert_eq!(
            (said(&first.text), said(&last.text)),
            (says, says),
            "{before}"
        );
    }
}

#[test]
fn the_texts_of_a_message_are_read_together() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let refused = json!([
        text("don't do the following:"),
        text("log bench 3x5 at 100 kg")
    ]);
    let asked = request(&json!([{"role": "user", "content": refused}]));
    assert_eq!(shown(replied(&asked)), []);
}

#[test]
fn a_plan_is_created_once_and_from_the_plan_that_fits() {
    let first = ask("Create me a 4-day upper/lower split for 6 weeks");
    let reply = replied(&first);
    let second = with_results(first, &reply, &[(PLANS, false)]);
    let reply = replied(&second);
    let input = json!({"name": "Upper/Lower 4 Days", "based_on": "upper-lower-4-days", "duration_weeks": 6});
    assert_eq!(
        shown(reply_calls(&reply)),
        [("create_workout_plan".to_owned(), input)]
    );
    for result in [
        (CREATED, false),
        ("outcome unknown, check first", true),
        ("", false),
    ] {
        let third = with_results(second.clone(), &reply, &[result]);
        assert!(replied(&third).calls.is_empty());
    }
    let none = finished("create a 6-day upper/lower split", &[&[PLANS]], |result| {
        (result.to_owned(), false)
    });
    assert!(none.text.contains("No plan was created."), "{}", none.text);
}

#[test]
fn a_missing_unit_is_asked_for_and_its_answer_understood() {
    let mut request = ask("log bench 1x5 at 185");
    let reply = replied(&request);
    assert!(reply.calls.is_empty());
    assert!(
        reply
            .text
            .ends_with("Is that in lb or in kg? Nothing was logged yet."),
        "{}",
        reply.text
    );
    let messages = request["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": reply.text}));
    messages.push(json!({"role": "user", "content": ""}));
    for (said, unit) in [
        ("lb", "lb"),
        ("in kg", "kg"),
        ("Pounds, please.", "lb"),
        ("it's in kilos", "kg"),
    ] {
        request["messages"][2]["content"] = said.into();
        let set = json!({"reps": 5, "weight": 185.0, "unit": unit});
        let input = json!({"exercises": [{"exercise_id": "barbell-bench-press", "sets": [set]}]});
        assert_eq!(
            shown(replied(&request)),
            [("create_workout".to_owned(), input)],
            "{said}"
        );
    }
    for said in [
        "lb or kg?",
        "no",
        "what",
        "185",
        "is that in kg?",
        "kg?",
        "Was that in kg",
        "are they in lb",
        "kg 🚫",
    ] {
        request["messages"][2]["content"] = said.into();
        assert_eq!(shown(replied(&request)), [], "{said}");
    }
}

#[test]
fn what_was_logged_is_not_logged_again_for_a_unit_said_twice() {
    let mut request = request(
        &json!([{"role": "user", "content": "log bench 1x5 at 185 lb"},
        {"role": "assistant", "content": "Logged."}, {"role": "user", "content": "lb"}]),
    );
    assert_eq!(shown(replied(&request)), []);
    request["messages"][0]["content"] = "how is my bench?".into();
    assert_eq!(shown(replied(&request)), []);
}

#[test]
fn tools_that_may_not_be_called_are_not_called() {
    for (text, _) in TURNS {
        let mut forbidden = ask(text);
        forbidden["tool_choice"] = json!({"type": "none"});
        let reply = replied(&forbidden);
        assert!(reply.calls.is_empty(), "{text}");
        assert!(
            reply.text.contains("I may not use any tool"),
            "{text}: {}",
            reply.text
        );
        let mut none = ask(text);
        none["tools"] = tools(&[]);
        let reply = replied(&none);
        assert!(reply.calls.is_empty(), "{text}");
        assert!(
            reply.text.contains("is not offered to me here"),
            "{text}: {}",
            reply.text
        );
    }
    let first = ask("create a 4 day upper/lower plan");
    let mut second = with_results(first.clone(), &replied(&first), &[(PLANS, false)]);
    second["tool_choice"] = json!({"type": "none"});
    let reply = replied(&second);
    assert!(
        reply.calls.is_empty() && reply.text.starts_with("No plan was created."),
        "{}",
        reply.text
    );
}

#[test]
fn photos_are_not_seen_and_it_says_so() {
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}});
    let text = |text: &str| json!({"type": "text", "text": text});
    let ask = |content: Value| replied(&request(&json!([{"role": "user", "content": content}])));
    let reply = ask(json!([image, text("what do you think?")]));
    assert!(reply.text.contains("I cannot see photos") && reply.calls.is_empty());
    assert!(ask(json!([image])).text.contains("I cannot see photos"));
    let reply = ask(json!([image, text("show my last workouts")]));
    assert!(reply.text.contains("I cannot see photos"));
    assert_eq!(reply.calls.len(), 1);
    assert_eq!(calls("what is in this photo?"), []);
}
