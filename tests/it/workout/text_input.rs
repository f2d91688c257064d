//! Unusual text in every field: stored unchanged in free text, rejected elsewhere.

use serde_json::json;

use super::bad_input::{set, with};
use crate::support::world::{World, on_both};

/// Texts that expose missing quoting, counting or decoding.
const TEXTS: [&str; 8] = [
    "'; DROP TABLE workout; --",
    "\" OR 1=1; --",
    "$1 %s {0} ${HOME} \\x00 \\",
    "💪🏽👩‍👩‍👧‍👦",
    "مرحبا \u{202e}abc",
    "e\u{301}\u{301} z\u{334}",
    "\u{301}alone",
    "<script>alert(1)</script>",
];

on_both!(
    any_text_is_stored_unchanged_in_free_text_fields,
    async |world: World| {
        let ann = world.user("ann").await;
        for text in TEXTS.into_iter().chain(["null"]) {
            let mut workout = with("name", json!(text));
            workout["notes"] = json!(text);
            workout["exercises"][0]["notes"] = json!(text);
            let logged = ann.call("create_workout", workout).await.unwrap();
            let list = ann
                .call("list_workouts", json!({"limit": 1}))
                .await
                .unwrap();
            let kept = &list["workouts"][0];
            assert_eq!(
                json!([kept["name"], kept["notes"], kept["exercises"][0]["notes"]]),
                json!([text, text, text])
            );
            let update = json!({"workout_id": logged["workout"]["id"], "notes": text});
            assert_eq!(
                ann.call("update_workout", update).await.unwrap()["workout"],
                *kept
            );
            let exercise = json!({"exercise_id": "squat", "sets": 3, "notes": text});
            let sessions = json!([{"name": text, "exercises": [exercise]}]);
            let plan = json!({"name": text, "description": text, "duration_weeks": 4, "sessions": sessions});
            let plan = ann.call("create_workout_plan", plan).await.unwrap();
            assert_eq!(
                json!([plan["name"], plan["description"], plan["sessions"]]),
                json!([
                    text,
                    text,
                    json!([
                {"name": text, "exercises": [{"exercise_id": "barbell-back-squat", "sets": 3, "notes": text}]}])
                ])
            );
        }
        let controls = with("notes", json!("\u{0}one\u{0}\n\ttwo\u{7}\u{9b}\r"));
        let logged = ann.call("create_workout", controls).await.unwrap();
        assert_eq!(logged["workout"]["notes"], "one\n\ttwo");
    }
);

on_both!(
    any_text_is_a_short_error_in_structured_fields,
    async |world: World| {
        let ann = world.user("ann").await;
        let huge = "x".repeat(500_000);
        let nul = ["\u{0}", "a\u{0}b", "novice-5x5\u{0}"];
        for text in TEXTS
            .into_iter()
            .chain(nul)
            .chain([huge.as_str(), &"é".repeat(900)])
        {
            let other = json!({text: 1});
            for (tool, arguments) in [
                ("list_exercises", json!({"muscle_group": text})),
                ("list_exercises", json!({"equipment": text})),
                (
                    "create_exercise",
                    json!({"name": "x", "primary_muscles": [text]}),
                ),
                (
                    "create_exercise",
                    json!({"name": "x", "primary_muscles": ["abs"], "equipment": format!("x{text}")}),
                ),
                ("update_exercise", json!({"exercise_id": text})),
                ("list_workouts", json!({"before": text})),
                ("create_workout", with("performed_at", json!(text))),
                ("create_workout", set(&json!({"unit": text}))),
                (
                    "create_workout",
                    json!({"exercises": [{"exercise_id": text, "sets": [{"reps": 1, "weight": 1, "unit": "kg"}]}]}),
                ),
                ("update_workout", json!({"workout_id": text, "name": "x"})),
                ("delete_workout", json!({"workout_id": text})),
                ("get_exercise_history", json!({"exercise": text})),
                ("check_volume_landmarks", json!({"week": text})),
                ("check_volume_landmarks", json!({"client_timezone": text})),
                ("list_plans", json!({"plan_id": text})),
                (
                    "create_workout_plan",
                    json!({"name": "x", "based_on": text}),
                ),
                ("modify_plan", json!({"plan_id": text, "name": "x"})),
                ("activate_plan", json!({"plan_id": text})),
                ("update_settings", json!({"time_zone": text})),
                ("update_settings", json!({"units": text})),
                ("get_settings", json!({"user_id": text})),
                ("get_settings", other),
            ] {
                let error = ann.call(tool, arguments).await.expect_err(tool);
                assert!(error.len() < 1000, "{tool} says {} bytes", error.len());
                assert!(!error.contains(['\u{0}', '\n']), "{tool}: {error}");
                assert!(!error.contains("cannot be used"), "{tool}: {error}");
            }
            // Without letters there is no word to search for; with them, a few are near at most.
            let query = ann.call("list_exercises", json!({"query": text})).await;
            let letters = text.contains(char::is_alphanumeric);
            let count = query.unwrap()["count"].as_u64().unwrap();
            assert_eq!(count <= 10, letters, "{text}: {count}");
        }
        assert_eq!(world.stored().await, [""; 0]);
    }
);
