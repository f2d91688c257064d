use serde_json::{Value, json};

use super::*;

fn prompts() -> Vec<String> {
    vec!["First".to_owned(), "Second".to_owned()]
}

fn reply(step: u32, next: Next, stop_reason: &str, blocks: Value) -> Reply {
    let kept = KeptReply {
        next,
        stop_reason: stop_reason.to_owned(),
        blocks: serde_json::from_value(blocks).unwrap(),
    };
    Reply {
        number: 0,
        step,
        seq: 0,
        message: serde_json::to_string(&kept).unwrap(),
    }
}

fn call(id: &str, name: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": {"path": id}})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn result(id: &str, is_error: bool) -> Entry {
    Entry {
        seq: 1,
        at: jiff::Timestamp::UNIX_EPOCH,
        kind: EntryKind::ToolResult {
            id: id.to_owned(),
            name: "tool".to_owned(),
            is_error,
            duration_ms: 3,
            content: json!([text(&format!("result of {id}"))]),
        },
    }
}

fn position(replies: &[Reply], entries: Vec<Entry>) -> Position {
    Position::new(&prompts(), replies, entries).unwrap()
}

fn messages(position: &Position) -> Value {
    serde_json::to_value(&position.messages).unwrap()
}

#[test]
fn a_run_that_has_no_reply_begins_with_the_first_prompt() {
    let position = position(&[], vec![]);
    assert_eq!(position.step, 0);
    assert_eq!(position.ended, None);
    assert_eq!(
        messages(&position),
        json!([{"role": "user", "content": [text("First")]}])
    );
}

#[test]
fn results_follow_their_calls_in_the_order_of_the_calls() {
    let thinking = json!({"type": "thinking", "thinking": "hm", "signature": "s"});
    let blocks = json!([thinking, call("a", "x"), call("b", "y")]);
    let replies = [reply(0, Next::Calls, "tool_use", blocks.clone())];
    let position = position(&replies, vec![result("b", true), result("a", false)]);
    assert_eq!((position.rounds, position.calls.len()), (1, 0));
    let of = |id: &str| json!([text(&format!("result of {id}"))]);
    assert_eq!(
        messages(&position),
        json!([
            {"role": "user", "content": [text("First")]},
            {"role": "assistant", "content": blocks},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": of("a")},
                {"type": "tool_result", "tool_use_id": "b", "content": of("b"), "is_error": true},
            ]},
        ])
    );
}

#[test]
fn calls_without_a_result_are_left_to_be_answered_with_those_that_have_one() {
    let replies = [reply(
        0,
        Next::Calls,
        "tool_use",
        json!([call("a", "x"), call("b", "y")]),
    )];
    let position = position(&replies, vec![result("a", false)]);
    assert_eq!(position.messages.len(), 2);
    let calls: Vec<_> = position
        .calls
        .iter()
        .map(|it| (&*it.id, &*it.name, &*it.input, it.result.is_some()))
        .collect();
    assert_eq!(
        calls,
        [
            ("a", "x", r#"{"path":"a"}"#, true),
            ("b", "y", r#"{"path":"b"}"#, false)
        ]
    );
}

#[test]
fn only_successful_calls_that_change_files_are_to_be_replayed() {
    let blocks = json!([
        call("a", "write_file"),
        call("b", "read_file"),
        call("c", "x"),
        call("d", "edit_file"),
        call("e", "edit_file"),
    ]);
    let replies = [reply(0, Next::Calls, "tool_use", blocks)];
    let results = ["a", "b", "c", "d", "e"].map(|id| result(id, id == "d"));
    let position = position(&replies, results.into());
    let replayed: Vec<_> = position.done_calls.iter().map(|it| &*it.id).collect();
    assert_eq!(replayed, ["a", "e"]);
}

#[test]
fn a_final_reply_begins_the_next_step_and_the_last_one_ends_the_run() {
    let first = reply(0, Next::End, "end_turn", json!([text("One"), text(".")]));
    let between = position(std::slice::from_ref(&first), vec![]);
    assert_eq!(between.step, 1);
    assert_eq!(
        messages(&between),
        json!([
            {"role": "user", "content": [text("First")]},
            {"role": "assistant", "content": [text("One"), text(".")]},
            {"role": "user", "content": [text("Second")]},
        ])
    );
    let second = reply(1, Next::End, "max_tokens", json!([text("Two")]));
    let ended = position(&[first, second], vec![]);
    assert_eq!((ended.step, ended.rounds, ended.messages.len()), (2, 2, 4));
    let end = StepEnd {
        text: "Two".to_owned(),
        stop_reason: "max_tokens".to_owned(),
    };
    assert_eq!(ended.ended, Some(end));
}

#[test]
fn a_paused_reply_is_continued_without_a_user_message() {
    let paused = reply(0, Next::Continue, "pause_turn", json!([text("Wait")]));
    let empty = reply(0, Next::Continue, "pause_turn", json!([]));
    let position = position(&[paused, empty], vec![]);
    assert_eq!((position.step, position.rounds), (0, 2));
    assert_eq!(
        messages(&position)[1],
        json!({"role": "assistant", "content": [text("Wait")]})
    );
    assert_eq!(position.messages.len(), 2);
}

#[test]
fn no_step_follows_a_refusal_or_the_last_round() {
    for stop in LAST_STOPS {
        let position = position(&[reply(0, Next::End, stop, json!([text("No")]))], vec![]);
        assert_eq!(position.step, 2, "{stop}");
        assert_eq!(position.messages.len(), 2, "{stop}");
    }
}

#[test]
fn replies_that_do_not_fit_together_are_refused() {
    let unreadable = Reply {
        message: "{}".to_owned(),
        ..reply(0, Next::End, "end_turn", json!([]))
    };
    let open = reply(0, Next::Calls, "tool_use", json!([call("a", "x")]));
    let end = |step| reply(step, Next::End, "end_turn", json!([text("x")]));
    for replies in [
        vec![unreadable],
        vec![end(1)],
        vec![open, end(0)],
        vec![end(0), end(1), end(2)],
    ] {
        assert!(Position::new(&prompts(), &replies, vec![]).is_err());
    }
}
