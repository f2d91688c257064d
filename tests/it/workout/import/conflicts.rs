//! Workouts that the log has with other sets than the file: what is added, and what stays.

use serde_json::{Value, json};

use super::{imported, log};
use crate::support::world::{Client, World};

/// The sets of a workout with this name, by their numbers and weights, as Strong writes them.
fn strong(name: &str, sets: &[(u32, u32)]) -> String {
    let rows = sets.iter().map(|(number, weight)| {
        format!("2025-01-01 10:00:00,{name},1h,Squat (Barbell),{number},{weight},5\n")
    });
    let rows: String = rows.collect();
    format!("Date,Workout Name,Duration,Exercise Name,Set Order,Weight (kg),Reps\n{rows}")
}

/// What becomes of the file's workouts: how many are added, changed, and kept as they are in the log.
async fn counts(user: &Client, csv: &str) -> [Value; 3] {
    let report = imported(user, csv, json!({})).await;
    ["added", "changed", "kept"].map(|count| report[count].clone())
}

#[tokio::test]
async fn a_part_of_a_workout_adds_what_it_has_beyond_the_log_and_changes_nothing() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let whole = strong("P", &[(1, 100), (2, 102), (3, 104)]);
    imported(&ann, &whole, json!({})).await;
    // A set was deleted in the app, so that the others have new numbers.
    let deleted = strong("P", &[(1, 102), (2, 104)]);
    let report = imported(&ann, &deleted, json!({})).await;
    assert_eq!(
        report["kept_workouts"],
        json!(["2025-01-01T10:00:00Z P: the file lacks 1 of its sets"])
    );
    let grown = strong("P", &[(1, 102), (2, 103)]);
    for (changed, kept) in [(1, 0), (0, 1)] {
        assert_eq!(counts(&ann, &grown).await, [0, changed, kept]);
        assert_eq!(
            log(&ann).await,
            ["2025-01-01T10:00..11:00 P | Barbell Back Squat: 5x100kg 5x102kg 5x104kg 5x103kg"]
        );
    }
}

#[tokio::test]
async fn a_workout_that_was_edited_is_found_by_another_name_only_if_it_has_much_the_same_sets() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    imported(&ann, &strong("P", &[(1, 100), (2, 102)]), json!({})).await;
    let listed = ann.call("list_workouts", json!({})).await.unwrap();
    // It is edited later than it was imported, by the milliseconds that the log has.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let edited = json!({"workout_id": listed["workouts"][0]["id"], "notes": "mine"});
    ann.call("update_workout", edited).await.unwrap();
    assert_eq!(
        counts(&ann, &strong("Q", &[(1, 100), (2, 102)])).await,
        [0, 0, 1]
    );
    let other = strong("R", &[(1, 100), (2, 102)]).replace("Squat (", "Deadlift (");
    assert_eq!(counts(&ann, &other).await, [1, 0, 0]);
}

#[tokio::test]
async fn workouts_of_one_time_whose_names_differ_in_case_alone_grow_apart() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let both = |upper: &[(u32, u32)], lower: &[(u32, u32)]| {
        let lower = strong("p", lower);
        let (_header, rows) = lower.split_once('\n').unwrap();
        strong("P", upper) + rows
    };
    imported(&ann, &both(&[(1, 100)], &[(1, 60)]), json!({})).await;
    let grown = both(&[(1, 100), (2, 101)], &[(1, 60), (2, 61)]);
    assert_eq!(counts(&ann, &grown).await, [0, 2, 0]);
    let mut logged = log(&ann).await;
    logged.sort();
    let line = |rest: &str| format!("2025-01-01T10:00..11:00 {rest}");
    assert_eq!(
        logged,
        [
            line("P | Barbell Back Squat: 5x100kg 5x101kg"),
            line("p | Barbell Back Squat: 5x60kg 5x61kg"),
        ]
    );
}

#[tokio::test]
async fn a_workout_of_another_app_at_the_same_time_stays_as_it_is() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    imported(&ann, &strong("P", &[(1, 100), (2, 102)]), json!({})).await;
    let logged = log(&ann).await;
    let header = "title,start_time,exercise_title,set_index,set_type,weight_kg,reps";
    let start = "P,\"1 Jan 2025, 10:00\",Squat (Barbell)";
    let hevy = format!(
        "{header}\n{start},0,normal,100,5\n{start},1,normal,102,5\n{start},2,normal,103,5\n"
    );
    let report = imported(&ann, &hevy, json!({})).await;
    assert_eq!(report["format"], "hevy", "{report}");
    assert_eq!(
        report["kept_workouts"],
        json!(["2025-01-01T10:00:00Z P: it was logged by hand or by another app"])
    );
    assert_eq!(log(&ann).await, logged);
}
