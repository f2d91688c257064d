//! Parts of every answer, and limits on tool calls.

use serde_json::{Value, json};

use super::{
    ask, calls, replied, request, shown, tools,
    turns::{PLANS, TURNS, WORKOUTS, finished},
    with_results,
};

#[test]
fn every_answer_names_the_stand_in() {
    for (text, rounds) in TURNS {
        let answer = finished(text, rounds, |result| (result.to_owned(), false)).text;
        let who = "\n\n(I am the offline stand-in: rules, not Claude.)";
        assert!(answer.ends_with(who), "{text}: {answer}");
    }
    let answer = replied(&ask("What can you do?")).text;
    assert!(answer.starts_with("This is what I can do"), "{answer}");
    assert!(answer.ends_with("(I am the offline stand-in: rules, not Claude.)"));
}

#[test]
fn text_blocks_of_a_message_are_joined() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let refused = json!([
        text("don't do the following:"),
        text("log bench 3x5 at 100 kg")
    ]);
    let asked = request(&json!([{"role": "user", "content": refused}]));
    assert_eq!(shown(replied(&asked)), []);
}

#[test]
fn only_the_last_message_of_the_user_counts() {
    let messages = json!([{"role": "user", "content": "log bench 3x5 at 185 lb"},
        {"role": "assistant", "content": "Logged."}, {"role": "user", "content": "thanks"}]);
    assert_eq!(shown(replied(&request(&messages))), []);
    let messages = json!([{"role": "user", "content": "hello"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "x", "name": "list_plans", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": "old"},
            {"type": "text", "text": "show my last workouts"}]}]);
    let called = [("list_workouts".to_owned(), json!({"limit": 5}))];
    assert_eq!(shown(replied(&request(&messages))), called);
}

#[test]
fn tools_that_may_not_be_called_are_not_called() {
    for (text, _) in TURNS {
        let mut forbidden = ask(text);
        forbidden["tool_choice"] = json!({"type": "none"});
        let reply = replied(&forbidden);
        assert!(reply.calls.is_empty(), "{text}");
        assert!(
            reply.text.contains("a tool that I may not use here"),
            "{text}: {}",
            reply.text
        );
        let mut none = ask(text);
        none["tools"] = tools(&[]);
        let reply = replied(&none);
        assert!(reply.calls.is_empty(), "{text}");
        assert!(
            reply.text.contains("a tool that I may not use here"),
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
fn answers_say_that_photos_are_not_seen() {
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}});
    let text = |text: &str| json!({"type": "text", "text": text});
    let ask = |content: Value| replied(&request(&json!([{"role": "user", "content": content}])));
    let reply = ask(json!([image, text("what do you think?")]));
    assert!(reply.text.contains("I cannot see photos") && reply.calls.is_empty());
    assert!(ask(json!([image])).text.contains("I cannot see photos"));
    let content = json!([image, text("show my last workouts")]);
    let first = request(&json!([{"role": "user", "content": content}]));
    let reply = replied(&first);
    assert_eq!(reply.calls.len(), 1);
    let answer = replied(&with_results(first, &reply, &[(WORKOUTS, false)])).text;
    assert!(answer.starts_with("I cannot see photos"), "{answer}");
    assert_eq!(calls("what is in this photo?"), []);
}
