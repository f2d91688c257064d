//! The annotations of each tool say what its calls do to the database: approvals, and what may be repeated, depend on them.

use std::collections::HashSet;

use prog_strength_agent::workout::tools::{Audience, listed};
use serde_json::{Value, json};

use super::repeated_calls::{Writes, ids, writes};
use crate::support::world::{World, on_both, text};

/// A tool's hints: `readOnlyHint`, `destructiveHint`, `idempotentHint`.
fn hints(name: &str) -> [bool; 3] {
    let tools = json!(listed(Audience::User));
    let mut tools = tools.as_array().expect("a list").iter();
    let tool = tools.find(|tool| tool["name"] == name);
    let annotations = &tool.expect("a tool")["annotations"];
    ["readOnlyHint", "destructiveHint", "idempotentHint"].map(|hint| annotations[hint] == true)
}

/// Every tool that only reads, with arguments.
fn reads() -> Vec<(&'static str, Value)> {
    let squat = || json!({"exercise": "squat"});
    vec![
        ("list_exercises", json!({})),
        ("list_workouts", json!({})),
        ("export_workouts", json!({})),
        ("get_exercise_history", squat()),
        ("analyze_progress", squat()),
        ("suggest_next_weight", squat()),
        ("check_volume_landmarks", json!({})),
        ("list_plans", json!({})),
        ("get_settings", json!({})),
    ]
}

/// All rows, without the times at which they were written.
async fn rows(world: &World, start: i64) -> Vec<String> {
    let field = |field: &str| match field.parse::<i64>() {
        Ok(time) if time >= start => "<now>".to_owned(),
        _ => field.to_owned(),
    };
    let row = |row: &String| {
        let (table, fields) = row.split_once(": ").expect("a table and its fields");
        let fields: Vec<String> = fields.split('|').map(field).collect();
        format!("{table}: {}", fields.join("|"))
    };
    world.stored().await.iter().map(row).collect()
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// The rows that are not there any more, or not as they were.
fn lost(before: &[String], after: &[String]) -> Vec<String> {
    let after: HashSet<&String> = after.iter().collect();
    let lost = before.iter().filter(|row| !after.contains(row));
    lost.cloned().collect()
}

on_both!(
    tools_that_are_read_only_leave_the_database_unchanged,
    async |world: World| {
        let ann = world.user("ann").await;
        let tried = writes(&ann).await.len() + reads().len();
        assert_eq!(
            tried,
            listed(Audience::User).len(),
            "a tool is missing here"
        );
        let stored = world.stored().await;
        for (tool, arguments) in reads() {
            assert_eq!(hints(tool), [true, false, true], "{tool}");
            ann.call(tool, arguments).await.expect("an answer");
            assert_eq!(world.stored().await, stored, "{tool}");
        }
    }
);

on_both!(
    destructive_tools_change_or_remove_rows_and_others_add_only,
    async |world: World| {
        let (ann, start) = (world.user("ann").await, now());
        for Writes { tool, calls } in writes(&ann).await {
            let [is_read_only, is_destructive, _] = hints(tool);
            assert!(!is_read_only, "{tool}");
            let mut before = vec![];
            // After the first call there is something to change.
            for (n, arguments) in calls.iter().rev().enumerate() {
                before = rows(&world, start).await;
                let ids = ids("turn", &format!("{tool}_{n}"));
                let done = ann.result(tool, arguments.clone(), ids).await;
                assert_ne!(done.is_error, Some(true), "{tool}: {}", text(&done));
            }
            let after = rows(&world, start).await;
            assert_ne!(before, after, "{tool} does nothing");
            let lost = lost(&before, &after);
            assert_eq!(is_destructive, !lost.is_empty(), "{tool}: {lost:?}");
        }
    }
);

on_both!(
    a_second_call_of_an_idempotent_tool_changes_nothing_more,
    async |world: World| {
        let (ann, start) = (world.user("ann").await, now());
        for Writes { tool, calls } in writes(&ann).await {
            let mut stored = vec![];
            for n in 0..2 {
                stored.push(rows(&world, start).await);
                let ids = ids("turn", &format!("{tool}_{n}"));
                ann.result(tool, calls[0].clone(), ids).await;
            }
            let [_, _, is_idempotent] = hints(tool);
            let changed = rows(&world, start).await != stored[1];
            assert!(!(is_idempotent && changed), "{tool}");
            assert_ne!(stored[0], stored[1], "{tool} does nothing");
        }
    }
);
