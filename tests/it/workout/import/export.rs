//! The export of the log, and that it can be imported again.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value, json};

use super::{imported, log};
use crate::support::world::{Client, World, on_both};

/// The whole log as CSV, in as many parts as it takes, and how many.
async fn exported(client: &Client) -> (String, usize) {
    let (mut csv, mut parts, mut after) = (String::new(), 0, Value::Null);
    loop {
        let part = client
            .call("export_workouts", json!({"after": after}))
            .await
            .unwrap();
        let text = part["csv"].as_str().unwrap();
        assert!(text.len() < 30_000, "{}", text.len());
        let rows = text.split_once('\n').unwrap().1;
        csv += if parts == 0 { text } else { rows };
        parts += 1;
        after = part["next_after"].clone();
        if after.is_null() {
            return (csv, parts);
        }
    }
}

on_both!(
    the_log_is_exported_oldest_first_with_a_row_for_each_set,
    async |world: World| {
        let ann = world.user("ann").await;
        let workout = json!({"performed_at": "2025-01-02T10:00:00Z", "ended_at": "2025-01-02T11:00:00Z",
            "name": "Push, \"heavy\"", "notes": "a\nb", "exercises": [
            {"exercise_id": "squat", "notes": "n", "superset_group": 2, "sets": [
                {"reps": 5, "weight": 102.5, "unit": "kg", "is_warmup": true},
                {"reps": 3, "weight": 225, "unit": "lb", "rpe": 8.5},
                {"reps": 9, "weight": 100, "unit": "kg", "rir": 0, "kind": "failure"},
                {"reps": 0, "weight": 200, "unit": "kg", "kind": "failed_attempt"}]},
            {"exercise_id": "plank", "sets": [{"reps": 60, "weight": 0, "unit": "kg"}]}]});
        ann.call("create_workout", workout).await.unwrap();
        ann.call(
            "create_workout",
            json!({"performed_at": "2025-01-01T10:00:00Z", "exercises": [
            {"exercise_id": "farmers-carry", "sets": [{"reps": 40, "weight": 32, "unit": "kg"}]}]}),
        )
        .await
        .unwrap();
        let (csv, _) = exported(&ann).await;
        assert_eq!(
            csv,
            "workout,started_at,ended_at,workout_name,workout_notes,exercise,exercise_id,superset,exercise_notes,set,set_kind,\
             weight,weight_unit,reps,seconds,metres,rpe,rir,load\n\
             1,2025-01-01T10:00:00Z,,,,Dumbbell Farmer's Carry,dumbbell-farmers-carry,,,1,normal,32,kg,,,40,,,\n\
             1,2025-01-02T10:00:00Z,2025-01-02T11:00:00Z,\"Push, \"\"heavy\"\"\",\"a\nb\",Barbell Back Squat,barbell-back-squat,2,n,1,\
             warm_up,102.5,kg,5,,,,,\n\
             1,2025-01-02T10:00:00Z,2025-01-02T11:00:00Z,\"Push, \"\"heavy\"\"\",,Barbell Back Squat,barbell-back-squat,2,,2,\
             normal,225,lb,3,,,8.5,,\n\
             1,2025-01-02T10:00:00Z,2025-01-02T11:00:00Z,\"Push, \"\"heavy\"\"\",,Barbell Back Squat,barbell-back-squat,2,,3,\
             failure,100,kg,9,,,,0,\n\
             1,2025-01-02T10:00:00Z,2025-01-02T11:00:00Z,\"Push, \"\"heavy\"\"\",,Barbell Back Squat,barbell-back-squat,2,,4,\
             failed_attempt,200,kg,0,,,,,\n\
             1,2025-01-02T10:00:00Z,2025-01-02T11:00:00Z,\"Push, \"\"heavy\"\"\",,Plank,plank,,,1,normal,0,kg,,60,,,,\n"
        );
        let days = json!({"since": "2025-01-02", "until": "2025-01-02"});
        let day = ann.call("export_workouts", days).await.unwrap();
        assert_eq!((&day["workouts"], &day["sets"]), (&json!(1), &json!(5)));
        let before = ann
            .call("export_workouts", json!({"until": "2025-01-01"}))
            .await
            .unwrap();
        assert_eq!(before["workouts"], 1);
        let hidden = json!({"include_notes": false});
        ann.call("update_settings", hidden).await.unwrap();
        let hidden = ann.call("export_workouts", json!({})).await.unwrap();
        assert!(!hidden["csv"].as_str().unwrap().contains("a\nb"));
        assert_eq!(
            hidden["notice"],
            "notes are left out, as the user's settings say"
        );
        let bob = world.user("bob").await;
        assert_eq!(exported(&bob).await.0.lines().count(), 1);
    }
);

/// Exercises that count reps, seconds and metres.
const NAMES: [&str; 6] = [
    "squat",
    "bench press",
    "plank",
    "farmers carry",
    "assisted pull-up",
    "running",
];

