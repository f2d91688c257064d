//! Imports that are repeated: what is in the log already is not added again.

use serde_json::{Value, json};

use super::{imported, log};
use crate::support::world::{World, day, on_both};

const HEADER: &str = "Date,Workout Name,Duration,Exercise Name,Set Order,Weight (kg),Reps,Notes";

fn counts(report: &Value) -> [&Value; 4] {
    ["added", "changed", "already_there", "kept"].map(|count| &report[count])
}

fn strong(rows: &[&str]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

const FIRST: &str = "2025-01-01 10:00:00,A,1h,Squat (Barbell),1,100,5,";
const SECOND: &str = "2025-01-03 10:00:00,A,1h,Squat (Barbell),1,102.5,5,";
const THIRD: &str = "2025-01-05 10:00:00,A,1h,Squat (Barbell),1,105,5,";

on_both!(
    the_preview_writes_nothing_and_foretells_the_import,
    async |world: World| {
        let ann = world.user("ann").await;
        let csv = strong(&[FIRST, SECOND]);
        let preview = ann
            .call("import_workouts", json!({"csv": csv}))
            .await
            .unwrap();
        assert_eq!(world.stored().await, [""; 0]);
        let mut report = imported(&ann, &csv, json!({})).await;
        assert_eq!(
            (&preview["dry_run"], &report["dry_run"]),
            (&json!(true), &json!(false))
        );
        report["dry_run"] = json!(true);
        report["notice"] = preview["notice"].clone();
        assert_eq!(preview, report);
        assert_eq!(
            preview["notice"],
            "nothing was written: dry_run=false imports"
        );
    }
);

on_both!(
    the_same_file_again_adds_nothing_and_a_longer_one_what_is_new,
    async |world: World| {
        let ann = world.user("ann").await;
        let short = strong(&[FIRST, SECOND]);
        assert_eq!(
            counts(&imported(&ann, &short, json!({})).await),
            [2, 0, 0, 0]
        );
        let stored = world.stored().await;
        assert_eq!(
            counts(&imported(&ann, &short, json!({})).await),
            [0, 0, 2, 0]
        );
        // Newest first, in another zone.
        let reversed = strong(&[SECOND, FIRST]);
        let tokyo = json!({"client_timezone": "Asia/Tokyo"});
        assert_eq!(
            counts(&imported(&ann, &reversed, tokyo).await),
            [0, 0, 2, 0]
        );
        assert_eq!(world.stored().await, stored);
        let long = strong(&[FIRST, SECOND, THIRD]);
        assert_eq!(
            counts(&imported(&ann, &long, json!({})).await),
            [1, 0, 2, 0]
        );
        assert_eq!(log(&ann).await.len(), 3);
        let bob = world.user("bob").await;
        assert_eq!(
            counts(&imported(&bob, &long, json!({})).await),
            [3, 0, 0, 0]
        );
        assert_eq!(log(&ann).await, log(&bob).await);
    }
);

on_both!(
    a_workout_that_grew_in_the_app_is_updated_unless_it_was_changed_here,
    async |world: World| {
        let ann = world.user("ann").await;
        imported(&ann, &strong(&[FIRST]), json!({})).await;
        let more = "2025-01-01 10:00:00,A,1h,Squat (Barbell),2,110,3,";
        let grown = strong(&[FIRST, more]);
        assert_eq!(
            counts(&imported(&ann, &grown, json!({})).await),
            [0, 1, 0, 0]
        );
        assert_eq!(
            counts(&imported(&ann, &grown, json!({})).await),
            [0, 0, 1, 0]
        );
        let squats = ["2025-01-01T10:00..11:00 A | Barbell Back Squat: 5x100kg 3x110kg"];
        assert_eq!(log(&ann).await, squats);

        let listed = ann.call("list_workouts", json!({})).await.unwrap();
        let corrected = json!({"workout_id": listed["workouts"][0]["id"], "notes": "mine"});
        // Times of the log have milliseconds.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        ann.call("update_workout", corrected).await.unwrap();
        let stored = world.stored().await;
        let report = imported(&ann, &strong(&[FIRST]), json!({})).await;
        assert_eq!(counts(&report), [0, 0, 0, 1]);
        assert_eq!(
            report["kept_workouts"],
            json!(["2025-01-01T10:00:00Z A: it was changed in the log since it was imported"])
        );
        let notice = report["notice"].as_str().unwrap();
        assert!(
            notice.starts_with("1 workouts are in the log with other sets"),
            "{notice}"
        );
        assert_eq!(world.stored().await, stored);

        let id = json!({"workout_id": listed["workouts"][0]["id"]});
        ann.call("delete_workout", id).await.unwrap();
        assert_eq!(
            counts(&imported(&ann, &grown, json!({})).await),
            [1, 0, 0, 0]
        );
    }
);

#[tokio::test]
async fn a_workout_that_another_app_has_too_is_not_added_twice() {
    let hevy = "title,start_time,end_time,exercise_title,set_index,set_type,weight_kg,reps\n\
        a,\"1 Jan 2025, 10:00\",\"1 Jan 2025, 11:00\",Squat (Barbell),0,normal,100,5\n";
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    imported(&ann, &strong(&[FIRST]), json!({})).await;
    assert_eq!(counts(&imported(&ann, hevy, json!({})).await), [0, 0, 1, 0]);
    // A day of FitNotes says no time: it may be another workout.
    let fitnotes = "Date,Exercise,Weight (kg),Reps\n2025-01-01,Barbell Squat,100,5\n";
    assert_eq!(
        counts(&imported(&ann, fitnotes, json!({})).await),
        [1, 0, 0, 0]
    );
}

on_both!(
    a_repeated_call_is_carried_out_once_and_counts_as_one,
    async |world: World| {
        let world = world.with_limit(3).await;
        let ann = world.user("ann").await;
        let ids =
            json!({"fitness.progstrength/turn_id": "t", "fitness.progstrength/tool_use_id": "c"});
        let rows: Vec<String> = (0..400)
            .map(|n| format!("{} 10:00:00,A,1h,Squat (Barbell),1,100,5,", day(n + 1)))
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let arguments = json!({"csv": strong(&rows), "dry_run": false});
        for expected in [[400, 0, 0, 0], [0, 0, 400, 0]] {
            let result = ann
                .result("import_workouts", arguments.clone(), ids.clone())
                .await;
            assert_eq!(counts(&result.structured_content.expect("data")), expected);
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM workout").await, 400);
        ann.call("get_settings", json!({}))
            .await
            .expect("the third call");
        ann.call("get_settings", json!({}))
            .await
            .expect_err("the fourth");
    }
);

on_both!(
    a_workout_that_was_moved_to_another_day_is_not_imported_again,
    async |world: World| {
        let ann = world.user("ann").await;
        let csv = strong(&[FIRST, SECOND]);
        imported(&ann, &csv, json!({})).await;
        let listed = ann.call("list_workouts", json!({})).await.unwrap();
        let id = &listed["workouts"][0]["id"];
        // Times of the log have milliseconds.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        for day in ["2024-01-03", "2025-06-03"] {
            let moved = json!({"workout_id": id, "performed_at": day, "ended_at": null});
            ann.call("update_workout", moved).await.expect("moved");
            let stored = world.stored().await;
            let report = imported(&ann, &csv, json!({})).await;
            assert_eq!(counts(&report), [0, 0, 2, 0], "{report}");
            assert_eq!(world.stored().await, stored);
        }
        // It grows where it is now.
        let more = "2025-01-03 10:00:00,A,1h,Squat (Barbell),2,110,3,";
        let report = imported(&ann, &strong(&[FIRST, SECOND, more]), json!({})).await;
        assert_eq!(counts(&report), [0, 1, 1, 0], "{report}");
        let log = log(&ann).await;
        assert!(log[1].starts_with("2025-06-03T"), "{log:?}");
        assert!(log[1].ends_with("Squat: 5x102.5kg 3x110kg"), "{log:?}");
    }
);

#[tokio::test]
async fn a_repeated_call_does_not_say_that_deleted_workouts_are_added_again() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let ids = json!({"fitness.progstrength/turn_id": "t", "fitness.progstrength/tool_use_id": "c"});
    let arguments = json!({"csv": strong(&[FIRST, SECOND]), "dry_run": false});
    let import = async || {
        let result = { ann.result("import_workouts", arguments.clone(), ids.clone()) }.await;
        result.structured_content.expect("data")
    };
    assert_eq!(counts(&import().await), [2, 0, 0, 0]);
    let listed = ann.call("list_workouts", json!({})).await.unwrap();
    let id = json!({"workout_id": listed["workouts"][0]["id"]});
    ann.call("delete_workout", id).await.unwrap();
    let again = import().await;
    assert_eq!(counts(&again), [0, 0, 1, 0]);
    assert_eq!(again["added_sets"], 0);
    assert_eq!(
        again["notice"],
        "this call was carried out before, and is not again: 1 of its workouts were deleted or changed since"
    );
    assert_eq!(log(&ann).await.len(), 1);
}
