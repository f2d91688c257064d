//! A conversation of ten turns, in whose middle the user's date changes.

use serde_json::{Value, json};

use super::{continue_conversation, without_breakpoints};
use crate::support::{
    fake_claude::Reply,
    test_app::{TestApp, user},
};

const TURNS: usize = 10;
const MIDNIGHT: usize = 5;

/// The accepted requests, and the number of refused ones.
async fn conversation(model: &str) -> (Vec<Value>, usize) {
    let app = TestApp::builder().env("CLAUDE_MODEL", model).start().await;
    app.claude.allow_refusals();
    let mut request = user("Question 0: how did it go?");
    for turn in 0..TURNS {
        // The local dates of these two zones are never the same.
        let zone = if turn < MIDNIGHT {
            "Etc/GMT+12"
        } else {
            "Pacific/Kiritimati"
        };
        request["client_timezone"] = zone.into();
        let text = format!("Turn {turn}: your bench press went up by 2.5 kg. ").repeat(8);
        app.claude.push_all([
            Reply::empty()
                .thinking("I should look at the workouts first.", "c2ln")
                .and_tool(
                    &format!("toolu_{turn}"),
                    "list_workouts",
                    json!({"limit": 5}),
                ),
            Reply::empty()
                .thinking("That is progress; I say so.", "c2ln")
                .and_text(&text),
        ]);
        let answer = app.chat("sam", &request).await.ok();
        continue_conversation(
            &mut request,
            &answer,
            &format!("Question {}: and now?", turn + 1),
        );
    }
    (app.claude.bodies(), app.claude.refusals().len())
}

#[tokio::test]
async fn a_change_of_date_changes_one_block_after_the_cached_system_prompt() {
    let (bodies, _) = conversation("claude-sonnet-4-6").await;
    let bodies: Vec<Value> = bodies.iter().map(without_breakpoints).collect();
    assert_eq!(bodies.len(), 2 * TURNS);
    for (at, pair) in bodies.windows(2).enumerate() {
        let (before, after) = (&pair[0], &pair[1]);
        assert_eq!(before["tools"], after["tools"]);
        assert_eq!(before["system"][0], after["system"][0]);
        let is_midnight = at + 1 == 2 * MIDNIGHT;
        assert_eq!(
            before["system"][1] != after["system"][1],
            is_midnight,
            "{at}"
        );
        let (before, after) = (
            before["messages"].to_string(),
            after["messages"].to_string(),
        );
        assert!(after.starts_with(before.trim_end_matches(']')), "{at}");
    }
}

#[tokio::test]
async fn thinking_stays_bound_until_midnight_and_each_later_turn_is_answered_without_it() {
    let (bodies, refusals) = conversation("claude-sonnet-5-5").await;
    assert_eq!((bodies.len(), refusals), (2 * TURNS, TURNS - MIDNIGHT));
    for (at, body) in bodies.iter().enumerate() {
        let messages = body["messages"].to_string();
        let thoughts = messages.matches(r#""type":"thinking""#).count();
        let (turn, round) = (at / 2, at % 2);
        let earlier = if turn < MIDNIGHT { 2 * turn } else { 0 };
        assert_eq!(thoughts, earlier + round, "{at}");
    }
}