/// A workout that can be logged, at one of few times.
fn workout() -> impl Strategy<Value = Value> {
    let text = || prop::option::of("[a-z \",;\n'=äé💪-]{1,12}[a-z]");
    let kinds = ["normal", "warm_up", "drop", "failure", "failed_attempt"];
    let set = (
        1..30_u32,
        0..400_u32,
        any::<bool>(),
        prop::option::of(2..=20_u32),
        prop::option::of(0..=10_u32),
        0..kinds.len(),
    );
    let set = set.prop_map(move |(reps, weight, pounds, rpe, rir, kind)| {
        let kind = kinds[kind];
        let reps = if kind == "failed_attempt" { 0 } else { reps };
        let unit = if pounds { "lb" } else { "kg" };
        let rpe = rpe.map(|rpe| f64::from(rpe) / 2.0);
        let rir = if rpe.is_some() { None } else { rir };
        let weight = f64::from(weight) / 4.0;
        json!({"reps": reps, "weight": weight, "unit": unit, "rpe": rpe, "rir": rir, "kind": kind})
    });
    let exercise = (
        prop::sample::select(&NAMES[..]),
        prop::collection::vec(set, 1..4),
        prop::option::of(0..3_i64),
        text(),
    );
    let exercise = exercise.prop_map(|(name, sets, superset, notes)| {
        json!({"exercise_id": name, "sets": sets, "superset_group": superset, "notes": notes})
    });
    let exercises = prop::collection::vec(exercise, 1..5);
    (0..4_u32, prop::option::of(0..90_u32), text(), text(), exercises).prop_map(
        |(day, minutes, name, notes, exercises)| {
            let start = format!("2025-03-0{}T10:00:00.123Z", day + 1);
            let end = |minutes| format!("2025-03-0{}T{}:{:02}:30Z", day + 1, 11 + minutes / 60, minutes % 60);
            json!({"performed_at": start, "ended_at": minutes.map(end), "name": name, "notes": notes, "exercises": exercises})
        },
    )
}

on_both!(
    an_export_imported_into_an_empty_log_is_exported_alike,
    async |world: World| {
        let mut runner = TestRunner::deterministic();
        for round in 0..6 {
            let ann = world.user(&format!("ann {round}")).await;
            let workouts = prop::collection::vec(workout(), 1..8).new_tree(&mut runner);
            for workout in workouts.expect("workouts").current() {
                ann.call("create_workout", workout).await.expect("logged");
            }
            let (csv, _) = exported(&ann).await;
            let bob = world.user(&format!("bob {round}")).await;
            let zone = json!({"on_error": "refuse", "client_timezone": "Asia/Tokyo"});
            let report = imported(&bob, &csv, zone).await;
            assert_eq!(
                (&report["format"], &report["unmatched_names"]),
                (&json!("csv"), &json!(0))
            );
            assert_eq!(exported(&bob).await.0, csv);
            assert_eq!(log(&bob).await, log(&ann).await);
            // Nothing is added to the log that it is of, nor to the copy.
            for user in [&ann, &bob] {
                let again = imported(user, &csv, json!({})).await;
                assert_eq!(
                    (&again["added"], &again["already_there"]),
                    (&json!(0), &report["added"]),
                    "{again}\n{csv}"
                );
            }
        }
    }
);

#[tokio::test]
async fn of_two_workouts_at_one_time_the_deleted_one_is_added_again() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let mut ids = Vec::new();
    for exercise in ["squat", "bench press"] {
        ids.push(ann.lifted(exercise, 9, "kg", &[(5, 100.0)]).await);
    }
    let (csv, _) = exported(&ann).await;
    ann.call("delete_workout", json!({"workout_id": ids[0]}))
        .await
        .unwrap();
    let report = imported(&ann, &csv, json!({})).await;
    assert_eq!(
        (&report["added"], &report["already_there"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(log(&ann).await.len(), 2);
}

#[tokio::test]
async fn a_long_log_is_exported_in_parts() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let rows: Vec<String> = (0..1200)
        .map(|n| {
            let (day, hour) = (n / 40 + 1, n % 4 + 10);
            format!("2025-01-{day:02} {hour}:00:00,A,Squat,{},100,5", n % 40)
        })
        .collect();
    let header = "Date,Workout Name,Exercise Name,Set Order,Weight (kg),Reps";
    imported(&ann, &format!("{header}\n{}", rows.join("\n")), json!({})).await;
    let (csv, parts) = exported(&ann).await;
    assert_eq!(csv.lines().count(), 1201);
    assert!(parts > 3, "{parts}");
    let bob = world.user("bob").await;
    assert_eq!(imported(&bob, &csv, json!({})).await["added_sets"], 1200);
    assert_eq!(log(&bob).await, log(&ann).await);
}

#[tokio::test]
async fn a_long_note_stands_in_the_first_row_alone() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let (note, other) = ("long ".repeat(720), "other ".repeat(150));
    let set = json!({"reps": 5, "weight": 100, "unit": "kg"});
    let exercise =
        |name: &str| json!({"exercise_id": name, "notes": other.trim(), "sets": vec![&set; 20]});
    let workout = json!({"performed_at": "2025-01-02T10:00:00Z", "notes": note.trim(),
        "exercises": [exercise("squat"), exercise("squat")]});
    ann.call("create_workout", workout).await.unwrap();
    let (csv, _) = exported(&ann).await;
    assert!(csv.len() < 12_000, "{}", csv.len());
    assert_eq!(csv.matches(note.trim()).count(), 1);
    assert_eq!(csv.matches(other.trim()).count(), 2);
    let bob = world.user("bob").await;
    imported(&bob, &csv, json!({"on_error": "refuse"})).await;
    assert_eq!(log(&bob).await, log(&ann).await);
    assert_eq!(exported(&bob).await.0, csv);
}
